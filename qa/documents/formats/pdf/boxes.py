"""Boxes of a text span on the pages of a PDF, and pictures of those pages."""

from __future__ import annotations

import ctypes
import io
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import partial
from typing import TYPE_CHECKING, Any

from qa.documents.formats.article import load_error, parsing
from qa.documents.formats.pdf.characters import FILLER, Page, TextPage
from qa.documents.formats.pdf.layout import in_reading_order
from qa.documents.formats.pdf.lines import BULLET, LEADER, Line
from qa.documents.formats.pdf.reader import PDFIUM, PageText, enable_form, page_text, render_page
from qa.documents.formats.pdf.tables import LayoutElement, Table
from qa.documents.formats.recognition import Recogniser
from qa.errors import QAError

if TYPE_CHECKING:
    from PIL.Image import Image

    from qa.types import Document

_MAX_PIXELS = 30_000_000
_UNITS_PER_POINT = 100  # PDFium returns positions on a page as integers
_MIN_LINE_OVERLAP = 0.5  # share of the lower character's height
# Hyphens at line ends, which may be missing from the text, and marks of headings, cells and code, which it adds.
_MARKS = frozenset(f"-\u2010\u00ad\x02#|`\\{FILLER}")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in points from the page's top left corner as displayed."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class PageBoxes:
    """The boxes of a span on one page, one for each line in reading order."""

    page: int  # from 1
    width: float  # of the page as displayed, in points
    height: float
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """A page with the boxes of a span on it, and its picture as PNG."""

    location: PageBoxes
    png: bytes = field(repr=False)


def printed_pages(
    data: bytes, document: Document, start: int, end: int, *, width: int, most: int
) -> tuple[PrintedPage, ...]:
    """Return the pages of a PDF that a span of its text is on, at most `most`, with pictures `width` pixels wide.

    For a span of white space or an empty one, it is the page where that starts, without boxes. Recognised text is
    recognised again. A picture that would exceed 30 million pixels is less wide.

    Raises
    ------
    QAError
        If the span is not within the text, or the file cannot be read or is a different one.
    """
    if not 0 <= start <= end <= len(document.text):
        raise QAError(f"{document.id}: no span {start}-{end}; the text has {len(document.text)} characters")
    starts = document.page_starts
    with _open_pdf(data, document.source) as pdf:
        if len(pdf) != len(starts):
            problem = f"has {len(pdf)} pages, not the {len(starts)} of the document"
            raise load_error(document.source, problem, "load the file again")
        first = bisect_right(starts, start) - 1
        numbers = range(first, bisect_left(starts, end))[:most]
        pages = [_printed_page(pdf, number, document, start, end, width) for number in numbers]
        found = tuple(page for page in pages if page.location.boxes)
        return found or (_printed_page(pdf, first, document, start, start, width),)


def _printed_page(pdf: Any, number: int, document: Document, start: int, end: int, width: int) -> PrintedPage:  # noqa: ANN401
    page_start, page_end = [*document.page_starts, len(document.text)][number : number + 2]
    text, first, last = document.text[page_start:page_end], max(start, page_start), min(end, page_end)
    span = first - page_start, last - page_start
    with closing(pdf[number]) as page, closing(page.get_textpage()) as text_page:
        across, down = page.get_size()
        if not (across > 0 and down > 0):
            raise load_error(document.source, f"page {number + 1} has no size", "export or download it again")
        if first >= last:
            boxes: tuple[Box, ...] = ()
        elif document.is_recognised(page_start, page_end):
            boxes = recognised_boxes(partial(render_page, page), text, *span)
        else:
            content = page_text(page, text_page, pdf.formenv)
            drawn = [_box(text_page, content, index) for index in _indices(content, text, *span)]
            boxes = tuple(Box(*_as_displayed(page, line)) for line in _lines(drawn))
        scale = min(width / across, (_MAX_PIXELS / (across * down)) ** 0.5)
        with closing(page.render(scale=scale)) as bitmap:
            picture = io.BytesIO()
            bitmap.to_pil().save(picture, "PNG")
    return PrintedPage(PageBoxes(number + 1, across, down, boxes), picture.getvalue())


@contextmanager
def _open_pdf(data: bytes, source: str) -> Iterator[Any]:
    import pypdfium2

    with (
        parsing(source, "is damaged or not a PDF", "export or download it again"),
        PDFIUM,
        closing(pypdfium2.PdfDocument(data)) as pdf,
    ):
        enable_form(pdf)
        yield pdf


def recognised_boxes(draw: Callable[[], tuple[Image, float]], text: str, start: int, end: int) -> tuple[Box, ...]:
    """Return the boxes of ``text[start:end]`` in points of the picture in which `text` was recognised."""
    with closing(Recogniser()) as recogniser:
        content = PageText(recogniser.page(1, draw), "", recogniser.words)
    words = (content.fields[-index - 1] for index in _indices(content, text, start, end))
    boxes = [(word.left, word.bottom, word.right, word.top) for word in words]
    return tuple(Box(left, -top, right, -bottom) for left, bottom, right, top in _lines(boxes))


