"""Lines of a PDF page -> lines and tables in reading order.

Lines come in drawing order, which is reading order on nearly all pages. Others, such as the forms of invoicing
programs, are read by position. Geometry tells which lines are side by side.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import groupby, pairwise
from statistics import fmean

from qa.documents.formats.pdf.lines import CAPTION, MIN_PROSE_SPACES, GridCell, Line, ends_sentence
from qa.documents.formats.pdf.rows import MAX_LINE_PITCH, find_rows
from qa.documents.formats.pdf.tables import LayoutElement, Table, find_tables

_MIN_SIZE_DIFFERENCE = 0.6  # points between smaller print and the body
_MIN_JUMPS, _MIN_JUMP_SHARE = 2, 0.2  # of lines drawn above and not right of the line before
_MIN_TITLE_SIZE, _MAX_TITLE_GAP = 1.1, 2.0  # share of the font size of its text; font sizes between them
_MIN_BAND_GAP = 1.0  # font sizes between two parts of a page, one below the other
_MIN_GUTTER = 1.0  # font sizes between two columns
_MIN_COLUMN_LINES, _MIN_COLUMN_SPACES = 4, 3.0  # of prose; the words of a form are read by row


def in_reading_order(lines: Sequence[Line]) -> list[LayoutElement]:
    """Return the lines and tables of a page in reading order."""
    tables = {line.cell.table: line for line in reversed(lines) if line.cell}
    straight = [line for line in lines if not line.apart and (line.cell is None or tables[line.cell.table] is line)]
    elements: list[LayoutElement] = []
    for number, part in groupby(_reordered(straight), lambda line: line.cell.table if line.cell else -1):
        if number < 0:
            elements += find_tables(find_rows(list(part)))
        else:
            elements.append(_ruled_table([line for line in lines if line.cell and line.cell.table == number]))
    return _move_floats([*elements, *(line for line in lines if line.apart)])


def _ruled_table(lines: Sequence[Line]) -> Table:
    """Return the table of lines with cells; one over several rows is repeated in each, without empty rows."""
    cells: defaultdict[GridCell, list[Line]] = defaultdict(list)
    for line in lines:
        if line.cell:
            cells[line.cell].append(line)
    rows: dict[int, dict[int, list[Line]]] = {row: {} for row in sorted({cell.row for cell in cells})}
    for cell, inside in cells.items():
        for row in range(cell.row, cell.end_row):
            if row in rows:
                rows[row][cell.column] = inside
    columns = sorted({cell.column for cell in cells})
    return Table([[row.get(column, []) for column in columns] for row in rows.values()])


def _reordered(lines: Sequence[Line]) -> list[Line]:
    """Return lines by position if they were drawn up and down the page, else as they are."""
    jumps = sum(
        after.bottom < line.top + 0.3 * line.size and after.left < line.right for line, after in pairwise(lines)
    )
    if jumps < _MIN_JUMPS or jumps < _MIN_JUMP_SHARE * len(lines):
        return _titles_first(lines)
    columns = _columns(lines)
    bands = columns if len(columns) > 1 else [column for band in _bands(lines) for column in _columns(band)]
    return [line for band in bands for row in _rows(band) for line in row]


def _titles_first(lines: Sequence[Line]) -> list[Line]:
    """Return lines with each title before its text, also if it was drawn after that, as the titles of boxes are."""
    found: list[Line] = []
    after_title = 0  # where the next line of a title that was moved belongs
    for line in lines:
        above = found[after_title - 1] if after_title else line
        below = 0 < line.bottom - above.bottom < _MAX_TITLE_GAP * line.size
        if below and abs(line.size - above.size) < 0.03 * line.size:
            found.insert(after_title, line)
            after_title += 1
            continue
        at, top = len(found), math.inf
        while at and line.bottom < found[at - 1].bottom and found[at - 1].top < top + _MIN_SIZE_DIFFERENCE:
            at, top = at - 1, found[at - 1].top
        text = found[at:]
        is_title = (
            len(text) > 1
            and line.text[0].isupper()
            and not _starts_in_lower_case(text[0])
            and top - line.bottom < _MAX_TITLE_GAP * line.size
            and line.size > _MIN_TITLE_SIZE * max(other.size for other in text)
            and min(other.left for other in text) <= line.left
            and line.right <= max(other.right for other in text)
        )
        found.insert(at if is_title else len(found), line)
        after_title = at + 1 if is_title else 0
    return found


def _columns(lines: Sequence[Line]) -> list[list[Line]]:
    """Return the columns of prose; all lines if they are not in such columns."""
    columns: list[list[Line]] = []
    right = -math.inf
    for line in sorted(lines, key=lambda line: line.left):
        if line.left >= right + _MIN_GUTTER * line.size:
            columns.append([])
        columns[-1].append(line)
        right = max(right, line.right)
    prose = (
        len(column) >= _MIN_COLUMN_LINES and fmean(line.text.count(" ") for line in column) >= _MIN_COLUMN_SPACES
        for column in columns
    )
    return columns if all(prose) else [list(lines)]


def _bands(lines: Sequence[Line]) -> list[list[Line]]:
    """Return the parts of a page that are below each other with some space between them."""
    bands: list[list[Line]] = []
    bottom = -math.inf
    for line in sorted(lines, key=lambda line: line.top):
        if line.top > bottom + _MIN_BAND_GAP * line.size:
            bands.append([])
        bands[-1].append(line)
        bottom = max(bottom, line.bottom)
    return bands


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    """Return the rows of lines beside each other, each from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.bottom, line.left)):
        if rows and line.beside(rows[-1][0]):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.left) for row in rows]


