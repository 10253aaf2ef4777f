"""Marks of notes, and negations, within an enumeration."""

from __future__ import annotations

import pytest

from qa import QA, Document


@pytest.mark.parametrize(
    ("question", "sentence", "items"),
    [
        (
            "Which wars did the country fight in?",
            "The country fought in the First World War,[1] the Korean War,[a] the Cod War[note 2] and the Gulf War.",
            ["the First World War", "the Korean War", "the Cod War", "the Gulf War"],
        ),
        (
            "Which wars did the country fight in?",
            "The country fought in the First World War,\u00b9 the Korean War\u00b2 and the Gulf War.\u00b3",
            ["the First World War", "the Korean War", "the Gulf War"],
        ),
    ],
)
def test_the_marks_of_notes_separate_no_items(question: str, sentence: str, items: list[str]) -> None:
    bot = QA()
    bot.add([Document("country.md", f"# Country\n\n{sentence}\n", "Country", "country.md")])
    found = bot.ask(question)
    assert [part.text for part in found.parts] == items


def test_without_belongs_to_its_item() -> None:
    bot = QA()
    sentence = "To be counted as a walker, a guest must be without a horse, able to walk, and sober in the morning."
    bot.add([Document("inn.md", f"# Inn\n\n{sentence}\n", "Inn", "inn.md")])
    found = bot.ask("Which conditions must a guest meet to be counted as a walker?")
    assert [part.text for part in found.parts] == ["without a horse", "able to walk", "sober in the morning"]
