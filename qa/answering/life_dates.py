"""When somebody was born or died, from the dates after the name: "Ida Roth (1850-1921) was an astronomer"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.answering.evidence import Evidence, Reply
from qa.answering.sentences import sentences
from qa.protocols import AnswerSpan
from qa.text.dates import is_date
from qa.text.lines import one_line
from qa.text.names import FULL_NAME
from qa.types import Passage

_ASKED = re.compile(
    r"(?:when|(?:in )?(?:what|which) year) (?:was|did) (?P<name>.+?) (?:(?P<born>born)|die|pass away)", re.IGNORECASE
)
_DATES = re.compile(
    rf"(?P<name>{FULL_NAME})[*_]{{0,3}}\s*\((?:born\s+|b\.\s+)?(?P<born>[^()\n\u2013-]{{4,40}}?)"
    r"(?:\s*[\u2013-]\s*(?:died\s+|d\.\s+)?(?P<died>[^()\n]{4,40}?))?\)"
)


def life_date_reply(evidence: Evidence) -> Reply | None:
    """Return the date of a birth or death; None if the question asks for neither, or no name has dates after it."""
    asked = _ASKED.fullmatch(one_line(evidence.question).strip(" ?.!"))
    best = _dated(asked, evidence.passages) if asked else None
    if best is None:
        return None
    date = evidence.text(best)[best.start : best.end]
    reply = Reply(date, evidence.cited(best), evidence.confidence, evidence.asked.kind, (best.start, best.end))
    return evidence.rate(reply, "cell", rest=0, strength=1.0)


def _dated(asked: re.Match[str], passages: Sequence[Passage]) -> AnswerSpan | None:
    """Return the first sentence with the date asked for after the person's name."""
    name, event = {*asked["name"].lower().split()}, "born" if asked["born"] else "died"
    for sentence in sentences(passages):
        start = sentence.match.start - sentence.passage.start
        for found in _DATES.finditer(sentence.passage.text, start, sentence.match.end - sentence.passage.start):
            if name <= {*found["name"].lower().split()} and found[event] and is_date(found[event]):
                offset = sentence.passage.start
                return sentence.span(offset + found.start(event), offset + found.end(event))
    return None
