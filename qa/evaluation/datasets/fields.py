"""Validation of values in a question set; errors name the location and the field."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from qa.errors import QuestionSetError
from qa.text.printable import has_surrogate, printable_json

_MAX_SHOWN_CHARACTERS = 80
_MAX_DEPTH = 100  # levels of lists and objects; Python can read deeper JSON than it can write


def fail(location: str, name: str, problem: str) -> NoReturn:
    """Raise a `QuestionSetError` that names the location (file and line) and the field."""
    raise QuestionSetError(f'{location}, field "{name}": {problem}')


def preview(value: object) -> str:
    """Return a JSON value on one printable line of at most 80 characters."""
    text = printable_json(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _MAX_SHOWN_CHARACTERS else text[: _MAX_SHOWN_CHARACTERS - 3] + "..."


def shortened(lines: Sequence[str], most: int) -> list[str]:
    """Return the first `most` lines, and how many more there are."""
    more = len(lines) - most
    return [*lines[:most], *([f"and {more:,} more"] if more > 0 else [])]


def text_field(row: Mapping[str, Any], name: str, location: str) -> str:
    """Return a required string that is not blank."""
    if name not in row:
        fail(location, name, "missing")
    return checked_text(row[name], name, location)


def texts_field(row: Mapping[str, Any], name: str, location: str) -> tuple[str, ...]:
    """Return a list of non-empty strings; empty if the field is missing or null."""
    values = row.get(name)
    if values is None:
        return ()
    if not isinstance(values, list):
        fail(location, name, f"expected a list of strings, got {preview(values)}")
    return tuple(checked_text(value, name, location) for value in values)


def flag_field(row: Mapping[str, Any], name: str, location: str, *, default: bool) -> bool:
    """Return a boolean; `default` if the field is missing or null."""
    value = row.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        fail(location, name, f"expected true or false, got {preview(value)}")
    return value


def checked_text(value: object, name: str, location: str) -> str:
    """Return the value if it is a string that is not blank."""
    if not isinstance(value, str) or not value.strip():
        fail(location, name, f"expected a non-empty string, got {preview(value)}")
    if has_surrogate(value):
        # JSON can escape them, but UTF-8 cannot encode them.
        fail(location, name, f"expected text without single surrogates, got {preview(value)}")
    return value


def parse_json(text: str, location: str) -> Any:  # noqa: ANN401 -- any JSON value
    """Parse strict JSON: no NaN or huge numbers, no repeated fields, no deep nesting.

    Raises `QuestionSetError`, which names the location and the column.
    """
    try:
        value = json.loads(
            text, object_pairs_hook=_without_repeats, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole
        )
        if text.count("[") + text.count("{") > _MAX_DEPTH:
            _refuse_depth(value)
        return value
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}" if "\n" in text else f"column {error.colno}"
        problem = error.msg.removesuffix(" at")
        raise QuestionSetError(f"{location}: not JSON: {problem} at {where}") from error
    except RecursionError as error:
        raise QuestionSetError(f"{location}: not JSON that can be read: nested too deeply") from error
    except ValueError as error:
        raise QuestionSetError(f"{location}: not JSON that can be read: {error}") from error


def parse_object(text: str, location: str) -> dict[str, Any]:
    """Parse strict JSON that must be an object; errors as for `parse_json`."""
    row = parse_json(text, location)
    if not isinstance(row, dict):
        raise QuestionSetError(f"{location}: expected a JSON object, got {preview(row)}")
    return row


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        # A plain dict would silently keep only the last value.
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'field "{repeated}" occurs more than once')
    return row


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise ValueError(f"{preview(number)} is too large a number")
    return value


def _whole(number: str) -> int:
    # Whole numbers have at most 308 digits, as floats do.
    _finite(number)
    return int(number)


def _refuse_depth(value: object) -> None:
    level = [value]
    for _ in range(_MAX_DEPTH + 1):
        inside = (each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list))
        level = [each for part in inside for each in part]
    if level:
        raise RecursionError


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
