"""E-book -> article: the package's XML by lxml, the chapters as HTML."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urldefrag

from qa.documents.formats.archive import check_archive
from qa.documents.formats.html import declared_charset
from qa.documents.formats.markup import html_text
from qa.documents.formats.parsed import Article, load_error, parsing
from qa.documents.formats.text import decode
from qa.text.lines import one_line

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_ENCRYPTED_CHAPTER = re.compile(rb"URI\s*=\s*[\"'][^\"']+\.x?html?[\"']", re.IGNORECASE)
_HTML_ELEMENT = re.compile(r"<html[\s>]", re.IGNORECASE)
# lxml ships no types.
_Node = Any


def read_epub(data: bytes, source: str) -> Article:
    """Return the chapters of an e-book in the order of its spine, each once.

    Headings, paragraphs, lists and tables are kept; pictures and the navigation are left out.

    Raises
    ------
    LoadError
        If the book is damaged or protected against copying, has no text, or unpacks to more than `check_archive`
        allows.
    """
    check_archive(data, source, "an e-book")
    with (
        parsing(source, "is damaged or not an e-book", "download it again"),
        zipfile.ZipFile(io.BytesIO(data)) as archive,
    ):
        if _is_protected(archive):
            raise load_error(source, "is protected against copying", "use a copy without protection")
        location = _xml(archive, _CONTAINER).xpath("string(//*[local-name()='rootfile']/@full-path)")
        package = _xml(archive, location)
        title = next(filter(None, (one_line("".join(each.itertext())) for each in _named(package, "title"))), None)
        chapters, notes = [], []
        for name, is_navigation in _spine(package, posixpath.dirname(location), set(archive.namelist())):
            data, file = archive.read(name), posixpath.basename(name)
            html, noted = decode(data, f"{source}: {file}", declared_charset(data))
            chapters.append(_chapter_text(html, is_navigation=is_navigation))
            notes += [f"{file}: {note}" for note in noted]
    text = "\n\n".join(filter(None, chapters))
    if not text:
        raise load_error(source, "has no text (pictures only?)", "run OCR first")
    return Article(text, title, notes=tuple(notes))


def _spine(package: _Node, folder: str, names: set[str]) -> Iterator[tuple[str, bool]]:
    """Yield the name of each chapter in reading order, and whether it is the navigation document.

    A chapter that is listed again is not repeated, or a small book could make a very large text.
    """
    items = {item.get("id"): item for item in _named(package, "item")}
    seen = set()
    for reference in _named(package, "itemref"):
        item = items.get(reference.get("idref"))
        if item is None:
            continue
        href = urldefrag(item.get("href", "")).url
        # An address is percent-encoded, and so are some names in archives.
        found = (posixpath.normpath(posixpath.join(folder, path)) for path in (unquote(href), href))
        name = next((path for path in found if path in names), None)
        if name is not None and name not in seen:
            seen.add(name)
            yield name, "nav" in item.get("properties", "").split()


def _chapter_text(html: str, *, is_navigation: bool) -> str:
    # A document type that contains declarations is not HTML.
    start = _HTML_ELEMENT.search(html)
    return html_text(html[start.start() :] if start else html, without={"nav"} if is_navigation else frozenset())


def _xml(archive: zipfile.ZipFile, name: str) -> _Node:
    from lxml import etree  # type: ignore[import-untyped]

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(archive.read(name), parser)


def _named(tree: _Node, name: str) -> Iterator[_Node]:
    """Yield the elements of a name in any namespace."""
    yield from tree.iter(f"{{*}}{name}")


def _is_protected(archive: zipfile.ZipFile) -> bool:
    """Tell whether chapters are encrypted; fonts often are, and are no obstacle."""
    return _ENCRYPTION in archive.namelist() and bool(_ENCRYPTED_CHAPTER.search(archive.read(_ENCRYPTION)))
