"""How the time that a function takes grows with its text."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

LIMIT_SECONDS = 0.5
"""What a text of full length may take on any machine."""


def _seconds(function: Callable[[str], object], text: str) -> float:
    # A collection would look at all objects of the tests that ran before.
    gc.disable()
    try:
        started = time.process_time()
        function(text)
        return time.process_time() - started
    finally:
        gc.enable()


def too_long(function: Callable[[str], object], text_of: Callable[[int], str], length: int) -> float:
    """Return 0 where the time grows no faster than the text, else the seconds that a text of this length took.

    A small part decides in most cases: even if the time grew with the square of the text, the whole would be fast
    enough, or four times the text takes at most 5.5 times as long. What is left is given the whole. The best of three
    times decides then, since the machine may be busy, and up to four times the limit is allowed where four times the
    text takes at most seven times as long; a time that grows with the square would be sixteen times as long.
    """
    small = text_of(length // 16)
    least = _seconds(function, small)
    if least <= LIMIT_SECONDS / 256:
        return 0
    quarter = _seconds(function, text_of(length // 4))
    if quarter <= LIMIT_SECONDS / 16:
        return 0
    if quarter <= LIMIT_SECONDS / 4 and quarter <= 5.5 * min(least, _seconds(function, small)):
        return 0
    took = _seconds(function, text_of(length))
    if took <= LIMIT_SECONDS:
        return 0
    took, quarter = (min(_seconds(function, text_of(part)) for _ in range(3)) for part in (length, length // 4))
    return 0 if took <= LIMIT_SECONDS or (took <= 4 * LIMIT_SECONDS and took <= 7 * quarter) else took
