"""Worker processes, some of which are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from conftest import ROOT

from qa.errors import QAError, ShardError
from qa.ingestion.process_pool import on_processes

from .workers import KilledWhileSending, Squarer

pytestmark = pytest.mark.slow


def test_each_process_makes_its_worker_once(tmp_path: Path) -> None:
    assert sorted(on_processes(partial(Squarer, tmp_path), range(9), workers=2)) == [n * n for n in range(9)]
    assert 1 <= len(list(tmp_path.iterdir())) <= 2


def test_the_work_of_a_killed_process_is_done_by_another(tmp_path: Path) -> None:
    assert sorted(on_processes(partial(Squarer, tmp_path, fatal=4), range(9), workers=2)) == [n * n for n in range(9)]


def test_an_item_that_kills_every_process_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShardError, match=r"^4: 3 processes were killed while they worked on it; find the file"):
        list(on_processes(partial(Squarer, tmp_path, fatal=4, always=True), range(9), workers=2))


def test_a_process_killed_while_it_sends_a_result_is_noticed(tmp_path: Path) -> None:
    assert sorted(on_processes(partial(KilledWhileSending, tmp_path), range(4), workers=2)) == [0, 1, 4, 9]


def test_an_error_ends_the_work(tmp_path: Path) -> None:
    with pytest.raises(QAError, match=r"^no$"):
        list(on_processes(partial(Squarer, tmp_path, refused=2), range(9), workers=2))


SLEEPING = """
import sys
from functools import partial
from pathlib import Path
from ingestion.workers import Sleeper
from qa.ingestion.process_pool import on_processes
try:
    list(on_processes(partial(Sleeper, Path(sys.argv[1])), [0, 600], workers=2))
except KeyboardInterrupt:
    print("interrupted")
"""


@contextmanager
def sleeping(folder: Path, on_interrupt: Any = signal.default_int_handler) -> Iterator[subprocess.Popen[str]]:  # noqa: ANN401
    """Start two processes, one of which is idle while the other sleeps; check that both end soon after the block."""
    with subprocess.Popen(
        [sys.executable, "-c", SLEEPING, str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Background processes of a shell ignore Ctrl-C.
        preexec_fn=partial(signal.signal, signal.SIGINT, on_interrupt),  # noqa: PLW1509
    ) as process:
        end = monotonic() + 60
        while len(names := [path.name for path in folder.iterdir()]) < 2 and monotonic() < end:
            sleep(0.05)
        try:
            yield process
            while any(Path(f"/proc/{name.split()[0]}/cmdline").exists() for name in names):
                assert monotonic() < end
                sleep(0.05)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_processes_end_when_the_command_is_killed(tmp_path: Path) -> None:
    with sleeping(tmp_path) as process:
        process.kill()


def test_ctrl_c_ends_all_processes_at_once_and_silently(tmp_path: Path) -> None:
    with sleeping(tmp_path) as process:
        os.killpg(process.pid, signal.SIGINT)
        assert process.communicate(timeout=60) == ("interrupted\n", "")


def test_processes_ignore_ctrl_c_where_the_command_does(tmp_path: Path) -> None:
    with sleeping(tmp_path, signal.SIG_IGN) as process:
        for path in tmp_path.iterdir():
            status = dict(
                line.split(":\t", 1) for line in Path(f"/proc/{path.name.split()[0]}/status").read_text().splitlines()
            )
            assert int(status["SigIgn"], 16) >> (signal.SIGINT - 1) & 1
        process.kill()
