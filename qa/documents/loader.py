"""Files and bytes -> Documents. After this stage the text is never altered.

Line ends become a line feed and a byte order mark is removed; otherwise text and Markdown stay as they are. Every other
format goes through its reader in `qa.documents.formats`.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from qa.documents.archives import Member, opened, read_member
from qa.documents.content import Content, check_size, file_content, known_suffix, text_content
from qa.documents.discovery import FoundFile, PathLike, Skipped, file_status, find_files, skip, unreadable
from qa.documents.formats import READERS, Article, load_error
from qa.documents.gibberish import checked
from qa.documents.load_report import LoadReport, nothing_loaded
from qa.errors import FetchError, LoadError
from qa.types import Document, Progress

if TYPE_CHECKING:
    from qa.documents.sandbox import Sandbox
    from qa.settings import Settings

_log = logging.getLogger(__name__)
_WEB_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


Known = dict[str, tuple[tuple[int, ...], Document | Skipped]]
"""What was loaded, by its id and path, each with the version of the file."""


def load_paths(
    paths: PathLike | Iterable[PathLike],
    *,
    max_file_mb: float = 50.0,
    allow_unreadable: bool = False,
    allow_urls: bool = True,
    sandbox: Sandbox | None = None,
    progress: Progress | None = None,
    known: Known | None = None,
) -> LoadReport:
    """Load files, folders with all that is in them, and web addresses.

    In a folder, hidden files and folders are passed over, links to files are followed, and whatever cannot be loaded
    is reported. The order of `paths` makes no difference to the result.

    Parameters
    ----------
    paths : path, or iterable of paths
        Files, folders, and addresses that start with http:// or https://.
    max_file_mb : float
        Maximum size of a file, in megabytes of 1,000,000 bytes.
    allow_unreadable : bool
        Whether to load files whose text cannot be decoded; see `qa.documents.gibberish`.
    allow_urls : bool
        Whether web addresses are fetched.
    sandbox : Sandbox, optional
        Parses web pages; by default one with limits from the environment. Files are parsed in this process, but those
        found after the first call with `known`: then it goes on where a parser aborts.
    progress : callable, optional
        Called with (files done, files in all) after each file.
    known : dict, optional
        What an earlier call left there; files that are unchanged since are not read again. With it, it is no error if
        nothing is loaded, nor, after the first call, if a file given by itself cannot be.

    Raises
    ------
    LoadError
        If a path is missing, a file given by itself cannot be loaded, two files would have the same id, or nothing
        could be loaded at all.
    FetchError
        If a web address cannot be fetched, or `allow_urls` is False.
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if not given:
        raise LoadError("no path was given; name at least one file or folder")
    files, skipped = find_files(path for path in given if not is_web_address(path))
    before = known or {}
    now: Known = {}
    documents = []
    for url in map(str, filter(is_web_address, given)):
        document = before[url][1] if url in before else _load_url(url, max_file_mb, allow_urls, sandbox)
        assert isinstance(document, Document)  # noqa: S101 -- for mypy
        now[url] = (), document
        documents.append(document)
    for done, file in enumerate(files, start=1):
        key, version = f"{file.document_id}\0{file.path}", _version(file.path)
        if key in before and before[key][0] == version != ():
            loaded = before[key][1]
        else:
            found = replace(file, given_by_itself=file.given_by_itself and not before)
            confined = sandbox if before else None
            loaded = load_found(found, max_file_mb, allow_unreadable=allow_unreadable, sandbox=confined)
        now[key] = version, loaded
        if isinstance(loaded, Document):
            documents.append(loaded)
        else:
            skipped.append(loaded)
        if progress is not None:
            progress(done, len(files))
    documents.sort(key=lambda document: document.id)
    skipped.sort(key=lambda entry: entry.path)
    if known is not None:
        known.clear()
        known.update(now)
    elif not documents:
        raise nothing_loaded(given, skipped)
    paths_by_id = {file.document_id: file.path for file in files if file.member is None}
    return LoadReport(tuple(documents), tuple(skipped), paths_by_id)


def load_with(
    settings: Settings,
    paths: PathLike | Iterable[PathLike],
    *,
    sandbox: Sandbox | None = None,
    progress: Progress | None = None,
    known: Known | None = None,
) -> LoadReport:
    """Load what is at the paths as the settings say; parameters and errors are those of `load_paths`."""
    started = perf_counter()
    report = load_paths(
        paths,
        max_file_mb=settings.max_file_mb,
        allow_unreadable=settings.allow_unreadable,
        allow_urls=settings.allow_urls,
        sandbox=sandbox,
        progress=progress,
        known=known,
    )
    read, skipped = len(report.documents), len(report.skipped)
    _log.info("read %d documents in %.1f s, left out %d", read, perf_counter() - started, skipped)
    return report


