"""The files that the Space reads before it starts: requirements, front matter and entry point."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"^gradio==([\d.]+)$", re.MULTILINE)


def pinned_gradio() -> str:
    match = PINNED.search((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    assert match
    return match[1]


def test_the_front_matter_names_the_entry_point_and_the_pinned_gradio() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    _, front_matter, _ = readme.split("---\n", 2)
    values = {
        key: value.strip().strip("\"'")
        for key, _, value in (line.partition(":") for line in front_matter.splitlines() if ":" in line)
    }
    assert values["title"]
    assert values["sdk"] == "gradio"
    assert values["sdk_version"] == pinned_gradio()
    assert values["python_version"] == "3.11"
    assert values["app_file"] == "app.py"
    # The Hub refuses longer ones.
    assert len(values.get("short_description", "")) <= 60


def test_importing_the_entry_point_loads_no_model() -> None:
    script = (
        "import sys, app; print([name for name in ('gradio', 'torch', 'onnxruntime', 'faiss') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
