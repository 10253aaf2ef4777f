"""What a question for several things asks for."""

from __future__ import annotations

import pytest

from qa.answering.questions.asked_terms import stated_count


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param("Which two rivers meet at Orrin?", 2, id="which"),
        pytest.param("What are the three main duties of a keeper?", 3, id="what are"),
        pytest.param("What two things does it keep out?", 2, id="things"),
        pytest.param("List the 12 rules", 12, id="digits"),
        pytest.param("Which of the two rivers is longer?", None, id="one of two"),
        pytest.param("What two letter word is it?", None, id="a word of two letters"),
        pytest.param("Which 2019 rules still apply?", None, id="a year"),
        pytest.param("What were the two ships supposed to do?", None, id="what they do"),
        pytest.param("Which rivers meet at Orrin?", None, id="no number"),
    ],
)
def test_a_question_says_how_many_things_it_asks_for(question: str, expected: int | None) -> None:
    assert stated_count(question) == expected
