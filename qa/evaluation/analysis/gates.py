"""Rules that a run must keep, for continuous integration: a least figure, and no loss against the run before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING

from qa.errors import QAError
from qa.evaluation.analysis.comparison_text import p_in_words

if TYPE_CHECKING:
    from qa.evaluation.analysis.compare import Comparison


def parse_limits(texts: Iterable[str]) -> dict[str, float]:
    """Return the limit by measure from texts such as "f1=0.80".

    Raises
    ------
    QAError
        When a text is no name, "=" and number.
    """
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


def broken_rules(comparison: Comparison, at_least: Mapping[str, float], not_worse: Sequence[str]) -> list[str]:
    """Return what the second run breaks, a message for each rule; none when it keeps them all.

    Parameters
    ----------
    comparison : Comparison
    at_least : mapping of str to float
        The limit below which a measure of `metrics_b` must not lie.
    not_worse : sequence of str
        Measures that must not be worse than before: `qa.evaluation.analysis.paired.Difference.verdict`.

    Raises
    ------
    QAError
        When there is no such measure; lists those there are.
    """
    measured = {**comparison.metrics_b, **comparison.metrics_b.get("generated", {})}
    figures = {name: value for name, value in measured.items() if isinstance(value, int | float)}
    figures |= {measure.name: measure.after for measure in comparison.measures if measure.name not in figures}
    differences = {measure.name: measure for measure in comparison.measures}
    messages = []
    for name, limit in at_least.items():
        _check_known("--fail-under", name, figures)
        if figures[name] < limit:
            messages.append(
                f"--fail-under {name}={limit:g}: {name} is {figures[name]:.4g}, below the limit of {limit:g}"
            )
    for name in not_worse:
        _check_known("--fail-if-worse", name, differences)
        measure = differences[name]
        if measure.verdict == "worse":
            messages.append(
                f"--fail-if-worse {name}: {name} went from {measure.before:.4g} to {measure.after:.4g};"
                f" the 95% interval of the change is {measure.low:+.4g} to {measure.high:+.4g}, p {p_in_words(measure)}"
            )
    return messages


def _check_known(option: str, name: str, known: Mapping[str, object]) -> None:
    if name not in known:
        raise QAError(f'{option}: nothing is measured under the name "{name}"; measured: {", ".join(known)}')
