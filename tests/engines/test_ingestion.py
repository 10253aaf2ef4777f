"""The commands on every engine, and what outages and interruptions leave."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from conftest import ARTICLES, ROOT
from test_index import EMPTY, B, C, entry_of, index_of

from qa import QA, Settings, ingest
from qa.errors import IndexServerError
from qa.milvus.address import milvus_address
from qa.milvus.index import MilvusIndex
from qa.milvus.made_with import open_store
from qa.milvus.store import Store
from qa.pipeline import embed_documents
from qa.types import Document, EmbeddedDocument, Embedder, Progress

from .conftest import Server
from .test_contract import SETTINGS, OneVector, assert_same_answers

JETS = "Which fighter jets did China buy?"
PATIENCE = 3.0
"""Seconds that a question waits for the server in these tests."""
SLACK = 30.0
"""Seconds that all else of a question may take on a busy machine."""


def qa(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from qa.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=ROOT,
    )


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """Return a folder of three of the sample articles."""
    folder = tmp_path / "articles"
    folder.mkdir()
    chosen = [path for path in sorted(ARTICLES.iterdir()) if path.suffix in {".txt", ".md"}]
    china = [path for path in chosen if "Su-35" in path.read_text(encoding="utf-8")]
    for path in dict.fromkeys([*china[:1], *chosen[:3]]):
        shutil.copy(path, folder)
    return folder


def answer(*source: str | Path) -> dict[str, Any]:
    done = qa("ask", *source, JETS, "--json")
    assert done.returncode == 0, done.stderr
    loaded: dict[str, Any] = json.loads(done.stdout)
    return {key: value for key, value in loaded.items() if key != "timings_ms"}


@pytest.mark.parametrize("engine", ["lite", "server"], indirect=True)
def test_the_commands(articles: Path, new_place: Callable[[], str]) -> None:
    place = new_place()
    made = qa("index", articles, "--out", place)
    assert made.returncode == 0, made.stderr
    assert f"{place}: {len(list(articles.iterdir()))} documents" in made.stdout
    expected, found = answer("--docs", articles), answer("--index", place)
    assert "Su-35" in found["answer"]
    for name in ("answer", "abstained", "searched_for"):
        assert found[name] == expected[name]
    for one, other in zip(found["citations"], expected["citations"], strict=True):
        assert (one["document"], one["start"], one["end"]) == (other["document"], other["start"], other["end"])
        text = (articles / one["document"]).read_text(encoding="utf-8")
        assert text[one["start"] : one["end"]] == one["text"]

    first, *_ = sorted(articles.iterdir())
    first.unlink()
    (articles / "new.txt").write_text("The lighthouse of Hook was lit in 1172. Monks kept its fire.", encoding="utf-8")
    again = qa("index", articles, "--out", place)
    assert again.returncode == 0, again.stderr
    passages = json.loads(qa("search", "--index", place, "When was the lighthouse lit?", "--json").stdout)
    assert passages[0]["document"] == "new.txt"
    assert first.name not in {each["document"] for each in passages}

    for command in (("ask", "--index", place, JETS), ("index", str(articles), "--out", place)):
        refused = qa(*command, QA_CHUNK_TOKENS="64")
        assert refused.returncode == 2
        assert "64 is set" in refused.stderr
        assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("engine", ["lite"], indirect=True)
@pytest.mark.parametrize("calls", range(9))
def test_who_is_interrupted_leaves_the_old_and_goes_on(
    engine: str, calls: int, new_place: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = milvus_address(new_place())
    assert address
    assert engine == "lite"
    index = MilvusIndex(*open_store(address, OneVector(), SETTINGS, make=True))
    old, new = entry_of("a", [2, 1]), [entry_of("a", [3], version=1), B]
    index.add_all([old, EMPTY])
    left = iter(range(calls))
    with monkeypatch.context() as patched:
        for name in ("insert", "put_record", "delete"):
            patched.setattr(Store, name, interrupted(getattr(Store, name), left))
        try:
            index.add_all(new)
        except KeyboardInterrupt:
            index.close()
            index = MilvusIndex(*open_store(address, OneVector(), SETTINGS))
            assert {"a", "empty"} <= set(index.documents)
            assert index.documents["a"] in {old.document, new[0].document}
            assert index.nearest_chunks(OneVector().embed([""])[0], 9)[0].size
        else:
            assert calls == 8, "else more calls can be interrupted"
    index.add_all([*new, C])
    index.remove("empty")
    assert_same_answers(index, index_of(new[0], B, C))
    index.close()


def interrupted(method: Callable[..., None], left: Iterator[int]) -> Callable[..., None]:
    """Return a method that after some calls of all that share `left` stops its process, as it were."""

    def call(*arguments: object) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        method(*arguments)

    return call


@pytest.mark.parametrize("engine", ["server"], indirect=True)
def test_an_outage_ends_a_question_in_time_and_ingestion_goes_on(
    engine: str, server: Server, articles: Path, new_place: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert engine == "server"
    place = new_place()
    monkeypatch.setenv("QA_INDEX_SECONDS", str(PATIENCE))
    monkeypatch.setattr(ingest, "DOCUMENTS_AT_ONCE", 1)
    monkeypatch.setattr("qa.milvus.store._SLOWER_WRITING", 1)
    embedded: list[str] = []

    def embed(
        documents: Sequence[Document], embedder: Embedder, settings: Settings, progress: Progress | None = None
    ) -> Iterator[EmbeddedDocument]:
        embedded.extend(document.id for document in documents)
        yield from embed_documents(documents, embedder, settings, progress)
        if len(embedded) == 2:
            os.killpg(server.process.pid, signal.SIGSTOP)

    monkeypatch.setattr(ingest, "embed_documents", embed)
    try:
        with pytest.raises(IndexServerError, match="could not be"):
            ingest.ingest([str(articles)], place)
    finally:
        os.killpg(server.process.pid, signal.SIGCONT)
    monkeypatch.setenv("QA_INDEX_SECONDS", "60")
    before = list(embedded)
    documents, _ = ingest.ingest([str(articles)], place)
    assert documents == len(list(articles.iterdir()))
    assert embedded[len(before) :] == sorted(path.name for path in articles.iterdir())[1:]

    bot = QA.from_index(place, settings=Settings(index_seconds=PATIENCE))
    assert "Su-35" in (bot.ask(JETS).text or "")
    os.killpg(server.process.pid, signal.SIGSTOP)
    try:
        started = monotonic()
        with pytest.raises(IndexServerError, match="could not be"):
            bot.ask(JETS)
        assert monotonic() - started < PATIENCE + SLACK
    finally:
        os.killpg(server.process.pid, signal.SIGCONT)


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        pytest.param("milvus://127.0.0.1:1/library", "could not be reached", id="nobody there"),
        pytest.param("milvus://127.0.0.1/a/b", "is no address", id="two collections"),
        pytest.param("milvus://:1/library", "is no address", id="no host"),
        pytest.param("milvus://host:port/library", "is no address", id="no port"),
        pytest.param("milvus://me:secret@host:1/library", "QA_INDEX_TOKEN", id="password"),
        pytest.param("missing.db", "holds no index", id="no file"),
    ],
)
def test_places_that_cannot_be_opened(place: str, problem: str) -> None:
    done = qa("ask", "--index", place, JETS, QA_INDEX_SECONDS="1")
    assert done.returncode == 2
    assert problem in done.stderr or "cited-qa[milvus]" in done.stderr
    assert "secret" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not Path("missing.db").exists()
