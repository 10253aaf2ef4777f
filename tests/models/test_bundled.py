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
from qa.errors import ModelError
from qa.models.bundled import SHA256, bundled_folder, bundled_tokenizer, file_digest
from qa.models.embedder import GRAPH
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
    shipped = [*MODEL_FILE.parent.glob("*.onnx"), *MODEL_FILE.parent.glob("*.json")]
    others = SHA256.keys() - {file.name for file in shipped}
    files = [*shipped, *(bundled_folder() / name for name in others)]
    assert {file.name: file_digest(file) for file in files} == SHA256


@pytest.mark.parametrize("name", [MODEL_FILE.name, GRAPH.name, COEFFICIENTS_FILE.name])
def test_a_flipped_bit_is_an_error_that_names_the_file(package: Path, name: str) -> None:
    file = package / "models" / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    done = ask(package)
    assert done.returncode == 2
    assert done.stderr.startswith(f"qa: {file}: SHA-256 is {file_digest(file)}, expected {SHA256[name]}; reinstall ")
    assert "Traceback" not in done.stderr


def test_another_tokenizer_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = (bundled_folder() / "tokenizer.json").read_bytes().replace(b'"dance"', b'"dunce"')
    (tmp_path / "tokenizer.json").write_bytes(content)
    monkeypatch.setattr("qa.models.bundled.bundled_folder", lambda: tmp_path)
    with pytest.raises(ModelError, match=r"tokenizer\.json: SHA-256 is .* expected be50c362"):
        bundled_tokenizer(16)
