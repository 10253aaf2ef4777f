"""The page of many runs: trends, filters, and the history of each question."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qa.evaluation.report import figures, plots
from qa.evaluation.report.page import assets, render
from qa.files import write_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qa.evaluation.analysis.history import History, PastRun
    from qa.types import JSONObject

HISTORY_PAGE = "runs.html"

_DRAWN = (
    "right",
    "f1",
    "first_citation_hits_evidence",
    "declined_answerable",
    "declined_unanswerable",
    "latency_ms_median",
)
_SIGNS = {True: "r", False: "w", None: "-"}


def write_history(history: History, path: Path) -> None:
    """Write the page, replacing an earlier one; raises an `OSError` if it cannot be written."""
    shown = [name for name in _DRAWN if any(run.metrics.get(name) is not None for run in history.runs)]
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
                "tags": [name for name in ("flaky", "broken", "fixed") if getattr(one, name)],
            }
            for one in history.questions
        ],
    }
    flaky, broken = (sum(getattr(one, name) for one in history.questions) for name in ("flaky", "broken"))
    values = {
        **assets(["report.css", "comparison.css", "history.css"], ["table.js", "history.js"], data),
        "name": history.folder.resolve().name or "runs",
        "history": history,
        "sets": list(dict.fromkeys(run.question_set for run in history.runs)),
        "columns": [figures.metric_label(name) for name in shown],
        "rows": [_row(run, shown) for run in history.runs],
        "plots": list(_plots(history, shown)),
        "flaky": flaky,
        "broken": broken,
    }
    write_file(path, render("history.html", values))


def _row(run: PastRun, shown: list[str]) -> JSONObject:
    return {
        "name": run.name,
        "started": figures.moment(run.started),
        "version": run.version,
        "set": run.question_set,
        "differs": run.differs,
        "cells": [figures.formatted(run.metrics, name) for name in shown],
    }


def _plots(history: History, shown: list[str]) -> Iterator[JSONObject]:
    """Yield title, drawing and caption of the trend of each measure."""
    for name in shown:
        points = [
            (number, value, *(run.metrics["intervals"].get(name) or (value, value)))
            for number, run in enumerate(history.runs, start=1)
            if (value := run.metrics.get(name)) is not None
        ]
        label = figures.metric_label(name)
        first, last = (figures.formatted(history.runs[points[at][0] - 1].metrics, name)[0] for at in (0, -1))
        caption = f"{first} in the first run, {last} in the last; 95% intervals."
        svg = plots.trend(points, len(history.runs), f"{label}: {caption}", percent="latency" not in name)
        yield {"title": label, "svg": svg, "caption": caption}
