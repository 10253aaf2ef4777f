"""Confidence in a reply by its form: a cell, a list, a definition, the sides of a comparison.

Each form has a logistic model. The coefficients were fitted to answerable and unanswerable questions, so that a reply
that merely looks right gets a low confidence; see `qa.training.forms`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import exp, log
from typing import Annotated, Literal, NamedTuple

from qa.models.bundled import FOLDER
from qa.models.coefficients import BY_FIELD, Coefficients, load_coefficients

COEFFICIENTS_FILE = FOLDER / "form_coefficients.json"
ReplyForm = Literal["cell", "figure", "row", "list", "items", "process", "definition", "comparison"]
"""How a reply was found: a cell by row and column, a figure computed from a column, the reader's words in a table row,
an announced list or the reader's fallback for one, items of one or several sentences, a sentence that says how, and so
on."""
_MIN_CONFIDENCE, _MAX_CONFIDENCE = 0.002, 0.998  # of the reader


class FormFeatures(NamedTuple):
    """Measures of a reply, comparable between questions; higher is better.

    Attributes
    ----------
    reader : float
        Logit of the reader's confidence in its best span.
    agreement : float
        1 if a citation overlaps that span, else 0.
    coverage : float
        Share of the question's terms in the citations, their titles and headings, 0 to 1.
    strength : float
        How well the form matches, 0 to 1: how well the question names row and column, how much of it announces the
        list, how much of the question is in the passage of a process or of items, how clearly a sentence is a
        definition, how well both sides are named.
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
    forms : mapping of ReplyForm to FormWeights
    """

    forms: Mapping[ReplyForm, Annotated[FormWeights, BY_FIELD]]


def form_features(confidence: float, *, agreement: bool, coverage: float, strength: float) -> FormFeatures:
    """Return the features of a reply; `confidence` is that of the reader's best span."""
    bounded = min(max(confidence, _MIN_CONFIDENCE), _MAX_CONFIDENCE)
    return FormFeatures(log(bounded / (1 - bounded)), float(agreement), coverage, strength)


@cache
def form_coefficients() -> FormCoefficients:
    """Return the bundled coefficients; raises what `load_coefficients` raises."""
    return load_coefficients(COEFFICIENTS_FILE, FormCoefficients)


def confidence_in_form(form: ReplyForm, features: FormFeatures) -> float:
    """Return the probability that a reply of a form is right, 0 to 1."""
    intercept, *weights = form_coefficients().forms[form]
    return 1.0 / (1.0 + exp(-intercept - sum(weight * value for weight, value in zip(weights, features, strict=True))))
