"""Pages of a PDF whose lines are drawn in an order that nobody reads, such as the forms of invoicing programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import fmean

from qa.documents.formats.pdf.lines import Line

_MIN_JUMPS, _MIN_JUMP_SHARE = 2, 0.2  # of lines drawn above and not right of the line before
_MIN_BAND_GAP = 1.0  # font sizes between two parts of a page, one below the other
_MIN_GUTTER = 1.0  # font sizes between two columns
_MIN_COLUMN_LINES, _MIN_COLUMN_SPACES = 4, 3.0  # of prose; the words of a form are read by row


def reordered(lines: Sequence[Line]) -> list[Line]:
    """Return lines by position if they were drawn up and down the page, else as they are."""
    jumps = sum(
        after.bottom < line.top + 0.3 * line.size and after.left < line.right for line, after in pairwise(lines)
    )
    if jumps < _MIN_JUMPS or jumps < _MIN_JUMP_SHARE * len(lines):
        return list(lines)
    columns = _columns(lines)
    bands = columns if len(columns) > 1 else [column for band in _bands(lines) for column in _columns(band)]
    return [line for band in bands for row in _rows(band) for line in row]


def _columns(lines: Sequence[Line]) -> list[list[Line]]:
    """Return the columns of prose; all lines if they are not in such columns."""
    columns: list[list[Line]] = []
    right = 0.0
    for line in sorted(lines, key=lambda line: line.left):
        if columns and line.left < right + _MIN_GUTTER * line.size:
            columns[-1].append(line)
            right = max(right, line.right)
        else:
            columns.append([line])
            right = line.right
    prose = (
        len(column) >= _MIN_COLUMN_LINES and fmean(line.text.count(" ") for line in column) >= _MIN_COLUMN_SPACES
        for column in columns
    )
    return columns if all(prose) else [list(lines)]


def _bands(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield the parts of a page that are below each other with some space between them."""
    band: list[Line] = []
    bottom = 0.0
    for line in sorted(lines, key=lambda line: line.top):
        if band and line.top > bottom + _MIN_BAND_GAP * line.size:
            yield band
            band = []
        bottom = max(bottom, line.bottom) if band else line.bottom
        band.append(line)
    if band:
        yield band


def _rows(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield the rows of lines beside each other, each from left to right."""
    row: list[Line] = []
    for line in sorted(lines, key=lambda line: (line.bottom, line.left)):
        if row and not line.beside(row[0]):
            yield sorted(row, key=lambda line: line.left)
            row = []
        row.append(line)
    if row:
        yield sorted(row, key=lambda line: line.left)
