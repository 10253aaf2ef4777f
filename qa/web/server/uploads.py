"""What is on its way to the server: how many bytes of it may be there, of one visitor and of all."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path


class InFlight:
    """Counts the bytes of requests that are still arriving.

    Parameters
    ----------
    each_bytes : int
        Most that one visitor may have on the way.
    total_bytes : int
        Most that all may have on the way together.
    """

    def __init__(self, each_bytes: int, total_bytes: int) -> None:
        self._each = each_bytes
        self._total = total_bytes
        self._bytes: Counter[str] = Counter()

    def take(self, visitor: str, size: int) -> bool:
        """Count bytes that arrived from a visitor; return False, and count nothing, where they are too many."""
        if self._bytes[visitor] + size > self._each or self._bytes.total() + size > self._total:
            return False
        self._bytes[visitor] += size
        return True

    def end(self, visitor: str, size: int) -> None:
        """Take back the bytes of a request that has ended."""
        self._bytes[visitor] -= size
        if self._bytes[visitor] <= 0:
            del self._bytes[visitor]


class UploadRoom:
    """Counts the bytes of uploads, those that are arriving and those that wait on the disk until they are read.

    Parameters
    ----------
    folder : Path
        Where uploads wait.
    each_bytes : int
        Most that one visitor may have there.
    total_bytes : int
        Most that all may have there together.
    """

    def __init__(self, folder: Path, each_bytes: int, total_bytes: int) -> None:
        self._folder = folder
        self._each = each_bytes
        self._total = total_bytes
        self._arriving: Counter[str] = Counter()
        self._abandoned: Counter[str] = Counter()
        self._connections = 0
        self._owners: dict[Path, str] = {}

    def begin(self) -> None:
        """Count an upload that begins. It takes no room before its bytes arrive."""
        self._connections += 1

    def take(self, visitor: str, size: int) -> bool:
        """Count bytes that arrived from a visitor; return False, and count nothing, where they are too many."""
        if self._arriving[visitor] + self._abandoned[visitor] + self._waiting(visitor) + size > self._each:
            return False
        # What has arrived is on the disk too, in part or whole.
        if self._on_disk() + size > self._total:
            return False
        self._arriving[visitor] += size
        return True

    def end(self, visitor: str, size: int, reply: bytes | None) -> None:
        """Count an upload that ended.

        Parameters
        ----------
        visitor : str
        size : int
            Bytes of it that were taken.
        reply : bytes or None
            What Gradio replied to it, which lists its files; None if it was cut off, which leaves parts of files.
        """
        self._arriving[visitor] -= size
        self._connections -= 1
        try:
            paths = json.loads(reply or b"")
        except ValueError:
            paths = None
        if isinstance(paths, list):
            self._owners.update({Path(path): visitor for path in paths if isinstance(path, str)})
        else:
            self._abandoned[visitor] += size
        if not self._connections:
            # Whole files are moved to folders of their own.
            for file in self._folder.iterdir():
                if file.is_file():
                    file.unlink(missing_ok=True)
            self._arriving.clear()
            self._abandoned.clear()

    def owns(self, visitor: str, path: str) -> bool:
        """Return whether a visitor uploaded the file of a path."""
        return self._owners.get(Path(path)) == visitor

    def _waiting(self, visitor: str) -> int:
        for path in [path for path in self._owners if not path.exists()]:
            del self._owners[path]
        return sum(_size(path) for path, owner in self._owners.items() if owner == visitor)

    def _on_disk(self) -> int:
        return sum(map(_size, self._folder.rglob("*")))


def _size(file: Path) -> int:
    """Return the bytes of a file, 0 where it is gone meanwhile."""
    try:
        return file.stat().st_size if file.is_file() else 0
    except FileNotFoundError:
        return 0
