"""The index folder. Its kill tests save in a child process that is killed at every step in turn."""

from __future__ import annotations

import hashlib
import io
import json
import multiprocessing
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qa import storage
from qa.errors import IndexFolderError
from qa.index import PassageIndex, document_terms
from qa.settings import Settings
from qa.split import split
from qa.storage import load_index, save_index
from qa.types import Document, EmbeddedDocument, Progress, Vectors

SETTINGS = Settings(chunk_tokens=16)
ODD = (
    "\u017b\u00f3\u0142\u0107 \U0001f600 e\u0301 \u201cquotes\u201d\r\n\r\n# \u65e5\u672c\n\n"
    "\x00\x1c\ufeff <|endoftext|> \ud800 end."
)


class SilentEmbedder:
    """Names a model and must never be asked to embed: what is stored is enough."""

    dimension = 8

    def __init__(self, fingerprint: str = "model a") -> None:
        self.fingerprint = fingerprint

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Refuse."""
        raise AssertionError(f"asked to embed {len(texts)} texts ({progress})")


EMBEDDER = SilentEmbedder()


def entry_of(document: Document) -> EmbeddedDocument:
    """Return the document with vectors that depend on its content alone."""
    chunks = split(document, SETTINGS.chunk_tokens)
    sentences = sum(len(chunk.sentences) for chunk in chunks)
    numbers = np.random.default_rng(int(document.fingerprint[:8], 16))
    vectors = numbers.standard_normal((len(chunks) + sentences, EMBEDDER.dimension)).astype(np.float32)
    return EmbeddedDocument(
        document, chunks, vectors[: len(chunks)], vectors[len(chunks) :], document_terms(document, chunks)
    )


def document(name: str, text: str = "It was cold. The ships froze in the harbour that winter.") -> Document:
    return Document(name, f"{text} This is {name}.", name.title(), f"/somewhere/{name}")


def index_of(documents: Iterable[Document]) -> PassageIndex:
    index = PassageIndex(EMBEDDER.dimension)
    for each in documents:
        index.add(entry_of(each))
    return index


def save(folder: Path, *documents: Document) -> None:
    save_index(folder, index_of(documents), EMBEDDER, SETTINGS)


def load(folder: Path) -> PassageIndex:
    return load_index(folder, EMBEDDER, SETTINGS)


def content(index: PassageIndex) -> list[object]:
    """Return all that an index holds, vectors bit by bit."""
    entries = [index.entry(name) for name in index.documents]
    return [
        (
            entry.document,
            entry.chunks,
            entry.chunk_vectors.tobytes(),
            entry.chunk_vectors.shape,
            entry.sentence_vectors.tobytes(),
            entry.sentence_vectors.shape,
        )
        for entry in entries
    ]


def files_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Return the inode and time of writing of every file, by its path in the folder."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def document_files(folder: Path) -> dict[str, tuple[int, int]]:
    return {name: stamp for name, stamp in files_of(folder).items() if name != "manifest.json"}


def assert_tidy(folder: Path) -> None:
    """Assert that the folder holds the manifest and what it names, and nothing else."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert sorted(files_of(folder)) == sorted(["manifest.json", *(entry["file"] for entry in manifest["documents"])])
    assert [path.name for path in folder.iterdir() if path.is_dir()] == ["documents"]


