"""Quality gates for continuous integration: limits of metrics, and no loss against an earlier run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite

from qa.errors import QAError
from qa.evaluation.analysis.compare import Comparison
from qa.evaluation.analysis.comparison_text import format_p


def parse_limits(texts: Iterable[str]) -> dict[str, float]:
    """Return the limit by measure from texts such as "f1=0.80"; raises `QAError` for any other text."""
    limits = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            limits[name.strip()] = float(value)
        except ValueError:
            raise QAError(f'--fail-under "{text}": expected a measure and its limit, for example f1=0.80') from None
        if not isfinite(limits[name.strip()]):
            raise QAError(f'--fail-under "{text}": the limit must be a finite number')
    return limits


def failed_gates(comparison: Comparison, at_least: Mapping[str, float], not_worse: Sequence[str]) -> list[str]:
    """Return a message for each gate that the second run fails.

    A measure in `at_least` must not be below its limit; the verdict on one in `not_worse` must not be "worse".

    Raises `QAError` if a measure is unknown; lists the known ones.
    """
    measured = {**comparison.metrics_b, **comparison.metrics_b.get("generated", {})}
    figures = {name: value for name, value in measured.items() if isinstance(value, int | float)}
    figures |= {measure.name: measure.after for measure in comparison.measures if measure.name not in figures}
    differences = {measure.name: measure for measure in comparison.measures}
    messages = []
    for name, limit in at_least.items():
        check_known("--fail-under", name, figures)
        if figures[name] < limit:
            messages.append(
                f"--fail-under {name}={limit:g}: {name} is {figures[name]:.4g}, below the limit of {limit:g}"
            )
    for name in not_worse:
        check_known("--fail-if-worse", name, differences)
        measure = differences[name]
        if measure.verdict == "worse":
            messages.append(
                f"--fail-if-worse {name}: {name} went from {measure.before:.4g} to {measure.after:.4g};"
                f" the 95% interval of the change is {measure.low:+.4g} to {measure.high:+.4g}, p {format_p(measure)}"
            )
    return messages


def check_known(option: str, name: str, known: Mapping[str, object]) -> None:
    """Raise a `QAError`, which lists the known measures, if there is none of this name."""
    if name not in known:
        raise QAError(f'{option}: no measure "{name}"; choose from: {", ".join(known)}')
