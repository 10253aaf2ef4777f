"""An index in Milvus, as far as it differs from other engines. The server is that of milvus-lite."""

from __future__ import annotations

import gc
import importlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

from index.test_engines import ENTRIES, SETTINGS, OneVector, assert_same_answers, opened
from index.test_memory import EMPTY, QUERY, A, B, C, assert_same_entry, entry_of, index_of, unit_rows
from qa import Settings
from qa.documents.analysis import document_terms
from qa.errors import IndexServerError, ShardError
from qa.index.base import EmbeddedDocument
from qa.index.milvus import store
from qa.index.milvus.client import Collections
from qa.index.milvus.schema import CHUNKS, DOCUMENTS, document_row
from qa.index.milvus.store import MilvusStore
from qa.index.milvus.uri import milvus_address
from qa.index.open import open_index, open_on_server
from qa.index.server import codec
from qa.index.server.index import ServerIndex
from qa.ingestion.ingest import ingest
from qa.types import Chunk, Document

pytest.importorskip("milvus_lite")
MilvusClient = pytest.importorskip("pymilvus").MilvusClient
WRITES = ("insert", "upsert", "delete")


class LiteServer:
    """The server of milvus-lite, in a separate process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.start()

    def start(self) -> None:
        program = "import sys; from milvus_lite.cmdline import main; sys.exit(main())"
        arguments = ("server", "--data-dir", str(self._folder), "--host", "127.0.0.1", "--port", str(self._port))
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(600):
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.1)
        pytest.fail("the server of milvus-lite did not start")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def address(self, name: str) -> str:
        return f"milvus://127.0.0.1:{self._port}/{name}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteServer]:
    started = LiteServer(tmp_path_factory.mktemp("milvus"))
    yield started
    started.kill()


def within(seconds: float) -> Settings:
    """Return settings with a time limit."""
    return SETTINGS.model_copy(update={"index_timeout_seconds": seconds})


def collections_of(index: ServerIndex) -> Collections:
    assert isinstance(index._store, MilvusStore)
    return index._store._collections


@pytest.mark.parametrize(
    ("location", "problem"),
    [
        pytest.param("milvus://127.0.0.1/a/b", "is not a valid index URI", id="two collections"),
        pytest.param("milvus://127.0.0.1:19530", "is not a valid index URI", id="no collection"),
        pytest.param("milvus://127.0.0.1/my-news", "is not a valid index URI", id="no name of a collection"),
        pytest.param("milvus://:1/library", "is not a valid index URI", id="no host"),
        pytest.param("milvus://[::1/library", "is not a valid index URI", id="half a host"),
        pytest.param("milvus://127.0.0.1:99999/library", "is not a valid index URI", id="port too high"),
        pytest.param("milvus://me:hunter2/library", "is not a valid index URI", id="password for a port"),
        pytest.param("milvus://me:hunter2@127.0.0.1:1/library", "QA_INDEX_TOKEN", id="password"),
        pytest.param("milvus://127.0.0.1:1/library?token=hunter2", "QA_INDEX_TOKEN", id="key"),
        pytest.param("https://me:hunter2@127.0.0.1/library", "https://...: is not a valid index URI", id="scheme"),
    ],
)
def test_no_address(location: str, problem: str) -> None:
    with pytest.raises(IndexServerError) as raised:
        open_index(location, OneVector(), SETTINGS)
    assert problem in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_path_that_is_no_milvus_lite_file(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_bytes(b"SQLite format 3\0")
    for name, problem in (("notes.db", "is not a milvus-lite file"), ("none.db", "contains no index; make it with")):
        with pytest.raises(IndexServerError, match=f"{name}: {problem}"):
            open_index(tmp_path / name, OneVector(), SETTINGS)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.db"]


def test_workers_do_not_write_to_a_file(tmp_path: Path) -> None:
    with pytest.raises(ShardError, match="is written by one process; leave --workers and --engine out"):
        ingest([str(tmp_path)], str(tmp_path / "index.db"), executor=lambda *_: pytest.fail("works"))
    assert not list(tmp_path.iterdir())


def test_missing_outdated_and_foreign_collections(server: LiteServer, monkeypatch: pytest.MonkeyPatch) -> None:
    location = server.address("others")
    address = milvus_address(location)
    client = Collections(address, 60, "")._client
    client.create_collection("others_documents", dimension=4)
    client.insert("others_documents", [{"id": 1, "vector": [0.0, 0.0, 0.0, 1.0]}])
    with pytest.raises(IndexServerError, match="contains no index"):
        open_index(location, OneVector(), SETTINGS)
    with pytest.raises(IndexServerError, match="already exists and was not created by this version of qa"):
        opened(location)
    assert client.get_collection_stats("others_documents")["row_count"] == 1
    client.close()
    with pytest.raises(IndexServerError, match="could not be reached"):
        opened("milvus://127.0.0.1:1/library", within(1))
    monkeypatch.setattr("pymilvus.MilvusClient.get_server_version", lambda *_, **__: "2.3.5")
    with pytest.raises(IndexServerError, match=r"is Milvus 2\.3\.5, which has no keyword search; upgrade it to 2\.5"):
        opened(location)


def test_a_long_chunk_and_an_altered_text(tmp_path: Path) -> None:
    sentences = [(16 * number, 16 * number + 15) for number in range(300)]
    text = "The sea is cold. " * 300
    document = Document("long", text, "Long", "long")
    chunk = Chunk("long", 0, 4800, text[:4800], tuple(sentences), "")
    long = EmbeddedDocument(
        document,
        (chunk,),
        unit_rows(1, 1),
        np.tile(unit_rows(2, 300), 8)[:, : len(QUERY)],
        document_terms(document, [chunk]),
    )
    index = opened(tmp_path / "long.db")
    index.add_all([long, A])
    assert_same_entry(index.entry("long"), long)
    # Found without truncation, and refused if it differs from the one written.
    number = index._number("long")
    other = codec.stored(replace(long, document=replace(document, text=text.upper())))
    other = replace(other, about=codec.stored(long).about)
    collections_of(index).upsert({**document_row(number, other), "key": codec.key_of("long")})
    index.clear_cache()
    with pytest.raises(IndexServerError, match="is damaged in the index"):
        index.entry("long")
    index.close()


@pytest.mark.parametrize("calls", range(10))
def test_an_interrupted_write_leaves_the_old_or_the_new(
    calls: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = opened(tmp_path / "index.db")
    old, new = entry_of("a", [2, 1]), [entry_of("a", [3], version=1), B]
    index.add_all([old, EMPTY])
    left = iter(range(calls))
    with monkeypatch.context() as patched:
        for name in WRITES:
            patched.setattr(Collections, name, interrupted(getattr(Collections, name), left))
        try:
            index.add_all(new)
        except KeyboardInterrupt:
            index.close()
            index = opened(tmp_path / "index.db")
            assert {"a", "empty"} <= set(index.documents)
            assert index.documents["a"] in {old.document, new[0].document}
            found = index.nearest_chunks(QUERY, 9)[0]
            assert len([row for row in found.tolist() if index.chunk(row).document_id == "a"]) == len(
                index.entry("a").chunks
            )
        else:
            assert calls == 9, "else more calls can be interrupted"
    index.add_all([*new, C])
    index.remove("empty")
    for entry in (new[0], B, C):
        assert_same_entry(index.entry(entry.document.id), entry)
    collections = collections_of(index)
    assert (collections.count(CHUNKS), collections.count(DOCUMENTS)) == (len(index), 3 + 2)
    index.close()


def interrupted(method: Callable[..., None], left: Iterator[int]) -> Callable[..., None]:
    """Return a method that simulates the end of its process after some calls of all that share `left`."""

    def call(*arguments: object) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        method(*arguments)

    return call


@pytest.mark.parametrize("tokens", [SETTINGS.chunk_tokens, 96], ids=["the same settings", "other settings"])
@pytest.mark.parametrize("step", range(1, 24, 4))
def test_two_processes_create_an_index_at_once(
    server: LiteServer, step: int, tokens: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = server.address(f"at_once_{tokens}_{step}")
    others: list[object] = []
    left = iter(range(step))

    def created_meanwhile(method: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            if next(left, None) is None and not others:
                others.append(None)
                with ThreadPoolExecutor(1) as pool:
                    others[0] = pool.submit(outcome, SETTINGS.model_copy(update={"chunk_tokens": tokens}), B).result()
            return method(*arguments, **options)

        return call

    def outcome(settings: Settings, entry: EmbeddedDocument) -> object:
        try:
            index = open_on_server(location, OneVector(), settings, make=True)
            assert index is not None
            index.add(entry)
            index.close()
        except IndexServerError as error:
            return str(error)
        return entry.document.id

    for name in ("create_collection", "create_index", "list_indexes", "upsert", "query"):
        patched = created_meanwhile(getattr(MilvusClient, name))
        monkeypatch.setattr(MilvusClient, name, patched)
    mine = outcome(SETTINGS, A)
    assert others, "not every step was made"
    index = opened(location) if mine == "a" else open_index(location, OneVector(), Settings(chunk_tokens=tokens))
    added = [name for name in (mine, *others) if name in {"a", "b"}]
    assert sorted(index.documents) == sorted(added)
    if tokens == SETTINGS.chunk_tokens:
        assert added == ["a", "b"]
    else:
        # One of them at most; the other gets a reason.
        [problem] = {mine, *others} - {"a", "b"}
        assert "with other settings" in str(problem) or "was made with chunks of" in str(problem)
    assert isinstance(index, ServerIndex)
    client = collections_of(index)._client
    name = location.rpartition("/")[2]
    assert sorted(client.list_indexes(f"{name}_documents")) == ["key", "nothing"]
    assert sorted(client.list_indexes(f"{name}_chunks")) == ["document", "sparse", "vector"]
    index.close()


CREATE = """
import sys
from index.test_memory import entry_of
from index.test_milvus import opened
print("ready", flush=True)
for location in sys.stdin:
    index = opened(location.strip())
    index.add(entry_of(sys.argv[1], [2, 1]))
    index.close()
    print("added", flush=True)
