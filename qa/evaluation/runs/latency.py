"""Throughput and peak memory over all passes of a resumed run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qa.evaluation.metrics.summary import Metrics
    from qa.types import JSONObject

_NOTHING_ASKED: JSONObject = {"questions": 0, "seconds": 0.0, "peak_memory_mb": None}


def with_pass(description: JSONObject, questions: int, seconds: float) -> JSONObject:
    """Return the content of `run.json` with another pass added under "asking".

    Questions that failed, and the time in which models were loaded, are included.
    """
    before = _asked(description)
    peaks = [peak for peak in (before["peak_memory_mb"], peak_memory_mb()) if peak is not None]
    now = {
        "questions": before["questions"] + questions,
        "seconds": before["seconds"] + seconds,
        "peak_memory_mb": max(peaks, default=None),
    }
    return {**description, "asking": now}


def throughput(description: JSONObject) -> Metrics:
    """Return "questions_per_second" and "peak_memory_mb" over all passes in a `run.json`; None if unknown."""
    asked = _asked(description)
    rate = asked["questions"] / asked["seconds"] if asked["seconds"] else None
    return {"questions_per_second": rate, "peak_memory_mb": asked["peak_memory_mb"]}


def peak_memory_mb() -> float | None:
    """Return the peak memory of this process in megabytes (1,000,000 bytes); None on Windows."""
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # In bytes on macOS, in units of 1024 bytes elsewhere.
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6


def _asked(description: JSONObject) -> JSONObject:
    # Early runs recorded none.
    return {**_NOTHING_ASKED, **description.get("asking", {})}
