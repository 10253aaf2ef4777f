"""Confidence in a reply that is found by its form: a cell, a list, a definition, the sides of a comparison.

A logistic model for each form, over what the reader, the retriever and the form say of it. The coefficients were fitted
on questions that documents answer and on others that they do not, so that a reply that merely looks right has a low
confidence; see `qa.training.forms`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import exp, log
from typing import Annotated, Literal, NamedTuple

from qa.models.coefficients import BY_FIELD, FOLDER, Coefficients, load_coefficients

COEFFICIENTS_FILE = FOLDER / "form_coefficients.json"
RatedForm = Literal["cell", "figure", "row", "list", "items", "definition", "comparison"]
"""What a reply is found by: a cell by row and column, a figure computed of a column, words that the reader chose from a
row, an announced list or what the reader found in its place, items of a sentence or of several, and so on."""
_LEAST, _MOST = 0.002, 0.998  # of the reader's confidence


class FormFeatures(NamedTuple):
    """Absolute measures of a reply, each higher where it is likelier to be right.

    Attributes
    ----------
    reader : float
        Logit of the reader's confidence in its best span.
    agreement : float
        Whether that span is in what is cited, 0 or 1.
    coverage : float
        Share of the question's terms that what is cited has, with its title and headings, 0 to 1.
    strength : float
        How well the form is found, 0 to 1: the worse named of row and column, the share of the question in what
        announces a list, how plain the form of a definition is, how well the worse named side is named.
    """

    reader: float
    agreement: float
    coverage: float
    strength: float


class FormWeights(NamedTuple):
    """The intercept, and the weight of each of the `FormFeatures`."""

    intercept: float
    reader: float
    agreement: float
    coverage: float
    strength: float


class FormCoefficients(Coefficients):
    """The weights of each form.

    Attributes
    ----------
    forms : mapping of RatedForm to FormWeights
    """

    forms: Mapping[RatedForm, Annotated[FormWeights, BY_FIELD]]


def form_features(confidence: float, *, agreement: bool, coverage: float, strength: float) -> FormFeatures:
    """Return the features of a reply; `confidence` is the reader's, in its best span."""
    bounded = min(max(confidence, _LEAST), _MOST)
    return FormFeatures(log(bounded / (1 - bounded)), float(agreement), coverage, strength)


@cache
def form_coefficients() -> FormCoefficients:
    """Return the coefficients that ship; errors as of `load_coefficients`."""
    return load_coefficients(COEFFICIENTS_FILE, FormCoefficients)


def confidence_in_form(form: RatedForm, features: FormFeatures) -> float:
    """Return the probability that a reply of that form is right, 0 to 1."""
    intercept, *weights = form_coefficients().forms[form]
    return 1.0 / (1.0 + exp(-intercept - sum(weight * value for weight, value in zip(weights, features, strict=True))))
