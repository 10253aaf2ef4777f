"""What the server writes to its log: for each event one line, cut and without control characters.

A stranger decides what the message of an error holds: left to Gradio and uvicorn, a bad request of one megabyte leaves
forty in the log.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

from qa.output import terminal
from qa.text.printable import printable

LONGEST_LINE = 2000
"""Characters of a line; what is longer is cut."""

_CUT = " ..."
_log = logging.getLogger(__name__)
_print_exception = traceback.print_exception


def install() -> None:
    """Have each event leave one line, whoever writes it: a logger, a thread that fails, or Gradio's `print_exc`."""
    terminal.prepare()
    logging.setLogRecordFactory(_Line)
    traceback.print_exception = _print_in_a_line
    threading.excepthook = _thread_failed
    sys.unraisablehook = _not_raised


def in_a_line(text: str) -> str:
    """Return the text on one line of at most `LONGEST_LINE` characters."""
    text = text.strip()
    line = printable(text[: LONGEST_LINE + 1])
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - len(_CUT)] + _CUT


def summary(error: BaseException) -> str:
    """Return where an error was raised, its type and its message; of a group of errors, those of the first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    try:
        message = str(error)
    except Exception:
        message = "(no message)"
    return f"{_last_frame(error.__traceback__)}{type(error).__name__}: {message}"


class _Line(logging.LogRecord):
    """A record whose message is one line, that of its exception included."""

    def __init__(self, *about: Any, **more: Any) -> None:  # noqa: ANN401 -- as of LogRecord
        super().__init__(*about, **more)
        error = self.exc_info[1] if self.exc_info else None
        self._error = None if error is None else summary(error)
        # Else whatever formats the record would append the traceback.
        self.exc_info = self.exc_text = self.stack_info = None

    def getMessage(self) -> str:  # noqa: N802 -- as inherited
        try:
            message = super().getMessage()
        except Exception:
            # `logging` would print the arguments as they are.
            message = str(self.msg)
        return in_a_line(message if self._error is None else f"{message.strip()}: {self._error}")


def _print_in_a_line(*about: Any, **more: Any) -> None:  # noqa: ANN401 -- as of `traceback.print_exception`
    """Do as `traceback.print_exception`, but leave one line where it would print to stderr."""
    given = {**dict(zip(("exc", "value", "tb", "limit", "file"), about, strict=False)), **more}
    raised = given["exc"] if isinstance(given["exc"], BaseException) else given.get("value")
    if raised is None or given.get("file") not in (None, sys.stderr):
        _print_exception(*about, **more)
    else:
        _log.error("Unhandled error", exc_info=raised)


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None and not isinstance(failed.exc_value, SystemExit):
        _log.error("Unhandled error in a thread", exc_info=failed.exc_value)


def _not_raised(failed: sys.UnraisableHookArgs) -> None:
    if failed.exc_value is not None:
        _log.error("Ignored error", exc_info=failed.exc_value)


def _last_frame(trace: TracebackType | None) -> str:
    if trace is None:
        return ""
    while trace.tb_next:
        trace = trace.tb_next
    code = trace.tb_frame.f_code
    return f"{code.co_filename}:{trace.tb_lineno}, in {code.co_name}: "
