"""The folder of a large library: most documents in a base that is never changed, the others beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from saved_index import (
    EMBEDDER,
    NEW,
    OLD,
    SETTINGS,
    assert_tidy,
    content,
    document,
    entry_of,
    error_of,
    files_of,
    index_of,
    load,
    rewrite_manifest,
    save,
)

from qa.errors import IndexFolderError
from qa.files import digest_of_regular
from qa.index import storage
from qa.index.base import MutableIndex
from qa.index.delta import DeltaIndex
from qa.index.manifest import FORMAT
from qa.index.memory import PassageIndex
from qa.index.storage import save_index
from qa.text.function_words import FUNCTION_WORDS

LIMIT = 6


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an index folder of four documents, with enough chunks for a base."""
    monkeypatch.setattr(storage, "MMAP_THRESHOLD_CHUNKS", LIMIT)
    folder = tmp_path / "large"
    save(folder, *OLD)
    return folder


def base_of(folder: Path) -> dict[str, tuple[int, int]]:
    return {name: stamp for name, stamp in files_of(folder).items() if name.startswith("bases/")}


def opened(folder: Path) -> DeltaIndex:
    index = load(folder)
    assert isinstance(index, DeltaIndex)
    return index


def test_a_large_library_is_loaded_from_its_base(large: Path) -> None:
    index = opened(large)
    assert content(index) == content(index_of(OLD))
    assert len(index) == len(index.base) >= LIMIT
    assert_tidy(large)


def test_more_passages_than_there_are_can_be_asked_for(large: Path) -> None:
    index = opened(large)
    question = np.ones(EMBEDDER.dimension, np.float32)
    assert len(index.nearest_chunks(question, 10**12)[0]) == len(index)


def test_the_limit_separates_large_from_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chunks = len(index_of(OLD))
    for limit, kind in ((chunks + 1, PassageIndex), (chunks, DeltaIndex)):
        monkeypatch.setattr(storage, "MMAP_THRESHOLD_CHUNKS", limit)
        save(tmp_path / "index", *OLD)
        assert type(load(tmp_path / "index")) is kind
        assert_tidy(tmp_path / "index")


def test_a_document_added_or_removed_costs_itself(large: Path) -> None:
    before = files_of(large)
    index = opened(large)
    index.add(entry_of(document("new.md")))
    save_index(large, index, EMBEDDER, SETTINGS)
    added = files_of(large)
    assert [name.split("/")[0] for name in added.keys() - before.keys()] == ["documents"]
    assert base_of(large) == {name: stamp for name, stamp in before.items() if name.startswith("bases/")}
    index = opened(large)
    index.remove("a.md")
    save_index(large, index, EMBEDDER, SETTINGS)
    assert {name: stamp for name, stamp in files_of(large).items() if name != "manifest.json"} == {
        name: stamp for name, stamp in added.items() if name != "manifest.json"
    }
    assert list(load(large).documents) == ["b.md", "c.md", "d.md", "new.md"]
    assert content(load(large))[:3] == content(index_of(OLD[1:]))
    assert_tidy(large)


def test_a_copy_without_its_empty_folder_can_be_updated(large: Path) -> None:
    (large / "documents").rmdir()
    index = opened(large)
    index.remove("a.md")
    save_index(large, index, EMBEDDER, SETTINGS)
    assert list(load(large).documents) == ["b.md", "c.md", "d.md"]


def test_a_changed_document_leaves_the_base(large: Path) -> None:
    changed = document("b.md", "Changed.")
    index = opened(large)
    index.add(entry_of(changed))
    save_index(large, index, EMBEDDER, SETTINGS)
    assert content(load(large)) == [*content(index_of([OLD[0], *OLD[2:]])), *content(index_of([changed]))]


def grow(index: MutableIndex) -> None:
    for number in range(LIMIT):
        index.add(entry_of(document(f"more {number}.md")))


def shrink(index: MutableIndex) -> None:
    for each in OLD[1:]:
        index.remove(each.id)


def lose_most(index: MutableIndex) -> None:
    index.remove(OLD[3].id)
    for number in range(LIMIT - 1):
        index.add(entry_of(document(f"more {number}.md")))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        pytest.param(grow, DeltaIndex, id="much was added"),
        pytest.param(lose_most, DeltaIndex, id="most was removed"),
        pytest.param(shrink, PassageIndex, id="little is left"),
    ],
)
def test_an_outdated_base_is_replaced(
    large: Path, change: Callable[[MutableIndex], None], kind: type[MutableIndex]
) -> None:
    before = base_of(large)
    index = opened(large)
    change(index)
    held = [each.document.id for each in map(index.entry, index.documents)]
    save_index(large, index, EMBEDDER, SETTINGS)
    assert not before.keys() & base_of(large).keys()
    again = load(large)
    assert type(again) is kind
    assert list(again.documents) == held
    if isinstance(again, DeltaIndex):
        assert not again.added.documents
    assert_tidy(large)