"""


def test_processes_that_create_indexes_at_the_same_moment(server: LiteServer) -> None:
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", CREATE, name],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])},
                )
            )
            for name in "ab"
        ]

        def replies() -> list[str]:
            return [process.stdout.readline() for process in processes if process.stdout]

        assert replies() == ["ready\n"] * 2
        for number in range(5):
            location = server.address(f"moment_{number}")
            for process in processes:
                assert process.stdin
                process.stdin.write(f"{location}\n")
                process.stdin.flush()
            assert replies() == ["added\n"] * 2
            index = opened(location)
            assert sorted(index.documents) == ["a", "b"]
            index.close()


def test_several_write_at_once(server: LiteServer, monkeypatch: pytest.MonkeyPatch) -> None:
    # As with equal clocks: all writers claim the same numbers.
    monkeypatch.setattr(store, "time", lambda: store._EPOCH + 1e8)
    location = server.address("several")
    opened(location).close()

    def write(writer: int) -> None:
        index = opened(location)
        for version in range(3):
            index.add_all([entry_of(f"{writer}-{version}", [2, 1]), entry_of("shared", [writer + 1, 1])])
        index.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(write, range(3)))
    index = opened(location)
    names = {f"{writer}-{version}" for writer in range(3) for version in range(3)}
    assert sorted(index.documents) == sorted([*names, "shared"])
    for name in names:
        assert_same_entry(index.entry(name), entry_of(name, [2, 1]))
    shared = index.entry("shared")
    assert_same_entry(shared, entry_of("shared", [len(shared.chunks[0].sentences), 1]))
    assert collections_of(index).count(CHUNKS) == len(index.rows(index.documents)) == 2 * 10
    index.close()


def test_connections_that_were_given_up_are_closed(server: LiteServer) -> None:
    stats = importlib.import_module("pymilvus.client.connection_manager").ConnectionManager.get_instance().get_stats
    index = opened(server.address("given_up"))
    gc.collect()
    before = stats()["dedicated_connections"]
    for _ in range(3):
        with pytest.raises(IndexServerError, match="could not be read"):
            collections_of(index).query(CHUNKS, "unknown == 1", ["row"])
        assert len(index) == 0
        index.clear_cache()
    gc.collect()
    assert stats()["dedicated_connections"] == before
    index.close()


def test_a_server_that_was_killed(server: LiteServer) -> None:
    location = server.address("killed")
    index = opened(location, within(5))
    index.add_all(ENTRIES)
    server.kill()
    began = time.monotonic()
    calls: list[Callable[[], object]] = [
        lambda: index.nearest_chunks(QUERY, 3),
        lambda: index.keyword.search(["ice"], 3),
    ]
    for call in calls:
        with pytest.raises(IndexServerError, match=f"{location}: could not be "):
            call()
    assert time.monotonic() - began < 20
    server.start()
    # That server has the written data, but loads it when it is opened.
    opened(location).close()
    assert_same_answers(index, index_of(*ENTRIES))
    index.close()
