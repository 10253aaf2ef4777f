"""Unread content of a known format, and the document made from what its reader returns."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import PurePath

from qa.documents.archives import ARCHIVE
from qa.documents.formats import ACCEPTED_SHOWN, OLD_FORMATS, READERS, Article, load_error
from qa.errors import check_type
from qa.files import MEGABYTE
from qa.text.languages import detect
from qa.text.lines import one_line, shortened
from qa.text.printable import has_surrogate
from qa.types import Document

_MAX_TITLE_CHARS = 60
_PASTED = "pasted text"
_MAX_NOTES = 20
_MAX_NOTE_CHARS = 500

_NON_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Content:
    """Unread content of a known format, to be read in this process or in the sandbox."""

    data: bytes = field(repr=False)
    suffix: str  # one of `qa.documents.formats.ACCEPTED`
    source: str  # a path, URL or name, for messages
    document_id: str = ""  # empty for pasted text, whose id is derived from its title
    title: str = ""  # given by the user; if empty, the reader's is used
    file_name: str = ""  # empty for pasted text

    def document(self, article: Article) -> Document:
        """Return the document for what the reader returned; raise a `LoadError` if it has no text."""
        text = article.text
        if not text.strip():
            raise load_error(self.source, "contains only white space", "put text in it or leave it out")
        title = self.title or one_line(article.title or "")
        title = title or (_title_from_name(self.file_name) if self.file_name else _first_words(text))
        return Document(
            self.document_id or f"{_NON_WORD.sub('-', title.lower()).strip('-') or 'pasted-text'}.txt",
            text,
            title,
            self.source if self.file_name else _PASTED,
            article.page_starts,
            hashlib.sha256(self.data).hexdigest() if self.file_name else "",
            tuple(one_line(note)[:_MAX_NOTE_CHARS] for note in article.notes[:_MAX_NOTES]),
            detect(text),
            article.recognised,
        )


def file_content(
    data: bytes, name: str, *, document_id: str | None = None, source: str | None = None, max_file_mb: float = 50.0
) -> Content:
    """Return the unread content of a file; parameters and errors: `qa.documents.loader.load_bytes`."""
    check_type("the name of the file", name, str, "text")
    check_type(f"the content of {name}", data, bytes, "bytes; load_text loads text")
    source = name if source is None else source
    document_id = PurePath(name).name if document_id is None else document_id
    # Python's stand-in for undecodable bytes in a file name.
    if has_surrogate(source + document_id):
        raise load_error(source, "has a name that is not valid UTF-8", "rename it")
    suffix = known_suffix(name, source)
    check_size(len(data), max_file_mb, source)
    if not data:
        raise load_error(source, "is empty", "put text in it or leave it out")
    return Content(data, suffix, source, document_id, file_name=name)


def text_content(text: str, title: str = "", *, max_file_mb: float = 50.0) -> Content:
    """Return typed or pasted text or Markdown as unread content; its title is by default its heading or first words.

    Raises
    ------
    LoadError
        If it is too large, or contains an unpaired surrogate.
    """
    check_type("the text", text, str, "text; load_bytes loads bytes")
    check_type("the title", title, str, "text")
    title = one_line(title)
    source = title or _PASTED
    try:
        data = text.encode()
        source.encode()
    except UnicodeEncodeError as error:
        problem = f"contains an invalid character at position {error.start}"
        raise load_error(source, problem, "paste it again") from error
    check_size(len(data), max_file_mb, source)
    return Content(data, ".md", source, title=title)


def _first_words(text: str) -> str:
    return shortened(one_line(text[: 10 * _MAX_TITLE_CHARS]), _MAX_TITLE_CHARS)


def known_suffix(name: str, source: str) -> str:
    """Return the lower-case suffix of a file name; raise a `LoadError` if there is no reader for it."""
    suffix = PurePath(name).suffix.lower()
    if suffix in OLD_FORMATS:
        remedy = f"save it as {OLD_FORMATS[suffix]} in an office program"
        raise load_error(source, f"is in the format {suffix}, which is not read", remedy)
    if suffix == ARCHIVE:
        raise load_error(source, "is an archive", "load it by its path, as a folder, or unpack it")
    if suffix not in READERS:
        kind = f"has the unknown type {suffix!r}" if suffix else "has no file extension"
        raise load_error(source, kind, f"use one of these: {ACCEPTED_SHOWN}")
    return suffix


def check_size(size: int, max_file_mb: float, source: str) -> None:
    """Raise a `LoadError` if the size in bytes exceeds the limit in megabytes of 1,000,000 bytes."""
    limit = max_file_mb * MEGABYTE
    if size > limit:
        problem = f"has {size:,} bytes, over the limit of {max_file_mb:g} MB ({limit:,.0f} bytes)"
        raise load_error(source, problem, "split it, or raise QA_MAX_FILE_MB")


def _title_from_name(name: str) -> str:
    words = one_line(PurePath(name).stem.replace("-", " ").replace("_", " "))
    return words[:1].upper() + words[1:] or name
