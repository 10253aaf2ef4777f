"""Limit how often an unfinished answer is redrawn, without waiting for a silent language model."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic

from qa.types import Answer

MIN_SECONDS_BETWEEN = 0.1  # between two answers that are yielded; intermediate ones are dropped
MAX_SILENT_SECONDS = 0.25  # between two values; None is yielded if there is no newer answer


def throttled(answers: Iterable[Answer]) -> Generator[Answer | None]:
    """Yield the newest answer every `MIN_SECONDS_BETWEEN`, None after `MAX_SILENT_SECONDS` without one, and the last.

    A thread reads `answers`, and ends at the first answer after this generator is closed.

    Raises
    ------
    QAError
        Raised by `answers`.
    """
    received: SimpleQueue[Answer | Exception | None] = SimpleQueue()
    closed = Event()

    def read() -> None:
        try:
            for answer in answers:
                if closed.is_set():
                    return
                received.put(answer)
            received.put(None)
        except Exception as error:  # raised by the generator
            received.put(error)

    Thread(target=read, daemon=True).start()
    newest: Answer | None = None
    shown = 0.0
    try:
        while True:
            wait = MAX_SILENT_SECONDS if newest is None else max(0.0, shown + MIN_SECONDS_BETWEEN - monotonic())
            try:
                item = received.get(timeout=wait)
            except Empty:
                yield newest
                newest, shown = None, monotonic()
                continue
            if isinstance(item, Exception):
                raise item
            if item is None:
                break
            newest = item
        if newest is not None:
            yield newest
    finally:
        closed.set()
