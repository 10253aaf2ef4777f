"""Worker processes, some of which are killed."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path

import pytest

from qa.errors import QAError, ShardError
from qa.ingestion.process_pool import on_processes

pytestmark = pytest.mark.slow


class Squarer:
    """Squares numbers; a number is refused, another ends its process, once or always."""

    def __init__(self, folder: Path, refused: int = -1, fatal: int = -1, *, always: bool = False) -> None:
        self.folder, self.refused, self.fatal, self.always = folder, refused, fatal, always
        (folder / str(os.getpid())).touch()

    def __call__(self, number: int) -> int:
        if number == self.refused:
            raise QAError("no")
        if number == self.fatal and (self.always or not (self.folder / "ended").exists()):
            (self.folder / "ended").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return number * number


def test_each_process_makes_its_worker_once(tmp_path: Path) -> None:
    assert sorted(on_processes(partial(Squarer, tmp_path), range(9), workers=2)) == [n * n for n in range(9)]
    assert 1 <= len(list(tmp_path.iterdir())) <= 2


def test_the_work_of_a_killed_process_is_done_by_another(tmp_path: Path) -> None:
    assert sorted(on_processes(partial(Squarer, tmp_path, fatal=4), range(9), workers=2)) == [n * n for n in range(9)]


def test_an_item_that_kills_every_process_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShardError, match=r"^4: 3 processes were killed while they worked on it; find the file"):
        list(on_processes(partial(Squarer, tmp_path, fatal=4, always=True), range(9), workers=2))


def test_an_error_ends_the_work(tmp_path: Path) -> None:
    with pytest.raises(QAError, match=r"^no$"):
        list(on_processes(partial(Squarer, tmp_path, refused=2), range(9), workers=2))
