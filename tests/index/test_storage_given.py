"""An index folder from an untrusted source: links, pipes, devices and forged manifests give one error."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
from command import qa
from saved_index import (
    content,
    document,
    error_of,
    files_of,
    load,
    rewrite_manifest,
    save,
)

from qa.errors import IndexFolderError
from qa.index import manifest as manifests
from qa.index.storage import check_writable


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Return another index of the same documents, which no attack on the first may change."""
    other = tmp_path / "other"
    save(other, document("a.md"), document("b.md"), document("c.md"))
    (tmp_path / "passwd").write_text("root:x:0:0")
    return other


def document_file(folder: Path) -> Path:
    return min((folder / "documents").iterdir())


def exchange(path: Path, put: Callable[[Path], object]) -> None:
    path.unlink()
    put(path)


UNREADABLE = [
    pytest.param(os.mkfifo, "a pipe", id="pipe"),
    pytest.param(lambda at: at.symlink_to("/dev/zero"), "a symbolic link", id="link to a device"),
    pytest.param(lambda at: at.symlink_to(at.parents[1] / "passwd"), "a symbolic link", id="link to a file"),
    pytest.param(lambda at: at.symlink_to("nowhere"), "a symbolic link", id="dangling link"),
    pytest.param(Path.mkdir, "a folder", id="folder"),
]


@pytest.mark.parametrize(("put", "kind"), UNREADABLE)
@pytest.mark.parametrize("which", [lambda at: at / "manifest.json", document_file], ids=["manifest", "document"])
def test_only_regular_files_are_read(
    folder: Path, outside: Path, which: Callable[[Path], Path], put: Callable[[Path], object], kind: str
) -> None:
    path = which(folder)
    exchange(path, put)
    message = error_of(folder)
    assert message.startswith(f"{path}: could not be read (it is {kind}, not a regular file)")
    assert "qa index" in message
    assert "\n" not in message
    before = files_of(outside)
    with pytest.raises(IndexFolderError, match="choose another"):
        save(folder, document("z.md"))
    assert files_of(outside) == before


@pytest.mark.parametrize("name", ["documents", "bases"])
def test_a_link_to_another_index_s_files_is_neither_read_nor_emptied(folder: Path, outside: Path, name: str) -> None:
    (outside / "bases").mkdir()
    shutil.rmtree(folder / name, ignore_errors=True)
    (folder / name).symlink_to(outside / name)
    before = files_of(outside)
    if name == "documents":
        assert f"{folder / name}: is missing, or a link instead of a folder" in error_of(folder)
    with pytest.raises(IndexFolderError, match=f"unexpected file '{name}'"):
        save(folder, document("z.md"))
    with pytest.raises(IndexFolderError, match=f"unexpected file '{name}'"):
        check_writable(folder)
    assert files_of(outside) == before
    assert (folder / name).is_symlink()


def test_a_link_named_like_a_leftover_is_not_removed(folder: Path, outside: Path) -> None:
    (folder / ".saving-x").symlink_to(outside)
    before = files_of(outside)
    with pytest.raises(IndexFolderError, match=r"unexpected file '\.saving-x'"):
        save(folder, document("z.md"))
    assert files_of(outside) == before


def test_a_link_to_the_whole_folder_is_followed(folder: Path, tmp_path: Path) -> None:
    """The path itself is trusted, since the user gave it."""
    (tmp_path / "current").symlink_to(folder)
    assert content(load(tmp_path / "current")) == content(load(folder))
    save(tmp_path / "current", document("z.md"))
    assert list(load(folder).documents) == ["z.md"]


@pytest.mark.parametrize("field", ["file", "folder"])
def test_no_path_of_the_manifest_leads_out_of_the_folder(folder: Path, outside: Path, field: str) -> None:
    def change(manifest: dict[str, Any]) -> None:
        if field == "file":
            manifest["documents"][0]["file"] = f"../other/documents/{document_file(outside).name}"
        else:
            manifest["base"] = {"folder": "../other/documents", "files": {}, "removed": []}

    rewrite_manifest(folder, change)
    assert field in error_of(folder)


def entry(**values: object) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest["documents"][1].update(values)


def top(**values: object) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest.update(values)