def _version(path: Path) -> tuple[int, ...]:
    """Return what differs from one version of a file to the next; empty where it cannot be found out."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_size, status.st_ino


def is_web_address(path: PathLike) -> bool:
    """Return whether a path starts with http:// or https://."""
    return isinstance(path, str) and bool(_WEB_ADDRESS.match(path))


def load_found(
    file: FoundFile, max_file_mb: float, *, allow_unreadable: bool = False, sandbox: Sandbox | None = None
) -> Document | Skipped:
    """Load a file, or return why it is left out.

    Raises
    ------
    LoadError
        If it cannot be loaded and was given by itself.
    """
    try:
        return load_file(
            file.path,
            document_id=file.document_id,
            max_file_mb=max_file_mb,
            allow_unreadable=allow_unreadable,
            member=file.member,
            sandbox=sandbox,
        )
    except LoadError as error:
        if file.given_by_itself:
            raise
        return skip(file.source, str(error))


def _load_url(url: str, max_file_mb: float, allow_urls: bool, sandbox: Sandbox | None) -> Document:
    from qa.documents.web_pages import load_url

    if not allow_urls:
        raise FetchError(f"{url}: web addresses are turned off; set QA_ALLOW_URLS=true, or save the page as a file")
    return load_url(url, max_file_mb=max_file_mb, sandbox=sandbox)


def load_file(
    path: PathLike,
    *,
    document_id: str | None = None,
    max_file_mb: float = 50.0,
    allow_unreadable: bool = False,
    member: Member | None = None,
    sandbox: Sandbox | None = None,
) -> Document:
    """Load one file.

    Parameters
    ----------
    path : path
        The file.
    document_id : str, optional
        The document's id; the file name if not given.
    max_file_mb : float
        Maximum size of a file, in megabytes of 1,000,000 bytes.
    allow_unreadable : bool
        Whether to load it even if its text cannot be decoded.
    member : Member, optional
        What to load where the file is an archive.
    sandbox : Sandbox, optional
        As of `load_bytes`.

    Raises
    ------
    LoadError
        If the file is missing, a folder, not readable, of unknown type, too large, empty, encrypted, damaged, without
        text, or not validly encoded.
    """
    path = Path(path)
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
    check_size(size, max_file_mb, source)
    try:
        if member is None:
            data = path.read_bytes()
        else:
            with opened(path, source) as archive:
                data = read_member(archive, member, source)
    except OSError as error:
        raise unreadable(path, error) from error
    content = file_content(data, name, document_id=document_id, source=source, max_file_mb=max_file_mb)
    return content.document(_read(content, allow_unreadable, sandbox))


def load_bytes(
    data: bytes,
    name: str,
    *,
    document_id: str | None = None,
    source: str | None = None,
    max_file_mb: float = 50.0,
    allow_unreadable: bool = False,
    sandbox: Sandbox | None = None,
) -> Document:
    """Load the content of one file, for example an upload.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        File name; its suffix determines the format.
    document_id : str, optional
        The document's id; the file name without folders if not given.
    source : str, optional
        Path or address that the content came from; `name` if not given.
    max_file_mb : float
        Maximum size, in megabytes of 1,000,000 bytes.
    allow_unreadable : bool
        Whether to load it even if its text cannot be decoded. A sandbox has this in its settings.
    sandbox : Sandbox, optional
        Parses untrusted files in a process with limits. By default they are parsed in this process.

    Raises
    ------
    LoadError
        If the content is of unknown type, too large, empty, encrypted, damaged, without text, or cannot be decoded, or
        exceeds a limit of the sandbox.
    """
    content = file_content(data, name, document_id=document_id, source=source, max_file_mb=max_file_mb)
    return content.document(_read(content, allow_unreadable, sandbox))


def load_text(text: str, title: str = "", *, document_id: str | None = None, max_file_mb: float = 50.0) -> Document:
    """Load text that was typed or pasted.

    Parameters
    ----------
    text : str
        Plain text or Markdown; kept as it is, but for line ends.
    title : str
        Its title; its first heading or first words if empty.
    document_id : str, optional
        The document's id; made from the title if not given.
    max_file_mb : float
        Maximum size, in megabytes of 1,000,000 bytes in UTF-8.

    Raises
    ------
    LoadError
        If the text is empty, too large, or contains a NUL character or half of a character.
    """
    content = text_content(text, title, document_id=document_id, max_file_mb=max_file_mb)
    return content.document(_read(content, allow_unreadable=True))


def _read(content: Content, allow_unreadable: bool, sandbox: Sandbox | None = None) -> Article:
    if sandbox:
        return sandbox.read(content.data, content.suffix, content.source)
    article = READERS[content.suffix](content.data, content.source)
    return checked(article, content.source, allow_unreadable=allow_unreadable)
