"""A place in a PDF -> a picture of its page, with the excerpt boxed."""

from __future__ import annotations

import base64
from pathlib import Path

from qa.errors import QAError
from qa.formats.pdf_page import Box, PageBoxes, page_png, span_boxes
from qa.types import Document
from qa.web.markup import Place

WIDTH = 1100  # pixels across, twice what the pane shows on most screens
_MOST_PAGES = 3  # of an excerpt that goes over several


def file_of(document: Document) -> bytes | None:
    """Return the file that a document of the shared library was loaded from, where it is a PDF and still at hand."""
    path = Path(document.source)
    try:
        return path.read_bytes() if path.suffix.lower() == ".pdf" else None
    except (OSError, ValueError):
        return None


def sheet_html(document: Document, file: bytes | None, place: Place) -> str:
    """Return the page that a place of a document stands on, as printed, with the span boxed.

    Parameters
    ----------
    document : Document
    file : bytes or None
        What it was loaded from.
    place : Place
        In that document.

    Returns
    -------
    str
        Empty where there is no PDF to show, or it is not the document's any more.
    """
    if not file or not file.startswith(b"%PDF") or not document.page_starts:
        return ""
    try:
        pages = _pages(document, file, place)
        pictures = "".join(_picture(document, file, page) for page in pages)
    except QAError:
        return ""
    numbers = " and ".join(str(page.page) for page in pages)
    name = f"Page{'s' if len(pages) > 1 else ''} {numbers} as printed"
    # Without an excerpt to show, the text goes first.
    opened = " open" if any(page.boxes for page in pages) else ""
    return f'<details{opened}><summary>{name}</summary><div class="sheets" tabindex="0">{pictures}</div></details>'


def _pages(document: Document, file: bytes, place: Place) -> tuple[PageBoxes, ...]:
    if place.start < place.end:
        found = span_boxes(file, document, place.start, place.end)[:_MOST_PAGES]
        if found:
            return found
    return (PageBoxes(document.page_at(place.start) or 1, 1, 1, ()),)


def _picture(document: Document, file: bytes, page: PageBoxes) -> str:
    picture = base64.b64encode(page_png(file, page.page, WIDTH, source=document.source)).decode("ascii")
    boxes = "".join(_box(box, page) for box in page.boxes)
    words = "with the excerpt boxed" if page.boxes else "as printed"
    image = f'<img src="data:image/png;base64,{picture}" alt="Page {page.page} {words}">'
    return f'<div class="sheet-page">{image}{boxes}</div>'


def _box(box: Box, page: PageBoxes) -> str:
    left, top = 100 * box.left / page.width, 100 * box.top / page.height
    width, height = 100 * (box.right - box.left) / page.width, 100 * (box.bottom - box.top) / page.height
    return f'<span class="box" style="left:{left:.2f}%;top:{top:.2f}%;width:{width:.2f}%;height:{height:.2f}%"></span>'
