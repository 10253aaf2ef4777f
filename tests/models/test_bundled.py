"""The models that ship are known to be unchanged before they answer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ARTICLES

import qa
from qa.answering.scoring import COEFFICIENTS_FILE
from qa.models.bundled import EMBEDDING_MODEL, FOLDER, SHA256, file_digest
from qa.models.exported import EmbedderCard, read_card
from qa.models.span_model import MODEL_FILE

pytestmark = pytest.mark.slow


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package, to be spoilt."""
    return shutil.copytree(Path(qa.__file__).parent, tmp_path / "qa")


def ask(package: Path) -> subprocess.CompletedProcess[str]:
    program = ("-c", "from qa.cli.main import main; main()", "ask", "Who decoded the dance?")
    command = [sys.executable, *program, "--docs", str(ARTICLES / "honeybee-colony.md")]
    environment = {**os.environ, "PYTHONPATH": str(package.parent)}
    return subprocess.run(command, cwd=package.parent, env=environment, capture_output=True, text=True, check=False)


def test_each_file_that_ships_is_the_one_named() -> None:
    shipped = [*FOLDER.glob("*.onnx"), *FOLDER.glob("*.json"), EMBEDDING_MODEL / "model.json"]
    assert {file.name: file_digest(file) for file in shipped} == SHA256
    # What this compares is a test of its own.
    assert read_card(EMBEDDING_MODEL, EmbedderCard).name == "cited-qa-embedder"


@pytest.mark.parametrize(
    "name",
    [
        MODEL_FILE.name,
        COEFFICIENTS_FILE.name,
        "embedding_model/model.json",
        "embedding_model/model.onnx",
        "embedding_model/tokenizer.json",
    ],
)
def test_a_flipped_bit_is_an_error_that_names_the_file(package: Path, name: str) -> None:
    file = package / "models" / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    done = ask(package)
    assert done.returncode == 2
    expected = {**SHA256, **read_card(EMBEDDING_MODEL, EmbedderCard).files}[file.name]
    assert done.stderr.startswith(f"qa: {file}: SHA-256 is {file_digest(file)}, expected {expected}; ")
    assert "Traceback" not in done.stderr
