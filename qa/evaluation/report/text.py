"""A run as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from qa.evaluation.analysis.judged import agreement_to_text, read_judged
from qa.evaluation.report import figures
from qa.evaluation.report.write import REPORT_FILE

if TYPE_CHECKING:
    from qa.evaluation.runs.results import Run


def run_to_text(run: Run) -> str:
    """Return a summary, all metrics with their 95% intervals, and the path of the report."""
    return "\n".join([figures.summary(run), *_measures(run), "", f"Report: {run.folder / REPORT_FILE}"])


def _measures(run: Run) -> Iterator[str]:
    families = figures.families(run.metrics)
    judged = read_judged(run.folder)
    metrics = [metric for family in families for metric in family["metrics"]]
    widths = [max(map(len, column)) for column in zip(*((one.label, one.value) for one in metrics), strict=True)]
    for family in families:
        yield ""
        yield family["title"]
        if family["title"] == figures.LANGUAGE_MODEL and run.metrics["generated"].get("claim_precision") is not None:
            yield f"  {agreement_to_text(judged.sentences if judged else None, 'sentences')}"
        for metric in family["metrics"]:
            # A terminal may lack the dash.
            interval = metric.interval.replace(figures.DASH, " to ")
            yield f"  {metric.label.ljust(widths[0])}  {metric.value.rjust(widths[1])}  {interval}".rstrip()
