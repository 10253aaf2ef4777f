from __future__ import annotations

import pytest

from qa.generation.evidence import states_nothing
from qa.generation.reply_parser import CitedSentence


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The documents do not state when it closed.", id="the documents do not state"),
        pytest.param("There is no information about its age in the provided documents.", id="no information"),
        pytest.param("Based on the text, it is not possible to determine its age.", id="not possible"),
        pytest.param("Its age cannot be determined from the context.", id="cannot be determined"),
        pytest.param("I could not find its age.", id="could not find"),
        pytest.param("I'm sorry, but the passages don\u2019t mention it.", id="sorry"),
        pytest.param("Not stated in the documents.", id="not stated in"),
        pytest.param("Let me know if you need anything else!", id="let me know"),
        pytest.param("If you'd like, I can also compare the costs.", id="if you like"),
        pytest.param("Would you like me to compare the costs?", id="would you like"),
        pytest.param("Note: This answer is based solely on the documents.", id="note"),
    ],
)
def test_a_sentence_on_what_is_missing_or_on_the_answer_needs_no_evidence(text: str) -> None:
    assert states_nothing(CitedSentence(text))


@pytest.mark.parametrize(
    "text",
    [
        "If you want to cancel, you must give notice.",
        "The documents name three bridges.",
        "It gives information on fees in the annual report.",
        "The committee could not agree on a date.",
        "This summary report lists 40 members.",
        "I have known him since 1990.",
    ],
)
def test_a_sentence_on_the_subject_needs_evidence(text: str) -> None:
    assert not states_nothing(CitedSentence(text))
