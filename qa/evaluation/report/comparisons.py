"""Pages that compare runs: two runs, the settings of a sweep, and all runs of a folder; all text is escaped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from qa.evaluation.analysis.compare import Comparison
from qa.evaluation.analysis.comparison_text import cells, change_to_text, flip_groups, headline
from qa.evaluation.analysis.history import CHANGES, History
from qa.evaluation.analysis.sweep import SweepResult, settings_toml, sweep_cells
from qa.evaluation.report import figures, plots
from qa.evaluation.report.page import assets, render
from qa.files import write_file
from qa.output.text import counted

COMPARISON_FILE = "compare.html"
"""Default name of the report, in the folder of the second run."""

SWEEP_PAGE = "sweep.html"

HISTORY_PAGE = "runs.html"

_MEASURES = ("right", "f1", "first_citation_hits_evidence", "declined_answerable", "declined_unanswerable")
_SIGNS = {True: "r", False: "w", None: "-"}


def write_comparison(comparison: Comparison, path: Path) -> None:
    """Write the page, replacing an earlier one; raises an `OSError` if it cannot be written."""
    values = {
        **assets(["report.css", "comparison.css"]),
        "comparison": comparison,
        "names": " → ".join(folder.resolve().name for folder in (comparison.folder_a, comparison.folder_b)),
        "headline": headline(comparison),
        "summary": _summary(comparison),
        "groups": list(flip_groups(comparison.flips)),
        "cells": cells,
        "change_to_text": change_to_text,
    }
    write_file(path, render("comparison.html", values))


def _summary(comparison: Comparison) -> str:
    """Return in which measures the second run is worse or better."""
    sentences = []
    for verdict in ("worse", "better"):
        labels = [measure.label for measure in comparison.measures if measure.verdict == verdict]
        if labels:
            sentences.append(f"The second run is {verdict} in: {'; '.join(labels)}.")
    return " ".join(sentences) or "No measure differs significantly."


def write_sweep(result: SweepResult, path: Path) -> None:
    """Write the page, replacing an earlier one; raises an `OSError` if it cannot be written."""
    more = [name for name in _MEASURES if name != result.measure]
    values = {
        **assets(["report.css", "comparison.css"]),
        "result": result,
        "plots": list(_sweep_plots(result)),
        "cells": sweep_cells,
        "more": [figures.LABELS[name] for name in more],
        "metrics": {one.name: [figures.formatted(one.metrics, name) for name in more] for one in result.tried},
        "toml": settings_toml(result),
    }
    write_file(path, render("sweep.html", values))


def _sweep_plots(result: SweepResult) -> Iterator[plots.Plot]:
    """Yield plots of quality against time, and against memory."""
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
            yield title, svg, caption


def write_history(history: History, path: Path) -> None:
    """Write the page, replacing an earlier one; raises an `OSError` if it cannot be written."""
    shown = [
        name
        for name in (*_MEASURES, "latency_ms_median")
        if any(run.metrics.get(name) is not None for run in history.runs)
    ]
    data = {
        "runs": [
            {
                "set": run.question_set,
                "text": " ".join((run.name, run.started, run.version, run.differs)).lower(),
            }
            for run in history.runs
        ],
        "questions": [
            {
                "id": one.id,
                "question": one.question,
                "signs": "".join(_SIGNS[right] for right in one.correct),
                "summary": one.summary,
                "tags": [name for name in CHANGES if getattr(one, name)],
            }
            for one in history.questions
        ],
    }
    values = {
        **assets(["report.css", "comparison.css", "history.css"], ["table.js", "history.js"], data),
        "name": history.folder.resolve().name or "runs",
        "history": history,
        "columns": [figures.LABELS[name] for name in shown],
        "cells": [[figures.formatted(run.metrics, name) for name in shown] for run in history.runs],
        "moment": figures.moment,
        "plots": list(_trends(history, shown)),
        "counted": counted,
    }
    write_file(path, render("history.html", values))


def _trends(history: History, shown: list[str]) -> Iterator[plots.Plot]:
    """Yield a plot of the trend of each measure."""
    for name in shown:
        points = [
            (number, value, *(run.metrics["intervals"].get(name) or (value, value)))
            for number, run in enumerate(history.runs, start=1)
            if (value := run.metrics.get(name)) is not None
        ]
        label = figures.LABELS[name]
        first, last = (figures.formatted(history.runs[points[at][0] - 1].metrics, name)[0] for at in (0, -1))
        caption = f"{first} in the first run, {last} in the last; 95% intervals."
        svg = plots.trend(points, len(history.runs), f"{label}: {caption}", percent="latency" not in name)
        yield label, svg, caption
