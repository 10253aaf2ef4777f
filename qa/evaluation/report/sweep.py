"""The page of a sweep: no script, all text escaped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qa.evaluation.analysis.sweep import settings_toml, sweep_cells
from qa.evaluation.report import figures, plots
from qa.evaluation.report.page import assets, render
from qa.files import write_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qa.evaluation.analysis.sweep import SweepResult
    from qa.types import JSONObject

SWEEP_PAGE = "sweep.html"

_MORE = ("right", "f1", "declined_answerable", "declined_unanswerable", "first_citation_hits_evidence")


def write_sweep(result: SweepResult, path: Path) -> None:
    """Write the page, replacing an earlier one; raises an `OSError` if it cannot be written."""
    more = [name for name in _MORE if name != result.measure]
    values = {
        **assets(["report.css", "comparison.css"]),
        "result": result,
        "plots": list(_plots(result)),
        "cells": sweep_cells,
        "more": [figures.metric_label(name) for name in more],
        "metrics": {one.name: [figures.formatted(one.metrics, name) for name in more] for one in result.tried},
        "toml": settings_toml(result),
    }
    write_file(path, render("sweep.html", values))


def _plots(result: SweepResult) -> Iterator[JSONObject]:
    """Yield title, drawing and caption of quality against time, and against memory."""
    for title, cost, label, front in (
        ("Quality and time", "milliseconds", "median milliseconds of a question", "fastest"),
        ("Quality and memory", "peak_mb", "peak memory, MB", "leanest"),
    ):
        points = [
            (getattr(one, cost), one.quality, one.low, one.high, f"{number}", getattr(one, front))
            for number, one in enumerate(result.tried, start=1)
            if getattr(one, cost) is not None
        ]
        if points:
            on = ", ".join(number for *_, number, drawn in points if drawn)
            caption = f"Settings that none of the others beats in both, by their number in the table: {on}."
            svg = plots.front(points, label, result.label, f"{title}. {caption}")
            yield {"title": title, "svg": svg, "caption": caption}
