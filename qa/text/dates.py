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
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]})?" for month in _MONTH_NAMES) + "|Sept"
WEEKDAYS = "|".join(f"{day}day" for day in ("Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun"))
YEAR = r"(?:1\d{3}|20\d{2})"
ANY_YEAR = re.compile(r"\b[12]\d{3}\b")
"""Matches a number that may be a year, also one far ahead."""
_DAY = r"[0-3]?\d(?:st|nd|rd|th)?"
_FULL_DATE = rf"(?:{MONTHS})\s{_DAY}\s?,?\s{YEAR}|{_DAY}\s(?:of\s)?(?:{MONTHS}),?\s{YEAR}"
TIME_PHRASE = (
    rf"(?:(?:early|late)\s)?(?:{_FULL_DATE}|{_DAY}\s(?:{MONTHS})|(?:{MONTHS})(?:,?\s{YEAR}|\s{_DAY}(?!\d))?|{YEAR}"
    rf"|the\s(?:early\s|late\s|mid-)?(?:{YEAR}s|(?:\d\d?|[a-z]+)(?:st|nd|rd|th)\scentury))"
)
"""Pattern of a time after "in" or "on": "27 January 2011", "late May", "the 1850s", "the nineteenth century"."""
_DATE = re.compile(
    rf"\b(?:{_FULL_DATE}|{_DAY}\s(?:{_MONTH})\.?,?\s{YEAR}|(?:{_MONTH})\.?\s{_DAY},?\s{YEAR}|(?:{MONTHS}),?\s{YEAR}|{YEAR}s|{YEAR}-[01]\d-[0-3]\d|{YEAR})(?![\w%]|[.,]\d|-\w)"
)
_BARE_YEAR = re.compile(YEAR)
_VERBS = BE | HAVE | MODALS | {"as"}
# A bare four-digit number is a year only in a context such as "in 1858" or "(1858".
_BEFORE_YEAR = re.compile(
    r"(?:\b(?:in|for|since|by|from|until|till|to|after|before|of|and|or|during|between|around|about|early|late|mid|circa|c\."
    r"|spring|summer|autumn|fall|winter|year|years|the|than)|[(\[,;/\u2013\u2014-])\s*$",
    re.IGNORECASE,
)
_OF_A_CODE = re.compile(r"[A-Z]-$|[a-z]/$")  # "CWE-1275", "data/1275.html"
_SAYS_WHEN = re.compile(
    rf"{_MONTH}|{WEEKDAYS}|spring|summer|autumn|winter|[12]\d{{3}}s?|centur(?:y|ies)", re.IGNORECASE
)
_OF_A_DATE = re.compile(
    rf"{_SAYS_WHEN.pattern}|\d{{1,2}}(?:st|nd|rd|th)?|in|on|of|the|or|and|from|to|by|between|before|after|since|until|"
    r"about|around|early|mid|late|morning|afternoon|evening|night|ad|bc|bce|ce",
    re.IGNORECASE,
)
_BETWEEN_PARTS = re.compile(r"[\s.,/\u2013\u2014-]+")
_WEEKDAY = rf"(?:{'|'.join(f'{day[:3]}(?:{day[3:]})?' for day in WEEKDAYS.split('|'))})\.?,?\s+"
_CALENDAR = re.compile(
    rf"\b(?:{_WEEKDAY})?(?:(?P<day>[0-3]?\d)(?:st|nd|rd|th)?\s+(?:of\s+)?)?(?P<month>{_MONTH})\b\.?"
    rf"(?(day)|(?:\s+(?P<day_after>[0-3]?\d)(?:st|nd|rd|th)?(?![\d:]))?)(?:\s?,?\s+(?P<year>{YEAR})\b)?"
    rf"|\b(?P<iso_year>{YEAR})-(?P<iso_month>0[1-9]|1[0-2])-(?P<iso_day>[0-3]\d)\b",
    re.IGNORECASE,
)
_IN_DIGITS = re.compile(rf"\b(?:{YEAR}|\d\d?[:.]\d\d|\d\d?[./]\d\d?[./](?:\d{{2,4}})?)(?![\w%]|\.\d)")

