"""A place in a PDF -> a picture of its page, with the excerpt boxed."""

from __future__ import annotations

import base64
from pathlib import Path

from qa.errors import QAError
from qa.formats.pdf_page import Box, PageBoxes, PrintedPage, printed_pages
from qa.sandbox import Sandbox
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


def sheet_html(document: Document, file: bytes | None, place: Place, sandbox: Sandbox | None = None) -> str:
    """Return the page that a place of a document stands on, as printed, with the span boxed.

    Parameters
    ----------
    document : Document
    file : bytes or None
        What it was loaded from.
    place : Place
        In that document.
    sandbox : Sandbox, optional
        Reads the file, if a stranger gave it.

    Returns
    -------
    str
        Empty where there is no PDF to show, or it is not the document's any more.
    """
    if not file or not file.startswith(b"%PDF") or not document.page_starts:
        return ""
    try:
        printed = sandbox.printed_pages if sandbox else printed_pages
        pages = printed(file, document, place.start, place.end, width=WIDTH, most=_MOST_PAGES)
    except QAError:
        return ""
    pictures = "".join(map(_picture, pages))
    numbers = " and ".join(str(page.place.page) for page in pages)
    name = f"Page{'s' if len(pages) > 1 else ''} {numbers} as printed"
    # Without an excerpt to show, the text goes first.
    opened = " open" if any(page.place.boxes for page in pages) else ""
    return f'<details{opened}><summary>{name}</summary><div class="sheets" tabindex="0">{pictures}</div></details>'


def _picture(page: PrintedPage) -> str:
    place, picture = page.place, base64.b64encode(page.png).decode("ascii")
    boxes = "".join(_box(box, place) for box in place.boxes)
    words = "with the excerpt boxed" if place.boxes else "as printed"
    image = f'<img src="data:image/png;base64,{picture}" alt="Page {place.page} {words}">'
    return f'<div class="sheet-page">{image}{boxes}</div>'


def _box(box: Box, page: PageBoxes) -> str:
    left, top = 100 * box.left / page.width, 100 * box.top / page.height
    width, height = 100 * (box.right - box.left) / page.width, 100 * (box.bottom - box.top) / page.height
    return f'<span class="box" style="left:{left:.2f}%;top:{top:.2f}%;width:{width:.2f}%;height:{height:.2f}%"></span>'
