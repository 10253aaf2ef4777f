"""Servers forked from a process that has imported their modules, which is most of the work of starting one."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[2]
PRELOADED = ["qa.web.server.server", "qa.web.ui.page", "qa.ingestion.prebuilt", "qa.cli.main", "onnxruntime"]


class Server:
    """A Python program in a forked process, with the interface of `subprocess.Popen` and stderr in stdout.

    Parameters
    ----------
    command : sequence of str
        The interpreter, then a script or "-c" and a program, then arguments.
    environment : mapping of str to str
        The whole environment of the process.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        reader, writer = context.Pipe(duplex=False)
        self._process = context.Process(target=_run, args=(list(command[1:]), dict(environment), writer))
        self._process.start()
        writer.close()
        self.stdout = os.fdopen(os.dup(reader.fileno()), encoding="utf-8")
        reader.close()
        assert self._process.pid
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind:
            self.kill()
        self._process.join()
        self._process.close()
        self.stdout.close()

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        # A process that was killed counts as alive for a moment after it is gone.
        if self._process.is_alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill the process."""
        self._process.kill()

    def wait(self, timeout: float) -> int:
        """Return the exit code; raise `TimeoutExpired` after `timeout` seconds."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("server", timeout)
        return self._process.exitcode


def _run(command: list[str], environment: dict[str, str], output: Connection) -> None:
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)
    output.close()
    sys.stdout, sys.stderr = (os.fdopen(stream, "w", 1, "utf-8", closefd=False) for stream in (1, 2))
    # Background processes of a shell ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    os.chdir(ROOT)
    if command[0] == "-c":
        sys.argv = ["-c", *command[2:]]
        exec(command[1], {"__name__": "__main__"})  # noqa: S102 -- of the tests
    else:
        sys.argv = command
        runpy.run_path(command[0], run_name="__main__")
