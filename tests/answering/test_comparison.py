"""The sides of a comparison, and the sentence that defines a term."""

from __future__ import annotations

import pytest

from qa.answering.comparison import compared
from qa.answering.definition import defined_term


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("What is the difference between a crow and a raven?", ("crow", "raven")),
        ("Compare the PH 1 with the PH 2.", ("PH 1", "PH 2")),
        ("Which is heavier, oak or pine?", ("oak", "pine")),
        ("How do swifts and swallows differ?", ("swifts", "swallows")),
        ("linen versus cotton", ("linen", "cotton")),
        ("How is rugby different from football?", ("rugby", "football")),
        ("What is the difference between the old cinema and the new one?", ("old cinema", "new cinema")),
        ("Compare the first and the second telescope.", ("first telescope", "second telescope")),
        ("Compare the interests of Roth and Tanaka.", ("Roth", "Tanaka")),
    ],
)
def test_both_sides_are_named(question: str, sides: tuple[str, str]) -> None:
    found = compared(question)
    assert found is not None
    assert found.sides == sides


@pytest.mark.parametrize("question", ["Compare them.", "What is different?", ""])
def test_a_question_without_two_sides_has_none(question: str) -> None:
    assert compared(question) is None


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("What is torpor?", "torpor"),
        ("What is a tilt switch?", "tilt switch"),
        ('What does "the premises" mean?', "premises"),
        ("what is meant by force majeure", "force majeure"),
        ("definition of tort", "tort"),
        ("Who was Karla Novak?", "Karla Novak"),
        ("What is a bonfire according to the rules?", "bonfire"),
        ("Why?", ""),
    ],
)
def test_the_term_that_is_defined(question: str, term: str) -> None:
    assert defined_term(question) == term
