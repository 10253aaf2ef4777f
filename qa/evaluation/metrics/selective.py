"""Metrics of confidence and abstention.

All take a confidence, 0 to 1 or None, and a verdict for each question, and ignore questions where either is None.
Those that return a `Statistic` sort their input once; `qa.evaluation.metrics.bootstrap` computes value and interval.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qa.evaluation.metrics.bootstrap import Floats, Statistic, ratio
from qa.evaluation.metrics.scores import QuestionScore
from qa.types import JSONObject

CALIBRATION_BINS = 10
"""Bins of the calibration error: [0, 0.1], (0.1, 0.2] ... (0.9, 1]."""

CURVE_POINTS = 200
"""Points of a risk-coverage curve, at most."""

Confidences = Sequence[float | None]
Verdicts = Sequence[bool | None]


def confusion(scores: Sequence[QuestionScore]) -> dict[str, dict[str, int]]:
    """Count answered, declined and failed questions, answerable and unanswerable."""
    table = {kind: dict.fromkeys(("answered", "declined", "failed"), 0) for kind in ("answerable", "unanswerable")}
    for score in scores:
        outcome = "failed" if score.failed else "declined" if score.declined else "answered"
        table["answerable" if score.answerable else "unanswerable"][outcome] += 1
    return table


def auroc(confidences: Confidences, verdicts: Verdicts) -> Statistic:
    """Return the area under the ROC curve of the confidence: True verdicts against False ones.

    It is the probability that a True one has the higher confidence, ties counting half: Hanley and McNeil, "The meaning
    and use of the area under a ROC curve" (Radiology 143, 1982). NaN if one kind is missing.
    """
    rows, _, positive, starts = _sorted(confidences, verdicts)

    def statistic(weights: Floats) -> Floats:
        drawn = weights[:, rows]
        if not len(rows):
            return np.full(len(weights), np.nan)
        above = np.add.reduceat(drawn * positive, starts, axis=1)
        below = np.add.reduceat(drawn * ~positive, starts, axis=1)
        # Sorted by falling confidence, so what follows is lower.
        lower = below.sum(axis=1, keepdims=True) - np.cumsum(below, axis=1)
        pairs = above.sum(axis=1) * below.sum(axis=1)
        return ratio((above * (lower + below / 2)).sum(axis=1), pairs)

    return statistic


def risk_coverage_area(confidences: Confidences, verdicts: Verdicts) -> Statistic:
    """Return the area under the risk-coverage curve (AURC) of right and wrong answers; lower is better.

    With n answers, the mean over k = 1 ... n of the share of wrong ones among the k most confident: Geifman, Uziel and
    El-Yaniv, "Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers" (ICLR 2019). Ties are averaged over all
    orders.
    """
    rows, _, right, starts = _sorted(confidences, verdicts)
    harmonic = np.zeros(1)

    def statistic(weights: Floats) -> Floats:
        nonlocal harmonic
        drawn = weights[:, rows]
        if not len(rows):
            return np.full(len(weights), np.nan)
        sizes = np.add.reduceat(drawn, starts, axis=1)
        wrong = np.add.reduceat(drawn * ~right, starts, axis=1)
        reached = np.cumsum(sizes, axis=1)
        wrong_before, before = np.cumsum(wrong, axis=1) - wrong, reached - sizes
        most = int(reached[:, -1].max())
        if len(harmonic) <= most:
            harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, most + 1))])
        # Within a group of `size` ties, the expected number of wrong ones among the first k is wrong_before +
        # j * wrong / size, j = k - before. Divided by k and summed over j, it is a difference of harmonic numbers.
        steps = harmonic[reached.astype(int)] - harmonic[before.astype(int)]
        share = np.divide(wrong, sizes, out=np.zeros_like(wrong), where=sizes > 0)
        total = (wrong_before * steps + share * (sizes - before * steps)).sum(axis=1)
        return ratio(total, reached[:, -1])

    return statistic


def calibration_error(confidences: Confidences, verdicts: Verdicts) -> Statistic:
    """Return the expected calibration error (ECE) of right and wrong answers; lower is better.

    The mean over ten bins of equal width of ``|mean confidence - share that is right|``, weighted by answers: Guo et
    al., "On Calibration of Modern Neural Networks" (ICML 2017). With few answers it is too high.
    """
    rows, known, right, _ = _sorted(confidences, verdicts)
    inside = np.eye(CALIBRATION_BINS)[_bins(known)]

    def statistic(weights: Floats) -> Floats:
        drawn = weights[:, rows]
        gaps = np.abs((drawn * (known - right)) @ inside).sum(axis=1)
        return ratio(gaps, drawn.sum(axis=1))

    return statistic


def risk_coverage_curve(confidences: Confidences, verdicts: Verdicts) -> list[JSONObject]:
    """Return the points of the risk-coverage curve, by rising coverage: one for each confidence, thinned evenly to 200.

    "threshold" is a confidence, "coverage" the share of the answers with at least that confidence, and "risk" the share
    of wrong ones among them.
    """
    _, known, right, starts = _sorted(confidences, verdicts)
    if not len(known):
        return []
    reached = np.append(starts[1:], len(known))
    wrong = np.cumsum(~right)[reached - 1]
    kept = np.unique(np.linspace(0, len(starts) - 1, min(len(starts), CURVE_POINTS)).round().astype(int))
    return [
        {
            "threshold": float(known[starts[row]]),
            "coverage": float(reached[row] / len(known)),
            "risk": float(wrong[row] / reached[row]),
        }
        for row in kept
    ]


def reliability(confidences: Confidences, verdicts: Verdicts) -> list[JSONObject]:
    """Return the bins of the calibration error, from the lowest.

    Each has "low" and "high" (bounds), "answers" (number), "confidence" (mean) and "right" (share), None if empty.
    """
    _, known, right, _ = _sorted(confidences, verdicts)
    bins = _bins(known)
    counts = np.bincount(bins, minlength=CALIBRATION_BINS)
    sums = [np.bincount(bins, values, CALIBRATION_BINS) for values in (known, right)]
    return [
        {
            "low": row / CALIBRATION_BINS,
            "high": (row + 1) / CALIBRATION_BINS,
            "answers": int(count),
            "confidence": float(sums[0][row] / count) if count else None,
            "right": float(sums[1][row] / count) if count else None,
        }
        for row, count in enumerate(counts)
    ]


def _sorted(
    confidences: Confidences, verdicts: Verdicts
) -> tuple[NDArray[np.intp], Floats, NDArray[np.bool_], NDArray[np.intp]]:
    """Return rows, confidences and verdicts by falling confidence, and where each new confidence starts."""
    pairs = enumerate(zip(confidences, verdicts, strict=True))
    counted = [(row, score, verdict) for row, (score, verdict) in pairs if score is not None and verdict is not None]
    counted.sort(key=lambda item: -item[1])
    known = np.array([score for _, score, _ in counted], dtype=np.float64)
    return (
        np.array([row for row, _, _ in counted], dtype=np.intp),
        known,
        np.array([verdict for _, _, verdict in counted], dtype=np.bool_),
        np.flatnonzero(np.diff(known, prepend=np.inf)),
    )


def _bins(confidences: Floats) -> NDArray[np.intp]:
    return np.digitize(confidences, np.arange(1, CALIBRATION_BINS) / CALIBRATION_BINS, right=True)
