"""Files and bytes -> Documents. The text never changes after this stage.

Text and Markdown are kept as they are, except that line ends become line feeds and a byte order mark is removed. Other
formats go through their reader in `qa.documents.formats`.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from qa.documents.archives import ArchiveReader, Member
from qa.documents.content import Content, check_size, file_content, known_suffix, text_content
from qa.documents.discovery import FoundFile, PathLike, Skipped, file_status, find_files, skip, unreadable_error
from qa.documents.formats import ACCEPTED_SHOWN, READERS, load_error
from qa.documents.gibberish import check_readable
from qa.errors import FetchError, LoadError, check_type
from qa.files import as_path
from qa.settings import Settings
from qa.text.printable import printable
from qa.types import Document, Progress

if TYPE_CHECKING:
    from qa.documents.sandbox import Sandbox

_log = logging.getLogger(__name__)
_WEB_ADDRESS = re.compile(r"https?://", re.IGNORECASE)

_MAX_ALIKE = 5
"""Files skipped for the same reason that are listed one by one."""

LoadCache = dict[str, tuple[tuple[int, ...], Document | Skipped]]
"""Results of an earlier load by document id and path, each with the version of the file it came from."""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """Result of `load_paths`: the documents ordered by id, and the files that it skipped, ordered by path.

    Hidden files and folders are not listed. `files` are the documents' paths by id; those from the web have none.
    """

    documents: tuple[Document, ...]
    skipped: tuple[Skipped, ...]
    files: Mapping[str, Path] = field(default_factory=dict, repr=False, compare=False)

    @property
    def notes(self) -> Mapping[str, tuple[str, ...]]:
        """Warnings about omissions and possible errors in documents, by document id."""
        return {document.id: document.notes for document in self.documents if document.notes}

    @property
    def complete(self) -> bool:
        """Whether nothing was skipped and no document has notes."""
        return not self.skipped and not self.notes

    def summary(self) -> str:
        """Return the number of documents, what was skipped and why, and a line for each document with notes."""
        return summary(len(self.documents), self.skipped, self.notes)


def load_paths(
    paths: PathLike | Iterable[PathLike],
    settings: Settings | None = None,
    *,
    sandbox: Sandbox | None = None,
    progress: Progress | None = None,
    cache: LoadCache | None = None,
) -> LoadReport:
    """Load files, folders and web addresses.

    Folders are searched recursively: hidden files and folders are ignored, links to files are followed, and files that
    cannot be loaded are reported. The order of `paths` does not affect the result.

    Parameters
    ----------
    paths : path, or iterable of paths
        Files, folders, and URLs that start with http:// or https://.
    settings : Settings, optional
        Source of the limits; by default the environment.
    sandbox : Sandbox, optional
        Parses web pages, and the files found by later calls with the same `cache`, so that a parser crash does not end
        the program. Files found by the first call are parsed in this process. By default, limits come from the
        environment.
    progress : callable, optional
        Called with (files done, total files) after each file.
    cache : dict, optional
        Filled in by each call; files unchanged since then are not read again. With it, loading nothing is not an error,
        and neither is, after the first call, a file named in `paths` that cannot be loaded.

    Raises
    ------
    LoadError
        If a path is missing, a file named in `paths` cannot be loaded, two files have the same id, or nothing could be
        loaded at all.
    FetchError
        If a web address cannot be fetched, or the settings do not allow it.
    """
    started, settings = perf_counter(), Settings.given(settings)
    if isinstance(paths, str | os.PathLike):
        paths = [paths]
    check_type("paths", paths, Iterable, "files and folders, as text or Paths")
    given = list(paths)
    if not given:
        raise LoadError("no path was given; name at least one file or folder")
    files, skipped = find_files(path for path in given if not is_web_address(path))
    before = cache or {}
    now: LoadCache = {}
    documents = []
    for url in map(str, filter(is_web_address, given)):
        document = before[url][1] if url in before else _load_url(url, settings, sandbox)
        assert isinstance(document, Document)  # noqa: S101 -- for mypy
        now[url] = (), document
        documents.append(document)
    with ArchiveReader() as archives:
        for done, file in enumerate(files, start=1):
            key, version = f"{file.document_id}\0{file.path}", _version(file.path)
            if key in before and before[key][0] == version != ():
                loaded = before[key][1]
            else:
                found = replace(file, is_explicit=file.is_explicit and not before)
                loaded = load_or_skip(found, settings, sandbox if before else None, archives)
            now[key] = version, loaded
            if isinstance(loaded, Document):
                documents.append(loaded)
            else:
                skipped.append(loaded)
            if progress is not None:
                progress(done, len(files))
    documents.sort(key=lambda document: document.id)
    skipped.sort(key=lambda entry: entry.path)
    if cache is not None:
        cache.clear()
        cache.update(now)
    elif not documents:
        raise nothing_loaded_error(given, skipped)
    _log.info("read %d documents in %.1f s, left out %d", len(documents), perf_counter() - started, len(skipped))
    paths_by_id = {file.document_id: file.path for file in files if file.member is None}
    return LoadReport(tuple(documents), tuple(skipped), paths_by_id)


def _version(path: Path) -> tuple[int, ...]:
    """Return values that change whenever the file does; empty if the file cannot be accessed."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_size, status.st_ino


