"""Answers as they come in -> what to show of them: not every word on its own, and nobody held up by a silent model."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic

from qa.types import Answer

SECONDS_BETWEEN = 0.1
"""Least time between two answers that are shown; of those that come in meanwhile the last is."""
SECONDS_SILENT = 0.25
"""Longest time without a word to whoever looks on."""


def paced(answers: Iterable[Answer]) -> Generator[Answer | None]:
    """Yield the newest answer, some times a second while they come in, and None now and then while none does; the last.

    They are read in a thread of its own, which ends with the first answer after this generator was closed.

    Raises
    ------
    QAError
        As reading raises it.
    """
    come: SimpleQueue[Answer | Exception | None] = SimpleQueue()
    closed = Event()

    def read() -> None:
        try:
            for answer in answers:
                if closed.is_set():
                    return
                come.put(answer)
            come.put(None)
        except Exception as error:  # raised where it is looked at
            come.put(error)

    Thread(target=read, daemon=True).start()
    newest: Answer | None = None
    shown = 0.0
    try:
        while True:
            wait = SECONDS_SILENT if newest is None else max(0.0, shown + SECONDS_BETWEEN - monotonic())
            try:
                item = come.get(timeout=wait)
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
