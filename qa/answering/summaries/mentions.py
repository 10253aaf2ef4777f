"""List the dates, names or numbers in a document, with their spans."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice

from qa.answering.summaries.requests import Mentioned
from qa.documents.overview import overview
from qa.index.base import EmbeddedDocument
from qa.text.dates import dates
from qa.text.numbers import numbers
from qa.text.units import CURRENCY_SIGNS
from qa.types import Document, Span

MAX_MENTIONS = 20
"""Mentions listed of one document."""

_UNIT = re.compile(
    r"\s?(?:%|per\s?cent\b)|[\s-](?!(?:and|or|of|in|to|the|a|an|from|at|on|as|by|was|were|is|are|for|with|that|which|but)\b)"
    r"[a-z]+\b"
)
_ITEM = re.compile(r"(?:\n|\A)[ \t]*\d+[.)]\s\Z")
_MAX_INDENT = 8  # of an item


def mentions(entry: EmbeddedDocument, kind: Mentioned, most: int = MAX_MENTIONS) -> list[tuple[Span, Span]]:
    """Return the first mention of each date, name or number, with the span of its sentence; at most `most`.

    Dates are in order of time, names by how often they are mentioned, numbers in reading order.
    """
    document = entry.document
    if kind == "numbers":
        found = list(islice(_numbers(document), most))
    else:
        summary = overview(document, most)
        found = [(one.start, one.end) for one in (summary.dates if kind == "dates" else summary.names)]
    sentences = [span for chunk in entry.chunks for span in chunk.sentences]
    starts = [start for start, _ in sentences]
    return [(span, _around(span, sentences, starts)) for span in found]


def _around(span: Span, sentences: Sequence[Span], starts: Sequence[int]) -> Span:
    """Return the span of the sentence that a mention starts in, extended to the end of the mention."""
    start, end = sentences[max(0, bisect_right(starts, span[0]) - 1)]
    return min(start, span[0]), max(end, span[1])


def _numbers(document: Document) -> Iterator[Span]:
    text, known = document.text, list(dates(document.text))
    starts = [start for start, _ in known]
    seen: set[str] = set()
    for number in numbers(text):
        date = bisect_right(starts, number.start) - 1
        of_a_date = date >= 0 and number.start < known[date][1]
        of_an_item = _ITEM.search(text, max(0, number.start - _MAX_INDENT), number.end + 2) is not None
        if number.kind != "amount" or of_a_date or of_an_item or not text[number.start].isdigit():
            continue
        start = number.start - (number.start > 0 and text[number.start - 1] in CURRENCY_SIGNS)
        unit = _UNIT.match(text, number.end)
        end = unit.end() if unit else number.end
        if text[start:end] not in seen:
            seen.add(text[start:end])
            yield start, end
