"""An index folder that is damaged or forged is refused, with what to do."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from saved_index import (
    assert_tidy,
    document,
    error_of,
    load,
    rewrite_manifest,
    save,
)

from qa.errors import IndexFolderError


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
        pytest.param(lambda at: shutil.rmtree(at / "documents"), "documents", id="documents missing"),
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


@pytest.mark.parametrize("name", ["a\0b", "\ud800"], ids=["NUL", "surrogate"])
def test_a_path_that_no_file_can_have_is_no_index(tmp_path: Path, name: str) -> None:
    assert "does not exist; check the path, or make it with: qa index" in error_of(tmp_path / name)


def test_a_folder_of_other_files_is_no_index(tmp_path: Path) -> None:
    assert "is not an index: it has no manifest.json; make one with: qa index" in error_of(tmp_path)


def messages_of_changes(folder: Path, path: Path, mask: int, step: int) -> Iterator[str]:
    """Change every nth byte and the last, one at a time; yield the error of opening the index; undo each change."""
    whole = path.read_bytes()
    for position in [*range(0, len(whole), step), len(whole) - 1]:
        damaged = bytearray(whole)
        damaged[position] ^= mask
        path.write_bytes(damaged)
        yield error_of(folder)
    path.write_bytes(whole)


@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80, 0xFF], ids=hex)
def test_every_changed_byte_of_the_manifest_is_detected(folder: Path, mask: int) -> None:
    path = folder / "manifest.json"
    for message in messages_of_changes(folder, path, mask, 13):
        assert str(path) in message
        assert "qa index" in message


@pytest.mark.parametrize("mask", [0x01, 0xFF], ids=hex)
def test_every_changed_byte_of_a_document_is_detected(folder: Path, mask: int) -> None:
    for path in sorted((folder / "documents").iterdir()):
        for message in messages_of_changes(folder, path, mask, 97):
            assert str(path) in message
            assert "damaged" in message
    assert len(load(folder).documents) == 3


def test_a_file_that_may_not_be_read_is_not_to_be_made_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, _: int) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr("qa.index.manifest.read_regular", refuse)
    assert error_of(folder).endswith("manifest.json: could not be read (Permission denied); change its permissions")


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


def test_a_folder_of_the_last_format_is_refused_and_can_be_made_again(folder: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        del manifest["base"]
        manifest["format"] = 5

    rewrite_manifest(folder, change)
    assert "has format 5, this version reads 6; rebuild the index with: qa index" in error_of(folder)
    save(folder, document("a.md"))
    assert list(load(folder).documents) == ["a.md"]
    assert_tidy(folder)


@pytest.mark.parametrize("below", ["", "sub", "sub/sub"], ids=["a file", "below a file", "deep below a file"])
def test_a_path_that_cannot_be_a_folder_is_refused(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("text")
    path = tmp_path / "file" / below if below else tmp_path / "file"
    with pytest.raises(IndexFolderError) as caught:
        save(path, document("a.md"))
    assert str(path) in str(caught.value)
    assert str(path) in error_of(path)
    assert (tmp_path / "file").read_text() == "text"


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


@pytest.mark.parametrize(
    ("name", "forge"),
    [
        pytest.param("term_numbers", lambda array: array + 10**6, id="a term beyond the vocabulary"),
        pytest.param("term_numbers", lambda array: array - 10**6, id="a term before the vocabulary"),
        pytest.param("term_lengths", lambda array: array + 1, id="more terms than there are"),
        pytest.param("term_lengths", lambda array: array[:-1], id="a row of terms too few"),
        pytest.param("term_parts", lambda array: array[:-1], id="the parts of a term too few"),
        pytest.param("term_parts", lambda array: array.astype(np.int64), id="parts of another kind"),
        pytest.param("chunks", lambda array: array + 10**6, id="a chunk beyond the text"),
        pytest.param("chunks", lambda array: array[:, ::-1], id="a chunk that ends before it starts"),
        pytest.param("sentences", lambda array: array - 10**6, id="a sentence before the text"),
        pytest.param("sentences", lambda array: array[:-1], id="a sentence too few"),
        pytest.param("sentence_counts", lambda array: array + 1, id="more sentences than there are"),
        pytest.param("sentence_counts", lambda array: array - 10**6, id="fewer sentences than none"),
        pytest.param("chunk_vectors", lambda array: array * np.float16("nan"), id="a vector of no numbers"),
        pytest.param("chunk_vectors", lambda array: array.astype(np.float64), id="vectors of another kind"),
        pytest.param("sentence_vectors", lambda array: array[:-1], id="a vector too few"),
        pytest.param("sentence_vectors", lambda array: array[:, :-1], id="vectors of another size"),
        pytest.param("headings", lambda array: array[:-1], id="headings cut short"),
    ],
)
def test_a_document_file_whose_parts_do_not_fit_is_refused(
    folder: Path, name: str, forge: Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]
) -> None:
    path = first_document_file(folder)
    arrays = safetensors.numpy.load(path.read_bytes())
    arrays[name] = np.ascontiguousarray(forge(arrays[name]))
    path.write_bytes(safetensors.numpy.save(arrays))
    put_checksum(folder, path)
    message = error_of(folder)
    assert str(path) in message
    assert "qa index" in message
