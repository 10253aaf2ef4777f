"""Lines of a PDF page -> rows of cells that are beside each other; a cell may have several lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import fmean

from qa.documents.formats.pdf.lines import BULLET, LABEL, MIN_PROSE_SPACES, Line

Cell = list[Line]
Row = list[Cell]

# In font sizes:
MAX_OVERLAP = 0.25  # of a cell with the one before
MAX_LINE_PITCH = 2.0  # between baselines of a cell
_MAX_TIGHT_PITCH = 1.5  # the same if it is not certain that the cell continues
_MAX_LABEL_GAP = 4.0  # between a label and its text
_MIN_INITIAL_SIZE = 1.6  # of a drop cap
_MAX_SENTENCE_GAP = 2.0  # after the end of a sentence in justified text

_MAX_NOTE_SIZE = 0.88  # share of the font size of the text beside it
_MAX_SPACES = 40  # between two parts of a line of code
_MAX_LABEL_CHARS = 12
_MAX_NUMBER_CHARS = 2  # of a section
_MAX_LOOK_BACK = 12  # rows searched for the top line of a cell
_MAX_CELL_WORDS = 4.0  # average in a table whose columns were drawn one after the other
# Larger ones are not tables, and would take too long:
_MAX_CELLS = 100  # of a row
_MAX_CELL_LINES = 60
_MAX_LINE_CHARS = 2000


def find_rows(lines: Sequence[Line]) -> Iterator[Row]:
    """Yield the rows of a page in drawing order; most have one cell of one line."""
    return _split_column_rows(_rows(_attach_labels(_join_split_lines(lines))))


def left_edge(cell: Cell) -> float:
    """Return the left edge of a cell."""
    return min(line.left for line in cell)


def right_edge(cell: Cell) -> float:
    """Return the right edge of a cell."""
    return max(line.right for line in cell)


def gaps(row: Row) -> list[tuple[float, float]]:
    """Return the left and right edges of the gaps between the cells of a row."""
    return [(right_edge(cell), left_edge(after)) for cell, after in pairwise(row)]


def is_below(line: Line, other: Line, most: float) -> bool:
    """Return whether the other line is below this one by at most `most` font sizes."""
    return 0.3 * line.size < other.bottom - line.bottom <= most * max(line.size, other.size)


def _join_split_lines(lines: Iterable[Line]) -> list[Line]:
    """Join lines separated by a wide space that is not a cell boundary: after a sentence, or within code."""
    found: list[Line] = []
    for line in lines:
        between = _space_between(found[-1], line) if found else ""
        if between:
            found[-1] = found[-1].with_right(line, between)
        else:
            found.append(line)
    return found


def _space_between(line: Line, other: Line) -> str:
    """Return the spaces between a line and the rest of it to its right; empty if the other is not its rest."""
    gap = other.left - line.right
    if not line.beside(other) or gap <= -MAX_OVERLAP * line.size or len(line.text) > _MAX_LINE_CHARS:
        return ""
    if line.fixed and other.fixed:
        spaces = round(gap * len(line.text) / max(line.right - line.left, 1))
        return " " * min(max(spaces, 1), _MAX_SPACES)
    ended = line.text[-1] in ".!?:" and line.text.count(" ") >= 2
    return " " if ended and gap < _MAX_SENTENCE_GAP * line.size else ""


def _attach_labels(lines: Sequence[Line]) -> list[Line]:
    """Join bullets, item numbers, drop caps and the numbers of headings with the text after them."""
    found: list[Line] = []
    after_label = False
    for before, line, after in zip((None, *lines), lines, (*lines[1:], None), strict=False):
        is_last = after is None or not after.beside(line)
        numbered = is_last and found and _is_heading_number(found[-1], line)
        whole = _join_label(found[-1], line) if after_label or numbered else None
        if whole:
            found[-1] = whole
        else:
            found.append(line)
        first = before is None or not before.beside(line) or BULLET.match(line.text) is not None
        after_label = first and not after_label and _is_label(line.text)
    return found


def _is_heading_number(number: Line, line: Line) -> bool:
    """Return whether a line is the number of a section, without a full stop, and the other its heading."""
    bold = number.bold and line.bold and abs(number.size - line.size) < 0.03 * line.size
    counts = len(number.text) <= _MAX_NUMBER_CHARS and number.text.isdecimal()
    return bold and counts and line.text[0].isupper() and not line.text[-1].isdigit()


def _is_label(text: str) -> bool:
    capital = len(text) == 1 and text.isupper()
    return capital or (len(text) <= _MAX_LABEL_CHARS and LABEL.match(text) is not None)


def _join_label(label: Line, line: Line) -> Line | None:
    """Return a label joined with its text; None if the line is not the label's text."""
    if not -MAX_OVERLAP * label.size <= line.left - label.right < _MAX_LABEL_GAP * line.size:
        return None
    if len(label.text) == 1 and label.text.isalpha():
        if label.size > _MIN_INITIAL_SIZE * line.size and label.top - line.size < line.top < label.bottom:
            whole = label.with_right(line, "")
            whole.top = whole.bottom - line.size
            return whole
        return None
    # A number after "2.5" is another cell.
    if not label.beside(line) or (label.text[-1].isdigit() and not line.text[0].isalpha()):
        return None
    whole = label.with_right(line)
    whole.size = line.size
    return whole


