"""Cancellation: one thread ends the work of another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock

from qa.errors import CancelledError


class Cancellation:
    """Tells the thread that works to stop. Thread-safe."""

    def __init__(self) -> None:
        # Held while something is ended, so that nothing is ended that is over.
        self._lock = RLock()
        self._cancelled = False
        self._ends: list[Callable[[], object]] = []

    def cancel(self) -> None:
        """Have the work stop at its next `check`, and end what it waits for."""
        with self._lock:
            self._cancelled = True
            for end in self._ends:
                end()

    def check(self) -> None:
        """Raise `CancelledError` once the work is cancelled."""
        if self._cancelled:
            raise CancelledError

    @contextmanager
    def ending(self, end: Callable[[], object]) -> Iterator[None]:
        """Call `end` if the work is cancelled before or within the block, and raise `CancelledError` after it."""
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
