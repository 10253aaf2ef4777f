"""The report of a comparison: one page without a script, in which all that is shown is escaped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qa.evaluation.analysis.comparison_text import cells, change_in_words, flip_groups, headline
from qa.evaluation.report.page import render
from qa.files import write_file

if TYPE_CHECKING:
    from qa.evaluation.analysis.compare import Comparison

COMPARISON_FILE = "compare.html"
"""Default name of the report, in the folder of the second run."""


def write_comparison(comparison: Comparison, path: Path) -> None:
    """Write the page over what stood there.

    Raises
    ------
    OSError
        When the file cannot be written.
    """
    values = {
        "comparison": comparison,
        "headline": headline(comparison),
        "summary": _summary(comparison),
        "groups": list(flip_groups(comparison.flips)),
        "cells": cells,
        "change_in_words": change_in_words,
    }
    write_file(path, render("comparison.html", values))


def _summary(comparison: Comparison) -> str:
    """Return in what the second run is worse, and in what better."""
    said = []
    for verdict in ("worse", "better"):
        labels = [measure.label for measure in comparison.measures if measure.verdict == verdict]
        if labels:
            said.append(f"The second run is {verdict} in: {'; '.join(labels)}.")
    return " ".join(said) or "No measure differs by more than chance explains."
