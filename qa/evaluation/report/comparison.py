"""The page of a comparison: no script, all text escaped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qa.evaluation.analysis.comparison_text import cells, change_to_text, flip_groups, headline
from qa.evaluation.report.page import assets, render
from qa.files import write_file

if TYPE_CHECKING:
    from qa.evaluation.analysis.compare import Comparison

COMPARISON_FILE = "compare.html"
"""Default name of the report, in the folder of the second run."""


def write_comparison(comparison: Comparison, path: Path) -> None:
    """Write the page, replacing an earlier one; raises an `OSError` if it cannot be written."""
    values = {
        **assets(["report.css", "comparison.css"]),
        "comparison": comparison,
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
