"""Fits on random features: the informative one is found, and each set has its weight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qa.answering.reading.scoring import ReaderCoefficients
from qa.errors import QuestionSetError
from qa.fitting.cases import Case, LabelledSpans
from qa.fitting.coefficients import fit_coefficients, fit_confidence, fit_ranking
from qa.protocols import SpanFeatures

KINDS = ("answerable", "near-miss", "off-topic")
SEARCH_SIZE = SpanFeatures._fields.index("search_size")


def drawn(generator: np.random.Generator, spans: int) -> np.ndarray:
    features = np.zeros((spans, len(SpanFeatures._fields) + 1))
    features[:, :3] = generator.normal(size=(spans, 3))
    return features


def labelled(kind: str, generator: np.random.Generator, informative: int = 0, source: str = "") -> LabelledSpans:
    """Five spans; one feature indicates the right one, the others are noise."""
    features = drawn(generator, 5)
    right = np.zeros(5, dtype=bool)
    if kind == "answerable":
        features[2, informative] += 3.0
        right[2] = True
    return LabelledSpans(Case("?", ("a",), ("d",), kind, source or f"set {informative}"), features, right)


def fit(cases: list[LabelledSpans]) -> ReaderCoefficients:
    return fit_coefficients(cases, fitted_on="drawn", command="pytest", reader="reader", embedder="embedder")


def test_a_fit_gives_the_informative_feature_the_weight() -> None:
    generator = np.random.default_rng(5)
    cases = [labelled(kind, generator) for kind in KINDS for _ in range(200)]
    fitted = fit(cases)
    weights = (*fitted.ranking, fitted.ranking_passage_score)
    assert weights[0] > 2
    assert max(abs(weight) for weight in weights[1:]) < 0.4
    sure: dict[bool, list[float]] = {True: [], False: []}
    for one in cases:
        best = int((one.features @ weights).argmax())
        sure[bool(one.right[best])].append(fitted.confidence_in(SpanFeatures(*one.features[best, :-1])))
    assert np.mean(sure[True]) > 0.8
    assert np.mean(sure[False]) < 0.3


def test_the_confidence_knows_of_two_features_together() -> None:
    """Only the product of a feature and the search size is informative: both high or both low."""
    generator = np.random.default_rng(3)
    cases = []
    for _ in range(600):
        features = drawn(generator, 1)
        features[0, SEARCH_SIZE] = generator.normal()
        right = bool(features[0, 1] * features[0, SEARCH_SIZE] > 0)
        kind = KINDS[0] if right else KINDS[1]
        cases.append(LabelledSpans(Case("?", ("a",), ("d",), kind, "set"), features, np.array([right])))
    logit = fit_confidence(cases, [1.0] * features.shape[1], {})
    assert logit.times_size.context_margin > 1
    assert max(map(abs, logit.weights)) < 0.5


def test_a_reader_of_another_scale_is_fitted_to() -> None:
    """With scores this far apart, the shares of some spans are numerically 0."""
    generator = np.random.default_rng(7)
    cases = [labelled(kind, generator) for kind in KINDS for _ in range(60)]
    far = [replace(one, features=1000 * one.features) for one in cases]
    assert fit_ranking(far, {})[0] > 3 * max(map(abs, fit_ranking(far, {})[1:]))


def test_without_a_right_span_there_is_nothing_to_fit_to() -> None:
    cases = [labelled("off-topic", np.random.default_rng(7))]
    with pytest.raises(QuestionSetError, match="no answer is found in the documents"):
        fit_ranking(cases, {})


def test_each_set_counts_the_same() -> None:
    generator = np.random.default_rng(6)
    few = [labelled(kind, generator, 0) for kind in KINDS for _ in range(40)]
    many = [labelled(kind, generator, 1) for kind in KINDS for _ in range(800)]
    weights = fit_ranking([*few, *many], {})
    assert weights[0] == pytest.approx(weights[1], rel=0.4)
    confidence = fit_confidence([*few, *many], weights, {}).weights
    assert confidence[0] == pytest.approx(confidence[1], rel=0.4)


def test_in_the_order_a_set_may_count_as_much_as_all_others_together() -> None:
    generator = np.random.default_rng(8)
    others = [labelled(kind, generator, 0, f"set {n}") for kind in KINDS for n in range(5) for _ in range(80)]
    written = [labelled(kind, generator, 1, "written") for kind in KINDS for _ in range(80)]
    weights = fit_ranking([*others, *written], {"written": 5})
    assert weights[0] == pytest.approx(weights[1], rel=0.4)
    weights = fit_ranking([*others, *written], {})
    assert weights[0] > 1.5 * weights[1]


@pytest.mark.parametrize("counts", [(300, 300, 300), (300, 30, 600), (300, 100, 0)], ids=["all", "uneven", "no other"])
def test_confidence_is_that_of_a_library_that_answers_ten_questions_of_sixteen(counts: tuple[int, ...]) -> None:
    """Without an informative feature, the confidence is the weighted share of right spans."""
    generator = np.random.default_rng(9)
    cases = [
        LabelledSpans(Case("?", ("a",), None, kind, "set"), drawn(generator, 1), np.array([kind == KINDS[0]]))
        for kind, count in zip(KINDS, counts, strict=True)
        for _ in range(count)
    ]
    found = fit_confidence(cases, [1.0] * cases[0].features.shape[1], {})
    assert 1 / (1 + np.exp(-found.intercept)) == pytest.approx(10 / 16, abs=0.08)
