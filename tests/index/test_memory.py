from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qa.documents.analysis import document_terms
from qa.index.base import EmbeddedDocument, inner_products
from qa.index.bm25 import term_weights
from qa.index.memory import PassageIndex
from qa.types import Chunk, Document, StoredVectors, Vectors

DIMENSION = 4
WORDS = ["sea", "ship", "winter", "harbour", "ice", "sail", "north", "storm"]


def unit_rows(seed: int, rows: int) -> StoredVectors:
    vectors = np.random.default_rng(seed).standard_normal((rows, DIMENSION))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float16)


def entry_of(name: str, sentence_counts: Sequence[int], version: int = 0) -> EmbeddedDocument:
    """Return a document with a chunk for each count, of that many one-word sentences."""
    seed = 1000 * version + sum(map(ord, name))
    numbers = np.random.default_rng(seed)
    words = [numbers.choice(WORDS) for _ in range(sum(sentence_counts))]
    ends = np.cumsum([len(word) + 1 for word in words]).tolist()
    sentences = [(end - len(word) - 1, end - 1) for word, end in zip(words, ends, strict=True)]
    text = " ".join(words)
    chunks = []
    first = 0
    for count in sentence_counts:
        inside = tuple(sentences[first : first + count])
        start, end = inside[0][0], inside[-1][1]
        chunks.append(Chunk(name, start, end, text[start:end], inside))
        first += count
    document = Document(name, text, name.upper(), f"{name} {version}", language="en")
    return EmbeddedDocument(
        document,
        tuple(chunks),
        unit_rows(seed, len(chunks)),
        unit_rows(seed + 1, len(words)),
        document_terms(document, chunks),
    )


def index_of(*entries: EmbeddedDocument) -> PassageIndex:
    index = PassageIndex(DIMENSION)
    for entry in entries:
        index.add(entry)
    return index


A, B, C = entry_of("a", [2, 1]), entry_of("b", [1, 3, 2]), entry_of("c", [2])
EMPTY = entry_of("empty", [])
QUERY: Vectors = 0.999 * unit_rows(99, 1)[0].astype(np.float32)


def assert_same_entry(found: EmbeddedDocument, expected: EmbeddedDocument) -> None:
    assert found.document == expected.document
    assert found.document.notes == expected.document.notes
    assert found.document.language == expected.document.language
    assert found.document.recognised == expected.document.recognised
    assert found.chunks == expected.chunks
    for one, other in (
        (found.chunk_vectors, expected.chunk_vectors),
        (found.sentence_vectors, expected.sentence_vectors),
    ):
        assert one.shape == other.shape
        assert one.tobytes() == other.tobytes()


def assert_same_index(found: PassageIndex, expected: PassageIndex) -> None:
    assert list(found.documents.items()) == list(expected.documents.items())
    assert len(found) == len(expected)
    assert [found.chunk(row) for row in range(len(found))] == [expected.chunk(row) for row in range(len(expected))]
    for name in expected.documents:
        assert_same_entry(found.entry(name), expected.entry(name))
        assert found.rows([name]).tolist() == expected.rows([name]).tolist()
    of_found, of_expected = (index.similarities(QUERY, index.rows(index.documents)) for index in (found, expected))
    assert [part.tolist() for part in of_found] == [part.tolist() for part in of_expected]
    for rows in (None, found.rows(list(expected.documents)[::2])):
        for k in (1, 3, 1000):
            one, other = (index.nearest_chunks(QUERY, k, rows) for index in (found, expected))
            assert [part.tolist() for part in one] == [part.tolist() for part in other]
    assert found.keyword.scores(WORDS[:3]).tolist() == expected.keyword.scores(WORDS[:3]).tolist()
    assert term_weights(found.keyword, WORDS) == term_weights(expected.keyword, WORDS)


changes = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d"]),
        st.one_of(st.none(), st.lists(st.integers(1, 3), max_size=3)),
        st.integers(0, 9),
    ),
    max_size=12,
)


@given(changes)
@example([("a", [], 0), ("b", [1], 0), ("a", None, 0), ("a", [2], 0)])
@example([("a", [1], 0), ("b", [], 0), ("c", [2], 0), ("a", None, 0), ("b", [1], 1)])
def test_a_changed_index_equals_a_fresh_one(changes: list[tuple[str, list[int] | None, int]]) -> None:
    changed = PassageIndex(DIMENSION)
    expected: dict[str, EmbeddedDocument] = {}
    for name, sentence_counts, version in changes:
        if sentence_counts is not None:
            expected.pop(name, None)
            expected[name] = entry_of(name, sentence_counts, version)
            changed.add(expected[name])
        elif name in expected:
            del expected[name]
            changed.remove(name)
        else:
            with pytest.raises(KeyError, match=name):
                changed.remove(name)
    assert_same_index(changed, index_of(*expected.values()))


