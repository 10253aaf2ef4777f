from __future__ import annotations

import pytest

from qa.condense import Condensed, condense
from qa.types import Turn

CABLE = "When was the first transatlantic cable completed?"


@pytest.mark.parametrize(
    ("question", "history", "searched_for"),
    [  # what is asked of the passages is the question as typed
        ("Who financed the cable?", [], "Who financed the cable?"),
        ("Who was Cyrus Field?", [CABLE], "Who was Cyrus Field?"),
        ("How long did it work?", [CABLE], "How long did the first transatlantic cable work?"),
        ("And its length?", [CABLE], "The first transatlantic cable's length?"),
        ("Which ship?", [CABLE, "why?"], f"{CABLE} Which ship?"),
        ("why?", ["Who laid the cable?"], "Who laid the cable? why?"),
        ("why?", [], "why?"),
        ("Why do bees dance?", [CABLE], "Why do bees dance?"),
        ("How long did the cable work before it failed?", [CABLE], "How long did the cable work before it failed?"),
        ("Which ship was it laid from?", [CABLE], "Which ship was the first transatlantic cable laid from?"),
        ("What book is there that explains dancing?", [CABLE], "What book is there that explains dancing?"),
        ("Who was captain then?", [CABLE], f"{CABLE} Who was captain then?"),
    ],
    ids=[
        "no-history",
        "stands-alone",
        "pronoun",
        "and",
        "skips-leaning-questions",
        "no-statement-to-ask-of",
        "nothing-to-lean-on",
        "why-alone",
        "pronoun-with-its-noun",
        "pronoun-early",
        "relative-that",
        "then",
    ],
)
def test_what_is_searched_for(question: str, history: list[str], searched_for: str) -> None:
    assert condense(question, history) == Condensed(searched_for, question)


@pytest.mark.parametrize(
    ("earlier", "question", "expected"),
    [
        (CABLE, "why?", "Why was the first transatlantic cable completed?"),
        (CABLE, "Thanks! And where was that?", "Where was the first transatlantic cable completed?"),
        ("How long did the wire hum?", "And why did that happen?", "Why did the wire hum?"),
        ("Did Russia ask China for aid?", "When?", "When did Russia ask China for aid?"),
        ("What did China buy?", "and in 2014?", "What did China buy in 2014?"),
        ("What did China buy in 2012?", "What about after 2014?", "What did China buy after 2014?"),
        (f"{CABLE} ", "so how then", "How was the first transatlantic cable completed?"),
    ],
)
def test_a_changed_word_or_year_makes_a_question_that_stands_alone(earlier: str, question: str, expected: str) -> None:
    assert condense(question, [earlier]) == Condensed(expected, expected)
    assert condense(question, [earlier, "and then?"]) == Condensed(expected, expected)


@pytest.mark.parametrize(
    ("earlier", "question", "searched_for"),
    [
        (Turn("Who is Yu Bin?", None), "Where does he work?", "Where does Yu Bin work?"),
        (Turn("Who promoted it?", "Cyrus W. Field"), "What was his trade?", "What was Cyrus W. Field's trade?"),
        (
            Turn("Who worked out the waggle dance?", "the Austrian zoologist Karl von Frisch"),
            "Which prize did he get?",
            "Which prize did Karl von Frisch get?",
        ),
        (Turn("Who was Marie Curie?", "a chemist"), "Who worked with her?", "Who worked with Marie Curie?"),
        (Turn("Who was Marie Curie?", "a chemist"), "And her husband?", "And Marie Curie's husband?"),
    ],
)
def test_a_pronoun_gives_way_to_the_name_of_a_person(earlier: Turn, question: str, searched_for: str) -> None:
    assert condense(question, [earlier]) == Condensed(searched_for, question)


@pytest.mark.parametrize(
    ("earlier", "question"),
    [
        (Turn("Who laid the cable?", "Britain"), "How did he pay?"),
        (Turn("Who laid the cable?", None), "How did he pay?"),
        (Turn("Who laid the cable?", "Field, a merchant from New York"), "How did he pay?"),
        (Turn("What did Karl von Frisch study?", "bees"), "When did they dance?"),
    ],
    ids=["one word", "no answer", "more than a name", "no person"],
)
def test_nobody_is_named_who_may_not_be_meant(earlier: Turn, question: str) -> None:
    assert condense(question, [earlier]).searched_for == f"{earlier.question} {question}"


QUEEN = "How long does a queen take from egg to adult?"


@pytest.mark.parametrize(
    ("question", "earlier", "becomes"),
    [
        ("And a drone?", QUEEN, "How long does a drone take from egg to adult?"),
        ("What about a summer worker?", QUEEN, "How long does a summer worker take from egg to adult?"),
        ("and China?", "When did Russia annex Crimea?", "When did China annex Crimea?"),
    ],
)
def test_the_same_is_asked_of_something_else(question: str, earlier: str, becomes: str) -> None:
    assert condense(question, [earlier]) == Condensed(becomes, becomes)


@pytest.mark.parametrize(
    ("question", "earlier"),
    [
        ("And the Russian one?", QUEEN),
        ("and China?", QUEEN),
        ("How do they live?", QUEEN),
        ("And who was its electrician?", "Who was the engineer of the Atlantic Telegraph Company?"),
        ("Who proposed it?", "What do drones develop from?"),
    ],
    ids=["another kind", "a name for a kind", "number differs", "whose", "about nothing that can be told"],
)
def test_what_cannot_be_told_is_searched_for_together(question: str, earlier: str) -> None:
    assert condense(question, [earlier]) == Condensed(f"{earlier} {question}", question)
