"""The lines of a PDF's page -> rows of cells: what is beside each other, cells of several lines joined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import fmean

from qa.documents.formats.pdf.lines import Line
from qa.documents.formats.pdf.marks import BULLET, LABEL

Cell = list[Line]
Row = list[Cell]

# In font sizes:
BACK = 0.25  # how far a cell may reach over the one before
NEXT_LINE = 2.0  # from one baseline to the next of a cell
_TIGHT = 1.5  # the same where it is not known that the cell goes on
_LABEL_GAP = 4.0  # between a label and what it stands before
_INITIAL = 1.6  # of the text's size that of a capital at its start is, at least
_SENTENCE_GAP = 2.0  # after the end of a sentence in justified text

_NOTE_SIZE = 0.88  # of the size of the text beside it
_PROSE_SPACES = 4  # in a line of prose
_MOST_SPACES = 40  # between two parts of a line of code
_LONGEST_LABEL = 12  # characters
_LOOK_BACK = 12  # rows among which the top line of a cell is looked for
_CELL_WORDS = 4.0  # words of a cell, at most on average, where whole columns were drawn one after the other
# More is no table, and would take too long:
_MOST_CELLS, _MOST_LINES = 100, 60  # of a row, of a cell
_LONGEST_LINE = 2000  # characters


def rows_of(lines: Sequence[Line]) -> Iterator[Row]:
    """Yield the rows of a page in the order in which they are drawn; most have one cell of one line."""
    return _expanded(_rows(_labelled(_joined(lines))))


def left_edge(cell: Cell) -> float:
    """Return the left edge of a cell."""
    return min(line.left for line in cell)


def right_edge(cell: Cell) -> float:
    """Return the right edge of a cell."""
    return max(line.right for line in cell)


def gaps(row: Row) -> list[tuple[float, float]]:
    """Return the edges of the gaps between the cells of a row."""
    return [(right_edge(cell), left_edge(after)) for cell, after in pairwise(row)]


def is_below(line: Line, other: Line, most: float) -> bool:
    """Return whether the other is under the line, so many font sizes away at most."""
    return 0.3 * line.size < other.bottom - line.bottom <= most * max(line.size, other.size)


def _joined(lines: Iterable[Line]) -> Iterator[Line]:
    """Join what follows the end of a sentence, or code, after a wide space that separates no cells."""
    last: Line | None = None
    for line in lines:
        if last is not None and last.beside(line) and -BACK * last.size < line.left - last.right:
            gap = line.left - last.right
            if len(last.text) > _LONGEST_LINE:
                pass
            elif last.fixed and line.fixed:
                spaces = round(gap * len(last.text) / max(last.right - last.left, 1))
                last = last.with_right(line, " " * min(max(spaces, 1), _MOST_SPACES))
                continue
            elif gap < _SENTENCE_GAP * last.size and last.text[-1] in ".!?:" and last.text.count(" ") >= 2:
                last = last.with_right(line)
                continue
        if last is not None:
            yield last
        last = line
    if last is not None:
        yield last


def _labelled(lines: Iterable[Line]) -> Iterator[Line]:
    """Join bullets and numbers of items, and capitals of the size of two lines, with what they stand before."""
    label: Line | None = None
    before: Line | None = None
    for line in lines:
        whole = _with_label(label, line) if label is not None else line
        if whole is None:
            yield from (label,) if label else ()
            whole = line
        first = label is None and (before is None or not before.beside(line) or BULLET.match(line.text) is not None)
        label = line if first and _is_label(line.text) else None
        before = line
        if label is None:
            yield whole
    if label is not None:
        yield label


def _is_label(text: str) -> bool:
    capital = len(text) == 1 and text.isupper()
    return capital or (len(text) <= _LONGEST_LABEL and LABEL.match(text) is not None)


def _with_label(label: Line, line: Line) -> Line | None:
    """Return what a label stands before together with it; None if it is not before that line."""
    if not -BACK * label.size <= line.left - label.right < _LABEL_GAP * line.size:
        return None
    if len(label.text) == 1 and label.text.isalpha():
        if label.size > _INITIAL * line.size and label.top - line.size < line.top < label.bottom:
            whole = label.with_right(line, "")
            whole.top, whole.bottom = whole.bottom - line.size, whole.bottom
            return whole
        return None
    # What follows "2.5" is another cell, if a number.
    if not label.beside(line) or (label.text[-1].isdigit() and not line.text[0].isalpha()):
        return None
    whole = label.with_right(line)
    whole.size = line.size
    return whole


def _rows(lines: Iterable[Line]) -> list[Row]:
    """Join lines that are beside each other to rows, and lines that go on in a cell to it."""
    rows: list[Row] = []
    for line in lines:
        small = rows and len(rows[-1]) < _MOST_CELLS and len(rows[-1][-1]) < _MOST_LINES
        if not small or not (_added_to_right(rows, line) or _added_below(rows[-1], line)):
            rows.append([[line]])
    return rows


def _added_to_right(rows: list[Row], line: Line) -> bool:
    """Add a line as the next cell of the row whose lines it is beside."""
    last = rows[-1][-1]
    if line.left < last[-1].right - BACK * line.size:
        return False
    if line.size < _NOTE_SIZE * last[-1].size and last[-1].text.count(" ") >= _PROSE_SPACES:
        return False  # a note in the margin
    beside = line.beside(last[-1])
    if beside or (len(last) > 1 and line.left >= right_edge(last) - 1 and any(map(line.beside, last))):
        rows[-1].append([line])
        return True
    return line.bottom < last[-1].bottom and _added_beside_column(rows, line)


def _added_beside_column(rows: list[Row], line: Line) -> bool:
    """Add a line as the next cell beside the top line of a few short lines, which are one cell then."""
    cell: Cell = []
    for place in range(len(rows) - 1, max(-1, len(rows) - 1 - _LOOK_BACK), -1):
        part = rows[place][-1]
        apart = cell and not is_below(part[-1], cell[0], NEXT_LINE)
        if apart or right_edge(part) > line.left + BACK * line.size or len(cell) > _MOST_LINES:
            return False
        cell = part + cell
        several = len(rows[place]) > 1
        if any(map(line.beside, part)):
            if several and left_edge(cell) < right_edge(rows[place][-2]):
                return False
            rows[place][-1] = cell
            rows[place].append([line])
            del rows[place + 1 :]
            return True
        if several:
            return False
    return False


def _added_below(row: Row, line: Line) -> bool:
    """Add a line to the cell that it goes on in: any but the first, whose next line may be another row."""
    for place in range(len(row) - 1, 0, -1):
        cell = row[place]
        if right_edge(row[place - 1]) - BACK * line.size <= line.left < right_edge(cell):
            last = cell[-1]
            fits = place + 1 == len(row) or line.right <= left_edge(row[place + 1]) + BACK * line.size
            goes_on = line.text[0].islower() or last.text.count(" ") >= 2
            if not (fits and goes_on and line.left < last.right and is_below(last, line, _TIGHT)):
                return False
            cell.append(line)
            return True
    return False


def _expanded(rows: Iterable[Row]) -> Iterator[Row]:
    """Take a row apart whose cells are columns of a table, drawn one after the other."""
    for row in rows:
        count = len(row[0])
        short = count > 2 and len(row) > 1 and all(len(cell) == count for cell in row)
        if short and fmean(line.text.count(" ") + 1 for cell in row for line in cell) <= _CELL_WORDS:
            lines = list(zip(*row, strict=True))
            if all(line.beside(first) for first, *others in lines for line in others):
                yield from ([[line] for line in beside] for beside in lines)
                continue
        yield row
