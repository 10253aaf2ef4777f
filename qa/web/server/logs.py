"""The server's log: each event is one line, truncated and without control characters.

Visitors can put anything into the message of an error: with Gradio's and uvicorn's own logging, a bad request of one
megabyte writes forty megabytes to the log.
"""

from __future__ import annotations

import io
import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any, TextIO, cast

from qa.output import terminal
from qa.text.printable import printable

MAX_LINE_CHARACTERS = 2000  # longer lines are truncated
_ELLIPSIS = " ..."
_log = logging.getLogger(__name__)
_print_exception = traceback.print_exception


def install() -> None:
    """Log loggers' events, uncaught errors, `traceback.print_exc` and `print` as one line each."""
    terminal.prepare()
    logging.setLogRecordFactory(_LineRecord)
    traceback.print_exception = _log_exception
    threading.excepthook = _log_thread_exception
    sys.unraisablehook = _log_unraisable
    # Gradio prints the messages of some errors.
    if not isinstance(sys.stdout, _LineStream):
        sys.stdout = cast(TextIO, _LineStream(sys.stdout))


def one_log_line(text: str) -> str:
    """Return the text on one line of at most `MAX_LINE_CHARACTERS` characters."""
    return _truncated(text.strip())


def summary(error: BaseException) -> str:
    """Return where an error was raised, its type and its message; for a group, those of its first error."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    try:
        message = str(error)
    except Exception:
        message = "(no message)"
    return f"{_last_frame(error.__traceback__)}{type(error).__name__}: {message}"


class _LineRecord(logging.LogRecord):
    """A record whose message is one line, with a summary of its exception."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- as of LogRecord
        super().__init__(*args, **kwargs)
        error = self.exc_info[1] if self.exc_info else None
        self._error = None if error is None else summary(error)
        # Otherwise the formatter would append the traceback.
        self.exc_info = self.exc_text = self.stack_info = None

    def getMessage(self) -> str:  # noqa: N802 -- as inherited
        try:
            message = super().getMessage()
        except Exception:
            # `logging` would print the arguments unescaped.
            message = str(self.msg)
        return one_log_line(message if self._error is None else f"{message.strip()}: {self._error}")


class _LineStream(io.TextIOBase):
    """A stream that truncates the lines written to it, and escapes their control characters."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write("\n".join(map(_truncated, text.split("\n"))))
        return len(text)

    def flush(self) -> None:
        self._stream.flush()


def _truncated(text: str) -> str:
    line = printable(text[: MAX_LINE_CHARACTERS + 1])
    return line if len(line) <= MAX_LINE_CHARACTERS else line[: MAX_LINE_CHARACTERS - len(_ELLIPSIS)] + _ELLIPSIS


def _log_exception(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- as of `traceback.print_exception`
    """Replace `traceback.print_exception`: log one line instead of printing to stderr."""
    given = {**dict(zip(("exc", "value", "tb", "limit", "file"), args, strict=False)), **kwargs}
    raised = given["exc"] if isinstance(given["exc"], BaseException) else given.get("value")
    if raised is None or given.get("file") not in (None, sys.stderr):
        _print_exception(*args, **kwargs)
    else:
        _log.error("Unhandled error", exc_info=raised)


def _log_thread_exception(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None and not isinstance(failed.exc_value, SystemExit):
        _log.error("Unhandled error in a thread", exc_info=failed.exc_value)


def _log_unraisable(failed: sys.UnraisableHookArgs) -> None:
    if failed.exc_value is not None:
        _log.error("Ignored error", exc_info=failed.exc_value)


def _last_frame(trace: TracebackType | None) -> str:
    if trace is None:
        return ""
    while trace.tb_next:
        trace = trace.tb_next
    code = trace.tb_frame.f_code
    return f"{code.co_filename}:{trace.tb_lineno}, in {code.co_name}: "
