"""A place in a PDF -> a picture of its page, with the excerpt boxed."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from qa.documents.formats.pdf_boxes import Box, PageBoxes, PrintedPage
from qa.documents.sandbox import Sandbox
from qa.errors import QAError
from qa.files import MEGABYTE, read_regular
from qa.types import Document
from qa.web.ui.markup import Place

WIDTH = 1100  # pixels across, twice what the pane shows on most screens
_MOST_PAGES = 3  # of an excerpt that goes over several


def file_of(document: Document, files: Mapping[str, Path], max_file_mb: float) -> bytes | None:
    """Return the PDF that a shared document was read from, if it is among the files given and as it was then.

    Parameters
    ----------
    document : Document
        Its source may be whatever an index says, so it is no path to open.
    files : mapping of str to Path
        The files given to this process, by document id.
    max_file_mb : float
        Largest file that is read, in megabytes of 1,000,000 bytes.
    """
    path = files.get(document.id)
    if path is None or path.suffix.lower() != ".pdf" or not document.file_sha256:
        return None
    try:
        # Links in --docs are followed when they are loaded.
        data = read_regular(Path(os.path.realpath(path)), round(max_file_mb * MEGABYTE))
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == document.file_sha256 else None


def sheet_html(document: Document, file: bytes | None, place: Place, sandbox: Sandbox) -> str:
    """Return the page that a place of a document stands on, as printed, with the span boxed.

    Parameters
    ----------
    document : Document
    file : bytes or None
        What it was loaded from.
    place : Place
        In that document.
    sandbox : Sandbox
        Reads the file, whoever gave it.

    Returns
    -------
    str
        Empty where there is no PDF to show, or it is not the document's any more.
    """
    if not file or not file.startswith(b"%PDF") or not document.page_starts:
        return ""
    try:
        pages = sandbox.printed_pages(file, document, place.start, place.end, width=WIDTH, most=_MOST_PAGES)
    except QAError:
        return ""
    pictures = "".join(map(_picture, pages))
    numbers = " and ".join(str(page.place.page) for page in pages)
    name = f"Page{'s' if len(pages) > 1 else ''} {numbers} of the PDF"
    # Without an excerpt to show, the text goes first.
    opened = " open" if any(page.place.boxes for page in pages) else ""
    return f'<details{opened}><summary>{name}</summary><div class="sheets" tabindex="0">{pictures}</div></details>'


def _picture(page: PrintedPage) -> str:
    place, picture = page.place, base64.b64encode(page.png).decode("ascii")
    boxes = "".join(_box(box, place) for box in place.boxes)
    words = "of the PDF, with the excerpt outlined" if place.boxes else "of the PDF"
    image = f'<img src="data:image/png;base64,{picture}" alt="Page {place.page} {words}">'
    return f'<div class="sheet-page">{image}{boxes}</div>'


def _box(box: Box, page: PageBoxes) -> str:
    left, top = 100 * box.left / page.width, 100 * box.top / page.height
    width, height = 100 * (box.right - box.left) / page.width, 100 * (box.bottom - box.top) / page.height
    return f'<span class="box" style="left:{left:.2f}%;top:{top:.2f}%;width:{width:.2f}%;height:{height:.2f}%"></span>'
