"""Cancellation of work in another thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock

from qa.errors import CancelledError


class Cancellation:
    """A flag that asks a working thread to stop. Thread-safe."""

    def __init__(self) -> None:
        # Held during `cancel`, so that no callback runs after its block has ended.
        self._lock = RLock()
        self._cancelled = False
        self._ends: list[Callable[[], object]] = []

    def cancel(self) -> None:
        """Stop the work at its next `check`, and call the functions passed to `on_cancel`."""
        with self._lock:
            self._cancelled = True
            for end in self._ends:
                end()

    def check(self) -> None:
        """Raise `CancelledError` if the work is cancelled."""
        if self._cancelled:
            raise CancelledError

    @contextmanager
    def on_cancel(self, end: Callable[[], object]) -> Iterator[None]:
        """Call `end` if the work is cancelled before the end of the block; then raise `CancelledError` after it."""
        with self._lock:
            self._ends.append(end)
            if self._cancelled:
                end()
        try:
            yield
        finally:
            with self._lock:
                self._ends.remove(end)
        self.check()
