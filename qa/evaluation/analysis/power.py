"""What a question set can resolve: the smallest difference that a comparison of two runs detects.

A comparison of shares is McNemar's exact test over the questions whose result changed, so its power is computed
exactly: over the number of changed questions, which is binomial, and over how many of them were gained. For other
means, the power is that of a normal difference with the standard error of the bootstrap. Both are checked by simulation
in the tests. Connor, "Sample size for testing differences in proportions for the paired-sample design" (Biometrics 43,
1987).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, sqrt

import numpy as np

from qa.errors import QuestionSetError
from qa.evaluation.datasets.fields import preview
from qa.evaluation.datasets.types import Question
from qa.evaluation.metrics.scores import QuestionScore, score
from qa.evaluation.metrics.slices import groupings
from qa.evaluation.metrics.summary import BREAKDOWN_MEASURES, Measure
from qa.evaluation.runs.results import Run
from qa.output.terminal import aligned

SIGNIFICANT = 0.05
"""Largest p-value of a significant difference."""

POWER = 0.8
"""Share of comparisons that detect a difference of the stated size."""

WANTED_DIFFERENCE = 0.02
"""The difference for which the number of questions needed is given."""

MAX_READABLE = 0.2
"""A slice that detects only larger differences than this is too small to read."""

CORRELATION = 0.5
"""Assumed correlation between the results of two runs on a question, if only one run is known."""

_NORMAL_TAIL, _NORMAL_POWER = 1.959964, 0.841621
_MAX_QUESTIONS = 10_000_000
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a question set can resolve in a measure, or in a slice of its questions."""

    name: str  # of the measure, or of the grouping
    label: str  # of the measure, or the name of the group
    questions: int  # to which the measure applies
    smallest: float | None  # difference that a comparison detects with 80% power; None if it detects none
    more: int | None = None  # questions needed in addition to detect 2 points; None for slices

    @property
    def readable(self) -> bool:
        """Whether differences of 20 points are found."""
        return self.smallest is not None and self.smallest <= MAX_READABLE


@dataclass(frozen=True, slots=True)
class SetPower:
    """What a question set can resolve; slices by the measure "right when answered"."""

    measures: tuple[Resolution, ...]
    slices: tuple[Resolution, ...]


def share_power(difference: float, changed: float, questions: int) -> float:
    """Return the probability that a comparison detects a difference between two shares.

    `changed` is the share of the questions whose result differs between the runs, at least the difference.
    """
    from scipy.special import bdtrc, gammaln, xlog1py, xlogy

    middle, spread = questions * changed, 8 * sqrt(questions * changed * (1 - changed)) + 1
    # Of no changed questions, none are gained.
    counts = np.arange(max(1, int(middle - spread)), min(questions, ceil(middle + spread)) + 1)
    # The normal approximation is exact, or too high by one.
    most = np.minimum(np.ceil((counts + _NORMAL_TAIL * np.sqrt(counts) - 1) / 2), counts)
    most -= bdtrc(most - 1, counts, 0.5) <= SIGNIFICANT / 2
    found = bdtrc(most, counts, (1 + difference / changed) / 2)
    orders = gammaln(questions + 1) - gammaln(counts + 1) - gammaln(questions - counts + 1)
    return float(np.exp(orders + xlogy(counts, changed) + xlog1py(questions - counts, -changed)) @ found)


@lru_cache(maxsize=1000)
def smallest_share(changed: float, questions: int) -> float | None:
    """Return the smallest difference of shares detected with 80% power; None if even 1 is not.

    `changed` is the share of the questions whose result differs between the runs; at least the difference is assumed.
    """
    from scipy.optimize import bisect

    if not questions or share_power(1.0, 1.0, questions) < POWER:
        return None

    def lacking(difference: float) -> float:
        return POWER - share_power(difference, max(changed, difference), questions)

    return float(bisect(lacking, _TOLERANCE, 1.0, xtol=_TOLERANCE))


def smallest_mean(standard_error: float) -> float | None:
    """Return the smallest difference of means detected with 80% power; None if the standard error is 0, or rounding."""
    return (_NORMAL_TAIL + _NORMAL_POWER) * standard_error if standard_error > _TOLERANCE else None


