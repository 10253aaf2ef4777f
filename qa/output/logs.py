"""The log of the process on stderr, as text or as JSON lines.

Every module logs to the logger of its name, under "qa"; importing the package configures nothing. The texts of
questions, answers and articles are never logged.
"""

from __future__ import annotations

import io
import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO, cast

from qa.output.terminal import PrintableFormatter

if TYPE_CHECKING:
    from qa.settings import Settings

_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_PRINTED = logging.getLogger("qa.printed")


def configure(settings: Settings, *, printed: bool = True) -> None:
    """Send the log of this process to stderr, at the level and in the format of the settings.

    Libraries log warnings and errors. With JSON lines, what is `printed` is logged too, so that every line is JSON;
    not for a command that prints results.
    """
    as_json = settings.log_format == "json"
    handler = logging.StreamHandler(_stderr())
    handler.setFormatter(_JsonFormatter() if as_json else PrintableFormatter(_TEXT))
    logging.getLogger().handlers = [handler]
    logging.getLogger("qa").setLevel(settings.log_level.upper())
    if as_json and printed:
        # Otherwise a failing handler would print, which would be logged.
        logging.raiseExceptions = False
        sys.stdout = cast(TextIO, _LogStream(logging.INFO))
        sys.stderr = cast(TextIO, _LogStream(logging.WARNING))


class _JsonFormatter(logging.Formatter):
    """An object a line: time, level, logger, message, the error if any, and the fields of a request."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "request", {}),
        }
        if record.exc_info:
            line["error"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(line)


class _LogStream(io.TextIOBase):
    """A stream that logs each line written to it."""

    def __init__(self, level: int) -> None:
        self._level = level
        self._rest = ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in filter(str.strip, lines):
            _PRINTED.log(self._level, "%s", line)
        return len(text)


def _stderr() -> TextIO:
    return sys.__stderr__ if isinstance(sys.stderr, _LogStream) and sys.__stderr__ else sys.stderr
