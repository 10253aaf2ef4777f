"""The log of a process: levels, and JSON lines of everything that it writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

pytestmark = pytest.mark.slow

PROGRAM = """
import logging, sys, warnings
from qa.output.logs import configure
from qa.output.terminal import echo
from qa.settings import Settings

configure(Settings.from_environment())
log = logging.getLogger("qa.web.server.requests")
log.debug("a file")
log.info("GET /ask", extra={"request": {"path": "/ask", "status": 200, "duration_ms": 1.5}})
logging.getLogger("qa.other").warning("odd \\x1b[31m")
logging.getLogger("someone.elses").info("quiet")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("someone.elses").exception("bad")
echo("two\\nlines")
print("left", file=sys.stderr)
warnings.warn("old")
"""


def written(environment: Mapping[str, str]) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return done.stdout, done.stderr


def test_as_json_every_line_is_an_object_with_the_fields_of_a_request() -> None:
    out, err = written({"QA_LOG_FORMAT": "json", "QA_LOG_LEVEL": "info"})
    assert out == ""
    lines = [json.loads(line) for line in err.splitlines()]
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
    request, odd, bad, *printed = lines
    assert (request["path"], request["status"], request["duration_ms"]) == ("/ask", 200, 1.5)
    assert (odd["level"], odd["logger"]) == ("warning", "qa.other")
    assert "ZeroDivisionError" in bad["error"]
    assert [line["message"] for line in printed][:3] == ["two", "lines", "left"]
    assert "old" in printed[3]["message"]


@pytest.mark.parametrize(("level", "shown"), [("warning", []), ("debug", ["a file", "GET /ask"])])
def test_as_text_what_is_below_the_level_is_left_out(level: str, shown: list[str]) -> None:
    out, err = written({"QA_LOG_LEVEL": level, "QA_LOG_FORMAT": "text"})
    assert out == "two\nlines\n"
    assert [text for text in ("a file", "GET /ask", "quiet") if text in err] == shown
    assert r"WARNING qa.other: odd \x1b[31m" in err
