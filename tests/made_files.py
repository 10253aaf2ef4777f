"""Small files in binary formats, written by the libraries for them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from typing import Any

from qa.documents.formats.pdf.boxes import PageBoxes, printed_pages
from qa.types import Document

CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
PACKAGE = """<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{title}<dc:creator>A. Writer</dc:creator>
<dc:description>About bees.</dc:description><dc:identifier>urn:1</dc:identifier></metadata>
<manifest>{items}</manifest><spine>{spine}</spine></package>"""
CHAPTER = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body>{}</body></html>"""


def span_boxes(data: bytes, document: Document, start: int, end: int) -> list[PageBoxes]:
    """Return the boxes of a span of a PDF, by page."""
    return [page.location for page in printed_pages(data, document, start, end, width=100, most=9)]


def make_epub(*chapters: str, title: str = "The Bees", others: Mapping[str, str] | None = None) -> bytes:
    """Return an EPUB whose files are in the reverse order of its spine, which a reader must follow."""
    names = {f"c{number}": f"chapter {number}.xhtml" for number in range(len(chapters), 0, -1)}
    items = "".join(f'<item id="{key}" href="{name.replace(" ", "%20")}"/>' for key, name in sorted(names.items()))
    spine = "".join(f'<itemref idref="{key}"/>' for key in names)
    files = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/content.opf": PACKAGE.format(
            title=f"<dc:title>{title}</dc:title>" if title else "", items=items, spine=spine
        ),
        **{f"OEBPS/{name}": CHAPTER.format(chapter) for name, chapter in zip(names.values(), chapters, strict=True)},
        **(others or {}),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def make_pdf(*pages: str, title: str = "", password: str = "", picture_only: bool = False) -> bytes:
    """Return a PDF of these pages; a blank line separates paragraphs."""
    from fpdf import FPDF

    pdf = FPDF()
    pdf.set_font("Helvetica", size=12)
    if title:
        pdf.set_title(title)
    for text in pages:
        pdf.add_page()
        if picture_only:
            pdf.rect(20, 20, 100, 100, style="F")
        elif text:
            pdf.multi_cell(0, 6, text)
    if password:
        pdf.set_encryption(owner_password="owner", user_password=password)
    return bytes(pdf.output())


def make_pptx(*slides: tuple[str, str], notes: str = "", table: Sequence[Sequence[str]] = (), title: str = "") -> bytes:
    """Return a presentation of slides with a title and a body; notes and table go on the last slide."""
    from pptx import Presentation
    from pptx.util import Inches

    presentation: Any = Presentation()
    presentation.core_properties.title = title
    slide: Any = None
    for heading, body in slides:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = heading
        slide.placeholders[1].text = body
    if notes:
        slide.notes_slide.notes_text_frame.text = notes
    if table:
        cells = slide.shapes.add_table(len(table), len(table[0]), Inches(1), Inches(5), Inches(4), Inches(1)).table
        for row, texts in enumerate(table):
            for column, text in enumerate(texts):
                cells.cell(row, column).text = text
    buffer = io.BytesIO()
    presentation.save(buffer)
    return buffer.getvalue()


def make_xlsx(rows: Sequence[Sequence[object]], sheet: str = "Bees") -> bytes:
    """Return a workbook with one sheet."""
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        worksheet = book.add_worksheet(sheet)
        for at, row in enumerate(rows):
            worksheet.write_row(at, 0, row)
    return buffer.getvalue()


NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        **{name: name for name in ("office", "text", "table", "style", "presentation", "meta", "manifest")},
        "draw": "drawing",
        "svg": "svg-compatible",
    }.items()
)


def make_opendocument(body: str, styles: str = "", title: str = "", others: Mapping[str, str] | None = None) -> bytes:
    """Return an OpenDocument file with this XML inside ``office:body``."""
    content = f"<office:automatic-styles>{styles}</office:automatic-styles><office:body>{body}</office:body>"
    title = f'<office:meta><t:title xmlns:t="http://purl.org/dc/elements/1.1/">{title}</t:title></office:meta>'
    files = {
        "content.xml": f"<office:document-content {NAMESPACES}>{content}</office:document-content>",
        "meta.xml": f"<office:document-meta {NAMESPACES}>{title}</office:document-meta>",
        **(others or {}),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def make_eml(text: str = "", *, html: str = "", subject: str = "Bees", attachment: str = "") -> bytes:
    """Return a message from Ann to Bob."""
    message = EmailMessage()
    message["From"] = "Ann <ann@example.org>"
    message["To"] = "Bob <bob@example.org>"
    message["Subject"] = subject
    message["Date"] = "Mon, 03 Mar 2025 10:00:00 +0000"
    if text:
        message.set_content(text)
        if html:
            message.add_alternative(html, subtype="html")
    elif html:
        message.set_content(html, subtype="html")
    if attachment:
        message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename=attachment)
    return message.as_bytes()
