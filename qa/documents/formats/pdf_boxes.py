"""A span of a PDF's text -> boxes on its pages, and a page -> picture."""

from __future__ import annotations

import ctypes
import io
import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from qa.documents.formats.parsed import load_error, parsing
from qa.documents.formats.pdf import PDFIUM
from qa.errors import QAError

if TYPE_CHECKING:
    from qa.types import Document

WIDEST = 4000
"""Maximum width of a page's picture, in pixels."""
_MOST_PIXELS = 30_000_000
_DEVICE_UNITS = 100  # a point; PDFium gives positions on a page as integers
_SAME_LINE = 0.5  # share of the lower character's height
# What PDFium writes for a hyphen at a line's end; the text may have dropped it.
_HYPHENS = frozenset("-\x02\ufffe")

# pypdfium2 ships no types.
_Page = Any
_TextPage = Any


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in points from the page's top left corner as shown."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class PageBoxes:
    """The boxes of a span on one page.

    Attributes
    ----------
    page : int
        Counted from 1.
    width, height : float
        Size of the page as shown, in points.
    boxes : tuple of Box
        One for each piece of a line, in reading order.
    """

    page: int
    width: float
    height: float
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """A page as printed: the boxes of the span on it, and its picture as PNG."""

    location: PageBoxes
    png: bytes = field(repr=False)


def printed_pages(
    data: bytes, document: Document, start: int, end: int, *, width: int, most: int
) -> tuple[PrintedPage, ...]:
    """Return the pages that a span of a PDF's text is on; for an empty one the page that it is on, without boxes.

    Parameters
    ----------
    data, document, start, end : bytes, Document, int, int
        As of `span_boxes`.
    width : int
        Pixels across, 1 to `WIDEST`.
    most : int
        Maximum number of pages; further ones are left out.

    Raises
    ------
    QAError
        As for `span_boxes` and `page_png`.
    """
    pages = span_boxes(data, document, start, end)[:most] if start < end else ()
    pages = pages or (PageBoxes(document.page_at(start) or 1, 1, 1, ()),)
    return tuple(PrintedPage(boxes, page_png(data, boxes.page, width, source=document.source)) for boxes in pages)


def span_boxes(data: bytes, document: Document, start: int, end: int) -> tuple[PageBoxes, ...]:
    """Return the boxes of a span of a PDF's text.

    Parameters
    ----------
    data : bytes
        The file that the document was loaded from.
    document : Document
        The document loaded from it.
    start, end : int
        Span in the document's text.

    Returns
    -------
    tuple of PageBoxes
        One for each page that the span has characters on, in order. A span of white space has none.

    Raises
    ------
    QAError
        If the span is not within the text, or the file cannot be read or is not the document's.
    """
    if not 0 <= start < end <= len(document.text):
        raise QAError(f"{document.id}: no span {start}-{end}; the text has {len(document.text)} characters")
    starts = document.page_starts
    found = []
    with _opened(data, document.source) as pdf:
        if len(pdf) != len(starts):
            problem = f"has {len(pdf)} pages, not the {len(starts)} of the document"
            raise load_error(document.source, problem, "load the file again")
        for number in range(bisect_right(starts, start) - 1, bisect_left(starts, end)):
            page_start = starts[number]
            page_end = starts[number + 1] if number + 1 < len(starts) else len(document.text)
            first, last = max(start, page_start), min(end, page_end)
            with closing(pdf[number]) as page, closing(page.get_textpage()) as text_page:
                boxes = _boxes(
                    page, text_page, document.text[page_start:page_end], first - page_start, last - page_start
                )
                width, height = page.get_size()
            if boxes:
                found.append(PageBoxes(number + 1, width, height, boxes))
    return tuple(found)


