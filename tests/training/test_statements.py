"""Statements made of questions and answers, and what is changed in them."""

from __future__ import annotations

import random

import pytest

from qa.training.declare import declare, shortened
from qa.training.examples import Paragraph
from qa.training.statements import negated, statements

TEXT = "The bridge was built by Mary Lane in 1858. It did not need repair until 1901, when John Hart painted it."
PARAGRAPH = Paragraph(
    TEXT,
    ((0, 42), (43, len(TEXT))),
    (
        ("Who built the bridge?", (("Mary Lane", 24),)),
        ("When was the bridge built?", (("1858", 37),)),
        ("Who painted the bridge?", (("John Hart", 83),)),
    ),
    "Bridges",
)


@pytest.mark.parametrize(
    ("question", "answer", "sentence"),
    [
        ("When was the bridge built?", "1858", "The bridge was built in 1858."),
        ("Who built the bridge?", "Mary Lane", "Mary Lane built the bridge."),
        ("Where did the ship sink?", "the harbour", "The ship sank in the harbour."),
        ("How many ships does the company own?", "12", "The company owns 12 ships."),
        ("What is the capital of France?", "Paris", "The capital of France is Paris."),
        ("In what year did the war end?", "1945", "The war ended in 1945."),
        ("Why did they leave?", "it was cold", "They left because it was cold."),
        ("Why did they leave?", "the cold", "They left because of the cold."),
        ("Is it blue?", "yes", None),
        ("What happened?", "a flood", None),
        ("Who built it?", "", None),
    ],
    ids=[
        "when",
        "who",
        "where",
        "how-many",
        "what-is",
        "in-what-year",
        "why-clause",
        "why-noun",
        "yes-or-no",
        "happened",
        "no-answer",
    ],
)
def test_a_question_and_its_answer_become_a_sentence(question: str, answer: str, sentence: str | None) -> None:
    assert declare(question, answer) == sentence


def test_a_sentence_loses_its_last_clause_or_turns_its_opening() -> None:
    assert shortened("The long bridge was built (late) in 1858, while the port grew.") == (
        "The long bridge was built in 1858."
    )
    assert shortened("In 1858, the bridge was opened.") == "The bridge was opened in 1858."
    assert shortened("It was opened.") is None


@pytest.mark.parametrize(
    ("sentence", "other"),
    [
        ("It did not need repair.", "It did need repair."),
        ("The ship sank in 1858.", "The ship did not sink in 1858."),
        ("The ship will sink.", "The ship will not sink."),
        ("Nobody came.", None),
    ],
    ids=["out", "in-past", "in-modal", "other-negation"],
)
def test_a_negation_is_put_in_or_taken_out(sentence: str, other: str | None) -> None:
    always_not = random.Random(1)
    assert negated(sentence, always_not) == other


def test_each_true_statement_is_followed_by_its_changes() -> None:
    made = statements([PARAGRAPH] * 20, seed=1, most=40)
    assert made == statements([PARAGRAPH] * 20, seed=1, most=40)
    assert sum(one.change == "true" for one in made) == 40
    assert {one.change for one in made} == {"true", "number", "name", "negation"}
    true = made[0]
    for one in made:
        if one.change == "true":
            true = one
        else:
            assert one.text != true.text
            assert (one.question, one.evidence, one.made_of) == (true.question, true.evidence, true.made_of)
        assert one.context == "Bridges"
