"""Interrupted saves: a read-only folder, a full disk, a killed process."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

import pytest
from saved_index import (
    EMBEDDER,
    NEW,
    OLD,
    SETTINGS,
    assert_tidy,
    content,
    document,
    index_of,
    load,
    save,
)

from qa.errors import IndexFolderError
from qa.index import storage
from qa.index.memory import PassageIndex
from qa.index.storage import save_index
from qa.types import Document

pytestmark = pytest.mark.slow


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
    assert "free some space and give the command again" in str(caught.value)
    assert not list(folder.glob(".saving-*"))
    assert list(load(folder).documents) == ["a.md", "b.md", "c.md"]
    save(folder, document("z.md"))
    assert_tidy(folder)


def pages_needed(disk: Path, large: int, step: int) -> int:
    """Save with no page of the disk free, then with a few more each time; return how many were enough."""
    mock.patch.object(storage, "MMAP_THRESHOLD_CHUNKS", large).start()
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
            if "free some space" not in str(error):
                raise
            assert not list(folder.glob(".saving-*"))
            left = OLD
        assert content(load(folder)) == content(index_of(left))
        filler.unlink()
        save(folder, *NEW)
        assert content(load(folder)) == content(index_of(NEW))
        assert_tidy(folder)
        if left is NEW:
            return pages
        pages += step


@pytest.mark.parametrize(("large", "step"), [(storage.MMAP_THRESHOLD_CHUNKS, 1), (6, 3)], ids=["documents", "a base"])
def test_a_real_disk_that_is_full_at_any_page_leaves_the_old_index(tmp_path: Path, large: int, step: int) -> None:
    mount = 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"'
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, str(tmp_path)]
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], check=False).returncode:
        pytest.skip("no disk can be made here")
    call = f"pages_needed(pathlib.Path(sys.argv[1]), {large}, {step})"
    program = f"import sys, pathlib, index.test_storage_interrupted as t; print(t.{call})"
    done = subprocess.run(
        [*command, sys.executable, "-c", program, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        check=True,
    )
    assert int(done.stdout) >= 5


# A save killed at any moment. Forking is cheap but unsafe beside the threads of other libraries, so a fresh process
# that loads none of them does it.

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
    """Load the folder after a kill; assert that it is a valid index, and that another save makes it the new one."""
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


def killed_saves(
    root: Path, old: list[Document] | None, delays: list[float] | None, large: int, stride: int
) -> list[str]:
    """Kill one save after another, each at a later step; return the state after each, or "finished"."""
    mock.patch.object(storage, "MMAP_THRESHOLD_CHUNKS", large).start()
    # A forked process hangs where FAISS had more threads than one before.
    mock.patch("qa.index.mmap_writer.processor_threads", return_value=1).start()
    # A killed process loses nothing that it wrote, so waiting for the disk would only cost time.
    mock.patch("os.fsync").start()
    folder, kept = root / "index", root / "kept"
    if old is not None:
        save(kept, *old)
    new = index_of(NEW)
    before = None if old is None else content(load(kept))
    outcomes: list[str] = []
    while delays is None or len(outcomes) < len(delays):
        shutil.rmtree(folder, ignore_errors=True)
        if old is not None:
            shutil.copytree(kept, folder)
        step = stride * len(outcomes)
        if delays is None and _saved_in_child(folder, new, step, 0):
            assert _outcome(folder, before, new) == "new"
            return [*outcomes, "finished"]
        if delays is not None:
            _saved_in_child(folder, new, None, delays[step])
        outcomes.append(_outcome(folder, before, new))
    return outcomes


def in_fresh_process(
    root: Path,
    old: list[Document] | None,
    delays: list[float] | None,
    large: int = storage.MMAP_THRESHOLD_CHUNKS,
    stride: int = 1,
) -> list[str]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(killed_saves, root, old, delays, large, stride).result()


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")


@needs_fork
@pytest.mark.parametrize(("old", "left"), [(OLD, "old"), (None, "none")], ids=["over an old index", "first save"])
def test_a_kill_at_every_second_step_leaves_the_old_index_or_the_new(
    tmp_path: Path, old: list[Document] | None, left: str
) -> None:
    *killed, last = in_fresh_process(tmp_path, old, None, stride=2)
    assert last == "finished"
    assert len(killed) >= 30
    # One step replaces the old index by the new one.
    turn = killed.index("new")
    assert killed == [left] * turn + ["new"] * (len(killed) - turn)
    assert min(turn, len(killed) - turn) >= 3


@needs_fork
def test_a_kill_at_any_moment_leaves_the_old_index_or_the_new(tmp_path: Path) -> None:
    moments = random.Random(7)
    outcomes = in_fresh_process(tmp_path, OLD, [0.0, *(moments.uniform(0, 0.1) for _ in range(40))])
    assert set(outcomes) <= {"old", "new"}
    assert "old" in outcomes


@needs_fork
@pytest.mark.parametrize("old", [OLD, OLD[:2]], ids=["over an old base", "over documents"])
def test_a_kill_while_a_base_is_written_leaves_the_old_index_or_the_new(tmp_path: Path, old: list[Document]) -> None:
    large = len(index_of(OLD[:3]))
    *killed, last = in_fresh_process(tmp_path, old, None, large, 5)
    assert last == "finished"
    turn = killed.index("new")
    assert killed == ["old"] * turn + ["new"] * (len(killed) - turn)
    assert min(turn, len(killed) - turn) >= 2
