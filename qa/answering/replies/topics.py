"""Replies to "What does it say about pets?": the sentences that mention the topic."""

from __future__ import annotations

import re
from typing import NamedTuple

from qa.answering.citations import citations_of
from qa.answering.evidence import Evidence, Reply, quoting
from qa.answering.reading.sentences import sentences
from qa.text.lexicon import PREPOSITIONS
from qa.text.tokens import terms

_MAX_SENTENCES = 5
_MAX_KEY_WORDS = 5
_BETWEEN = PREPOSITIONS | {"and", "or", "the", "&"}
_ASKED = re.compile(
    r"\W*(?:(?:please|can you|could you)\s+)*(?:"
    r"(?:tell|show)\s+(?:me|us)\s+(?:(?:more|something|everything|anything|all)\s+)?about|explain|describe"
    r"|what\s+(?:do|does)\s+(?P<source>[^?]{1,80}?)\s+(?:say|state|tell\s+(?:me|us)|mention)\s+(?:about|on|regarding)"
    r"|what\s+(?:is|are)\s+(?:said|written|stated|mentioned)\s+about|what\s+do\s+you\s+know\s+about"
    r"|what(?:['\u2019]?s|\s+is|\s+was)\s+(?:new|different)\s+in(?:\s+(?:version|release))?"
    r"|what\s+(?:has\s+)?changed\s+in(?:\s+(?:version|release))?)"
    r"\s+(?!how\b|why\b|what\b|when\b|where\b|who\b|which\b|whether\b)(?P<topic>(?:[^?.!]|\.(?=\w)){1,80}?)\W*",
    re.IGNORECASE,
)
_STATED = re.compile(
    r"\W*what\s+(?:did|has|had)\s+(?P<source>[^?]{1,80}?)\s+(?:say|said|state|think|thought|write|written)\s+"
    r"(?:about|on|regarding)\s+(?P<topic>[^?]{1,80}?)\W*",
    re.IGNORECASE,
)
_HE = re.compile(r"(?:he|she|they)\b", re.IGNORECASE)
_UNSURE, _SURE = 0.5, 0.7
"""Confidence below which a sentence may be no statement about the topic, the second if it does not name the topic."""
_ANY_SOURCE = re.compile(
    r"(?:it|they|you|(?:(?:the|this|that|these|those|your|my)\s+)?(?:articles?|documents?|texts?|files?|library))",
    re.IGNORECASE,
)


class Topic(NamedTuple):
    """What a question asks to be told about, and the article it names; empty if it names none."""

    text: str
    source: str


def asked_topic(question: str) -> Topic | None:
    """Return the topic of a question such as "Tell me about the fees" or "What does the lease say about pets?"."""
    asked = _ASKED.fullmatch(question)
    if asked is None or not terms(asked["topic"]):
        return None
    source = asked["source"] or ""
    return Topic(asked["topic"], "" if _ANY_SOURCE.fullmatch(source) else source)


def key_words(question: str) -> Topic | None:
    """Return a question such as "payment terms" as a topic; None if it is more than a few words and prepositions."""
    words = question.strip(" ?.!").lower().split()
    only = 0 < len(words) <= _MAX_KEY_WORDS and all(terms(word) or word in _BETWEEN for word in words)
    return Topic(" ".join(words), "") if only and terms(words[0]) else None


def topic_reply(evidence: Evidence) -> Reply | None:
    """Return the sentences that have all terms of the topic; None if the question names none, or no sentence has them.

    If the question names an article, its title must have the terms of that name, and so it must for the person in "What
    did Obama say about Syria?", which quotes sentences only if the reader is unsure.
    """
    topic = asked_topic(evidence.question) or _stated_topic(evidence)
    if topic is None:
        return None
    wanted, source = {*terms(topic.text)}, {*terms(topic.source)}
    passages = [
        passage
        for passage in [*evidence.search(topic.text), *evidence.passages]
        if source <= {*terms(evidence.documents[passage.document_id].title)}
    ]
    found: dict[tuple[str, int], int] = {}
    for sentence in sentences(passages):
        mentioned = {*terms(sentence.text)}
        title = evidence.documents[sentence.passage.document_id].title
        if wanted < mentioned and mentioned != {*terms(title)}:  # a heading says nothing about it
            found.setdefault((sentence.passage.document_id, sentence.match.start), sentence.match.end)
    order = list(dict.fromkeys(passage.document_id for passage in passages))
    chosen = sorted(list(found.items())[:_MAX_SENTENCES], key=lambda one: (order.index(one[0][0]), one[0][1]))
    if not chosen:
        return None
    cited = ((evidence.documents[name], (start, end)) for (name, start), end in chosen)
    return quoting(citations_of(cited, 1.0), f"Sentences that mention \u201c{topic.text}\u201d:")


def _stated_topic(evidence: Evidence) -> Topic | None:
    """Return the topic of "What did Obama say about Syria?" if the reader may not have found the statement."""
    asked = _STATED.fullmatch(evidence.question)
    if asked is None or not (wanted := {*terms(asked["topic"])}):
        return None
    best = evidence.spans[0]
    if evidence.confidence >= (_UNSURE if wanted <= {*terms(evidence.excerpt(best))} else _SURE):
        return None
    # "What did she say?" is asked of the article that the reader chose.
    source = evidence.documents[best.document_id].title if _HE.match(asked["source"]) else asked["source"]
    return Topic(asked["topic"], source)