def rewrite_manifest(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the manifest as someone would who knows how its checksum is made."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_bytes())
    change(manifest)
    del manifest["checksum"]
    manifest["checksum"] = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps(manifest), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an index folder of three documents."""
    folder = tmp_path / "index"
    save(folder, document("a.md"), document("b.md"), document("c.md"))
    return folder


any_text = st.one_of(st.text(max_size=60), st.text(st.characters(), max_size=20), st.just(ODD))
any_document = st.builds(
    Document, any_text, any_text, any_text, any_text, st.sampled_from([(), (0,), (0, 3, 3, 900_000_000_000)])
)


@given(st.lists(any_document, max_size=4, unique_by=lambda each: each.id))
@example([])
@example([Document("", "", "", "")])
@example([Document("sub folder/\u00fc.md", ODD * 5, ODD, "https://example.org/?q=1#x", (0, 7))])
@example([Document("\ud83d\ude00", "Text.", "", ""), Document("\U0001f600", "Text.", "", "")])
@settings(max_examples=60, deadline=None)
def test_what_is_saved_comes_back(documents: list[Document]) -> None:
    with tempfile.TemporaryDirectory() as name:
        index = index_of(documents)
        save_index(Path(name), index, EMBEDDER, SETTINGS)
        loaded = load(Path(name))
        assert content(loaded) == content(index)
        assert list(loaded.documents) == [each.id for each in documents]
        assert loaded.keyword.scores(["cold", "end"]).tolist() == index.keyword.scores(["cold", "end"]).tolist()
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
    (folder / "documents" / f"{'0' * 64}.npz").write_bytes(b"of an older format")
    (folder / ".saving-x").mkdir()
    (folder / ".saving-x" / "manifest.json").write_bytes(b"{")
    save(folder, document("a.md"))
    assert_tidy(folder)


@pytest.mark.parametrize(
    ("stranger", "named"),
    [
        pytest.param("notes.txt", "'notes.txt'", id="a file"),
        pytest.param("documents/article.pdf", "'documents/article.pdf'", id="a file in documents"),
        pytest.param("documents/folder/deep.md", "'documents/folder'", id="a folder in documents"),
        pytest.param("manifest.json", "'manifest.json'", id="a manifest of something else"),
        pytest.param(".hidden", "'.hidden'", id="a hidden file"),
        pytest.param("data/a.npz", "'data'", id="a folder"),
    ],
)
def test_a_folder_of_something_else_is_refused_and_untouched(tmp_path: Path, stranger: str, named: str) -> None:
    theirs = tmp_path / "theirs"
    (theirs / stranger).parent.mkdir(parents=True)
    (theirs / stranger).write_text("precious")
    before = files_of(theirs)
    with pytest.raises(IndexFolderError) as caught:
        save(theirs, document("a.md"))
    assert str(theirs) in str(caught.value)
    assert named in str(caught.value)
    assert "choose another" in str(caught.value)
    assert files_of(theirs) == before
    assert (theirs / stranger).read_text() == "precious"


def test_a_stranger_in_an_index_folder_is_refused_too(folder: Path) -> None:
    (folder / "documents" / "mine.txt").write_text("precious")
    before = files_of(folder)
    with pytest.raises(IndexFolderError, match=r"mine\.txt"):
        save(folder, document("z.md"))
    assert files_of(folder) == before


def error_of(folder: Path, embedder: SilentEmbedder = EMBEDDER, chosen: Settings = SETTINGS) -> str:
    with pytest.raises(IndexFolderError) as caught:
        load_index(folder, embedder, chosen)
    return str(caught.value)


def first_document_file(folder: Path) -> Path:
    return min((folder / "documents").iterdir())


def swap_two_documents(folder: Path) -> None:
    first, second, *_ = sorted((folder / "documents").iterdir())
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        pytest.param(shutil.rmtree, "", id="folder missing"),
        pytest.param(lambda at: (at / "manifest.json").unlink(), "", id="manifest missing"),
        pytest.param(lambda at: (at / "manifest.json").write_bytes(b""), "manifest.json", id="manifest empty"),
        pytest.param(lambda at: (at / "manifest.json").write_bytes(b"[1]"), "manifest.json", id="manifest a list"),
        pytest.param(lambda at: (at / "manifest.json").write_bytes(b"{}"), "manifest.json", id="manifest bare"),
        pytest.param(lambda at: first_document_file(at).unlink(), ".safetensors", id="document missing"),
        pytest.param(lambda at: first_document_file(at).write_bytes(b""), ".safetensors", id="document empty"),
        pytest.param(swap_two_documents, ".safetensors", id="documents swapped"),
    ],
)
def test_a_damaged_folder_is_refused_and_can_be_made_again(
    folder: Path, damage: Callable[[Path], object], named: str
) -> None:
    damage(folder)
    message = error_of(folder)
    assert str(folder) in message
    assert named in message
    assert "qa index" in message
    save(folder, document("a.md"), document("b.md"), document("c.md"))
    assert len(load(folder).documents) == 3
    assert_tidy(folder)


@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80, 0xFF], ids=hex)
def test_no_changed_byte_of_the_manifest_goes_unseen(folder: Path, mask: int) -> None:
    path = folder / "manifest.json"
    whole = path.read_bytes()
    for position in [*range(0, len(whole), 13), len(whole) - 1]:
        damaged = bytearray(whole)
        damaged[position] ^= mask
        path.write_bytes(damaged)
        message = error_of(folder)
        assert str(path) in message
        assert "qa index" in message


@pytest.mark.parametrize("mask", [0x01, 0xFF], ids=hex)
def test_no_changed_byte_of_a_document_goes_unseen(folder: Path, mask: int) -> None:
    for path in sorted((folder / "documents").iterdir()):
        whole = path.read_bytes()
        for position in [*range(0, len(whole), 97), len(whole) - 1]:
            damaged = bytearray(whole)
            damaged[position] ^= mask
            path.write_bytes(damaged)
            message = error_of(folder)
            assert str(path) in message
            assert "damaged" in message
        path.write_bytes(whole)
    assert len(load(folder).documents) == 3


@pytest.mark.parametrize("name", ["manifest.json", "document"])
def test_a_file_cut_short_is_refused(folder: Path, name: str) -> None:
    path = first_document_file(folder) if name == "document" else folder / name
    whole = path.read_bytes()
    for length in range(0, len(whole), len(whole) // 20):
        path.write_bytes(whole[:length])
        assert str(path) in error_of(folder)


def test_a_save_mends_a_damaged_document(folder: Path) -> None:
    path = first_document_file(folder)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"?")
    save(folder, document("a.md"), document("b.md"), document("c.md"))
    assert path.read_bytes() == whole


def test_another_format_is_refused(folder: Path) -> None:
    rewrite_manifest(folder, lambda manifest: manifest.update(format=storage.FORMAT + 1))
    message = error_of(folder)
    assert str(folder / "manifest.json") in message
    assert f"format {storage.FORMAT + 1}" in message
    assert "qa index" in message


def test_a_folder_of_the_last_format_is_refused_and_can_be_made_again(folder: Path) -> None:
    old = first_document_file(folder)
    old.rename(old.with_suffix(".npz"))

    def change(manifest: dict[str, Any]) -> None:
        del manifest["terms"]
        manifest["format"] = 2

    rewrite_manifest(folder, change)
    assert "has format 2, this version reads 3; make the index again with: qa index" in error_of(folder)
    save(folder, document("a.md"))
    assert list(load(folder).documents) == ["a.md"]
    assert_tidy(folder)


def test_stored_terms_spare_the_analysis(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.keyword.terms", lambda text: pytest.fail(f"analysed again: {text}"))
    assert load(folder).keyword.frequency("harbour") == 9


def test_terms_made_in_another_way_are_made_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = document_files(folder)
    assert load(folder).keyword.frequency("was") == 0
    monkeypatch.setattr("qa.keyword._FUNCTION_WORDS", frozenset())
    loaded = load(folder)
    assert loaded.keyword.frequency("was") == 6
    save_index(folder, loaded, EMBEDDER, SETTINGS)
    assert not before.keys() & document_files(folder).keys()
    monkeypatch.setattr("qa.index.analyse", lambda _: pytest.fail("analysed again"))
    assert load(folder).keyword.frequency("was") == 6


def test_a_rewritten_manifest_is_read(folder: Path) -> None:
    rewrite_manifest(folder, lambda manifest: manifest["documents"].reverse())
    assert list(load(folder).documents) == ["c.md", "b.md", "a.md"]


def test_another_model_is_refused(folder: Path) -> None:
    message = error_of(folder, SilentEmbedder("model b"))
    assert all(part in message for part in (str(folder), "model a", "model b", "QA_EMBEDDING_MODEL"))


def test_another_chunk_size_is_refused(folder: Path) -> None:
    message = error_of(folder, chosen=Settings(chunk_tokens=200))
    assert all(part in message for part in (str(folder), "200", "QA_CHUNK_TOKENS=16"))


@pytest.mark.parametrize("below", ["", "sub", "sub/sub"], ids=["a file", "below a file", "deep below a file"])
def test_a_path_that_cannot_be_a_folder_is_refused(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("text")
    path = tmp_path / "file" / below if below else tmp_path / "file"
    with pytest.raises(IndexFolderError) as caught:
        save(path, document("a.md"))
    assert str(path) in str(caught.value)
    assert str(path) in error_of(path)
    assert (tmp_path / "file").read_text() == "text"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_refused_and_stays_whole(folder: Path) -> None:
    folder.chmod(0o500)
    try:
        with pytest.raises(IndexFolderError, match="could not be written"):
            save(folder, document("z.md"))
    finally:
        folder.chmod(0o700)
    assert list(load(folder).documents) == ["a.md", "b.md", "c.md"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_index(folder: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os if call == "fsync" else Path, call, fail)
        with pytest.raises(IndexFolderError, match="No space left on device") as caught:
            save(folder, document("z.md"))
    assert str(folder) in str(caught.value)
    assert list(load(folder).documents) == ["a.md", "b.md", "c.md"]
    save(folder, document("z.md"))
    assert_tidy(folder)


def pages_needed(disk: Path) -> int:
    """Save with no page of the disk free, then with one, and so on; return how many were enough."""
    folder, filler = disk / "index", disk / "filler"
    pages = 0
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        save(folder, *OLD)
        state = os.statvfs(disk)
        filler.write_bytes(bytes((state.f_bavail - pages) * state.f_frsize))
        left = NEW
        try:
            save(folder, *NEW)
        except IndexFolderError as error:
            if "No space left on device" not in str(error):
                raise
            left = OLD
        assert content(load(folder)) == content(index_of(left))
        filler.unlink()
        save(folder, *NEW)
        assert content(load(folder)) == content(index_of(NEW))
        assert_tidy(folder)
        if left is NEW:
            return pages
        pages += 1


def test_a_real_disk_that_is_full_at_any_page_leaves_the_old_index(tmp_path: Path) -> None:
    mount = 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"'
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, str(tmp_path)]
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], check=False).returncode:
        pytest.skip("no disk can be made here")
    program = "import sys, pathlib, test_storage; print(test_storage.pages_needed(pathlib.Path(sys.argv[1])))"
    done = subprocess.run(
        [*command, sys.executable, "-c", program, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
        stdout=subprocess.PIPE,
        check=True,
    )
    assert int(done.stdout) >= 10


class Marker:
    """Makes a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.mkdir, (str(self.path),)


def pickled(marker: Path) -> bytes:
    return pickle.dumps(Marker(marker))


def numpy_archive(marker: Path) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, text=np.array([Marker(marker)], dtype=object))
    return buffer.getvalue()


