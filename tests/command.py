"""The `qa` command in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from conftest import ROOT

NO_MODELS = (
    "import sys; sys.modules['torch'] = sys.modules['sentence_transformers'] = sys.modules['onnxruntime'] = None"
)
"""Whoever loads a model after this fails."""


def qa(*arguments: str | Path, first: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command from the project's folder, after what is to run first in its process; return what came of it."""
    return subprocess.run(
        [sys.executable, "-c", f"{first}\nfrom qa.cli.main import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
        cwd=ROOT,
    )
