from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from made_files import packed

from qa import QA, Settings
from qa.documents.discovery import FoundFile, find_files
from qa.documents.loader import LoadReport
from qa.errors import IndexFolderError, LoadError, ModelError
from qa.ingestion.ingest import ingest
from qa.ingestion.process_pool import on_processes
from qa.ingestion.ray_executor import Executor
from qa.ingestion.shards import MAX_BYTES, Shard, ShardWorker, divide, id_of
from qa.models.embedder import make_embedder
from qa.types import Document

pytestmark = pytest.mark.slow

SETTINGS: dict[str, Any] = {**Settings().model_dump(), "threads": 1}
FINGERPRINT = make_embedder(Settings()).fingerprint


def in_process(make: Callable[[], Callable[[Any], Any]], items: Sequence[Any]) -> Generator[Any, None, None]:
    """Work on items in this process, the last one first, since any order is possible."""
    yield from map(make(), reversed(items))


def in_order(make: Callable[[], Callable[[Any], Any]], items: Sequence[Any]) -> Generator[Any, None, None]:
    yield from map(make(), items)


def noting(embedded: list[str], executor: Executor = in_process) -> Executor:
    """Return an executor that adds the ids of the documents that its workers embed to a list."""

    def execute(make: Callable[[], Callable[[Any], Any]], items: Sequence[Any]) -> Generator[Any, None, None]:
        for result in executor(make, items):
            embedded.extend(entry.document.id for entry in result.entries)
            yield result

    return execute


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """Return a folder of articles, one of which cannot be read."""
    folder = tmp_path / "articles"
    folder.mkdir()
    for number in range(5):
        text = f"# Lighthouse {number}\n\nThe lighthouse of island {number} was lit in {1700 + number}. A monk kept it."
        (folder / f"{number}.md").write_text(text, encoding="utf-8")
    (folder / "3.txt").write_bytes(b"\0\1\2")
    return folder


@pytest.fixture(scope="module")
def worker() -> ShardWorker:
    return ShardWorker(SETTINGS, FINGERPRINT)


def shard_of(articles: Path, known: dict[str, str] | None = None) -> Shard:
    return Shard(0, tuple(find_files([articles])[0]), known or {})


def test_files_are_divided_in_order(tmp_path: Path) -> None:
    files = [FoundFile(f"{number:04}.txt", tmp_path / f"{number:04}.txt") for number in range(2000)]
    shards = list(divide(files))
    assert [file for shard in shards for file in shard] == files
    assert max(map(len, shards)) == 64


def test_large_files_are_shards_of_their_own(tmp_path: Path) -> None:
    for name, size in (("a", 10), ("b", MAX_BYTES), ("c", 10)):
        (tmp_path / f"{name}.txt").write_bytes(b"x" * size)
    assert [[id_of(file) for file in shard] for shard in divide(find_files([tmp_path])[0])] == [
        ["a.txt"],
        ["b.txt"],
        ["c.txt"],
    ]


def test_a_worker_returns_what_its_files_contain(articles: Path, worker: ShardWorker) -> None:
    result = worker(shard_of(articles))
    assert result.documents == ("0.md", "1.md", "2.md", "3.md", "4.md")
    [skipped] = result.skipped
    assert skipped.path == str(articles / "3.txt")
    expected = QA.from_path(articles).index
    assert [entry.document for entry in result.entries] == list(expected.documents.values())
    for entry in result.entries:
        other = expected.entry(entry.document.id)
        assert entry.chunks == other.chunks
        assert entry.chunk_vectors == pytest.approx(other.chunk_vectors, abs=1e-3)
        assert entry.sentence_vectors == pytest.approx(other.sentence_vectors, abs=1e-3)


def test_another_model_is_refused() -> None:
    with pytest.raises(ModelError, match="'another' where the command was given"):
        ShardWorker(SETTINGS, "another")


def test_unchanged_documents_are_not_embedded(articles: Path, worker: ShardWorker) -> None:
    documents = QA.from_path(articles).documents
    known = {name: document.fingerprint for name, document in documents.items() if name != "1.md"}
    result = worker(shard_of(articles, known))
    assert result.documents == tuple(documents)
    assert [entry.document.id for entry in result.entries] == ["1.md"]


def assert_same_index(one: Path, other: Path) -> None:
    found, expected = QA.from_index(one).index, QA.from_index(other).index
    assert list(found.documents.items()) == list(expected.documents.items())
    for name in expected.documents:
        assert found.entry(name).chunks == expected.entry(name).chunks
        assert found.entry(name).chunk_vectors == pytest.approx(expected.entry(name).chunk_vectors, abs=1e-3)
        assert found.entry(name).sentence_vectors == pytest.approx(expected.entry(name).sentence_vectors, abs=1e-3)


