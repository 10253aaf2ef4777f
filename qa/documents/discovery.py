"""Paths -> the files to load, and the files to skip.

A zip archive counts as a folder. In folders, hidden files and folders are ignored, links to files are followed, and
links to folders are not.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

from qa.documents.archives import ARCHIVE, Member, members, open_archive
from qa.documents.formats import READERS, load_error
from qa.errors import LoadError
from qa.text.printable import printable

PathLike = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder that was skipped; the reason says what is wrong and what to do."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to load. Failing to load one that the user named is an error, while files in a folder are skipped."""

    document_id: str  # path relative to the folder given, or the file name if the file itself was given
    path: Path
    is_explicit: bool = False  # whether the user named this file
    member: Member | None = None  # of the archive at `path`

    @property
    def source(self) -> str:
        """The path to show in messages."""
        return f"{self.path}/{self.member.path}" if self.member else str(self.path)

    @property
    def size(self) -> int:
        """Its bytes; 0 if it cannot be accessed, which loading it reports."""
        with suppress(OSError):
            return self.member.size if self.member else self.path.stat().st_size
        return 0


def find_files(paths: Iterable[PathLike]) -> tuple[list[FoundFile], list[Skipped]]:
    """Return the files that `load_paths` would load, ordered by id, and the folders that cannot be listed.

    Raises
    ------
    LoadError
        If a path is empty, missing or not a path, or two files have the same id.
    """
    files: list[FoundFile] = []
    skipped: list[Skipped] = []
    for given in paths:
        if not isinstance(given, str | os.PathLike):
            raise LoadError(f"a path is {given!r}; expected text or a Path; give several as separate arguments")
        if not os.fspath(given):
            # As of a variable that is not set; it would be the working folder.
            raise LoadError("a path is empty; name a file or folder, or . for this folder")
        path = Path(given)
        if stat.S_ISDIR(file_status(path).st_mode):
            found, unusable = _walk(path)
            files.extend(FoundFile(file.relative_to(path).as_posix(), file) for file in found)
            skipped.extend(unusable)
        else:
            files.append(FoundFile(path.name, path, is_explicit=True))
    files = [each for file in files for each in _with_members(file, skipped)]
    files.sort(key=lambda file: file.document_id)
    _refuse_same_ids(files)
    return files, skipped


def files_by_id(paths: Iterable[PathLike]) -> dict[str, Path]:
    """Return the file of each document by id, without those in archives; errors: `find_files`."""
    return {file.document_id: file.path for file in find_files(paths)[0] if file.member is None}


def skip(path: Path | str, message: str) -> Skipped:
    """Return the record of a skipped file, given an error message that starts with its path."""
    shown = printable(str(path))
    return Skipped(shown, message.removeprefix(f"{shown}: "))


def file_status(path: Path) -> os.stat_result:
    """Return the status of a file or folder; raise a `LoadError` if it is missing or cannot be read."""
    try:
        return path.stat()
    except FileNotFoundError as error:
        if path.is_symlink():
            raise load_error(str(path), "is a link to a missing file", "fix or remove the link") from error
        raise load_error(str(path), "does not exist", "check the path") from error
    except (OSError, ValueError) as error:
        raise unreadable_error(path, error) from error


def unreadable_error(path: Path, error: OSError | ValueError) -> LoadError:
    """Return the error for a file or folder that cannot be read."""
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return load_error(str(path), f"cannot be read ({reason})", "check its permissions and that it still exists")


def _walk(root: Path) -> tuple[list[Path], list[Skipped]]:
    """Return all visible files below `root`, and the folders that cannot be listed."""
    files: list[Path] = []
    skipped: list[Skipped] = []

    def note_unreadable(error: OSError) -> None:
        skipped.append(skip(Path(error.filename), str(unreadable_error(Path(error.filename), error))))

    for folder, names, file_names in os.walk(root, onerror=note_unreadable):
        names[:] = [name for name in names if not name.startswith(".")]
        # os.walk lists links to folders but does not enter them, so a cycle of links is harmless.
        for link in (path for name in names if (path := Path(folder, name)).is_symlink()):
            problem = load_error(str(link), "is a link to a folder and is not followed", "give that folder as a path")
            skipped.append(skip(link, str(problem)))
        files.extend(Path(folder, name) for name in file_names if not name.startswith("."))
    return files, skipped


def _with_members(file: FoundFile, skipped: list[Skipped]) -> list[FoundFile]:
    """Return the files in an archive, recording those skipped; return any other file unchanged."""
    if file.path.suffix.lower() != ARCHIVE or not file.path.is_file():
        return [file]
    try:
        with open_archive(file.path, str(file.path)) as archive:
            found, left_out = members(archive, str(file.path))
    except LoadError as error:
        if file.is_explicit:
            raise
        skipped.append(skip(file.path, str(error)))
        return []
    skipped += (Skipped(printable(f"{file.path}/{path}"), reason) for path, reason in left_out)
    return [FoundFile(f"{file.document_id}/{member.path}", file.path, member=member) for member in found]


def _refuse_same_ids(files: Sequence[FoundFile]) -> None:
    seen: dict[str, str] = {}
    for file in files:
        if PurePath(file.document_id).suffix.lower() not in READERS:
            continue
        if file.document_id in seen:
            raise load_error(
                f"{seen[file.document_id]} and {file.source}",
                f"both would have the document id {printable(file.document_id)!r}",
                "rename one of them, give it once, or give the folder that contains both",
            )
        seen[file.document_id] = file.source
