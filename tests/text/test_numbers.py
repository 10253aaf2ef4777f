"""Numbers found in a text."""

from __future__ import annotations

import sys

import pytest

from qa.text.numbers import numbers, with_english_digits


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
        ("1998\u201303", [(1998.0, 2003.0), (3.0,)]),
        ("2011-01-27", [(2011.0,), (1.0,), (27.0,)]),
        ("in 1998 and 1999", [(1998.0,), (1999.0,)]),
        ("Rs 12,34,567.50", [(1_234_567.5,)]),
        ("30 seconds, a 20-second pause, 9 metres per second", [(30.0,), (20.0,), (9.0,)]),
        ("9" * 400, [(sys.float_info.max,)]),
        ("the third bone of the tenth", [(3.0,), (10.0,)]),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else "",
)
def test_numbers_in_digits_and_in_words(text: str, values: list[tuple[float, ...]]) -> None:
    assert [number.values for number in numbers(text)] == values


def test_a_number_knows_its_place_and_its_kind() -> None:
    text = "In 1998 the 21st of forty thousand ships came third."
    found = [(text[number.start : number.end], number.kind) for number in numbers(text)]
    assert found == [("1998", "year"), ("21", "rank"), ("forty thousand", "amount"), ("third", "rank")]


def test_numbers_of_other_languages_are_written_as_in_english() -> None:
    assert with_english_digits("1 200, 1'200, 1.200,50, 4,90 and 1.5") == "1,200, 1,200, 1,200.50, 4.90 and 1.5"
