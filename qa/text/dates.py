"""Recognition of English dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from qa.text.lexicon import BE, HAVE, MODALS, is_plural

if TYPE_CHECKING:
    from qa.types import Span

MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_MONTH_NAMES = MONTHS.split("|")
WEEKDAYS = "|".join(f"{day}day" for day in ("Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun"))
YEAR = r"(?:1\d{3}|20\d{2})"
DAY = r"[0-3]?\d(?:st|nd|rd|th)?"
_FULL_DATE = rf"(?:{MONTHS})\s{DAY}\s?,?\s{YEAR}|{DAY}\s(?:{MONTHS}),?\s{YEAR}"
TIME_PHRASE = (
    rf"(?:(?:early|late)\s)?(?:{_FULL_DATE}|{DAY}\s(?:{MONTHS})|(?:{MONTHS})(?:,?\s{YEAR}|\s{DAY}(?!\d))?|{YEAR}"
    rf"|the\s(?:early\s|late\s|mid-)?(?:{YEAR}s|(?:\d\d?|[a-z]+)(?:st|nd|rd|th)\scentury))"
)
"""Pattern of a time after "in" or "on": "27 January 2011", "late May", "the 1850s", "the nineteenth century"."""
_DATE = re.compile(
    rf"\b(?:{_FULL_DATE}|(?:{MONTHS}),?\s{YEAR}|{YEAR}s|{YEAR}-[01]\d-[0-3]\d|{YEAR})(?![\w%]|[.,]\d|-\w)"
)
_BARE_YEAR = re.compile(YEAR)
_VERBS = BE | HAVE | MODALS | {"as"}
# A bare four-digit number is a year only in a context such as "in 1858" or "(1858".
_BEFORE_YEAR = re.compile(
    r"(?:\b(?:in|for|since|by|from|until|till|to|after|before|of|and|or|during|between|around|about|early|late|mid|circa|c\."
    r"|spring|summer|autumn|fall|winter|year|years|the|than)|[(\[,;/\u2013\u2014-])\s*$",
    re.IGNORECASE,
)
_SAYS_WHEN = re.compile(
    rf"{'|'.join(f'{month[:3]}(?:{month[3:]})?' for month in _MONTH_NAMES)}|sept|{WEEKDAYS}"
    r"|spring|summer|autumn|winter|[12]\d{3}s?|centur(?:y|ies)",
    re.IGNORECASE,
)
_OF_A_DATE = re.compile(
    rf"{_SAYS_WHEN.pattern}|\d{{1,2}}(?:st|nd|rd|th)?|in|on|of|the|or|and|from|to|by|between|before|after|since|until|"
    r"about|around|early|mid|late|morning|afternoon|evening|night|ad|bc|bce|ce",
    re.IGNORECASE,
)
_BETWEEN_PARTS = re.compile(r"[\s.,/\u2013\u2014-]+")


def dates(text: str) -> Iterator[Span]:
    """Yield the spans of dates in a text in order: days, months with their year, decades and years."""
    for found in _DATE.finditer(text):
        if not _BARE_YEAR.fullmatch(found[0]) or _is_year(text, *found.span()):
            yield found.span()


def _is_year(text: str, start: int, end: int) -> bool:
    following = re.match(r"\s([a-z]+)", text[end : end + 40])
    counts = following is not None and following[1] not in _VERBS and is_plural(following[1])
    return not counts and _BEFORE_YEAR.search(text[max(0, start - 20) : start]) is not None


def date_key(date: str) -> tuple[int, int, int]:
    """Return year, month and day of a date found by `dates`, with 0 for missing parts."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", date):
        return int(date[:4]), int(date[5:7]), int(date[8:])
    month = re.search(MONTHS, date)
    day = re.search(r"\b\d\d?(?!\d)", date)
    year = int(re.findall(YEAR, date)[-1])
    return year, _MONTH_NAMES.index(month[0]) + 1 if month else 0, int(day[0]) if day else 0


def is_date(phrase: str) -> bool:
    """Return whether a phrase consists of words of dates and names a time: "late spring of 1858"."""
    parts = [part for part in _BETWEEN_PARTS.split(phrase) if part]
    return all(map(_OF_A_DATE.fullmatch, parts)) and any(map(_SAYS_WHEN.fullmatch, parts))