@pytest.mark.parametrize("forge", [pickled, numpy_archive])
def test_nothing_is_unpickled(folder: Path, tmp_path: Path, forge: Callable[[Path], bytes]) -> None:
    marker = tmp_path / "unpickled"
    path = first_document_file(folder)
    path.write_bytes(forge(marker))
    put_checksum(folder, path)
    message = error_of(folder)
    assert str(path) in message
    assert not marker.exists()
    pickle.loads(pickled(marker))  # noqa: S301 -- shows that it would have run
    assert marker.exists(), "the payload would have worked"


def put_checksum(folder: Path, path: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        for entry in manifest["documents"]:
            if entry["file"].endswith(path.name):
                entry["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()

    rewrite_manifest(folder, change)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"PK\x03\x04 no archive", id="no header"),
        pytest.param(safetensors.numpy.save({}), id="no arrays"),
        pytest.param(safetensors.numpy.save({"text": np.zeros(2, dtype=np.uint8)}), id="one array"),
    ],
)
def test_a_document_file_of_something_else_is_refused(folder: Path, content: bytes) -> None:
    path = first_document_file(folder)
    path.write_bytes(content)
    put_checksum(folder, path)
    assert str(path) in error_of(folder)


# A save killed at any moment. Forking is cheap but unsafe beside the threads of other libraries, so a fresh process
# that loads none of them does it.

