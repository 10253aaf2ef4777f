"""Evidence -> calibrated confidence.

A logistic model over absolute evidence of the best span; fused rank scores never enter. The coefficients are fitted by
`make fit-coefficients`.
"""

from __future__ import annotations

from math import exp

from qa.types import AnswerSpan

INTERCEPT = -2.142
WEIGHTS = (0.369, 0.891, 1.478, 0.822, 1.418)
"""One for each of a span's `evidence`, in its order."""


def confidence(span: AnswerSpan) -> float:
    """Return the probability that the span answers the question, 0 to 1."""
    logit = INTERCEPT + sum(weight * value for weight, value in zip(WEIGHTS, span.evidence, strict=True))
    return 1.0 / (1.0 + exp(-logit))
