"""Formatting of spreadsheet numbers by their format code, as the sheet displays them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne

from qa.text.dates import MONTHS, WEEKDAYS
from qa.text.lines import one_line

# Format codes that files refer to by number alone. Those whose order of day and month depends on the locale (14, 22)
# are replaced by ISO 8601, which is unambiguous.
_BUILT_IN = {
    **{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 48: "##0.0E+0"},
    **{14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 22: "yyyy-mm-dd h:mm"},
    **{18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0"},
    **dict.fromkeys((37, 38), "#,##0;(#,##0)"),
    **dict.fromkeys((39, 40), "#,##0.00;(#,##0.00)"),
    **dict.fromkeys((*range(27, 37), *range(50, 59)), "yyyy-mm-dd"),
}
_MAX_CODE_CHARS = 255  # Excel's own limit
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|(?P<fill>[_*].)|\[\$(?P<currency>[^\]-]*)[^\]]*\]'
    r"|\[(?P<elapsed>h+|m+|s+)\]|\[(?P<bracket>[^\]]*)\]|(?P<general>General)"
    r"|(?P<half>AM/PM|A/P)|(?P<exponent>E[+-])|(?P<date>y+|m+|d+|h+|s+(?:\.0+)?|e+|b+)|(?P<digits>[0#?.,/]+)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)")
_COMPARE = {"<": lt, ">": gt, "<=": le, ">=": ge, "=": eq, "<>": ne}
_MAX_DAYS = 2_958_466  # the day after 9999-12-31
_FALSE_LEAP_DAY = 60  # 1900-02-29, which did not exist but is counted
_MAX_DECIMALS = 30
_MAX_NUMBER = 1e15  # larger numbers have more digits than are stored

_Tokens = tuple[tuple[str, str], ...]
_Section = tuple[_Tokens, tuple[str, float] | None]


def built_in_code(number: int) -> str:
    """Return the built-in format code with a number; "General" if there is none."""
    return _BUILT_IN.get(number, "General")


def format_number(value: float, code: str, *, from_1904: bool = False) -> str:
    """Return a number as a cell with this format code displays it.

    Parameters
    ----------
    code : str
        As in a workbook: ``#,##0.00``, ``0%``, ``d mmm yyyy``. Unsupported codes count as "General".
    from_1904 : bool
        Whether days are counted from 1904-01-01.
    """
    sections = _sections(code[:_MAX_CODE_CHARS])
    tokens, signed = _choose_section(sections, value)
    kind = _kind(tokens)
    if kind == "date":
        return _date(value, tokens, from_1904=from_1904)
    if kind == "exponent":
        return _scientific(value, tokens)
    if kind == "digits":
        return _number(value, tokens, signed=signed)
    if kind == "general":
        return _general_with_text(value, tokens, signed=signed)
    return "".join(text for _, text in tokens).strip()


@lru_cache(maxsize=1000)
def _kind(tokens: _Tokens) -> str:
    """Return what a section displays: "date", "exponent", "digits", "text" or "general"."""
    kinds = {kind for kind, _ in tokens}
    if kinds & {"date", "elapsed"}:
        return "date"
    if "exponent" in kinds:
        return "exponent"
    if "digits" in kinds and not any(kind == "digits" and "/" in text for kind, text in tokens):
        return "digits"
    return "general" if kinds & {"digits", "general"} or not any(text.strip() for _, text in tokens) else "text"


def general(value: float) -> str:
    """Return a number in the "General" format."""
    if abs(value) < _MAX_NUMBER and value == int(value):
        return str(int(value))
    text = f"{value:.10g}"
    # All digits before the decimal point are shown.
    return f"{value:.0f}" if "e+" in text and abs(value) < _MAX_NUMBER else text


def _general_with_text(value: float, tokens: _Tokens, *, signed: bool) -> str:
    """Return a number in the "General" format with the text around it, such as a unit; fractions become decimals."""
    number = next((index for index, (kind, _) in enumerate(tokens) if kind != "text"), None)
    if number is None:
        return general(value)
    before, after = (
        "".join(text for kind, text in part if kind == "text") for part in (tokens[:number], tokens[number:])
    )
    return one_line(f"{'-' if signed and value < 0 else ''}{before}{general(abs(value))}{after}")


@lru_cache(maxsize=1000)
def _sections(code: str) -> tuple[_Section, ...]:
    """Return the tokens and the condition of each section of a format code."""
    sections: list[_Section] = []
    tokens: list[tuple[str, str]] = []
    condition: tuple[str, float] | None = None
    for found in _TOKEN.finditer(code):
        kind, text = found.lastgroup or "", found[found.lastgroup or 0] or ""
        if kind == "other" and text == ";":
            sections.append((_with_minutes(tokens), condition))
            tokens, condition = [], None
        elif kind == "bracket":
            limit = _CONDITION.fullmatch(text)
            condition = (limit[1], float(limit[2])) if limit else condition
        elif kind in {"quoted", "escaped", "currency"} or (kind == "other" and text != "@"):
            tokens.append(("text", text))
        elif kind not in {"fill", "other"}:
            tokens.append((kind, text))
    sections.append((_with_minutes(tokens), condition))
    return tuple(sections)


def _with_minutes(tokens: list[tuple[str, str]]) -> _Tokens:
    """Return the tokens with "n" for an "m" that means minutes: after hours or before seconds."""
    dates = [index for index, (kind, _) in enumerate(tokens) if kind in {"date", "elapsed"}]
    for position, index in enumerate(dates):
        kind, text = tokens[index]
        before = tokens[dates[position - 1]][1][:1].lower() if position else ""
        after = tokens[dates[position + 1]][1][:1].lower() if position + 1 < len(dates) else ""
        if kind == "date" and text[0] in "mM" and len(text) <= 2 and (before == "h" or after == "s"):
            tokens[index] = (kind, "n" * len(text))
    return tuple(tokens)


def _choose_section(sections: tuple[_Section, ...], value: float) -> tuple[_Tokens, bool]:
    """Return the tokens of the section for a value, and whether a minus sign must be added."""
    for tokens, condition in sections:
        if condition is not None and _COMPARE[condition[0]](value, condition[1]):
            return tokens, True
    if any(condition is not None for _, condition in sections):
        return next((tokens for tokens, condition in sections if condition is None), sections[-1][0]), True
    if value < 0 and len(sections) > 1:
        return sections[1][0], False
    if value == 0 and len(sections) > 2:
        return sections[2][0], False
    return sections[0][0], True


@dataclass(frozen=True, slots=True)
class _NumberForm:
    """A number format: a scale, and its `decimal_places`, the first `needed` of which are always shown."""

    factor: float
    decimal_places: int
    needed: int
    whole: int
    comma: str
    groups: tuple[str, ...]


@lru_cache(maxsize=1000)
def _number_form(tokens: _Tokens) -> _NumberForm:
    groups = tuple(text for kind, text in tokens if kind == "digits")
    digits = "".join(groups)
    whole, _, decimals = digits.partition(".")
    percent = sum(text.count("%") for kind, text in tokens if kind == "text")
    thousands = len(digits) - len(digits.rstrip(","))
    decimal_places = min(sum(character in "0#?" for character in decimals), _MAX_DECIMALS)
    needed = min(decimals.rstrip(",").rstrip("#?").count("0"), decimal_places)
    comma = "," if "," in whole.rstrip(",") else ""
    return _NumberForm(
        100.0 ** min(percent, 5) / 1000.0 ** min(thousands, 5), decimal_places, needed, whole.count("0"), comma, groups
    )


def _number(value: float, tokens: _Tokens, *, signed: bool) -> str:
    form = _number_form(tokens)
    amount = abs(value) * form.factor
    if not amount < _MAX_NUMBER:
        return general(value)
    # Round halves up like Excel and unlike Python, with 15 significant digits.
    rounded = f"{float(f'{amount:.15g}') + 10.0 ** -(form.decimal_places + 9):{form.comma}.{form.decimal_places}f}"
    left, _, right = rounded.partition(".")
    if form.needed < form.decimal_places:
        right = right[: form.needed] + right[form.needed :].rstrip("0")
    left = left.zfill(form.whole) if form.whole or left != "0" else ""
    figure = f"{left}.{right}" if right else left
    minus = "-" if signed and value < 0 and figure.strip("0.,") else ""
    line = "".join(_fill_digits(tokens, figure, form.groups)).strip()
    # The currency sign follows the minus sign.
    return (minus + line) or "0"


def _fill_digits(tokens: _Tokens, figure: str, groups: tuple[str, ...]) -> Iterator[str]:
    """Yield the parts of a number; digit groups, as in phone numbers, are filled from the right."""
    split: list[str] = []
    for group in reversed(groups[1:]):
        length = 0 if "." in figure else len(group)
        split.append(figure[len(figure) - length :])
        figure = figure[: len(figure) - length]
    split.append(figure)
    for kind, text in tokens:
        if kind == "digits":
            yield split.pop()
        elif kind == "text":
            yield text


def _scientific(value: float, tokens: _Tokens) -> str:
    first = next((text for kind, text in tokens if kind == "digits"), "0")
    return f"{value:.{min(len(first.partition('.')[2]), _MAX_DECIMALS)}E}"


def _date(value: float, tokens: _Tokens, *, from_1904: bool) -> str:
    if not 0 <= value < _MAX_DAYS:
        return general(value)
    texts = [text for kind, text in tokens if kind in {"date", "elapsed"}]
    # Round to the displayed fraction of a second, so that 11:59:59.999 is not shown as 11:59:59.
    fraction = max((len(text.partition(".")[2]) for text in texts), default=0)
    seconds = round(value * 86_400, min(fraction, 3))
    moment = _moment(seconds, from_1904=from_1904)
    half = any(kind == "half" for kind, _ in tokens)
    parts = []
    for kind, text in tokens:
        if kind == "elapsed":
            parts.append(str(int(seconds // {"h": 3600, "m": 60, "s": 1}[text[0].lower()])).zfill(len(text)))
        elif kind == "half":
            parts.append("AM" if moment.hour < 12 else "PM")
        elif kind == "date":
            parts.append(_date_part(moment, text.lower(), half=half))
        elif kind != "general":
            parts.append(text)
    return "".join(parts).strip()


def _moment(seconds: float, *, from_1904: bool) -> datetime:
    days = seconds / 86_400
    start = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 31 if days < _FALSE_LEAP_DAY else 30)
    try:
        return start + timedelta(seconds=seconds)
    except OverflowError:
        return datetime.max


def _date_part(moment: datetime, code: str, *, half: bool) -> str:
    letter, length = code[0], len(code.partition(".")[0])
    if letter in "ye":
        return f"{moment.year:04}" if length > 2 or letter == "e" else f"{moment.year % 100:02}"
    if letter == "b":  # the Buddhist year
        return f"{moment.year + 543:04}"
    if letter == "m" and length > 2:
        name = MONTHS.split("|")[moment.month - 1]
        return {3: name[:3], 5: name[0]}.get(length, name)
    if letter == "d" and length > 2:
        name = WEEKDAYS.split("|")[moment.weekday()]
        return name[:3] if length == 3 else name
    if letter == "s" and "." in code:
        decimal_places = min(len(code.partition(".")[2]), 3)
        return f"{moment.second + moment.microsecond / 1e6:0{decimal_places + 3}.{decimal_places}f}"
    hour = (moment.hour - 1) % 12 + 1 if half else moment.hour
    number = {"m": moment.month, "d": moment.day, "h": hour, "n": moment.minute, "s": moment.second}[letter]
    return str(number).zfill(min(length, 2))
