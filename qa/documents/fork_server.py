"""Fork server: a process that imports everything once and forks for each job.

A fork is faster than starting Python, and shares the memory of the imported modules. The server has one thread and is
confined before it forks. The fork server of `multiprocessing` is not used: it passes the environment on and unpickles
what it receives.

Client and server share a socket for each job: the server sends the exit code of the fork, and kills the fork when the
client shuts the socket down. When the client exits, the server kills all forks and exits.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import BinaryIO

AVAILABLE = sys.platform == "linux"  # whether this system supports it; on macOS, libraries may crash in a fork
SERVE = "--serve"  # command-line argument that precedes the descriptor of the socket
_CODE = struct.Struct("i")
_ALIVE = 3  # descriptor that the fork keeps open as long as it runs


class Fork:
    """A process forked for one job, with the interface of `subprocess.Popen`: pipes as its `stdin` and `stdout`."""

    def __init__(self, control: socket.socket) -> None:
        its_stdin, stdin = os.pipe()
        stdout, its_stdout = os.pipe()
        self._job, its_job = socket.socketpair()
        self.stdin: BinaryIO = os.fdopen(stdin, "wb")
        self.stdout: BinaryIO = os.fdopen(stdout, "rb")
        self._code: int | None = None
        try:
            socket.send_fds(control, [b"\0"], [its_stdin, its_stdout, its_job.fileno()])
        except OSError:
            self.stdin.close()
            self.stdout.close()
            self._job.close()
            raise
        finally:
            os.close(its_stdin)
            os.close(its_stdout)
            its_job.close()

    def kill(self) -> None:
        """Kill the process."""
        with suppress(OSError):
            self._job.shutdown(socket.SHUT_WR)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code; negative for a signal, as in `subprocess.Popen`.

        Raises
        ------
        subprocess.TimeoutExpired
            If it does not exit within `timeout` seconds.
        """
        if self._code is None:
            self._job.settimeout(timeout)
            try:
                code = self._job.recv(_CODE.size)
            except TimeoutError as error:
                raise subprocess.TimeoutExpired("fork", timeout or 0) from error
            except OSError:
                code = b""
            self._job.close()
            # Without a code, the server has exited.
            self._code = int(_CODE.unpack(code)[0]) if code else -signal.SIGKILL
        return self._code


class ForkServer:
    """Starts a fork server when it is first needed, and restarts it if it exited. Thread-safe.

    The command starts a program that calls `serve` with the socket whose descriptor follows the argument `SERVE`.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command, self._environment = command, environment
        self._lock = Lock()
        self._control: socket.socket | None = None
        self._end: weakref.finalize[..., ForkServer] | None = None

    def start(self) -> None:
        """Start the server if it is not running."""
        with self._lock:
            self._started()

    def fork(self) -> Fork:
        """Return a new fork; raise an `OSError` if the server exits each time it is started."""
        with self._lock:
            try:
                return Fork(self._started())
            except OSError:
                self.close()
                return Fork(self._started())

    def close(self) -> None:
        """Stop the server."""
        if self._end is not None:
            self._end()

    def _started(self) -> socket.socket:
        if self._control is None or self._end is None or not self._end.alive:
            self._control, its_control = socket.socketpair()
            with its_control:
                # The arguments are constants; nothing comes from a visitor.
                process = subprocess.Popen(  # noqa: S603
                    [*self._command, SERVE, str(its_control.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=self._environment,
                    pass_fds=[its_control.fileno()],
                )
            self._end = weakref.finalize(self, _end, process, self._control)
        return self._control


def serve(control: socket.socket, work: Callable[[], None]) -> None:
    """Call `work` in a fork for each request of a connected `ForkServer`; return when that exits.

    It runs with the pipes of a `Fork` as standard input and output; the fork exits when it returns.
    """
    forks: dict[socket.socket | int, tuple[int, socket.socket]] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                source = key.fileobj
                if source is control:
                    _, descriptors, *_ = socket.recv_fds(control, 1, 3)
                    if not descriptors:
                        for process, _ in forks.values():
                            os.kill(process, signal.SIGKILL)
                        return
                    ended, process = _fork(descriptors, work)
                    job = socket.socket(fileno=descriptors[2])
                    for event in (ended, job):
                        forks[event] = process, job
                        selector.register(event, selectors.EVENT_READ)
                elif isinstance(source, socket.socket):
                    os.kill(forks.pop(source)[0], signal.SIGKILL)
                    selector.unregister(source)
                elif isinstance(source, int):
                    process, job = forks.pop(source)
                    selector.unregister(source)
                    os.close(source)
                    if forks.pop(job, None):
                        selector.unregister(job)
                    # It has exited, or closed the descriptor to look as if it had.
                    os.kill(process, signal.SIGKILL)
                    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
                    with job, suppress(OSError):
                        job.send(_CODE.pack(code))


def _fork(descriptors: Sequence[int], work: Callable[[], None]) -> tuple[int, int]:
    """Return a descriptor that becomes readable when the fork exits, and its process id."""
    ended, alive = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            os.dup2(descriptors[0], 0)
            os.dup2(descriptors[1], 1)
            os.dup2(os.dup(alive), _ALIVE)
            os.closerange(_ALIVE + 1, os.sysconf("SC_OPEN_MAX"))
            work()
        finally:
            os._exit(0)
    for descriptor in (alive, *descriptors[:2]):
        os.close(descriptor)
    return ended, process


def _end(process: subprocess.Popen[bytes], control: socket.socket) -> None:
    control.close()
    process.wait()
