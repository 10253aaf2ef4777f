"""Rows of a PDF page -> tables and lines.

Rows whose gaps are aligned are a table. Others are lines with a wide space, or columns of prose.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import attrgetter
from statistics import fmean, median

from qa.documents.formats.pdf.lines import EQUATION_NUMBER, Line
from qa.documents.formats.pdf.rows import Cell, Row, gaps, is_below, left_edge, right_edge

# In font sizes:
_MAX_ROW_PITCH = 4.0  # between baselines of a table
_MIN_GAP_OVERLAP = 0.35  # of aligned gaps
_MIN_CELL_GAP = 2.5  # separates cells even without an aligned gap above or below
# A justified line of a narrow column, stretched so that its words look like cells:
_MAX_STRETCHED_GAP = 3.5
_MAX_GAP_DIFFERENCE = 0.12  # between gaps of the line, except
_MAX_MARK_GAP_RATIO = 2.6  # after a punctuation mark, as a multiple of the usual gap
_MAX_CHANCE_GAP = 2.0  # between words of prose that are aligned by chance
_MIN_STRIP_WIDTH = 0.3  # of empty space between two columns

_MIN_STRETCHED_CELLS = 4  # of a justified line
_MIN_STRETCHED_WORD_SHARE = 0.4  # of the cells of a justified line that contain a word

_MAX_COLUMNS = 40  # of a table in which empty cells are filled in
_MAX_SINGLE_CELL_ROWS = 2  # between two rows of a table
_MIN_PROSE_ROWS = 4  # of prose in columns side by side
_MIN_PROSE_WORDS = 4.5  # average of a line of prose
# Of prose in columns side by side:
_MIN_COLUMN_WORDS = 3.5  # average of a line
_MIN_FILLED_WIDTH, _MIN_FILLED_SHARE = 0.75, 0.6  # of the column's width, reached by this share of lines
_MARK = re.compile(r"[^\w\s]$")
_LETTERS = re.compile(r"[^\W\d_]{2}")


@dataclass(slots=True)
class Table:
    """Rows of cells; each cell has any number of lines, possibly none."""

    rows: list[Row]


LayoutElement = Line | Table


def _are_aligned(row: Row, other: Row) -> bool:
    """Return whether a gap of one row is aligned with one of the other."""
    least = _MIN_GAP_OVERLAP * min(row[0][0].size, other[0][0].size)
    return any(
        min(end, other_end) - max(start, other_start) >= least
        for start, end in gaps(row)
        for other_start, other_end in gaps(other)
    )


def find_tables(rows: Iterable[Row]) -> Iterator[LayoutElement]:
    """Yield tables, and the lines that are not in a table."""
    rows = list(rows)
    rows = [_unstretch(row, rows[max(0, index - 1) : index + 2]) for index, row in enumerate(rows)]
    group = rows[:1]
    between: list[Row] = []  # rows of one cell, which may belong to the group
    for row in rows[1:]:
        last = (between or group)[-1]
        near = is_below(max(last[0], key=attrgetter("bottom")), row[0][0], _MAX_ROW_PITCH)
        if near and len(row) > 1 and _are_aligned(group[-1], row):
            group += [*between, row]
            between = []
        elif near and len(row) == 1 and len(between) < _MAX_SINGLE_CELL_ROWS and _leaves_gap(group[-1], row[0]):
            between.append(row)
        else:
            yield from _table_or_lines(group)
            yield from (line for (cell,) in between for line in cell)
            group, between = [row], []
    yield from _table_or_lines(group)
    yield from (line for (cell,) in between for line in cell)


def _unstretch(row: Row, near: Iterable[Row]) -> Row:
    """Return a row as one line if it is a justified line whose words look like cells.

    Column names may be equally far apart, but then all their gaps are aligned with those of a row below.
    """
    if not _is_stretched(row) or any(_have_same_gaps(row, other) and not _is_stretched(other) for other in near):
        return row
    return [[_join(line for (line,) in row)]]


def _is_stretched(row: Row) -> bool:
    if len(row) < _MIN_STRETCHED_CELLS or any(len(cell) > 1 for cell in row):
        return False
    size, texts = row[0][0].size, [line.text for (line,) in row]
    widths = [
        (end - start, _MARK.search(text) is not None) for (start, end), text in zip(gaps(row), texts, strict=False)
    ]
    usual = median([width for width, after_mark in widths if not after_mark] or [width for width, _ in widths])
    words = sum(_LETTERS.search(text) is not None for text in texts)
    return (
        usual < _MAX_STRETCHED_GAP * size
        and words >= _MIN_STRETCHED_WORD_SHARE * len(row)
        and all(
            abs(width - usual) <= _MAX_GAP_DIFFERENCE * size
            or (after_mark and usual < width <= _MAX_MARK_GAP_RATIO * usual)
            for width, after_mark in widths
        )
    )


def _have_same_gaps(row: Row, other: Row) -> bool:
    return len(row) == len(other) and all(
        _are_aligned([cell, after], [below, below_after])
        for (cell, after), (below, below_after) in zip(pairwise(row), pairwise(other), strict=True)
    )


def _join(lines: Iterable[Line]) -> Line:
    return reduce(Line.with_right, lines)


def _leaves_gap(row: Row, cell: Cell) -> bool:
    """Return whether a cell keeps a gap of the row free, and so may belong to the same table."""
    return any(right_edge(cell) < end or left_edge(cell) > start for start, end in gaps(row))


def _table_or_lines(rows: list[Row]) -> Iterator[LayoutElement]:
    several = [row for row in rows if len(row) > 1]
    if len(several) > 1 and not _are_spaced_prose(several):
        columns = _prose_columns(rows)
        if columns:
            yield from columns
            return
        yield Table(_align_columns(rows))
        return
    for row in rows:
        if len(row) == 1 or any(len(cell) > 1 for cell in row):
            yield from (line for cell in row for line in cell)
        else:
            yield from _single_row([cell[0] for cell in row])


def _are_spaced_prose(rows: Sequence[Row]) -> bool:
    """Return whether up to three rows are justified prose whose wide spaces are aligned by chance."""
    words = fmean(line.text.count(" ") + 1 for row in rows for cell in row for line in cell)
    widest = max(end - start for row in rows for start, end in gaps(row))
    return len(rows) <= 3 and words >= _MIN_PROSE_WORDS and widest < _MAX_CHANCE_GAP * rows[0][0][0].size


def _single_row(row: Sequence[Line]) -> Iterator[LayoutElement]:
    """Yield a row that is not part of a larger table: as one line, or as a table if its gaps are wide."""
    wide = any(after.left - line.right > _MIN_CELL_GAP * line.size for line, after in pairwise(row))
    if wide and not EQUATION_NUMBER.match(row[-1].text):
        yield Table([[[line] for line in row]])
        return
    yield _join(row)


def _prose_columns(rows: Sequence[Row]) -> list[LayoutElement]:
    """Return the lines column by column if the rows are prose in columns side by side, else nothing."""
    widths = Counter(len(row) for row in rows)
    columns, often = widths.most_common(1)[0]
    if columns < 2 or often < max(_MIN_PROSE_ROWS, 0.8 * len(rows)):
        return []
    full = [row for row in rows if len(row) == columns]
    for index in range(columns):
        lines = [line for row in full for line in row[index]]
        width = max(line.right - line.left for line in lines)
        filled = sum(line.right - line.left > _MIN_FILLED_WIDTH * width for line in lines)
        words = fmean(line.text.count(" ") + 1 for line in lines)
        if words < _MIN_COLUMN_WORDS or filled < _MIN_FILLED_SHARE * len(lines):
            return []
    starts = [min(left_edge(row[index]) for row in full) for index in range(columns)]
    found: list[list[LayoutElement]] = [[] for _ in range(columns)]
    for row in rows:
        for cell in row:
            middle = (left_edge(cell) + right_edge(cell)) / 2
            index = max((index for index in range(columns) if starts[index] <= middle), default=0)
            found[index] += cell
    return [line for column in found for line in column]


def _align_columns(rows: list[Row]) -> list[Row]:
    """Insert empty cells where a row has nothing in a column; return the rows unchanged if no columns fit."""
    size = min(line.size for row in rows for cell in row for line in cell)
    edges = sorted(
        (edge, step) for row in rows for cell in row for edge, step in ((left_edge(cell), 1), (right_edge(cell), -1))
    )
    most = len(rows) // 10
    strips: list[float] = []
    covered, start = 0, edges[0][0]
    for edge, step in edges:
        if (
            covered <= most
            and step > 0
            and covered + step > most
            and edge - start > _MIN_STRIP_WIDTH * size
            and edge > edges[0][0]
        ):
            strips.append((start + edge) / 2)
        covered += step
        if covered == most and step < 0:
            start = edge
    while _MAX_COLUMNS > len(strips) + 1 >= max(map(len, rows)):
        by_column = [_cells_by_column(row, strips, size) for row in rows]
        # A strip without cells on both sides in any row separates nothing: it is beside a centred header.
        needless = [
            index for index in range(len(strips)) if not any(row[index] and row[index + 1] for row in by_column)
        ]
        if not needless:
            fits = all(sum(map(bool, cells)) == len(row) for cells, row in zip(by_column, rows, strict=True))
            return by_column if fits else rows
        del strips[needless[0]]
    return rows


def _cells_by_column(row: Row, strips: Sequence[float], size: float) -> Row:
    """Return a cell for each column; if two cells are in one column, the first one is lost."""
    cells: Row = [[] for _ in range(len(strips) + 1)]
    for cell in row:
        cells[sum(strip < left_edge(cell) + _MIN_STRIP_WIDTH * size for strip in strips)] = cell
    return cells
