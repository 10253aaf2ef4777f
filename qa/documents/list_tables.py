"""Tables whose rows and cells may have several lines; for those in HTML, see `qa.documents.html_blocks`.

In the ``list-table`` directive of reStructuredText and MyST, each item of the outer list is a row, and each item of the
inner one a cell. In AsciiDoc, a bar starts a cell, and an attribute or the first line says how many make a row::

    * - Code                        |===
      - Meaning                     |Code |Meaning
    * - 8
      - The file is encrypted.      |8
                                    |The file is encrypted.
                                    |===
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter

from qa.documents.html_blocks import has_html_header, html_cells, html_rows, is_html_table, trim_tags
from qa.text.spans import trim
from qa.types import Span

MARKS = ("list-table", "|===", "<table", "<dl")
"""A text with such a table contains one of these, in any case."""
FIRST_ROW = re.compile(r"[*-][^\S\n]+[*-](?:[^\S\n]|$)")
"""Matches the start of a row, after its indentation."""
_ROW = re.compile(rf"^[^\S\n]*(?={FIRST_ROW.pattern})", re.MULTILINE)
_CELL = re.compile(r"^[^\S\n]*(?:[*-][^\S\n]+)?([*-])(?:[^\S\n]+|$)", re.MULTILINE)
_OPENING = "|==="  # of a table of AsciiDoc
_BAR = re.compile(r"(?:(?<!\S)(?:[\d.]{1,4}[+*])?[<^>.]{0,3}[adehlmsv]?)?(?<!\\)\|")  # "|", "a|" or "2+|"
_HEADER = re.compile(r"header-rows:\s*[1-9]|%header|\boptions=[\"']?header")
_COLUMNS = re.compile(r"\bcols=(\"[^\"\n]*|[^\],\n]*)")  # 'cols="1,2"', "cols=2*"
_REPEATED = re.compile(r"(\d+)\*")
_MAX_OPTION_CHARS = 500  # between the directive and the first row


def is_list_table(text: str, start: int, end: int) -> bool:
    """Return whether some whole lines are the rows of such a table."""
    if is_html_table(text, start):
        return True
    whole = start == text.rfind("\n", 0, start) + 1
    return whole and (_ROW.match(text, start, end) is not None or _has_bars(text, start))


def has_header(text: str, start: int) -> bool:
    """Return whether the options above the first row say that it is the header, or a blank line follows it."""
    if is_html_table(text, start):
        return has_html_header(text, start)
    options = text[max(0, start - _MAX_OPTION_CHARS) : start]
    if not _has_bars(text, start):
        return _HEADER.search(options, max(0, options.rfind("list-table"))) is not None
    first, _, below = text[start : start + _MAX_OPTION_CHARS].lstrip().partition("\n")
    named = 1 < len(_BAR.findall(first)) == _columns(text, start) and not below.partition("\n")[0].strip()
    return named or _HEADER.search(options.rpartition("\n\n")[2]) is not None


@lru_cache(maxsize=2)  # each row of a table is looked up
def list_rows(text: str, start: int, end: int) -> Sequence[Span]:
    """Return the spans of the rows, which together cover the table; a row of another table is within a cell."""
    if _ROW.match(text, start, end):
        found = list(_ROW.finditer(text, start, end))
        starts = [row.start() for row in found if len(row[0]) <= len(found[0][0])]
    elif is_html_table(text, start):
        starts = html_rows(text, start, end)
    else:
        first = text.find("\n", text.rfind(_OPENING, 0, start)) + 1  # `start` may be below the header
        starts = [cell.start() for cell in _BAR.finditer(text, start, end)][:: _columns(text, first)]
    return list(pairwise([start, *starts[1:], end]))


def row_around(text: str, start: int, end: int, offset: int) -> Span:
    """Return the span of the row at an offset of a table."""
    rows = list_rows(text, start, end)
    return rows[max(0, bisect_right(rows, offset, key=itemgetter(0)) - 1)]


def list_cells(text: str, start: int, end: int) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return the spans of the cells of a row, or of a part of it, with their marks, and without."""
    if is_html_table(text, start):
        tagged = html_cells(text, start, end)
        return tuple(tagged), tuple(trim_tags(text, *cell) for cell in tagged)
    first, _ = trim(text, start, end)
    if _BAR.match(text, first, end):
        marks = list(_BAR.finditer(text, first, end))
    else:
        marks = list(_CELL.finditer(text, start, end))
        column = marks[0].start(1) - marks[0].start() if marks else 0
        marks = [mark for mark in marks if mark.start(1) - mark.start() == column]
        if not marks or marks[0].start() > start:
            return ((start, end),), (trim(text, start, end),)
    cells = tuple(pairwise([start, *(mark.start() for mark in marks[1:]), end]))
    return cells, tuple(trim(text, mark.end(), cell[1]) for mark, cell in zip(marks, cells, strict=True))


def _has_bars(text: str, start: int) -> bool:
    """Return whether the line above is that which opens a table of AsciiDoc."""
    return start > 0 and text[text.rfind("\n", 0, start - 1) + 1 : start].rstrip() == _OPENING


def _columns(text: str, start: int) -> int:
    """Return the number of cells in a row, given the start of the first."""
    options = text[max(0, start - _MAX_OPTION_CHARS) : start].rpartition("\n\n")[2]
    listed = _COLUMNS.search(options)
    if listed:
        counts = (_REPEATED.search(one) for one in listed[1].strip('"').split(","))
        return max(1, sum(int(found[1][:3]) if found else 1 for found in counts))
    first = text[start : start + _MAX_OPTION_CHARS].lstrip().partition("\n")[0]
    return max(1, len(_BAR.findall(first)))
