"""EPUB reader: parses the package's XML with lxml and the chapters as HTML."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urldefrag

from qa.documents.formats.article import MAX_TITLE_CHARS, Article, load_error
from qa.documents.formats.html import declared_charset
from qa.documents.formats.page_blocks import Page, PageBlock
from qa.documents.formats.text import decode
from qa.documents.formats.zip_formats import Node, open_zip_format, parsed_xml
from qa.errors import LoadError
from qa.text.lines import one_line

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_ENCRYPTED_CHAPTER = re.compile(rb"URI\s*=\s*[\"'][^\"']+\.x?html?[\"']", re.IGNORECASE)
_CELLS = {"td", "th"}
_HTML_ELEMENT = re.compile(r"<html[\s>]", re.IGNORECASE)
_CONTENTS = "application/x-dtbncx+xml"
_MIN_CONTENTS_BLOCKS = 5  # consecutive blocks that are links within the book
_MAX_NAMES_IN_NOTE = 5
_LEFT_OUT = "the table of contents was left out"


@dataclass(frozen=True, slots=True)
class _Item:
    """A file listed in the manifest."""

    name: str
    is_picture: bool
    is_contents: bool


def read_epub(data: bytes, source: str) -> Article:
    """Return the chapters of an e-book in spine order, each once.

    Headings, paragraphs, lists and tables are kept; pictures and tables of contents are left out. A chapter without
    headings gets the one that the table of contents gives it.
    """
    with open_zip_format(data, source, "an e-book", "download it again") as archive:
        if _is_protected(archive):
            raise load_error(source, "is protected against copying", "use a copy without protection")
        # Some archives contain the book in a folder.
        container = min((name for name in archive.namelist() if name.endswith(_CONTAINER)), key=len)
        path = next(each.get("full-path", "") for each in _named(_xml(archive.read(container)), "rootfile"))
        location = container.removesuffix(_CONTAINER) + path
        package = _xml(archive.read(location))
        title = next(filter(None, (one_line("".join(each.itertext())) for each in _named(package, "title"))), None)
        items = _manifest(package, posixpath.dirname(location), set(archive.namelist()))
        labels = dict[str, str]()
        for item in items.values():
            if item.is_contents:
                labels = {**_labels(_xml(archive.read(item.name)), item.name), **labels}
        chapters, pictures, notes = [], list[str](), list[str]()
        listed = (items.get(reference.get("idref", "")) for reference in _named(package, "itemref"))
        # Each once, or a small book could make a very large text.
        for item in dict.fromkeys(filter(None, listed)):
            file = posixpath.basename(item.name)
            if item.is_picture:
                pictures.append(file)
                continue
            text, has_picture, noted = _chapter(archive.read(item.name), file, labels.get(item.name, ""))
            chapters.append(text)
            pictures += [file] if has_picture and not text else []
            notes += [note if note == _LEFT_OUT else f"{file}: {note}" for note in noted]
    text = "\n\n".join(filter(None, chapters))
    if not text:
        raise load_error(source, "has no text (pictures only?)", "run OCR first")
    if pictures:
        more = f" and {len(pictures) - _MAX_NAMES_IN_NOTE} more" if len(pictures) > _MAX_NAMES_IN_NOTE else ""
        verb = "is a picture" if len(pictures) == 1 else "are pictures"
        notes.append(f"{', '.join(pictures[:_MAX_NAMES_IN_NOTE])}{more} {verb}")
    return Article(text, title, notes=tuple(dict.fromkeys(notes)))


def _manifest(package: Node, folder: str, names: Container[str]) -> dict[str, _Item]:
    """Return the manifest's items that are in the archive, by id."""
    items = {}
    for item in _named(package, "item"):
        name = _target(item.get("href", ""), folder, names)
        if name is not None:
            kind = item.get("media-type", "").lower()
            is_picture = kind.startswith("image/") and kind != "image/svg+xml"
            is_contents = kind == _CONTENTS or "nav" in item.get("properties", "").split()
            items[item.get("id", "")] = _Item(name, is_picture, is_contents)
    return items


