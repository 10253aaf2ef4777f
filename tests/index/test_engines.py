"""Every index engine gives the results of an index in memory."""

from __future__ import annotations

import importlib.util
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Protocol
from unittest import mock

import numpy as np
import pytest
from conftest import ROOT
from postgres_server import LOGIN, PostgresServer, is_installed
from pydantic import SecretStr

from index.test_memory import DIMENSION, EMPTY, QUERY, WORDS, A, B, C, assert_same_entry, entry_of, index_of, unit_rows
from qa.documents.analysis import document_terms
from qa.index import storage
from qa.index.base import EmbeddedDocument, Index, MutableIndex
from qa.index.bm25 import term_weights
from qa.index.composite import CompositeIndex
from qa.index.memory import PassageIndex
from qa.index.open import open_on_server
from qa.index.server.index import ServerIndex
from qa.index.storage import load_index, save_index
from qa.models.embedder import embed_separately
from qa.pipeline import QA
from qa.protocols import ChunkText, Embedder
from qa.retrieval.hybrid import Retriever
from qa.settings import Settings
from qa.types import Chunk, Document, Progress, Vectors

SETTINGS = Settings(index_token=SecretStr(LOGIN), index_timeout_seconds=60)
UNICODE = Document(
    "\ud83d\ude00 \"\\' \u00fc.md",
    "\u65e5\u672c ice\ud800. Caf\u00e9\x00 \U0001f600 sea.",
    "\u017b",
    "",
    (0, 7),
    notes=("no \ud800 here",),
    language="ja",
    recognised=((0, 2), (4, 9)),
)


class OneVector:
    """Embeds every text as the same vector."""

    fingerprint = "one vector"
    dimension = DIMENSION

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:  # noqa: ARG002
        """Return it for each text."""
        return np.stack([QUERY for _ in texts])

    def embed_chunks(self, chunks: Sequence[ChunkText], progress: Progress | None = None) -> tuple[Vectors, Vectors]:
        """Embed each part of a chunk separately."""
        return embed_separately(self.embed, chunks, progress)


ONE_VECTOR = OneVector()


def unicode_entry() -> EmbeddedDocument:
    chunks = [
        Chunk(UNICODE.id, 0, 8, UNICODE.text[:8], ((0, 8),), "One: \u4e8c"),
        Chunk(UNICODE.id, 9, 21, UNICODE.text[9:21], ((9, 14), (15, 21)), "One"),
    ]
    return EmbeddedDocument(UNICODE, tuple(chunks), unit_rows(5, 2), unit_rows(6, 3), document_terms(UNICODE, chunks))


D = entry_of("d", [3, 1])
ENTRIES = [A, EMPTY, B, unicode_entry(), C]

_names = count()


def opened(location: str | Path, settings: Settings = SETTINGS) -> ServerIndex:
    """Open an index on a server, or make it."""
    index = open_on_server(location, OneVector(), settings, make=True)
    assert isinstance(index, ServerIndex)
    return index


class Make(Protocol):
    """Adds documents to a new index of an engine."""

    def __call__(self, entries: Sequence[EmbeddedDocument], embedder: Embedder = ...) -> MutableIndex: ...


