"""Zip archives as folders: a checked list of members, and the content of each."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from qa.documents.formats import load_error
from qa.documents.formats.article import parsing
from qa.documents.formats.zip_formats import ENCRYPTED, MAX_UNPACKED_BYTES

ARCHIVE = ".zip"

MAX_ENTRIES = 10_000  # entries in an archive, folders included
MAX_FILES = 1000  # visible files in an archive
_UTF_8_NAME = 0x800
# Decompressing other methods can take unbounded memory.
_SUPPORTED_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ARCHIVE_SUFFIXES = {ARCHIVE, ".7z", ".bz2", ".gz", ".rar", ".tar", ".tgz", ".xz", ".zst"}
_DAMAGED = ("is damaged or not a zip archive", "download it again, or unpack it")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive."""

    path: str  # in the archive, with slashes
    index: int  # position among the archive's entries
    size: int  # in bytes, as the archive states it
    checksum: int  # CRC-32, as the archive states it


@contextmanager
def open_archive(archive: Path | BinaryIO, source: str) -> Iterator[zipfile.ZipFile]:
    """Open an archive, whose damage is a `LoadError` on opening and in use; `source` is its name in messages."""
    with parsing(source, *_DAMAGED), zipfile.ZipFile(archive) as found:
        yield found


def members(archive: zipfile.ZipFile, source: str) -> tuple[list[Member], list[tuple[str, str]]]:
    """Return the files in an archive ordered by path, and the path of each skipped file with the reason.

    Hidden files, and files added by macOS, are ignored.

    Raises
    ------
    LoadError
        If it has too many files, or would unpack to too many bytes.
    """
    entries = archive.infolist()
    found: dict[str, Member] = {}
    left_out: list[tuple[str, str]] = []
    for index, entry in enumerate(entries[:MAX_ENTRIES]):
        path = _name(entry)
        if entry.is_dir() or any(part.startswith((".", "__MACOSX")) and part != ".." for part in path.split("/")):
            continue
        problem = _problem(entry, path) or ("is in the archive twice; rename one" if path in found else "")
        if problem:
            left_out.append((path, problem))
        else:
            found[path] = Member(path, index, entry.file_size, entry.CRC)
    unpacked = sum(member.size for member in found.values())
    for count, most, what in (
        (len(entries), MAX_ENTRIES, "entries"),
        (len(found), MAX_FILES, "files"),
        (unpacked, MAX_UNPACKED_BYTES, "bytes when unpacked"),
    ):
        if count > most:
            problem = f"has {count:,} {what}, over the limit of {most:,}"
            raise load_error(source, problem, "unpack it, and give the folder")
    return sorted(found.values(), key=lambda member: member.path), left_out


def read_member(archive: zipfile.ZipFile, member: Member, source: str) -> bytes:
    """Return the content of a file in an archive; raise a `LoadError` if it is damaged, or was changed since then."""
    with parsing(source, *_DAMAGED):
        entry = archive.infolist()[member.index]
        if (entry.file_size, entry.CRC) != (member.size, member.checksum):
            raise load_error(source, "was changed while it was read", "load it again")
        with archive.open(entry) as file:
            # The stated size may be too small; zipfile then finds a wrong checksum where the stated size ends.
            return file.read(member.size + 1)


class ArchiveReader(ExitStack):
    """Reads members of archives, and keeps the last archive open: opening one reads the list of all its entries."""

    def __init__(self) -> None:
        super().__init__()
        self._opened: tuple[Path, zipfile.ZipFile] | None = None

    def read(self, archive: Path, member: Member, source: str) -> bytes:
        """Return the content of a member; errors: `read_member`."""
        if self._opened is None or self._opened[0] != archive:
            self._opened = None
            self.close()
            self._opened = archive, self.enter_context(open_archive(archive, source))
        return read_member(self._opened[1], member, source)


def _name(entry: zipfile.ZipInfo) -> str:
    """Return the path of an entry. Some programs write UTF-8 without setting the flag for it."""
    name = entry.filename
    if not entry.flag_bits & _UTF_8_NAME:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _problem(entry: zipfile.ZipInfo, path: str) -> str:
    """Return why an entry is skipped and what to do; an empty string if it is usable."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or ":" in parts[0] or "\0" in path:
        return "has a path outside the archive; create the archive again"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a link; put the file itself into the archive"
    if entry.flag_bits & ENCRYPTED:
        return "is encrypted; remove the password"
    if entry.compress_type not in _SUPPORTED_METHODS:
        return "uses an unsupported compression method; create the archive again with Deflate"
    if PurePosixPath(path).suffix.lower() in _ARCHIVE_SUFFIXES:
        return "is an archive in an archive; unpack it"
    return ""