def test_an_open_index_keeps_the_base_that_was_replaced(large: Path) -> None:
    reader = opened(large)
    save(large, *NEW)
    assert content(reader) == content(index_of(OLD))
    assert content(load(large)) == content(index_of(NEW))
    assert_tidy(large)


def test_an_index_saved_elsewhere_copies_its_base(large: Path, tmp_path: Path) -> None:
    save_index(tmp_path / "other", opened(large), EMBEDDER, SETTINGS)
    assert content(load(tmp_path / "other")) == content(index_of(OLD))
    assert_tidy(tmp_path / "other")


def test_a_folder_without_a_base_gets_one_when_large(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = load(folder)
    monkeypatch.setattr(storage, "MMAP_THRESHOLD_CHUNKS", len(index))
    save_index(folder, index, EMBEDDER, SETTINGS)
    assert list(opened(folder).base.documents) == ["a.md", "b.md", "c.md"]
    assert_tidy(folder)


def test_damage_to_a_base_is_detected_and_it_can_be_built_again(large: Path) -> None:
    paths = [large / name for name in base_of(large)]
    assert len(paths) >= 20
    for path in paths:
        whole = path.read_bytes()
        for damaged in (whole[:-1], whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]), whole + b"?", b""):
            path.write_bytes(damaged)
            message = error_of(large)
            assert str(path) in message
            assert "qa index" in message
        path.unlink()
        assert str(path) in error_of(large)
        path.write_bytes(whole)
    assert content(load(large)) == content(index_of(OLD))
    paths[0].unlink()
    paths[1].write_bytes(b"")
    save(large, *OLD)
    assert content(load(large)) == content(index_of(OLD))
    assert_tidy(large)


