"""The bundled models are verified before they are used."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ARTICLES

import qa
from qa.answering.reading.scoring import COEFFICIENTS_FILE
from qa.models.bundled import EMBEDDING_MODEL, FOLDER, SHA256, file_digest
from qa.models.exported import EmbedderCard, read_card
from qa.models.span_model import MODEL_FILE

pytestmark = pytest.mark.slow


PROGRAM = """
import sys
from pathlib import Path
from qa.cli.main import main
from qa.models.bundled import file_digest

def ask():
    try:
        main()
    except SystemExit as ended:
        print("exit code", ended.code, file=sys.stderr)

sys.argv, files = ["qa", "ask", "Who decoded the dance?", "--docs", sys.argv[1]], sys.argv[2:]
for file in map(Path, files):
    whole = file.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    file.write_bytes(flipped)
    file_digest.cache_clear()
    ask()
    file.write_bytes(whole)
"""


def test_each_file_that_ships_is_the_one_named() -> None:
    shipped = [*FOLDER.glob("*.onnx"), *FOLDER.glob("*.json"), EMBEDDING_MODEL / "model.json"]
    assert {file.name: file_digest(file) for file in shipped} == SHA256
    # What `read_card` compares has its own test.
    assert read_card(EMBEDDING_MODEL, EmbedderCard).name == "cited-qa-embedder"


def test_a_flipped_bit_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    package = shutil.copytree(Path(qa.__file__).parent, tmp_path / "qa")
    expected = {**SHA256, **read_card(EMBEDDING_MODEL, EmbedderCard).files}
    names = ["model.json", "tokenizer.json", "model.onnx", COEFFICIENTS_FILE.name, MODEL_FILE.name]
    files = [next((package / "models").rglob(name)) for name in names]
    command = [sys.executable, "-c", PROGRAM, str(ARTICLES / "honeybee-colony.md"), *map(str, files)]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    lines = done.stderr.splitlines()
    for file, message, code in zip(files, lines[::2], lines[1::2], strict=True):
        assert re.match(rf"qa: {file}: SHA-256 is [0-9a-f]{{64}}, expected {expected[file.name]}; ", message)
        assert code == "exit code 2"
