"""Each event that the server logs is one line, cut and without escapes, whoever writes it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from qa.web.server.logs import MAX_LINE_CHARACTERS as LIMIT
from qa.web.server.logs import one_log_line, summary

HOSTILE = "\x1b]0;x\x07\x9b31m\u202e\r\nERROR: forged"
SHOWN = r"\x1b]0;x\x07\x9b31m\u202e\r\nERROR: forged"
# Uvicorn sets up its logging after the server was made ready, as here.
START = f"""
import asyncio, logging, logging.config, sys, threading, traceback
from qa.web.server.logs import install
install()
from uvicorn.config import LOGGING_CONFIG
logging.config.dictConfig(LOGGING_CONFIG)
TEXT = {HOSTILE!r} + "y" * 3_000_000

def fail():
    raise ValueError(TEXT)

def failed():
    try:
        fail()
    except ValueError as error:
        return error
"""
WAYS = {
    "print_exc": ("try:\n    fail()\nexcept ValueError:\n    traceback.print_exc()", "Unhandled error: "),
    "print_exception": ("traceback.print_exception(failed())", "Unhandled error: "),
    "print_exception with its type": (
        "error = failed(); traceback.print_exception(type(error), error, error.__traceback__)",
        "Unhandled error: ",
    ),
    "uvicorn": (
        "logging.getLogger('uvicorn.error').error('Exception in ASGI application\\n', exc_info=failed())",
        "ERROR:    Exception in ASGI application: ",
    ),
    "a logger without a handler": ("logging.getLogger('mcp').exception('Bad', exc_info=failed())", "Bad: "),
    "a logger of the root": (
        "logging.basicConfig(); logging.getLogger('mcp').error('Bad', exc_info=failed())",
        "ERROR:mcp:Bad: ",
    ),
    "a thread": (
        "thread = threading.Thread(target=fail); thread.start(); thread.join()",
        "Unhandled error in a thread: ",
    ),
    "a group": (
        "traceback.print_exception(ExceptionGroup('all', [ExceptionGroup('two', [failed()])]))",
        "Unhandled error: ",
    ),
    "the event loop": (
        "loop = asyncio.new_event_loop(); loop.call_exception_handler({'message': 'Lost', 'exception': failed()})",
        "Lost: ",
    ),
    "what cannot be raised": (
        "class Gone:\n    def __del__(self):\n        fail()\ngone = Gone(); del gone",
        "Ignored error: ",
    ),
}


def written(program: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", START + program], capture_output=True, check=True)
    assert done.stdout == b""
    return done.stderr.decode().splitlines()


@pytest.mark.slow
@pytest.mark.parametrize(("program", "head"), WAYS.values(), ids=WAYS)
def test_an_error_is_one_line_with_its_last_frame(program: str, head: str) -> None:
    (line,) = written(program)
    assert line.startswith(f"{head}<string>:")
    assert f", in fail: ValueError: {SHOWN}yyy" in line
    assert line.endswith("yyy ...")
    assert len(line) <= LIMIT + len("ERROR:    ")


@pytest.mark.slow
def test_a_message_is_one_line() -> None:
    assert written("logging.getLogger('mcp').warning('Tool %s of %d', TEXT, 2)") == [
        f"Tool {SHOWN}".ljust(LIMIT - 4, "y") + " ..."
    ]
    assert written("logging.getLogger('mcp').warning('Bad %d', 'no number')") == ["Bad %d"]


@pytest.mark.slow
def test_output_of_libraries_is_truncated_and_without_escapes() -> None:
    """Gradio prints the message of an error that a queued event raises before it runs."""
    program = START + "install(); print(TEXT); print('a', 'b', end='')"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout.decode()
    forged = "ERROR: forged".ljust(LIMIT - 4, "y") + " ..."
    assert printed == SHOWN.replace(r"\nERROR: forged", "\n") + forged + "\na b"


@pytest.mark.slow
def test_a_traceback_for_another_file_is_whole() -> None:
    program = """
import io
file = io.StringIO()
traceback.print_exception(failed(), file=file)
assert file.getvalue().startswith("Traceback") and TEXT in file.getvalue()
assert TEXT in "".join(traceback.format_exception(failed()))
"""
    assert written(program) == []


@pytest.mark.parametrize("length", [LIMIT - 1, LIMIT, LIMIT + 1, 10 * LIMIT])
@pytest.mark.parametrize("character", ["a", "\x1b", "\u202e"])
def test_a_line_has_a_longest_length(length: int, character: str) -> None:
    line = one_log_line(f" {character * length}\n")
    assert len(line) <= LIMIT
    assert line.isprintable()
    assert line.endswith(" ...") == (character != "a" or length > LIMIT)


def test_an_error_that_cannot_be_printed_is_named() -> None:
    class SilentError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert summary(SilentError()) == "SilentError: (no message)"
