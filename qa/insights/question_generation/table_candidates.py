"""Make candidate questions from tables: for a cell by row and column, and for the larger of two rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from qa.documents.tables import Table
from qa.insights.question_generation.candidates import Candidate
from qa.insights.question_generation.patterns import Draft
from qa.text.lines import one_line
from qa.types import Document, Span

_MAX_ROWS = 50  # of a table
_NAME = re.compile(r"[^\W\d_][\w .'\u2019&()-]{1,39}")
_CELL = re.compile(r"[^\n?|]{1,60}")
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")


def table_candidates(document: Document) -> Iterator[Candidate]:
    """Yield questions for cells with named row and column, and comparisons of neighbouring rows.

    The answer to a comparison is the name of one row; `also` of the candidate is the other row.
    """
    for table in document.tables:
        rows = [cells for cells in islice(table.rows(), _MAX_ROWS) if _named(table, cells)]
        for cells in rows:
            for column, (start, end) in enumerate(cells[1:], start=1):
                words = document.text[start:end]
                if (
                    _fits(table, column)
                    and _CELL.fullmatch(words)
                    and words.lower() not in _text(table, cells[0]).lower()
                ):
                    question = f"What is the {table.columns[column].lower()} of {_text(table, cells[0])}?"
                    yield _candidate(document, "table", question, cells, (start, end))
        for one, other in pairwise(rows):
            yield from _comparisons(document, table, one, other)


def _comparisons(document: Document, table: Table, one: Sequence[Span], other: Sequence[Span]) -> Iterator[Candidate]:
    for column in range(1, min(len(one), len(other))):
        found = [_NUMBER.fullmatch(_text(table, row[column])) for row in (one, other)]
        numbers = [float(match[0].replace(",", "")) for match in found if match]
        if len(numbers) == 2 and numbers[0] != numbers[1] and _fits(table, column):
            first, second = (one, other) if numbers[0] > numbers[1] else (other, one)
            names = f"{_text(table, one[0])} or {_text(table, other[0])}"
            question = f"Which has the higher {table.columns[column].lower()}, {names}?"
            more = _candidate(document, "comparison", question, first, first[0])
            yield Candidate(more.draft, document, more.start, more.end, _line(second))


def _candidate(document: Document, kind: str, question: str, row: Sequence[Span], answer: Span) -> Candidate:
    start, end = _line(row)
    return Candidate(Draft(kind, question, answer[0] - start, answer[1] - start), document, start, end)


def _line(row: Sequence[Span]) -> Span:
    """Return the span from the first cell that is not empty to the last one."""
    return min(start for start, end in row if start < end), max(end for _, end in row)


def _named(table: Table, cells: Sequence[Span]) -> bool:
    return len(cells) > 1 and _NAME.fullmatch(_text(table, cells[0])) is not None


def _fits(table: Table, column: int) -> bool:
    return column < len(table.columns) and _NAME.fullmatch(table.columns[column]) is not None


def _text(table: Table, span: Span) -> str:
    return one_line(table.text[span[0] : span[1]])
