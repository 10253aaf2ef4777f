r"""Tables of plain text whose columns are aligned with spaces.

Cells are separated by two spaces or more, or start where their column does::

    Bin       Colour  Collected
    --------  ------  ----------------
    Packaging yellow  every 2nd Friday
    Residual  grey    Thursday

Without dashes for each column, the first three lines have equally many cells, at least three (two if a line of dashes
follows the first), and their columns are aligned on the left or right. What is doubtful is text: prose, verse, code,
lists, forms, dotted lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from qa.text.lines import LIST_MARK
from qa.text.spans import trim
from qa.types import Span

_MAX_LINE_CHARS = 500
_MAX_HEADER_ROWS = 3
_MIN_COLUMNS = 3  # without a line of dashes
_MAX_SHORT_WORDS = 3  # of every cell in at least one column; otherwise it is prose in columns
_ROWS_SAMPLED = 20  # to detect what is no table

_CELL = re.compile(r"\S+(?:[^\S\n]\S+)*")
_DASHES = re.compile(r"[-=]+")
_NO_ROW = ("|", "\t", "....", " . . .", "___")
_ITEM = re.compile(rf"\s*[#>]\s|{LIST_MARK.pattern}")
_CODE = re.compile(r"[{}\\;=]|(?<!:)//|/\*|\s#\s")
_NUMBER = re.compile(r"[^\w\s]{0,3}\s?\d")
_LABEL = re.compile(r":(?:\s|$)")
_NAME = re.compile(r"[^\W_]|#")


class _Line(NamedTuple):
    text: str
    cells: Sequence[Span]  # the parts between two spaces or more; empty if there is only one
    dashes: Sequence[Span]  # of a line that consists of dashes


class _Layout(NamedTuple):
    columns: Sequence[Span]
    first: int  # line below the header, or below its dashes
    mark: str  # "-", "=" or empty
    exact: bool  # whether each column has its dashes

    def row(self, line: _Line) -> Sequence[Span]:
        """Return the cells of a line that has the first and others; none if it is no row."""
        if len(line.cells) == len(self.columns) > 2:
            return line.cells
        parts = _parts(line, self.columns)
        filled = [part for part in parts if part[0] < part[1]]
        if (
            len(filled) < _fewest_cells(line, self.columns)
            or filled[0] != parts[0]
            or not _are_aligned(line.text, parts, self.columns)
        ):
            return ()
        return parts if self.exact or not any("  " in line.text[slice(*part)] for part in filled) else ()

    def continues(self, line: _Line, after: _Line) -> bool:
        """Return whether a line is a rule, continues a cell of a row, or spans the columns above a row."""
        if line.dashes or not line.text.strip() or "|" in line.text:
            return bool(self.mark and line.dashes) and line.text.strip()[0] in {"-", self.mark}
        indent = len(line.text) - len(line.text.lstrip())
        continued = not line.cells and any(indent == start for start, _ in self.columns[1:])
        return continued or bool(self.mark and self.row(after))


def aligned_tables(text: str) -> Iterator[Span]:
    """Yield the span of each table."""
    lines = [_line(words) for words in text.split("\n")] if "  " in text else []
    starts = [*accumulate((len(line.text) + 1 for line in lines), initial=0)]
    at = 0
    while at < len(lines):
        layout = _dashed(lines, at) or _undashed(lines, at)
        last, found = _end(lines, at, layout) if layout else (at + 1, False)
        if found:
            yield starts[at], min(starts[last], len(text))
        at = last


def cell_starts(text: str, start: int, end: int) -> tuple[int, ...]:
    """Return where in each line of a table the second and the following cells start."""
    full: list[Sequence[Span]] = []
    for line in map(_line, text[start:end].split("\n")):
        if len(line.dashes) > 1:
            return tuple(first for first, _ in line.dashes[1:])
        if full and len(line.cells) > len(full[0]):
            full.clear()
        if line.cells and (not full or len(line.cells) == len(full[0])):
            full.append(line.cells)
    return tuple(min(first for first, _ in column) for column in zip(*full, strict=True))[1:]


def cuts(line: str, starts: Sequence[int]) -> Sequence[int]:
    """Return where the second and the following cells of a row start.

    No word is cut: a cell that extends into the next column is followed by an empty one.
    """
    apart = [_is_blank(line, start) for start in starts]
    indent = len(line) - len(line.lstrip())
    is_full = len(starts) > 1 and indent < starts[0] and starts[-1] < len(line)
    if "  " not in line[indent:] and not (all(apart) and is_full):
        # It spans columns.
        apart = [start <= indent for start in starts]
    elif not all(apart) and len(cells := _line(line).cells) == len(starts) + 1:
        # A long cell has moved those after it.
        return [first for first, _ in cells[1:]]
    found = [len(line)]
    for start, is_apart in zip(reversed(starts), reversed(apart), strict=True):
        found.append(start if is_apart else found[-1])
    return found[:0:-1]


def _line(text: str) -> _Line:
    words = text.strip()
    if not 2 < len(words) <= len(text) <= _MAX_LINE_CHARS:
        return _Line(text, (), ())
    if words[0] in "-=" and not words.strip(f"{words[0]} "):
        return _Line(text, (), [dashes.span() for dashes in _DASHES.finditer(text)])
    cells = [cell.span() for cell in _CELL.finditer(text)] if "  " in words and not _is_no_row(words) else ()
    return _Line(text, cells if len(cells) > 1 else (), ())


def _is_no_row(text: str) -> bool:
    return any(sign in text for sign in _NO_ROW)


def _is_blank(line: str, start: int) -> bool:
    """Return whether no word extends beyond the start of a column."""
    return not line[start - 1 : start].strip()


def _parts(line: _Line, columns: Sequence[Span]) -> Sequence[Span]:
    """Return the spans of a line's cells, some may be empty; none if a word extends from one column into the next."""
    text, starts = line.text, [start for start, _ in columns[1:]]
    if len(line.cells) == len(columns):
        return line.cells
    if (
        len(text) > _MAX_LINE_CHARS
        or line.dashes
        or _is_no_row(text)
        or not all(_is_blank(text, start) for start in starts)
    ):
        return ()
    return [trim(text, start, end) for start, end in pairwise((0, *starts, len(text)))]


