"""Kinds of questions and answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation.metrics.slices import answer_type, question_word


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("Who bought the jets?", "who"),
        ("Whose jets were they?", "who"),
        ("To whom were they sold?", "who"),
        ("In which year did it happen?", "which"),
        ("What is said of how bees dance?", "what"),
        ("How many bees live in a hive?", "how many"),
        ("how much did it cost?", "how many"),
        ("How was the cable laid?", "how"),
        ("When and where was it?", "when"),
        ("According to the article, why did it break?", "why"),
        ("Did it break when it was laid?", "yes or no"),
        ("Name the ship that laid the cable.", "other"),
        ("Whatever, somehow.", "other"),
        ("", "other"),
    ],
)
def test_question_word(question: str, word: str) -> None:
    assert question_word(question) == word


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("1969", "date"),
        ("the 1990s", "date"),
        ("May 2, 1995", "date"),
        ("16th of August, 1858", "date"),
        ("2012-02-03", "date"),
        ("before 2012", "date"),
        ("late spring or early summer", "date"),
        ("the 19th century", "date"),
        ("24 jets", "number"),
        ("$4.5 billion", "number"),
        ("about ten days", "number"),
        ("1,969", "number"),
        ("thirty-five per cent", "number"),
        ("Vladimir Putin", "name"),
        ("The Bank of England", "name"),
        ("Su-35", "name"),
        ("“Great Eastern”", "name"),
        ("中国", "name"),
        ("older equipment", "phrase"),
        ("Russia feared a copy", "phrase"),
        ("%", "phrase"),
        ("this shape divides a surface into equal parts with the least material", "sentence"),
    ],
)
def test_answer_type(answer: str, kind: str) -> None:
    assert answer_type([answer, "something else"]) == kind


@given(st.text())
def test_any_text_is_of_some_kind(text: str) -> None:
    assert answer_type([text]) in {"date", "number", "name", "phrase", "sentence"}
    assert question_word(text) in {
        "who", "what", "which", "when", "where", "why", "how many", "how", "yes or no", "other"
    }  # fmt: skip
