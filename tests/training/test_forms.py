"""The confidence of replies that are found by their form, as it is fitted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from qa.answering.evidence import Evidence
from qa.answering.form_confidence import FormFeatures, ReplyForm, confidence_in_form, form_coefficients, form_features
from qa.answering.questions.kinds import classify
from qa.evaluation.metrics.selective import calibration_error
from qa.protocols import AnswerSpan, SpanFeatures
from qa.settings import Settings
from qa.training.forms import FormExample, cross_table, fit, form_examples, judged, probabilities
from qa.types import Document, Passage, SentenceMatch

PRICES = """\
| Room | Low season | High season |
| --- | --- | --- |
| Attic | 40 euros | 55 euros |
| Suite | 90 euros | 120 euros |
"""


def made(count: int) -> list[FormExample]:
    generator = np.random.default_rng(0)
    return [
        FormExample("cell", FormFeatures(reader, 1.0, coverage, 0.5), bool(coverage > 0.5), coverage > 0.3, f"{n % 9}")
        for n, (reader, coverage) in enumerate(generator.random((count, 2)))
    ]


@pytest.mark.slow
def test_the_informative_feature_has_the_weight_and_the_confidence_is_calibrated() -> None:
    replies = made(200)
    fitted = fit(replies)
    assert fitted["cell"].coverage > 5 * fitted["cell"].reader >= 0
    found = probabilities(fitted, replies)
    [error] = calibration_error(found.tolist(), [one.right for one in replies])(np.ones((1, len(replies))))
    assert error < 0.15
    assert [line.split(" | ")[1] for line in [*cross_table(replies)][2:]] == ["200", "200"]


def test_a_form_that_was_always_right_is_not_certain() -> None:
    replies = [FormExample("figure", FormFeatures(1.0, 1.0, 1.0, 1.0), True, True, "a")] * 8
    assert 0.8 < probabilities(fit(replies), replies)[0] < 0.95


@pytest.mark.parametrize("form", get_args(ReplyForm))
def test_more_evidence_never_lowers_the_confidence_that_ships(form: ReplyForm) -> None:
    assert form in form_coefficients().forms
    low = form_features(0.1, agreement=False, coverage=0.2, strength=0.1)
    high = form_features(0.9, agreement=True, coverage=1.0, strength=1.0)
    assert 0 < confidence_in_form(form, low) < confidence_in_form(form, high) < 1


@pytest.mark.parametrize(("question", "right"), [("What does the suite cost in high season?", True), ("A", False)])
def test_a_reply_is_compared_with_what_is_right(question: str, right: bool) -> None:
    document = Document("prices.md", PRICES, "Prices", "prices.md")
    start, end = PRICES.index("| Suite"), len(PRICES) - 1
    match = SentenceMatch(start, end, start, 0.5, 0.5)
    passage = Passage("prices.md", 0, len(PRICES), PRICES, None, 1.0, 0.5, 0.5, (match,))
    span = AnswerSpan("prices.md", start, end, start, end, 1.0, SpanFeatures(*[0.0] * 10), 1.0, 0.5)
    settings = Settings()
    evidence = Evidence(
        "What does the suite cost in high season?", classify(question), [span], [passage],
        {document.id: document}, lambda _: [passage], settings,
    )  # fmt: skip
    cell = "120 euros" if right else "90 euros"
    [reply, *_] = judged({"answerable": True, "cell": cell, "document": "prices.md"}, evidence)
    assert (reply.form, reply.right) == ("cell", right)


@pytest.mark.slow
def test_the_questions_of_each_set_are_asked_of_its_documents(tmp_path: Path) -> None:
    article: dict[str, object] = {"id": "prices.md", "title": "Prices", "text": PRICES}
    asked: dict[str, object] = {
        "id": "1",
        "question": "What does the suite cost in high season?",
        "document": "prices.md",
    }
    sets: dict[str, list[dict[str, object]]] = {
        "documents-train/articles.jsonl": [article],
        "documents-held-out/articles.jsonl": [article | {"id": "rooms.md"}],
        "kinds/replies.jsonl": [asked | {"kind": "table", "answerable": True, "cell": "120 euros"}],
        "documents-train/questions.jsonl": [
            asked | {"answerable": True, "answers": ["120 euros"], "evidence": [[0, 9]]}
        ],
        "documents-held-out/questions.jsonl": [
            asked | {"document": "rooms.md", "answerable": False, "answers": [], "evidence": []}
        ],
        "development.jsonl": [asked | {"kind": "table", "cell": "90 euros"}, asked | {"kind": "yes_no"}],
    }
    for name, lines in sets.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    (tmp_path / "development").mkdir()
    (tmp_path / "development" / "prices.md").write_text(PRICES, encoding="utf-8")
    cells = [one for one in form_examples(tmp_path, tmp_path) if one.form == "cell"]
    assert [(one.right, one.answerable) for one in cells] == [(True, True), (True, True), (False, False), (False, True)]