def is_web_address(path: PathLike) -> bool:
    """Return whether a path starts with http:// or https://."""
    return isinstance(path, str) and bool(_WEB_ADDRESS.match(path))


def load_or_skip(
    file: FoundFile, settings: Settings, sandbox: Sandbox | None = None, archives: ArchiveReader | None = None
) -> Document | Skipped:
    """Load a file, or return why it is skipped; one that was named explicitly raises a `LoadError` instead.

    `archives` keeps an archive open from one of its members to the next.
    """
    try:
        return load_file(
            file.path, settings, document_id=file.document_id, member=file.member, sandbox=sandbox, archives=archives
        )
    except LoadError as error:
        if file.is_explicit:
            raise
        return skip(file.source, str(error))


def _load_url(url: str, settings: Settings, sandbox: Sandbox | None) -> Document:
    from qa.documents.sandbox import Sandbox
    from qa.documents.web_pages import fetch, fetched_content

    if not settings.allow_urls:
        raise FetchError(f"{url}: web addresses are turned off; set QA_ALLOW_URLS=true, or save the page as a file")
    fetched = fetch(url, max_file_mb=settings.max_file_mb)
    content = fetched_content(fetched, max_file_mb=settings.max_file_mb)
    return content.document((sandbox or Sandbox()).read(content.data, content.suffix, content.source))


def load_file(
    path: PathLike,
    settings: Settings | None = None,
    *,
    document_id: str | None = None,
    member: Member | None = None,
    sandbox: Sandbox | None = None,
    archives: ArchiveReader | None = None,
) -> Document:
    """Load one file.

    Parameters
    ----------
    settings : Settings, optional
        Source of the limits; by default the environment.
    document_id : str, optional
        The document's id; the file name if not given.
    member : Member, optional
        The archive member to load, if the file is an archive.
    sandbox : Sandbox, optional
        Parses the file in a process with limits. By default it is parsed in this process.
    archives : ArchiveReader, optional
        Reads the member; by default the archive is opened for it alone.

    Raises
    ------
    LoadError
        If the file is missing, a folder, not readable, of unknown type, too large, empty, encrypted, damaged, without
        text, or not validly encoded, or exceeds a limit of the sandbox.
    """
    settings = Settings.given(settings)
    path = as_path("the file", path)
    source = str(path)
    status = file_status(path)
    if stat.S_ISDIR(status.st_mode):
        raise load_error(source, "is a folder, not a file", "give a file in it, or load it as a folder")
    if not stat.S_ISREG(status.st_mode):
        raise load_error(source, "is not a regular file", "copy its content into a file")
    name, size = path.name, status.st_size
    if member is not None:
        source, name, size = f"{source}/{member.path}", member.path, member.size
    known_suffix(name, source)
    check_size(size, settings.max_file_mb, source)
    try:
        if member is None:
            data = path.read_bytes()
        else:
            with nullcontext(archives) if archives else ArchiveReader() as reader:
                data = reader.read(path, member, source)
    except OSError as error:
        raise unreadable_error(path, error) from error
    return load_bytes(data, name, settings, document_id=document_id, source=source, sandbox=sandbox)


