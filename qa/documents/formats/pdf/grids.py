"""Tables of a PDF page whose cells are divided by drawn lines.

Only tables with a cell of several lines or over several rows are found here; those of one line a row are found by the
gaps between their words.
"""

from __future__ import annotations

import ctypes
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

from qa.documents.formats.pdf.characters import Frame, Page
from qa.documents.formats.pdf.lines import GridCell, Line

_TOLERANCE = 2.5  # points between lines that meet
_MAX_THICKNESS = 2.5
_MIN_LENGTH = 6.0
_MAX_OBJECTS, _MAX_SEGMENTS, _MAX_RULES = 4000, 10_000, 300  # of a page
_MIN_EDGES = 3  # of a table in each direction
_MIN_CELL_SHARE = 0.4  # cells, of those that the table would have if none were merged
_MIN_FILLED_SHARE = 0.5
_MAX_CELLS = 3000
_MAX_CELL_CHARS = 1500  # beyond it, it is the layout of a page
_MIN_INNER_ROWS = 3  # lines beside each other, in a cell or in two of a row, are rows without drawn lines
_MAX_PITCH = 2.5  # font sizes between the lines of a cell

_Rule = tuple[float, float, float]  # position across its direction, start and end
_Region = tuple[int, int, int, int]  # first row and column of a cell, and those after its last


@dataclass(frozen=True, slots=True)
class _Grid:
    rows: Sequence[float]  # edges from top to bottom
    columns: Sequence[float]
    regions: Sequence[_Region]
    owner: Mapping[tuple[int, int], int]  # index of the region by row and column

    def region_at(self, x: float, y: float) -> _Region:
        """Return the cell at a point inside the table."""
        row = min(max(bisect_right(self.rows, y), 1), len(self.rows) - 1) - 1
        column = min(max(bisect_right(self.columns, x), 1), len(self.columns) - 1) - 1
        return self.regions[self.owner[row, column]]


def mark_cells(page: Page, frame: Frame, lines: list[Line]) -> list[Line]:
    """Return the lines of a page, each in a cell of such a table with that cell."""
    for number, grid in enumerate(_grids(*_rules(page, frame))):
        found = _cells(grid, lines)
        if found:
            marked = {at: GridCell(number, *region) for region, inside in found.items() for at in inside}
            lines = [replace(line, cell=marked[at]) if at in marked else line for at, line in enumerate(lines)]
    return lines


def _rules(page: Page, frame: Frame) -> tuple[list[_Rule], list[_Rule]]:
    """Return the horizontal and the vertical lines that are drawn on a page."""
    across: list[_Rule] = []
    down: list[_Rule] = []
    for left, top, right, bottom in _drawn(page, frame):
        if bottom - top <= _MAX_THICKNESS and right - left >= _MIN_LENGTH:
            across.append(((top + bottom) / 2, left, right))
        elif right - left <= _MAX_THICKNESS and bottom - top >= _MIN_LENGTH:
            down.append(((left + right) / 2, top, bottom))
    return _joined(across), _joined(down)


def _drawn(page: Page, frame: Frame) -> Iterator[tuple[float, float, float, float]]:
    """Yield the boxes of thin filled shapes, and of the straight lines of outlines."""
    from pypdfium2 import raw

    sides, segments = [ctypes.c_float() for _ in range(4)], _MAX_SEGMENTS
    for index in range(min(raw.FPDFPage_CountObjects(page), _MAX_OBJECTS)):
        drawn = raw.FPDFPage_GetObject(page, index)
        if raw.FPDFPageObj_GetType(drawn) != raw.FPDF_PAGEOBJ_PATH:
            continue
        if not raw.FPDFPageObj_GetBounds(drawn, *sides):
            continue
        left, bottom, right, top = (side.value for side in sides)
        if min(right - left, top - bottom) <= _MAX_THICKNESS:
            yield frame.box(left, bottom, right, top)
        elif (segments := segments - raw.FPDFPath_CountSegments(drawn)) >= 0:
            yield from (frame.box(*box) for box in _outline(drawn))