@pytest.fixture(
    params=[
        "mmap",
        "milvus-lite",
        pytest.param("postgres", marks=pytest.mark.slow),
        pytest.param("postgres with pg_textsearch", marks=pytest.mark.slow),
    ]
)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Return a function that makes an index of an engine."""
    engine: str = request.param
    server: PostgresServer | None = None
    if engine == "milvus-lite" and not all(map(importlib.util.find_spec, ("pymilvus", "milvus_lite"))):
        pytest.skip("needs pip install '.[milvus]'")
    if engine.startswith("postgres"):
        server = request.getfixturevalue("postgres")
        if engine != "postgres" and not is_installed("pg_textsearch"):
            pytest.skip("needs the extension pg_textsearch of PostgreSQL")
        is_wanted = "CREATE EXTENSION IF NOT EXISTS" if engine != "postgres" else "DROP EXTENSION IF EXISTS"
        server.execute(f"{is_wanted} pg_textsearch {'' if engine != 'postgres' else 'CASCADE'}")
    opened = []

    def make(entries: Sequence[EmbeddedDocument], embedder: Embedder = ONE_VECTOR) -> MutableIndex:
        name = f"index_{next(_names)}"
        if engine == "mmap":
            in_memory = PassageIndex(embedder.dimension)
            for entry in entries:
                in_memory.add(entry)
            with mock.patch.object(storage, "MMAP_THRESHOLD_CHUNKS", 1):
                save_index(tmp_path / name, in_memory, embedder, SETTINGS)
            return load_index(tmp_path / name, embedder, SETTINGS)
        location = server.address(name) if server else str(tmp_path / f"{name}.db")
        index = open_on_server(location, embedder, SETTINGS, make=True)
        assert index is not None
        opened.append(index)
        index.add_all(entries)
        return index

    yield make
    for index in opened:
        index.close()


def assert_same_answers(found: Index, expected: PassageIndex) -> None:
    """Compare everything except row numbers."""
    assert list(found.documents.items()) == list(expected.documents.items())
    assert (len(found.documents), len(found)) == (len(expected.documents), len(expected))
    for name in expected.documents:
        assert_same_entry(found.entry(name), expected.entry(name))
    rows = found.rows(expected.documents)
    assert [found.chunk(row) for row in rows.tolist()] == [expected.chunk(row) for row in range(len(expected))]
    assert [found.language(row) for row in rows.tolist()] == [expected.language(row) for row in range(len(expected))]
    numbers = {row: number for number, row in enumerate(rows.tolist())}
    sentences = {row: number for number, row in enumerate(found.sentences(rows).tolist())}
    assert found.sentence_counts(rows).tolist() == expected.sentence_counts(expected.rows(expected.documents)).tolist()
    for row, number in sentences.items():
        chunk, position = found.locate(row)
        assert (numbers[chunk], position) == expected.locate(number)
        assert found.continues_section(row) == expected.continues_section(number)
    for one, other in zip(
        found.similarities(QUERY, rows), expected.similarities(QUERY, expected.rows(expected.documents)), strict=True
    ):
        assert one == pytest.approx(other, abs=1e-6)
    for documents in (None, [*expected.documents][::2], ["unknown"]):
        limits = [None if documents is None else index.rows(documents) for index in (found, expected)]
        for k in (1, 3, 100):
            near, cosines = found.nearest_chunks(QUERY, k, limits[0])
            chunks, others = expected.nearest_chunks(QUERY, k, limits[1])
            assert [numbers[row] for row in near.tolist()] == chunks.tolist()
            assert cosines == pytest.approx(others, abs=1e-6)
            best, scores = found.keyword.search(WORDS[:3], k, limits[0])
            theirs, others = expected.keyword.search(WORDS[:3], k, limits[1])
            assert [numbers[row] for row in best.tolist()] == theirs.tolist()
            assert scores == pytest.approx(others)
    weights, expected_weights = (
        term_weights(index.keyword, [*WORDS, "caf\u00e9", "zz", ""]) for index in (found, expected)
    )
    assert weights == expected_weights
    scores, others = (
        index.keyword.sentence_scores(weights, rows, index.sentence_counts(rows))
        for index, rows in ((found, rows), (expected, expected.rows(expected.documents)))
    )
    assert scores == pytest.approx(others)


def test_removing_replacing_and_adding_again(made: Make) -> None:
    index, expected = made(ENTRIES), index_of(*ENTRIES)
    assert_same_answers(index, expected)
    index.remove("b")
    expected.remove("b")
    assert_same_answers(index, expected)
    for entry in (entry_of("a", [3], version=1), D, B):
        index.add(entry)
        expected.add(entry)
    assert_same_answers(index, expected)
    with pytest.raises(KeyError, match="unknown"):
        index.remove("unknown")
    with pytest.raises(KeyError, match="unknown"):
        index.entry("unknown")
    with pytest.raises(ValueError, match="expected"):
        index.add(replace(A, chunk_vectors=A.chunk_vectors[:1]))
    assert_same_answers(index, expected)


def test_an_empty_index_finds_nothing(made: Make) -> None:
    index = made([])
    assert (len(index), list(index.documents), index.rows([]).tolist()) == (0, [], [])
    assert index.nearest_chunks(QUERY, 5)[0].tolist() == []
    assert index.keyword.search(WORDS, 5)[0].tolist() == []
    assert "a" not in index.documents


def test_a_composite_index_searches_both(made: Make) -> None:
    assert_same_answers(CompositeIndex(made(ENTRIES[:3]), index_of(*ENTRIES[3:])), index_of(*ENTRIES))


def test_passages_are_the_same(made: Make) -> None:
    found, expected = (Retriever(index, OneVector(), 12) for index in (made(ENTRIES), index_of(*ENTRIES)))
    for documents in (None, ["a", "c"], ["empty"], []):
        one, other = (side.retrieve("ice and sea in winter", 4, documents) for side in (found, expected))
        assert [(each.document_id, each.start, each.end, each.text) for each in one] == [
            (each.document_id, each.start, each.end, each.text) for each in other
        ]
        assert [each.similarity for each in one] == pytest.approx([each.similarity for each in other], abs=1e-6)


@pytest.mark.slow
def test_the_sample_articles_answer_as_from_a_folder(made: Make) -> None:
    folder = QA.from_index(ROOT / "data" / "index", settings=SETTINGS)
    entries = [folder.index.entry(name) for name in folder.documents]
    bot = QA(SETTINGS, embedder=folder.embedder, reader=folder.reader, index=made(entries, folder.embedder))
    lines = [line for path in (ROOT / "data" / "questions").iterdir() for line in path.read_text("utf-8").splitlines()]
    asked = [json.loads(line)["question"] for line in random.Random(0).sample(lines, 30)]
    found, expected = (
        [[(one.document_id, one.start, one.end) for one in each.search(question)] for question in asked]
        for each in (bot, folder)
    )
    assert found == expected
    one, other = (each.ask(asked[0]) for each in (bot, folder))
    assert (one.text, round(one.confidence, 4)) == (other.text, round(other.confidence, 4))
