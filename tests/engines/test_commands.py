"""The commands give the same results on a milvus-lite file as on an index folder."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from browser.conftest import running
from browser.http_api import ask, call_endpoint
from command import COMMAND
from command import qa_process as qa
from conftest import ROOT

from qa.index.milvus.client import Collections
from qa.index.milvus.uri import milvus_address

from .conftest import SETS

pytestmark = pytest.mark.slow

JETS = "Which fighter jets did China buy?"


def printed(*arguments: str | Path) -> Any:  # noqa: ANN401
    """Return the JSON that a command prints, without times."""
    done = qa(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    found = json.loads(done.stdout)
    if isinstance(found, dict):
        found.pop("timings_ms")
    return found


def assert_same(found: Any, expected: Any) -> None:  # noqa: ANN401
    """Compare JSON, allowing for rounding of numbers."""
    assert type(found) is type(expected)
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key, value in expected.items():
            assert_same(found[key], value)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, abs=1e-4)
    else:
        assert found == expected


def answers(run: Path) -> list[Any]:
    """Return the answers of a run, without times."""
    lines = (run / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    return [{name: value for name, value in json.loads(line).items() if name != "timings_ms"} for line in lines]


def test_ask_and_search(library: str, folder_index: Path) -> None:
    answer = printed("ask", "--index", library, JETS)
    assert "Su-35" in answer["answer"]
    for citation in answer["citations"]:
        text = (ROOT / "data" / "articles" / citation["document"]).read_text(encoding="utf-8")
        assert text[citation["start"] : citation["end"]] == citation["text"]
    assert_same(answer, printed("ask", "--index", folder_index, JETS))
    found, expected = (printed("search", "--index", location, JETS, "-k", "7") for location in (library, folder_index))
    assert len(found) == 7
    assert_same(found, expected)


def test_eval(library: str, folder_index: Path, questions: Path, tmp_path: Path) -> None:
    for name, location in (("found", library), ("expected", folder_index)):
        done = qa("eval", questions, "--index", location, "--out", tmp_path / name)
        assert done.returncode == 0, done.stderr
    assert len(answers(tmp_path / "found")) == 4 * len(SETS)
    assert_same(answers(tmp_path / "found"), answers(tmp_path / "expected"))
    f1, other = (json.loads((tmp_path / name / "metrics.json").read_text())["f1"] for name in ("found", "expected"))
    assert f1 == pytest.approx(other)
    assert f1 > 0.5


def test_serve(library: str) -> None:
    command = [*COMMAND, "serve", "--index", library]
    with running(command) as (address, _):
        assert "Su-35" in ask(address, JETS)["answer"]
        assert len(call_endpoint(address, "list_documents")) == len(SETS)
        assert httpx.get(address, trust_env=False, timeout=60).status_code == 200


def test_an_index_follows_its_folder(new_location: Callable[[], str], tmp_path: Path) -> None:
    location, folder = new_location(), tmp_path / "articles"
    folder.mkdir()
    (folder / "old.txt").write_text("The harbour of Amarel opened in 1650. Tea was sold there.", encoding="utf-8")
    (folder / "kept.txt").write_text("Silk reached Velmora in 1312. Merchants sold it by weight.", encoding="utf-8")
    assert f"{location}: 2 documents" in qa("index", folder, "--out", location).stdout
    (folder / "old.txt").unlink()
    (folder / "new.txt").write_text("The lighthouse of Hook was lit in 1172. Monks kept its fire.", encoding="utf-8")
    assert f"{location}: 2 documents" in qa("index", folder, "--out", location).stdout
    found = printed("search", "--index", location, "When was the lighthouse of Hook lit?")
    assert found[0]["document"] == "new.txt"
    assert {each["document"] for each in found} == {"new.txt", "kept.txt"}


def test_another_model_or_other_chunks_are_refused(new_location: Callable[[], str], tmp_path: Path) -> None:
    location = new_location()
    (tmp_path / "a.txt").write_text("Tea reached Amarel in 1650.", encoding="utf-8")
    other = "from qa.models.embedder import ExportedEmbedder; ExportedEmbedder.fingerprint = 'another model'"
    assert qa("index", tmp_path, "--out", location, first=other).returncode == 0
    for command in (("ask", "--index", location, JETS), ("index", str(tmp_path), "--out", location)):
        assert_refused(qa(*command), location, "with the embedding model 'another model'")
    assert_refused(qa("ask", "--index", location, JETS, first=other, QA_CHUNK_TOKENS="64"), location, "but 64 is set")


def test_a_file_that_another_process_has_open(library: str) -> None:
    collections = Collections(milvus_address(library), 60, "")
    collections.open()
    assert_refused(qa("ask", "--index", library, JETS), library, "another process")
    collections.close()


def assert_refused(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    """Check that a command ended with exit code 2 and one line on stderr that contains each of the parts."""
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert done.stderr.startswith("qa: ")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for part in parts:
        assert part in done.stderr
