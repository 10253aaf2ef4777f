"""A large library on disk is searched as one in memory is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from index.test_memory import DIMENSION, EMPTY, QUERY, WORDS, A, B, C, assert_same_entry, entry_of, index_of, unit_rows
from qa.documents.analysis import document_terms
from qa.index.base import EmbeddedDocument
from qa.index.bm25 import term_weights
from qa.index.delta import DeltaIndex, rebuild_changed
from qa.index.memory import PassageIndex
from qa.index.mmap import MappedIndex
from qa.index.mmap_writer import write_mmap_index
from qa.types import Chunk, Document

UNICODE = Document(
    "\ud83d\ude00 \u00fc.md", "\u65e5\u672c ice\ud800. Caf\u00e9 \U0001f600 sea.", "\u017b\x00", "", (0, 7)
)


def unicode_entry() -> EmbeddedDocument:
    chunks = [
        Chunk(UNICODE.id, 0, 8, UNICODE.text[:8], ((0, 8),), "One: \u4e8c"),
        Chunk(UNICODE.id, 9, 20, UNICODE.text[9:20], ((9, 13), (14, 20)), "One"),
    ]
    return EmbeddedDocument(UNICODE, tuple(chunks), unit_rows(5, 2), unit_rows(6, 3), document_terms(UNICODE, chunks))


ENTRIES = [A, EMPTY, B, unicode_entry(), C]
D = entry_of("d", [3, 1])
NAMES = [entry.document.id for entry in ENTRIES]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the files of all entries."""
    folder = tmp_path_factory.mktemp("packed")
    write_mmap_index(folder, index_of(*ENTRIES))
    return folder


def assert_same_answers(found: DeltaIndex, expected: PassageIndex) -> None:
    """Compare everything except row numbers, which a removal does not change."""
    assert list(found.documents.items()) == list(expected.documents.items())
    assert len(found) == len(expected)
    rows = found.rows(expected.documents)
    assert [found.chunk(row) for row in rows.tolist()] == [expected.chunk(row) for row in range(len(expected))]
    numbers = {row: number for number, row in enumerate(rows.tolist())}
    sentences = {row: number for number, row in enumerate(found.sentences(rows).tolist())}
    for row, number in sentences.items():
        assert numbers[found.locate(row)[0]] == expected.locate(number)[0]
        assert found.continues_section(row) == expected.continues_section(number)
    for one, other in zip(
        found.similarities(QUERY, rows), expected.similarities(QUERY, expected.rows(expected.documents)), strict=True
    ):
        assert one == pytest.approx(other, abs=1e-6)
    for documents in (None, [*expected.documents][::2]):
        limits = [None if documents is None else index.rows(documents) for index in (found, expected)]
        if documents is not None:
            assert [numbers[row] for row in found.rows(documents).tolist()] == expected.rows(documents).tolist()
        for k in (1, 3, 100):
            near, cosines = found.nearest_chunks(QUERY, k, limits[0])
            chunks, others = expected.nearest_chunks(QUERY, k, limits[1])
            assert [numbers[row] for row in near.tolist()] == chunks.tolist()
            assert cosines == pytest.approx(others, abs=1e-6)
            best, scores = found.keyword.search(WORDS[:3], k)
            theirs, others = expected.keyword.search(WORDS[:3], k)
            assert [numbers[row] for row in best.tolist()] == theirs.tolist()
            assert scores.tolist() == others.tolist()
    weights, expected_weights = (
        term_weights(index.keyword, [*WORDS, "caf\u00e9", "\u65e5\u672c", "zz", ""]) for index in (found, expected)
    )
    assert weights == expected_weights
    scores, others = (
        index.keyword.sentence_scores(
            weights, index.rows(expected.documents), index.sentence_counts(index.rows(expected.documents))
        )
        for index in (found, expected)
    )
    assert scores.tolist() == others.tolist()
    for name in expected.documents:
        assert_same_entry(found.entry(name), expected.entry(name))


@pytest.mark.slow
@given(st.lists(st.tuples(st.booleans(), st.sampled_from([*NAMES, "d"])), max_size=6))
@examples(40)
def test_a_library_on_disk_that_changes_equals_one_in_memory(packed: Path, changes: list[tuple[bool, str]]) -> None:
    found = DeltaIndex(MappedIndex(packed), PassageIndex(DIMENSION))
    expected = index_of(*ENTRIES)
    entries = {entry.document.id: entry for entry in [*ENTRIES, D]}
    for add, name in changes:
        if add:
            found.add(entries[name])
            expected.add(entries[name])
        elif name in expected.documents:
            found.remove(name)
            expected.remove(name)
        else:
            with pytest.raises(KeyError):
                found.remove(name)
    assert_same_answers(found, expected)
    again = DeltaIndex(MappedIndex(packed, found.base.removed), found.added)
    assert_same_answers(again, expected)


def test_packing_is_deterministic_and_includes_changes(packed: Path, tmp_path: Path) -> None:
    changed = DeltaIndex(MappedIndex(packed), PassageIndex(DIMENSION))
    changed.remove(NAMES[2])
    changed.add(D)
    for name in ("once", "again"):
        (tmp_path / name).mkdir()
        write_mmap_index(tmp_path / name, changed)
    files = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("once", "again")]
    assert files[0] == files[1]
    expected = index_of(*(entry for entry in ENTRIES if entry.document.id != NAMES[2]), D)
    assert_same_answers(DeltaIndex(MappedIndex(tmp_path / "once"), PassageIndex(DIMENSION)), expected)


def test_terms_are_merged_from_blocks(packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.index.mmap_writer._BLOCK_TERMS", 3)
    write_mmap_index(tmp_path, index_of(*ENTRIES))
    for path in packed.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_vectors_are_grouped_by_so_many_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import faiss

    seen: list[int] = []
    monkeypatch.setattr(faiss, "omp_set_num_threads", seen.append)
    for shared, expected in ((10, [1, 1]), (0, [3, 1])):
        monkeypatch.setattr("qa.index.mmap_writer._MIN_PARALLEL_VECTORS", shared)
        folder = tmp_path / str(shared)
        folder.mkdir()
        write_mmap_index(folder, index_of(*ENTRIES), threads=3)
        assert seen[-2:] == expected


def test_a_library_on_disk_is_updated_in_place(packed: Path) -> None:
    index = DeltaIndex(MappedIndex(packed), PassageIndex(DIMENSION))
    moved = replace(ENTRIES[3].document, source="elsewhere")
    changed = entry_of("c", [1, 1], version=2)
    wanted = [D.document, changed.document, ENTRIES[0].document, moved]
    assert rebuild_changed(index, wanted, {"d": D, "c": changed}) is index
    expected = index_of(ENTRIES[0], D, changed, replace(ENTRIES[3], document=moved))
    assert_same_answers(index, expected)
    assert list(index.base.documents) == ["a"]


def test_vectors_that_do_not_fit_leave_the_document_that_there_was(packed: Path) -> None:
    index = DeltaIndex(MappedIndex(packed), PassageIndex(DIMENSION))
    with pytest.raises(ValueError, match=r"expected \(\("):
        index.add(replace(A, chunk_vectors=A.chunk_vectors[:1]))
    assert_same_answers(index, index_of(*ENTRIES))