def load_bytes(
    data: bytes,
    name: str,
    settings: Settings | None = None,
    *,
    document_id: str | None = None,
    source: str | None = None,
    sandbox: Sandbox | None = None,
) -> Document:
    """Load the content of one file. Other parameters and errors: `load_file`.

    Parameters
    ----------
    name : str
        File name; its suffix determines the format.
    source : str, optional
        Path or URL of the content, for messages; `name` if not given.
    """
    settings = Settings.given(settings)
    content = file_content(data, name, document_id=document_id, source=source, max_file_mb=settings.max_file_mb)
    if sandbox:
        return content.document(sandbox.read(data, content.suffix, content.source))
    return _read(content, settings.allow_unreadable)


def load_text(text: str, title: str = "", settings: Settings | None = None) -> Document:
    """Load typed or pasted text or Markdown; its id is derived from its title, by default its heading or first words.

    Raises
    ------
    LoadError
        If it is empty or too large, looks binary, or contains an unpaired surrogate.
    """
    content = text_content(text, title, max_file_mb=Settings.given(settings).max_file_mb)
    return _read(content, allow_unreadable=True)


def _read(content: Content, allow_unreadable: bool) -> Document:
    article = READERS[content.suffix](content.data, content.source)
    return content.document(check_readable(article, content.source, allow_unreadable=allow_unreadable))


def all_fields(document: Document) -> tuple[object, ...]:
    """Return a document together with the fields that its equality ignores, to detect any change."""
    return document, document.file_sha256, document.notes, document.recognised


def summary(count: int, skipped: Sequence[Skipped], notes: Mapping[str, Sequence[str]]) -> str:
    """Return the number of documents, what was skipped and why, and a line for each document with notes."""
    counts = [f"{count} document{'' if count == 1 else 's'} loaded"]
    counts += [f"{len(skipped)} left out"] if skipped else []
    counts += [f"{len(notes)} with notes"] if notes else []
    lines = [*_lines(skipped), *(f"  {printable(f'{name}: ' + '; '.join(texts))}" for name, texts in notes.items())]
    return "\n".join([", ".join(counts) + (":" if lines else ""), *lines])


def nothing_loaded_error(given: Iterable[PathLike], skipped: Sequence[Skipped]) -> LoadError:
    """Return the error for paths at which no file could be loaded."""
    where = ", ".join(printable(str(path)) for path in given)
    reasons = "\n".join([":", *_lines(skipped)]) if skipped else f" (no files there); put some in it: {ACCEPTED_SHOWN}"
    return LoadError(f"{where}: nothing could be loaded{reasons}")


def _lines(skipped: Sequence[Skipped]) -> list[str]:
    """Return a line for each skipped file, or for all that were skipped for the same reason if they are many."""
    alike = Counter(entry.reason for entry in skipped)
    shown = {entry.reason: entry for entry in reversed(skipped)}
    lines = []
    for entry in skipped:
        count = alike[entry.reason]
        if count <= _MAX_ALIKE:
            lines.append(f"{entry.path}: {entry.reason}")
        elif entry is shown[entry.reason]:
            lines.append(f"{entry.path} (and {count - 1:,} others): {entry.reason}")
    return [f"  {printable(line)}" for line in lines]