def _move_floats(elements: list[LayoutElement]) -> list[LayoutElement]:
    """Move notes and captions out of sentences: after the paragraph, or before it at the end of a page."""
    sizes: Counter[int] = Counter()
    for element in elements:
        if isinstance(element, Line) and not element.apart:
            sizes[round(element.size)] += len(element.text)
    body = max(sizes, key=lambda size: (sizes[size], size), default=0)
    prose = _prose(elements, body)
    if not prose or prose == list(range(len(elements))):
        return elements
    moved: list[LayoutElement] = []
    waiting: list[LayoutElement] = []
    paragraph = 0  # start of the current paragraph in `moved`
    for before, at, after in zip([None, *prose], prose, [*prose[1:], None], strict=False):
        between = elements[0 if before is None else before + 1 : at]
        line, following = elements[at], None if after is None else elements[after]
        cut = _starts_in_lower_case(line) and (before is None or not _ends_sentence(elements[before]))
        if cut and between and _are_floats(between, body):
            waiting += between
        elif between:
            moved += waiting + between
            waiting, paragraph = [], len(moved)
        moved.append(line)
        if _ends_sentence(line) if following is None else _ends_paragraph(line, following):
            moved += waiting
            waiting, paragraph = [], len(moved)
    rest = elements[prose[-1] + 1 :]
    if not _ends_sentence(elements[prose[-1]]) and _are_floats(rest, body):
        return [*moved[:paragraph], *waiting, *rest, *moved[paragraph:]]
    return [*moved, *waiting, *rest]


def _are_floats(elements: Sequence[LayoutElement], body: int) -> bool:
    """Return whether all elements are footnotes, picture labels, captions or their tables."""
    lines = [element for element in elements if isinstance(element, Line)]
    if any(CAPTION.match(line.text) for line in lines):
        return all(line.apart or (not line.fixed and line.size <= body + _MIN_SIZE_DIFFERENCE) for line in lines)
    return len(lines) == len(elements) and all(line.apart or line.size <= body - _MIN_SIZE_DIFFERENCE for line in lines)


def _prose(elements: Sequence[LayoutElement], body: int) -> list[int]:
    """Return the indices of lines of prose in the body's font size, without captions."""
    found: list[int] = []
    caption = False
    last: Line | None = None
    for at, element in enumerate(elements):
        if (
            not isinstance(element, Line)
            or element.apart
            or element.fixed
            or abs(element.size - body) > _MIN_SIZE_DIFFERENCE
        ):
            caption, last = False, None
            continue
        starts = CAPTION.match(element.text) is not None
        caption = starts or (caption and last is not None and not _ends_paragraph(last, element))
        goes_on = at - 1 in found[-1:] and last is not None and (last.bold or not element.bold)
        if not caption and (element.text.count(" ") >= MIN_PROSE_SPACES or goes_on):
            found.append(at)
        last = element
    return found


def _starts_in_lower_case(element: LayoutElement) -> bool:
    return isinstance(element, Line) and element.text[0].islower()


def _ends_sentence(element: LayoutElement) -> bool:
    return isinstance(element, Line) and ends_sentence(element.text)


def _ends_paragraph(element: LayoutElement, after: LayoutElement | None) -> bool:
    """Return whether a line ends a sentence and the paragraph: it is short, or the next is set off."""
    if not isinstance(element, Line) or not isinstance(after, Line):
        return True
    pitch = after.bottom - element.bottom
    jumps = not 0 < pitch <= MAX_LINE_PITCH * element.size
    if not _ends_sentence(element):
        return jumps and not _starts_in_lower_case(after) and pitch > 0
    short = element.right < after.right - 2 * element.size
    return jumps or short or after.left > element.left + 0.8 * element.size
