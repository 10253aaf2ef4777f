"""Fit the coefficients of `qa.answering.reading.scoring` to labelled spans: the ranking and the confidence.

The ranking is a conditional logit (McFadden 1974) over the spans of a question: the weights that maximise the
probability of choosing a right span. The confidence is a logistic model of "the first excerpt is right" over the
features of the best span and their products with the search size.

Every question set has the same weight, however many questions it has, and so does every kind of case within it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qa.answering.reading.scoring import ReaderCoefficients
from qa.errors import QuestionSetError
from qa.fitting.cases import LabelledSpans
from qa.protocols import SpanFeatures

RIDGE = 1.0
RANKING_RIDGE = 0.005
TAIL = 0.01
"""Share of the cases beyond each end of a feature's range."""
SHARES = {"answerable": 1.0, "near-miss": 0.3, "off-topic": 0.3}
"""Weight of the cases of each kind in the confidence: ten of sixteen questions are answerable."""
_NOT_RANKED = [SpanFeatures._fields.index(name) for name in ("sentence_overlap_lead", "passage_overlap_lead")]
"""Features that only the confidence uses: in the ranking, they gave fewer right first excerpts."""


class Logit(NamedTuple):
    """The logistic model of the confidence; see `ReaderCoefficients`."""

    intercept: float
    weights: SpanFeatures
    times_size: SpanFeatures
    lowest: SpanFeatures
    highest: SpanFeatures


def fit_coefficients(
    labelled: Sequence[LabelledSpans],
    *,
    fitted_on: str,
    command: str,
    reader: str,
    embedder: str,
    shares: Mapping[str, float] | None = None,
) -> ReaderCoefficients:
    """Fit ranking and confidence; `shares` are the weights of question sets, 1 by default."""
    weights = fit_ranking(labelled, shares or {})
    logit = fit_confidence(labelled, weights, shares or {})
    *ranking, passage_score = weights
    return ReaderCoefficients(
        fitted_on=fitted_on,
        date=datetime.now(UTC).date(),
        command=command,
        reader=reader,
        embedder=embedder,
        ranking=_rounded(ranking, 3),
        ranking_passage_score=round(passage_score, 3),
        confidence_intercept=round(logit.intercept, 4),
        confidence=_rounded(logit.weights, 4),
        confidence_times_size=_rounded(logit.times_size, 4),
        lowest=_rounded(logit.lowest, 3),
        highest=_rounded(logit.highest, 3),
    )


def fit_ranking(labelled: Sequence[LabelledSpans], shares: Mapping[str, float]) -> tuple[float, ...]:
    """Return the weight of each of a span's features, and of the fused score of its passage.

    Only cases with both right and wrong spans are used.

    Raises `QuestionSetError` if there are no such cases.
    """
    from scipy.optimize import minimize

    informative = [one for one in labelled if one.right.any() and not one.right.all()]
    if not informative:
        raise QuestionSetError("no answer is found in the documents; check the questions with: qa questions check")
    sets = Counter(one.case.source for one in informative)
    whole = sum(shares.get(name, 1.0) for name in sets)
    sizes = [len(one.right) for one in informative]
    starts = np.cumsum([0, *sizes[:-1]])
    features = np.concatenate([one.features for one in informative])
    features[:, _NOT_RANKED] = 0.0
    right = np.concatenate([one.right for one in informative])
    counts = np.array([shares.get(one.case.source, 1.0) / sets[one.case.source] for one in informative])
    counts *= len(informative) / whole

    def softmax(scores: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the share of each span in its case, and the logarithm of the sum of each case."""
        highest = np.maximum.reduceat(scores, starts)
        powers = np.exp(scores - np.repeat(highest, sizes))
        sums = np.add.reduceat(powers, starts)
        return powers / np.repeat(sums, sizes), highest + np.log(sums)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = features @ weights
        # Separately, since right spans may score far lower.
        (chances, of_all), (chosen, of_right) = softmax(scores), softmax(np.where(right, scores, -np.inf))
        total = RANKING_RIDGE * weights @ weights + counts @ (of_all - of_right)
        slope = 2 * RANKING_RIDGE * weights + (np.repeat(counts, sizes) * (chances - chosen)) @ features
        return float(total), slope

    found = minimize(loss, np.zeros(features.shape[1]), jac=True, method="L-BFGS-B")
    return tuple(found.x.tolist())


def fit_confidence(labelled: Sequence[LabelledSpans], weights: Sequence[float], shares: Mapping[str, float]) -> Logit:
    """Fit the confidence to the best span of every case, according to the weights of the ranking.

    Maximum likelihood with a ridge on standardised features and products; see `fit_ranking` for `shares`.
    """
    best = [int((one.features @ weights).argmax()) for one in labelled]
    raw = np.array([one.features[n, :-1] for one, n in zip(labelled, best, strict=True)])
    signs = np.array([1.0 if one.right[n] else -1.0 for one, n in zip(labelled, best, strict=True)])
    lowest, highest = np.quantile(raw, (TAIL, 1 - TAIL), axis=0)
    features = np.clip(raw, lowest, highest)
    size = features[:, [SpanFeatures._fields.index("search_size")]]
    features = np.hstack([features, features * size])
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    # Constant features carry no information; their deviation is only rounding.
    deviation[deviation < 1e-6] = np.inf
    standard = (features - mean) / deviation
    intercept, *weighted = fit_logistic(standard, signs, _counts(labelled, shares), RIDGE)
    fitted = weighted / deviation
    count = raw.shape[1]
    return Logit(
        float(intercept - fitted @ mean),
        SpanFeatures(*fitted[:count].tolist()),
        SpanFeatures(*fitted[count:].tolist()),
        SpanFeatures(*lowest.tolist()),
        SpanFeatures(*highest.tolist()),
    )


def fit_logistic(
    features: NDArray[np.float64],
    signs: NDArray[np.float64],
    counts: NDArray[np.float64],
    ridge: float,
    bounds: Sequence[tuple[float | None, float | None]] | None = None,
) -> NDArray[np.float64]:
    """Return the intercept and the weights of a logistic model, by maximum likelihood with a ridge on the weights.

    `features`, of shape (cases, features), has a row for each case, `signs` is 1 for a right one and -1 for a wrong
    one, and `counts` are their weights. The bounds are the limits of the intercept and of each weight.
    """
    from scipy.optimize import minimize

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        against = -signs * (parameters[0] + features @ parameters[1:])
        slopes = -counts * signs * np.exp(against - np.logaddexp(0, against))
        total = float((counts * np.logaddexp(0, against)).sum() + ridge * (parameters[1:] ** 2).sum())
        return total, np.append(slopes.sum(), features.T @ slopes + 2 * ridge * parameters[1:])

    start, options = np.zeros(features.shape[1] + 1), {"maxiter": 5000}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    parameters: NDArray[np.float64] = found.x
    return parameters


def _counts(labelled: Sequence[LabelledSpans], shares: Mapping[str, float]) -> NDArray[np.float64]:
    """Return the weight of each case in the confidence, a half on average.

    If a set lacks one kind of unanswerable case, the other gets the weight of both.
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
        counts[row] = share / found[case.kind] * shares.get(case.source, 1.0)
    counts *= len(labelled) / (2 * counts.sum())
    return counts


def _rounded(values: Sequence[float], digits: int) -> SpanFeatures:
    # Turns -0.0 into 0.0.
    return SpanFeatures(*(round(value, digits) + 0.0 for value in values))
