"""The app in a separate process, and questions to ask it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from qa.cli.main import main; main()"]
"""Runs `qa` in a new process."""


@contextmanager
def served(command: Sequence[str] = (sys.executable, "app.py"), **environment: str) -> Iterator[tuple[str, int]]:
    """Run the app, or another command that serves, on a free port; yield its address and process id."""
    environment = {**os.environ, "QA_PORT": "0", "QA_LIBRARY": "off", "PYTHONPATH": str(ROOT), **environment}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            while not (found := re.search(r"running at (http://[\w.:]+:\d+)", line := process.stdout.readline())):
                assert line, "the app ended before it served"
            yield found[1], process.pid
        finally:
            process.terminate()


def family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    children = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # It ended meanwhile.
            children.append(file.read_text(encoding="utf-8"))
    return [pid, *(one for child in " ".join(children).split() for one in family(int(child)))]


def memory_mb(pid: int) -> float:
    """Return the memory of a process, in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1000


def shared_memory_mb(pid: int) -> float:
    """Return a process's memory in megabytes, shared memory divided among its users (PSS)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    assert found
    return int(found[1]) / 1000


def family_memory_mb(pid: int) -> float:
    """Return the memory of a process and all that it started in megabytes; what they share counts once."""
    total = 0.0
    for each in family(pid):
        with suppress(OSError, AssertionError):  # It ended meanwhile.
            total += shared_memory_mb(each)
    return total


def processor_seconds_of(pid: int) -> float:
    """Return the processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def sample_questions(count: int) -> list[str]:
    """Return questions about the sample articles, evenly from all."""
    files = sorted((ROOT / "data" / "questions").glob("*.jsonl"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line)["question"] for line in lines][:: max(1, len(lines) // count)][:count]
