"""The author or the date in the front matter of a document, for "Who wrote the kvass recipe?"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.answering.evidence import Evidence, Reply
from qa.answering.lists.search import Items
from qa.answering.replies.lists import values_reply
from qa.documents.directives import FRONT_MATTER
from qa.text.spans import overlaps, trim
from qa.text.tokens import terms
from qa.types import Document, Span

_AUTHORS = re.compile(
    r"\W*(?:who (?:wrote|authored|posted|contributed|submitted|created)"
    r"|who (?:is|are|was|were) the (?P<first>first |lead |main )?(?:author|writer)s? (?:of|for))\s(?P<name>.+)",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\W*(?:when (?:was|were)\s(?P<name>.+?)\s(?:published|written|posted|submitted|released)"
    r"|what (?:is|was) the (?:publication )?date of\s(?P<of>.+?))\W*",
    re.IGNORECASE,
)
_DOCUMENT = "paper article recipe post page chapter report essay story guide tutorial newsletter document text this"
_AUTHOR_FIELD = re.compile(r"^(?:authors?|writers?|creators?|by)[^\S\n]*[:=][^\S\n]*", re.IGNORECASE | re.MULTILINE)
_DATE_FIELD = re.compile(
    r"^(?:date|published|publish_?date|pub_?date|created)[^\S\n]*[:=][^\S\n]*(?=\W?\d)", re.IGNORECASE | re.MULTILINE
)
_VALUE = re.compile(r"[^\n]*?(?=\s+#|\s*$)", re.MULTILINE)
_NESTED = re.compile(r"(?:\n(?:[^\S\n]|-)[^\n]*)+")  # the lines below "authors:"
_NAME_FIELD = re.compile(r"^[^\S\n]*(?:-[^\S\n]+)?name[^\S\n]*:[^\S\n]*", re.MULTILINE)
_ITEM = re.compile(r"^[^\S\n]*-[^\S\n]+", re.MULTILINE)
_ONE = re.compile(r"[^,;\[\]]+")
_MAX_SURE_CONFIDENCE = 0.5  # of the reader in other text, if the question does not say that it is about a document


def front_matter_reply(evidence: Evidence) -> Reply | None:
    """Return the authors, or the date, of the only document that a question names and whose front matter has them."""
    asked = _AUTHORS.match(evidence.question) or _DATE.fullmatch(evidence.question)
    if asked is None:
        return None
    named = {*terms(next(words for words in (asked["name"], asked.groupdict().get("of")) if words))}
    about, authors = named - {*terms(_DOCUMENT)}, asked.re is _AUTHORS
    # What a paper is about was released on another day.
    if about == named and not authors:
        return None
    found: dict[str, tuple[Span, list[Span]]] = {}
    for passage in evidence.passages:
        document = evidence.documents[passage.document_id]
        if document.id not in found and about <= {*terms(f"{document.title} {document.id}")}:
            values = _authors(document) if authors else _date(document)
            if values:
                found[document.id] = values
    if len(found) != 1:
        return None
    [(name, (excerpt, spans))] = found.items()
    best = evidence.spans[0]
    is_read = best.document_id == name and overlaps((best.start, best.end), excerpt)
    if about == named and evidence.confidence >= _MAX_SURE_CONFIDENCE and not is_read:
        return None
    if asked.groupdict().get("first"):
        spans = spans[:1]
    reply = values_reply(evidence, Items(name, tuple(spans), excerpt))
    return evidence.with_confidence(reply, "cell", missing=0, strength=1.0)


def _authors(document: Document) -> tuple[Span, list[Span]] | None:
    """Return the span of the field for the authors, and those of their names."""
    text, (end, field) = document.text, _field(document, _AUTHOR_FIELD)
    if field is None or (value := _VALUE.match(text, field.end(), end)) is None:
        return None
    below = _NESTED.match(text, value.end(), end) if not value[0] else None
    if below:
        marks = [*_NAME_FIELD.finditer(text, *below.span())] or [*_ITEM.finditer(text, *below.span())]
        values = [one for mark in marks if (one := _VALUE.match(text, mark.end(), below.end()))]
        spans = [span for one in values for span in _unquoted(text, one.span())]
    else:
        spans = [span for one in _ONE.finditer(text, *value.span()) for span in _unquoted(text, one.span())]
    return (trim(text, field.start(), below.end() if below else value.end()), spans) if spans else None


def _date(document: Document) -> tuple[Span, list[Span]] | None:
    """Return the span of the field for the date, and that of the date."""
    text, (end, field) = document.text, _field(document, _DATE_FIELD)
    value = _VALUE.match(text, field.end(), end) if field else None
    spans = [*_unquoted(text, value.span())] if value else []
    return ((field.start(), value.end()), spans) if field and value and spans else None


def _field(document: Document, name: re.Pattern[str]) -> tuple[int, re.Match[str] | None]:
    """Return the end of a document's front matter, and the field that has a name in it."""
    matter = FRONT_MATTER.match(document.text)
    return (matter.end(), name.search(document.text, 0, matter.end())) if matter else (0, None)


def _unquoted(text: str, span: Span) -> Iterator[Span]:
    """Yield the span without quotation marks and white space unless nothing is left."""
    start, end = trim(text, *span)
    while start < end and text[start] in "\"'":
        start += 1
    while start < end and text[end - 1] in "\"'":
        end -= 1
    if start < end:
        yield start, end