def _rows(lines: Iterable[Line]) -> list[Row]:
    """Join lines beside each other into rows, and add lines that continue a cell to it."""
    rows: list[Row] = []
    for line in lines:
        small = rows and len(rows[-1]) < _MAX_CELLS and len(rows[-1][-1]) < _MAX_CELL_LINES
        if not small or not (_add_to_right(rows, line) or _add_below(rows[-1], line)):
            rows.append([[line]])
    return rows


def _add_to_right(rows: list[Row], line: Line) -> bool:
    """Add a line as the next cell of the last row, if it is beside it."""
    last = rows[-1][-1]
    if line.left < last[-1].right - MAX_OVERLAP * line.size:
        return False
    if line.size < _MAX_NOTE_SIZE * last[-1].size and last[-1].text.count(" ") >= MIN_PROSE_SPACES:
        return False  # a margin note
    beside = line.beside(last[-1])
    if beside or (len(last) > 1 and line.left >= right_edge(last) - 1 and any(map(line.beside, last))):
        rows[-1].append([line])
        return True
    return line.bottom < last[-1].bottom and _add_beside_column(rows, line)


def _add_beside_column(rows: list[Row], line: Line) -> bool:
    """Add a line as the next cell beside the top line of several short lines, which then form one cell."""
    cell: Cell = []
    for index in range(len(rows) - 1, max(-1, len(rows) - 1 - _MAX_LOOK_BACK), -1):
        part = rows[index][-1]
        apart = cell and not is_below(part[-1], cell[0], MAX_LINE_PITCH)
        if apart or right_edge(part) > line.left + MAX_OVERLAP * line.size or len(cell) > _MAX_CELL_LINES:
            return False
        cell = part + cell
        several = len(rows[index]) > 1
        if any(map(line.beside, part)):
            if several and left_edge(cell) < right_edge(rows[index][-2]):
                return False
            rows[index][-1] = cell
            rows[index].append([line])
            del rows[index + 1 :]
            return True
        if several:
            return False
    return False


def _add_below(row: Row, line: Line) -> bool:
    """Add a line to the cell that it continues: any but the first, whose next line may be another row."""
    for index in range(len(row) - 1, 0, -1):
        cell = row[index]
        if right_edge(row[index - 1]) - MAX_OVERLAP * line.size <= line.left < right_edge(cell):
            last = cell[-1]
            fits = index + 1 == len(row) or line.right <= left_edge(row[index + 1]) + MAX_OVERLAP * line.size
            goes_on = line.text[0].islower() or last.text.count(" ") >= 2
            if not (fits and goes_on and line.left < last.right and is_below(last, line, _MAX_TIGHT_PITCH)):
                return False
            cell.append(line)
            return True
    return False


def _split_column_rows(rows: Iterable[Row]) -> Iterator[Row]:
    """Split rows whose cells are whole columns of a table, drawn one after the other."""
    for row in rows:
        count = len(row[0])
        short = count > 2 and len(row) > 1 and all(len(cell) == count for cell in row)
        if short and fmean(line.text.count(" ") + 1 for cell in row for line in cell) <= _MAX_CELL_WORDS:
            lines = list(zip(*row, strict=True))
            if all(line.beside(first) for first, *others in lines for line in others):
                yield from ([[line] for line in beside] for beside in lines)
                continue
        yield row
