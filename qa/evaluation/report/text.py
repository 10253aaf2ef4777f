"""A run as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from qa.evaluation.analysis.judged import agreement_to_text, read_judged
from qa.evaluation.report import figures
from qa.evaluation.report.write import REPORT_FILE
from qa.output.terminal import aligned

if TYPE_CHECKING:
    from qa.evaluation.runs.results import Run


def run_to_text(run: Run) -> str:
    """Return a summary, all metrics with their 95% intervals, and the path of the report."""
    return "\n".join([figures.summary(run), *_measures(run), "", f"Report: {run.folder / REPORT_FILE}"])


def _measures(run: Run) -> Iterator[str]:
    families = figures.families(run.metrics)
    judged = read_judged(run.folder)
    # A terminal may lack the dash.
    rows = [
        (metric.label, metric.value, metric.interval.replace(figures.DASH, " to "))
        for family in families
        for metric in family["metrics"]
    ]
    lines = iter(aligned(rows, "<><"))
    for family in families:
        yield ""
        yield family["title"]
        if family["title"] == figures.LANGUAGE_MODEL and run.metrics["generated"].get("claim_precision") is not None:
            yield f"  {agreement_to_text(judged.sentences if judged else None, 'sentences')}"
        yield from (f"  {line}" for line in islice(lines, len(family["metrics"])))
