"""What is imported when: the command's help and ``import qa`` must not load models or heavy libraries."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "sentence_transformers", "faiss", "gradio", "onnxruntime", "trafilatura", "pypdfium2")


@pytest.mark.parametrize(
    "statement",
    [
        "import qa",
        "import qa.cli",
        "import qa.pipeline",
        "import qa.language_model",
        "import qa.web",
        "import qa.evaluation",
        "import app",
    ],
)
def test_importing_loads_nothing_heavy(statement: str) -> None:
    program = f"{statement}; import sys; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_command_starts_without_numpy() -> None:
    program = "import qa.cli, sys; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_public_names_resolve() -> None:
    import qa

    assert {name: getattr(qa, name).__name__ for name in qa.__all__ if name != "__version__"} == {
        name: name for name in qa.__all__ if name != "__version__"
    }
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = qa.nothing_of_the_kind
