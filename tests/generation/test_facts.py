"""Numbers, names and negations read off a text."""

from __future__ import annotations

import pytest

from qa.generation.facts import Words, capitals, denials, names, numbers


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,000 ships", [(1000.0,)]),
        ("3.5 million people", [(3_500_000.0,)]),
        ("$3bn", [(3e9,)]),
        ("twenty-one days", [(21.0,)]),
        ("two hundred and five", [(205.0,)]),
        ("two and three", [(2.0,), (3.0,)]),
        ("a dozen eggs", [(12.0,)]),
        ("half of them", [(0.5,)]),
        ("50 %", [(50.0, 0.5)]),
        ("fifty per cent", [(50.0, 0.5)]),
        ("1939-45", [(1939.0, 1945.0), (45.0,)]),
        ("in 1998 and 1999", [(1998.0,), (1999.0,)]),
        ("the third bone of the tenth", [(3.0,), (10.0,)]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_numbers_in_digits_and_in_words(text: str, values: list[tuple[float, ...]]) -> None:
    assert [number.values for number in numbers(text)] == values


def test_a_number_knows_its_place_and_its_kind() -> None:
    text = "In 1998 the 21st of forty thousand ships came third."
    found = [(text[number.start : number.end], number.kind) for number in numbers(text)]
    assert found == [("1998", "year"), ("21", "rank"), ("forty thousand", "amount"), ("third", "rank")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Construction began under Karl von Frisch.", [("karl", "frisch")]),
        ("Frisch\u2019s bees dance.", [("frisch",)]),
        ("The Bank of England was in London.", [("bank", "england"), ("london",)]),
        ("He met the UN.", [("un",)]),
        ("I'm here.", []),
        ("Bees dance.", []),
    ],
    ids=["within-a-sentence", "possessive", "of", "acronym", "contraction", "start-of-a-sentence"],
)
def test_names_are_what_has_a_capital_of_its_own(text: str, found: list[tuple[str, ...]]) -> None:
    assert [name.words for name in names(text)] == found


def test_a_word_known_as_a_name_is_one_at_the_start_of_a_sentence_too() -> None:
    assert names("China bought jets.") == []
    (name,) = names("China bought jets.", capitals(["They went to China."]))
    assert name.words == ("china",)


@pytest.mark.parametrize(
    ("name", "lacking"),
    [
        ("China", 0.0),
        ("UN", 0.0),
        ("British", 0.0),
        ("Karl von Frisch", 0.5),
        ("France", 1.0),
        ("World Health Organization", 0.0),
    ],
)
def test_a_name_is_found_in_other_forms(name: str, lacking: float) -> None:
    words = Words("The Chinese met the United Nations and the WHO in Great Britain, with Frisch.")
    assert words.lacking(names(f"with {name}")[0]) == lacking


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("It was not built in 1858, but in 1860.", [("built", "1858")]),
        ("They didn\u2019t sink.", [("sink",)]),
        ("It never worked without power.", [("work", "without", "power"), ("power",)]),
        ("No, it was built.", []),
        ("It was not only large.", []),
        ("It was built.", []),
    ],
    ids=["not", "contracted", "two", "answer", "not-only", "none"],
)
def test_what_a_negation_denies(text: str, denied: list[tuple[str, ...]]) -> None:
    assert [denial.terms for denial in denials(text)] == denied


def test_denials_match_where_they_deny_the_same() -> None:
    (one,), (same,), (other,) = (
        denials(text)
        for text in ("The ship did not sink.", "It never sank, they say: it did sink.", "It did not leave the port.")
    )
    assert one.matches(one)
    assert not one.matches(other)
    assert not same.matches(other)
