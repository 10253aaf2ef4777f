"""Check that the time of a function grows in proportion to the length of its text."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

FAST_SECONDS = 0.25
"""A text of full length that takes no longer than this is accepted, however the time grows."""

GROWTH_AT_START = 1.3
"""Largest growth accepted from a sixteenth of the text to a quarter."""

GROWTH = 1.75
"""Accepted between a quarter of the text and all of it. Quadratic time would be 4."""

ROUNDS = 5


def _seconds(function: Callable[[str], object], text: str) -> float:
    # A garbage collection would visit the objects of all earlier tests.
    gc.disable()
    try:
        started = time.process_time()
        function(text)
        return time.process_time() - started
    finally:
        gc.enable()


def _growth(function: Callable[[str], object], part: str, text: str) -> float:
    """Return the seconds of `text` over those of four runs of `part`, which has a quarter of its length.

    The runs of `part` come before and after that of `text`, so that a busy machine slows both alike.
    """
    before = [_seconds(function, part) for _ in range(2)]
    took = _seconds(function, text)
    return took / sum([*before, *(_seconds(function, part) for _ in range(2))])


def too_long(function: Callable[[str], object], text_of: Callable[[int], str], length: int) -> float:
    """Return 0 if the time is proportional to the length of the text, else the growth that was measured.

    A growth of 1 is proportional: four times the text takes four times as long. No limit in seconds decides, since
    machines differ; a time that is short even if it grows with the square of the length is accepted at once.
    """
    sixteenth = text_of(length // 16)
    at_start = _seconds(function, sixteenth)
    if at_start <= FAST_SECONDS / 256:
        return 0
    quarter = text_of(length // 4)
    took = _seconds(function, quarter)
    # Twice, since what the first call stores may have made it slower than it would be now.
    if took <= max(FAST_SECONDS / 16, 4 * GROWTH_AT_START * min(at_start, _seconds(function, sixteenth))):
        return 0
    if any(_growth(function, sixteenth, quarter) <= GROWTH_AT_START for _ in range(2)):
        return 0
    text = text_of(length)
    if _seconds(function, text) <= FAST_SECONDS:
        return 0
    for _ in range(ROUNDS):
        growth = _growth(function, quarter, text)
        if growth <= GROWTH:
            return 0
    return growth
