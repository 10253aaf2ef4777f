"""Several processes at one index folder: one writes, other writers get an error, and all can read."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from command import qa
from saved_index import EMBEDDER, NEW, OLD, SETTINGS, assert_tidy, content, document, entry_of, files_of, load, save

from qa.errors import IndexFolderError
from qa.index import storage
from qa.index.lock import LOCK_FILE, write_lock
from qa.index.manifest import read_manifest
from qa.index.memory import PassageIndex
from qa.index.storage import save_index
from qa.types import JSONObject

from .side_by_side import CHANGES_SEEN, changes_seen, saved_in_turns

pytestmark = pytest.mark.slow

BUSY = "locked by another process; try again when it has finished"
HOLD = """
import sys
from pathlib import Path
from qa.index.lock import write_lock
with write_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""
# `qa index`, which waits for a line of input when it calls the named function.
INDEX_STOPPED = """
import importlib, sys
from unittest import mock
module, name = sys.argv.pop(1).rsplit(".", 1)
module = importlib.import_module(module)
function = getattr(module, name)
def stopped(*arguments, **options):
    print("held", flush=True)
    sys.stdin.readline()
    return function(*arguments, **options)
with mock.patch.object(module, name, stopped):
    from qa.cli.main import main
    main()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an index folder of three documents."""
    folder = tmp_path / "index"
    save(folder, document("a.md"), document("b.md"), document("c.md"))
    return folder


@contextmanager
def holding(program: str, *arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Run a program until it prints that it holds the lock; kill it at the end, if it still runs."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_second_writer_fails_at_once_and_the_index_can_be_read(folder: Path) -> None:
    before = files_of(folder)
    with holding(HOLD, folder):
        with pytest.raises(IndexFolderError) as caught:
            save(folder, document("z.md"))
        assert str(caught.value) == f"{folder}: {BUSY}"
        assert list(load(folder).documents) == ["a.md", "b.md", "c.md"]
        assert files_of(folder).items() >= before.items()
        save(folder.with_name("other"), document("z.md"))


@pytest.mark.parametrize("killed", [True, False], ids=["killed with signal 9", "done"])
def test_a_lock_ends_with_its_process(folder: Path, killed: bool) -> None:
    with holding(HOLD, folder) as process:
        if killed:
            process.kill()
        process.communicate("\n")
    assert process.returncode == (-9 if killed else 0)
    assert (folder / LOCK_FILE).exists() == killed
    save(folder, document("z.md"))
    assert_tidy(folder)


def test_only_the_thread_that_holds_a_lock_takes_it_again(folder: Path) -> None:
    with ThreadPoolExecutor(1) as other:
        with write_lock(folder):
            save(folder / "documents" / "..", document("z.md"))
            with pytest.raises(IndexFolderError, match=BUSY):
                other.submit(save, folder, document("y.md")).result()
        other.submit(save, folder, document("x.md")).result()
    assert list(load(folder).documents) == ["x.md"]
    assert_tidy(folder)


def test_a_lock_ends_when_its_block_fails(folder: Path) -> None:
    for _ in range(2):
        with pytest.raises(KeyError), write_lock(folder):
            raise KeyError


@pytest.mark.parametrize(
    "where", ["qa.ingestion.ingest.find_files", "qa.index.open.load_index", "qa.ingestion.shards.embed_documents"]
)
def test_two_commands_that_index_at_once_lose_nothing(tmp_path: Path, where: str) -> None:
    docs, out = tmp_path / "docs", tmp_path / "index"
    docs.mkdir()
    index: list[str | Path] = ["index", docs, "--out", out]
    (docs / "a.txt").write_text("Bees dance to tell where food is.", encoding="utf-8")
    if where == "qa.index.open.load_index":
        assert qa(*index).returncode == 0
    with holding(INDEX_STOPPED, where, *index) as first:
        (docs / "b.txt").write_text("The cable broke in 1858.", encoding="utf-8")
        second = qa(*index)
        assert (second.returncode, second.stdout, second.stderr) == (2, "", f"qa: {out}: {BUSY}\n")
        output, _ = first.communicate("\n")
    assert first.returncode == 0
    counts = "2 documents, 2 passages" if where == "qa.ingestion.ingest.find_files" else "1 document, 1 passage"
    assert output == f"{out}: {counts}\n"
    assert qa(*index).stdout == f"{out}: 2 documents, 2 passages\n"
    assert_tidy(out)


def test_an_index_that_is_replaced_while_it_is_read_is_read_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The same text with other vectors, as an embedder returns in another batch.
    entry = entry_of(document("a.md"))
    other = PassageIndex(EMBEDDER.dimension)
    other.add(replace(entry, chunk_vectors=-entry.chunk_vectors))

    def replaced_afterwards(folder: Path) -> JSONObject:
        monkeypatch.setattr(storage, "read_manifest", read_manifest)
        manifest = read_manifest(folder)
        save(folder, document("z.md"))
        save_index(folder, other, EMBEDDER, SETTINGS)
        return manifest

    monkeypatch.setattr(storage, "read_manifest", replaced_afterwards)
    assert content(load(folder)) == content(other)
    assert_tidy(folder)


def test_a_reader_during_writes_sees_one_index_or_the_other(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    for name, documents in {"index": OLD, "old": OLD, "new": NEW}.items():
        save(folder.with_name(name), *documents)
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        saves = pool.submit(saved_in_turns, folder)
        try:
            readers = [pool.submit(changes_seen, folder) for _ in range(2)]
            assert [reader.result() for reader in readers] == [CHANGES_SEEN, CHANGES_SEEN]
        finally:
            folder.with_name("stop").touch()
        assert saves.result() >= CHANGES_SEEN
    save(folder, *OLD)
    assert_tidy(folder)
