"""Rank answer spans, and give each a calibrated confidence.

`qa fit` fits both to the features of spans. The ranking is linear. The confidence is logistic, with the product of each
feature and the search size, because a margin, for instance, says less the more chunks were searched. Only the ranking
uses the fused rank score of the passage, which is not comparable between questions.
"""

from __future__ import annotations

import logging
from functools import cache
from math import exp, log
from pathlib import Path
from typing import Annotated

from qa.errors import ModelError
from qa.models.bundled import FOLDER
from qa.models.coefficients import BY_FIELD, Coefficients, load_coefficients, read_coefficients
from qa.models.span_model import SpanModel
from qa.protocols import Embedder, SpanFeatures
from qa.settings import BUNDLED_MODEL, BUNDLED_READER, Settings
from qa.types import Passage, SentenceMatch

COEFFICIENTS_FILE = FOLDER / "reader_coefficients.json"

_log = logging.getLogger(__name__)


class ReaderCoefficients(Coefficients):
    """The weight of each feature.

    Attributes
    ----------
    reader, embedder : str
        Fingerprints of the models to which the coefficients were fitted.
    ranking : SpanFeatures
        Weights of the ranking.
    ranking_passage_score : float
        Weight of the fused rank score of the passage in the ranking.
    confidence_intercept : float
    confidence : SpanFeatures
        Weights in the logit of the confidence.
    confidence_times_size : SpanFeatures
        Weights in that logit of each feature times the search size.
    lowest, highest : SpanFeatures
        Range of each feature in the fitting data; values are clipped to it.
    """

    reader: str
    embedder: str
    ranking: Annotated[SpanFeatures, BY_FIELD]
    ranking_passage_score: float
    confidence_intercept: float
    confidence: Annotated[SpanFeatures, BY_FIELD]
    confidence_times_size: Annotated[SpanFeatures, BY_FIELD]
    lowest: Annotated[SpanFeatures, BY_FIELD]
    highest: Annotated[SpanFeatures, BY_FIELD]

    def ranking_score(self, features: SpanFeatures, passage_score: float) -> float:
        """Return the score by which spans of one question are ordered; higher is better."""
        weights, values = (*self.ranking, self.ranking_passage_score), (*features, passage_score)
        return sum(weight * value for weight, value in zip(weights, values, strict=True))

    def confidence_in(self, features: SpanFeatures) -> float:
        """Return the probability that a span answers the question, 0 to 1."""
        values = [min(max(one, low), high) for one, low, high in zip(features, self.lowest, self.highest, strict=True)]
        size = SpanFeatures(*values).search_size
        logit = self.confidence_intercept + sum(
            (weight + times_size * size) * value
            for weight, times_size, value in zip(self.confidence, self.confidence_times_size, values, strict=True)
        )
        # Chosen by sign so that exp never overflows.
        return 1.0 / (1.0 + exp(-logit)) if logit >= 0 else exp(logit) / (1.0 + exp(logit))


def span_features(
    margins: tuple[float, float, float],
    sentence: SentenceMatch,
    passage: Passage,
    leads: tuple[float, float] = (0.0, 0.0),
) -> SpanFeatures:
    """Return the features of a span of a sentence of a passage.

    `margins` are the three of the reader, `leads` those of the overlaps.
    """
    return SpanFeatures(
        *margins,
        sentence_similarity=sentence.similarity,
        sentence_overlap=sentence.overlap,
        passage_similarity=passage.similarity,
        passage_overlap=passage.overlap,
        sentence_overlap_lead=leads[0],
        passage_overlap_lead=leads[1],
        search_size=log(passage.searched),
    )


@cache
def bundled_coefficients() -> ReaderCoefficients:
    """Return the coefficients of the bundled models; raises what `load_coefficients` raises."""
    return load_coefficients(COEFFICIENTS_FILE, ReaderCoefficients)


def coefficients_for(settings: Settings, reader: SpanModel, embedder: Embedder) -> ReaderCoefficients:
    """Return the coefficients that the settings name, else the bundled ones, with a warning if the models are others.

    Raises
    ------
    ModelError
        If the file cannot be read, or was fitted to other models than those given.
    """
    if not settings.coefficients:
        named = {"READER": settings.reader_model, "EMBEDDING": settings.embedding_model}
        bundled = {"READER": BUNDLED_READER, "EMBEDDING": BUNDLED_MODEL}
        others = " ".join(f"QA_{kind}_MODEL={name}" for kind, name in named.items() if name != bundled[kind])
        if others:
            _log.warning(
                "%s: ranking and confidence were fitted to the built-in models, so the confidence may be far off;"
                " fit them with qa fit, and set QA_COEFFICIENTS",
                others,
            )
        return bundled_coefficients()
    file = Path(settings.coefficients).expanduser()
    fitted = read_coefficients(file, ReaderCoefficients)
    for kind, model, expected in (
        ("reader", reader.fingerprint, fitted.reader),
        ("embedding", embedder.fingerprint, fitted.embedder),
    ):
        if model != expected:
            raise ModelError(
                f"QA_COEFFICIENTS={file}: was fitted to the {kind} model {expected!r}, but {model!r} is set;"
                f" set QA_{kind.upper()}_MODEL as it was, or fit again with: qa fit"
            )
    return fitted
