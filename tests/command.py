"""The `qa` command in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from conftest import ROOT


def qa(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command from the project's folder and return what came of it."""
    return subprocess.run(
        [sys.executable, "-c", "from qa.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
        cwd=ROOT,
    )
