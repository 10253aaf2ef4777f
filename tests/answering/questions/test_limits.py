"""Whether an answer has the measure that a question asks for."""

from __future__ import annotations

import pytest

from qa.answering.questions.limits import is_of_another_measure


@pytest.mark.parametrize(
    ("question", "text", "another"),
    [
        pytest.param("How deep is the Aure?", "It is |312 kilometres| long.", True, id="length"),
        pytest.param("How long is the Aure?", "It is |312 kilometres| long.", False, id="length asked"),
        pytest.param("How deep is the Aure?", "It rises |1,840 metres| above sea level.", True, id="elevation"),
        pytest.param("How deep is the Aure?", "It covers |9,450| square kilometres.", True, id="area"),
        pytest.param("How wide is the Aure?", "It is |40 m| across.", False, id="across"),
        pytest.param("How high is the dam?", "It has a depth of |40 m|.", True, id="extent before"),
        pytest.param("How tall is the dam?", "It has a height of about |40 m|.", False, id="same extent before"),
        pytest.param("How long is the Aure?", "It has |312| fish.", False, id="count"),
        pytest.param("How long does it take?", "It takes |3 hours|.", False, id="duration"),
        pytest.param("How much does the pump cost?", "Its output is |9.1 kW|.", True, id="power is no price"),
        pytest.param("How much does the pump cost?", "Its output is |9.1| kW.", True, id="unit after the answer"),
        pytest.param("What is the price of the pump?", "It costs |5,000 euros|.", False, id="price"),
        pytest.param("How much does it cost?", "It costs |\u00a33 per 100 km|.", False, id="price of a distance"),
        pytest.param("How much does it cost?", "It costs |\u00a53 per 100 km|.", False, id="price in yen"),
        pytest.param("How much does it cost?", "It costs |12,000 crowns|.", False, id="another currency"),
    ],
)
def test_an_answer_has_the_measure_asked_for(question: str, text: str, another: bool) -> None:
    before, answer, after = text.split("|")
    span = len(before), len(before) + len(answer)
    assert is_of_another_measure(question, f"{before}{answer}{after}", span) is another