def test_a_disk_that_fails_is_an_error_that_names_the_base(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    for name in ("qa.index.storage.digest_of_regular", "pathlib.Path.iterdir"):
        with monkeypatch.context() as patch:
            patch.setattr(name, fail)
            assert f"{large}/bases/" in (message := error_of(large))
            assert "could not be read (Input/output error); rebuild the index with: qa index" in message


def put_checksum(large: Path, path: Path) -> None:
    def put(manifest: dict[str, dict[str, dict[str, str]]]) -> None:
        manifest["base"]["files"][path.name] = digest_of_regular(path)

    rewrite_manifest(large, put)


@pytest.mark.parametrize("name", ["chunk_vectors.npy", "groups.faiss", "texts_starts.npy"])
def test_a_forged_base_is_refused(large: Path, name: str) -> None:
    path = next(large / each for each in base_of(large) if each.endswith(f"/{name}"))
    path.write_bytes(b"something else")
    put_checksum(large, path)
    message = error_of(large)
    assert str(path.parent) in message
    assert "qa index" in message


@pytest.mark.parametrize(
    ("name", "forge"),
    [
        pytest.param("texts_starts", lambda array: array + 10**6, id="texts beyond their bytes"),
        pytest.param("texts_starts", lambda array: array[::-1], id="texts that end before they start"),
        pytest.param("ids_starts", lambda array: array[:-1], id="an id too few"),
        pytest.param("document_chunks", lambda array: array * 2, id="chunks that are not there"),
        pytest.param("chunk_sentences", lambda array: array[:-1], id="a chunk too few"),
        pytest.param("chunks", lambda array: -1 - array, id="a chunk before the text"),
        pytest.param("chunks", lambda array: array.astype(np.float64), id="spans of another kind"),
        pytest.param("sentences", lambda array: array[:, ::-1], id="a sentence that ends before it starts"),
        pytest.param("chunk_headings", lambda array: array + 10**6, id="a heading that is not there"),
        pytest.param("posting_rows", lambda array: array + 10**6, id="a row that is not there"),
        pytest.param("posting_parts", lambda array: array[:-1], id="the parts of a posting too few"),
        pytest.param("posting_starts", lambda array: array + 1, id="postings that are not there"),
        pytest.param("lengths", lambda array: array - 10**6, id="rows of less than no terms"),
        pytest.param("chunk_vectors", lambda array: array[:, :-1], id="vectors of another size"),
        pytest.param("sentence_vectors", lambda array: array[:-1], id="a vector too few"),
    ],
)
def test_a_base_whose_parts_do_not_fit_is_refused(
    large: Path, name: str, forge: Callable[[NDArray[Any]], NDArray[Any]]
) -> None:
    path = next(large / each for each in base_of(large) if each.endswith(f"/{name}.npy"))
    forged = np.ascontiguousarray(forge(np.load(path)))
    np.save(path, forged)
    put_checksum(large, path)
    message = error_of(large)
    assert str(path.parent) in message
    assert "qa index" in message


@pytest.mark.parametrize(
    ("name", "byte"), [("details", b"{"), ("details", b"\xff"), ("texts", b"\xff")], ids=["JSON", "details", "text"]
)
def test_a_document_of_a_base_that_cannot_be_read_is_an_error_that_says_so(large: Path, name: str, byte: bytes) -> None:
    path = next(large / each for each in base_of(large) if each.endswith(f"/{name}.npy"))
    array = np.load(path)
    array[:] = byte[0]
    np.save(path, array)
    put_checksum(large, path)
    index = opened(large)
    with pytest.raises(IndexFolderError, match="rebuild it with: qa index"):
        list(index.documents.values())


def test_unnamed_files_in_a_base_are_not_read(large: Path) -> None:
    (path,) = {(large / each).parent for each in base_of(large)}
    (path / "more.npy").symlink_to("/etc/passwd")
    assert "unexpected file 'more.npy'" in error_of(large)


@pytest.mark.parametrize("which", ["bases", "base"])
def test_a_base_behind_a_link_is_not_read(large: Path, tmp_path: Path, which: str) -> None:
    (base,) = {(large / each).parent for each in base_of(large)}
    path = base if which == "base" else base.parent
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    before = files_of(tmp_path / "elsewhere")
    assert f"{path}: is missing, or a link instead of a folder" in error_of(large)
    with pytest.raises(IndexFolderError, match="choose another"):
        save(large, *OLD)
    assert files_of(tmp_path / "elsewhere") == before


def test_room_is_set_aside_before_mapped_files_are_written(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a full disk has no page for a mapped file, the process is killed."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(IndexFolderError, match="No space left on device"):
        save(large, *NEW)
    assert not list(large.glob(".saving-*"))
    assert content(load(large)) == content(index_of(OLD))


def test_a_file_that_cannot_be_written_whole_leaves_the_old_index(large: Path) -> None:
    """Limits the size of files, which fails writes as a full disk does."""
    resource = pytest.importorskip("resource")
    new = [document(f"{name}.md", " ".join(f"word{name}{number}" for number in range(300))) for name in "abcdefgh"]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    for limit in range(1000, 30_000, 1000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        try:
            with pytest.raises(IndexFolderError, match="free some space and give the command again"):
                save(large, *new)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(large.glob(".saving-*"))
    assert content(load(large)) == content(index_of(OLD))


def test_vectors_that_cannot_be_written_are_an_error(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise RuntimeError("Error in size_t faiss::FileIOWriter::operator()")

    monkeypatch.setattr("faiss.write_index", full)
    with pytest.raises(IndexFolderError, match=r"is the disk full.*free some space"):
        save(large, *NEW)
    assert not list(large.glob(".saving-*"))


def test_terms_of_another_analyzer_are_computed_again(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FUNCTION_WORDS, "en", frozenset())
    index = load(large)
    assert index.keyword.document_frequencies(["was"])["was"] > 0
    save_index(large, index, EMBEDDER, SETTINGS)
    assert (
        opened(large).keyword.document_frequencies(["was"])["was"] == index.keyword.document_frequencies(["was"])["was"]
    )


@pytest.mark.parametrize("unexpected", ["bases/mine.txt", "bases/mine/a.npy", f"bases/{'0' * 64}/mine.txt"])
def test_an_unexpected_file_among_the_bases_is_refused(large: Path, unexpected: str) -> None:
    (large / unexpected).parent.mkdir(exist_ok=True)
    (large / unexpected).write_text("precious")
    with pytest.raises(IndexFolderError, match="choose another"):
        save(large, *OLD)
    assert (large / unexpected).read_text() == "precious"


def test_a_partial_base_of_a_killed_save_is_removed(large: Path) -> None:
    left = large / "bases" / ("0" * 64)
    left.mkdir()
    (left / "chunks.npy").write_bytes(b"left by a kill")
    save_index(large, opened(large), EMBEDDER, SETTINGS)
    assert_tidy(large)
    assert json.loads((large / "manifest.json").read_bytes())["format"] == FORMAT