def test_rows_follow_the_order_in_which_documents_were_added() -> None:
    index = index_of(B, A, C)
    assert [index.chunk(row) for row in range(len(index))] == [*B.chunks, *A.chunks, *C.chunks]
    assert list(index.documents) == ["b", "a", "c"]


def test_a_replaced_document_is_last() -> None:
    index = index_of(A, B, C)
    index.add(entry_of("a", [1], version=1))
    assert list(index.documents) == ["b", "c", "a"]
    assert index.rows(["a"]).tolist() == [4]


@pytest.mark.parametrize(
    ("documents", "rows"),
    [
        pytest.param({"c", "a", "empty", "b"}, [0, 1, 2, 3, 4, 5], id="all"),
        pytest.param(["b"], [2, 3, 4], id="one"),
        pytest.param({"c", "a"}, [0, 1, 5], id="two"),
        pytest.param(["empty"], [], id="without chunks"),
        pytest.param([], [], id="none"),
        pytest.param(["unknown"], [], id="unknown"),
    ],
)
def test_rows_of_documents(documents: list[str], rows: list[int]) -> None:
    assert index_of(A, EMPTY, B, C).rows(documents).tolist() == rows


@pytest.mark.parametrize("k", [1, 2, 5, 6, 7, 10_000])
@pytest.mark.parametrize("documents", [None, ["b"], ["a", "c"], ["empty"], []], ids=str)
def test_nearest_are_those_of_a_full_comparison(documents: list[str] | None, k: int) -> None:
    index = index_of(A, EMPTY, B, C)
    rows = index.rows(index.documents if documents is None else documents)
    given_rows = None if documents is None else rows
    chunks, _ = index.similarities(QUERY, rows)
    expected = sorted(zip(rows.tolist(), chunks.tolist(), strict=True), key=lambda pair: -pair[1])
    found, scores = index.nearest_chunks(QUERY, k, given_rows)
    assert found.tolist() == [row for row, _ in expected[:k]]
    assert scores.tolist() == pytest.approx([cosine for _, cosine in expected[:k]], abs=1e-6)


@pytest.mark.parametrize("documents", [None, "abcdefgh"], ids=["everywhere", "in documents"])
def test_equally_near_chunks_are_in_document_order(documents: str | None) -> None:
    near, nearer = 0.5 * QUERY, QUERY
    # FAISS alone returns equal ones in reverse, and drops the first for each nearer one after them.
    index = index_of(
        *(replace(entry_of(name, [1]), chunk_vectors=np.array([near], np.float16)) for name in "abcd"),
        *(replace(entry_of(name, [1]), chunk_vectors=np.array([nearer], np.float16)) for name in "efgh"),
    )
    rows = None if documents is None else index.rows(documents)
    for k in range(1, 9):
        assert index.nearest_chunks(QUERY, k, rows)[0].tolist() == [4, 5, 6, 7, 0, 1, 2, 3][:k]


def test_a_vector_without_numbers_hides_no_other() -> None:
    vectors = np.array([QUERY, np.full(DIMENSION, np.nan), -QUERY], dtype=np.float16)
    index = index_of(replace(entry_of("a", [1, 1, 1]), chunk_vectors=vectors, sentence_vectors=vectors))
    assert index.nearest_chunks(QUERY, 3)[0].tolist() == [0, 2]
    chunks, _ = index.similarities(QUERY, index.rows(["a"]))
    assert chunks.tolist() == pytest.approx([float(QUERY @ QUERY), -1, -float(QUERY @ QUERY)], abs=1e-3)


def test_similarities_are_cosines() -> None:
    index = index_of(A, B)
    similarities, of_sentences = index.similarities(QUERY, np.array([3], dtype=np.int64))
    assert similarities.tolist() == pytest.approx((B.chunk_vectors[1:2] @ QUERY).tolist(), abs=1e-6)
    assert of_sentences.tolist() == pytest.approx((B.sentence_vectors[1:4] @ QUERY).tolist(), abs=1e-6)


