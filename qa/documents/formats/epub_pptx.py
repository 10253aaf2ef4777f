"""E-book, slides and HTML mail -> article, by markitdown's converters, each used for its own format alone."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from itertools import accumulate
from typing import Any

from qa.documents.formats.archive import check_archive
from qa.documents.formats.html import declared_encoding, page_encoding
from qa.documents.formats.parsed import LONGEST_TITLE, Article, load_error
from qa.documents.formats.text import decode
from qa.errors import LoadError
from qa.text.lines import one_line

# Marks and addresses that no reader of the book sees, which would stand in the way of a verbatim excerpt.
_AS_READ: dict[str, Any] = {
    "strip": ["a", "b", "blockquote", "code", "del", "em", "hr", "i", "img", "input", "s", "strong", "svg", "u"],
    "escape_asterisks": False,
    "escape_underscores": False,
    "escape_misc": False,
    "bullets": "-",
    "wrap": True,
    "wrap_width": None,
}
_XML_CHARSET = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([A-Za-z][\w.-]*)")
_ENCRYPTED_CHAPTER = re.compile(rb"URI\s*=\s*[\"'][^\"']+\.x?html?[\"']", re.IGNORECASE)
# What python-pptx puts in when a file carries no properties at all.
_DEFAULT_TITLE = "PowerPoint Presentation"
_SLIDE = re.compile(r"^<!-- Slide number: \d+ -->$", re.MULTILINE)
_TABLE_RULE = re.compile(r"[|\s:-]*")
# On a slide a line is a paragraph or a bullet point, or a table's row; a line end within one is a vertical tab.
_LINE_END = re.compile(r"(?<!\|)\n|\n(?!\|)")


def read_epub(data: bytes, source: str) -> Article:
    """Return the chapters of an e-book in reading order, each once: headings, paragraphs, lists, tables, no pictures.

    Parameters
    ----------
    data : bytes
        The whole file.
    source : str
        Path or name, for messages.

    Raises
    ------
    LoadError
        If the book is damaged or protected against copying, has no text, a chapter is not validly encoded, or it
        unpacks to more than `check_archive` allows.
    """
    from markitdown import DocumentConverterResult, StreamInfo
    from markitdown.converters import EpubConverter, HtmlConverter

    read: set[str] = set()

    class Chapter(HtmlConverter):
        """Takes the charset that is declared for sure; where it did not fit, another would be guessed."""

        def convert(self, file_stream: Any, stream_info: Any, **options: Any) -> Any:  # noqa: ANN401 -- as inherited
            # An order of reading that names a chapter over and over would make a small book a very large text.
            if file_stream.name in read:
                return DocumentConverterResult(markdown="")
            read.add(file_stream.name)
            content = file_stream.read()
            text = _closed(decode(content, _chapter_encoding(content), f"{source}: {stream_info.filename}"))
            return super().convert(io.BytesIO(text.encode("utf-8")), stream_info, **options)

    class Chapters(EpubConverter):
        """Leaves publisher, identifier and so on out of the text."""

        def __init__(self) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self._html_converter = Chapter()

        def _get_all_texts_from_nodes(self, dom: Any, tag_name: str) -> list[str]:  # noqa: ANN401 -- as inherited
            return super()._get_all_texts_from_nodes(dom, tag_name) if tag_name == "dc:title" else []

    check_archive(data, source, "an e-book")
    try:
        if _is_protected(data):
            raise load_error(source, "is protected against copying", "use a copy without protection")
        with warnings.catch_warnings(action="ignore"):
            book = Chapters().convert(io.BytesIO(data), StreamInfo(extension=".epub"), **_AS_READ)
    except (ImportError, LoadError):
        raise
    except Exception as error:
        raise load_error(source, "is damaged or not an e-book", "download it again") from error
    text = _as_read(book.markdown.removeprefix(f"**Title:** {book.title}"))
    if not text:
        raise load_error(source, "has no text (pictures only?)", "run OCR first")
    return Article(text, book.title)


def read_pptx(data: bytes, source: str) -> Article:
    """Return the text of a presentation, a slide a page: titles, text, tables, charts' figures and speaker's notes.

    Parameters
    ----------
    data : bytes
        The whole file.
    source : str
        Path or name, for messages.

    Raises
    ------
    LoadError
        If the file is encrypted or damaged, has no text on any slide, or unpacks to more than `check_archive` allows.
    """
    from markitdown import StreamInfo
    from markitdown.converters import PptxConverter
    from pptx import Presentation

    check_archive(data, source, "a presentation", old_suffix=".ppt")
    try:
        title = one_line(Presentation(io.BytesIO(data)).core_properties.title or "")
        converter = PptxConverter()  # type: ignore[no-untyped-call]
        markdown = converter.convert(io.BytesIO(data), StreamInfo(extension=".pptx"), **_AS_READ).markdown
    except ImportError:
        raise
    except Exception as error:
        raise load_error(source, "is damaged or not a presentation", "save it again as .pptx") from error
    slides = [_as_read(_LINE_END.sub("\n\n", slide.replace("\v", " "))) for slide in _SLIDE.split(markdown)[1:]]
    if not any(slides):
        raise load_error(source, "has no text on any slide", "export it as PDF and run OCR first")
    if title in {"", _DEFAULT_TITLE}:
        title = next(slide for slide in slides if slide).split("\n", 1)[0].lstrip("# ")
    lengths = [len(slide) + len("\n\n") for slide in slides]
    starts = tuple(accumulate(lengths[:-1], initial=0))
    return Article("\n\n".join(slides), title if len(title) <= LONGEST_TITLE else None, starts)


def html_as_read(html: str) -> str:
    """Return all text of a page; `qa.documents.formats.html` finds the article in a web page instead."""
    from markitdown.converters import HtmlConverter

    with warnings.catch_warnings(action="ignore"):
        return _as_read(HtmlConverter().convert_string(_closed(html), **_AS_READ).markdown)


def _closed(html: str) -> str:
    """Return a page without its comments, and without a tag that has no end.

    Python's parser of HTML looks for the end of each from its start, to the end of the page.
    """
    kept, start = [], 0
    while (opened := html.find("<!--", start)) >= 0:
        kept.append(html[start:opened])
        end = html.find("-->", opened + len("<!--"))
        start = len(html) if end < 0 else end + len("-->")
    kept.append(html[start:])
    tags, sign, rest = "".join(kept).rpartition(">")
    return tags + sign + rest.replace("<", "&lt;")


def _chapter_encoding(data: bytes) -> str:
    """Return the charset that a chapter declares, as XML or as a web page does."""
    found = _XML_CHARSET.match(data)
    return declared_encoding(found) if found else page_encoding(data)


def _is_protected(data: bytes) -> bool:
    """Tell whether chapters are encrypted; fonts often are, and are no obstacle."""
    listing = "META-INF/encryption.xml"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return listing in archive.namelist() and bool(_ENCRYPTED_CHAPTER.search(archive.read(listing)))


def _as_read(markdown: str) -> str:
    """Return the text in the form of the other formats: table rows as cells between bars, no pictures."""
    blocks = []
    for block in re.split(r"\n\s*\n", markdown):
        lines = [_row(line.rstrip()) for line in block.split("\n")]
        kept = "\n".join(line for line in lines if line)
        picture = kept.startswith("![") and "](" in kept and kept.endswith(")")
        if kept and not picture:
            blocks.append(kept)
    return "\n\n".join(blocks).strip()


def _row(line: str) -> str:
    bare = line.strip()
    if not (bare.startswith("|") and bare.endswith("|")):
        return line
    if _TABLE_RULE.fullmatch(bare):
        return ""
    return " | ".join(one_line(cell) for cell in bare[1:-1].split(" | "))
