"""The sides of a comparison, and the sentence that defines a term."""

from __future__ import annotations

import pytest

from qa.answering.questions.comparison import asks_to_compare, compared
from qa.answering.sentences.definition import defined_term
from qa.answering.tables.comparison import table_sides
from qa.types import Document, Passage


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
        ("What is the difference between the BASS and the SIZE knob?", ("BASS knob", "SIZE knob")),
        ("What is the difference between a lion and a house cat?", ("lion", "house cat")),
        ("Compare the interests of Roth and Tanaka.", ("Roth", "Tanaka")),
        ("How do the market and the fair differ in opening hours?", ("market", "fair")),
        ("S30 vs UF: which is stronger when dry?", ("S30", "UF")),
        ("Are oak and pine equally heavy?", ("oak", "pine")),
        ("Is digging more expensive than fish removal?", ("digging", "fish removal")),
        ("Is the second reminder cheaper than the third?", ("second reminder", "third reminder")),
        ("Is the minimum age for motor higher than for sail?", ("motor", "sail")),
        ("Which of PH 1 and PH 2 burns more gas?", ("PH 1", "PH 2")),
        ("When was gateway 1 corrected and when gateway 2?", ("gateway 1", "gateway 2")),
        ("Is the baguette fresher than the pumpernickel after a week?", ("baguette", "pumpernickel")),
        ("Does the new mill need less water than the old one?", ("new mill", "old mill")),
        ("Are the cells built earlier than the combs?", ("cells", "combs")),
        ("How do Berg's and Olsen's plans for the quay differ?", ("Berg", "Olsen")),
        ("What is the difference between the diet of the owl and that of the kite?", ("owl", "kite")),
        ("Compare the records of the two rivals, Berg and Olsen.", ("Berg", "Olsen")),
        ("Whom does the guild support and whom does the bank support?", ("guild", "bank")),
        ("Where does the mill get its water from and where does the forge?", ("mill", "forge")),
        ("Under which law is the port, and under which the quay?", ("port", "quay")),
        ("How do owls hunt compared with kites?", ("owls", "kites")),
        ("How do I make tea as opposed to coffee?", ("tea", "coffee")),
        ("How much noise does the train cause versus the bus?", ("train", "bus")),
        ("In what ways are the aims of Berg unlike those of Olsen?", ("Berg", "Olsen")),
        ("How is rent paid differently from interest?", ("rent", "interest")),
        ("What are the respective duties of the tenant and the landlord?", ("tenant", "landlord")),
        ("How much do tablets and injections cost, compared?", ("tablets", "injections")),
        ("How long does it keep at room temperature and in the freezer?", ("room temperature", "freezer")),
        ("Which is heavier, the KM 40 or the 60?", ("KM 40", "KM 60")),
        ("How do versions 1 and 2 differ?", ("version 1", "version 2")),
        ("Is a berth or a cabin cheaper?", ("berth", "cabin")),
        ("Berg or Olsen: who got more votes?", ("Berg", "Olsen")),
    ],
)
def test_both_sides_are_named(question: str, sides: tuple[str, str]) -> None:
    found = compared(question)
    assert found is not None
    assert found.sides == sides


FACTS = [
    "How much did the ferry cost compared to last year?",
    "What is the population compared with 1990?",
    "What was the turnout compared to four years ago?",
    "How dense are the grains compared with natural ones?",
    "How many days do they get compared with others?",
    "How many people came, compared with what had been expected?",
    "What does Berg, unlike Olsen, propose?",
    "Did she vote for or against the bill?",
    "Is the mayor for or against the bridge?",
    "Did the number of owls rise or fall?",
    "Was the pass closed for more or less than a week?",
    "Does the train leave before or after nine?",
    "Which owls did they count, and which kites?",
    "When were the two beers compared?",
    "Who compared the beers?",
    "What is the distance between the airport and the city?",
    "When did the ship set out from Rye?",
    "Could the painter make money from his work?",
]


@pytest.mark.parametrize(
    "question",
    [
        *FACTS,
        "Compare them.",
        "What is different?",
        "Are there more than five rows?",
        "May he bring more than one guest?",
        "",
    ],
)
def test_a_question_without_two_sides_has_none(question: str) -> None:
    assert compared(question) is None


@pytest.mark.parametrize("question", [*FACTS, "Why do owls and kites differ?", "Is oak heavier than pine?"])
def test_a_fact_a_reason_and_yes_or_no_are_no_comparisons(question: str) -> None:
    assert not asks_to_compare(question.rstrip("?"))


@pytest.mark.parametrize(
    "question",
    [
        "How do they differ?",
        "What do the two candidates have in common?",
        "Compare the candidates.",
        "Which is heavier oak or pine",
        "Is oak cheaper than pine or the other way round?",
    ],
)
def test_a_comparison_may_leave_its_sides_open(question: str) -> None:
    assert asks_to_compare(question.rstrip("?."))


HEATERS = Document(
    "heaters.md",
    """\
# Heaters

| Model | Height (cm) | Gas (g) |
| --- | --- | --- |
| PH 1 | 190 | 580 |
| PH 2, eco | 221 | 720 |

| | Small | Large |
| --- | --- | --- |
| Price of the bottle | 20 euros | 35 euros |
| Mass | 5 kg | 11 kg |
""",
    "Heaters",
    "heaters.md",
)


@pytest.mark.parametrize(
    ("question", "cells"),
    [
        ("Which is taller, the PH 1 or the PH 2?", {"PH 1, Height (cm)": "190", "PH 2, Height (cm)": "221"}),
        ("Which is heavier, small or large?", {"small, Mass": "5 kg", "large, Mass": "11 kg"}),
        ("Which is taller, the PH 1 or the PH 9?", {}),
        ("Which is faster, the PH 1 or the PH 2?", {}),
    ],
)
def test_both_sides_have_a_row_or_a_column(question: str, cells: dict[str, str]) -> None:
    comparison = compared(question)
    assert comparison is not None
    whole = Passage("heaters.md", 0, len(HEATERS.text), HEATERS.text, None, 1.0, 1.0, 1.0)
    found = table_sides(comparison, [whole], {HEATERS.id: HEATERS})
    assert {label: HEATERS.text[slice(*cell)] for label, cell in (found.cells if found else ())} == cells


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
