"""OpenDocument reader, on lxml."""

from __future__ import annotations

import zipfile
from typing import Any

from qa.documents.formats.article import MAX_TITLE_CHARS, Article, counted, join_pages, load_error
from qa.documents.formats.opendocument.content import ContentReader
from qa.documents.formats.safe_xml import SAFE, parsed_xml
from qa.documents.formats.zip_formats import open_zip_format
from qa.text.lines import one_line

_MANIFEST = "META-INF/manifest.xml"
_PLACEHOLDER_TITLE = "PowerPoint Presentation"  # of converted slides


def read_opendocument(data: bytes, source: str) -> Article:
    """Return the headings, paragraphs, lists and tables of a text, spreadsheet or presentation in order.

    A sheet becomes a section, and a slide with its speaker notes a page. Text boxes and notes follow the paragraph that
    they belong to. Deleted text, comments, tables of contents and hidden sheets are left out.
    """
    with open_zip_format(data, source, "an OpenDocument file", "save it again", streamed=True) as archive:
        names = set(archive.namelist())
        if _MANIFEST in names and b"encryption-data" in archive.read(_MANIFEST):
            raise load_error(source, "is encrypted", "remove the password")
        reader = ContentReader(source)
        for name in ("styles.xml", "content.xml"):
            if name in names or name == "content.xml":
                _feed(archive, name, reader)
        title = _title(archive) if "meta.xml" in names else ""
    pages = reader.pages()
    if not any(pages):
        raise load_error(source, "has no text (pictures only?)", "export it as PDF and run OCR first")
    text, starts = join_pages(pages)
    title = "" if title == _PLACEHOLDER_TITLE else title
    first = next(page for page in pages if page).split("\n", 1)[0]
    if first.startswith("#") and not reader.has_sheets:
        title = title or first.lstrip("# ")
    notes = tuple(f"{counted(count, what)} {how}" for (what, how), count in reader.noted.items() if count)
    title_or_none = title if 0 < len(title) <= MAX_TITLE_CHARS else None
    return Article(text, title_or_none, starts if reader.has_slides else (), notes)


def _feed(archive: zipfile.ZipFile, name: str, target: Any) -> None:  # noqa: ANN401 -- lxml ships no types
    from lxml import etree  # type: ignore[import-untyped]

    parser = etree.XMLParser(target=target, **SAFE)
    with archive.open(name) as part:
        etree.parse(part, parser)


def _title(archive: zipfile.ZipFile) -> str:
    found = parsed_xml(archive.read("meta.xml")).iter("{http://purl.org/dc/elements/1.1/}title")
    return one_line(next((element.text or "" for element in found), ""))