def questions_for_share(difference: float, changed: float) -> int:
    """Return how many questions detect a difference of shares with 80% power; see `smallest_share`."""
    changed = max(changed, difference)
    low, high = 0, 8
    while share_power(difference, changed, high) < POWER and high < _MAX_QUESTIONS:
        low, high = high, 2 * high
    while high - low > max(1, low // 1000):
        middle = (low + high) // 2
        low, high = (middle, high) if share_power(difference, changed, middle) < POWER else (low, middle)
    return high


def smallest_observed(
    values: Sequence[tuple[float | None, float | None]], interval: Sequence[float], *, weighted: bool = False
) -> float | None:
    """Return the smallest difference that a comparison detects, given how the results of its runs differ.

    The values are those of each question before and after; None where the measure does not apply. The 95% interval of
    the difference gives the standard error of measures that are not shares, or in which some questions count more.
    """
    shares = not weighted and all(value in {None, 0, 1} for pair in values for value in pair)
    if shares and all((before is None) == (after is None) for before, after in values):
        both = [pair for pair in values if pair[0] is not None]
        return smallest_share(sum(before != after for before, after in both) / len(both), len(both)) if both else None
    return smallest_mean((interval[1] - interval[0]) / (2 * _NORMAL_TAIL))


def set_power(questions: Sequence[Question], run: Run | None = None) -> SetPower:
    """Return what a question set can resolve; the run is over these questions, and possibly more.

    Without a run, half of the results are assumed to be right, the hardest case. The results of two runs on a question
    are assumed to correlate by `CORRELATION`; `qa.evaluation.analysis.compare` states what two given runs resolve.

    Raises `QuestionSetError` if the run lacks a question.
    """
    scores = {one.id: one for one in run.scores} if run else {one.id: score(one, None, {}) for one in questions}
    if missing := [question.id for question in questions if question.id not in scores]:
        where = run.folder if run else ""
        raise QuestionSetError(f"{where}: does not ask {preview(missing[0])} of the set; choose a run of this set")
    own = [scores[question.id] for question in questions]
    known = run is not None
    right = next(measure for measure in BREAKDOWN_MEASURES if measure.name == "right")
    measures = (
        _resolution(measure.name, measure.label, _values(measure, questions, own), known=known, count_more=True)
        for measure in BREAKDOWN_MEASURES
    )
    slices = (
        _resolution(
            grouping, group, _values(right, [questions[at] for at in rows], [own[at] for at in rows]), known=known
        )
        for grouping, groups in groupings(own, questions).items()
        for group, rows in groups.items()
    )
    return SetPower(tuple(found for found in measures if found.questions), tuple(slices))


def _resolution(name: str, label: str, values: Sequence[float], *, known: bool, count_more: bool = False) -> Resolution:
    """Return what the results of some questions resolve; if they are unknown, only their number counts."""
    is_share = not known or set(values) <= {0, 1}
    changed = _changed(float(np.mean(values)) if known and values else 0.5)
    if is_share:
        smallest = smallest_share(changed, len(values))
    else:
        smallest = smallest_mean(float(np.std(values)) * sqrt(2 * (1 - CORRELATION) / len(values)))
    more = None
    if count_more and smallest is not None:
        larger = ceil(len(values) * (smallest / WANTED_DIFFERENCE) ** 2)
        needed = questions_for_share(WANTED_DIFFERENCE, changed) if is_share else larger
        more = max(0, needed - len(values))
    return Resolution(name, label, len(values), smallest, more)


def _values(measure: Measure, questions: Sequence[Question], scores: Sequence[QuestionScore]) -> list[float]:
    """Return the values of the questions to which a measure applies."""
    if measure.name == "right" and all(one.failed for one in scores):
        # Nothing is answered yet: count the questions that can be judged.
        return [0.0 for one in questions if one.answers or one.evidence or not one.answerable]
    return [float(value) for value in map(measure.value, scores) if value is not None]


def _changed(share: float) -> float:
    """Return the share of results that differ between two runs in which this share is right, with `CORRELATION`."""
    return 2 * share * (1 - share) * (1 - CORRELATION)


def power_to_text(power: SetPower) -> str:
    """Return what a set resolves as a table, with the slices that are too small to read."""
    head = ("measure", "questions", "finds from", f"more for {100 * WANTED_DIFFERENCE:g} points")
    rows = [head, *((one.label, f"{one.questions:,}", _points(one), _more(one)) for one in power.measures)]
    small = [one for one in power.slices if not one.readable]
    verdict = "No slice is too small to read."
    if small:
        of_all, points = f"{len(small)} of {len(power.slices)}", f"{100 * MAX_READABLE:g} points"
        verdict = f"Slices too small to read ({of_all}): in right answers, they show only changes of more than {points}"
    listed = (f"  {one.name}: {preview(one.label)} ({one.questions:,}): {_points(one)}" for one in small)
    note = f"finds from: the smallest change that {POWER:.0%} of comparisons detect"
    return "\n".join([*aligned(rows, "<>>>"), "", note, "", verdict, *listed])


def _points(one: Resolution) -> str:
    return "none" if one.smallest is None else f"{100 * one.smallest:.1f} points"


def _more(one: Resolution) -> str:
    return "-" if one.more is None else f"{one.more:,}"
