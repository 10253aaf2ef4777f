"""Evidence -> calibrated confidence.

A logistic model over absolute evidence of the best span; fused rank scores never enter. The coefficients are fitted by
`make fit-coefficients`.
"""

from __future__ import annotations

from math import exp

from qa.types import AnswerSpan

INTERCEPT = -1.790
WEIGHTS = (0.310, 0.000, 0.000, 0.867, 1.958, 0.412, 0.212)
"""One for each of a span's `evidence`, in its order."""


def confidence(span: AnswerSpan) -> float:
    """Return the probability that the span answers the question, 0 to 1."""
    logit = INTERCEPT + sum(weight * value for weight, value in zip(WEIGHTS, span.evidence, strict=True))
    return 1.0 / (1.0 + exp(-logit))
