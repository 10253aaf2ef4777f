"""Lines with a label and items, such as "Present: Ann Lee (chair), Bo Ek", and what separates items."""

from __future__ import annotations

import itertools
import re

from qa.answering.questions.attendance import labelled_attendance
from qa.text.lexicon import is_only_plural
from qa.types import Span

_LINE = re.compile(r"\W{0,9}(?P<label>[^\W\d_][^:\n]{0,40}:\W*\s)?(?P<items>[^\n]*[^\s.])")
_NEXT_LABEL = re.compile(r"[.;][^\S\n]+(?=[A-Z][^:.;\n]{0,40}:\s)")
_COMMA = re.compile(r"(?<!\s)\s*+[,;]\s+(?:(?:and|or)\s+)?")
_WRAPPED = re.compile(r"\s*[a-z]")
_AND_LAST = re.compile(r"(?<!\s)\s*+\b(?:and|or)\s+")
MIN_LABELLED, _MAX_LABELLED_WORDS = 3, 10  # items of a labelled line, and words of each


def labelled_parts(text: str, start: int, end: int) -> list[Span]:
    """Return the parts of a line that has several labels: "Present: Ann Lee, Bo Ek. Apologies: Cy Fox."."""
    cuts = [start, *(one.end() for one in _NEXT_LABEL.finditer(text, start, end)), end]
    return list(itertools.pairwise(cuts))


def labelled_items(text: str, start: int, end: int, limit: int, heading: str = "") -> tuple[str, tuple[Span, ...]]:
    """Return the label and the items of a line such as "Present: Ann Lee (chair), Bo Ek, Cy Fox"; both may be empty.

    They are if a sentence goes on in the next line before `limit`. A heading is the label of a line without one.
    """
    line = _LINE.match(text, start, end)
    if line is None or line[0].endswith(",") or _WRAPPED.match(text, line.end(), limit):
        return "", ()
    commas = outside_brackets(text, _COMMA, *line.span("items"))
    cuts = [line.start("items"), *(edge for cut in commas for edge in cut.span()), line.end("items")]
    items = [(cuts[index], cuts[index + 1]) for index in range(0, len(cuts), 2)]
    label = (line["label"] or "").strip(" :*\t") or heading
    if label and len(items) >= MIN_LABELLED - 1 and (lasts := outside_brackets(text, _AND_LAST, *items[-1])):
        last = items[-1][0], *lasts[0].span(), items[-1][1]
        items[-1:] = [one for one in (last[:2], last[2:]) if one[0] < one[1]]
    few_words = all(len(text[slice(*item)].split()) <= _MAX_LABELLED_WORDS for item in items)
    # One person may have been absent, and two items suffice after a label in the plural, such as "Assistants".
    is_plural = bool(label) and is_only_plural(label.lower().split()[-1])
    least = 1 if labelled_attendance(label) else MIN_LABELLED - is_plural
    return (label, tuple(items)) if len(items) >= least and few_words else ("", ())


def outside_brackets(text: str, pattern: re.Pattern[str], start: int, end: int) -> list[re.Match[str]]:
    """Return the matches of a pattern outside brackets and quotation marks."""
    found, depth, marks = list[re.Match[str]](), 0, 0
    for one in pattern.finditer(text, start, end):
        depth += sum(text.count(mark, start, one.start()) for mark in "(\u201c")
        depth -= sum(text.count(mark, start, one.start()) for mark in ")\u201d")
        marks += text.count('"', start, one.start())
        start = one.start()
        if depth <= 0 and marks % 2 == 0:
            found.append(one)
    return found
