"""Lines of a PDF page -> lines and tables in reading order.

Lines come in drawing order, which is reading order on nearly all pages; for the others, see `drawing_order`. Geometry
tells which lines are side by side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from qa.documents.formats.pdf.drawing_order import reordered
from qa.documents.formats.pdf.lines import CAPTION, MIN_PROSE_SPACES, Line, ends_sentence
from qa.documents.formats.pdf.rows import MAX_LINE_PITCH, find_rows
from qa.documents.formats.pdf.tables import LayoutElement, find_tables

_MIN_SIZE_DIFFERENCE = 0.6  # points between smaller print and the body


def in_reading_order(lines: Sequence[Line]) -> list[LayoutElement]:
    """Return the lines and tables of a page in reading order."""
    straight = reordered([line for line in lines if not line.apart])
    elements = find_tables(find_rows(straight))
    return _move_floats([*elements, *(line for line in lines if line.apart)])


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
        if not caption and (element.text.count(" ") >= MIN_PROSE_SPACES or at - 1 in found[-1:]):
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
