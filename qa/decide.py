"""Evidence -> calibrated confidence.

A logistic model over absolute evidence of the best span; fused rank scores never enter. The coefficients are fitted by
`make fit-coefficients`.
"""

from __future__ import annotations

from math import exp

from qa.types import AnswerSpan

INTERCEPT = -1.512
WEIGHTS = (0.231, 0.109, 0.013, 1.789, 1.067, 0.276, 0.145)
"""One for each of a span's `evidence`, in its order."""


def confidence(span: AnswerSpan) -> float:
    """Return the probability that the span answers the question, 0 to 1."""
    logit = INTERCEPT + sum(weight * value for weight, value in zip(WEIGHTS, span.evidence, strict=True))
    return 1.0 / (1.0 + exp(-logit))
