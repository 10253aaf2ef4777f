"""Add an article in a thread, and report its progress."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic

from qa.web.libraries import Added, Library, PartAdded

_MAX_SILENT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Reading:
    """How far an article has been read."""

    added: Added  # the article, as far as it can be searched
    seconds: float  # since its text was extracted

    @property
    def characters_per_second(self) -> float:
        """Reading speed."""
        return self.added.read * len(self.added.document.text) / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Estimated time for the rest; None before anything is read."""
        share = self.added.read
        return self.seconds * (1 - share) / share if share else None


def adding(library: Library, add: Callable[[PartAdded], Added]) -> Generator[Reading | None]:
    """Add an article in a thread, and yield its progress; the last value is the whole article.

    `add` calls its argument as more of the article is read. Yields at least once a second, None until the text is
    extracted, so that the server notices when the visitor has left. Closing the generator cancels the addition.

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
                part = parts.get(timeout=_MAX_SILENT_SECONDS)
            except Empty:
                if reading is None:
                    # A download cannot be interrupted: stop waiting for it.
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
