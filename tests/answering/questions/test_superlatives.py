"""What superlatives ask for, and which texts state it."""

from __future__ import annotations

import pytest

from qa.answering.questions.superlatives import asked_extreme, is_of_another_extreme, is_stated


@pytest.mark.parametrize(
    ("question", "extreme"),
    [
        ("Which boat is the cheapest?", ("cheapest", -1, "price")),
        ("In what year were the fewest sold?", ("fewest", -1, "")),
        ("Which model is the least expensive?", ("least expensive", -1, "price")),
        ("Which is the most recent version?", ("most recent", -1, "age")),
        ("Which is the second largest town?", None),
        ("Which guest came from the forest?", None),
        ("Is it the longest?", None),
        ("Which model is cheaper?", ("cheaper", -1, "price")),
        ("Which of the two was less expensive?", ("less expensive", -1, "price")),
        ("Which is the river?", None),
        ("Which town is larger than Ry?", None),
    ],
)
def test_a_question_asks_for_an_extreme(question: str, extreme: tuple[str, int, str] | None) -> None:
    assert asked_extreme(question) == extreme


@pytest.mark.parametrize(
    ("question", "text", "stated"),
    [
        ("What is the oldest town?", "Largest town | Gantry", False),
        ("What is the largest town?", "Largest town | Gantry", True),
        ("What is the biggest town?", "Largest town | Gantry", True),
        ("What is the largest town?", "Second largest town | Gantry", False),
        ("Which town is by the sea?", "Gantry | by the sea", True),
        ("What is the total power of the plants?", "Dunmere, 22 megawatts", False),
        ("What is the total power of the plants?", "Total power | 85 megawatts", True),
    ],
)
def test_a_row_states_the_extreme_or_total(question: str, text: str, stated: bool) -> None:
    assert is_stated(question, text) is stated


@pytest.mark.parametrize(
    ("question", "another"),
    [
        ("Which river is the longest?", True),
        ("Which river is the oldest?", True),
        ("Which river is the third-longest?", False),
        ("Where is it?", False),
    ],
)
def test_the_third_longest_is_not_the_longest(question: str, another: bool) -> None:
    assert is_of_another_extreme(question, "The Velmora is the third-longest river, after the Osk.") is another
