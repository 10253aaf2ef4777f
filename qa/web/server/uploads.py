"""Byte quotas for requests that are arriving and for uploads that are not read yet."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from time import monotonic

_SECONDS_BETWEEN_MEASUREMENTS = 1.0  # in between, the bytes that arrive are added to what was measured


class BodyQuota:
    """Counts the bytes of requests that are still arriving, of each visitor and in total."""

    def __init__(self, per_visitor: int, total: int) -> None:
        self._per_visitor = per_visitor
        self._total = total
        self._bytes: Counter[str] = Counter()

    def take(self, visitor: str, size: int) -> bool:
        """Count bytes that arrived from a visitor; return False, and count nothing, if they exceed the quota."""
        if self._bytes[visitor] + size > self._per_visitor or self._bytes.total() + size > self._total:
            return False
        self._bytes[visitor] += size
        return True

    def release(self, visitor: str, size: int) -> None:
        """Subtract the bytes of a request that has ended."""
        self._bytes[visitor] -= size
        if self._bytes[visitor] <= 0:
            del self._bytes[visitor]


class UploadQuota:
    """Counts the bytes of uploads, of each visitor and in total: those arriving, and those in `folder` not read yet."""

    def __init__(self, folder: Path, per_visitor: int, total: int) -> None:
        self._folder = folder
        self._per_visitor = per_visitor
        self._total = total
        self._open = 0
        self._owners: dict[Path, str] = {}
        self._arriving: Counter[str] = Counter()
        self._abandoned: Counter[str] = Counter()
        self._stored: Counter[str] = Counter()
        self._on_disk = 0
        self._measured: float | None = None

    def begin(self) -> None:
        """Count an upload that begins; it uses the quota only as its bytes arrive."""
        self._open += 1

    def take(self, visitor: str, size: int) -> bool:
        """Count bytes that arrived from a visitor; return False, and count nothing, if they exceed the quota."""
        if self._measured is None or monotonic() - self._measured >= _SECONDS_BETWEEN_MEASUREMENTS:
            self._measure()
        own = self._arriving[visitor] + self._abandoned[visitor] + self._stored[visitor]
        # Some of what has arrived is on the disk already.
        if own + size > self._per_visitor or self._on_disk + size > self._total:
            return False
        self._arriving[visitor] += size
        self._on_disk += size
        return True

    def end(self, visitor: str, size: int, reply: bytes | None) -> None:
        """Count an upload that ended, of whose bytes `size` were counted.

        Gradio's reply lists the files; it is None if the upload was cut off and left incomplete files.
        """
        self._arriving[visitor] -= size
        self._open -= 1
        try:
            paths = json.loads(reply or b"")
        except ValueError:
            paths = None
        if isinstance(paths, list):
            self._owners.update({Path(path): visitor for path in paths if isinstance(path, str)})
            self._stored[visitor] += size
        else:
            self._abandoned[visitor] += size
        if not self._open:
            # Gradio moves complete files to folders of their own; what is left here is incomplete.
            for file in self._folder.iterdir():
                if file.is_file():
                    file.unlink(missing_ok=True)
            self._arriving.clear()
            self._abandoned.clear()

    def owns(self, visitor: str, path: str) -> bool:
        """Return whether a visitor uploaded the file at a path."""
        return self._owners.get(Path(path)) == visitor

    def _measure(self) -> None:
        """Measure the disk, and drop the files that were read and deleted since."""
        self._owners = {path: owner for path, owner in self._owners.items() if path.exists()}
        self._stored = Counter()
        for path, owner in self._owners.items():
            self._stored[owner] += _size(path)
        self._on_disk = sum(map(_size, self._folder.rglob("*")))
        self._measured = monotonic()


def _size(file: Path) -> int:
    """Return the bytes of a file, 0 if it was deleted meanwhile."""
    try:
        return file.stat().st_size if file.is_file() else 0
    except FileNotFoundError:
        return 0