_DATE_IN_DIGITS = re.compile(r"\b(\d\d?)[./](\d\d?)[./](?:\d\d){1,2}\b")
_TIME = re.compile(
    r"(?<![\w.,:])(?:(\d\d?)(?:(?:[:.]([0-5]\d))?\s?([ap])\.?m\b|:([0-5]\d)(?![\d:]))"
    r"|(\d{1,3}|an|one)[\s-]?h(?:ours?|rs?)?\b(?:,?\s(?:and\s)?(\d\d?)[\s-]?m(?:in(?:ute)?s?)?\b)?)",
    re.IGNORECASE,
)


def dates(text: str) -> Iterator[Span]:
    """Yield the spans of dates in a text in order: days, months with their year, decades and years."""
    for found in _DATE.finditer(text):
        if not _BARE_YEAR.fullmatch(found[0]) or _is_year(text, *found.span()):
            yield found.span()


def days(text: str) -> Iterator[Span]:
    """Yield the spans of days and of months with their year in a text in order: "15 April", "Nov 2025"."""
    for found in _CALENDAR.finditer(text):
        if found["iso_day"] or found["day"] or found["day_after"] or found["year"]:
            yield found.span()


def _is_year(text: str, start: int, end: int) -> bool:
    following = re.match(r"\s([a-z]+)", text[end : end + 40])
    counts = following is not None and following[1] not in _VERBS and is_plural(following[1])
    before = text[max(0, start - 20) : start]
    return not counts and not _OF_A_CODE.search(before) and _BEFORE_YEAR.search(before) is not None


def date_key(date: str) -> tuple[int, int, int]:
    """Return year, month and day of a date found by `dates`, with 0 for missing parts."""
    found = _CALENDAR.search(date)
    return _key(found) if found else (int(date[:4]), 0, 0)


def calendar_key(date: str) -> tuple[int, int, int] | None:
    """Return year, month and day of a phrase that is a date such as "10 Nov", with 0 for missing parts; else None."""
    if not is_date(date):
        return None
    if found := _CALENDAR.search(date):
        return _key(found)
    year = re.search(rf"\b{YEAR}\b", date)
    return (int(year[0]), 0, 0) if year else None


def with_days_as_words(text: str) -> str:
    """Return a text with each date in one form and its day as one word: "10november, 2025" for "Nov 10, 2025"."""
    return _CALENDAR.sub(_as_word, text)


def _as_word(found: re.Match[str]) -> str:
    year, month, day = _key(found)
    return f"{day or ''}{_MONTH_NAMES[month - 1].lower()}{f', {year}' if year else ''}"


def _key(found: re.Match[str]) -> tuple[int, int, int]:
    year, day = found["year"] or found["iso_year"], found["day"] or found["day_after"] or found["iso_day"]
    short = [name[:3] for name in _MONTH_NAMES]
    month = short.index(found["month"][:3].title()) + 1 if found["month"] else int(found["iso_month"])
    return int(year or 0), month, int(day or 0)


def months(text: str) -> set[int]:
    """Return the months of the dates in a text, for "03/06/2024" both that it may be."""
    written = {date_key(text[start:end])[1] for start, end in days(text)}
    return written.union(*(map(int, found.groups()) for found in _DATE_IN_DIGITS.finditer(text)))


def times(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield the span of each time of day and duration in hours in a text, and its minutes: "6 p.m.", "1 h 35 min"."""
    for found in _TIME.finditer(text):
        hour, minute, half, minute_too, hours, minutes = found.groups()
        if hours:
            total = 60 * (int(hours) if hours.isdecimal() else 1) + int(minutes or 0)
        else:
            total = 60 * int(hour) + int(minute or minute_too or 0)
            total += 720 * ((half or "") in {"p", "P"} and total < 720)
        yield *found.span(), total


def has_date(text: str) -> bool:
    """Return whether a text has a month, a year, or a day or time in digits: "12.5.", "9:30"."""
    return _CALENDAR.search(text) is not None or _IN_DIGITS.search(text) is not None


def is_date(phrase: str) -> bool:
    """Return whether a phrase consists of words of dates and names a time: "late spring of 1858"."""
    parts = [part for part in _BETWEEN_PARTS.split(phrase) if part]
    return all(map(_OF_A_DATE.fullmatch, parts)) and any(map(_SAYS_WHEN.fullmatch, parts))