def test_an_index_made_in_shards_and_brought_up_to_date(
    articles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.ingestion.shards.MAX_FILES", 2)
    monkeypatch.chdir(tmp_path)
    calls: list[tuple[int, int]] = []
    assert ingest(["articles"], "here") == (5, 5)
    errors = capsys.readouterr().err
    assert ingest(["articles"], "shared", executor=in_process, progress=lambda *done: calls.append(done)) == (5, 5)
    assert capsys.readouterr().err == errors
    assert "3.txt" in errors
    assert calls[-1][0] == calls[-1][1]
    assert_same_index(Path("shared"), Path("here"))

    (articles / "0.md").unlink()
    (articles / "1.md").write_text("The lighthouse of Hook was lit in 1172.", encoding="utf-8")
    articles.rename("moved")
    embedded: list[str] = []
    assert ingest(["moved"], "here") == ingest(["moved"], "shared", executor=noting(embedded)) == (4, 4)
    assert embedded == ["1.md"]
    assert_same_index(Path("shared"), Path("here"))


def test_files_of_an_archive_are_made_once(articles: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.zip").write_bytes(packed({file.name: file.read_bytes() for file in articles.glob("*.md")}))
    embedded: list[str] = []
    assert ingest(["a.zip"], "here") == ingest(["a.zip"], "shared", executor=noting(embedded)) == (5, 5)
    assert sorted(embedded) == [f"a.zip/{number}.md" for number in range(5)]
    assert_same_index(Path("shared"), Path("here"))
    assert ingest(["a.zip"], "shared", executor=noting(embedded)) == (5, 5)
    assert len(embedded) == 5


def test_an_interrupted_call_is_resumed(articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.ingestion.shards.MAX_FILES", 2)
    monkeypatch.setattr("qa.ingestion.ingest.SAVE_SECONDS", 0)
    monkeypatch.setattr("qa.ingestion.ingest._WORK_PER_SAVE", 0)
    embedded: list[str] = []

    def interrupted(make: Callable[[], Callable[[Any], Any]], items: Sequence[Any]) -> Generator[Any, None, None]:
        with closing(noting(embedded, in_order)(make, items)) as results:
            yield next(results)
            raise KeyboardInterrupt

    index = str(tmp_path / "index")
    with pytest.raises(KeyboardInterrupt):
        ingest([str(articles)], index, executor=interrupted)
    assert embedded == ["0.md", "1.md"]
    ingest([str(articles)], index, executor=noting(embedded, in_order))
    assert embedded == [f"{number}.md" for number in range(5)]
    ingest([str(articles)], str(tmp_path / "here"))
    assert_same_index(Path(index), tmp_path / "here")


def test_workers_embed_web_pages_too(articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Document("https://example.org/a", "The lighthouse of Hook was lit in 1172.", "A", "https://example.org/a")
    monkeypatch.setattr("qa.ingestion.ingest.load_paths", lambda *_: LoadReport((page,), ()))
    paths = [page.id, str(articles / "0.md"), str(articles / "1.md")]
    for _ in range(2):
        assert ingest(paths, str(tmp_path / "index"), executor=partial(on_processes, workers=2)) == (3, 3)
    assert list(QA.from_index(tmp_path / "index").documents) == ["0.md", "1.md", page.id]


def test_what_is_stored_about_an_unchanged_file_is_updated(tmp_path: Path) -> None:
    file, index = tmp_path / "a.html", tmp_path / "index"
    digests = set()
    for spaces in (1, 2):
        file.write_text(f"<title>Hook</title><p>The lighthouse{spaces * ' '}was lit in 1172.</p>", encoding="utf-8")
        ingest([str(file)], str(index), executor=in_process)
        [document] = QA.from_index(index).documents.values()
        digests.add(document.file_sha256)
    assert len(digests) == 2


def test_unsupported_uses_of_shards(articles: Path, tmp_path: Path) -> None:
    index = str(tmp_path / "index")
    with pytest.raises(LoadError, match="looks binary"):
        ingest([str(articles / "3.txt")], index, executor=in_process)
    (tmp_path / "empty").mkdir()
    with pytest.raises(LoadError, match="nothing could be loaded"):
        ingest([str(tmp_path / "empty")], index, executor=in_process)
    assert not Path(index).exists(), "a new folder in which nothing was saved is removed"
    with pytest.raises(IndexFolderError, match=r"is not an index folder \(unexpected file '0\.md'\)"):
        ingest([str(articles)], str(articles), executor=in_process)
    assert len(list(articles.iterdir())) == 6


def test_names_and_texts_of_any_kind(tmp_path: Path, worker: ShardWorker) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "\U0001f600 \"'\\.md").write_text(
        "# \u017b\u2028\n\n\u65e5\u672c caf\u00e9 \U0001f600.", encoding="utf-8"
    )
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.md")).write_text("The sea.", encoding="utf-8")
    result = pickle.loads(pickle.dumps(worker(shard_of(folder))))  # noqa: S301 -- as a process sends it
    assert len(result.skipped) == 1
    [entry] = result.entries
    assert entry.document == QA.from_path(folder).documents[entry.document.id]
