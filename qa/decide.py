"""Evidence -> calibrated confidence.

A logistic model over absolute evidence of the best span; fused rank scores never enter. The coefficients are fitted by
`make fit-coefficients`.
"""

from __future__ import annotations

from math import exp

from qa.types import AnswerSpan

INTERCEPT = -1.820
WEIGHTS = (0.293, 0.361, 1.847, 0.842, 0.597)
"""One for each of a span's `evidence`, in its order."""


def confidence(span: AnswerSpan) -> float:
    """Return the probability that the span answers the question, 0 to 1."""
    logit = INTERCEPT + sum(weight * value for weight, value in zip(WEIGHTS, span.evidence, strict=True))
    return 1.0 / (1.0 + exp(-logit))
