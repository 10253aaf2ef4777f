"""The way out for all that the product prints, and for what libraries log and warn of."""

from __future__ import annotations

import io
import logging
import sys
import warnings
from collections.abc import Callable
from typing import Any

from qa.text.printable import printable

_format_warning: Callable[..., str] = warnings.formatwarning


def echo(text: str, *, err: bool = False, end: str = "\n") -> None:
    """Print text of one or more lines to stdout or stderr, with what a terminal could obey as visible escapes."""
    print(printable(text, lines=True), end=end, file=sys.stderr if err else sys.stdout, flush=True)


def prepare() -> None:
    """Have this process print no character that its terminal could obey or cannot show."""
    # A terminal that cannot show a character must not turn an answer into a crash.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # It writes for each logger that nobody gave a handler.
    if logging.lastResort:
        logging.lastResort.setFormatter(_Formatter())
    warnings.formatwarning = _formatted


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record), lines=True)


def _formatted(*about: Any, **more: Any) -> str:  # noqa: ANN401 -- as of `warnings.formatwarning`
    return printable(_format_warning(*about, **more), lines=True)
