"""Units of measurement, and the values of a text in base units: "5 km" is 5,000 metres."""

from __future__ import annotations

import re
from typing import NamedTuple

from qa.text.numbers import Number, numbers


class Unit(NamedTuple):
    """A unit of a dimension: its size in base units, and its value for zero of them, as 32 \u00b0F for 0 \u00b0C."""

    name: str
    dimension: str
    size: float
    zero: float = 0.0


CURRENCY_SIGNS = "$\u20ac\u00a3\u00a5\u20b9"
CURRENCIES = frozenset({"dollar", "euro", "pound", "yen", "rupee"})
_TABLE: dict[str, dict[str, float | tuple[float, ...]]] = {
    "length": {
        "mm millimetre millimeter": 1e-3, "cm centimetre centimeter": 1e-2, "m metre meter": 1.0,
        "km kilometre kilometer": 1e3, "mile mi": 1609.344, "yard yd": 0.9144, "ft foot feet": 0.3048, "inch": 0.0254,
    },
    "mass": {
        "mg milligram": 1e-6, "g gram gramme": 1e-3, "kg kilogram kilo": 1.0, "t tonne": 1e3,
        "ton": (1e3, 907.185, 1016.047), "lb": 0.453592, "ounce oz": 0.0283495,
    },
    "time": {
        "second sec": 1.0, "min minute": 60.0, "h hour hr": 3600.0, "day": 86400.0, "week": 604800.0,
        "month": 2629800.0, "year": 31557600.0,
    },
    "area": {"acre": 4046.856, "hectare ha": 1e4},
    "volume": {
        "ml millilitre milliliter": 1e-6, "cl centilitre centiliter": 1e-5, "l litre liter": 1e-3,
        "gallon": (3.785412e-3, 4.54609e-3), "pint": (0.473176e-3, 0.568261e-3), "barrel": 0.1589873,
    },
    "power": {"w watt": 1.0, "kw kilowatt": 1e3, "mw megawatt": 1e6, "gw gigawatt": 1e9},
    "energy": {"kwh": 3.6e6, "mwh": 3.6e9, "kj kilojoule": 1e3, "kcal kilocalorie": 4184.0},
    "length/time": {"mph": 0.44704, "kph kmh": 1 / 3.6, "knot": 0.514444},
    "euro": {"\u20ac euro eur": 1.0},
    "dollar": {"$ dollar usd": 1.0},
    "pound": {"\u00a3 pound gbp": 1.0},
    "yen": {"\u00a5 yen jpy": 1.0},
    "rupee": {"\u20b9 rupee inr": 1.0},
    "share": {"% percent": 1.0},
}  # fmt: skip
_UNITS: dict[str, tuple[Unit, ...]] = {
    unit: tuple(Unit(words, dimension, size) for size in (sizes if isinstance(sizes, tuple) else (sizes,)))
    for dimension, names in _TABLE.items()
    for words, sizes in names.items()
    for unit in words.split()
}
_UNITS["pound"] += _UNITS["lb"]
_UNITS.update(dict.fromkeys(("\u00b0c", "celsius", "centigrade"), (Unit("celsius", "temperature", 1.0),)))
_UNITS.update(dict.fromkeys(("\u00b0f", "fahrenheit"), (Unit("fahrenheit", "temperature", 5 / 9, 32.0),)))
DIMENSIONS = frozenset(unit.dimension for units in _UNITS.values() for unit in units)
"""What is measured, not counted."""
_OF_POWER = {2: "area", 3: "volume"}
_POWERS = {"square": 2, "sq": 2, "\u00b2": 2, "2": 2, "cubic": 3, "cu": 3, "\u00b3": 3, "3": 3}
_UNIT = re.compile(
    r"[\s-]?(?:(?P<degree>\u00b0\s?|degrees?\s)|(?P<power>square|sq|cubic|cu)\b\.?\s)?"
    rf"(?P<name>[^\W\d_\u00b2\u00b3]+|[%{CURRENCY_SIGNS}])(?P<exponent>(?:[\u00b2\u00b3]|[23]\b)?)"
    r"(?:\s?(?:/|\b(?:per|an?)\b)\s?(?P<per>[a-z]+))?",
    re.IGNORECASE,
)
_BETWEEN_ENDS = re.compile(r"\s?(?:[-\u2013\u2014x\u00d7]|\b(?:to|or|and|by)\b)\s?", re.IGNORECASE)  # "5 to 10 km"
_BETWEEN_PARTS = re.compile(r",?\s(?:and\s)?")  # "5 feet 11 inches"
_MINUS = re.compile(r"(?<![\w.,)%\u00b0])[-\u2212]\Z")


class Measure(NamedTuple):
    """A number of a text with a unit, and the amount of that unit, which may be negative."""

    number: Number
    amount: float
    unit: Unit

    def converted(self, unit: Unit) -> float:
        """Return the amount in another unit of the dimension."""
        return (self.amount - self.unit.zero) * self.unit.size / unit.size + unit.zero


def units_named(name: str) -> tuple[Unit, ...]:
    """Return the meanings of a name or sign of a unit, the most usual first; none if it is unknown."""
    word = name.lower()
    forms = (word, word.removesuffix("s"), word.removesuffix("es"))
    return next((_UNITS[form] for form in forms if form in _UNITS), ())


def measures(text: str) -> list[Measure]:
    """Return the numbers of a text that have a unit, once for each of its meanings: "5", "10" in "5 to 10 km".

    Parts such as "5 feet 11 inches" also make one measure, of the number of the first.
    """
    found: list[Measure] = []
    following: list[Measure] = []
    for number in reversed(numbers(text)):
        start = following[0].number.start if following else len(text)
        written = _UNIT.match(text, number.end, max(start, number.end))
        units = _units_of(written) if written else ()
        sign = -1.0 if _MINUS.search(text, max(0, number.start - 2), number.start) else 1.0
        own = [Measure(number, sign * number.values[0], unit) for unit in units]
        if written and _BETWEEN_PARTS.fullmatch(text, written.end(), start):
            found += [
                Measure(number, one.amount + other.converted(one.unit), one.unit)
                for one in own
                for other in following
                if one.unit.dimension == other.unit.dimension and one.unit.size > other.unit.size
            ]
        if not own and _BETWEEN_ENDS.fullmatch(text, number.end, start):
            own = [Measure(number, sign * number.values[0], other.unit) for other in following]
        found += own
        following = own
    return found


def _units_of(written: re.Match[str]) -> tuple[Unit, ...]:
    name, per = written["name"], written["per"]
    is_scale = len(name) == 1 and (written["degree"] or name in "CF")
    units = units_named(f"\u00b0{name}" if is_scale else name)
    power = _POWERS.get((written["power"] or written["exponent"]).lower(), 1)
    if power > 1:
        units = tuple(
            unit._replace(dimension=_OF_POWER[power], size=unit.size**power)
            for unit in units
            if unit.dimension == "length"
        )
    if per and (times := [one for one in units_named("second" if per == "s" else per) if one.dimension == "time"]):
        units = tuple(
            Unit(f"{one.name}/{time.name}", f"{one.dimension}/time", one.size / time.size)
            for one in units
            for time in times
        )
    return units
