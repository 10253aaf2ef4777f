"""Bootstrap confidence intervals over questions.

Questions are resampled with replacement 1,000 times; the interval is the middle 95% of the statistic's values (the
percentile method of Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13). A resample is stored
as weights, the count of each question, so that a statistic is computed for many resamples at once. The seed is fixed.
With fewer than about thirty questions, intervals are too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""Weights of questions, shape (draws, questions) -> a value for each draw, NaN if undefined."""

RESAMPLES = 1000
"""Resamples for an interval."""

COVERAGE = 0.95
"""Nominal coverage of an interval."""

_SEED = 4
# Limits the memory to some tens of megabytes; each batch of draws reads all columns, of 100,000 questions 50 MB.
_WEIGHTS_AT_ONCE = 1_000_000


def point(statistic: Statistic, questions: int) -> float | None:
    """Return the statistic with each question counted once; None if undefined."""
    if questions == 0:
        return None
    value = float(statistic(np.ones((1, questions)))[0])
    return None if np.isnan(value) else value


def bootstrap(statistics: Mapping[str, Statistic], questions: int) -> dict[str, list[float] | None]:
    """Return the 95% interval of each statistic by name, all computed on the same resamples of the questions.

    An interval is ``[low, high]`` over the resamples in which the statistic is defined; None if it never is.
    """
    values: dict[str, list[Floats]] = {name: [] for name in statistics}
    means = {name: statistic for name, statistic in statistics.items() if isinstance(statistic, WeightedMean)}
    # One product for all means: the weights of many questions are read once.
    columns = np.concatenate([np.zeros((questions, 0)), *(mean.columns for mean in means.values())], axis=1)
    for weights in _draws(questions):
        sums = (weights @ columns).reshape(len(weights), -1, 2)
        for number, name in enumerate(means):
            values[name].append(ratio(sums[:, number, 0], sums[:, number, 1]))
        for name, statistic in statistics.items():
            if name not in means:
                values[name].append(statistic(weights))
    return {name: _interval(np.concatenate(parts)) if parts else None for name, parts in values.items()}


@dataclass(frozen=True, slots=True)
class WeightedMean:
    """A mean as a statistic; its columns are weighted values and weights, shape (questions, 2)."""

    columns: Floats

    def __call__(self, weights: Floats) -> Floats:
        """Return the mean of each draw."""
        total, count = (weights @ self.columns).T
        return ratio(total, count)


def weighted_mean(values: Sequence[float | None], weights: Sequence[float] | None = None) -> WeightedMean:
    """Return the mean of the values that are not None, as a statistic.

    Values and weights have an element for each question; the weights are 1 by default.
    """
    applies = np.array([value is not None for value in values], dtype=float)
    if weights is not None:
        applies *= np.asarray(weights, dtype=float)
    known = np.array([0.0 if value is None else value for value in values], dtype=float) * applies
    return WeightedMean(np.stack([known, applies], axis=1))


def percentile(values: Sequence[float | None], percent: float) -> Statistic:
    """Return a percentile, 0 to 100, of the values that are not None, with linear interpolation, as a statistic."""
    rows = np.array([row for row, value in enumerate(values) if value is not None], dtype=int)
    known = np.array([value for value in values if value is not None], dtype=float)
    order = np.argsort(known, kind="stable")
    known, rows = known[order], rows[order]

    def statistic(weights: Floats) -> Floats:
        if not len(rows):
            return np.full(len(weights), np.nan)
        reached = np.cumsum(weights[:, rows], axis=1)
        position = percent / 100 * np.maximum(reached[:, -1] - 1, 0)
        below, above = np.floor(position), np.ceil(position)

        def at(rank: Floats) -> Floats:
            # The value at a rank, counted from 0, of the resample.
            found: Floats = known.take((reached <= rank[:, np.newaxis]).sum(axis=1), mode="clip")
            return found

        value: Floats = at(below) + (position - below) * (at(above) - at(below))
        value[reached[:, -1] == 0] = np.nan
        return value

    return statistic


def ratio(total: Floats, count: Floats) -> Floats:
    """Return total / count, NaN if the count is 0."""
    result = np.full(np.shape(total), np.nan)
    np.divide(total, count, out=result, where=count > 0)
    return result


def _draws(questions: int) -> Iterator[Floats]:
    """Yield weights of shape (draws, questions), `RESAMPLES` draws in all; none without questions."""
    random = np.random.default_rng(_SEED)
    left = RESAMPLES if questions else 0
    while left:
        draws = min(left, max(1, _WEIGHTS_AT_ONCE // questions))
        drawn = random.integers(questions, size=(draws, questions)) + questions * np.arange(draws)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=draws * questions)
        yield counts.reshape(draws, questions).astype(float)
        left -= draws


def _interval(values: Floats) -> list[float] | None:
    values = values[~np.isnan(values)]
    if not len(values):
        return None
    tail = 50 * (1 - COVERAGE)
    low, high = np.percentile(values, [tail, 100 - tail])
    return [float(low), float(high)]