def _target(href: str, folder: str, names: Container[str]) -> str | None:
    """Return the archive member for an href, which is percent-encoded, as are some names in archives."""
    address = urldefrag(href).url
    found = (posixpath.normpath(posixpath.join(folder, path)) for path in (unquote(address), address))
    return next((path for path in found if path in names), None)


def _labels(contents: Node, name: str) -> dict[str, str]:
    """Return the first title for each file in a table of contents."""
    labels = dict[str, str]()
    for link in (*_named(contents, "navPoint"), *_named(contents, "a")):
        target = next(_named(link, "content"), link)
        text = next(_named(link, "text"), link)
        path = unquote(urldefrag(target.get("src") or target.get("href") or "").url)
        label = one_line("".join(text.itertext()))
        if path and 0 < len(label) <= MAX_TITLE_CHARS:
            labels.setdefault(posixpath.normpath(posixpath.join(posixpath.dirname(name), path)), label)
    return labels


def _chapter(data: bytes, file: str, label: str) -> tuple[str, bool, tuple[str, ...]]:
    """Return the text of a chapter, whether it has pictures, and notes."""
    from lxml import etree  # type: ignore[import-untyped]

    try:
        html, notes = decode(data, file, declared_charset(data))
    except LoadError:
        return "", False, ("is not text and was left out",)
    # Skip a document type with declarations, which the HTML parser does not understand.
    start = _HTML_ELEMENT.search(html)
    html = html[start.start() :] if start else html
    if not html.strip():
        return "", False, notes
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, target=Page(without={"nav"}, outer_links=False))
    page: Page = etree.fromstring(html.encode("utf-8", "replace"), parser)
    for block in page.blocks:
        block.is_kept = True
    for run in _contents(page.blocks):
        for block in page.blocks[run[0] : run[-1] + 1]:
            block.is_kept = False
    if "<nav" in html or not all(block.is_kept for block in page.blocks):
        notes += (_LEFT_OUT,)
    builder = page.text()
    text = builder.close()
    if text and label and not builder.headings:
        text = f"# {text}" if one_line(text.split("\n", 1)[0]) == label else f"# {label}\n\n{text}"
    return text, page.has_picture, notes


def _contents(blocks: Sequence[PageBlock]) -> Iterator[list[int]]:
    """Yield runs of blocks that are links within the book, ignoring headings between them.

    The cells of a table that has more links than other words are in a run together, those of others in none.
    """
    runs = [list[int]()]
    excess = Counter[int]()  # of the links of each table
    for block in blocks:
        if not _CELLS.isdisjoint(block.tags):
            excess[block.group] += 2 * block.links - len(block.words)
    for number, block in enumerate(blocks):
        in_table = not _CELLS.isdisjoint(block.tags)
        if excess[block.group] > 0 if in_table else block.links == len(block.words):
            runs[-1].append(number)
        elif not block.is_heading and runs[-1]:
            runs.append([])
    yield from (run for run in runs if len(run) >= _MIN_CONTENTS_BLOCKS)


def _xml(data: bytes) -> Node:
    return parsed_xml(data, recover=True)


def _named(tree: Node, name: str) -> Iterator[Node]:
    """Yield the elements with a name in any namespace, or with an undeclared prefix."""
    for element in tree.iter("*"):
        if element.tag.rpartition("}")[2].rpartition(":")[2] == name:
            yield element


def _is_protected(archive: zipfile.ZipFile) -> bool:
    """Return whether chapters are encrypted; encrypted fonts are common and harmless."""
    found = (archive.read(name) for name in archive.namelist() if name.endswith(_ENCRYPTION))
    return any(_ENCRYPTED_CHAPTER.search(data) for data in found)