def _fewest_cells(line: _Line, columns: Sequence[Span]) -> int:
    """Return how many cells of a row are filled at least; without a wide gap, it may be any text."""
    return 2 if line.cells else max(3, len(columns))


def _are_aligned(text: str, parts: Sequence[Span], columns: Sequence[Span]) -> bool:
    """Return whether all cells but the first start or end where their column does, or are numbers."""
    return all(
        first in {last, start} or last == end or _NUMBER.match(text, first)
        for (first, last), (start, end) in zip(parts[1:], columns[1:], strict=True)
    )


def _dashed(lines: Sequence[_Line], at: int) -> _Layout | None:
    """Return the layout of the table that starts at a line, if dashes show its columns."""
    rule = at
    while rule < min(at + _MAX_HEADER_ROWS, len(lines) - 1) and lines[rule].text.strip() and not lines[rule].dashes:
        rule += 1
    columns = lines[rule].dashes
    if len(columns) < 2 or min(end - start for start, end in columns) < 2:
        return None
    for line in lines[at:rule]:
        if sum(start < end for start, end in _parts(line, columns)) < _fewest_cells(line, columns):
            return None
    return _Layout(columns, rule + 1, lines[rule].text.strip()[0], exact=True)


def _undashed(lines: Sequence[_Line], at: int) -> _Layout | None:
    """Return the layout of the table that starts at a line, if it and the next two have aligned cells."""
    if not lines[at].cells:
        return None
    ruled = at + 1 < len(lines) and len(lines[at + 1].dashes) == 1
    seed = [lines[at], *lines[at + 1 + ruled : at + 3 + ruled]]
    width = max(len(line.cells) for line in seed)
    full = [line.cells for line in seed if len(line.cells) == width]
    # Two lines of two cells above the dashes are a letterhead.
    fewest = 2 if ruled and not (at and lines[at - 1].cells) else _MIN_COLUMNS
    if len(full) < 2 or width < fewest or not all(line.cells for line in seed):
        return None
    columns = [(min(column)[0], max(end for _, end in column)) for column in zip(*full, strict=True)]
    parts = [_parts(line, columns) for line in seed]
    apart = all(end < start for (_, end), (start, _) in pairwise(columns))
    if ruled and lines[at + 1].dashes[0][1] <= columns[-1][0]:
        return None
    if len(seed) < 3 or not apart or not all(cells and all(start < end for start, end in cells) for cells in parts):
        return None
    if not all(_are_aligned(line.text, cells, columns) for line, cells in zip(seed[1:], parts[1:], strict=True)):
        return None
    return _Layout(columns, at + 1 + ruled, lines[at + 1].text.strip()[0] if ruled else "", exact=False)


def _end(lines: Sequence[_Line], at: int, layout: _Layout) -> tuple[int, bool]:
    """Return the end of the lines with a layout, and whether they are a table."""
    last, rows, sample = layout.first, 0, list[Sequence[str]]()
    for last in range(layout.first, len(lines) + 1):
        line, after = (lines[index] if index < len(lines) else _line("") for index in (last, last + 1))
        if row := layout.row(line):
            rows += 1
            if rows <= _ROWS_SAMPLED:
                sample.append([line.text[slice(*cell)] for cell in row])
        elif not layout.continues(line, after):
            break
    if layout.exact:
        return last, rows > (layout.first - at == 1)
    if last < len(lines) and len(lines[last].cells) >= min(_MIN_COLUMNS, len(layout.columns)):
        # A row that is not aligned: half of a table would be wrong.
        return next((index for index in range(last, len(lines)) if not lines[index].text.strip()), len(lines)), False
    header = [lines[at].text[slice(*cell)] for cell in _parts(lines[at], layout.columns)]
    return last, not _is_doubtful(header, sample, lines[at].text)


def _is_doubtful(header: Sequence[str], rows: Sequence[Sequence[str]], first: str) -> bool:
    """Return whether lines that look like a table may be something else."""
    columns = list(zip(*rows, strict=True))
    long = all(any(cell.count(" ") >= _MAX_SHORT_WORDS for cell in column) for column in columns)
    code = any(_CODE.search(cell) for row in (header, *rows) for cell in row)
    form = len(columns) == 2 and any(_LABEL.search(row[0]) for row in (header, *rows))
    named = all(map(_NAME.search, header))
    shapes = {Counter(map(_shape, filter(None, column))).most_common(1)[0][0] for column in columns}
    if "number" in shapes:
        alike = len(shapes) == 1 and "number" in map(_shape, header)
    else:
        alike = len(shapes) == 1 or len({cell[0].islower() for cell in header}) > 1
    return alike or long or code or form or not named or _ITEM.match(first) is not None


def _shape(cell: str) -> object:
    """Return what the cells of a column have in common; those of a list printed in columns are all alike."""
    return "number" if _NUMBER.match(cell) else (cell[0].islower(), " " in cell)
