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
    assert is_elsewhere(question, sentence, above, TEXT) is expected
