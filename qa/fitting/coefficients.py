"""Labelled spans -> the coefficients of `qa.answering.scoring`: the order of spans, and the confidence.

The order is a conditional logit (McFadden 1974) over the spans of a question: the weights under which the spans that
are right are the likeliest to be chosen. The confidence is a logistic model of "the first excerpt is right" over the
features of the best span.

Every question set counts the same, however many questions it has, and so does every kind of case within it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from qa.answering.scoring import ReaderCoefficients
from qa.errors import QuestionSetError
from qa.fitting.cases import LabelledSpans
from qa.types import SpanFeatures

RIDGE = 0.5
RANKING_RIDGE = 0.005
SHARES = {"answerable": 1.0, "near-miss": 0.3, "off-topic": 0.3}
"""What all cases of each kind count in the confidence: of sixteen questions asked of a library, it answers ten."""


def fit_coefficients(
    labelled: Sequence[LabelledSpans],
    *,
    fitted_on: str,
    command: str,
    reader: str,
    embedder: str,
    ranking_shares: Mapping[str, float] | None = None,
) -> ReaderCoefficients:
    """Fit ranking and confidence.

    Parameters
    ----------
    labelled : sequence of LabelledSpans
    fitted_on, command, reader, embedder : str
        As of `ReaderCoefficients`.
    ranking_shares : mapping of str to float, optional
        What each question set counts in the order; 1 where it is not named.
    """
    weights = fit_ranking(labelled, ranking_shares or {})
    intercept, confidence = fit_confidence(labelled, weights)
    *ranking, passage_score = _rounded(weights)
    return ReaderCoefficients(
        fitted_on=fitted_on,
        date=datetime.now(UTC).date(),
        command=command,
        reader=reader,
        embedder=embedder,
        ranking=SpanFeatures(*ranking),
        ranking_passage_score=passage_score,
        confidence=SpanFeatures(*_rounded(confidence)),
        confidence_intercept=round(intercept, 3),
    )


def fit_ranking(labelled: Sequence[LabelledSpans], shares: Mapping[str, float]) -> tuple[float, ...]:
    """Return the weight of each of a span's features, and of the fused score of its passage.

    Parameters
    ----------
    labelled : sequence of LabelledSpans
        Those are used that have both right spans and others.
    shares : mapping of str to float
        What each question set counts; 1 where it is not named.

    Raises
    ------
    QuestionSetError
        If there are none.
    """
    from scipy.optimize import minimize

    informative = [one for one in labelled if one.right.any() and not one.right.all()]
    if not informative:
        raise QuestionSetError("no answer is found in the documents; check the questions with: qa questions check")
    sets = Counter(one.case.source for one in informative)
    whole = sum(shares.get(name, 1.0) for name in sets)
    cases = [
        (one.features, one.right, shares.get(name, 1.0) / whole * len(informative) / sets[name])
        for one in informative
        for name in [one.case.source]
    ]

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, slope = RANKING_RIDGE * float(weights @ weights), 2 * RANKING_RIDGE * weights
        for features, right, count in cases:
            scores = features @ weights
            # The highest of each apart, since the right ones may be far below.
            top, best = scores.max(), scores[right].max()
            chances, chosen = np.exp(scores - top), np.exp(np.where(right, scores - best, -np.inf))
            total += count * float(top + np.log(chances.sum()) - best - np.log(chosen.sum()))
            slope = slope + count * (chances / chances.sum() - chosen / chosen.sum()) @ features
        return total, slope

    found = minimize(loss, np.ones(cases[0][0].shape[1]), jac=True, method="L-BFGS-B")
    return tuple(found.x.tolist())


def fit_confidence(labelled: Sequence[LabelledSpans], weights: Sequence[float]) -> tuple[float, tuple[float, ...]]:
    """Fit to the best span of every case, as the weights of the ranking order them; return intercept and weights.

    Maximum likelihood with a weak ridge; no weight below zero, so that a higher feature never counts against.
    """
    from scipy.optimize import minimize

    best = [int((one.features @ weights).argmax()) for one in labelled]
    features = np.array([one.features[n, :-1] for one, n in zip(labelled, best, strict=True)])
    signs = np.array([1.0 if one.right[n] else -1.0 for one, n in zip(labelled, best, strict=True)])
    counts = _counts(labelled)

    def loss(parameters: NDArray[np.float64]) -> float:
        logits = parameters[0] + features @ parameters[1:]
        return float((counts * np.logaddexp(0, -signs * logits)).sum() + RIDGE * (parameters[1:] ** 2).sum())

    count = features.shape[1]
    found = minimize(loss, np.zeros(count + 1), method="L-BFGS-B", bounds=[(None, None), *[(0, None)] * count])
    return float(found.x[0]), tuple(found.x[1:].tolist())


def _counts(labelled: Sequence[LabelledSpans]) -> NDArray[np.float64]:
    """Return what each case counts in the confidence, a half on average.

    Where a set lacks a kind of unanswerable case, the other counts for both.
    """
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for one in labelled:
        kinds[one.case.source][one.case.kind] += 1
    unanswerable = sum(share for kind, share in SHARES.items() if kind != "answerable")
    counts = np.zeros(len(labelled))
    for row, one in enumerate(labelled):
        case, found = one.case, kinds[one.case.source]
        share = SHARES[case.kind]
        if case.kind != "answerable":
            share *= unanswerable / sum(SHARES[kind] for kind in found if kind != "answerable")
        counts[row] = share / found[case.kind]
    counts *= len(labelled) / (2 * counts.sum())
    return counts


def _rounded(weights: Sequence[float]) -> list[float]:
    return [round(weight, 3) for weight in weights]
