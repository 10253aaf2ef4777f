"""PDF -> article with page starts, by PDFium."""

from __future__ import annotations

import re
import threading
from contextlib import closing

from qa.documents.formats.parsed import LONGEST_TITLE, Article, load_error, parsing
from qa.text.lines import one_line

# PDFium marks a hyphen at a line's end by one or the other, depending on the call.
_LINE_HYPHEN = re.compile("[\x02\ufffe](.?)", re.DOTALL)
_SENTENCE_END = re.compile(r"[.!?:\u3002\uff01\uff1f]['\"\u2019\u201d)\]]*$")
_LIST_ITEM = re.compile(r"(?:[-*\u2022\u25aa\u25cf\u25e6\u2023]|\d{1,2}[.)])\s")
_NO_SPACE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
# PDFium keeps global state and is not safe to use from two threads at once.
PDFIUM = threading.Lock()


def read_pdf(data: bytes, source: str) -> Article:
    """Return the text of a PDF's pages, each page's offset, and the title.

    Lines that PDFium breaks at the page's width are joined into paragraphs; pages are separated by a blank line.

    Raises
    ------
    LoadError
        If the file is encrypted or damaged, or has no text on any page.
    """
    import pypdfium2

    pages: list[str] = []
    with parsing(source, "is damaged or not a PDF", "export or download it again"):
        try:
            with PDFIUM, closing(pypdfium2.PdfDocument(data)) as pdf:
                title = one_line(pdf.get_metadata_dict().get("Title", ""))
                for number in range(len(pdf)):
                    with closing(pdf[number]) as page, closing(page.get_textpage()) as text_page:
                        pages.append(_page_text(text_page.get_text_bounded()))
        except pypdfium2.PdfiumError as error:
            if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
                raise load_error(source, "is encrypted", "remove the password") from error
            raise
    if not any(pages):
        raise load_error(source, "has no text (scanned?)", "run OCR first")

    starts: list[int] = []
    offset = 0
    for text in pages:
        starts.append(offset)
        offset += len(text) + len("\n\n")
    first_line = next(text for text in pages if text).split("\n", 1)[0]
    if not title and len(first_line) <= LONGEST_TITLE:
        title = first_line
    return Article("\n\n".join(pages), title or None, tuple(starts))


def _page_text(raw: str) -> str:
    """Join the lines of a page into paragraphs."""
    text = raw.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    # A word goes on in lower case; before anything else the hyphen belongs to the text.
    text = _LINE_HYPHEN.sub(lambda match: match[1] if match[1].islower() else f"-{match[1]}", text)
    lines = text.split("\n")
    width = max(map(len, lines))
    joined = ""
    previous = ""
    for line in lines:
        stripped = line.strip()
        if joined and stripped:
            joined += _separator(previous, line, width)
        joined += stripped
        previous = stripped
    return joined.strip()


def _separator(previous: str, line: str, width: int) -> str:
    """Return the separator of two lines of a page whose longest line has `width` characters."""
    start = line.strip()
    if not previous:
        return "\n\n"
    if _LIST_ITEM.match(start):
        return "\n"
    if not start[0].islower():
        indented = line[0].isspace()
        ends = bool(_SENTENCE_END.search(previous))
        if len(previous) < 0.6 * width or (ends and (indented or len(previous) < 0.85 * width)):
            return "\n\n"
    return "" if _NO_SPACE.match(previous[-1]) and _NO_SPACE.match(start) else " "
