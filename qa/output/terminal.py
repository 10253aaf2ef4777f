"""Output to the terminal without control characters, including logs and warnings of libraries."""

from __future__ import annotations

import io
import json
import logging
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from qa.text.printable import printable, printable_json

_format_warning: Callable[..., str] = warnings.formatwarning


def echo(text: str, *, err: bool = False, end: str = "\n") -> None:
    """Print text of one or more lines to stdout or stderr, with control characters escaped."""
    print(printable(text, lines=True), end=end, file=sys.stderr if err else sys.stdout, flush=True)


def echo_json(value: object, indent: int | None = None) -> None:
    """Print a JSON value to stdout, in readable UTF-8 with control characters escaped."""
    echo(printable_json(json.dumps(value, ensure_ascii=False, indent=indent)))


def aligned(rows: Sequence[Sequence[str]], sides: str) -> list[str]:
    """Return rows of cells as the lines of a table, each column to the left ("<") or right (">") as `sides` says."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ([f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)] for row in rows)
    return ["  ".join(line).rstrip() for line in lines]


def prepare() -> None:
    """Escape control characters in logs and warnings, and characters missing from the terminal's encoding."""
    # A character that the terminal's encoding lacks must not raise an error.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # The handler of loggers without one.
    if logging.lastResort:
        logging.lastResort.setFormatter(PrintableFormatter())
    warnings.formatwarning = _formatted


class PrintableFormatter(logging.Formatter):
    """Formats a record with control characters escaped."""

    def format(self, record: logging.LogRecord) -> str:  # noqa: D102 -- as inherited
        return printable(super().format(record), lines=True)


def _formatted(*args: Any, **kwargs: Any) -> str:  # noqa: ANN401 -- as of `warnings.formatwarning`
    return printable(_format_warning(*args, **kwargs), lines=True)
