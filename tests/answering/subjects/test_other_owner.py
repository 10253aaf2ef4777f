"""Whether a sentence states a value or a person of what was asked about, or of something else."""

from __future__ import annotations

import pytest

from qa import QA, Document
from qa.answering.subjects.other_owner import (
    elliptic_value,
    is_contrary,
    is_done_by_another,
    is_of_another_attribute,
    is_of_another_clause,
    is_of_another_distance,
    is_of_another_name,
    is_of_another_number,
    is_of_part,
)

DEPOSIT = "The deposit for the common room is 50 euros."
BOOK = "The first part was written by Anna Weld and illustrated by Tom Brack."
CLUB = "The club was founded in 1904 by Emil Voss, and its boathouse was built in 1911."
TRIBUTARY = "Its longest tributary, the Corva, is "
FEES = "Adults pay 120 euros a year, students 60 and children nothing."
WARRANTY = "The warranty of the Bel 6 is two years, the Bel 8 has three."
WHEEL = "The wheel is five metres across and made of oak; its axle is of iron."
VOTES = "The captain has two votes, every other member one."


@pytest.mark.parametrize(
    ("question", "sentence", "above", "another"),
    [
        ("What is the deposit for a flat?", DEPOSIT, "House rules", True),
        ("What is the deposit for the common room?", DEPOSIT, "House rules", False),
        ("What is the deposit for a flat?", DEPOSIT, "Deposits for flats", False),
        ("What is the fee for a flat?", DEPOSIT, "House rules", False),
        ("What is the deposit?", DEPOSIT, "House rules", False),
        ("How much is the prize for the best talk?", "The prize for the best poster is 500 euros.", "", True),
        ("Who pays for water?", "The tenants pay for electricity, gas and broadband.", "", True),
        ("Who pays for gas?", "The tenants pay for electricity, gas and broadband.", "", False),
        ("Who pays for water?", "The tenants pay for it.", "", False),
        ("What is the price of the pump?", "It was sold at a price of 40 euros.", "", False),
        ("Who wrote the history of the war?", "The history of the bridge is by Ida Roth.", "", False),
        ("How many of the pupils failed?", "Of the many for the prize, ten did.", "", False),
    ],
)
def test_a_deposit_is_that_of_a_thing(question: str, sentence: str, above: str, another: bool) -> None:
    assert is_of_another_attribute(question, sentence, above) is another


@pytest.mark.parametrize(
    ("question", "before", "another"),
    [
        ("How long is the Osk?", TRIBUTARY, True),
        ("How long is the Corva?", TRIBUTARY, False),
        ("How long is the Osk?", "In the Corva valley, it is ", False),
        ("How long is the Ravelin Bridge?", "The Bridge is ", False),
        ("How long is the river?", TRIBUTARY, False),
    ],
)
def test_a_length_is_that_of_the_name_before_it(question: str, before: str, another: bool) -> None:
    assert is_of_another_name(question, before) is another


@pytest.mark.parametrize(
    ("question", "another"),
    [
        ("How long is the warranty of the Bel 9?", True),
        ("How long is the warranty of the Bel 8?", False),
        ("How long is the warranty of the Bel?", False),
        ("How long is the warranty of the Cor 9?", False),
    ],
)
def test_the_bel_8_is_no_bel_6(question: str, another: bool) -> None:
    assert is_of_another_number(question, WARRANTY) is another


@pytest.mark.parametrize(
    ("question", "sentence", "name", "another"),
    [
        ("Who wrote the first part?", BOOK, "Anna Weld", False),
        ("Who wrote the first part?", BOOK, "Tom Brack", True),
        ("Who illustrated the first part?", BOOK, "Tom Brack", False),
        ("Who translated the first part?", BOOK, "Anna Weld", True),
        ("Who built the boathouse?", CLUB, "Emil Voss", True),
        ("Who founded the club?", CLUB, "Emil Voss", False),
        ("Who runs the club now?", CLUB, "Emil Voss", True),
        ("Who made the plan of the house?", "The plan was drawn up by Ida Roth.", "Ida Roth", False),
        ("Who wrote it?", "It was written and recorded by Ann Lee.", "Ann Lee", False),
    ],
)
def test_a_writer_is_no_illustrator(question: str, sentence: str, name: str, another: bool) -> None:
    assert is_done_by_another(question, sentence[: sentence.index(name)], sentence) is another


