"""Imports: the command's help and ``import qa`` must not load models or heavy libraries."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import pytest

pytestmark = pytest.mark.slow

HEAVY = (
    *("torch", "transformers", "sentence_transformers", "onnxruntime", "onnx", "tokenizers", "safetensors", "faiss"),
    *("sklearn", "scipy", "pandas", "tiktoken", "sentencex", "Stemmer", "lemminflect"),
    *(
        "gradio",
        "mcp",
        "httpcore",
        "httpx",
        "filelock",
        "trafilatura",
        "lxml",
        "pypdfium2",
        "PIL",
    ),
)
TERMINAL = {"typer", "click", "rich", "pygments", "markdown_it", "mdurl", "shellingham", "annotated_doc", "attr"}
"""What prints the command's help, and what that imports in its turn."""


@pytest.mark.parametrize(
    "statement",
    [
        "import qa",
        "import qa.cli.main",
        "import qa.pipeline",
        "import qa.models.llm_client",
        "import qa.web",
        "import qa.evaluation",
        "import app",
    ],
)
def test_importing_loads_nothing_heavy(statement: str) -> None:
    program = f"{statement}; import sys; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_command_starts_without_the_rooms_that_most_commands_do_not_use() -> None:
    program = "import sys, qa.cli.main; print([name for name in ('numpy', 'qa.evaluation') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        pytest.param("import qa", set(), id="import qa"),
        pytest.param(
            "import sys; sys.argv = ['qa', '--help']; from qa.cli.main import main; main()", TERMINAL, id="help"
        ),
        pytest.param(
            "import sys; sys.argv = ['qa']; from qa.cli.main import main; main()", TERMINAL, id="no arguments"
        ),
    ],
)
def test_the_start_is_paid_for_by_named_packages_alone(statement: str, allowed: set[str]) -> None:
    program = (
        "import atexit, sys; before = set(sys.modules)\n"
        "added = lambda: {name.split('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names\n"
        f"atexit.register(lambda: print(*sorted(added() - {{'qa'}})))\n"
        f"{statement}"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    *_, last = done.stdout.splitlines() or [done.stderr]
    assert set(last.split()) <= allowed
    assert ("typer" in last) == bool(allowed), "else nothing was shown"


def test_public_names_resolve() -> None:
    import qa

    assert {name: getattr(qa, name).__name__ for name in qa.__all__ if name != "__version__"} == {
        name: name for name in qa.__all__ if name != "__version__"
    }
    assert set(qa.__all__) <= set(dir(qa))
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = qa.nothing_of_the_kind


def test_making_headers_sends_no_request_to_the_hub() -> None:
    """As gradio_client does at an MCP client's first call of a tool."""
    program = (
        "import qa, socket\n"
        "def refuse(*_): raise SystemExit('connected')\n"
        "socket.getaddrinfo = socket.socket.connect = refuse\n"
        "from huggingface_hub.utils import build_hf_headers\n"
        "build_hf_headers(token=False)\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False,
            env={**environment, "HF_HOME": home},
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
