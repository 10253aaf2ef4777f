"""Check that the time of a function grows in proportion to the length of its text."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

LIMIT_SECONDS = 0.25
"""A text of full length that takes no longer than this is accepted on any machine."""


def _seconds(function: Callable[[str], object], text: str) -> float:
    # A garbage collection would visit the objects of all earlier tests.
    gc.disable()
    try:
        started = time.process_time()
        function(text)
        return time.process_time() - started
    finally:
        gc.enable()


def too_long(function: Callable[[str], object], text_of: Callable[[int], str], length: int) -> float:
    """Return 0 if the time is proportional to the length of the text, else the seconds for a text of `length`.

    A sixteenth or a quarter of the text is usually enough: either the full length would be fast enough even if the time
    were quadratic, or four times the text takes at most 5.5 times as long. Otherwise the full text is timed, and if it
    is over the limit, the best of three times counts, since the machine may be busy. Up to four times the limit is
    accepted if four times the text takes at most seven times as long; quadratic time would be sixteen times as long.
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
