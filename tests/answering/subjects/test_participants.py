"""Who does something and to whom, from where to where, and whose relative."""

from __future__ import annotations

import pytest

from qa.answering.subjects.participants import (
    is_of_relative,
    is_opposite_direction,
    is_opposite_side,
    is_swapped,
)

ACTIVE = "In 1905 Anna Lund succeeded Ole Roe as mayor."
PASSIVE = "Ole Roe was later succeeded as mayor by Anna Lund."


@pytest.mark.parametrize(
    ("question", "sentence", "answer", "expected"),
    [
        pytest.param("Who succeeded Roe?", ACTIVE, "Anna Lund", False, id="subject"),
        pytest.param("Who succeeded Lund?", ACTIVE, "Ole Roe", True, id="object"),
        pytest.param("Who succeeded Roe?", PASSIVE, "Anna Lund", False, id="after by"),
        pytest.param("Who succeeded Lund?", PASSIVE, "Ole Roe", True, id="passive subject"),
        pytest.param("Who did Lund succeed?", ACTIVE, "Ole Roe", False, id="asked object"),
        pytest.param("Who did Roe succeed?", ACTIVE, "Anna Lund", True, id="asked object is the subject"),
        pytest.param("Who did Lund succeed?", PASSIVE, "Ole Roe", False, id="asked passive subject"),
        pytest.param("Who did Roe succeed?", PASSIVE, "Anna Lund", True, id="asked object is after by"),
        pytest.param("Who married Lund?", "Anna Lund married Ole Roe.", "Ole Roe", False, id="mutual"),
        pytest.param("Who succeeded Lund?", "Ole Roe followed in 1905.", "Ole Roe", False, id="another verb"),
        pytest.param("Who built the mill?", "Lund built the mill for Roe.", "Roe", False, id="after a preposition"),
        pytest.param("Who lived in the mill?", "By the mill there lived a smith.", "a smith", False, id="there"),
        pytest.param("Who live on the moor?", "It is a moor on which live the Orr.", "the Orr", False, id="inverted"),
    ],
)
def test_subject_and_object_are_told_apart(question: str, sentence: str, answer: str, *, expected: bool) -> None:
    start = sentence.index(answer)
    assert is_swapped(question, sentence, (start, start + len(answer)), (0, len(sentence))) is expected


@pytest.mark.parametrize(
    ("question", "before", "expected"),
    [
        ("Where was the ship going?", "It was on a voyage from ", True),
        ("Where was the ship going to?", "It sailed from Lund to ", False),
        ("Where did the ship come from?", "It sailed to the ", True),
        ("Where did the ship come from?", "It sailed from ", False),
        ("Where was the ship built?", "It was brought from ", False),
        ("Where do these mice come from?", "These mice are native to the ", False),
        ("Where did the ship come from?", "To ", True),
    ],
    ids=["from-for-to", "to", "to-for-from", "from", "no-direction", "native", "first-word"],
)
def test_from_and_to_are_told_apart(question: str, before: str, *, expected: bool) -> None:
    assert is_opposite_direction(question, before) is expected


@pytest.mark.parametrize(
    ("question", "clause", "expected"),
    [
        pytest.param("How many are out of the union?", '64 are "in the union"', True, id="out-of"),
        pytest.param("How many are in the union?", "64 are outside the union", True, id="in"),
        pytest.param("How many are out of the union?", "30 are out of the union", False, id="the-same"),
        pytest.param("How many are in the union?", "64 are in the union, and 30 out of the union", False, id="both"),
        pytest.param("How many are in the union?", "30 went out of the hall", False, id="another-thing"),
        pytest.param("Where did she live before the flood?", "after the flood she lived in Orr", True, id="before"),
    ],
)
def test_a_side_of_a_thing_is_not_the_other(question: str, clause: str, *, expected: bool) -> None:
    assert is_opposite_side(question, clause) is expected


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("How did Anna Lund die?", "Lund was 16 when her father died.", True),
        ("How did Lund's father die?", "Lund was 16 when her father died.", False),
        ("How did Anna Lund die?", "Her father died at sea, and she died of a fever.", False),
        ("When was Anna Lund born?", "Her sister was born in 1901.", True),
        ("When was the mill sold?", "Her father was born there.", False),
        ("Where was Ida buried?", "He was buried in the abbey of his wife Ida.", True),
        ("Where was Otto buried?", "Otto was buried in the abbey of his wife Ida.", False),
        ("Where was Otto buried?", "She was buried beside her husband Otto.", False),
        ("Where was Ida buried?", "Ida founded the abbey where Otto is buried.", True),
        ("When did Ida die?", "He died in 936, and his wife Ida died in 968.", False),
    ],
    ids=[
        *("relative", "asked", "both", "passive", "another-verb"),
        *("husband", "asked-husband", "beside", "where-another", "each"),
    ],
)
def test_a_relative_is_another_person(question: str, sentence: str, *, expected: bool) -> None:
    assert is_of_relative(question, sentence) is expected
