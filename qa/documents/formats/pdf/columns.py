"""Columns of a PDF page: their edges, and which lines in them are headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from qa.documents.formats.pdf.lines import BULLET_ITEM, CAPTION, Line, ends_sentence
from qa.documents.formats.pdf.tables import LayoutElement, Table

_HEADING_END = re.compile(r"[.,;]$")

# In font sizes:
_MAX_SIDE_GAP = 1.6  # between the edges of lines that are still in one column
_MAX_COLUMN_PITCH = 4.0  # between baselines of a column
_MAX_LEFT_DIFFERENCE = 3.0  # between lines whose right edges are compared
_MAX_STRAY_WIDTH = 3.0  # by which one line may exceed the column
_MAX_RIGHT_SLACK = 0.6  # in which no further word would have fitted
_MAX_HEADING_PITCH = 1.8  # between baselines of a heading
_MIN_LARGE_HEADING = 1.3  # ratio to the body's size from which a heading may start in lower case
_MAX_SIZE_RATIO = 1.12  # of lines of the same size

_EDGE_GRID = 3.0  # points; edges are rounded to it for comparison
_MIN_LINES = 3  # that determine an edge
_MIN_WRAPPED_CHARS = 30  # a shorter line alone was not wrapped at the column's width
_NEAR_LINES = 4  # before and after a line whose right edges are compared
_MIN_LINES_WITH_STRAY = 5  # from which on one line may exceed the column
_MAX_COLUMNS = 100_000  # of a page
_MIN_BODY_SHARE = 0.2  # of the characters
_MAX_CODE_SHARE = 0.8  # of the characters; beyond it, prose is monospaced as well
_MAX_HEADING_CHARS = 160
_MAX_HEADING_LINES = 4
_MIN_HEADING_LETTERS = 3


@dataclass(slots=True)
class ColumnLine:
    """A line with the column it is in."""

    line: Line
    column: int  # its number in the document
    left: float = 0.0  # edge of the text in that column
    right: float = 0.0  # the other edge
    pitch: float = 0.0  # distance between its baselines
    heading: float = 0.0  # font size of a heading, just above the body's if it is only bold; 0 if it is no heading

    @property
    def ends_a_sentence(self) -> bool:
        """Whether the line ends with the end of a sentence."""
        return ends_sentence(self.line.text)

    def is_full(self, word: str) -> bool:
        """Return whether the next word would not have fitted on the line."""
        line = self.line
        advance = (line.right - line.left) / len(line.text)
        return line.right + (len(word) + 1) * advance > self.right - _MAX_RIGHT_SLACK * line.size


ColumnElement = ColumnLine | Table


def assign_columns(page: int, elements: Iterable[LayoutElement]) -> list[ColumnElement]:
    """Return the elements of a page, each line with its column."""
    assigned: list[ColumnElement] = []
    columns: list[list[ColumnLine]] = []
    for element in elements:
        if isinstance(element, Table):
            assigned.append(element)
            continue
        last = assigned[-1] if assigned else None
        if not (isinstance(last, ColumnLine) and _is_under(last.line, element)):
            columns.append([])
        columns[-1].append(ColumnLine(element, page * _MAX_COLUMNS + len(columns)))
        assigned.append(columns[-1][-1])
    for column in columns:
        _measure(column)
    _widen([line for column in columns for line in column])
    return assigned


def _widen(lines: Sequence[ColumnLine]) -> None:
    """Give short lines the usual right edge of lines of the page with the same left edge.

    A few short lines, such as an address, do not show how wide their column is.
    """
    edges: dict[int, Counter[int]] = {}
    for entry in lines:
        edges.setdefault(round(entry.line.left / _EDGE_GRID), Counter())[round(entry.line.right / _EDGE_GRID)] += 1
    for entry in lines:
        rights = edges[round(entry.line.left / _EDGE_GRID)]
        usual = max(rights, key=lambda edge: (rights[edge], edge))
        if rights[usual] >= _MIN_LINES:
            entry.right = max(entry.right, usual * _EDGE_GRID)
        elif len(entry.line.text) < _MIN_WRAPPED_CHARS:
            similar = sum(
                abs(edge * _EDGE_GRID - entry.right) < _MAX_RIGHT_SLACK * entry.line.size for edge in rights.elements()
            )
            if similar < _MIN_LINES:
                entry.right = max(entry.right, entry.line.left + _MIN_WRAPPED_CHARS * entry.line.size)


def _is_under(line: Line, other: Line) -> bool:
    pitch = other.bottom - line.bottom
    overlaps = min(line.right, other.right) > max(line.left, other.left) - _MAX_SIDE_GAP * line.size
    near = 0 < pitch <= _MAX_COLUMN_PITCH * max(line.size, other.size)
    return overlaps and near and not line.apart and not other.apart


def _measure(column: Sequence[ColumnLine]) -> None:
    """Determine the edges and line distances of a column."""
    lefts = Counter(round(entry.line.left) for entry in column)
    left = min(lefts, key=lambda edge: (-lefts[edge], edge))
    pitches: dict[int, list[float]] = {}
    for entry, after in pairwise(column):
        pitches.setdefault(round(entry.line.size), []).append(after.line.bottom - entry.line.bottom)
    usual = {size: median(values) for size, values in pitches.items()}
    lines = [entry.line for entry in column]
    for number, entry in enumerate(column):
        line = entry.line
        near = lines[max(0, number - _NEAR_LINES) : number + _NEAR_LINES + 1]
        entry.left = left
        edge = _MAX_LEFT_DIFFERENCE * line.size
        rights = sorted(other.right for other in near if abs(other.left - line.left) < edge and same_size(line, other))
        # A single line may extend a little into the margin.
        strays = len(rights) >= _MIN_LINES_WITH_STRAY and rights[-1] - rights[-2] < _MAX_STRAY_WIDTH * line.size
        entry.right = max(rights[-2], line.right) if strays else rights[-1]
        entry.pitch = min(usual.get(round(line.size), 1.2 * line.size), 2 * line.size)


def same_size(line: Line, other: Line) -> bool:
    """Return whether two lines have about the same font size."""
    return line.size < _MAX_SIZE_RATIO * other.size and other.size < _MAX_SIZE_RATIO * line.size


def body_font(pages: Iterable[Iterable[Line]]) -> tuple[float, bool, bool]:
    """Return the font size of the body, and whether most of the text is bold and nearly all is monospaced.

    The size is the largest that a fifth of the characters have, other than those of code: code and notes are smaller,
    but predominate in some books and slides.
    """
    lines = [(line, len(line.text)) for page in pages for line in page]
    total = sum(count for _, count in lines)
    bold = sum(count * line.bold for line, count in lines)
    fixed = sum(count * line.fixed for line, count in lines) > _MAX_CODE_SHARE * total
    sizes: Counter[float] = Counter()
    for line, count in lines:
        if fixed or not line.fixed:
            sizes[round(2 * line.size) / 2] += count
    least = _MIN_BODY_SHARE * sizes.total()
    size = max((size for size, count in sizes.items() if count >= least), default=0.0)
    size = size or min(sizes, key=lambda size: (-sizes[size], size), default=0.0)
    return size, 2 * bold > total, fixed


def find_headings(page: Sequence[ColumnElement], body: float, *, bold_body: bool) -> None:
    """Mark the headings of a page: short runs of lines that are larger than the body, or bold."""
    run: list[ColumnLine] = []
    before: ColumnLine | None = None
    for element in (*page, None):
        if isinstance(element, ColumnLine) and (not run or may_share_heading(run[-1], element)):
            run.append(element)
            continue
        if run:
            rank = _rank(run, before, body, bold_body=bold_body)
            for entry in run:
                entry.heading = rank
            before = run[-1]
        run = [element] if isinstance(element, ColumnLine) else []


def may_share_heading(entry: ColumnLine, other: ColumnLine) -> bool:
    """Return whether two lines may belong to the same heading."""
    return (
        entry.column == other.column
        and entry.line.bold == other.line.bold
        and abs(entry.line.size - other.line.size) < 0.03 * entry.line.size
        and other.line.bottom - entry.line.bottom <= _MAX_HEADING_PITCH * entry.line.size
    )


def _rank(run: Sequence[ColumnLine], before: ColumnLine | None, body: float, *, bold_body: bool) -> float:
    """Return the rank of a run of lines as a heading, see `ColumnLine.heading`; 0 if it is none."""
    line, text = run[0].line, " ".join(entry.line.text for entry in run)
    larger = line.size >= _MAX_SIZE_RATIO * body
    bold = line.bold and not bold_body and line.size >= 0.97 * body
    if (
        not (larger or bold)
        or line.fixed
        or line.apart
        or (text[0].islower() and line.size < _MIN_LARGE_HEADING * body)
    ):
        return 0
    if len(run) > _MAX_HEADING_LINES or len(text) > _MAX_HEADING_CHARS or _HEADING_END.search(text):
        return 0
    letters = sum(map(str.isalpha, text))
    if (
        CAPTION.match(text)
        or letters < _MIN_HEADING_LETTERS
        or 3 * letters < len(text.replace(" ", ""))
        or BULLET_ITEM.match(text)
    ):
        return 0
    if not larger:
        inside = (
            before is not None and before.column == run[0].column and not before.ends_a_sentence and before.is_full("")
        )
        if len(run) > 2 or inside or text[-1] == ":":
            return 0
        return body + 0.01
    return round(2 * line.size) / 2
