"""Recognition of English numbers, in digits and in words."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from qa.text.dates import YEAR


def _counted(words: str, first: int) -> dict[str, float]:
    return {word: float(number) for number, word in enumerate(words.split(), first)}


_UNITS = _counted("zero one two three four five six seven eight nine ten eleven twelve", 0) | _counted(
    "thirteen fourteen fifteen sixteen seventeen eighteen nineteen", 13
)
ORDINALS = _counted("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth", 1) | _counted(
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth", 13
)
"""Ordinals in one word, and their numbers: "third" is 3."""
_TENS = {word: 10 * n for word, n in _counted("twenty thirty forty fifty sixty seventy eighty ninety", 2).items()}
_SCALES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "million": 1e6,
    "mn": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "trillion": 1e12,
    "tn": 1e12,
}
_OTHERS = {"half": 0.5, "quarter": 0.25, "dozen": 12, "twice": 2, "double": 2, "both": 2, "pair": 2, "thrice": 3}
_WORDS = {**_UNITS, **ORDINALS, **_TENS, **_OTHERS}
_NUMBER_WORD = "|".join(sorted((*_WORDS, *_SCALES), key=len, reverse=True))
# In Indian digits, the groups before the last have two: "12,34,567".
_DIGITS = r"\d+(?:(?:,\d\d){0,6}(?:,\d{3})+)?(?:\.\d+)?"
_UNIT_OF_TIME = r"seconds\b|(?:(?<=\bper\s)|(?<=\d[\s-]))second\b"
_PIECE = re.compile(
    rf"(?P<digits>{_DIGITS})|(?<![^\W\d_])(?!{_UNIT_OF_TIME})(?P<word>{_NUMBER_WORD})s?\b", re.IGNORECASE
)
_BETWEEN = re.compile(r"[\s-]?|\s(?:and|a|of a)\s")
_PER_CENT = re.compile(r"\s?(?:%|per\s?cent\b)")
_ORDINAL_ENDINGS = frozenset({"st", "nd", "rd", "th"})
_YEAR = re.compile(YEAR)
_LATER_YEAR = re.compile(r"[-\u2013](\d\d)\b(?!-\d)")
_CARDINAL = "|".join(sorted({*_UNITS, *_TENS} - {"zero", "one"}, key=len, reverse=True))
_SCALE = "|".join(("dozen", *_SCALES))
_ONE_AMOUNT = rf"(?:{_DIGITS}|(?:{_CARDINAL}|{_SCALE})(?:-[a-z]+)?)(?:\s(?:{_SCALE}))?"
AMOUNT = rf"{_ONE_AMOUNT}(?:\s(?:or|to)\s{_ONE_AMOUNT})?"
"""Pattern of an amount greater than one: "1,200", "twenty-five", "two or three million"."""
QUALIFIER = (
    r"(?:(?:about|around|nearly|almost|roughly|approximately|some|over|at least|at most|up to|(?:more|fewer|less) than)"
    r"\s)?"
)
QUALIFIED_AMOUNT = QUALIFIER + AMOUNT
_NUMERAL = re.compile(rf"\W?\d.*|(?:one|half|once|twice|{_CARDINAL}|(?:{_SCALE})s?)(?:-\w+)?", re.IGNORECASE)

# "1 200", "1'200", "1.200,50" and "4,90": 1,200, 1,200.50 and 4.90 in other languages.
_FOREIGN = re.compile(
    r"(?<![\w.,])(?:(?:\d{1,3}(?:[ \u00a0\u2009\u202f'\u2019]\d{3}){1,4}|[1-9]\d{0,2}(?:\.\d{3}){1,4})(?:,\d\d?)?"
    r"|\d{1,9},\d\d?)(?![.,]?\d)"
)
_ENGLISH_SIGNS = str.maketrans(" \u00a0\u2009\u202f'\u2019.,", ",,,,,,,.")


def with_english_digits(text: str) -> str:
    """Return a text of the same length with its numbers in digits as in English: "1.200,50" becomes "1,200.50"."""
    return _FOREIGN.sub(lambda number: number[0].translate(_ENGLISH_SIGNS), text)


def is_numeral(word: str) -> bool:
    """Return whether a word is a cardinal or starts with a digit: "24", "$4.5", "thirty-five"."""
    return _NUMERAL.fullmatch(word) is not None


@dataclass(frozen=True, slots=True)
class Number:
    """Span and possible values of a number in a text: "50%" is 50 and 0.5.

    The kind is "year", "rank" (as in "third" and "21st") or "amount".
    """

    start: int
    end: int
    values: tuple[float, ...]
    kind: Literal["year", "rank", "amount"] = "amount"


def numbers(text: str) -> list[Number]:
    """Return the numbers in a text: "1,000", "$3bn", "twenty-one", "third", "half"."""
    found: list[Number] = []
    pieces = list(_PIECE.finditer(text))
    following = 0
    while following < len(pieces):
        first, following = following, following + 1
        while following < len(pieces) and _belong_together(text, pieces[following - 1], pieces[following]):
            following += 1
        group = pieces[first:following]
        value, end = _value(group), group[-1].end()
        values: tuple[float, ...] = (value,)
        if _PER_CENT.match(text, end):
            values = (value, value / 100)
        later = _LATER_YEAR.match(text, end)
        if later and 1000 <= value < 2100:
            # "1999-03" ends in 2003.
            values = (value, value + (int(later[1]) - value) % 100)
        found.append(Number(group[0].start(), end, values, _kind(text[group[0].start() : end], text[end : end + 2])))
    return found


def _kind(written: str, following: str) -> Literal["year", "rank", "amount"]:
    last = re.split(r"[\s-]", written.lower())[-1]
    if last in ORDINALS or (following in _ORDINAL_ENDINGS and last.isdigit()):
        return "rank"
    return "year" if _YEAR.fullmatch(written) else "amount"


def _belong_together(text: str, piece: re.Match[str], following: re.Match[str]) -> bool:
    """Return whether two pieces belong to one number: "3 million", "twenty-one", "two hundred and five"."""
    word, before = (following["word"] or "").lower(), (piece["word"] or "").lower()
    between = text[piece.end() : following.start()]
    if not _BETWEEN.fullmatch(between) or not word:
        return False
    if word in _SCALES or word == "dozen":
        return before not in ORDINALS
    if before in _TENS:
        return between.strip() != "and" and 1 <= _WORDS[word] < 10 and (word in _UNITS or word in ORDINALS)
    return before in _SCALES and word not in _OTHERS


def _value(pieces: Iterable[re.Match[str]]) -> float:
    total, part = 0.0, 0.0
    for piece in pieces:
        word = (piece["word"] or "").lower()
        if piece["digits"]:
            part = float(piece["digits"].replace(",", ""))
        elif word == "dozen":
            part = 12 * (part or 1)
        elif word == "hundred":
            part = 100 * (part or 1)
        elif word in _SCALES:
            total, part = total + (part or 1) * _SCALES[word], 0.0
        else:
            part += _WORDS[word]
    # Infinity could not be computed with.
    return min(total + part, sys.float_info.max)
