"""Sentences held to excerpts, by the models that ship with the package."""

from __future__ import annotations

import pytest

from qa.embed import make_embedder
from qa.settings import Settings
from qa.span_model import make_span_model
from qa.support import SUPPORTED, SupportScorer, support_of

QUESTION = "Who designed the bridge?"
DESIGNED = "The bridge was designed by Mary Lane and opened in 1858, two years after John Hart had drawn the harbour."
COST = "It cost 40,000 pounds and did not need repair until 1901."


@pytest.fixture(scope="module")
def scorer() -> SupportScorer:
    settings = Settings()
    return SupportScorer(make_embedder(settings), make_span_model(settings))


def test_a_changed_sentence_scores_below_the_true_one(scorer: SupportScorer) -> None:
    true = scorer.score(QUESTION, "Mary Lane designed the bridge.", [DESIGNED])[0]
    assert support_of(true) == "supported"
    for changed in (
        "John Hart designed the bridge.",
        "Peter Smith designed the bridge.",
        "Mary Lane did not design the bridge.",
        "Mary Lane designed the bridge in 1862.",
    ):
        assert scorer.score(QUESTION, changed, [DESIGNED])[0] < SUPPORTED, changed


def test_no_excerpts_no_scores(scorer: SupportScorer) -> None:
    assert scorer.score(QUESTION, "Mary Lane designed the bridge.", []) == []