def page_png(data: bytes, page: int, width: int, *, source: str = "the PDF") -> bytes:
    """Return a picture of a page.

    Parameters
    ----------
    data : bytes
        The file.
    page : int
        Counted from 1.
    width : int
        Pixels across, 1 to `WIDEST`. A page so tall that its picture would have over 30 million pixels gets fewer.
    source : str
        Path or name, for messages.

    Raises
    ------
    QAError
        If there is no such page, the width is out of its limits, or the file cannot be read.
    """
    if not 1 <= width <= WIDEST:
        raise QAError(f"{source}: the width of a picture is 1 to {WIDEST} pixels, not {width}")
    with _opened(data, source) as pdf:
        if not 1 <= page <= len(pdf):
            raise QAError(f"{source}: there is no page {page}; it has {len(pdf)}")
        with closing(pdf[page - 1]) as sheet:
            across, down = sheet.get_size()
            if not (across > 0 and down > 0):
                raise load_error(source, f"page {page} has no size", "export or download it again")
            scale = min(width / across, (_MOST_PIXELS / (across * down)) ** 0.5)
            with closing(sheet.render(scale=scale)) as bitmap:
                picture = io.BytesIO()
                bitmap.to_pil().save(picture, "PNG")
                return picture.getvalue()


@contextmanager
def _opened(data: bytes, source: str) -> Iterator[Any]:
    import pypdfium2

    with (
        parsing(source, "is damaged or not a PDF", "export or download it again"),
        PDFIUM,
        closing(pypdfium2.PdfDocument(data)) as pdf,
    ):
        yield pdf


def _boxes(page: _Page, text_page: _TextPage, text: str, start: int, end: int) -> tuple[Box, ...]:
    """Return the boxes of ``text[start:end]``, where `text` is what was read from the page."""
    drawn = list(_drawn(page, text_page))
    compared = [at for at, (_, character) in enumerate(drawn) if character not in _HYPHENS]
    written = [at for at, character in enumerate(text) if not character.isspace() and character not in _HYPHENS]
    orders = _align([text[at] for at in written], [drawn[at][1] for at in compared])
    inside = [
        orders[order] for order in range(bisect_left(written, start), bisect_left(written, end)) if order in orders
    ]
    if not inside:
        return ()
    # Everything between them belongs to the span, hyphens that the text dropped included.
    indices = [index for index, _ in drawn[compared[inside[0]] : compared[inside[-1]] + 1]]
    lines = _lines([text_page.get_charbox(index, loose=True) for index in indices])
    return tuple(Box(*_as_shown(page, line)) for line in lines)


def _drawn(page: _Page, text_page: _TextPage) -> Iterator[tuple[int, str]]:
    """Yield index and character of each visible character of the page."""
    import pypdfium2

    left, bottom, right, top = page.get_bbox()
    for index in range(text_page.count_chars()):
        character = chr(pypdfium2.raw.FPDFText_GetUnicode(text_page, index))
        if character.isspace() or character == "\0":
            continue
        box = text_page.get_charbox(index)
        # As PDFium does when it gives the text within the page's bounds.
        if box[0] <= right and box[2] >= left and box[1] <= top and box[3] >= bottom:
            yield index, character


def _align(written: Sequence[str], drawn: Sequence[str]) -> dict[int, int]:
    """Return, for each position in `written`, its position in `drawn`; both are in the same order."""
    if written == drawn:
        return {order: order for order in range(len(written))}
    blocks = SequenceMatcher(None, written, drawn, autojunk=False).get_matching_blocks()
    return dict(itertools.chain.from_iterable(((a + n, b + n) for n in range(size)) for a, b, size in blocks))


def _lines(boxes: Sequence[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Join boxes (left, bottom, right, top) of characters that follow each other on a line."""
    lines: list[tuple[float, ...]] = []
    for box in boxes:
        if lines:
            last = lines[-1]
            shared = min(last[3], box[3]) - max(last[1], box[1])
            lower = min(last[3] - last[1], box[3] - box[1])
            if shared > _SAME_LINE * lower and box[0] >= last[0]:
                lines[-1] = (
                    last[0],
                    min(last[1], box[1]),
                    max(last[2], box[2]),
                    max(last[3], box[3]),
                )
                continue
        lines.append(box)
    return lines


def _as_shown(page: _Page, box: tuple[float, ...]) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom from the top left corner: cropped and turned as the page is shown."""
    import pypdfium2

    width, height = (round(_DEVICE_UNITS * size) for size in page.get_size())
    points = []
    for across, up in ((box[0], box[1]), (box[2], box[3])):
        x, y = ctypes.c_int(), ctypes.c_int()
        pypdfium2.raw.FPDF_PageToDevice(page, 0, 0, width, height, 0, across, up, x, y)
        points.append((x.value / _DEVICE_UNITS, y.value / _DEVICE_UNITS))
    (left, right), (top, bottom) = (sorted(values) for values in zip(*points, strict=True))
    return left, top, right, bottom