@pytest.mark.parametrize(
    ("question", "sentence", "found", "value"),
    [
        ("How much do students pay?", FEES, "120 euros", "60"),
        ("How much do children pay?", FEES, "120 euros", "nothing"),
        ("How much do adults pay?", FEES, "120 euros", "120 euros"),
        ("How much does a child pay?", FEES, "120 euros", "nothing"),
        ("How much do pensioners pay?", FEES, "120 euros", "120 euros"),
        ("How long is the warranty of the Bel 8?", WARRANTY, "two years", "three"),
        ("How long is the warranty of the Bel 6?", WARRANTY, "two years", "two years"),
        ("How many votes does a member have?", VOTES, "two", "one"),
        ("How many books were sold in May?", "He sold 340 books, none in May of 2000.", "340", "340"),
    ],
)
def test_a_bare_value_belongs_to_the_words_before_it(question: str, sentence: str, found: str, value: str) -> None:
    start = sentence.index(found)
    first, last = elliptic_value(question, sentence, (start, start + len(found)), (0, len(sentence)))
    assert sentence[first:last] == value


@pytest.mark.parametrize(
    ("question", "sentence", "found", "another"),
    [
        ("What is the wheel made of?", WHEEL, "iron", True),
        ("What is the wheel made of?", WHEEL, "oak", False),
        ("What is its axle made of?", WHEEL, "iron", False),
        ("How much do pensioners pay?", FEES, "120 euros", True),
        ("How much do adults pay?", FEES, "120 euros", False),
        ("How much is a year?", FEES, "120 euros", False),
        ("How much do dogs eat?", "They eat 2 kg of meat and 3 eggs.", "2 kg", False),
    ],
)
def test_a_sentence_says_it_in_another_clause(question: str, sentence: str, found: str, another: bool) -> None:
    start = sentence.index(found)
    assert is_of_another_clause(question, sentence, (start, start + len(found)), (0, len(sentence))) is another


def test_the_value_of_another_thing_is_no_answer() -> None:
    text = f"# Linden Court\n\nThe common room can be booked by residents. {DEPOSIT}\n\n# Pumps\n\n{WARRANTY} {WHEEL}\n"
    bot = QA()
    bot.add([Document("court.md", text, "Linden Court", "court.md")])
    assert bot.ask("What is the deposit for a flat?").abstained
    assert bot.ask("What is the deposit for the common room?").text == "50 euros"
    assert bot.ask("How long is the warranty of the Bel 8?").text == WARRANTY
    assert bot.ask("What is the wheel made of?").text == WHEEL


@pytest.mark.parametrize(
    ("question", "before", "expected"),
    [
        ("What colour is the cube?", "Its lamp glows ", True),
        ("How old is Ann?", "Ann lives in Ry; her youngest daughter is ", True),
        ("How old is Ann's daughter?", "Her daughter is ", False),
        ("What colour is the lamp of the cube?", "Its lamp glows ", False),
        ("What colour is the cube?", "Its colour is ", False),
        ("How long is the bridge?", "Its length is ", False),
        ("What colour is the cube?", "The cube is ", False),
        ("How long do the tests take?", "Its lamp glows for ", False),
    ],
)
def test_a_value_may_be_that_of_a_part(question: str, before: str, expected: bool) -> None:
    assert is_of_part(question, before) is expected


@pytest.mark.parametrize(
    ("question", "sentence", "contrary"),
    [
        ("How long is the wait for long-term disability?", "The wait for short term disability is a week.", True),
        ("How long is the wait for long-term disability?", "The wait for long term disability is 90 days.", False),
        ("How long is the wait for long-term disability?", "Short-term plans have no wait.", False),
        ("How much leave does a primary caregiver get?", "The Secondary Caregiver has 6 weeks.", True),
        ("Is it long-term or short-term cover?", "It is short-term cover.", False),
        ("Where is the rear door?", "The front door is on the street.", True),
        ("Where is the door?", "The front door is on the street.", False),
        ("How did she hurt her left arm?", "Blind in her left eye, she hurt her right arm.", True),
    ],
)
def test_a_secondary_caregiver_is_not_the_primary_one(question: str, sentence: str, contrary: bool) -> None:
    assert is_contrary(question, sentence) is contrary


@pytest.mark.parametrize(
    ("question", "said", "expected"),
    [
        ("How far is the station?", "The airport is 12 km away.", True),
        ("How far is the airport?", "The airport is 12 km away.", False),
        ("How far is it from the station to the harbour?", "The station lies 2 km east of the town.", False),
        ("How far can it fly?", "The airport is 12 km away.", False),
    ],
)
def test_a_distance_may_be_that_of_another_place(question: str, said: str, expected: bool) -> None:
    assert is_of_another_distance(question, said) is expected
