"""Adding an article in a thread, with its progress."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic

from qa.web.libraries import Added, Library, PartAdded

_SILENT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Reading:
    """How far an article has been read.

    Attributes
    ----------
    added : Added
        What can be searched of it.
    seconds : float
        What that took, after its text was extracted.
    """

    added: Added
    seconds: float

    @property
    def characters_per_second(self) -> float:
        """How fast it is read."""
        return self.added.read * len(self.added.document.text) / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """How long the rest may take; None before anything is read."""
        share = self.added.read
        return self.seconds * (1 - share) / share if share else None


def adding(library: Library, add: Callable[[PartAdded], Added]) -> Generator[Reading | None]:
    """Add an article in a thread; yield how far it has been read, at last whole.

    At least once a second the same is yielded again, None before its text is extracted: so a server notices that the
    visitor has left, and closes this, which cancels the adding.

    Parameters
    ----------
    library : Library
    add : callable
        Adds the article to it, and calls its argument as more of it is read.

    Raises
    ------
    QAError
        As raised by `add`.
    """
    cancellation = library.cancellation
    parts: SimpleQueue[Added | None] = SimpleQueue()
    pool = ThreadPoolExecutor(1, "adding")
    work = pool.submit(add, parts.put)
    work.add_done_callback(lambda _: parts.put(None))
    pool.shutdown(wait=False)
    reading: Reading | None = None
    started = monotonic()
    try:
        while True:
            try:
                part = parts.get(timeout=_SILENT_SECONDS)
            except Empty:
                if reading is None:
                    # What is fetched from the web ends by itself.
                    cancellation.check()
                yield reading
                continue
            if part is None:
                yield Reading(work.result(), monotonic() - started)
                return
            if reading is None:
                started = monotonic()
            reading = Reading(part, monotonic() - started)
            yield reading
    finally:
        if not work.done():
            cancellation.cancel()
