"""Dates beside a name: of birth and death after that of a person, "Ida Roth (1850-1921)", and of a heading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from qa.answering.evidence import Evidence, Reply
from qa.answering.reading.sentences import sentences
from qa.protocols import AnswerSpan
from qa.text.dates import dates, is_date
from qa.text.lines import one_line
from qa.text.names import FULL_NAME
from qa.text.tokens import terms
from qa.types import Document, Passage

_ASKED = re.compile(
    r"(?:when|(?:in )?(?:what|which) year) (?:was|did) (?P<name>.+?) (?:(?P<born>born)|die|pass away)", re.IGNORECASE
)
_DATES = re.compile(
    rf"(?P<name>{FULL_NAME})[*_]{{0,3}}\s*\((?:born\s+|b\.\s+)?(?P<born>[^()\n\u2013-]{{4,40}}?)"
    r"(?:\s*[\u2013-]\s*(?:died\s+|d\.\s+)?(?P<died>[^()\n]{4,40}?))?\)"
)
# "When was version 2.3.0 released?" and "When did 2.3.0 come out?" ask for the date of "2.3.0 (2024-05-01)".
_HAPPENED = "version release released publish issue come came out date happen take took place hold held edition number"
_OPENING_CHARACTERS = 1_000
_NAMED = re.compile(r"[^\W_]+(?:[.-][^\W_]+)*")


def life_date_reply(evidence: Evidence) -> Reply | None:
    """Return the date of a birth or death; None if the question asks for neither, or no name has dates after it."""
    asked = _ASKED.fullmatch(one_line(evidence.question).strip(" ?.!"))
    dated = _dated(asked, evidence.passages) if asked else None
    return evidence.value(dated) if dated else None


def heading_date_reply(evidence: Evidence) -> Reply | None:
    """Return the date in the only heading that has one and everything that a question names.

    What the whole document is about may be named in its title, its id or its opening instead.
    """
    asked = _names(evidence.question) - _names(_HAPPENED) if evidence.asked.expected == "date" else set()
    found = {(one.document_id, one.excerpt_start): one for one in _dated_headings(evidence, asked)} if asked else {}
    return evidence.value(*found.values()) if len(found) == 1 else None


def _dated_headings(evidence: Evidence, asked: set[str]) -> Iterator[AnswerSpan]:
    """Yield the dates in the headings above all sentences that have some of the terms; others may be elsewhere."""
    about = cache(_about)
    for sentence in sentences(evidence.passages, headings=True):
        document = evidence.documents[sentence.passage.document_id]
        for heading in sentence.passage.headings.split(": "):
            named, start = asked & _names(heading), document.text.rfind(heading, 0, sentence.match.end)
            if named and start >= 0 and asked - named <= about(document):
                span = replace(sentence.span(), excerpt_start=start, excerpt_end=start + len(heading))
                yield from (replace(span, start=start + first, end=start + last) for first, last in dates(heading))


def _about(document: Document) -> set[str]:
    """Return the names in the title, the id and the opening of a document."""
    words = _names(f"{document.title}\n{document.id}\n{document.text[:_OPENING_CHARACTERS]}")
    return {word for word in words if not word[-1].isdigit()}


def _names(text: str) -> set[str]:
    """Return the terms of a text; a version or a date is one term."""
    words = [word.lower() for word in _NAMED.findall(text)]
    return {term for word in words for term in ([word] if word[-1].isdigit() else terms(word))}


def _dated(asked: re.Match[str], passages: Sequence[Passage]) -> AnswerSpan | None:
    """Return the first sentence with the date asked for after the person's name; "she" is the only one with dates."""
    name, event = {*asked["name"].lower().split()}, "born" if asked["born"] else "died"
    if name <= {"he", "she"}:
        people = {found["name"] for passage in passages for found in _DATES.finditer(passage.text)}
        name = {*" ".join(people).lower().split()} if len(people) == 1 else name
    for sentence in sentences(passages):
        start = sentence.match.start - sentence.passage.start
        for found in _DATES.finditer(sentence.passage.text, start, sentence.match.end - sentence.passage.start):
            if name <= {*found["name"].lower().split()} and found[event] and is_date(found[event]):
                offset = sentence.passage.start
                return sentence.span(offset + found.start(event), offset + found.end(event))
    return None
