"""Workers of process pools; a process that a test starts imports this module alone, which takes little time."""

from __future__ import annotations

import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from time import sleep

from qa.errors import QAError


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


class KilledWhileSending:
    """Squares numbers; the first process that sends a result is killed in the middle of it."""

    def __init__(self, folder: Path) -> None:
        if (folder / "ended").exists():
            return

        def send_half(connection: Connection, content: bytes) -> None:
            (folder / "ended").touch()
            os.write(connection.fileno(), content[: len(content) // 2])
            os.kill(os.getpid(), signal.SIGKILL)

        Connection._send = send_half  # type: ignore[attr-defined]

    def __call__(self, number: int) -> int:
        return number * number


class Sleeper:
    """Sleeps for some seconds, and says in a file that it does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, seconds: float) -> None:
        (self.folder / f"{os.getpid()} {seconds}").touch()
        sleep(seconds)
