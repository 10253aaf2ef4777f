"""Features of a sentence and an excerpt -> the probability that the excerpt supports the sentence.

A logistic model, fitted by `make fit-support`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qa.claims import Support
from qa.models.coefficients import BY_FIELD, FOLDER, Coefficients, load_coefficients

COEFFICIENTS_FILE = FOLDER / "support_coefficients.json"
WEAKLY_SUPPORTED = 0.05
"""Threshold below which a sentence is not shown; set on sentences written by hand (`make bench-support`)."""


class SupportFeatures(NamedTuple):
    """The features of a claim and an excerpt.

    Attributes
    ----------
    word_similarity : float
        Share of the words that the excerpt contains, or others like them.
    new_word_similarity : float
        The least of these among the words that the question does not contain.
    adjacent_words : float
        Share of the neighbouring words that are near each other in the excerpt.
    missing_numbers, missing_names : float
        How many the excerpt lacks, of those that the question does not contain.
    unmatched_negation : float
        Whether the claim denies what the excerpt does not.
    denied : float
        How far the claim says what the excerpt denies.
    misattached : float
        Share of the words next to a number or name that are nearer to another one in the excerpt.
    reader_margin, reader_worst_margin : float
        By how much the reader finds the claim's numbers and names rather than others: on average, and the worst.
    """

    word_similarity: float
    new_word_similarity: float
    adjacent_words: float
    missing_numbers: float
    missing_names: float
    unmatched_negation: float
    denied: float
    misattached: float
    reader_margin: float
    reader_worst_margin: float


class SupportCoefficients(Coefficients):
    """A logistic model of support.

    Attributes
    ----------
    intercept : float
    weights : SupportFeatures
        The weight of each feature.
    supported : float
        Threshold for "supported".
    """

    intercept: float
    weights: Annotated[SupportFeatures, BY_FIELD]
    supported: float


@cache
def support_coefficients() -> SupportCoefficients:
    """Return the coefficients that ship; errors as of `load_coefficients`."""
    return load_coefficients(COEFFICIENTS_FILE, SupportCoefficients)


def support_probabilities(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability of support for rows of `SupportFeatures`, by the coefficients that ship."""
    fitted = support_coefficients()
    return probabilities(features, fitted.intercept, fitted.weights)


def support_of(score: float) -> Support:
    """Return the verdict for a score."""
    if score >= support_coefficients().supported:
        return "supported"
    return "weakly supported" if score >= WEAKLY_SUPPORTED else "unsupported"


def probabilities(features: NDArray[np.float64], intercept: float, weights: Sequence[float]) -> NDArray[np.float64]:
    """Return the probability of support for rows of features, by a logistic model."""
    likely: NDArray[np.float64] = 1 / (1 + np.exp(-(intercept + features @ np.array(weights))))
    return likely
