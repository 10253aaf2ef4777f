"""Plain text and Markdown readers, and the decoding shared by all text formats."""

from __future__ import annotations

import codecs
import re

from qa.documents import asciidoc
from qa.documents.directives import FRONT_MATTER
from qa.documents.formats.article import MAX_TITLE_CHARS, Article, load_error
from qa.documents.formats.charsets import charset, detect_charset, is_ebcdic, utf_16
from qa.documents.structure import blocks, heading_span
from qa.text.lines import one_line
from qa.types import Document

# UTF-32 comes before UTF-16: its little-endian mark starts with that of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF32_LE, "UTF-32-LE"),
    (codecs.BOM_UTF32_BE, "UTF-32-BE"),
    (codecs.BOM_UTF16_LE, "UTF-16-LE"),
    (codecs.BOM_UTF16_BE, "UTF-16-BE"),
)
_WESTERN = "windows-1252"  # also for declarations of ASCII and Latin-1
_MAX_TOLERATED_ERRORS = 10  # invalid characters that do not yet refute a declared charset
_CONTROLS = "".join(map(chr, (*range(7), *range(14, 27), *range(28, 32), 127)))
_MAX_CONTROL_SHARE = 0.01  # of the characters of a text

_ORG_TITLE = re.compile(r"\s*#\+title:(.*)", re.IGNORECASE)
_MARK = re.compile(r"\s*(?:\.\. |:[\w-]+:)")  # of reStructuredText, such as ".. _install:" and ":orphan:"
_RULE = re.compile(r"([^\w\s])\1{2,}\s*")
_FRONT_MATTER_TITLE = re.compile(r"^title(?::|[ \t]*+=)(.*)$", re.MULTILINE)


def read_plain(data: bytes, source: str) -> Article:
    """Return plain text unchanged, titled by what names it, or by a short first line that is underlined or alone.

    The first line may follow marks of reStructuredText.
    """
    text, notes = decode(data, source)
    lines = text.strip().split("\n", 3)
    # A title may have a line above it, too.
    first, *rest = lines[1:] if len(lines) > 1 and _RULE.fullmatch(lines[0]) else lines
    # Otherwise, the first line starts a paragraph.
    alone = bool(rest) and (not rest[0].strip() or _RULE.fullmatch(rest[0]))
    title = first if alone and len(first) <= MAX_TITLE_CHARS else None
    if _MARK.match(text):
        title = _underlined_heading(text)
    return Article(text, _named(text) or title, notes=notes)


def read_markdown(data: bytes, source: str) -> Article:
    """Return Markdown unchanged, titled by its front matter or first heading."""
    text, notes = decode(data, source)
    return Article(text, _named(text) or first_heading(text), notes=notes)


def read_asciidoc(data: bytes, source: str) -> Article:
    """Return AsciiDoc unchanged, titled by its front matter or first heading."""
    text, notes = decode(data, source)
    return Article(text, _named(text) or first_heading(text, asciidoc.SUFFIXES[0]), notes=notes)


def _named(text: str) -> str:
    """Return the title in the front matter of a text, or in its first line as Org has it; empty if there is none."""
    front_matter = FRONT_MATTER.match(text)
    named = _FRONT_MATTER_TITLE.search(front_matter[0]) if front_matter else _ORG_TITLE.match(text)
    return named[1].strip().strip("\"'") if named else ""


