"""Dates as tables and questions write them."""

from __future__ import annotations

import pytest

from qa.text.dates import calendar_key, date_key, dates, has_date, months, times, with_days_as_words


@pytest.mark.parametrize(
    ("written", "key", "word"),
    [
        ("10 Nov", (0, 11, 10), "10november"),
        ("November 10th, 2025", (2025, 11, 10), "10november, 2025"),
        ("2025-11-10", (2025, 11, 10), "10november, 2025"),
        ("Sunday, the 4th of May", (0, 5, 4), "Sunday, the 4may"),
        ("Monday 10 Nov. 2025", (2025, 11, 10), "10november, 2025"),
        ("Sept 2020", (2020, 9, 0), "september, 2020"),
        ("May 3 , 1858", (1858, 5, 3), "3may, 1858"),
        ("1153", (1153, 0, 0), "1153"),
        ("2025-13-10", (2025, 0, 0), "2025-13-10"),
        ("12 weeks", None, "12 weeks"),
    ],
)
def test_a_date_is_read_in_any_form(written: str, key: tuple[int, int, int] | None, word: str) -> None:
    assert calendar_key(written) == key
    assert with_days_as_words(written) == word


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("on the 3rd of May 1858", {"3rd of May 1858": (1858, 5, 3)}),
        ("May 3 , 1858 or 27 January 2011", {"May 3 , 1858": (1858, 5, 3), "27 January 2011": (2011, 1, 27)}),
        ("2011-01-27, in the 1850s", {"2011-01-27": (2011, 1, 27), "1850s": (1850, 0, 0)}),
        ("(1858) for 1500 people", {"1858": (1858, 0, 0)}),
    ],
    ids=["of", "month-first", "decade", "bare-year"],
)
def test_dates_in_a_text(text: str, found: dict[str, tuple[int, int, int]]) -> None:
    assert {text[start:end]: date_key(text[start:end]) for start, end in dates(text)} == found


@pytest.mark.parametrize("text", ["16 Dec", "at 9:00", "in 1953", "in 1953.", "2/3/2020", "12.5."])
def test_a_text_has_a_date_or_time(text: str) -> None:
    assert has_date(text)


@pytest.mark.parametrize("text", ["35 %", "48 megawatts", "Midterm exam", "12,500", "3"])
def test_a_text_has_none(text: str) -> None:
    assert not has_date(text)


def test_times_are_read_in_minutes_and_months_in_any_form() -> None:
    text = "From 7:30 pm to 21.05 or 12:15, for 1 hour and 35 minutes, 2h"
    assert [(text[start:end], minutes) for start, end, minutes in times(text)] == [
        ("7:30 pm", 1170), ("12:15", 735), ("1 hour and 35 minutes", 95), ("2h", 120),
    ]  # fmt: skip
    assert months("On 2024-05-01, 3 March and 06/07/2024") == {3, 5, 6, 7}
