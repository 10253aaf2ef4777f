"""An answer that is the first item of an enumeration is given with the others, if the question leaves open how many."""

from __future__ import annotations

import pytest

from qa.answering.lists.whole_enumeration import whole_enumeration
from qa.protocols import AnswerSpan, SpanFeatures

FEATURES = SpanFeatures(*[0.0] * 10)


@pytest.mark.parametrize(
    ("question", "sentence", "found", "expected"),
    [
        pytest.param(
            "Who feeds the young?",
            "The young are fed by the father and the older sisters.",
            "the father",
            "the father and the older sisters",
            id="two",
        ),
        pytest.param(
            "Where does the money come from?",
            "It comes from fees, gifts and the autumn fair.",
            "fees",
            "fees, gifts and the autumn fair",
            id="three",
        ),
        pytest.param(
            "What harmed the town?",
            "It was harmed by several events such as floods and fires.",
            "several events",
            "several events such as floods and fires",
            id="named after the span",
        ),
        pytest.param("Who heard it?", "His friends and a guard heard it.", "a guard", "a guard", id="a later item"),
        pytest.param(
            "What two parts does the kit have?",
            "The kit has the tray, the bowl and a cloth.",
            "the tray",
            "the tray",
            id="two are asked for",
        ),
        pytest.param("Which town did they pass?", "They passed Ry and Ho.", "Ry", "Ry", id="one is asked for"),
        pytest.param("Who is the chair?", "The club has Ann Lee and Bo Ek.", "Ann Lee", "Ann Lee", id="a role"),
        pytest.param(
            "Who came from Ry?",
            "Ann Lee from Ry and Bo Ek from Ho came.",
            "Ann Lee",
            "Ann Lee",
            id="restricted to some",
        ),
        pytest.param(
            "What did she carry?", "She carried a lamp, and the guards slept.", "a lamp", "a lamp", id="another clause"
        ),
        pytest.param(
            "What did she win?", "She won a cup and her brother was proud of her.", "a cup", "a cup", id="with a verb"
        ),
    ],
)
def test_the_first_item_is_extended_to_all(question: str, sentence: str, found: str, expected: str) -> None:
    start = sentence.index(found)
    span = start, start + len(found)
    best = AnswerSpan("a", *span, 0, len(sentence), 1.0, FEATURES, 1.0, 1.0)
    assert sentence[slice(*whole_enumeration(question, sentence, best, span))] == expected
