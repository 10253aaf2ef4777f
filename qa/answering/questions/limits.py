"""Compare limits in a question with quantities in a sentence: "longer than 500 km?" and "it is 620 km long"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from qa.text.numbers import Number, numbers
from qa.text.tokens import terms
from qa.text.units import CURRENCIES, CURRENCY_SIGNS, DIMENSIONS, units_named
from qa.types import Span

_MEASURES = DIMENSIONS | {"squar", "cubic"}
_NOT_PHYSICAL = CURRENCIES | {"share"}
_ABOVE = (
    r"more than|over|above|at least|no less than|not less than|exceed(?:s|ed|ing)?"
    r"|(?:longer|taller|older|higher|heavier|larger|bigger|greater|deeper|wider|faster|later|warmer|hotter) than"
)
_BELOW = (
    r"less than|fewer than|under|below|at most|up to|no more than|not more than"
    r"|(?:shorter|younger|lower|lighter|smaller|slower|earlier|cheaper|colder|narrower) than"
)
_INCLUDED = re.compile(r"at least|at most|up to|no (?:less|more) than|not (?:less|more) than", re.IGNORECASE)
_LIMIT = re.compile(
    rf"\b(?:(?P<above>{_ABOVE}|after|since)|(?P<below>{_BELOW}|before))\s+(?=[^\s\w]?\s?\w)", re.IGNORECASE
)
_ABOUT = re.compile(r"\b(?:about|around|roughly|approximately|some|nearly|almost|circa|ca\.?)\s+\W?$", re.IGNORECASE)
_ROUGH_TOLERANCE = 0.1  # relative, of an amount with "about" before it
_HOW = re.compile(r"\W*how\s+(long|wide|tall|high|deep|thick|heavy)\b", re.IGNORECASE)
_COSTS = re.compile(r"\b(?:costs?|prices?|fees?|pay|paid|expensive|cheap)\b", re.IGNORECASE)
_EXTENTS = {
    **dict.fromkeys(("long", "length"), "length"),
    **dict.fromkeys(("wide", "broad", "width", "across"), "width"),
    **dict.fromkeys(("tall", "high", "height", "altitude", "elevation", "above"), "height"),
    **dict.fromkeys(("deep", "depth", "below"), "depth"),
    **dict.fromkeys(("thick", "thickness"), "thickness"),
}
_EXTENT = "|".join(_EXTENTS)
_EXTENT_AFTER = re.compile(rf"[\s-]{{1,2}}(?:in )?({_EXTENT})\b", re.IGNORECASE)
_EXTENT_BEFORE = re.compile(rf"\b({_EXTENT})\s+(?:of|is|was)\s+(?:(?:about|around|some|only)\s+)?\Z", re.IGNORECASE)
_NEAR = 40  # characters around an answer in which its unit, and the extent measured, are looked for
_UNIT = re.compile(r"\s?-?\s?([^\W\d_]+|%|\u20ac)")
_CURRENCY = re.compile(rf"([{CURRENCY_SIGNS}])\s?$")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A range of values of one dimension, and its span in the text.

    Attributes
    ----------
    start, end : int
    dimension : str
        A physical dimension, a currency, "year", or the term of what is counted; empty for a number alone.
    least, most : float
        Bounds in the base unit of the dimension.
    is_limit : bool
        Whether it follows words such as "more than" or "before".
    """

    start: int
    end: int
    dimension: str
    least: float
    most: float
    is_limit: bool = False


def asked_limit(question: str) -> Quantity | None:
    """Return the limit in a question; None unless there is exactly one."""
    found = [one for one in quantities(question) if one.is_limit]
    return found[0] if len(found) == 1 else None


def meets(limit: Quantity, sentence: str) -> bool | None:
    """Return whether the one quantity in a sentence of a limit's dimension is within it.

    None if there is no such quantity, or several, or if it is partly within the limit.
    """
    found = [one for one in quantities(sentence) if one.dimension == limit.dimension]
    if len(found) != 1:
        return None
    one = found[0]
    if limit.least <= one.least and one.most <= limit.most:
        return True
    return False if one.most < limit.least or limit.most < one.least else None


def is_of_another_measure(question: str, text: str, span: Span) -> bool:
    """Return whether a question asks how wide, heavy or dear something is, and an answer has another measure.

    "312 km" is no depth in "312 km long", and "9 kW" is no price.
    """
    asked = _HOW.match(question)
    if asked is None and not _COSTS.search(question):
        return False
    found = [one for one in quantities(text[span[0] : span[1] + _NEAR]) if one.start < span[1] - span[0]]
    stated = {one.dimension for one in found} & _MEASURES
    if asked is None:
        return bool(stated) and stated.isdisjoint(_NOT_PHYSICAL)
    wanted = asked[1].lower()
    if wanted != "long" and stated and ("mass" if wanted == "heavy" else "length") not in stated:
        return True
    if not found or wanted == "heavy":
        return False
    first, last = span[0] + found[0].start, span[0] + found[-1].end
    extent = _EXTENT_AFTER.match(text, last) or _EXTENT_BEFORE.search(text, max(0, first - _NEAR), first)
    return extent is not None and _EXTENTS[extent[1].lower()] != _EXTENTS[wanted]


def quantities(text: str) -> Iterator[Quantity]:
    """Yield the quantities of a text in order."""
    limits = {match.end(): match for match in _LIMIT.finditer(text)}
    for number in numbers(text):
        if number.kind == "rank":
            continue
        currency = _CURRENCY.search(text, 0, number.start)
        start = currency.start() if currency else number.start
        unit = None if currency or number.kind == "year" else _UNIT.match(text, number.end)
        dimension, factor = _dimension(number, (currency or unit or [""])[0].strip(" -"))
        value = number.values[0] * factor
        least = most = value
        match = next((limits[end] for end in (start, start - 1) if end in limits), None)
        if match:
            included = _INCLUDED.match(match[0]) is not None or match[0].strip().lower() == "since"
            step = 0.0 if included else 1e-9 * max(1.0, abs(value))
            least, most = (value + step, inf) if match["above"] else (-inf, value - step)
            start = match.start()
        elif _ABOUT.search(text[:start]):
            least, most = value - _ROUGH_TOLERANCE * abs(value), value + _ROUGH_TOLERANCE * abs(value)
        yield Quantity(start, unit.end() if unit else number.end, dimension, least, most, match is not None)


def _dimension(number: Number, unit: str) -> tuple[str, float]:
    if number.kind == "year":
        return "year", 1.0
    if known := units_named(unit):
        return known[0].dimension, known[0].size
    counted = terms(unit)
    return (counted[0] if counted else ""), 1.0
