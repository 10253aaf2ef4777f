"""An index folder that is created or updated from files, and resumed after an interruption."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import sleep
from typing import Any
from weakref import WeakSet

import pytest
from command import COMMAND
from conftest import ARTICLES, TermEmbedder

import qa.pipeline
from qa import QA
from qa.documents.loader import load_or_skip
from qa.errors import IndexFolderError, LoadError
from qa.index.delta import DeltaIndex
from qa.ingestion import ingest as ingestion
from qa.ingestion.ingest import ingest
from qa.types import Document, Progress, Vectors


class Interrupted(TermEmbedder):
    """Raises an error after a number of calls."""

    left = 3

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        return super().embed(texts, progress)


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> Interrupted:
    embedder = Interrupted()
    monkeypatch.setattr(qa.pipeline, "make_embedder", lambda _: embedder)
    monkeypatch.setattr("qa.ingestion.shards.MAX_FILES", 2)
    monkeypatch.setattr(ingestion, "SAVE_SECONDS", 0.0)
    monkeypatch.setattr(ingestion, "_WORK_PER_SAVE", 0)
    return embedder


def test_an_interrupted_call_is_resumed(embedder: Interrupted, tmp_path: Path) -> None:
    articles, index = tmp_path / "articles", tmp_path / "index"
    articles.mkdir()
    for number in range(10):
        (articles / f"{number}.txt").write_text(f"Lighthouse {number} was lit in {1800 + number}.")
    with pytest.raises(KeyboardInterrupt):
        ingest([str(articles)], str(index))
    assert list(QA.from_index(index).documents) == [f"{number}.txt" for number in range(6)]

    embedder.left, embedder.embedded = 10, 0
    (articles / "0.txt").unlink()
    seen: list[tuple[int, int]] = []
    assert ingest([str(articles)], str(index), lambda *done: seen.append(done)) == (9, 9)
    assert embedder.embedded == 8, "four documents, each with a chunk and a sentence"
    assert seen[-1][0] == seen[-1][1]
    assert list(QA.from_index(index).documents) == [f"{number}.txt" for number in range(1, 10)]


@pytest.mark.parametrize("large", [3, 10_000], ids=["with a base", "in memory"])
def test_a_moved_library_is_updated_in_place(
    embedder: Interrupted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    embedder.left = 100
    for module in ("qa.ingestion.ingest", "qa.index.storage"):
        monkeypatch.setattr(f"{module}.MMAP_THRESHOLD_CHUNKS", large)
    articles, index = tmp_path / "articles", tmp_path / "index"
    articles.mkdir()
    for number in range(5):
        (articles / f"{number}.txt").write_text(f"Lighthouse {number} was lit in {1800 + number}.")
    ingest([str(articles)], str(index))
    embedded, moved = embedder.embedded, articles.rename(tmp_path / "moved")
    # Removing and adding each document takes time that grows with the library.
    monkeypatch.delattr("qa.index.memory.PassageIndex.remove")
    assert ingest([str(moved)], str(index)) == (5, 5)
    assert embedder.embedded == embedded
    bot = QA.from_index(index)
    assert {document.source for document in bot.documents.values()} == {str(path) for path in moved.iterdir()}
    assert bot.search("When was lighthouse 3 lit?")[0].document_id == "3.txt"


@pytest.mark.slow
def test_memory_is_needed_for_what_was_added_last(
    embedder: Interrupted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in ("qa.ingestion.ingest", "qa.index.storage"):
        monkeypatch.setattr(f"{module}.MMAP_THRESHOLD_CHUNKS", 20)
    monkeypatch.setattr(ingestion, "SAVE_SECONDS", 1e9)
    monkeypatch.setattr(ingestion, "_WORK_PER_BASE", 1e9)
    monkeypatch.setattr(ingestion, "_MAX_CHUNKS_IN_MEMORY", 20)
    monkeypatch.setattr("qa.index.mmap._CACHED_DOCUMENTS", 4)
    embedder.left = 1000
    articles, index = tmp_path / "articles", tmp_path / "index"
    articles.mkdir()
    for number in range(60):
        (articles / f"{number:03}.txt").write_text(f"Lighthouse {number} was lit in {1800 + number}.")
    (articles / "empty.txt").touch()
    alive: WeakSet[Document] = WeakSet()
    most = [0]

    def recording_load(*given: Any, **options: Any) -> Any:  # noqa: ANN401 -- passed on
        loaded = load_or_skip(*given, **options)
        if isinstance(loaded, Document):
            alive.add(loaded)
            most.append(len(alive))
        return loaded

    monkeypatch.setattr("qa.ingestion.shards.load_or_skip", recording_load)
    assert ingest([str(articles)], str(index)) == (60, 60)
    assert max(most) <= 20 + 2 * 2 + 4
    assert "empty.txt: is empty" in capsys.readouterr().err
    bot = QA.from_index(index)
    assert isinstance(bot.index, DeltaIndex)
    assert len(bot.index.added) < 20
    assert list(bot.documents) == [f"{number:03}.txt" for number in range(60)]
    assert bot.search("When was lighthouse 57 lit?")[0].document_id == "057.txt"

    embedded = embedder.embedded
    (articles / "003.txt").unlink()
    (articles / "005.txt").write_text("Lighthouse 5 was torn down.")
    assert ingest([str(articles)], str(index)) == (59, 59)
    assert embedder.embedded == embedded + 2
    assert QA.from_index(index).documents.keys() == {path.name for path in articles.iterdir()} - {"empty.txt"}


def test_documents_saved_before_an_unreadable_file_are_kept(embedder: Interrupted, tmp_path: Path) -> None:
    embedder.left = 10
    files = [tmp_path / f"{number}.txt" for number in range(4)]
    for file in files:
        file.write_text(f"Lighthouse {file.stem} was lit.")
    files[-1].write_text("")
    with pytest.raises(LoadError, match=r"3.txt: is empty"):
        ingest([str(file) for file in files], str(tmp_path / "index"))
    assert list(QA.from_index(tmp_path / "index").documents) == ["0.txt", "1.txt"]
    (tmp_path / "none").mkdir()
    with pytest.raises(LoadError, match="nothing could be loaded"):
        ingest([str(tmp_path / "none")], str(tmp_path / "other"))
    assert not (tmp_path / "other").exists()


def test_an_index_may_be_in_the_folder_of_the_articles(
    embedder: Interrupted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    embedder.left = 10
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("Lighthouse 1 was lit.")
    for _ in range(2):
        assert ingest(["."], "index") == (1, 1)
    assert capsys.readouterr().err == ""


def test_documents_to_keep_are_not_lost_with_an_index_that_does_not_fit(
    embedder: Interrupted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder.left = 10
    files = [tmp_path / f"{name}.txt" for name in "ab"]
    for file in files:
        file.write_text(f"Lighthouse {file.stem} was lit.")
    index = str(tmp_path / "index")
    ingest([str(files[0])], index)
    with monkeypatch.context() as patched:
        patched.setattr(embedder, "fingerprint", "another model", raising=False)
        with pytest.raises(IndexFolderError, match="was made with the embedding model"):
            ingest([str(files[1])], index, keep=True)
    assert ingest([str(files[1])], index, keep=True) == (2, 2)


@pytest.mark.slow
def test_an_interrupted_command_reports_it_and_leaves_whole_files(tmp_path: Path) -> None:
    book, index = tmp_path / "book.txt", tmp_path / "index"
    book.write_text("\n\n".join(50 * [(ARTICLES / "honeybee-colony.md").read_text(encoding="utf-8")]), encoding="utf-8")
    command = [*COMMAND, "index", str(book), "--out", str(index)]
    # Background processes of a shell ignore Ctrl-C.
    accept_interrupts = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=accept_interrupts) as process:  # noqa: PLW1509
        while not index.exists():
            sleep(0.05)
        sleep(2)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert (process.returncode, errors) == (
        130,
        "qa: interrupted; run the same command to resume from what was saved last\n",
    )
    assert not index.exists()
