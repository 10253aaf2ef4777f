"""A run in words for a terminal: what the report says above its plots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from qa.evaluation.report import figures
from qa.evaluation.report.write import REPORT_FILE

if TYPE_CHECKING:
    from qa.evaluation.runs.results import Run


def run_to_text(run: Run) -> str:
    """Return how the run went, every measure with its 95% interval, and where the report is."""
    return "\n".join([figures.summary(run), *_measures(run), "", f"Report: {run.folder / REPORT_FILE}"])


def _measures(run: Run) -> Iterator[str]:
    families = figures.families(run.metrics)
    shown = [figure for family in families for figure in family["figures"]]
    wide, high = (max(map(len, column)) for column in zip(*((one.label, one.value) for one in shown), strict=True))
    for family in families:
        yield ""
        yield family["title"]
        for figure in family["figures"]:
            # A terminal may lack the dash.
            interval = figure.interval.replace(figures.DASH, " to ")
            yield f"  {figure.label.ljust(wide)}  {figure.value.rjust(high)}  {interval}".rstrip()
