"""Questions for what somebody said, thinks or asked: "What did Anna say about the budget?"."""

from __future__ import annotations

import re
from typing import NamedTuple

from qa.text.lines import one_line

_NAME = (
    r"(?P<who>(?!(?:the|an?|my|our|your|this|that|these|those|I|you|we|it|they|he|she|people|one)\b)"
    r"[\w.'\u2019-]+(?: [\w.'\u2019-]+){0,2}?)"
)
_VERB = (
    r"(?:say|think|suggest|propose|(?P<ask>ask|wonder)|mention|write|reply|respond|answer|argue|recommend|report|announce"
    r"|remark|claim|explain|comment|state|object|believe|feel|point out|note|warn|tell|remind|said|suggested|proposed"
    r"|mentioned|written)"
)
_SAID = re.compile(
    rf"(?:and )?(?P<asks>what|how|why)(?: else)? (?:did|does|do|has|had) {_NAME}(?: (?:also|have to|want to))?"
    rf" {_VERB}\b(?P<topic>.*)",
    re.IGNORECASE,
)
_OPINION = re.compile(
    rf"(?P<asks>what) (?:is|was|are|were) {_NAME}['\u2019]s? (?:opinions?|views?|thoughts?|position|comments?"
    r"|suggestions?|proposals?|objections?|concerns?|reply|answer|(?P<ask>questions?))\b(?P<topic>.*)",
    re.IGNORECASE,
)
_ACCORDING = re.compile(
    r"(?P<topic>.+?),? according to (?P<who>[\w.'\u2019-]+(?: [A-Z][\w.'\u2019-]*){0,2})", re.IGNORECASE
)

_WHO_SAID = re.compile(
    r"who(?: else)? (?:(?P<ask>asked|wondered|wanted to know)|said|suggested|proposed|mentioned|thought|thinks|argued"
    r"|argues|explained|explains|believes|believed|noted|objected|warned|complained|replied|remarked|pointed out)\b"
    r"(?P<topic>.+)",
    re.IGNORECASE,
)


class AskedStatement(NamedTuple):
    """Whose words are asked for, about what, and whether their reason, their question or a fact is asked for."""

    who: str
    topic: str
    reason: bool
    question: bool
    fact: bool


class AskedSpeaker(NamedTuple):
    """What somebody says of whom the name is asked for, and whether that is a question."""

    topic: str
    question: bool


def asked_speaker(question: str) -> AskedSpeaker | None:
    """Return what was said if a question asks who said it; None for other questions."""
    found = _WHO_SAID.match(one_line(question).strip(" ?.!"))
    return AskedSpeaker(found["topic"], found["ask"] is not None) if found else None


def asked_statement(question: str) -> AskedStatement | None:
    """Return whose words a question asks for, and about what; None for other questions."""
    words = one_line(question).strip(" ?.!")
    found = _SAID.match(words) or _OPINION.match(words) or _ACCORDING.fullmatch(words)
    if found is None:
        return None
    given = found.groupdict()
    asks = given.get("asks") or words.partition(" ")[0]
    is_fact = found.re is _ACCORDING
    return AskedStatement(found["who"], found["topic"], asks.lower() == "why", given.get("ask") is not None, is_fact)
