"""Quality gates for continuous integration: limits of metrics, and no loss against an earlier run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite

from qa.errors import QAError
from qa.evaluation.analysis.compare import COMPARED, Comparison
from qa.evaluation.analysis.comparison_text import format_p

_LOWER_IS_BETTER = {measure.name for measure in COMPARED if not measure.higher_is_better} | {
    "errors",
    "risk_coverage_area",
    "expected_calibration_error",
    "latency_ms_median",
    "latency_ms_p95",
    "latency_ms_p99",
    "peak_memory_mb",
    "generate_seconds_median",
    "generate_seconds_p95",
    "cost",
}


def parse_limits(option: str, texts: Iterable[str]) -> dict[str, float]:
    """Return the limit by measure from texts such as "f1=0.80"; raises `QAError` for any other text."""
    limits = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            limits[name.strip()] = float(value)
        except ValueError:
            raise QAError(f'{option} "{text}": expected a measure and its limit, for example f1=0.80') from None
        if not isfinite(limits[name.strip()]):
            raise QAError(f'{option} "{text}": the limit must be a finite number')
    return limits


def failed_gates(
    comparison: Comparison, at_least: Mapping[str, float], at_most: Mapping[str, float], not_worse: Sequence[str]
) -> list[str]:
    """Return a message for each gate that the second run fails.

    A measure in `at_least` must not be below its limit, one in `at_most` not above it; the verdict on one in
    `not_worse` must not be "worse".

    Raises `QAError` if a measure is unknown, and lists the known ones; or if the better values of a measure would fail.
    """
    measured = {**comparison.metrics_b, **comparison.metrics_b.get("generated", {})}
    figures = {name: value for name, value in measured.items() if isinstance(value, int | float)}
    figures |= {measure.name: measure.after for measure in comparison.measures if measure.name not in figures}
    differences = {measure.name: measure for measure in comparison.measures}
    messages = list(_broken("--fail-under", at_least, figures)) + list(_broken("--fail-over", at_most, figures))
    for name in not_worse:
        check_known("--fail-if-worse", name, differences)
        measure = differences[name]
        if measure.verdict == "worse":
            messages.append(
                f"--fail-if-worse {name}: {name} went from {measure.before:.4g} to {measure.after:.4g};"
                f" the 95% interval of the change is {measure.low:+.4g} to {measure.high:+.4g}, p {format_p(measure)}"
            )
    return messages


def _broken(option: str, limits: Mapping[str, float], figures: Mapping[str, float]) -> Iterator[str]:
    """Yield a message for each limit that a figure breaks."""
    under = option == "--fail-under"
    refused = _LOWER_IS_BETTER if under else {measure.name for measure in COMPARED} - _LOWER_IS_BETTER
    for name, limit in limits.items():
        check_known(option, name, figures)
        if name in refused:
            better, other = ("lower", "--fail-over") if under else ("higher", "--fail-under")
            raise QAError(f"{option} {name}={limit:g}: {better} values of {name} are better; use {other}")
        if figures[name] < limit if under else figures[name] > limit:
            side = "below" if under else "above"
            yield f"{option} {name}={limit:g}: {name} is {figures[name]:.4g}, {side} the limit of {limit:g}"


def check_known(option: str, name: str, known: Mapping[str, object]) -> None:
    """Raise a `QAError`, which lists the known measures, if there is none of this name."""
    if name not in known:
        raise QAError(f'{option}: no measure "{name}"; choose from: {", ".join(known)}')
