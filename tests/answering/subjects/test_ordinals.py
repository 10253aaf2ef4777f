"""Which of several: the first, the second, the former, the next."""

from __future__ import annotations

import pytest

from qa.answering.subjects.ordinals import is_of_another_ordinal


@pytest.mark.parametrize(
    ("question", "sentence", "above", "expected"),
    [
        pytest.param("Who was the first director?", "Lund was the second director.", "", True, id="another"),
        pytest.param("Who was the second director?", "Lund was the 2nd director.", "", False, id="figure"),
        pytest.param("Who was the second female mayor?", "Lund is the first female mayor.", "", True, id="adjective"),
        pytest.param("Who was his third wife?", "His second wife was Roe, his third wife Lund.", "", False, id="both"),
        pytest.param("Who is the current mayor?", "The former mayor is Lund.", "", True, id="former"),
        pytest.param("Who is the current mayor?", "Lund is the third mayor.", "", False, id="current and third"),
        pytest.param("Who will be the next mayor?", "The current mayor is Lund.", "", True, id="next"),
        pytest.param("Who was the first director?", "Lund won the second prize.", "", False, id="of another kind"),
        pytest.param("Who won the second game?", "Lund lost the first game.", "Second game", False, id="above"),
        pytest.param("Who was director?", "Lund was the second director.", "", False, id="none asked"),
    ],
)
def test_ordinals_exclude_each_other(question: str, sentence: str, above: str, *, expected: bool) -> None:
    assert is_of_another_ordinal(question, sentence, above) is expected
