"""Rows of cells -> text: tables as rows of cells between bars; lone cells as paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from qa.documents.block_rules import MAX_COLUMNS
from qa.documents.formats.article import load_error
from qa.documents.formats.blocks import last_header, table_lines
from qa.text.lines import one_line

MAX_CELLS = 2_000_000  # filled cells in one file
MAX_CHARACTERS = 50_000_000  # characters in the cells of one file
MAX_GRID_CELLS = 20_000_000  # cells in the tables of one file, including empty ones
_MAX_HEADER_CHARS = 80  # of a header cell
_MIN_NOTE_CHARS = 20  # of a footnote below a table
_MAX_HEADER_ROWS = 3
_MAX_ROWS_CHECKED = 200  # for figures, below the header
_YEAR = re.compile(r"(?:1[89]|20|21)\d\d")
# Control characters, soft hyphens and unpaired surrogates.
_DROPPED = dict.fromkeys((*range(9), *range(14, 28), 0x7F, 0xAD, *range(0xD800, 0xE000)))

Row = Sequence[str]


def cell_text(text: str) -> str:
    """Return the content of a cell on one line."""
    return one_line(text.translate(_DROPPED))


class CellCounter:
    """Counts the cells of one file, and raises `LoadError` before too many fill the memory."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._cells = self._characters = self._grid_cells = 0

    def add(self, text: str) -> None:
        """Count a filled cell."""
        self._cells += 1
        self._characters += len(text)
        self._check(self._cells, MAX_CELLS, "cells with content")
        self._check(self._characters, MAX_CHARACTERS, "characters in its cells")

    def reserve(self, count: int) -> None:
        """Count cells, including empty ones, before memory is allocated for them."""
        self._grid_cells += count
        self._check(self._grid_cells, MAX_GRID_CELLS, "cells, empty ones included")

    def _check(self, count: int, most: int, what: str) -> None:
        if count > most:
            raise load_error(self._source, f"has more than {most:,} {what}", "split it")


def headed_table(rows: Iterable[Row], headers: int, counter: CellCounter) -> Iterator[str]:
    """Yield a table with a given number of header rows, without empty rows; nothing if all are empty."""
    filled = [row for row in rows if any(row)]
    if filled:
        yield from _table(filled, last_header(filled, headers), counter)


def tables(rows: Iterable[Row], counter: CellCounter, *, headed: bool = False) -> Iterator[str]:
    """Yield the blocks of a sheet, which are separated by empty rows; rows may differ in length.

    A table's header row is followed by a line of dashes. Rows above a table with a single filled cell are paragraphs,
    and so are long ones below it and blocks of one cell; a block with a single filled cell in each row is a list.

    If files of this kind are usually `headed` by column names, rows without names continue the table above them; if
    not, two columns are more likely a form.
    """
    parts: list[list[Row]] = []
    columns = set[int]()  # of the last table with names
    for block in (list(block) for is_filled, block in groupby(rows, any) if is_filled):
        own = {column for row in block for column, cell in enumerate(row) if cell}
        named = _header(block, headed=headed) >= 0
        if headed and not named and len(own) > 1 and own <= columns:
            parts[-1] += block  # such as a total
        else:
            parts.append(block)
            columns = own if named else set()
    for part in parts:
        yield from _blocks(part, counter, headed=headed)


def _blocks(rows: list[Row], counter: CellCounter, *, headed: bool) -> Iterator[str]:
    """Yield the paragraphs and the table of a block of non-empty rows."""
    first, last = 0, len(rows)
    while first < last and _filled(rows[first]) == 1:
        first += 1
    body = len(rows)
    while body > first and _filled(rows[body - 1]) == 1:
        body -= 1
    # A footnote is wider than its column; a text that fits the column is a row.
    longest = max((len(next(filter(None, row))) for row in rows[first:body]), default=0)
    while last > body and len("".join(rows[last - 1])) > max(longest, _MIN_NOTE_CHARS):
        last -= 1
    if first == last:
        lines = ["".join(row) for row in rows]
        yield "\n".join(f"- {line}" for line in lines) if len(lines) > 1 else lines[0]
        return
    yield from map("".join, rows[:first])
    yield from _table(rows[first:last], _header(rows[first:last], headed=headed), counter)
    yield from map("".join, rows[last:])


def _filled(row: Row) -> int:
    return sum(map(bool, row))


def _table(rows: list[Row], header: int, counter: CellCounter) -> Iterator[str]:
    """Yield a table; one with too many columns is split, with the first column repeated in each part."""
    columns = sorted({column for row in rows for column, cell in enumerate(row) if cell})
    counter.reserve(len(rows) * len(columns))
    for start in range(0, len(columns), MAX_COLUMNS):
        part = columns[start : start + MAX_COLUMNS]
        if start:
            part.insert(0, columns[0])
        cells = ([row[column] if column < len(row) else "" for column in part] for row in rows)
        yield "\n".join(table_lines(cells, header))


def _header(rows: list[Row], *, headed: bool) -> int:
    """Return the index of the last header row; -1 if there is none.

    It is the fullest of the first rows that consist of texts (the first such row on a tie) if there is a column below
    it that is mostly figures. In a table of texts, it is the first row if its cells are all filled and distinct.
    """
    texts = 0
    while texts < min(len(rows), _MAX_HEADER_ROWS) and all(map(_may_be_header, rows[texts])):
        texts += 1
    if not texts or len(rows) < 2:
        return -1
    header = max(range(texts), key=lambda index: _filled(rows[index]))
    below = rows[header + 1 : header + 1 + _MAX_ROWS_CHECKED]
    width = max(map(len, rows))
    columns = [[row[column] for row in below if column < len(row) and row[column]] for column in range(width)]
    # Years may be names of columns of figures, but not of a column of years.
    if any(
        cells and _YEAR.fullmatch(name) and _YEAR.fullmatch(cells[0])
        for name, cells in zip(rows[header], columns, strict=False)
    ):
        return -1
    least = 0.5 if headed or width > 2 else 1.0
    if any(cells and sum(map(_is_figure, cells)) >= least * len(cells) for cells in columns):
        return header
    differ = all(rows[0]) and len(set(rows[0])) == len(rows[0]) == width
    return 0 if differ and (headed or width > 2) else -1


def _may_be_header(cell: str) -> bool:
    return len(cell) <= _MAX_HEADER_CHARS and (not _is_figure(cell) or _YEAR.fullmatch(cell) is not None)


def _is_figure(cell: str) -> bool:
    """Return whether a cell is a number, amount, percentage or numeric date."""
    return any(map(str.isdigit, cell)) and not any(map(str.isalpha, cell))
