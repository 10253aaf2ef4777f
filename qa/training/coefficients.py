"""The coefficients of `qa.answering.scoring`: the order of spans, and the confidence.

Both are fitted on questions kept from the reader's training. The order is a conditional logit (McFadden 1974) over the
spans of a question: the weights under which the spans that hold an accepted answer are the likeliest to be chosen. The
confidence is a logistic model of "the first excerpt holds an accepted answer" over the features of the best span.

Every question set counts the same, however many of its questions were asked; but in the order the articles written for
training count as much as all others together, since they are asked as the product is. In the confidence that cost the
calibration on others more than it brought.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.training.held_out import LabelledSpans
from qa.training.written import SOURCE

RIDGE = 0.5
RANKING_RIDGE = 0.005
SHARES = {"answerable": 1.0, "near-miss": 0.3, "off-topic": 0.3}
"""What a case of each kind counts in the confidence: of sixteen questions asked of an article, it answers ten."""
THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))


@dataclass(frozen=True, slots=True)
class Confidence:
    """A fitted model of confidence and how it does on the cases that it was fitted on.

    Attributes
    ----------
    intercept, auroc : float
        The latter of answerable cases against near misses.
    weights : tuple of float
        One for each of `SpanFeatures`.
    shares : tuple of (float, float, float, float)
        For each threshold: itself, share of answerable cases answered with the answer in the first excerpt, share of
        near misses declined, share of off-topic cases declined.
    """

    intercept: float
    weights: tuple[float, ...]
    auroc: float
    shares: tuple[tuple[float, float, float, float], ...]


def fit_ranking(judged: Sequence[LabelledSpans]) -> tuple[float, ...]:
    """Return the weight of each of a span's features, and of the fused score of its passage."""
    from scipy.optimize import minimize

    informative = [one for one in judged if one.right.any() and not one.right.all()]
    counts = _counts(informative, written=max(1, len({one.case.source for one in informative}) - 1))
    cases = [(one.features, one.right, count) for one, count in zip(informative, counts, strict=True)]

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, slope = RANKING_RIDGE * float(weights @ weights), 2 * RANKING_RIDGE * weights
        for features, right, count in cases:
            scores = features @ weights
            chances = np.exp(scores - scores.max())
            chosen = np.where(right, chances, 0.0)
            total += count * float(np.log(chances.sum()) - np.log(chosen.sum()))
            slope = slope + count * (chances / chances.sum() - chosen / chosen.sum()) @ features
        return total, slope

    found = minimize(loss, np.ones(cases[0][0].shape[1]), jac=True, method="L-BFGS-B")
    return tuple(found.x.tolist())


def fit_confidence(judged: Sequence[LabelledSpans], weights: Sequence[float]) -> Confidence:
    """Fit to the best span of every case, as the weights of the ranking order them.

    Maximum likelihood with a weak ridge; no weight below zero, so that a higher feature never counts against.
    """
    from scipy.optimize import minimize
    from sklearn.metrics import roc_auc_score

    best = [int((one.features @ weights).argmax()) for one in judged]
    features = np.array([one.features[n, :-1] for one, n in zip(judged, best, strict=True)])
    right = np.array([one.right[n] for one, n in zip(judged, best, strict=True)])
    kinds = np.array([one.case.kind for one in judged])
    signs = np.where(right, 1.0, -1.0)
    counts = np.array([SHARES[kind] for kind in kinds]) * _counts(judged)

    def loss(parameters: NDArray[np.float64]) -> float:
        logits = parameters[0] + features @ parameters[1:]
        return float((counts * np.logaddexp(0, -signs * logits)).sum() + RIDGE * (parameters[1:] ** 2).sum())

    count = features.shape[1]
    found = minimize(loss, np.zeros(count + 1), method="L-BFGS-B", bounds=[(None, None), *[(0, None)] * count])
    sure = 1 / (1 + np.exp(-(found.x[0] + features @ found.x[1:])))
    answerable, near, off = (kinds == kind for kind in ("answerable", "near-miss", "off-topic"))
    return Confidence(
        intercept=float(found.x[0]),
        weights=tuple(found.x[1:].tolist()),
        auroc=float(roc_auc_score(answerable[answerable | near], sure[answerable | near])),
        shares=tuple(
            (
                limit,
                float((right & (sure >= limit))[answerable].mean()),
                float((sure < limit)[near].mean()),
                float((sure < limit)[off].mean()),
            )
            for limit in THRESHOLDS
        ),
    )


def _counts(judged: Sequence[LabelledSpans], written: int = 1) -> NDArray[np.float64]:
    """Return what each case counts, 1 on average; the written articles as much as so many other sets."""
    sets = Counter(one.case.source for one in judged)
    shares = {name: written if name == SOURCE else 1 for name in sets}
    whole = sum(shares.values())
    return np.array([shares[one.case.source] / whole * len(judged) / sets[one.case.source] for one in judged])