def decode(data: bytes, source: str, declared: str = "") -> tuple[str, tuple[str, ...]]:
    """Decode text as browsers do; return it with line feeds only, and notes on possible errors.

    The charset is that of a byte order mark or of zeros between the letters, else the declared one if it is known, else
    UTF-8 if most non-ASCII characters are valid in it, else it is detected from a sample. A declaration that most of
    the text contradicts is ignored. Invalid bytes become U+FFFD.
    """
    mark, marked = next(((mark, name) for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), (b"", ""))
    data = data[len(mark) :]
    marked = marked or utf_16(data)
    known = charset(declared)
    expected = marked or known or "UTF-8"
    encoding = marked or _choose_charset(data, known)
    if encoding != expected and is_ebcdic(data):
        raise load_error(source, "is in EBCDIC", "convert it to UTF-8, for example with iconv -f IBM037 -t UTF-8")
    text, replaced = _decode(data, encoding)
    notes = [] if encoding == expected else [f"the text is not valid {expected} and was read as {encoding}"]
    if (expected, encoding) == (_WESTERN, "UTF-8"):
        notes = [f"the text was declared as {expected} and read as UTF-8"]
    for count, what in ((replaced, f"not valid {encoding}"), (text.count("\0"), "NUL")):
        if count:
            notes.append(f"{count:,} character{' was' if count == 1 else 's were'} {what}, now \ufffd")
    return _normalise(text, source), tuple(notes)


def _normalise(text: str, source: str) -> str:
    """Return `text` with line feeds only, and U+FFFD in place of NUL.

    Raises
    ------
    LoadError
        If it looks binary: it contains NUL, and over 1% of its characters are control characters.
    """
    if "\0" in text:
        controls = sum(map(text.count, _CONTROLS))
        if controls > _MAX_CONTROL_SHARE * len(text):
            problem = f"looks binary: {controls:,} of {len(text):,} characters are control characters"
            raise load_error(source, problem, "save it as plain text in UTF-8")
    # Python and FTP on Windows may write "\r\r\n".
    return re.sub("\r{0,2}\n|\r", "\n", text).replace("\0", "\ufffd")


def _decode(data: bytes, encoding: str) -> tuple[str, int]:
    """Return the text, and the number of replaced characters in it."""
    try:
        return data.decode(encoding), 0
    except UnicodeError:
        text = data.decode(encoding, "replace")
        return text, len(text) - len(data.decode(encoding, "ignore"))


def _choose_charset(data: bytes, declared: str) -> str:
    """Return the declared charset, or another one if much of the data is not valid in it."""
    text, replaced = _decode(data, declared or "UTF-8")
    if not replaced and declared != _WESTERN:
        return declared or "UTF-8"
    utf_8, broken = _decode(data, "UTF-8")
    if not replaced:
        # Any bytes are valid in Windows-1252, and few texts in it are also valid UTF-8.
        return declared if broken or data.isascii() else "UTF-8"
    if declared and broken and (replaced <= _MAX_TOLERATED_ERRORS or not _is_refuted(text, replaced)):
        return declared
    return detect_charset(data) if _is_refuted(utf_8, broken) else "UTF-8"


def _is_refuted(text: str, replaced: int) -> bool:
    """Return whether most non-ASCII characters of a decoded text are replacements."""
    return 2 * replaced > len(text) - len(text.encode("ascii", "ignore"))


def first_heading(markdown: str, suffix: str = ".md") -> str | None:
    """Return the text of the first level-1 heading, without marks such as those of emphasis, code and links."""
    headings = (block for block in blocks(Document(suffix, markdown, "", "")) if block.kind == "heading")
    first = next((block for block in headings if block.level == 1), None)
    return _without_marks(one_line(markdown[slice(*heading_span(markdown, first))])) if first else None


def _underlined_heading(text: str) -> str | None:
    """Return the text of the first heading with a line under it, whatever is above it."""
    headings = (block for block in blocks(Document(".rst", text, "", "")) if block.kind == "heading")
    first = next((block for block in headings if "\n" in text[block.start : block.end].strip()), None)
    return one_line(text[slice(*heading_span(text, first))])[:MAX_TITLE_CHARS] if first else None


def _without_marks(line: str) -> str:
    from markdown_it import MarkdownIt

    [inline] = MarkdownIt("commonmark").parseInline(line)
    return one_line("".join(token.content for token in inline.children or () if token.type != "html_inline")) or line
