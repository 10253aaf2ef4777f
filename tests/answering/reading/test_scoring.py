"""Ranking and confidence, and the coefficients that the settings choose."""

from __future__ import annotations

import logging
from math import exp
from pathlib import Path
from typing import Any

import pytest
from conftest import TermEmbedder
from hypothesis import given
from hypothesis import strategies as st

from qa.answering.reading.reader import SpanReader
from qa.answering.reading.scoring import bundled_coefficients, coefficients_for
from qa.errors import ModelError
from qa.models.coefficients import save_coefficients
from qa.models.embedder import make_embedder
from qa.models.span_model import BundledSpanModel
from qa.pipeline import QA
from qa.protocols import SpanFeatures
from qa.settings import Settings

FEATURES = st.builds(
    SpanFeatures, *[st.floats(-30, 30)] * 3, *[st.floats(0, 1)] * 4, *[st.floats(-1, 1)] * 2, st.floats(0, 20)
)


@given(FEATURES)
def test_it_is_a_probability(features: SpanFeatures) -> None:
    assert 0 <= bundled_coefficients().confidence_in(features) <= 1


@given(FEATURES, st.sampled_from(SpanFeatures._fields), st.floats(0, 5))
def test_beyond_the_range_fitted_to_a_feature_counts_as_its_end(features: SpanFeatures, name: str, more: float) -> None:
    fitted = bundled_coefficients()
    for ends, sign in ((fitted.lowest, -1), (fitted.highest, 1)):
        end = getattr(ends, name)
        beyond, at_end = (features._replace(**{name: value}) for value in (end + sign * more, end))
        assert fitted.confidence_in(beyond) == fitted.confidence_in(at_end)


def test_the_confidence_adds_up_weights_of_features_and_of_their_products_with_the_search_size() -> None:
    nothing = SpanFeatures(*[0.0] * len(SpanFeatures._fields))
    fitted = bundled_coefficients().model_copy(
        update={
            "confidence_intercept": 1.0,
            "confidence": nothing._replace(sentence_overlap=2.0),
            "confidence_times_size": nothing._replace(sentence_overlap=0.5),
            "lowest": nothing,
            "highest": SpanFeatures(*[9.0] * len(nothing)),
        }
    )
    features = nothing._replace(sentence_overlap=0.5, search_size=4.0)
    assert fitted.confidence_in(features) == pytest.approx(1 / (1 + exp(-(1.0 + 2.0 * 0.5 + 0.5 * 0.5 * 4.0))))


def test_the_order_of_spans_weighs_each_feature_with_its_own_weight() -> None:
    nothing = SpanFeatures(*[0.0] * len(SpanFeatures._fields))
    fitted = bundled_coefficients()
    assert fitted.ranking_score(nothing, 1.0) == fitted.ranking_passage_score
    for name in SpanFeatures._fields:
        assert fitted.ranking_score(nothing._replace(**{name: 1.0}), 0.0) == getattr(fitted.ranking, name)


def test_the_bundled_coefficients_were_fitted_to_the_bundled_models() -> None:
    assert bundled_coefficients().reader == BundledSpanModel().fingerprint
    assert bundled_coefficients().embedder == make_embedder(Settings()).fingerprint


def save(file: Path, **changes: Any) -> Settings:  # noqa: ANN401
    save_coefficients(file, bundled_coefficients().model_copy(update=changes))
    return Settings(coefficients=str(file))


def test_a_file_fitted_to_the_models_set_is_used(tmp_path: Path) -> None:
    model, embedder = BundledSpanModel(), TermEmbedder()
    settings = save(tmp_path / "fitted.json", embedder=embedder.fingerprint, confidence_intercept=-9.0)
    reader = SpanReader(model, lambda: coefficients_for(settings, model, embedder))
    assert reader.coefficients.confidence_intercept == -9.0
    # A run with these coefficients is not resumed with others.
    assert reader.fingerprint.startswith(f"{model.fingerprint} coefficients ")
    assert SpanReader(model).fingerprint == model.fingerprint


@pytest.mark.parametrize("kind", ["reader", "embedder"])
def test_a_file_fitted_to_other_models_is_refused(tmp_path: Path, kind: str) -> None:
    embedder = TermEmbedder()
    settings = save(tmp_path / "fitted.json", **{"embedder": embedder.fingerprint, kind: "another 1.0"})
    with pytest.raises(ModelError) as caught:
        coefficients_for(settings, BundledSpanModel(), embedder)
    variable = {"reader": "QA_READER_MODEL", "embedder": "QA_EMBEDDING_MODEL"}[kind]
    for part in (f"QA_COEFFICIENTS={tmp_path / 'fitted.json'}", "'another 1.0'", variable, "qa fit"):
        assert part in str(caught.value)


def test_a_bot_compares_the_file_with_its_models_at_once(tmp_path: Path) -> None:
    settings = save(tmp_path / "fitted.json", reader="another 1.0")
    with pytest.raises(ModelError, match="QA_READER_MODEL as it was"):
        QA(settings)
    settings = save(tmp_path / "fitted.json", confidence_intercept=-9.0)
    assert QA(settings).reader.fingerprint != QA(Settings()).reader.fingerprint


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "No such file"), ("{}", "field 'fitted_on': Field required"), ("[", "Invalid JSON")],
    ids=["missing", "empty", "no JSON"],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: str | None, problem: str) -> None:
    file = tmp_path / "fitted.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=f"{file}: .*{problem}.*qa fit"):
        coefficients_for(Settings(coefficients=str(file)), BundledSpanModel(), TermEmbedder())


def test_other_models_with_the_bundled_coefficients_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    model, embedder = BundledSpanModel(), TermEmbedder()
    with caplog.at_level(logging.WARNING):
        assert coefficients_for(Settings(), model, embedder) == bundled_coefficients()
        assert not caplog.records
        coefficients_for(Settings(reader_model="./other"), model, embedder)
    assert (
        caplog.records[0].getMessage().startswith("QA_READER_MODEL=./other: ranking and confidence were fitted to the")
    )
