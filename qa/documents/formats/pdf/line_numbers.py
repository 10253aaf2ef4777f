"""Find the line numbers in the margin of bills, court papers and manuscripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from qa.documents.formats.pdf.lines import Line

_STEPS = (1, 2, 5, 10)
_MIN_NUMBERS = 3  # on a page
_MIN_PAGES = 2
_MAX_DIGITS = 5
_ROWS = 0.4, 1.3  # rows of text for each line counted; a blank line may be counted too
_MIN_SINGLE = 0.8  # share of the numbers that are beside one line at most: others number the rows of a table
_GRID = 4.0  # points; the rows of text are counted on it


def find_line_numbers(pages: Sequence[Sequence[Line]]) -> list[set[int]]:
    """Return the indices of line numbers, by page: they count the rows of at least two pages, beside all text.

    Numbers at the same place beside the text of a shorter page are line numbers, too.
    """
    margins = [list(_margins(lines)) for lines in pages]
    counted = [
        [lines[n] for margin, others in found if _count_rows([lines[n] for n in margin], others) for n in margin]
        for lines, found in zip(pages, margins, strict=True)
    ]
    if sum(map(bool, counted)) < _MIN_PAGES:
        return [set() for _ in pages]
    places = {round(edge) for numbers in counted for one in numbers for edge in (one.left, -one.right)}
    return [
        {n for margin, _ in found for n in margin if {round(lines[n].left), round(-lines[n].right)} & places}
        for lines, found in zip(pages, margins, strict=True)
    ]


def _margins(lines: Sequence[Line]) -> Iterator[tuple[list[int], list[Line]]]:
    """Yield the indices of the numbers left of all text, those right of it, and the text."""
    others = [line for line in lines if not line.text[:1].isdecimal() and not line.apart]
    if not others:
        return
    left, right = min(line.left for line in others), max(line.right for line in others)
    numbers = [n for n, line in enumerate(lines) if _is_number(line) and not line.apart]
    numbers.sort(key=lambda n: lines[n].top)
    yield [n for n in numbers if lines[n].right < left], others
    yield [n for n in numbers if lines[n].left > right], others


def _is_number(line: Line) -> bool:
    return line.text.isdecimal() and len(line.text) <= _MAX_DIGITS


def _count_rows(numbers: Sequence[Line], others: Sequence[Line]) -> bool:
    """Return whether numbers ascend by the same step, and by one for each row of text."""
    values = [int(line.text) for line in numbers]
    steps = {later - earlier for earlier, later in pairwise(values)}
    if len(values) < _MIN_NUMBERS or len(steps) != 1 or not steps <= {*_STEPS}:
        return False
    rows = {round(line.top / _GRID) for line in others if numbers[0].top < line.top <= numbers[-1].bottom}
    least, most = (share * (values[-1] - values[0]) for share in _ROWS)
    single = sum(sum(map(number.beside, others)) <= 1 for number in numbers)
    return least <= len(rows) <= most and single >= _MIN_SINGLE * len(numbers)
