"""Evidence -> calibrated confidence.

A logistic model over absolute evidence of the best span; fused rank scores never enter. The coefficients are fitted by
`make fit-coefficients`.
"""

from __future__ import annotations

from math import exp

from qa.types import AnswerSpan

INTERCEPT = -2.050
WEIGHTS = (0.230, 0.102, 0.000, 0.869, 1.672, 0.688, 0.681)
"""One for each of a span's `evidence`, in its order."""


def confidence(span: AnswerSpan) -> float:
    """Return the probability that the span answers the question, 0 to 1."""
    logit = INTERCEPT + sum(weight * value for weight, value in zip(WEIGHTS, span.evidence, strict=True))
    return 1.0 / (1.0 + exp(-logit))
