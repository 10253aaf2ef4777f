"""Paired comparison of two runs in a measure: difference, confidence interval and significance test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from qa.evaluation.analysis.power import SIGNIFICANT, smallest_observed
from qa.evaluation.metrics.bootstrap import Floats, Statistic, bootstrap, point, ratio
from qa.evaluation.metrics.scores import QuestionScore
from qa.evaluation.metrics.summary import Measure
from qa.types import JSONObject

SWAPS = 10_000
"""Random swaps for a p-value that is not exact; the smallest p-value is one over this."""

_AT_ONCE = 100
_ROUNDING = 1e-9
_SEED = 4


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference of a measure between two runs."""

    name: str  # of the measure in `metrics.json`
    label: str  # of the measure in reports
    higher_is_better: bool
    questions: int  # to which the measure applies in either run
    changed: int  # those of them with another value in the other run
    before: float
    after: float
    difference: float  # `after` minus `before`
    low: float  # of its 95% confidence interval
    high: float
    p_value: float  # two-sided
    # The smallest difference that such a comparison finds with 80% power, going by how many results changed; None if
    # unknown.
    smallest: float | None = None

    @property
    def verdict(self) -> str:
        """Return "better" or "worse" if interval and test agree on it, "same" if nothing changed, else "unclear".

        Both are needed: with few questions the interval is too narrow, and the test ignores the size of the difference.
        """
        if self.low == self.high == 0:
            return "same"
        if self.low <= 0 <= self.high or self.p_value > SIGNIFICANT:
            return "unclear"
        return "better" if (self.low > 0) == self.higher_is_better else "worse"

    def to_json(self) -> JSONObject:
        """Return the attributes and the verdict."""
        return {**asdict(self), "verdict": self.verdict}


def paired_differences(
    before: Sequence[QuestionScore], after: Sequence[QuestionScore], measures: Sequence[Measure]
) -> Iterator[Difference]:
    """Compare the scores of two runs, of the same questions in order, in each measure that has a value in both.

    The interval is a percentile bootstrap over questions, each drawn with both of its scores; see
    `qa.evaluation.metrics.bootstrap`. The p-value is from `randomization_test`. Neither is corrected for multiple
    comparisons.
    """
    size = len(before)
    pairs = {measure.name: (measure.statistic(before), measure.statistic(after)) for measure in measures}
    intervals = bootstrap({name: _gain(*pair) for name, pair in pairs.items()}, size)
    for measure in measures:
        first, second = (point(statistic, size) for statistic in pairs[measure.name])
        interval = intervals[measure.name]
        if first is None or second is None or interval is None:
            continue
        rows = [statistic.columns for statistic in pairs[measure.name]]
        values = list(zip(map(measure.value, before), map(measure.value, after), strict=True))
        yield Difference(
            name=measure.name,
            label=measure.label,
            higher_is_better=measure.higher_is_better,
            questions=int(((rows[0] + rows[1])[:, 1] > 0).sum()),
            changed=int(np.any(rows[0] != rows[1], axis=1).sum()),
            before=first,
            after=second,
            difference=second - first,
            low=interval[0],
            high=interval[1],
            p_value=randomization_test(*rows),
            smallest=smallest_observed(values, interval, weighted=measure.weight is not None),
        )


def randomization_test(before: Floats, after: Floats) -> float:
    """Return the two-sided p-value of the paired randomization test for a difference of two means.

    The scores of each question are swapped between the runs at random; the p-value is the share of swaps with a
    difference of the means at least as large as the observed one (Smucker, Allan and Carterette, "A Comparison of
    Statistical Significance Tests for Information Retrieval Evaluation", CIKM 2007). Up to 13 questions that differ,
    all swaps are tried. Beyond, binary measures use McNemar's exact test, which is the same; others use random swaps,
    the observed one included (Phipson and Smyth, "Permutation P-values Should Never Be Zero", 2010).

    Parameters
    ----------
    before, after : float array, shape (number of questions, 2)
        Contribution of each question to the numerator and the denominator of the mean.
    """
    differs = np.any(before != after, axis=1)
    if not differs.any():
        return 1.0
    same = before[~differs].sum(axis=0)
    before, after = before[differs], after[differs]
    gains = after - before
    if len(gains) >= SWAPS.bit_length() and not gains[:, 1].any() and np.ptp(np.abs(gains[:, 0])) < _ROUNDING:
        from scipy.special import bdtr

        # McNemar's exact test.
        gained = int((gains[:, 0] > 0).sum())
        return min(1.0, 2 * float(bdtr(min(gained, len(gains) - gained), len(gains), 0.5)))
    both = before.sum(axis=0) + after.sum(axis=0)

    def distance(swaps: NDArray[np.int8]) -> Floats:
        first = before.sum(axis=0) + swaps @ gains
        means = [ratio(total, count) for total, count in ((same + first).T, (same + both - first).T)]
        return np.abs(means[1] - means[0])

    reached = distance(np.zeros((1, len(gains)), dtype=np.int8))[0] - _ROUNDING
    extreme = total = 0
    for swaps in _swaps(len(gains)):
        # A swap that leaves a run without any value counts as extreme.
        extreme += int((~(distance(swaps) < reached)).sum())
        total += len(swaps)
    return extreme / total


def _gain(before: Statistic, after: Statistic) -> Statistic:
    return lambda weights: after(weights) - before(weights)


def _swaps(questions: int) -> Iterator[NDArray[np.int8]]:
    """Yield swaps of shape (swaps, questions), 1 where a question is swapped: all of them, or random ones."""
    if 2**questions <= SWAPS:
        yield (np.arange(2**questions)[:, None] >> np.arange(questions) & 1).astype(np.int8)
        return
    yield np.zeros((1, questions), dtype=np.int8)
    random = np.random.default_rng(_SEED)
    for done in range(1, SWAPS, _AT_ONCE):
        yield random.integers(0, 2, size=(min(_AT_ONCE, SWAPS - done), questions), dtype=np.int8)
