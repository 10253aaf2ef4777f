"""Saving and loading an index; only changed files are written."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from conftest import examples
from hypothesis import example, given
from hypothesis import strategies as st
from saved_index import (
    EMBEDDER,
    SETTINGS,
    UNICODE_TEXT,
    SilentEmbedder,
    assert_tidy,
    content,
    document,
    document_files,
    error_of,
    files_of,
    index_of,
    load,
    rewrite_manifest,
    save,
)

from qa.errors import IndexFolderError
from qa.index.manifest import FORMAT
from qa.index.storage import load_index, save_index
from qa.settings import Settings
from qa.text.function_words import FUNCTION_WORDS
from qa.types import Document

any_text = st.one_of(st.text(max_size=60), st.text(st.characters(), max_size=20), st.just(UNICODE_TEXT))
any_document = st.builds(
    Document,
    any_text,
    any_text,
    any_text,
    any_text,
    st.sampled_from([(), (0,), (0, 3, 3, 900_000_000_000)]),
    notes=st.lists(any_text, max_size=2).map(tuple),
    language=st.sampled_from(["", "de"]),
    recognised=st.sampled_from([(), ((0, 3), (3, 900_000_000_000))]),
)


@given(st.lists(any_document, max_size=4, unique_by=lambda each: each.id))
@example([])
@example([Document("", "", "", "")])
@example([Document("sub folder/\u00fc.md", UNICODE_TEXT * 5, UNICODE_TEXT, "https://example.org/?q=1#x", (0, 7))])
@example([Document("\ud83d\ude00", "Text.", "", ""), Document("\U0001f600", "Text.", "", "")])
@examples(60)
def test_a_saved_index_is_loaded_unchanged(documents: list[Document]) -> None:
    with tempfile.TemporaryDirectory() as name:
        index = index_of(documents)
        save_index(Path(name), index, EMBEDDER, SETTINGS)
        loaded = load(Path(name))
        assert content(loaded) == content(index)
        assert list(loaded.documents) == [each.id for each in documents]
        (found, scores), (rows, others) = (each.keyword.search(["cold", "end"], 100) for each in (loaded, index))
        assert (found.tolist(), scores.tolist()) == (rows.tolist(), others.tolist())
        assert_tidy(Path(name))


def test_parent_folders_are_made(tmp_path: Path) -> None:
    save(tmp_path / "one" / "two", document("a.md"))
    assert list(load(tmp_path / "one" / "two").documents) == ["a.md"]


def test_an_unchanged_library_writes_no_document_again(folder: Path) -> None:
    before = document_files(folder)
    save_index(folder, load(folder), EMBEDDER, SETTINGS)
    assert document_files(folder) == before


@pytest.mark.parametrize(
    ("names", "made", "gone"),
    [
        pytest.param("abcd", 1, 0, id="one added"),
        pytest.param("ac", 0, 1, id="one removed"),
        pytest.param("cba", 0, 0, id="other order"),
        pytest.param("xbc", 1, 1, id="one for another"),
        pytest.param("", 0, 3, id="all removed"),
    ],
)
def test_only_what_changed_is_written(folder: Path, names: str, made: int, gone: int) -> None:
    before = document_files(folder)
    save(folder, *(document(f"{name}.md") for name in names))
    after = document_files(folder)
    assert len(after.keys() - before.keys()) == made
    assert len(before.keys() - after.keys()) == gone
    assert all(after[name] == before[name] for name in after.keys() & before.keys())
    assert list(load(folder).documents) == [f"{name}.md" for name in names]
    assert_tidy(folder)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Document("a.md", "Other text.", "A.Md", "/somewhere/a.md"), id="text"),
        pytest.param(Document("a.md", document("a.md").text, "Other", "/somewhere/a.md"), id="title"),
        pytest.param(Document("a.md", document("a.md").text, "A.Md", "/elsewhere/a.md"), id="source"),
        pytest.param(Document("a.md", document("a.md").text, "A.Md", "/somewhere/a.md", (0,)), id="pages"),
    ],
)
def test_a_changed_document_replaces_the_old(folder: Path, other: Document) -> None:
    save(folder, other, document("b.md"))
    assert content(load(folder)) == content(index_of([other, document("b.md")]))
    assert_tidy(folder)


@pytest.mark.parametrize(
    ("embedder", "chosen"),
    [
        pytest.param(SilentEmbedder("model b"), SETTINGS, id="model"),
        pytest.param(EMBEDDER, Settings(chunk_tokens=17), id="chunk size"),
    ],
)
def test_another_model_or_chunk_size_replaces_every_file(
    folder: Path, embedder: SilentEmbedder, chosen: Settings
) -> None:
    before = document_files(folder)
    index = index_of([document("a.md"), document("b.md")])
    save_index(folder, index, embedder, chosen)
    assert not before.keys() & document_files(folder).keys()
    assert content(load_index(folder, embedder, chosen)) == content(index)
    assert_tidy(folder)


def test_files_that_no_manifest_names_are_removed(folder: Path) -> None:
    (folder / "documents" / f"{'0' * 64}.safetensors").write_bytes(b"left by a kill")
    (folder / ".saving-x").mkdir()
    (folder / ".saving-x" / "manifest.json").write_bytes(b"{")
    save(folder, document("a.md"))
    assert_tidy(folder)


@pytest.mark.parametrize(
    ("unexpected", "named"),
    [
        ("notes.txt", "'notes.txt'"),
        ("documents/article.pdf", "'documents/article.pdf'"),
        ("documents/folder/deep.md", "'documents/folder'"),
        ("manifest.json", "'manifest.json'"),
        (".hidden", "'.hidden'"),
        ("data/a.npz", "'data'"),
    ],
    ids=[
        "a file",
        "a file in documents",
        "a folder in documents",
        "a manifest of something else",
        "a hidden file",
        "a folder",
    ],
)
def test_a_folder_of_something_else_is_refused_and_untouched(tmp_path: Path, unexpected: str, named: str) -> None:
    theirs = tmp_path / "theirs"
    (theirs / unexpected).parent.mkdir(parents=True)
    (theirs / unexpected).write_text("precious")
    before = files_of(theirs)
    with pytest.raises(IndexFolderError) as caught:
        save(theirs, document("a.md"))
    assert str(theirs) in str(caught.value)
    assert named in str(caught.value)
    assert "choose another" in str(caught.value)
    assert files_of(theirs) == before
    assert (theirs / unexpected).read_text() == "precious"


def test_an_unexpected_file_in_an_index_folder_is_refused(folder: Path) -> None:
    (folder / "documents" / "mine.txt").write_text("precious")
    before = files_of(folder)
    with pytest.raises(IndexFolderError, match=r"mine\.txt"):
        save(folder, document("z.md"))
    assert files_of(folder) == before


def test_another_format_is_refused(folder: Path) -> None:
    rewrite_manifest(folder, lambda manifest: manifest.update(format=FORMAT + 1))
    message = error_of(folder)
    assert str(folder / "manifest.json") in message
    assert f"format {FORMAT + 1}" in message
    assert "qa index" in message


def test_stored_terms_are_not_computed_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.text.tokens.terms", lambda text, _: pytest.fail(f"analysed again: {text}"))
    assert load(folder).keyword.document_frequencies(["harbour"])["harbour"] == 6


def test_terms_of_another_analyzer_are_computed_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = document_files(folder)
    assert load(folder).keyword.document_frequencies(["was"])["was"] == 0
    monkeypatch.setitem(FUNCTION_WORDS, "en", frozenset())
    loaded = load(folder)
    assert loaded.keyword.document_frequencies(["was"])["was"] == 3
    save_index(folder, loaded, EMBEDDER, SETTINGS)
    assert not before.keys() & document_files(folder).keys()
    monkeypatch.setattr("qa.documents.analysis.term_rows", lambda *_: pytest.fail("analysed again"))
    assert load(folder).keyword.document_frequencies(["was"])["was"] == 3


def test_a_rewritten_manifest_is_read(folder: Path) -> None:
    rewrite_manifest(folder, lambda manifest: manifest["documents"].reverse())
    assert list(load(folder).documents) == ["c.md", "b.md", "a.md"]


def test_another_model_is_refused(folder: Path) -> None:
    message = error_of(folder, SilentEmbedder("model b"))
    assert all(part in message for part in (str(folder), "model a", "model b", "QA_EMBEDDING_MODEL"))


def test_another_chunk_size_is_refused(folder: Path) -> None:
    message = error_of(folder, chosen=Settings(chunk_tokens=200))
    assert all(part in message for part in (str(folder), "200", "QA_CHUNK_TOKENS=16"))
