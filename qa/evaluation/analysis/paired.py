"""Whether one of two runs over the same questions is better in a measure: the difference, its interval, and a test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa.evaluation.metrics.bootstrap import Statistic, bootstrap, point, ratio

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qa.evaluation.metrics.scores import QuestionScore
    from qa.evaluation.metrics.summary import Measure

    Floats = NDArray[np.float64]

SWAPS = 10_000
"""Random swaps behind a p-value that is not worked out exactly; the smallest p-value is one over this."""

SIGNIFICANT = 0.05
"""Largest p-value at which a difference counts as one."""

_AT_ONCE = 100
_ROUNDING = 1e-9
_SEED = 4


@dataclass(frozen=True, slots=True)
class Difference:
    """How far a measure moved from one run to the other.

    Attributes
    ----------
    name, label : str
        Of the measure: its key in `metrics.json`, and what people call it.
    higher_is_better : bool
    questions : int
        Those to which the measure applies in either run.
    changed : int
        How many of them count otherwise in the other run.
    before, after : float
        The measure in the first and in the second run.
    difference : float
        `after` minus `before`.
    low, high : float
        Interval that holds the difference with 95% confidence.
    p_value : float
        Chance of a difference at least as large, either way, were the runs equally good; 0 to 1.
    """

    name: str
    label: str
    higher_is_better: bool
    questions: int
    changed: int
    before: float
    after: float
    difference: float
    low: float
    high: float
    p_value: float

    @property
    def verdict(self) -> str:
        """Return "better" or "worse" where interval and test both say so, "same" where nothing moved, else "unclear".

        Both must: of a few questions the interval is too narrow, and the test knows nothing of how far a measure moved.
        """
        if self.low == self.high == 0:
            return "same"
        if self.low <= 0 <= self.high or self.p_value > SIGNIFICANT:
            return "unclear"
        return "better" if (self.low > 0) == self.higher_is_better else "worse"


def paired_differences(
    before: Sequence[QuestionScore], after: Sequence[QuestionScore], measures: Sequence[Measure]
) -> Iterator[Difference]:
    """Compare two runs in each measure that has a value in both.

    The interval is the percentile bootstrap over questions, each drawn with its scores in both runs; see
    `qa.evaluation.metrics.bootstrap`. The p-value is that of `swap_test`. Neither is corrected for the number of
    measures.

    Parameters
    ----------
    before, after : sequence of QuestionScore
        Of the same questions in the same order, at least one.
    measures : sequence of Measure
    """
    import numpy as np

    size = len(before)
    pairs = {measure.name: (measure.statistic(before), measure.statistic(after)) for measure in measures}
    intervals = bootstrap({name: _gain(*pair) for name, pair in pairs.items()}, size)
    for measure in measures:
        first, second = (point(statistic, size) for statistic in pairs[measure.name])
        interval = intervals[measure.name]
        if first is None or second is None or interval is None:
            continue
        rows = _sums(measure, before), _sums(measure, after)
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
            p_value=swap_test(*rows),
        )


def swap_test(before: Floats, after: Floats) -> float:
    """Return the p-value of the paired randomisation test for a difference of two means, two-sided.

    Were the runs equally good, each question's two outcomes could as well have come from the other run. So they are
    swapped at random, and the p-value is the share of swaps that make the means differ at least as much as they do
    (Smucker, Allan and Carterette, "A Comparison of Statistical Significance Tests for Information Retrieval
    Evaluation", CIKM 2007). All swaps are tried for up to 13 questions that differ. Beyond, yes-or-no measures are
    worked out as McNemar's exact test, which is the same test; others from random swaps, the observed one counted in
    (Phipson and Smyth, "Permutation P-values Should Never Be Zero", 2010).

    Parameters
    ----------
    before, after : float array, shape (number of questions, 2)
        For each question what it adds to the numerator and to the denominator of the mean.
    """
    import numpy as np

    differs = np.any(before != after, axis=1)
    if not differs.any():
        return 1.0
    same = before[~differs].sum(axis=0)
    before, after = before[differs], after[differs]
    gains = after - before
    if len(gains) >= SWAPS.bit_length() and not gains[:, 1].any() and np.ptp(np.abs(gains[:, 0])) < _ROUNDING:
        from scipy.stats import binomtest

        # McNemar's exact test.
        return float(binomtest(int((gains[:, 0] > 0).sum()), len(gains)).pvalue)
    both = before.sum(axis=0) + after.sum(axis=0)

    def distance(swaps: NDArray[np.int8]) -> Floats:
        first = before.sum(axis=0) + swaps @ gains
        means = [ratio(total, count) for total, count in ((same + first).T, (same + both - first).T)]
        return np.abs(means[1] - means[0])

    reached = distance(np.zeros((1, len(gains)), dtype=np.int8))[0] - _ROUNDING
    extreme = total = 0
    for swaps in _swaps(len(gains)):
        # A swap that leaves a run without any value counts against a difference.
        extreme += int((~(distance(swaps) < reached)).sum())
        total += len(swaps)
    return extreme / total


def _gain(before: Statistic, after: Statistic) -> Statistic:
    return lambda weights: after(weights) - before(weights)


def _sums(measure: Measure, scores: Sequence[QuestionScore]) -> Floats:
    """Return what each question adds to the numerator and denominator of the measure, shape (questions, 2)."""
    import numpy as np

    rows = []
    for score in scores:
        value = measure.of(score)
        share = 0.0 if value is None else 1.0 if measure.share is None else measure.share(score)
        rows.append(((value or 0.0) * share, share))
    return np.array(rows, dtype=float)


def _swaps(questions: int) -> Iterator[NDArray[np.int8]]:
    """Yield swaps of shape (swaps, questions), 1 where a question is swapped: all there are, or random ones."""
    import numpy as np

    if 2**questions <= SWAPS:
        yield (np.arange(2**questions)[:, None] >> np.arange(questions) & 1).astype(np.int8)
        return
    yield np.zeros((1, questions), dtype=np.int8)
    random = np.random.default_rng(_SEED)
    for done in range(1, SWAPS, _AT_ONCE):
        yield random.integers(0, 2, size=(min(_AT_ONCE, SWAPS - done), questions), dtype=np.int8)