def _indices(content: PageText, text: str, start: int, end: int) -> list[int]:
    """Return the indices on the page of the characters in ``text[start:end]``."""
    written = _comparable(text)
    drawn, orders = _locate("".join(text[at] for at in written), content)
    inside = [
        orders[order] for order in range(bisect_left(written, start), bisect_left(written, end)) if order in orders
    ]
    # Everything between them belongs to the span, including hyphens missing from the text.
    return drawn[inside[0] : inside[-1] + 1] if inside else []


def _box(text_page: TextPage, content: PageText, index: int) -> tuple[float, ...]:
    """Return the box (left, bottom, right, top) of a character, or of its form field."""
    if index < 0:
        field = content.fields[-index - 1]
        return field.left, field.bottom, field.right, field.top
    box: tuple[float, ...] = text_page.get_charbox(index, loose=True)
    return box


def _comparable(text: str) -> list[int]:
    """Return the offsets of characters that are on the page and in the text: no marks, no dot leaders."""
    dots = frozenset(at for row in LEADER.finditer(text) for at in range(*row.span()))
    return [
        at
        for at, character in enumerate(text)
        if not (character.isspace() or character in _MARKS or at in dots or BULLET.match(character))
    ]


def _locate(written: str, content: PageText) -> tuple[list[int], dict[int, int]]:
    """Return the indices of visible characters in text order, and the positions in them by position in `written`."""
    # A line that is not in the text was left out, and did not affect the order of the others.
    kept = [line for line in content.lines if _visible(line, content)[2] in written]
    drawn: list[int] = []
    shown: list[tuple[int, str]] = []
    reached = 0
    orders: dict[int, int] = {}
    for line in _flatten(in_reading_order(kept)):
        indices, positions, visible = _visible(line, content)
        at = [len(drawn) + index for index in positions]
        drawn += indices
        shown += zip(at, visible, strict=True)
        if written.startswith(visible, reached):
            orders.update(zip(range(reached, reached + len(visible)), at, strict=True))
            reached += len(visible)
    if reached < len(written):
        blocks = SequenceMatcher(None, written, [character for _, character in shown], autojunk=False)
        for start, first, size in blocks.get_matching_blocks():
            orders.update((start + n, shown[first + n][0]) for n in range(size))
    return drawn, orders


def _visible(line: Line, content: PageText) -> tuple[list[int], list[int], str]:
    """Return the indices of a line's visible characters, and the positions and text of those to compare."""
    parts: list[tuple[int, str]] = []
    for first, last in line.spans:
        if first < 0:
            # Each line of a field's value is a part of its own.
            words = content.fields[-first - 1].text.split("\n")
            value = next((word for word in words if word in line.text), "")
            parts += ((first, character) for character in f"{value} ")
        else:
            parts += ((index, content.characters[index]) for index in range(first, last + 1))
            parts.append((last, " "))
    indices, text = [index for index, _ in parts], "".join(character for _, character in parts)
    visible = [position for position, character in enumerate(text) if not character.isspace()]
    compared = _comparable(text)
    positions = [bisect_left(visible, position) for position in compared]
    return [indices[position] for position in visible], positions, "".join(text[position] for position in compared)


def _flatten(elements: Iterable[LayoutElement]) -> Iterator[Line]:
    for element in elements:
        if isinstance(element, Table):
            yield from (line for row in element.rows for cell in row for line in cell)
        else:
            yield element


def _lines(boxes: Sequence[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Join the boxes (left, bottom, right, top) of consecutive characters on a line."""
    lines: list[tuple[float, ...]] = []
    for box in boxes:
        if lines:
            last = lines[-1]
            shared = min(last[3], box[3]) - max(last[1], box[1])
            lower = min(last[3] - last[1], box[3] - box[1])
            if shared > _MIN_LINE_OVERLAP * lower and (box[0] >= last[0] or last[0] - box[2] < lower):
                lines[-1] = (min(last[0], box[0]), min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3]))
                continue
        lines.append(box)
    return lines


def _as_displayed(page: Page, box: tuple[float, ...]) -> tuple[float, float, float, float]:
    """Convert a box to left, top, right and bottom from the top left corner of the page as displayed."""
    import pypdfium2

    width, height = (round(_UNITS_PER_POINT * size) for size in page.get_size())
    points = []
    for across, up in ((box[0], box[1]), (box[2], box[3])):
        x, y = ctypes.c_int(), ctypes.c_int()
        pypdfium2.raw.FPDF_PageToDevice(page, 0, 0, width, height, 0, across, up, x, y)
        points.append((x.value / _UNITS_PER_POINT, y.value / _UNITS_PER_POINT))
    (left, right), (top, bottom) = (sorted(values) for values in zip(*points, strict=True))
    return left, top, right, bottom
