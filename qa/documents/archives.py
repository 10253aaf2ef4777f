"""Zip archives as folders: what is in one, checked before anything is unpacked, and the content of each file."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from qa.documents.formats import load_error
from qa.documents.formats.parsed import parsing

ARCHIVE = ".zip"

MOST_ENTRIES = 10_000
"""Maximum entries of an archive, folders included."""

MOST_FILES = 1000
"""Maximum files in an archive, without hidden ones."""

LARGEST_UNPACKED = 1_000_000_000
"""Maximum bytes that they unpack to."""

_ENCRYPTED = 0x1
_UTF_8_NAME = 0x800
# Others may need as much memory as they like.
_READ = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_NESTED = {ARCHIVE, ".7z", ".bz2", ".gz", ".rar", ".tar", ".tgz", ".xz", ".zst"}
_DAMAGED = ("is damaged or not a zip archive", "download it again, or unpack it")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive.

    Attributes
    ----------
    path : str
        Its path in the archive, with slashes.
    index : int
        Which entry it is.
    size, checksum : int
        Its length in bytes and its CRC-32, as the archive says.
    """

    path: str
    index: int
    size: int
    checksum: int


@contextmanager
def opened(archive: Path | BinaryIO, source: str) -> Iterator[zipfile.ZipFile]:
    """Open an archive; its path or name is for messages.

    Raises
    ------
    LoadError
        If it is damaged, also while it is used.
    """
    with parsing(source, *_DAMAGED), zipfile.ZipFile(archive) as found:
        yield found


def members(archive: zipfile.ZipFile, source: str) -> tuple[list[Member], list[tuple[str, str]]]:
    """Return the files in an archive, ordered by path, and the paths of others with why they are left out.

    Hidden files, and those that macOS adds, are passed over.

    Parameters
    ----------
    archive : ZipFile
    source : str
        Its path or name, for messages.

    Raises
    ------
    LoadError
        If it has too many files, or unpacks to too many bytes.
    """
    entries = archive.infolist()
    found: dict[str, Member] = {}
    left_out: list[tuple[str, str]] = []
    for index, entry in enumerate(entries[:MOST_ENTRIES]):
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
        (len(entries), MOST_ENTRIES, "entries"),
        (len(found), MOST_FILES, "files"),
        (unpacked, LARGEST_UNPACKED, "bytes when unpacked"),
    ):
        if count > most:
            raise load_error(
                source, f"has {count:,} {what}, over the limit of {most:,}", "unpack it, and give the folder"
            )
    return sorted(found.values(), key=lambda member: member.path), left_out


def read_member(archive: zipfile.ZipFile, member: Member, source: str) -> bytes:
    """Return the content of a file in an archive; its path or name is for messages.

    Raises
    ------
    LoadError
        If the archive changed or is damaged.
    """
    with parsing(source, *_DAMAGED):
        entry = archive.infolist()[member.index]
        if (entry.file_size, entry.CRC) != (member.size, member.checksum):
            raise load_error(source, "was changed while it was read", "load it again")
        with archive.open(entry) as file:
            # An archive may say less than it has; the checksum tells, at the end of what it says.
            return file.read(member.size + 1)


def _name(entry: zipfile.ZipInfo) -> str:
    """Return the path of an entry. Without the sign that it is in UTF-8, it may be all the same."""
    name = entry.filename
    if not entry.flag_bits & _UTF_8_NAME:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _problem(entry: zipfile.ZipInfo, path: str) -> str:
    """Return why an entry is left out, and what to do; an empty string if it is not."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or ":" in parts[0] or "\0" in path:
        return "has a path that leads out of the archive; make the archive again"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a link; put the file itself into the archive"
    if entry.flag_bits & _ENCRYPTED:
        return "is encrypted; remove the password"
    if entry.compress_type not in _READ:
        return "is packed in a way that is not read; make the archive again, by deflation"
    if PurePosixPath(path).suffix.lower() in _NESTED:
        return "is an archive in an archive; unpack it"
    return ""
