"""A span of a PDF or a recognised image -> pictures of its pages, with the span outlined where the PDF has text."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from qa.documents.formats import SCANNED
from qa.documents.formats.pdf.boxes import Box, PageBoxes, PrintedPage
from qa.documents.sandbox import Sandbox
from qa.errors import QAError
from qa.files import MEGABYTE, read_regular
from qa.types import Document
from qa.web.ui.markup import LinkTarget

WIDTH = 1100  # pixels, twice the width of the pane on most screens
_MAX_PAGES = 3  # per excerpt
_PDF = b"%PDF"


def file_of(document: Document, files: Mapping[str, Path], max_file_mb: float) -> bytes | None:
    """Return the PDF or image that a shared document was read from; None if it is not among `files`, or has changed.

    The document's `source` comes from an index, so it is not opened as a path; `files` were given to this process.
    """
    path = files.get(document.id)
    if path is None or path.suffix.lower() not in SCANNED or not document.file_sha256:
        return None
    try:
        # Loading --docs follows links too.
        data = read_regular(Path(os.path.realpath(path)), round(max_file_mb * MEGABYTE))
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == document.file_sha256 else None


def pdf_page_html(document: Document, file: bytes | None, target: LinkTarget, sandbox: Sandbox) -> str:
    """Return the pages that a span of a document is on, with the span outlined; the sandbox renders them.

    Empty if there is no PDF or image, or it has changed since it was loaded.
    """
    if not file or not (document.recognised or (document.page_starts and file.startswith(_PDF))):
        return ""
    whole = "PDF" if file.startswith(_PDF) else "image"
    try:
        pages = sandbox.printed_pages(file, document, target.start, target.end, width=WIDTH, most=_MAX_PAGES)
    except QAError:
        return ""
    pictures = "".join(_picture(page, whole) for page in pages)
    numbers = " and ".join(str(page.location.page) for page in pages)
    name = f"Page{'s' if len(pages) > 1 else ''} {numbers} of the {whole}"
    # The picture is opened if it outlines the excerpt, or to check recognised text against it.
    is_shown = any(page.location.boxes for page in pages) or document.is_recognised(target.start, target.end)
    opened = " open" if is_shown else ""
    return f'<details{opened}><summary>{name}</summary><div class="pdf-pages" tabindex="0">{pictures}</div></details>'


def _picture(page: PrintedPage, whole: str) -> str:
    location, picture = page.location, base64.b64encode(page.png).decode("ascii")
    boxes = "".join(_box(box, location) for box in location.boxes)
    outlined = ", with the excerpt outlined" if location.boxes else ""
    image = f'<img src="data:image/png;base64,{picture}" alt="Page {location.page} of the {whole}{outlined}">'
    return f'<div class="pdf-page">{image}{boxes}</div>'


def _box(box: Box, page: PageBoxes) -> str:
    left, top = 100 * box.left / page.width, 100 * box.top / page.height
    width, height = 100 * (box.right - box.left) / page.width, 100 * (box.bottom - box.top) / page.height
    return f'<span class="box" style="left:{left:.2f}%;top:{top:.2f}%;width:{width:.2f}%;height:{height:.2f}%"></span>'