@pytest.mark.parametrize("sign", [1, -1])
def test_similarities_stay_in_range_despite_rounding(sign: int) -> None:
    almost = np.array([[np.nextafter(np.float16(1), np.float16(2)), 0, 0, 0]], dtype=np.float16)
    index = index_of(replace(entry_of("a", [1]), chunk_vectors=almost, sentence_vectors=almost))
    chunks, sentences = index.similarities(sign * almost[0].astype(np.float32), index.rows(index.documents))
    assert (chunks.tolist(), sentences.tolist()) == ([sign], [sign])


def test_an_empty_index_finds_nothing() -> None:
    index = PassageIndex(DIMENSION)
    assert len(index) == 0
    assert index.rows(index.documents).tolist() == []
    assert index.nearest_chunks(QUERY, 5)[0].tolist() == []


def test_a_document_without_chunks_is_kept() -> None:
    index = index_of(EMPTY)
    assert list(index.documents) == ["empty"]
    assert_same_entry(index.entry("empty"), EMPTY)
    assert index.nearest_chunks(QUERY, 5)[0].tolist() == []
    index.remove("empty")
    assert list(index.documents) == []


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(replace(A, chunk_vectors=A.chunk_vectors[:1]), id="chunk vector missing"),
        pytest.param(replace(A, chunk_vectors=unit_rows(1, 3)), id="chunk vector too many"),
        pytest.param(replace(A, chunk_vectors=A.chunk_vectors[:, :3]), id="chunk vectors too short"),
        pytest.param(replace(A, sentence_vectors=A.sentence_vectors[:2]), id="sentence vector missing"),
        pytest.param(replace(A, sentence_vectors=A.sentence_vectors[:, :3]), id="sentence vectors too short"),
        pytest.param(replace(A, sentence_vectors=A.sentence_vectors.reshape(-1)), id="sentence vectors flat"),
        pytest.param(replace(A, chunks=()), id="chunks missing"),
        pytest.param(replace(A, terms=B.terms), id="terms of another document"),
    ],
)
def test_vectors_that_do_not_fit_are_refused_and_change_nothing(wrong: EmbeddedDocument) -> None:
    index = index_of(A, B)
    with pytest.raises(ValueError, match=r"expected \(\("):
        index.add(wrong)
    assert_same_index(index, index_of(A, B))


def test_vectors_of_an_entry_are_copies() -> None:
    index = index_of(A)
    index.entry("a").chunk_vectors[:] = 0
    index.entry("a").sentence_vectors[:] = 0
    assert_same_entry(index.entry("a"), A)


@pytest.mark.parametrize("call", ["entry", "remove"])
def test_an_unknown_document_is_a_key_error(call: str) -> None:
    index = index_of(A)
    with pytest.raises(KeyError, match="unknown"):
        getattr(index, call)("unknown")
    assert_same_index(index, index_of(A))


def test_the_first_search_may_be_of_several_threads_at_once() -> None:
    text = " ".join(f"ship{number} sails{number % 97}" for number in range(20_000))
    chunk = Chunk("ships", 0, len(text), text, tuple((start, start + 20) for start in range(0, len(text) - 20, 20)))
    ships = Document("ships", text, "Ships", "ships")
    entry = EmbeddedDocument(
        ships, (chunk,), unit_rows(0, 1), unit_rows(1, len(chunk.sentences)), document_terms(ships, [chunk])
    )
    index, alone = index_of(entry), index_of(entry)
    together = Barrier(4)

    def search(term: str) -> list[float]:
        together.wait(60)
        scores: list[float] = index.keyword.scores([term]).tolist()
        return scores

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(search, ["sails7"] * 4))
    assert found == [alone.keyword.scores(["sails7"]).tolist()] * 4
    assert max(found[0]) > 0


def test_products_are_those_of_the_matrix() -> None:
    vectors = unit_rows(3, 50)
    assert inner_products(vectors, QUERY) == pytest.approx(vectors @ QUERY, abs=1e-6)
    assert inner_products(vectors[:0], QUERY).shape == (0,)


@pytest.mark.slow
def test_no_thread_is_busy_after_matrix_products() -> None:
    # BLAS's threads also spin when NumPy is imported: only later time is that of the products.
    program = """
import time
import numpy as np
from qa.index.base import inner_products

def used_in(seconds):
    before = time.process_time()
    time.sleep(seconds)
    return time.process_time() - before

while used_in(0.1) > 0.01:
    pass
inner_products(np.ones((4000, 384), dtype=np.float16), np.ones(384, dtype=np.float32))
print(used_in(0.2))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert float(done.stdout) < 0.02
