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
        (
            "Who is Ida Roth?",
            '"Ida Roth: a life with bees and other animals". The Herald.',
            "Ida Roth (born Ida Berg; 1938) is a writer from Ulm.",
        ),
        (
            "What is a fill rate?",
            "Small gaps in the fill rate mean trouble for the pumps.",
            "The fill rate is the volume of water divided by the capacity of the lake.",
        ),
        (
            "What is the fill rate?",
            "In May, the fill rate of 81% was the best since 1990.",
            "The fill rate is defined as the volume of water divided by the capacity of the lake.",
        ),
        (
            "What is the solan goose?",
            "Everybody spoke of a thing called solan goose in the harbour.",
            "The solan goose, also known as gannet, is a large white seabird of the north.",
        ),
        (
            "Who was Ole Lund?",
            "- Ole Lund (1745-1827), photograph",
            "Ole Karl Maria Anton Lund (1745-1827) was a chemist from Ulm.",
        ),
        (
            "What is a drone?",
            "The Committee on Drones refers to the members who count all bees in spring.",
            "A drone is any male bee of the hive.",
        ),
        (
            "What is a visitor?",
            "Each visitor signs the book in the hall.",
            "You are considered a visitor if you stay for less than a week.",
        ),
        (
            "What is a hive?",
            "For beginners, a hive is the most expensive thing that they have to buy.",
            "hive\n: A box in which bees are kept.",
        ),
    ],
    ids=[
        *("abbreviation", "introduced", "figure", "stands-for", "title", "mean", "measure", "aside", "many-names"),
        *("part-of-another-name", "condition", "list-of-definitions"),
    ],
)
def test_the_defining_sentence_is_given(question: str, other: str, defining: str) -> None:
    bot = QA()
    bot.add([Document("a.md", f"# Notes\n\n{other}\n\n{defining}\n", "Notes", "a.md")])
    assert bot.ask(question).text == defining


def test_of_two_definitions_the_first_in_the_text_is_given() -> None:
    first = "The gannet, also known as the solan goose, is a seabird that nests on cliffs."
    second = "The gannet is a problem for the gannet fishers of the gannet island."
    filler = "Boats leave the harbour at noon and come back before the evening. " * 30
    bot = QA()
    bot.add([Document("a.md", f"{first}\n\n{filler}\n\n{second}\n", "Gannet", "a.md")])
    assert bot.ask("What is the gannet?").text == first