OLD = [document("a.md"), document("b.md"), document("c.md"), document("d.md", "Long. " * 1500)]
NEW = [document("a.md"), document("b.md", "Changed."), document("e.md"), document("f.md", "New. " * 1500), OLD[3]]
_TRACED = {"_save", "_write", "_sync_folder"}
_AUDITED = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.listdir", "os.scandir", "shutil.rmtree"}


class _KillAt:
    """Kills this process before its n-th step: a line of the save, or an operation on a file that it leads to."""

    def __init__(self, step: int) -> None:
        self.left = step
        self.saving = False

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def trace(self, frame: FrameType, event: str, _: object) -> Callable[..., Any] | None:
        if frame.f_code.co_filename != storage.__file__ or frame.f_code.co_name not in _TRACED:
            return None
        self.saving = True
        if event == "line":
            self.step()
        return self.trace

    def audit(self, event: str, _: tuple[object, ...]) -> None:
        if self.saving and event in _AUDITED:
            self.step()


def _saved_in_child(folder: Path, new: PassageIndex, kill_at: int | None, delay: float) -> bool:
    """Save in a child that is killed; return whether it finished before."""
    child = os.fork()
    if child == 0:
        if kill_at is not None:
            killer = _KillAt(kill_at)
            sys.addaudithook(killer.audit)
            sys.settrace(killer.trace)
        try:
            save_index(folder, new, EMBEDDER, SETTINGS)
        except BaseException:
            os._exit(1)
        os._exit(0)
    if kill_at is None:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, -signal.SIGKILL}, f"the save ended with {code}"
    return code == 0


