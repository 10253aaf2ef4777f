"""Bootstrap intervals: the meaning of weights, and the coverage of the true value."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation.metrics.bootstrap import Statistic, bootstrap, percentile, point, weighted_mean

values_and_weights = st.lists(st.tuples(st.none() | st.floats(0, 1), st.integers(0, 3)), min_size=1, max_size=8)
STATISTICS: dict[str, Callable[[Sequence[float | None]], Statistic]] = {
    "mean": weighted_mean,
    "median": lambda values: percentile(values, 50),
    "p95": lambda values: percentile(values, 95),
    "p0": lambda values: percentile(values, 0),
    "p100": lambda values: percentile(values, 100),
}


@pytest.mark.parametrize("name", STATISTICS)
@given(values_and_weights)
def test_a_weight_is_a_repetition(name: str, drawn: list[tuple[float | None, int]]) -> None:
    statistic = STATISTICS[name]
    weights = np.array([[float(weight) for _, weight in drawn]])
    (weighted,) = statistic([value for value, _ in drawn])(weights)
    repeated = point(statistic([value for value, weight in drawn for _ in range(weight)]), int(weights.sum()))
    assert weighted == pytest.approx(np.nan if repeated is None else repeated, nan_ok=True)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30), st.floats(0, 100))
def test_a_percentile_is_that_of_numpy(values: list[float], percent: float) -> None:
    assert point(percentile(values, percent), len(values)) == pytest.approx(np.percentile(values, percent))


def test_a_mean_where_some_count_more() -> None:
    assert point(weighted_mean([1.0, 0.0, None], [1, 3, 5]), 3) == 1 / 4
    assert point(weighted_mean([None, None]), 2) is None
    assert point(weighted_mean([]), 0) is None


def test_equal_values_leave_no_doubt() -> None:
    assert bootstrap({"mean": weighted_mean([0.5] * 20)}, 20) == {"mean": [0.5, 0.5]}


def test_no_values_give_no_interval() -> None:
    assert bootstrap({"mean": weighted_mean([])}, 0) == {"mean": None}
    assert bootstrap({"mean": weighted_mean([None] * 5)}, 5) == {"mean": None}


def test_the_same_scores_give_the_same_interval() -> None:
    values = np.random.default_rng(0).random(300).tolist()
    alone = bootstrap({"mean": weighted_mean(values)}, 300)
    beside = bootstrap({"median": percentile(values, 50), "mean": weighted_mean(values)}, 300)
    assert alone["mean"] == beside["mean"]


@pytest.mark.slow
def test_more_questions_than_fit_at_once() -> None:
    values = np.random.default_rng(0).random(50_000)
    interval = bootstrap({"mean": weighted_mean(values.tolist())}, len(values))["mean"]
    assert interval is not None
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert interval == pytest.approx([values.mean() - half, values.mean() + half], abs=half / 5)


def half_right(random: np.random.Generator) -> list[float | None]:
    return [float(right) for right in random.random(100) < 0.5]


def sometimes_not_applying(random: np.random.Generator) -> list[float | None]:
    return [
        float(value) if applies else None
        for value, applies in zip(random.random(100), random.random(100) < 0.7, strict=True)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("draw", "statistic", "width"),
    [
        # 3.92 standard errors: 0.5 / sqrt(100) of a share, 0.289 / sqrt(70) of a mean.
        pytest.param(half_right, "mean", 3.92 * 0.05, id="share-of-right-answers"),
        pytest.param(sometimes_not_applying, "mean", 3.92 * 0.0345, id="mean-of-those-that-apply"),
        pytest.param(sometimes_not_applying, "median", 3.92 * 0.06, id="median"),
    ],
)
def test_an_interval_has_about_its_nominal_coverage(
    draw: Callable[[np.random.Generator], list[float | None]], statistic: str, width: float
) -> None:
    random = np.random.default_rng(7)
    intervals = np.array([bootstrap({"": STATISTICS[statistic](draw(random))}, 100)[""] for _ in range(400)])
    held = (intervals[:, 0] <= 0.5) & (intervals[:, 1] >= 0.5)
    assert 0.92 <= held.mean() <= 0.975
    assert (intervals[:, 1] - intervals[:, 0]).mean() == pytest.approx(width, rel=0.1)
