"""Sentences that say the same of another subject."""

from __future__ import annotations

import pytest

from qa.answering.subjects.other_subject import (
    is_denied,
    is_of_another,
    is_of_another_code,
    is_of_another_edition,
    is_of_another_part,
    is_of_another_version,
    is_of_another_weekday,
    is_of_another_year,
    is_of_consequence,
    is_only_intended,
    is_opposite,
    is_opposite_event,
    is_opposite_opinion,
    permits_otherwise,
)

WAX = "Wax is made by four pairs of glands on the underside of the worker's abdomen."


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        pytest.param("How is honey made?", WAX, True, id="another thing"),
        pytest.param("How do bees make honey?", WAX, True, id="another thing, asked actively"),
        pytest.param("How is wax made?", WAX, False, id="the thing"),
        pytest.param("How is felt made?", "The material is made by pressing wool.", False, id="perhaps another name"),
        pytest.param("How is felt made?", "It is made by pressing wool.", False, id="pronoun"),
        pytest.param("How are queens raised?", "Workers feed the larvae with royal jelly.", False, id="another verb"),
        pytest.param("How are fees calculated?", "Interest is calculated daily.", True, id="regular verb"),
        pytest.param("How was the firm founded?", "Acme was founded by Lin.", False, id="perhaps its name"),
        pytest.param("Who makes honey?", WAX, False, id="another question"),
    ],
)
def test_a_sentence_may_say_the_same_of_another_thing(question: str, sentence: str, expected: bool) -> None:
    assert is_of_another(question, sentence) is expected


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("What gifts are accepted?", "Tapes are not accepted.", True),
        ("What is not refunded?", "Meals are refunded every day.", True),
        ("What is not refunded?", "Fines are not refunded.", False),
        ("What gifts are accepted?", "We like games.", False),
        ("Which plans did not work?", "Not all plans worked.", False),
        ("What gifts are accepted?", "Games are accepted, even if they are not new.", False),
    ],
)
def test_a_sentence_may_deny_what_is_asked(question: str, sentence: str, expected: bool) -> None:
    assert is_opposite(question, sentence) is expected


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("What is not allowed in the hall?", "Drinks in bottles are permitted.", True),
        ("What is not allowed in the hall?", "Dogs are not admitted.", False),
        ("Which things are forbidden?", "Smoking is banned.", False),
        ("What is allowed in the hall?", "Dogs are not admitted.", True),
        ("What is allowed in the hall?", "Drinks in bottles are permitted.", False),
        ("What is sold in the hall?", "Dogs are not admitted.", False),
    ],
)
def test_what_is_allowed_is_no_answer_to_what_is_forbidden(question: str, sentence: str, expected: bool) -> None:
    assert permits_otherwise(question, sentence) is expected


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("How many E2 were sold?", "Of the E1, 64 were sold.", True),
        ("How many E2 were sold?", "Of the E2, which replaced the E1, 64 were sold.", False),
        ("How many E2 were sold?", "It sold 64 times.", False),
        ("Who taught GEO 101?", "GEO 112 was taught by Ann Lee.", True),
        ("Who taught GEO 101?", "CHE 105 was taught by Ann Lee.", False),
        ("What is new in 2.3.0?", "What is new in 2.4.0 is speed.", True),
        ("What happened in 2019?", "In 2020 it rained.", False),
    ],
)
def test_a_sentence_may_be_about_another_code(question: str, text: str, expected: bool) -> None:
    assert is_of_another_code(question, text) is expected


@pytest.mark.parametrize(
    ("question", "before", "expected"),
    [
        ("When does the lease end?", "The lease begins on ", True),
        ("When was the mill demolished?", "The mill was built in ", True),
        ("When was she born?", "She died early in ", True),
        ("What time does the shop close?", "The shop opens at ", True),
        ("What time does the shop close?", "The shop is open until ", False),
        ("When does the lease end?", "The lease ends on ", False),
        ("When did the fair that closed open again?", "It closed in ", False),
        ("Where does the line end?", "The line begins in ", False),
        ("When did the shop close?", "She opened her first shop in Aure, Norland, ", True),
        ("When did the shop close?", "It opened as a bakery and closed in ", False),
    ],
)
def test_when_something_begins_is_no_answer_to_when_it_ends(question: str, before: str, expected: bool) -> None:
    assert is_opposite_event(question, before) is expected


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        pytest.param("Who crowned Lund?", "Lund planned a journey to be crowned by the bishop.", True, id="planned"),
        pytest.param("When did the mill open?", "The mill was to reopen, and hoped to open in May.", True, id="hoped"),
        pytest.param("Who climbed it?", "Roe tried to climb it in 1901.", True, id="tried"),
        pytest.param("Who tried to climb it?", "Roe tried to climb it in 1901.", False, id="asks who tried"),
        pytest.param("When will the mill open?", "The mill plans to open in May.", False, id="asks what will be"),
        pytest.param("Who climbed it?", "Roe tried to climb it, and Lund climbed it.", False, id="done, too"),
    ],
)
def test_what_was_planned_was_not_done(question: str, sentence: str, expected: bool) -> None:
    assert is_only_intended(question, sentence) is expected


@pytest.mark.parametrize(
    ("question", "sentence", "above", "expected"),
    [
        pytest.param("Where was the fair in 1976?", "The 1958 fair took place in Aure.", "", True, id="another"),
        pytest.param("Where was the 1958 fair?", "The 1958 fair took place in Aure.", "", False, id="that one"),
        pytest.param(
            "Where was the fair in 1976?", "The 1958 law was changed in Aure.", "", False, id="something else"
        ),
        pytest.param("Where was the fair in 1976?", "As the 1958 fair, it was in Aure.", "1976", False, id="above"),
    ],
)
def test_an_election_may_be_that_of_another_year(question: str, sentence: str, above: str, expected: bool) -> None:
    assert is_of_another_edition(question, sentence, above) is expected


