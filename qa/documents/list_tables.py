"""Tables written as nested lists, as in the ``list-table`` directive of reStructuredText and MyST.

Each item of the outer list is a row, and each item of the inner one a cell::

    * - Code
      - Meaning
    * - 8
      - The file is encrypted.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter

from qa.text.spans import trim
from qa.types import Span

DIRECTIVE = re.compile(r"\.\. list-table::|[`:]{3}\{list-table\}")
"""Matches in the line above such a table."""
FIRST_ROW = re.compile(r"[*-][^\S\n]+[*-](?:[^\S\n]|$)")
"""Matches the start of a row, after its indentation."""
_ROW = re.compile(rf"^[^\S\n]*(?={FIRST_ROW.pattern})", re.MULTILINE)
_CELL = re.compile(r"^[^\S\n]*(?:[*-][^\S\n]+)?([*-])(?:[^\S\n]+|$)", re.MULTILINE)
_HEADER = re.compile(r"header-rows:\s*[1-9]")
_MAX_OPTION_CHARS = 500  # between the directive and the first row


def is_list_table(text: str, start: int, end: int) -> bool:
    """Return whether some whole lines are the rows of such a table."""
    return _ROW.match(text, start, end) is not None and start == text.rfind("\n", 0, start) + 1


def has_header(text: str, start: int) -> bool:
    """Return whether the options above the first row say that it is the header."""
    options = text[max(0, start - _MAX_OPTION_CHARS) : start]
    return _HEADER.search(options, max(0, options.rfind("list-table"))) is not None


@lru_cache(maxsize=2)  # each row of a table is looked up
def list_rows(text: str, start: int, end: int) -> Sequence[Span]:
    """Return the spans of the rows, which together cover the table; a row of another table is within a cell."""
    found = list(_ROW.finditer(text, start, end))
    starts = [row.start() for row in found if len(row[0]) <= len(found[0][0])]
    return list(pairwise([start, *starts[1:], end]))


def row_around(text: str, start: int, end: int, offset: int) -> Span:
    """Return the span of the row at an offset of a table."""
    rows = list_rows(text, start, end)
    return rows[max(0, bisect_right(rows, offset, key=itemgetter(0)) - 1)]


def list_cells(text: str, start: int, end: int) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return the spans of the cells of a row, or of a part of it, with their marks, and without."""
    marks = list(_CELL.finditer(text, start, end))
    column = marks[0].start(1) - marks[0].start() if marks else 0
    marks = [mark for mark in marks if mark.start(1) - mark.start() == column]
    if not marks or marks[0].start() > start:
        return ((start, end),), (trim(text, start, end),)
    cells = tuple(pairwise([*(mark.start() for mark in marks), end]))
    return cells, tuple(trim(text, mark.end(), cell[1]) for mark, cell in zip(marks, cells, strict=True))
