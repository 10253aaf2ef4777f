"""The sentence that defines a term is told from those that only mention it."""

from __future__ import annotations

import pytest

from qa import QA, Document


@pytest.mark.parametrize(
    ("question", "other", "defining"),
    [
        (
            "What is TFT?",
            "For a full description of TFT, the reader is referred to the manual.",
            "Here we present the *Tool for Trees* (`TFT`) \u2013 an open program that counts larches.",
        ),
        (
            "What was the Toll Act?",
            "Before the Toll Act, the towns paid for their bridges.",
            "Everybody spoke of the Toll Act, a law of 1702 on bridges and ferries.",
        ),
        (
            "What is the Toll Act?",
            '![A page of the Toll Act, which has a seal](act.png "The Toll Act (a) and its seal (b)") It is red.',
            "This was the Toll Act, a law of 1702 on bridges and ferries.",
        ),
        (
            "What does TFT stand for?",
            "TFT is a program that counts larches.",
            "The new Tool for Trees (TFT) was made in Ulm.",
        ),
    ],
    ids=["abbreviation", "introduced", "figure", "stands-for"],
)
def test_the_defining_sentence_is_given(question: str, other: str, defining: str) -> None:
    bot = QA()
    bot.add([Document("a.md", f"# Notes\n\n{other}\n\n{defining}\n", "Notes", "a.md")])
    assert bot.ask(question).text == defining
