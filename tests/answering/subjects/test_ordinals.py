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
        pytest.param("Who was the first mayor?", "Lund was the first female mayor.", "", True, id="only of a group"),
        pytest.param("Who was the first man to pass?", "Roe was the first woman to pass.", "", True, id="woman"),
        pytest.param("Who was the first person to pass?", "Roe was the first woman to pass.", "", True, id="person"),
        pytest.param(
            "Who was the first woman to pass?", "Roe was the first woman to pass.", "", False, id="same group"
        ),
        pytest.param("Who was the first man in space?", "Roe was the first human in space.", "", False, id="anybody"),
        pytest.param("Who is her husband?", "Her ex-husband, Tom Lund, sings.", "", True, id="ex"),
        pytest.param("Who is the mayor?", "Lund was mayor from 1990 to 1995.", "", True, id="was from to"),
        pytest.param("Who is the mayor?", "The mayor was Lund until 1995.", "", True, id="was until"),
        pytest.param("Who was the mayor?", "The mayor was Lund until 1995.", "", False, id="asks who was"),
        pytest.param("Who is the mayor?", "Lund was mayor until 1995; now it is Roe.", "", False, id="and now"),
        pytest.param("Who is the founder?", "The founder, Roe, was mayor until 1995.", "", False, id="another office"),
        pytest.param("Who was the first mayor?", "The mayor of Aure is Lund.", "", True, id="is now"),
        pytest.param("Who was the thirteenth mayor?", "Lund was the 13th mayor.", "", False, id="any number"),
        pytest.param("Who was director?", "Lund was the second director.", "", False, id="none asked"),
    ],
)
def test_ordinals_exclude_each_other(question: str, sentence: str, above: str, *, expected: bool) -> None:
    assert is_of_another_ordinal(question, sentence, above) is expected
