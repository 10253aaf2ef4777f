"""Features of a span -> its rank among the spans of a question, and the calibrated confidence in it.

Both are linear models over absolute evidence, fitted by `make fit-coefficients`. The order also counts the fused rank
score of the passage, which says nothing absolute and so never enters the confidence.
"""

from __future__ import annotations

from functools import cache
from math import exp
from typing import Annotated

from qa.models.coefficients import BY_FIELD, FOLDER, Coefficients, load_coefficients
from qa.types import AnswerSpan, SpanFeatures

COEFFICIENTS_FILE = FOLDER / "reader_coefficients.json"


class ReaderCoefficients(Coefficients):
    """The weight of each feature.

    Attributes
    ----------
    ranking : SpanFeatures
        Weights in the order of spans.
    ranking_passage_score : float
        There, the weight of the fused rank score of the passage.
    confidence : SpanFeatures
        Weights in the logit of the confidence.
    confidence_intercept : float
    """

    ranking: Annotated[SpanFeatures, BY_FIELD]
    ranking_passage_score: float
    confidence: Annotated[SpanFeatures, BY_FIELD]
    confidence_intercept: float


@cache
def reader_coefficients() -> ReaderCoefficients:
    """Return the coefficients that ship; errors as of `load_coefficients`."""
    return load_coefficients(COEFFICIENTS_FILE, ReaderCoefficients)


def ranking_score(features: SpanFeatures, passage_score: float) -> float:
    """Return the score by which spans of one question are ordered; higher is better."""
    fitted = reader_coefficients()
    weights, values = (*fitted.ranking, fitted.ranking_passage_score), (*features, passage_score)
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


def confidence(span: AnswerSpan) -> float:
    """Return the probability that the span answers the question, 0 to 1."""
    fitted = reader_coefficients()
    logit = fitted.confidence_intercept + sum(
        weight * value for weight, value in zip(fitted.confidence, span.features, strict=True)
    )
    return 1.0 / (1.0 + exp(-logit))