HEX = "0" * 64


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param(top(format=[]), "format", id="format"),
        pytest.param(top(format=True), "format", id="format a flag"),
        pytest.param(top(dimension="8"), "dimension", id="dimension a text"),
        pytest.param(top(dimension=10**30), "dimension", id="dimension too large"),
        pytest.param(top(dimension=0), "dimension", id="dimension 0"),
        pytest.param(top(split=[]), "split", id="split"),
        pytest.param(top(split={"chunk_tokens": None}), "split.chunk_tokens", id="chunk tokens"),
        pytest.param(top(terms=1), "terms", id="terms"),
        pytest.param(top(model_fingerprint={}), "model_fingerprint", id="fingerprint"),
        pytest.param(top(documents={}), "documents", id="documents"),
        pytest.param(top(documents=[1]), "documents.0", id="document a number"),
        pytest.param(top(base=[]), "base", id="base"),
        pytest.param(top(base={"folder": f"bases/{HEX}", "files": {"../x": HEX}, "removed": []}), "x", id="file name"),
        pytest.param(
            top(base={"folder": f"bases/{HEX}", "files": {"\ud800\x1b[31m": HEX}, "removed": []}),
            "",
            id="odd file name",
        ),
        pytest.param(
            top(base={"folder": f"bases/{HEX}", "files": {}, "removed": [-1]}), "base.removed.0", id="removed below 0"
        ),
        pytest.param(entry(id=3), "documents.1.id", id="id"),
        pytest.param(entry(id="a.md"), "documents", id="id twice"),
        pytest.param(entry(title=None), "documents.1.title", id="title"),
        pytest.param(entry(source=["/etc/passwd"]), "documents.1.source", id="source"),
        pytest.param(entry(page_starts=[0, "1"]), "documents.1.page_starts.1", id="page starts"),
        pytest.param(entry(page_starts=[5, 0]), "documents.1.page_starts", id="page starts that fall"),
        pytest.param(entry(page_starts=[2**70]), "documents.1.page_starts.0", id="page starts without end"),
        pytest.param(entry(file="/etc/passwd"), "documents.1.file", id="file elsewhere"),
        pytest.param(entry(file=f"documents/{HEX}.safetensors\n"), "documents.1.file", id="file with a line end"),
        pytest.param(entry(sha256=HEX[1:]), "documents.1.sha256", id="sha256"),
        pytest.param(entry(file_sha256=7), "documents.1.file_sha256", id="sha256 of the file"),
    ],
)
def test_a_manifest_of_other_types_is_one_error_that_names_the_field(
    folder: Path, change: Callable[[dict[str, Any]], None], field: str
) -> None:
    rewrite_manifest(folder, change)
    message = error_of(folder)
    assert message.startswith(f"{folder / 'manifest.json'}: is damaged (field '")
    assert field in message
    assert message.isprintable()
    save(folder, document("z.md"))
    assert list(load(folder).documents) == ["z.md"]


@pytest.mark.parametrize("name", ["dimension", "split", "terms", "model_fingerprint", "documents", "chunks", "format"])
def test_a_manifest_without_a_field_names_it(folder: Path, name: str) -> None:
    rewrite_manifest(folder, lambda manifest: manifest.pop(name))
    assert f"field '{name}'" in error_of(folder)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'], ids=["lists", "objects"])
def test_a_manifest_nested_without_end_is_refused(folder: Path, opening: bytes) -> None:
    (folder / "manifest.json").write_bytes(100_000 * opening)
    assert "nested too deeply" in error_of(folder)


def test_a_manifest_over_the_limit_is_not_read(folder: Path) -> None:
    with (folder / "manifest.json").open("r+b") as file:
        file.truncate(10**12)  # a sparse file
    assert f"over the limit of {manifests.MAX_BYTES:,} bytes" in error_of(folder)


def test_a_document_over_the_limit_is_not_read(folder: Path) -> None:
    path = document_file(folder)
    with path.open("r+b") as file:
        file.truncate(10**12)
    assert f"{path}: could not be read (it is over the limit of 4,000,000,000 bytes)" in error_of(folder)


@contextmanager
def ended_after(seconds: int) -> Iterator[None]:
    """Raise an error in code that waits longer, such as for a pipe."""

    def end(*_: object) -> NoReturn:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda at: at.symlink_to("/dev/zero"), id="device"),
        pytest.param(os.mkfifo, id="pipe"),
        pytest.param(lambda at: at.symlink_to("/etc/passwd"), id="passwd"),
    ],
)
@pytest.mark.parametrize("inside", [False, True], ids=["as the index", "as its manifest"])
@pytest.mark.parametrize("command", ["search", "index"])
def test_the_command_ends_with_one_line(
    tmp_path: Path, make: Callable[[Path], object], inside: bool, command: str
) -> None:
    path = tmp_path / "given"
    if inside:
        path.mkdir()
        (path / "documents").mkdir()
    make(path / "manifest.json" if inside else path)
    (tmp_path / "a.md").write_text("It was cold.")
    arguments = ["search", "cold", "--index"] if command == "search" else ["index", str(tmp_path / "a.md"), "--out"]
    with ended_after(60):
        done = qa(*arguments, path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"qa: {path}")
    assert done.stderr.count("\n") == 1
    assert "root:" not in done.stderr
    assert "SHA-256" not in done.stderr
