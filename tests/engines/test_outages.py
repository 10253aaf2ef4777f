"""A server that stops or dies in the midst of a question, a run, an ingestion or a chat."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import pytest
from browser.conftest import running
from browser.http_api import call
from command import qa_process as qa
from conftest import ROOT

from qa import QA, Settings
from qa.index.milvus.client import CHUNKS, PIECES, SENTENCES
from qa.index.milvus.index import MilvusIndex
from qa.ingestion.ingest import DOCUMENTS_AT_ONCE

from .conftest import SETS, Server, assert_refused, with_store
from .outage import Kind
from .test_commands import JETS, answers, assert_same

pytestmark = pytest.mark.parametrize("engine", ["server"], indirect=True, scope="module")

SLACK = 8.0
"""Seconds that a call may take beyond its limit: what a busy machine needs to fail. Without limit it takes 25."""
RECOVERY = {"QA_INDEX_TIMEOUT_SECONDS": "120"}
"""A server that was killed takes half a minute to see that it was, and reads what was written before it answers."""
TESTS = {"PYTHONPATH": str(ROOT / "tests")}


def beginning(server: Server, kind: Kind, method: str, calls: int, told: Path) -> str:
    """Return what a command is to run first, to begin an outage."""
    return f"from engines.outage import outage; outage({server.number}, {kind!r}, {method!r}, {calls}, {str(told)!r})"


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        ("stopped", "load"),
        ("stopped", "search"),
        ("stopped", "vectors"),
        ("killed while it works", "search"),
    ],
    ids=["stopped at opening", "stopped at searching", "stopped at comparing", "killed at searching"],
)
def test_a_question(mended: Server, library: str, kind: Kind, method: str, tmp_path: Path) -> None:
    told = tmp_path / "told"
    done = qa("ask", "--index", library, JETS, first=beginning(mended, kind, method, 1, told), **TESTS)
    assert_refused(done, f"{library}: could not be")
    assert not done.stdout
    assert float(told.read_text()) < Settings().index_timeout_seconds + SLACK
    mended.recover()
    bot = QA.from_index(
        library, settings=Settings.from_environment().model_copy(update={"index_timeout_seconds": 120.0})
    )
    assert "Su-35" in (bot.ask(JETS).text or "")


def test_a_run_goes_on(mended: Server, library: str, folder_index: Path, questions: Path, tmp_path: Path) -> None:
    run, told = tmp_path / "run", tmp_path / "told"
    command = ("eval", questions, "--index", library, "--out", run)
    assert_refused(qa(*command, first=beginning(mended, "killed", "vectors", 24, told), **TESTS), "could not be read")
    answered = (run / "predictions.jsonl").read_bytes()
    assert 0 < answered.count(b"\n") < 4 * len(SETS)
    mended.recover()
    done = qa(*command, **RECOVERY)
    assert done.returncode == 0, done.stderr
    assert (run / "predictions.jsonl").read_bytes().startswith(answered)
    assert qa("eval", questions, "--index", folder_index, "--out", tmp_path / "expected").returncode == 0
    assert_same(answers(run), answers(tmp_path / "expected"))


def test_a_chat_goes_on(mended: Server, library: str) -> None:
    command = [sys.executable, "-c", "from qa.cli.main import main; main()", "serve", "--index", library]
    with running(command, QA_INDEX_TIMEOUT_SECONDS="10") as (address, _):
        for how in (signal.SIGSTOP, signal.SIGKILL):
            assert call(address, question=JETS)[0] == "complete"
            os.killpg(mended.number, how)
            began = monotonic()
            kind, said = call(address, question=JETS)
            assert kind == "error"
            assert f"{library}: could not be" in str(said)
            assert monotonic() - began < 10 + SLACK
            mended.recover()
            # It has answered once the server has read what was written.
            while call(address, question=JETS)[0] == "error":
                assert monotonic() - began < 300
                sleep(1)


@pytest.fixture(scope="module")
def harbours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of more small documents than are written in two goes."""
    folder = tmp_path_factory.mktemp("harbours")
    for number in range(2 * DOCUMENTS_AT_ONCE + 2):
        text = f"Harbour number {number} was opened in {1500 + number}. It has {number + 3} quays and a lighthouse."
        (folder / f"harbour-{number:03}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("kind", "calls"),
    [
        # Executor go writes the sentences, chunks, texts and records of its documents, in that order.
        pytest.param("killed while it works", 7, id="killed as texts are written"),
        pytest.param("stopped", 8, id="stopped as records are written"),
    ],
)
def test_an_ingestion_goes_on(
    mended: Server, new_place: Callable[[], str], harbours: Path, kind: Kind, calls: int, tmp_path: Path
) -> None:
    place, folder, told = new_place(), tmp_path / "folder", tmp_path / "told"
    names = sorted(path.name for path in harbours.iterdir())
    command = ("index", harbours, "--out", place)
    # Stopped for half a minute, the server would take itself for dead.
    slow = "from qa.index.milvus import client; client._SLOWER_WRITING = 1\n"
    first = slow + beginning(mended, kind, "insert", calls, told)
    broken = qa(*command, first=first, **TESTS)
    assert_refused(broken, f"{place}: could not be written to")
    assert float(told.read_text()) < Settings().index_timeout_seconds + SLACK
    mended.recover()

    settings = Settings.from_environment().model_copy(update={"index_timeout_seconds": 120.0})
    before = numbers(QA.from_index(place, settings=settings))
    assert list(before) == names[:DOCUMENTS_AT_ONCE]
    noted = tmp_path / "noted"
    done = qa(*command, first=f"from engines.outage import noting; noting({str(noted)!r})", **TESTS, **RECOVERY)
    assert done.returncode == 0, done.stderr
    assert f"{place}: {len(names)} documents, {len(names)} passages" in done.stdout
    assert noted.read_text(encoding="utf-8").split() == names[DOCUMENTS_AT_ONCE:]

    assert qa("index", harbours, "--out", folder).returncode == 0
    found, expected = QA.from_index(place, settings=settings), QA.from_index(folder)
    after = numbers(found)
    assert {name: after[name] for name in before} == before
    assert list(found.documents.items()) == list(expected.documents.items())
    counted: dict[str, int] = {}
    with_store(place, lambda store: counted.update({kind: store.count(kind) for kind in (CHUNKS, SENTENCES, PIECES)}))
    # What was written of documents that were not finished is gone.
    assert counted == {CHUNKS: len(names), SENTENCES: 2 * len(names), PIECES: len(names)}
    for question in ("When was harbour number 7 opened?", "How many quays has harbour number 129?", "Who built it?"):
        one, other = (bot.ask(question) for bot in (found, expected))
        assert (one.text, one.reason) == (other.text, other.reason)
        assert [(each.document, each.start, each.end) for each in one.citations] == [
            (each.document, each.start, each.end) for each in other.citations
        ]
        assert [each.text for each in one.passages] == [each.text for each in other.passages]


def numbers(bot: QA) -> dict[str, int]:
    """Return by id the number under which each document was written, in order."""
    assert isinstance(bot.index, MilvusIndex)
    return {said["id"]: said["number"] for said in bot.index.all_about()}