def _outline(drawn: ctypes.c_void_p) -> Iterator[tuple[float, float, float, float]]:
    """Yield the boxes (left, bottom, right, top) of the straight lines of an outline."""
    from pypdfium2 import raw

    fill, stroke, matrix = ctypes.c_int(), ctypes.c_int(), raw.FS_MATRIX()
    if not raw.FPDFPath_GetDrawMode(drawn, fill, stroke) or not stroke.value:
        return
    raw.FPDFPageObj_GetMatrix(drawn, matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    start = last = (0.0, 0.0)
    for at in range(raw.FPDFPath_CountSegments(drawn)):
        segment = raw.FPDFPath_GetPathSegment(drawn, at)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        point = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        kind = raw.FPDFPathSegment_GetType(segment)
        ends = [(last, point)] if kind == raw.FPDF_SEGMENT_LINETO else []
        if kind == raw.FPDF_SEGMENT_MOVETO:
            start = point
        elif raw.FPDFPathSegment_GetClose(segment):
            ends.append((point, start))
        for (x0, y0), (x1, y1) in ends:
            yield min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
        last = point


def _joined(rules: list[_Rule]) -> list[_Rule]:
    """Join lines that continue each other."""
    joined: list[_Rule] = []
    for position, start, end in sorted(rules, key=lambda rule: (round(rule[0] / _TOLERANCE), rule[1])):
        if joined and abs(joined[-1][0] - position) <= _TOLERANCE and start <= joined[-1][2] + _TOLERANCE:
            joined[-1] = (joined[-1][0], joined[-1][1], max(joined[-1][2], end))
        else:
            joined.append((position, start, end))
    return joined


def _grids(across: Sequence[_Rule], down: Sequence[_Rule]) -> Iterator[_Grid]:
    """Yield the tables that meeting lines form."""
    if not (_MIN_EDGES <= len(across) <= _MAX_RULES and _MIN_EDGES - 1 <= len(down) <= _MAX_RULES):
        return
    group = list(range(len(across) + len(down)))

    def first(one: int) -> int:
        while group[one] != one:
            group[one] = group[group[one]]
            one = group[one]
        return one

    for row, column in product(range(len(across)), range(len(down))):
        if _covers(across[row], down[column][0]) and _covers(down[column], across[row][0]):
            group[first(row)] = first(len(across) + column)
    parts: defaultdict[int, tuple[list[_Rule], list[_Rule]]] = defaultdict(lambda: ([], []))
    for one in range(len(group)):
        parts[first(one)][one >= len(across)].append(across[one] if one < len(across) else down[one - len(across)])
    for rows, columns in parts.values():
        grid = _grid(rows, columns)
        if grid:
            yield grid


def _covers(rule: _Rule, at: float) -> bool:
    return rule[1] - _TOLERANCE <= at <= rule[2] + _TOLERANCE


def _grid(across: Sequence[_Rule], down: Sequence[_Rule]) -> _Grid | None:
    """Return the table of these lines; its left and right edge may be open. None if it is no table."""
    if not (across and down):
        return None
    rows = _edges(position for position, _, _ in across)
    sides = min(start for _, start, _ in across), max(end for _, _, end in across)
    columns = _edges((*sides, *(position for position, _, _ in down)))
    if min(len(rows), len(columns)) < _MIN_EDGES or len(rows) * len(columns) > _MAX_CELLS:
        return None
    open_sides = {0, len(columns) - 1}
    owner: dict[tuple[int, int], int] = {}
    regions: list[_Region] = []
    for row, column in product(range(len(rows) - 1), range(len(columns) - 1)):
        if (row, column) in owner:
            continue
        to = column + 1
        while to not in open_sides and not _is_divided(down, columns[to], rows[row], rows[row + 1]):
            to += 1
        below = row + 1
        while below < len(rows) - 1 and not _is_divided(across, rows[below], columns[column], columns[to]):
            below += 1
        cells = list(product(range(row, below), range(column, to)))
        if any(cell in owner for cell in cells):
            return None
        owner |= dict.fromkeys(cells, len(regions))
        regions.append((row, column, below, to))
    whole = (len(rows) - 1) * (len(columns) - 1)
    return _Grid(rows, columns, regions, owner) if len(regions) >= _MIN_CELL_SHARE * whole else None


def _edges(positions: Iterable[float]) -> list[float]:
    edges: list[float] = []
    for position in sorted(positions):
        if not edges or position - edges[-1] > _TOLERANCE:
            edges.append(position)
    return edges


def _is_divided(rules: Iterable[_Rule], at: float, start: float, end: float) -> bool:
    """Return whether a line is drawn at a position, for most of the way from start to end."""
    middle = (start + end) / 2
    return any(abs(rule[0] - at) <= _TOLERANCE and rule[1] <= middle <= rule[2] for rule in rules)


def _cells(grid: _Grid, lines: Sequence[Line]) -> dict[_Region, list[int]]:
    """Return the indices of the lines in each cell; nothing if these are not the cells of the text."""
    found: dict[_Region, list[int]] = {region: [] for region in grid.regions}
    left, right, top, bottom = grid.columns[0], grid.columns[-1], grid.rows[0], grid.rows[-1]
    for at, line in enumerate(lines):
        middle, height = (line.left + line.right) / 2, (line.top + line.bottom) / 2
        if line.apart or line.cell or not (left <= middle <= right and top <= height <= bottom):
            continue
        region = grid.region_at(middle, height)
        if line.left < grid.columns[region[1]] - _TOLERANCE or line.right > grid.columns[region[3]] + _TOLERANCE:
            return {}
        found[region].append(at)
    filled = {region: inside for region, inside in found.items() if inside}
    is_needed = any(len(inside) > 1 or region[2] - region[0] > 1 for region, inside in filled.items())
    is_table = len(filled) >= _MIN_FILLED_SHARE * len(found) and all(
        len({region[side] for region in filled}) > 1 for side in (0, 1)
    )
    is_layout = any(sum(len(lines[at].text) for at in inside) > _MAX_CELL_CHARS for inside in filled.values())
    if is_needed and is_table and not is_layout and not _has_inner_rows(filled, lines):
        return filled if all(_is_cell([lines[at] for at in inside]) for inside in filled.values()) else {}
    return {}


def _is_cell(lines: Sequence[Line]) -> bool:
    """Return whether lines follow each other as in a cell, unlike those of a diagram or of a table within a cell."""
    inner, was_beside = 0, False
    for line, after in pairwise(sorted(lines, key=lambda line: line.top)):
        if after.top - line.top > _MAX_PITCH * max(line.size, after.size):
            return False
        is_beside = line.beside(after)
        inner += is_beside and not was_beside
        was_beside = is_beside
    return inner < _MIN_INNER_ROWS


def _has_inner_rows(filled: dict[_Region, list[int]], lines: Sequence[Line]) -> bool:
    """Return whether the cells of a row have the same number of lines, which are beside each other."""
    rows: defaultdict[tuple[int, int], list[list[int]]] = defaultdict(list)
    for region, inside in filled.items():
        rows[region[0], region[2]].append(sorted(inside, key=lambda at: lines[at].top))
    return any(
        len(first) == len(other) >= _MIN_INNER_ROWS
        and all(lines[one].beside(lines[two]) for one, two in zip(first, other, strict=True))
        for cells in rows.values()
        for first, other in pairwise(cells)
    )
