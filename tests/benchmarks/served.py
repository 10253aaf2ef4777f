"""The app in a process of its own, and questions to ask it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


@contextmanager
def served(**environment: str) -> Iterator[tuple[str, int]]:
    """Run the app on a free port; yield its address and process id."""
    environment = {**os.environ, "QA_PORT": "0", "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "app.py"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            found = re.search(r"http://[\w.:]+:\d+", process.stdout.readline())
            assert found, "the app ended before it served"
            yield found.group(), process.pid
        finally:
            process.terminate()


def sample_questions(count: int) -> list[str]:
    """Return questions about the sample articles, evenly from all."""
    files = sorted((ROOT / "data" / "questions").glob("*.jsonl"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line)["question"] for line in lines][:: max(1, len(lines) // count)][:count]
