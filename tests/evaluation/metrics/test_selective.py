"""Measures of the confidence, against scikit-learn, every order of equals, and values computed by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation import Question, QuestionScore, score
from qa.evaluation.metrics.bootstrap import Statistic, point
from qa.evaluation.metrics.selective import (
    auroc,
    calibration_error,
    confusion,
    reliability,
    risk_coverage_area,
    risk_coverage_curve,
)

confidences = st.sampled_from([0.0, 0.1, 0.3, 0.35, 0.7, 1.0])
cases = st.lists(st.tuples(confidences, st.booleans()), min_size=1, max_size=7)
cases_with_gaps = st.lists(
    st.tuples(st.none() | confidences, st.none() | st.booleans(), st.integers(0, 3)), min_size=1, max_size=8
)


def value(
    measure: Callable[[Sequence[float | None], Sequence[bool | None]], Statistic],
    pairs: Sequence[tuple[float | None, bool | None]],
) -> float | None:
    return point(measure([sure for sure, _ in pairs], [verdict for _, verdict in pairs]), len(pairs))


@pytest.mark.parametrize("measure", [auroc, risk_coverage_area, calibration_error])
@given(cases_with_gaps)
def test_a_weight_is_a_repetition_and_what_is_not_known_does_not_count(
    measure: Callable[[Sequence[float | None], Sequence[bool | None]], Statistic],
    drawn: list[tuple[float | None, bool | None, int]],
) -> None:
    weights = np.array([[float(weight) for _, _, weight in drawn]])
    (weighted,) = measure([sure for sure, _, _ in drawn], [verdict for _, verdict, _ in drawn])(weights)
    known = [(sure, verdict, weight) for sure, verdict, weight in drawn if sure is not None and verdict is not None]
    repeated = value(measure, [(sure, verdict) for sure, verdict, weight in known for _ in range(weight)])
    assert weighted == pytest.approx(np.nan if repeated is None else repeated, nan_ok=True)


# --- AUROC


@pytest.mark.slow
def test_auroc_agrees_with_scikit_learn() -> None:
    from sklearn.metrics import roc_auc_score

    random = np.random.default_rng(0)
    for questions in [2, 3, 10, 400] * 10:
        sure = random.random(questions).round(int(random.integers(1, 4)))
        answerable = random.random(questions) < 0.6
        answerable[:2] = [True, False]
        ours = value(auroc, list(zip(sure.tolist(), answerable.tolist(), strict=True)))
        assert ours == pytest.approx(roc_auc_score(answerable, sure), abs=1e-9)


def test_auroc_needs_both_kinds() -> None:
    assert value(auroc, [(0.5, True), (0.9, True)]) is None
    assert value(auroc, [(0.5, True), (0.9, None), (None, False)]) is None


# --- risk and coverage


@pytest.mark.parametrize(
    ("pairs", "area"),
    [
        pytest.param(
            [(0.9, True), (0.8, False), (0.7, True), (0.6, False)], (0 + 1 / 2 + 1 / 3 + 2 / 4) / 4, id="mixed"
        ),
        pytest.param([(0.6, False), (0.9, True), (0.8, True)], (0 + 0 + 1 / 3) / 3, id="best-order"),
        pytest.param([(0.6, True), (0.9, False), (0.8, True)], (1 + 1 / 2 + 1 / 3) / 3, id="worst-order"),
        pytest.param([(0.5, True), (0.5, False)], (1 / 2 + 1 / 2) / 2, id="equals"),
        pytest.param([(0.5, True)], 0, id="one-right"),
        pytest.param([(0.5, False)], 1, id="one-wrong"),
    ],
)
def test_area_by_hand(pairs: list[tuple[float, bool]], area: float) -> None:
    assert value(risk_coverage_area, pairs) == pytest.approx(area, abs=1e-12)


@given(cases)
def test_area_is_the_mean_over_every_order_of_equals(pairs: list[tuple[float, bool]]) -> None:
    areas = []
    for order in permutations(pairs[:5]):
        if all(one[0] >= other[0] for one, other in pairwise(order)):
            wrong = np.cumsum([not right for _, right in order])
            areas.append(np.mean(wrong / np.arange(1, len(order) + 1)))
    assert value(risk_coverage_area, pairs[:5]) == pytest.approx(np.mean(areas), abs=1e-12)


def test_curve_by_hand() -> None:
    curve = risk_coverage_curve([0.9, 0.8, 0.8, None, 0.6, 0.7], [True, False, True, True, False, None])
    assert curve == [
        {"threshold": 0.9, "coverage": 1 / 4, "risk": 0.0},
        {"threshold": 0.8, "coverage": 3 / 4, "risk": 1 / 3},
        {"threshold": 0.6, "coverage": 1.0, "risk": 2 / 4},
    ]
    assert risk_coverage_curve([0.9], [None]) == []


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    sure = [row / 5000 for row in range(5000)]
    curve = risk_coverage_curve(sure, [row % 2 == 0 for row in range(5000)])
    assert len(curve) == 200
    assert curve[0] == {"threshold": sure[-1], "coverage": 1 / 5000, "risk": 1.0}
    assert curve[-1] == {"threshold": 0.0, "coverage": 1.0, "risk": 0.5}
    assert [point["coverage"] for point in curve] == sorted(point["coverage"] for point in curve)


# --- calibration


@pytest.mark.parametrize(
    ("pairs", "error"),
    [
        pytest.param([(0.85, True), (0.81, True), (0.9, False), (0.3, False)], (2.56 - 2 + 0.3) / 4, id="two-bins"),
        pytest.param([(0.7, True), (0.71, False)], (0.3 + 0.71) / 2, id="an-upper-bound-belongs-to-the-bin-below"),
        pytest.param([(0.0, True), (0.1, False)], (1 - 0.1) / 2, id="zero-is-in-the-first-bin"),
        pytest.param([(1.0, True), (0.0, False)], 0, id="perfect"),
        pytest.param([(0.75, True), (0.75, True), (0.75, True), (0.75, False)], 0, id="right-as-often-as-it-says"),
    ],
)
def test_calibration_error_by_hand(pairs: list[tuple[float, bool]], error: float) -> None:
    assert value(calibration_error, pairs) == pytest.approx(error, abs=1e-12)


@given(cases)
def test_calibration_error_is_that_of_the_bins_shown(pairs: list[tuple[float, bool]]) -> None:
    bins = reliability([sure for sure, _ in pairs], [right for _, right in pairs])
    gaps = [row["answers"] * abs(row["confidence"] - row["right"]) for row in bins if row["answers"]]
    assert value(calibration_error, pairs) == pytest.approx(sum(gaps) / len(pairs), abs=1e-12)
    assert sum(row["answers"] for row in bins) == len(pairs)


def test_empty_bins_are_shown_as_empty() -> None:
    bins = reliability([0.65, 0.7], [True, False])
    assert len(bins) == 10
    assert bins[6] == {"low": 0.6, "high": 0.7, "answers": 2, "confidence": pytest.approx(0.675), "right": 0.5}
    assert bins[0] == {"low": 0.0, "high": 0.1, "answers": 0, "confidence": None, "right": None}


# --- confusion


def test_confusion_by_hand() -> None:
    def went(*, answerable: bool, declined: bool = False, failed: bool = False) -> QuestionScore:
        nothing_said = score(Question("q", "?", answerable=answerable), None, {})
        return replace(nothing_said, declined=declined, failed=failed)

    scores = [
        *[went(answerable=True)] * 5,
        *[went(answerable=True, declined=True)] * 4,
        *[went(answerable=True, failed=True)] * 3,
        *[went(answerable=False)] * 2,
        went(answerable=False, declined=True),
    ]
    assert confusion(scores) == {
        "answerable": {"answered": 5, "declined": 4, "failed": 3},
        "unanswerable": {"answered": 2, "declined": 1, "failed": 0},
    }
