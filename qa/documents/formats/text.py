"""Plain text and Markdown -> article, and the strict decoding that every text format shares."""

from __future__ import annotations

import codecs
import re

from qa.documents.formats.parsed import LONGEST_TITLE, Article, load_error
from qa.documents.structure import blocks, heading_span
from qa.text.lines import one_line
from qa.types import Document

# UTF-32's marks come first: the little-endian one starts with UTF-16's.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF32_LE, "UTF-32-LE"),
    (codecs.BOM_UTF32_BE, "UTF-32-BE"),
    (codecs.BOM_UTF16_LE, "UTF-16-LE"),
    (codecs.BOM_UTF16_BE, "UTF-16-BE"),
)
_WINDOWS_1252 = {"iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"}
# Python's own codecs for other things than articles, which read escapes, or take a time that grows with the square.
_NO_CHARSETS = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)
_FRONT_MATTER_TITLE = re.compile(r"^title:(.*)$", re.MULTILINE)


def read_plain(data: bytes, source: str) -> Article:
    """Return plain text as it is; a short first line followed by a blank line is its title.

    Raises
    ------
    LoadError
        If it is not validly encoded.
    """
    text = decode(data, "UTF-8", source)
    first, _, rest = text.lstrip().partition("\n")
    # Without a blank line after it, it is the start of a paragraph.
    alone = bool(rest) and not rest.split("\n", 1)[0].strip()
    return Article(text, first if alone and len(first.strip()) <= LONGEST_TITLE else None)


def read_markdown(data: bytes, source: str) -> Article:
    """Return Markdown as it is, titled by its front matter or first heading; errors as of `read_plain`."""
    text = decode(data, "UTF-8", source)
    front_matter = _FRONT_MATTER.match(text)
    named = _FRONT_MATTER_TITLE.search(front_matter[1]) if front_matter else None
    title = named[1].strip().strip("\"'") if named else ""
    return Article(text, title or _first_heading(text))


def decode(data: bytes, encoding: str, source: str) -> str:
    """Return the text strictly decoded, with line feeds alone; a byte order mark outranks `encoding`.

    Raises
    ------
    LoadError
        If the charset is unknown, the bytes are not valid in it, or there is a NUL character.
    """
    skipped = 0
    for mark, marked_encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            skipped, encoding = len(mark), marked_encoding
            break
    try:
        text = data[skipped:].decode(charset(encoding))
    except LookupError as error:
        raise load_error(source, f"declares the unknown charset {encoding!r}", "save it as UTF-8") from error
    except UnicodeDecodeError as error:
        offset = skipped + error.start
        problem = f"byte 0x{data[offset]:02X} at offset {offset} is not valid {encoding}"
        raise load_error(source, problem, "save it as UTF-8") from error
    except UnicodeError as error:
        raise load_error(source, f"is not valid {encoding} ({error})", "save it as UTF-8") from error
    return normal(text, source)


def charset(name: str) -> str:
    """Return the charset that is meant by a name; as in browsers, Latin-1 means Windows-1252.

    Raises
    ------
    LookupError
        If there is none of that name.
    """
    if codecs.lookup(name).name in _NO_CHARSETS:
        raise LookupError(f"unknown encoding: {name}")
    return "windows-1252" if name.lower() in _WINDOWS_1252 else name


def normal(text: str, source: str) -> str:
    """Return `text` with line feeds alone.

    Raises
    ------
    LoadError
        If it contains a NUL character.
    """
    if "\0" in text:
        problem = f"has a NUL character at character {text.index(chr(0))} (looks binary)"
        raise load_error(source, problem, "save it as plain text in UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _first_heading(markdown: str) -> str | None:
    """Return the words of the first heading of level 1."""
    headings = (block for block in blocks(Document(".md", markdown, "", "")) if block.kind == "heading")
    first = next((block for block in headings if block.level == 1), None)
    return one_line(markdown[slice(*heading_span(markdown, first))]) if first else None
