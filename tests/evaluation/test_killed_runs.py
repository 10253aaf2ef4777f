"""`qa eval` killed with signal 9 while it asks, and started again: no question lost, none twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from qa.cli import main; main()"]
KILLED = """
import os, signal, sys
from qa.cli import main
from qa.evaluation import runs

append, most = runs.append_line, int(sys.argv.pop(1))

def append_line(path, value):
    append(path, value)
    if path.read_bytes().count(b"\\n") == most:
        os.kill(os.getpid(), signal.SIGKILL)

runs.append_line = append_line
main()
"""
"""The command, killed when it has written so many answers: to kill it from outside may be too late."""
QUESTIONS = 300
"""Of these 150 are asked alone, the others in five batches."""
# What a killed pass leaves: among the questions asked alone, and among the batches.
KILLED_AFTER = (20, 180)


def command(folder: Path, out: str, workers: int) -> list[str]:
    arguments = ["eval", folder / "set.jsonl", "--docs", folder / "tea.txt", "--out", folder / out]
    return [*COMMAND, *map(str, arguments), "--workers", str(workers)]


def predictions(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]


def kill_after(arguments: list[str], answers: int) -> None:
    """Start a run that is killed when its file holds so many lines."""
    killed = [arguments[0], "-c", KILLED, str(answers), *arguments[len(COMMAND) :]]
    done = subprocess.run(killed, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_killed_twice_answers_every_question_once(tmp_path: Path, workers: int) -> None:
    (tmp_path / "tea.txt").write_text("Tea reached the harbour in 1650. Coffee came ten years later, by land.")
    rows = [{"id": f"q{n}", "question": "When did tea reach the harbour?"} for n in range(QUESTIONS)]
    (tmp_path / "set.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = tmp_path / "run"
    for answers in KILLED_AFTER:
        kill_after(command(tmp_path, "run", workers), answers)
        assert not (out / "metrics.json").exists()
        assert len(predictions(out)) == answers
    # As if the kill had come in the middle of a line.
    with (out / "predictions.jsonl").open("ab") as file:
        file.write(b'{"id": "q1')

    subprocess.run(command(tmp_path, "run", workers), cwd=ROOT, check=True, capture_output=True)
    answered = predictions(out)
    assert sorted(answer["id"] for answer in answered) == sorted(row["id"] for row in rows)
    metrics = json.loads((out / "metrics.json").read_text())
    assert (metrics["questions"], metrics["errors"]) == (QUESTIONS, 0)
    assert {answer["answer"] for answer in answered} == {"1650"}
