"""The lines of a PDF's page in their columns: how far these reach, and which lines are headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from qa.documents.formats.pdf.lines import Line
from qa.documents.formats.pdf.marks import BULLET_ITEM, CAPTION, ends_sentence
from qa.documents.formats.pdf.tables import Piece, Table

_HEADING_END = re.compile(r"[.,;]$")

# In font sizes:
_SLACK = 1.6  # between the edges of lines that are still below each other
_SAME_COLUMN = 4.0  # from one baseline to the next
_SAME_EDGE = 3.0  # between the left edges of lines whose right edges are compared
_STRAY = 3.0  # by which one line may be wider than the column
_ROOM = 0.6  # left at the right edge after a word that would have fitted
_SAME_HEADING = 1.8  # from one baseline to the next
_LARGE = 1.3  # of the size of most text: so large may be a heading that starts in lower case
_SAME_SIZE = 1.12  # of the size of the other line, or of most of the text

_EDGE = 3.0  # points by which edges may differ that are the same
_FEW_LINES = 3
_SHORT_LINE = 30  # characters; a shorter line by itself is not broken by the width of a column
_NEAR_LINES = 4  # before and after a line, whose right edges are compared
_ENOUGH_LINES = 5  # whose second-largest right edge is that of the column
_MOST_COLUMNS = 100_000  # on a page
_BODY_SHARE = 0.2  # of the characters
_LONGEST_HEADING = 160  # characters
_MOST_HEADING_LINES = 4
_FEWEST_LETTERS = 3


@dataclass(slots=True)
class Placed:
    """A line in its column.

    Attributes
    ----------
    line : Line
    column : int
        Number of the column in the document.
    left, right : float
        Edges of the text in that column.
    pitch : float
        From one baseline of it to the next.
    heading : float
        If it is a heading, its font size, less a little for one that is only bold; else 0.
    """

    line: Line
    column: int
    left: float = 0.0
    right: float = 0.0
    pitch: float = 0.0
    heading: float = 0.0

    @property
    def ended(self) -> bool:
        """Whether a sentence ends with the line."""
        return ends_sentence(self.line.text)

    def full(self, word: str) -> bool:
        """Return whether the next word did not fit on the line."""
        line = self.line
        advance = (line.right - line.left) / len(line.text)
        return line.right + (len(word) + 1) * advance > self.right - _ROOM * line.size


PlacedPiece = Placed | Table


def in_columns(page: int, pieces: Iterable[Piece]) -> list[PlacedPiece]:
    """Return the pieces of a page, each line with the edges of its column."""
    placed: list[PlacedPiece] = []
    column: list[Placed] = []
    number = page * _MOST_COLUMNS
    for piece in pieces:
        if isinstance(piece, Table):
            _measure(column)
            column = []
            placed.append(piece)
            continue
        if column and not _under(column[-1].line, piece):
            _measure(column)
            column = []
        number += not column
        column.append(Placed(piece, number))
        placed.append(column[-1])
    _measure(column)
    _widen([piece for piece in placed if isinstance(piece, Placed)])
    return placed


def _widen(lines: Sequence[Placed]) -> None:
    """Give short lines the right edge that most lines of the page have that start at the same left edge.

    A few short lines by themselves, such as an address, do not tell how wide their column is.
    """
    edges: dict[int, Counter[int]] = {}
    for place in lines:
        edges.setdefault(round(place.line.left / _EDGE), Counter())[round(place.line.right / _EDGE)] += 1
    for place in lines:
        rights = edges[round(place.line.left / _EDGE)]
        usual = max(rights, key=lambda edge: (rights[edge], edge))
        if rights[usual] >= _FEW_LINES:
            place.right = max(place.right, usual * _EDGE)
        elif len(lines) < _FEW_LINES or len(place.line.text) < _SHORT_LINE:
            alike = sum(abs(edge * _EDGE - place.right) < _ROOM * place.line.size for edge in rights.elements())
            if alike < _FEW_LINES and len(place.line.text) < _SHORT_LINE:
                place.right = max(place.right, place.line.left + _SHORT_LINE * place.line.size)


def _under(line: Line, other: Line) -> bool:
    pitch = other.bottom - line.bottom
    overlaps = min(line.right, other.right) > max(line.left, other.left) - _SLACK * line.size
    near = 0 < pitch <= _SAME_COLUMN * max(line.size, other.size)
    return overlaps and near and not line.apart and not other.apart


def _measure(column: Sequence[Placed]) -> None:
    """Find the edges of the lines of a column, and how far they are from each other."""
    if not column:
        return
    lefts = Counter(round(place.line.left) for place in column)
    left = min(lefts, key=lambda edge: (-lefts[edge], edge))
    pitches: dict[int, list[float]] = {}
    for place, after in pairwise(column):
        pitches.setdefault(round(place.line.size), []).append(after.line.bottom - place.line.bottom)
    usual = {size: median(values) for size, values in pitches.items()}
    lines = [place.line for place in column]
    for number, place in enumerate(column):
        line = place.line
        near = lines[max(0, number - _NEAR_LINES) : number + _NEAR_LINES + 1]
        place.left = left
        edge = _SAME_EDGE * line.size
        rights = sorted(other.right for other in near if abs(other.left - line.left) < edge and same_size(line, other))
        # One line may reach a little into the margin.
        strays = len(rights) >= _ENOUGH_LINES and rights[-1] - rights[-2] < _STRAY * line.size
        place.right = max(rights[-2], line.right) if strays else rights[-1]
        place.pitch = min(usual.get(round(line.size), 1.2 * line.size), 2 * line.size)


def same_size(line: Line, other: Line) -> bool:
    """Return whether two lines are about as large."""
    return line.size < _SAME_SIZE * other.size and other.size < _SAME_SIZE * line.size


def body_of(pages: Iterable[Iterable[Line]]) -> tuple[float, bool, bool]:
    """Return the font size of the text, and whether most of it is bold and of fixed width.

    The size is the largest that a fifth of the characters have: code and notes are smaller, and more in some books.
    """
    sizes: Counter[float] = Counter()
    bold = fixed = total = 0
    for lines in pages:
        for line in lines:
            count = len(line.text)
            sizes[round(2 * line.size) / 2] += count
            total += count
            bold += count * line.bold
            fixed += count * line.fixed
    size = max((size for size, count in sizes.items() if count >= _BODY_SHARE * total), default=0.0)
    size = size or min(sizes, key=lambda size: (-sizes[size], size), default=0.0)
    return size, 2 * bold > total, 2 * fixed > total


def find_headings(placed: Sequence[PlacedPiece], body: float, *, bold_body: bool) -> None:
    """Mark the lines of a page that are headings: larger than most text, or bold, few and by themselves."""
    run: list[Placed] = []
    before: Placed | None = None
    for piece in (*placed, None):
        if isinstance(piece, Placed) and (not run or alike(run[-1], piece)):
            run.append(piece)
            continue
        if run:
            rank = _rank(run, before, body, bold_body=bold_body)
            for place in run:
                place.heading = rank
            before = run[-1]
        run = [piece] if isinstance(piece, Placed) else []


def alike(place: Placed, other: Placed) -> bool:
    """Return whether two lines may be of the same heading."""
    return (
        place.column == other.column
        and place.line.bold == other.line.bold
        and abs(place.line.size - other.line.size) < 0.03 * place.line.size
        and other.line.bottom - place.line.bottom <= _SAME_HEADING * place.line.size
    )


def _rank(run: Sequence[Placed], before: Placed | None, body: float, *, bold_body: bool) -> float:
    """Return the font size of a heading, less a little for one that is only bold; 0 if the run of lines is none."""
    line, text = run[0].line, " ".join(place.line.text for place in run)
    larger = line.size >= _SAME_SIZE * body
    bold = line.bold and not bold_body and line.size >= 0.97 * body
    if not (larger or bold) or line.fixed or line.apart or (text[0].islower() and line.size < _LARGE * body):
        return 0
    if len(run) > _MOST_HEADING_LINES or len(text) > _LONGEST_HEADING or _HEADING_END.search(text):
        return 0
    letters = sum(map(str.isalpha, text))
    if (
        CAPTION.match(text)
        or letters < _FEWEST_LETTERS
        or 3 * letters < len(text.replace(" ", ""))
        or BULLET_ITEM.match(text)
    ):
        return 0
    if not larger:
        inside = before is not None and before.column == run[0].column and not before.ended and before.full("")
        if len(run) > 2 or inside or text[-1] == ":":
            return 0
        return body + 0.01
    return round(2 * line.size) / 2
