"""`qa eval` killed or interrupted while it asks, and resumed: no question is lost or asked twice."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from command import COMMAND

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
STOPPED = """
import os, signal, sys
from qa.cli.main import main
from qa.evaluation import batch as runs
from qa.evaluation.runs import execution

execution.MAX_TIMED, execution.BATCH_QUESTIONS = 30, 8

# A shell that runs the tests in the background lets its children ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
append, sent, most = runs.append_line, int(sys.argv.pop(1)), int(sys.argv.pop(1))

def append_line(path, value):
    append(path, value)
    if path.read_bytes().count(b"\\n") == most:
        os.kill(os.getpid(), sent)

runs.append_line = append_line
main()
"""
"""The command, which sends itself a signal after some answers; one from outside may come too late."""
QUESTIONS = 60
"""Of these 30 are asked alone, the others in four batches."""
# Answers after a kill: among the questions asked alone, and among the batches.
KILLED_AFTER = (5, 40)


def command(folder: Path, out: str, workers: int) -> list[str]:
    arguments = ["eval", folder / "set.jsonl", "--docs", folder / "tea.txt", "--out", folder / out]
    return [*COMMAND, *map(str, arguments), "--workers", str(workers)]


def predictions(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]


def stopped(arguments: list[str], sent: signal.Signals, answers: int) -> list[str]:
    """Return the command of a run that gets a signal when its file has that many lines."""
    return [arguments[0], "-c", STOPPED, str(int(sent)), str(answers), *arguments[len(COMMAND) :]]


def written(folder: Path, count: int = QUESTIONS) -> list[str]:
    """Write a document and a question set, and return the ids."""
    (folder / "tea.txt").write_text("Tea reached the harbour in 1650. Coffee came ten years later, by land.")
    rows = [{"id": f"q{number}", "question": "When did tea reach the harbour?"} for number in range(count)]
    (folder / "set.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return [row["id"] for row in rows]


def test_a_run_killed_twice_answers_every_question_once(tmp_path: Path) -> None:
    ids = written(tmp_path)
    out = tmp_path / "run"
    for answers in KILLED_AFTER:
        killed = stopped(command(tmp_path, "run", 2), signal.SIGKILL, answers)
        done = subprocess.run(killed, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert not (out / "metrics.json").exists()
        assert len(predictions(out)) == answers
    # As if the kill had come in the middle of a line.
    with (out / "predictions.jsonl").open("ab") as file:
        file.write(b'{"id": "q1')

    subprocess.run(command(tmp_path, "run", 2), cwd=ROOT, check=True, capture_output=True)
    answered = predictions(out)
    assert sorted(answer["id"] for answer in answered) == sorted(ids)
    metrics = json.loads((out / "metrics.json").read_text())
    assert (metrics["questions"], metrics["errors"]) == (QUESTIONS, 0)
    assert {answer["answer"] for answer in answered} == {"1650"}


def test_an_interrupted_run_shows_its_rate_and_says_that_it_can_be_resumed(tmp_path: Path) -> None:
    # The progress bar is drawn a few times a second, so a shorter run shows none.
    written(tmp_path, 300)
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    answers = 250
    process = subprocess.Popen(
        stopped(command(tmp_path, "run", 1), signal.SIGINT, answers), cwd=ROOT, stdout=end, stderr=end
    )
    os.close(end)
    shown = ""
    # On Linux, reading raises an error once the other end is closed.
    with suppress(OSError):
        while piece := os.read(terminal, 65536):
            shown += piece.decode()
    os.close(terminal)
    assert process.wait() == 130, shown
    # How many, how fast and how long.
    assert re.search(r"\d+/300 questions \d+(\.\d)?/s.*0:0\d:\d\d", shown), shown
    assert "run the same command to resume" in shown
    assert not (tmp_path / "run" / "metrics.json").exists()
    assert len(predictions(tmp_path / "run")) == answers
