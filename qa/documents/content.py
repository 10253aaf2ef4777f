"""Content of a known format that is still to be read, and the document that a reader makes of it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import PurePath

from qa.documents.archives import ARCHIVE
from qa.documents.formats import ACCEPTED_SHOWN, OLD_FORMATS, READERS, Article, load_error
from qa.files import MEGABYTE
from qa.text.languages import detect
from qa.text.lines import one_line
from qa.types import Document

_FIRST_WORDS = 60  # characters of a pasted text that serve as its title
_PASTED = "pasted text"
_MOST_NOTES = 20
_LONGEST_NOTE = 500  # characters

_NOT_IN_A_NAME = re.compile(r"[\W_]+")
_UNDECODED = re.compile("[\ud800-\udfff]")  # bytes of a file name


@dataclass(frozen=True, slots=True)
class Content:
    """Content of a known format that is still to be read, here or in the sandbox.

    Attributes
    ----------
    data, suffix, source : bytes, str, str
        The suffix is one of `qa.documents.formats.ACCEPTED`; the source a path, address or name, for messages.
    document_id : str
        If empty, made from the title.
    title : str
        What was given as title, if anything; otherwise the reader finds one.
    file_name : str
        Empty for text that was typed or pasted.
    """

    data: bytes = field(repr=False)
    suffix: str
    source: str
    document_id: str = ""
    title: str = ""
    file_name: str = ""

    def document(self, article: Article) -> Document:
        """Return the document that its reader found.

        Raises
        ------
        LoadError
            If it has no text.
        """
        text = article.text
        if not text.strip():
            raise load_error(self.source, "contains only white space", "put text in it or leave it out")
        title = self.title or one_line(article.title or "")
        notes = tuple(one_line(note)[:_LONGEST_NOTE] for note in article.notes[:_MOST_NOTES])
        language = detect(text)
        if self.file_name:
            title = title or _title_from_name(self.file_name)
            file_sha256 = hashlib.sha256(self.data).hexdigest()
            return Document(
                self.document_id,
                text,
                title,
                self.source,
                article.page_starts,
                file_sha256,
                notes,
                language,
                article.recognised,
            )
        title = title or _first_words(text)
        made_id = f"{_NOT_IN_A_NAME.sub('-', title.lower()).strip('-') or 'pasted-text'}.txt"
        return Document(self.document_id or made_id, text, title, _PASTED, notes=notes, language=language)


def file_content(
    data: bytes, name: str, *, document_id: str | None = None, source: str | None = None, max_file_mb: float = 50.0
) -> Content:
    """Return the content of one file to read; parameters and errors are those of `qa.documents.loader.load_bytes`."""
    source = name if source is None else source
    document_id = PurePath(name).name if document_id is None else document_id
    if _UNDECODED.search(source + document_id):
        raise load_error(source, "has a name that is not valid UTF-8", "rename it")
    suffix = known_suffix(name, source)
    check_size(len(data), max_file_mb, source)
    if not data:
        raise load_error(source, "is empty", "put text in it or leave it out")
    return Content(data, suffix, source, document_id, file_name=name)


def text_content(text: str, title: str = "", *, document_id: str | None = None, max_file_mb: float = 50.0) -> Content:
    """Return text that was typed or pasted, to read; parameters and errors: `qa.documents.loader.load_text`."""
    title = one_line(title)
    source = title or _PASTED
    try:
        data = text.encode()
        source.encode()
    except UnicodeEncodeError as error:
        raise load_error(source, f"contains half of a character at {error.start}", "paste it again") from error
    check_size(len(data), max_file_mb, source)
    return Content(data, ".md", source, document_id or "", title)


def _first_words(text: str) -> str:
    words = one_line(text[: 10 * _FIRST_WORDS])
    return words if len(words) <= _FIRST_WORDS else f"{words[:_FIRST_WORDS].rsplit(' ', 1)[0]} \u2026"


def known_suffix(name: str, source: str) -> str:
    """Return the suffix of a file name.

    Raises
    ------
    LoadError
        If no reader is for it.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix in OLD_FORMATS:
        new = OLD_FORMATS[suffix]
        raise load_error(
            source, f"is in the format {suffix}, which is not read", f"save it as {new} in an office program"
        )
    if suffix == ARCHIVE:
        raise load_error(source, "is an archive", "load it by its path, as a folder, or unpack it")
    if suffix not in READERS:
        kind = f"has the unknown type {suffix!r}" if suffix else "has no file extension"
        raise load_error(source, kind, f"use one of these: {ACCEPTED_SHOWN}")
    return suffix


def check_size(size: int, max_file_mb: float, source: str) -> None:
    """Raise a LoadError if so many bytes are more than the limit, in megabytes of 1,000,000 bytes."""
    limit = max_file_mb * MEGABYTE
    if size > limit:
        raise load_error(
            source,
            f"has {size:,} bytes, over the limit of {max_file_mb:g} MB ({limit:,.0f} bytes)",
            "split it, or raise max_file_mb",
        )


def _title_from_name(name: str) -> str:
    words = " ".join(PurePath(name).stem.replace("-", " ").replace("_", " ").split())
    return words[:1].upper() + words[1:] or name