def _outcome(folder: Path, before: list[object] | None, new: PassageIndex) -> str:
    """Load what a kill left, assert that it is one whole index, and save once more."""
    after = content(new)
    try:
        found = content(load(folder))
    except IndexFolderError:
        if before is not None:
            raise
        outcome = "none"
    else:
        assert found in (before, after)
        outcome = "new" if found == after else "old"
    save_index(folder, new, EMBEDDER, SETTINGS)
    assert content(load(folder)) == after
    assert_tidy(folder)
    return outcome


def killed_saves(place: Path, old: list[Document] | None, delays: list[float] | None) -> list[str]:
    """Kill one save after another; return what each left, or "finished"."""
    # A killed process loses nothing that it wrote, so waiting for the disk would only cost time.
    mock.patch("os.fsync").start()
    folder, kept = place / "index", place / "kept"
    if old is not None:
        save(kept, *old)
    new = index_of(NEW)
    before = None if old is None else content(load(kept))
    outcomes: list[str] = []
    while delays is None or len(outcomes) < len(delays):
        shutil.rmtree(folder, ignore_errors=True)
        if old is not None:
            shutil.copytree(kept, folder)
        step = len(outcomes)
        if delays is None and _saved_in_child(folder, new, step, 0):
            assert _outcome(folder, before, new) == "new"
            return [*outcomes, "finished"]
        if delays is not None:
            _saved_in_child(folder, new, None, delays[step])
        outcomes.append(_outcome(folder, before, new))
    return outcomes


def in_fresh_process(place: Path, old: list[Document] | None, delays: list[float] | None) -> list[str]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(killed_saves, place, old, delays).result()


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")


@needs_fork
@pytest.mark.parametrize(("old", "left"), [(OLD, "old"), (None, "none")], ids=["over an old index", "first save"])
def test_a_kill_at_any_step_leaves_the_old_index_or_the_new(
    tmp_path: Path, old: list[Document] | None, left: str
) -> None:
    *killed, last = in_fresh_process(tmp_path, old, None)
    assert last == "finished"
    assert len(killed) >= 60
    # One step puts the new index in the place of the old.
    turn = killed.index("new")
    assert killed == [left] * turn + ["new"] * (len(killed) - turn)
    assert min(turn, len(killed) - turn) >= 5


@needs_fork
def test_a_kill_at_any_moment_leaves_the_old_index_or_the_new(tmp_path: Path) -> None:
    moments = random.Random(7)
    outcomes = in_fresh_process(tmp_path, OLD, [0.0, *(moments.uniform(0, 0.1) for _ in range(40))])
    assert set(outcomes) <= {"old", "new"}
    assert "old" in outcomes
