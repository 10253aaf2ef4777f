"""The shares answered and declined at each threshold of confidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from qa.answering.scoring import ReaderCoefficients
from qa.fitting.cases import LabelledSpans
from qa.protocols import SpanFeatures

THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))


def threshold_table(labelled: Sequence[LabelledSpans], coefficients: ReaderCoefficients) -> Iterator[str]:
    """Yield the AUROC of answerable cases against near misses, then the lines of a table.

    For each threshold: the share of answerable cases that are answered with the answer in the first excerpt, and the
    shares of near misses and off-topic cases that are declined.
    """
    from sklearn.metrics import roc_auc_score

    weights = (*coefficients.ranking, coefficients.ranking_passage_score)
    best = [int((one.features @ weights).argmax()) for one in labelled]
    right = np.array([one.right[n] for one, n in zip(labelled, best, strict=True)])
    confidences = np.array(
        [coefficients.confidence_in(SpanFeatures(*one.features[n, :-1])) for one, n in zip(labelled, best, strict=True)]
    )
    kinds = np.array([one.case.kind for one in labelled])
    answerable, near, off = (kinds == kind for kind in ("answerable", "near-miss", "off-topic"))
    area = roc_auc_score(answerable[answerable | near], confidences[answerable | near])
    yield f"{len(labelled)} cases; AUROC, answerable against near misses: {area:.3f}"
    yield "threshold  answered right  near misses declined  off-topic declined"
    for limit in THRESHOLDS:
        answered = (right & (confidences >= limit))[answerable].mean()
        declined, off_declined = ((confidences < limit)[kind].mean() for kind in (near, off))
        yield f"{limit:9.2f}  {answered:14.1%}  {declined:20.1%}  {off_declined:18.1%}"
