"""An index in PostgreSQL: its special features, and those of every engine on a server."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from importlib.metadata import EntryPoint
from itertools import count
from pathlib import Path
from unittest import mock

import pytest
from conftest import ARTICLES
from postgres_server import LOGIN, PostgresServer
from pydantic import SecretStr

from index.test_engines import ENTRIES, SETTINGS, OneVector, opened
from index.test_memory import QUERY, WORDS, entry_of, index_of
from qa import QA
from qa.errors import IndexServerError, QAError
from qa.index import open as engines
from qa.index.base import EmbeddedDocument
from qa.index.builder import embed_documents
from qa.index.open import open_index
from qa.index.postgres import connection, store
from qa.index.postgres.address import parse_address
from qa.index.server.index import ServerIndex
from qa.ingestion import ingest
from qa.models.embedder import make_embedder

pytestmark = pytest.mark.slow

_names = count()


@pytest.fixture
def location(postgres: PostgresServer) -> str:
    """Return the address of an index that does not exist yet."""
    postgres.execute("DROP EXTENSION IF EXISTS pg_textsearch CASCADE")
    return postgres.address(f"made_{next(_names)}")


@pytest.fixture
def index(location: str) -> Iterator[ServerIndex]:
    made = opened(location)
    yield made
    made.close()


def test_what_is_indexed_again_is_embedded_only_where_it_changed(
    location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_INDEX_TOKEN", LOGIN)
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.txt").write_text(f"The {name} ship sailed north in winter.", encoding="utf-8")
    embedded: list[str] = []

    def recording_embed(documents: list[object], *rest: object) -> object:
        embedded.extend(document.id for document in documents)  # type: ignore[attr-defined]
        return embed_documents(documents, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("qa.ingestion.shards.embed_documents", recording_embed)
    assert ingest.ingest([str(tmp_path)], location) == (3, 3)
    (tmp_path / "b.txt").write_text("The ice broke.", encoding="utf-8")
    (tmp_path / "c.txt").unlink()
    assert ingest.ingest([str(tmp_path)], location) == (2, 2)
    assert embedded == ["a.txt", "b.txt", "c.txt", "b.txt"]


def test_workers_fill_a_new_index(location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_INDEX_TOKEN", LOGIN)
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text(f"The {name} ship sailed north in winter.", encoding="utf-8")
    counts = ingest.ingest([str(tmp_path)], location, executor=lambda make, shards: (make()(one) for one in shards))
    assert counts == (2, 2)
    index = open_index(location, make_embedder(SETTINGS), SETTINGS)
    assert list(index.documents) == ["a.txt", "b.txt"]
    index.close()  # type: ignore[attr-defined]


def test_readers_and_writers_at_once_see_whole_documents(location: str) -> None:
    opened(location).close()

    def write(seed: int) -> None:
        index = opened(location)
        numbers = random.Random(seed)
        for version in range(12):
            entries = [entry_of(name, [numbers.randint(1, 3)] * 2, version) for name in "abcd"]
            index.add_all(numbers.sample(entries, 3))
            if version % 5 == 4:
                names = sorted(index.documents)
                if names:
                    try:
                        index.remove(names[0])
                    except KeyError:  # another writer was faster
                        continue
        index.close()

    def read() -> int:
        index = opened(location)
        seen = 0
        while not done:
            index._candidates.clear()
            rows, _ = index.nearest_chunks(QUERY, 100)
            by_document: dict[str, set[int]] = {}
            for row in rows.tolist():
                by_document.setdefault(str(row >> 24), set()).add(row)
            assert all(len(found) == 2 for found in by_document.values())
            seen += len(by_document)
        index.close()
        return seen

    done: list[bool] = []
    with ThreadPoolExecutor(3) as pool:
        reader = pool.submit(read)
        try:
            list(pool.map(write, range(2)))
        finally:
            done.append(True)
        assert reader.result()
    index = opened(location)
    # Counts are exact for any order of the writers.
    expected = index_of(*(index.entry(name) for name in index.documents))
    assert index.keyword.document_frequencies(WORDS) == expected.keyword.document_frequencies(WORDS)
    assert (len(index), index.keyword.length) == (len(expected), expected.keyword.length)
    assert len(index.documents) == len(expected.documents)
    index.close()


def test_a_search_continues_if_one_scan_finds_too_few(location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Otherwise, a small table would be read as a whole.
    for name, value in {"enable_seqscan": "off", "enable_sort": "off", "hnsw.ef_search": "20"}.items():
        monkeypatch.setitem(connection._SETTINGS, name, value)
    for name in ("_FEW_DOCUMENTS", "_MAX_EXACT"):
        monkeypatch.setattr(store, name, 0)
    index = opened(location)
    names = [f"{number:02}" for number in range(30)]
    index.add_all([entry_of(name, [3, 3]) for name in names])
    assert len(index.nearest_chunks(QUERY, 10, index.rows(names[25:]))[0]) == 10
    for name in names[:25]:
        index.remove(name)
    assert len(index.nearest_chunks(QUERY, 10)[0]) == 10
    index.close()


def test_questions_of_common_terms_are_found_by_the_rarest(index: ServerIndex) -> None:
    documents = [entry_of(f"{number:02}", [3, 3]) for number in range(30)]
    index.add_all(documents)
    expected = index_of(*documents)
    for most in (4, 30, 1000):
        with mock.patch.object(store, "_MAX_COUNTED", 3 * most):
            found, scores = index.keyword.search(WORDS[:3], 2)
            assert len(index.keyword.search(["unknown", WORDS[0]], 2)[0]) == 2
        best, others = expected.keyword.search(WORDS[:3], 2)
        assert len(found) == len(best)
        if most == 1000:
            assert scores.tolist() == others.tolist()


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("postgresql://qa:hunter2@db/library", "has a password or unknown options"),
        ("postgresql://db/library?password=hunter2", "has a password or unknown options"),
        ("postgresql://db/library#hunter2", "has a password or unknown options"),
        ("postgresql://db", "HOST"),
        ("postgresql://db:hunter2/library", "HOST"),
        ("postgresql://db/library/No-Name", "with a name of at most 51 characters a-z"),
        ("postgresql://db/library/pg_catalog", "does not begin with a digit or pg_"),
        pytest.param(f"postgresql://db/library/{52 * 'x'}", "at most 51 characters", id="a long name"),
    ],
)
def test_an_address_that_is_none(address: str, problem: str) -> None:
    with pytest.raises(IndexServerError, match=problem) as raised:
        open_index(address, OneVector(), SETTINGS)
    assert "hunter2" not in str(raised.value)


def test_the_parts_of_an_address() -> None:
    address = parse_address("postgresql://me@[::1]:5433/my%20library/news?sslmode=require", "a:b:c")
    assert (address.name, address.parameters) == (
        "news",
        {"sslmode": "require", "host": "::1", "dbname": "my library", "port": "5433", "user": "me", "password": "b:c"},
    )
    assert parse_address("postgresql://db/library", "a:b").parameters["user"] == "a"
    assert parse_address("postgresql://db/library", "secret").name == "cited_qa"


def test_what_cannot_be_opened(location: str, postgres: PostgresServer) -> None:
    with pytest.raises(IndexServerError, match=r"contains no index; make it with: qa index PATH --out postgresql://"):
        open_index(location, OneVector(), SETTINGS)
    postgres.execute("CREATE SCHEMA theirs")
    with pytest.raises(IndexServerError, match="already exists and was not created by qa"):
        opened(postgres.address("theirs"))
    opened(location).close()
    with pytest.raises(IndexServerError, match="set QA_CHUNK_TOKENS="):
        open_index(location, OneVector(), SETTINGS.model_copy(update={"chunk_tokens": 7}))
    with pytest.raises(IndexServerError, match=f"{location}: could not be reached .*authentication failed") as raised:
        open_index(location, OneVector(), SETTINGS.model_copy(update={"index_token": SecretStr("qa:secret")}))
    assert "secret" not in str(raised.value)
    with pytest.raises(
        IndexServerError, match=r"could not be reached .*refused.*\); check the address, QA_INDEX_TOKEN"
    ):
        open_index("postgresql://127.0.0.1:1/library", OneVector(), SETTINGS)
    with pytest.raises(IndexServerError, match="is not a valid index URI"):
        open_index("nosuchdb://127.0.0.1/library", OneVector(), SETTINGS)


@pytest.mark.parametrize("name", ["user", "order", "x" * 51])
def test_names_of_indexes(name: str, postgres: PostgresServer) -> None:
    index = opened(postgres.address(name))
    index.add_all(ENTRIES)
    assert len(index.keyword.search(WORDS, 100)[0]) > 0
    index.close()


def test_two_processes_create_an_index_at_the_same_time(location: str) -> None:
    one, other = (store.connect(location, SETTINGS) for _ in range(2))
    made = {"format": engines.FORMAT, "dimension": OneVector.dimension, "chunk_tokens": 7}
    assert other.metadata() is None
    one.create(made)
    other.create({**made, "chunk_tokens": 8})
    assert other.metadata() == one.metadata() == made
    one.close()
    other.close()


def test_indexes_that_are_created_at_the_same_time_in_a_new_database(postgres: PostgresServer) -> None:
    postgres.execute("CREATE DATABASE fresh")
    stores = [
        store.connect(postgres.address(name).replace("/postgres/", "/fresh/"), SETTINGS) for name in ("a", "b", "c")
    ]
    made = {"format": engines.FORMAT, "dimension": OneVector.dimension, "chunk_tokens": 7}
    assert [one.metadata() for one in stores] == [None] * 3
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda one: one.create(made), stores))
    for one in stores:
        assert one.metadata() == made
        one.close()


def test_documents_that_another_process_removed(location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_INDEX_TOKEN", LOGIN)
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text(f"The {name} ship sailed north in winter.", encoding="utf-8")
    assert ingest.ingest([str(tmp_path)], location) == (2, 2)
    remove = ServerIndex.remove_all
    counts: list[int] = []

    def removed_twice(index: ServerIndex, names: list[str]) -> int:
        counts.extend(remove(index, names) for _ in range(2))
        return counts[-1]

    monkeypatch.setattr(ServerIndex, "remove_all", removed_twice)
    (tmp_path / "b.txt").unlink()
    assert ingest.ingest([str(tmp_path)], location) == (1, 1)
    assert counts == [1, 0]


def test_the_documents_of_a_question_are_looked_up_together(index: ServerIndex) -> None:
    names = [f"{number:02}" for number in range(30)]
    index.add_all([entry_of(name, [3]) for name in names])
    bot = QA(SETTINGS, embedder=OneVector(), index=index)
    with mock.patch.object(index._store, "records", wraps=index._store.records) as records:
        assert len(bot.search(" ".join(WORDS), 30, documents=names)) == 30
        assert len(bot.search(" ".join(WORDS), 30)) == 30
    assert records.call_count == 1


def test_documents_that_another_process_removed_or_replaced_are_looked_up_for_each_question(
    index: ServerIndex, location: str
) -> None:
    index.add_all([entry_of(name, [3]) for name in "abc"])
    bot = QA(SETTINGS, embedder=OneVector(), index=index)
    assert len(bot.search(WORDS[0], 9, documents=["a", "b"])) == 2
    other = opened(location)
    new = entry_of("a", [3, 3], version=1)
    other.add(new)
    other.remove("b")
    [found] = bot.search(WORDS[0], 9, documents=["a"])
    assert new.document.text[found.start : found.end] == found.text
    with pytest.raises(QAError, match="no document 'b'"):
        bot.search(WORDS[0], documents=["a", "b"])
    other.close()


def test_what_only_the_metadata_of_a_file_changed_is_not_embedded(
    location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_INDEX_TOKEN", LOGIN)
    (tmp_path / "a.txt").write_text("The ship sailed north in winter.", encoding="utf-8")
    assert ingest.ingest([str(tmp_path)], location) == (1, 1)
    monkeypatch.setattr(
        "qa.ingestion.shards.embed_documents", lambda documents, *_: iter(pytest.fail("embeds") for _ in documents)
    )
    (tmp_path / "a.txt").write_bytes("\ufeffThe ship sailed north in winter.".encode())
    assert ingest.ingest([str(tmp_path)], location) == (1, 1)
    index = open_index(location, make_embedder(SETTINGS), SETTINGS)
    assert isinstance(index, ServerIndex)
    document = index.documents["a.txt"]
    other = replace(document, notes=("another",))
    entry = index.entry

    def removed_meanwhile(name: str) -> EmbeddedDocument:
        index.remove(name)
        return entry(name)

    monkeypatch.setattr(index, "entry", removed_meanwhile)
    assert index.changed([document]) == []
    assert index.changed([other]) == [other]
    index.close()
    assert document.file_sha256 == sha256((tmp_path / "a.txt").read_bytes()).hexdigest()
    assert document.text == "The ship sailed north in winter."


def test_a_text_that_is_not_the_one_written_gives_no_excerpt(
    index: ServerIndex, location: str, postgres: PostgresServer
) -> None:
    index.add_all(ENTRIES)
    name = location.rpartition("/")[2]
    other = replace(ENTRIES[0], document=replace(ENTRIES[0].document, text=ENTRIES[0].document.text.upper()))
    [written] = [index._store.contents([index._number("a")])]
    assert written
    for damaged in (b"", b"nothing", store_content(other)):
        postgres.execute(f"UPDATE {name}.documents SET content = '\\x{damaged.hex()}' WHERE number = 1")  # noqa: S608
        with pytest.raises(IndexServerError, match="a: is damaged in the index"):
            index.entry("a")
    assert index.entry("b").document == ENTRIES[2].document


def store_content(entry: object) -> bytes:
    """Return the content of a document as it is written."""
    from qa.index.server.codec import stored

    return stored(entry).content  # type: ignore[arg-type]


def test_an_engine_of_another_package_is_found_by_its_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = EntryPoint("otherdb", "qa.index.postgres.store:connect", engines.GROUP)
    broken = EntryPoint("broken", "no_such_package:connect", engines.GROUP)
    monkeypatch.setattr(engines, "entry_points", lambda group: [theirs, broken] if group == engines.GROUP else [])
    assert engines.engine_of("otherdb://db/library") is store.connect
    with pytest.raises(
        IndexServerError, match=r"broken://\.\.\.: no_such_package:connect could not be loaded \(No mod"
    ):
        engines.engine_of("broken://hunter2@db/library")
    with pytest.raises(IndexServerError, match="known are milvus, postgresql"):
        engines.engine_of("unknown://hunter2@db/library")
    assert engines.engine_of(ARTICLES) is None
