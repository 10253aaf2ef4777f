"""Which sentences are about another place."""

from __future__ import annotations

import pytest

from qa.answering.subjects.elsewhere import is_elsewhere

TEXT = "In Lund, shops close at six. In the United Kingdom, they close at five. They are shut in Ry and in the UK."
LUND = "In Lund, shops close at six."


@pytest.mark.parametrize(
    ("question", "sentence", "above", "expected"),
    [
        pytest.param("When do shops close in Ry?", LUND, "", True, id="another"),
        pytest.param("When do shops close in Lund?", LUND, "", False, id="the same"),
        pytest.param("When do shops close in Ry?", "In Lund and Ry, shops close.", "", False, id="both"),
        pytest.param("When do shops close in Ry?", LUND, "The shops of Ry", False, id="in the heading"),
        pytest.param("When do shops close in Denmark?", LUND, "", False, id="not in the text"),
        pytest.param("When do shops close in Ry?", "In May, shops close at six.", "", False, id="month"),
        pytest.param("When do shops close in Ry?", "Shops close at six in Lund.", "", False, id="no contrast"),
        pytest.param("When do shops close in the UK?", "In the United Kingdom, they close.", "", False, id="initials"),
        pytest.param("When do shops close?", LUND, "", False, id="no place"),
    ],
)
def test_a_sentence_opens_with_its_place(question: str, sentence: str, above: str, *, expected: bool) -> None:
    assert is_elsewhere(question, sentence, above, TEXT, "") is expected


@pytest.mark.parametrize(
    ("question", "before", "expected"),
    [
        ("How many people came in Ry?", "In Lund 20 people came, whereas in Ry ", False),
        ("How many people came in Lund?", "In Lund 20 people came, whereas in Ry ", True),
        ("How many people came in Lund?", "In Lund ", False),
        ("How many people does Lund have?", "In Lund 20 people came, whereas in Ry ", True),
    ],
    ids=["asked-clause", "other-clause", "first-clause", "place-that-has"],
)
def test_a_contrasted_clause_has_its_own_place(question: str, before: str, *, expected: bool) -> None:
    sentence = "In Lund 20 people came, whereas in Ry 300 people came."
    assert is_elsewhere(question, sentence, "", TEXT, before) is expected


def test_a_place_follows_an_opening_adverb() -> None:
    assert is_elsewhere("When do shops close in Ry?", "As well, in Lund, shops close at six.", "", TEXT, "")
