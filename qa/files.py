"""Safe access to regular files in untrusted folders, and atomic writes.

A plain `open` blocks on a pipe, reads a device forever, and follows symbolic links. Here each of these is an `OSError`
whose `strerror` names what the path is.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.metadata
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Literal, cast

from qa.errors import QAError, check_type

MEGABYTE = 1_000_000
"""Bytes per megabyte."""
PARTIAL_SUFFIX = ".partial"
"""Suffix of a file that is being written."""
_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_FLAGS = {"rb": os.O_RDONLY, "r+b": os.O_RDWR, "ab": os.O_WRONLY | os.O_APPEND | os.O_CREAT}
# Windows has neither, nor pipes in folders.
_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def as_path(what: str, path: str | os.PathLike[str]) -> Path:
    """Return a path that a user gave; raise a `QAError` if it is none, or empty, as an unset variable is."""
    check_type(what, path, str | os.PathLike, "text or a Path")
    if not os.fspath(path):
        raise QAError(f"{what} is empty; give its path, or . for this folder")
    return Path(path)


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder itself, not a link to one."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def is_regular(path: Path) -> bool:
    """Return whether a path is a regular file itself, not a link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def check_regular(path: Path) -> None:
    """Check that a path is a regular file, or missing.

    Raises
    ------
    OSError
        If it is anything else, or its status cannot be read.
    """
    with suppress(FileNotFoundError):
        _check(path, path.lstat())


def open_regular(path: Path, mode: Literal["rb", "r+b", "ab"] = "rb") -> BinaryIO:
    """Open a regular file; "ab" creates it if it does not exist.

    Raises
    ------
    OSError
        If it is anything else, or cannot be opened.
    """
    # Checked before, since opening a device can have side effects, and after, since the file may have been replaced.
    check_regular(path)
    descriptor = os.open(path, _FLAGS[mode] | _SAFELY, 0o666)
    try:
        _check(path, os.fstat(descriptor))
        return os.fdopen(descriptor, mode)
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(path: Path, max_bytes: int) -> bytes:
    """Return the content of a regular file of at most `max_bytes` bytes.

    Raises
    ------
    OSError
        If it is larger or anything else, or cannot be read.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        content = file.read(max_bytes + 1) if size <= max_bytes else b""
    if size > max_bytes or len(content) > max_bytes:
        raise OSError(errno.EFBIG, f"it is over the limit of {max_bytes:,} bytes", str(path))
    return content


def digest_of_regular(path: Path) -> str:
    """Return the SHA-256 of a regular file, as 64 hexadecimal digits; see `open_regular` for errors."""
    with open_regular(path) as file:
        # BinaryIO lacks a method of typeshed's protocol that every binary file has.
        return hashlib.file_digest(cast(BufferedReader, file), "sha256").hexdigest()


@contextmanager
def replacing(path: Path, suffix: str = PARTIAL_SUFFIX) -> Iterator[BinaryIO]:
    """Yield a file to write, which atomically replaces `path` once it is on disk; after a failure `path` is unchanged.

    Parameters
    ----------
    path : Path
    suffix : str
        Suffix of the temporary file; several writers need different ones.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    partial = path.with_name(path.name + suffix)
    # Removed first: it could be a link.
    partial.unlink(missing_ok=True)
    try:
        with partial.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def write_file(path: Path, content: bytes) -> None:
    """Write a file atomically, as `replacing` does: readers see the old content or the new, never a part."""
    with replacing(path) as file:
        file.write(content)


def _check(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "a special file")
        raise OSError(errno.EINVAL, f"it is {kind}, not a regular file", str(path))


def installed_file(package: str, name: str) -> Path | None:
    """Return the path of a file of an installed package; None if there is none.

    Reads the package's metadata only, so that none of its code runs.
    """
    try:
        files = importlib.metadata.files(package) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in files if file.name == name), None)