@pytest.mark.parametrize(
    ("question", "headings", "text", "expected"),
    [
        pytest.param("What is the fine under section 30C-13?", "Section 30C-14 Racing", "A fine.", True, id="another"),
        pytest.param("What is the fine under section 30C-13?", "\u00a7 30C-14 Racing", "A fine.", True, id="sign"),
        pytest.param("What is the fine under section 3?", "Section 3.2 Fines", "A fine.", False, id="within it"),
        pytest.param("What is the fine under section 3?", "Section 9", "A breach of section 3.", False, id="mentioned"),
        pytest.param("What is the fine under rule 3?", "Section 9", "A fine.", False, id="another unit"),
    ],
)
def test_a_section_may_be_another_one(question: str, headings: str, text: str, expected: bool) -> None:
    assert is_of_another_part(question, headings, text) is expected


@pytest.mark.parametrize(
    ("question", "sentence", "above", "expected"),
    [
        pytest.param("How many came in 2023?", "In 2024, 90 came.", "", True, id="another year"),
        pytest.param("How many came in 2023?", "In 2024, 90 came.", "Report of 2023", False, id="the year above"),
        pytest.param("How many came in 2023?", "In 2024, 90 came, and in 2023, 70.", "", False, id="both years"),
        pytest.param("How many came in 2023?", "In 2024, 90 came, 20 more than in 2023.", "", True, id="compared"),
        pytest.param("How many came in 2023?", "90 came, more than in 2023 (70).", "", False, id="compared, both"),
        pytest.param("How many came in 2023?", "From 2020 to 2025, 90 came each year.", "", False, id="a period"),
        pytest.param("How many came?", "In 2024, 90 came.", "", False, id="any year"),
    ],
)
def test_a_sentence_may_be_about_another_year(question: str, sentence: str, above: str, expected: bool) -> None:
    assert is_of_another_year(question, sentence, above) is expected


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        pytest.param("When does it close on Saturdays?", "It is closed on Sundays.", True, id="another day"),
        pytest.param("When does it close on Saturday?", "It closes at 6 on Saturdays.", False, id="that day"),
        pytest.param("When does it close on Saturday?", "Monday to Sunday until 6.", False, id="a range of days"),
        pytest.param("When does it close?", "It is closed on Sundays.", False, id="any day"),
    ],
)
def test_a_sentence_may_be_about_another_day_of_the_week(question: str, sentence: str, expected: bool) -> None:
    assert is_of_another_weekday(question, sentence) is expected


@pytest.mark.parametrize(
    ("question", "heading", "expected"),
    [
        pytest.param("What changed in 5.0?", "[5.2.0] Changed", True, id="another version"),
        pytest.param("What changed in 5.0?", "[5.0.1] Changed", False, id="a patch of the version"),
        pytest.param("What changed in 5.0?", "Changed", False, id="no version"),
    ],
)
def test_a_heading_may_be_of_another_version(question: str, heading: str, expected: bool) -> None:
    assert is_of_another_version(question, heading) is expected


@pytest.mark.parametrize(
    ("question", "before", "expected"),
    [
        ("What do reviewers dislike?", "What reviewers like: ", True),
        ("What do reviewers dislike?", "Reviewers like the sound but they criticise ", False),
        ("What do reviewers like?", "Reviewers criticise ", True),
        ("What do reviewers not like?", "Reviewers praise ", True),
        ("What do reviewers not like?", "Reviewers don't really like ", False),
        ("What do reviewers complain about?", "Two of them complained about ", False),
        ("What does the tower look like?", "Many hated it: ", False),
        ("Who likes the sound?", "The sound is hated by ", False),
    ],
)
def test_what_is_liked_is_no_answer_to_what_is_disliked(question: str, before: str, expected: bool) -> None:
    assert is_opposite_opinion(question, before) is expected


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("Why is the shop closed?", "Because the shop is closed, parcels are left next door.", True),
        ("Why is the shop closed?", "Parcels are left next door, since the shop has closed.", True),
        ("Why is the shop closed?", "The shop is closed because of the flood.", False),
        ("Why is the shop closed?", "Because the shop was flooded, it is closed.", False),
        ("Why was that?", "Because of the flood, it is closed.", False),
    ],
)
def test_what_is_asked_about_may_be_the_reason_of_something_else(question: str, sentence: str, expected: bool) -> None:
    assert is_of_consequence(question, sentence) is expected


@pytest.mark.parametrize(
    ("question", "before", "expected"),
    [
        pytest.param("When can the pool be booked?", "The pool cannot be booked in ", True, id="passive"),
        pytest.param("What did the school teach?", "The school never taught ", True, id="irregular verb"),
        pytest.param("How many can the hall hold?", "The hall can't easily hold ", True, id="contraction, adverb"),
        pytest.param("When is the museum open?", "The museum is no longer open on ", True, id="adjective"),
        pytest.param("When is the museum not open?", "The museum is not open on ", False, id="asked for"),
        pytest.param("When did the pool open?", "The pool did not open until ", False, id="until"),
        pytest.param("When was it built?", "It was not built in 1850 but in ", False, id="but"),
        pytest.param("What did he grow?", "He could not sell, so he grew ", False, id="another verb"),
        pytest.param("By when must it be replaced?", "Should it not be replaced by ", False, id="condition"),
        pytest.param("When should it be opened?", "It should not be opened in ", True, id="should not"),
        pytest.param("What does the shop sell?", "If it is not sold, the shop gives ", False, id="another clause"),
    ],
)
def test_what_a_sentence_denies_is_no_answer(question: str, before: str, expected: bool) -> None:
    assert is_denied(question, before) is expected
