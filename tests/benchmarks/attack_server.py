"""The server under attack in one of its two forms, its measurements, and the visitor who must not be affected."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Self

from attack_traps import MARKER, Traps
from served import ROOT, family, family_memory_mb

FORMS = ("home", "public")
"""As `qa serve` runs on one's own computer, and as on a Hugging Face Space."""
START_SECONDS = 120
SAMPLED_EACH = 0.1  # seconds
LOOKED_AT_DISK_EACH = 5  # samples


class Server:
    """A server of its own folder and process group, to be used in a `with` statement.

    Its working folder, its temporary folder and its log are below a folder that is deleted in the end. What it would
    fetch from elsewhere comes to the canary as its proxy.

    Parameters
    ----------
    form : str
        One of `FORMS`.

    Attributes
    ----------
    address : str
    traps : Traps
    """

    def __init__(self, form: str) -> None:
        self.form = form
        self.folder = Path(tempfile.mkdtemp(prefix="attack-"))
        self.work = self.folder / "work"
        self.log = self.folder / "log.txt"
        self.traps = Traps(self.folder)
        self.address = ""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.traps.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, and wait until it has answered once.

        Raises
        ------
        RuntimeError
            If it does not serve in time; holds the end of its log.
        """
        temporary = self.work / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("QA_", "GRADIO_", "SYSTEM"))}
        proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), self.traps.canary.address)
        own = {"PYTHONPATH": str(ROOT), "TMPDIR": str(temporary), "QA_PORT": "0", "QA_LIBRARY": "off", **proxies}
        if self.form == "public":
            # Else attackers from many addresses would leave nothing to the other visitor.
            own |= {"SYSTEM": "spaces", "SPACE_ID": "someone/cited-qa"}
            own |= dict.fromkeys(("QA_TOTAL_QUESTIONS_PER_MINUTE", "QA_TOTAL_REQUESTS_PER_MINUTE"), "1000000")
        command = [
            sys.executable,
            "-c",
            "from qa.cli.main import main; main()",
            "serve",
            "--docs",
            f"{ROOT}/data/articles",
        ]
        before = self.log_bytes()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.work,
                env={**kept, **own},
                stdin=subprocess.PIPE,  # one more pipe that it could be made to wait for
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = monotonic() + START_SECONDS
        while not (found := re.search(r"running at http://[\w.]+:(\d+)", self.log_text(before))):
            if self._process.poll() is not None or monotonic() > until:
                raise RuntimeError(f"the server did not start:\n{self.log_text(before)[-2000:]}")
            sleep(0.1)
        self.address = f"http://127.0.0.1:{found[1]}"

    def stop(self) -> None:
        """End it and the processes that it started."""
        process = self._process
        if process is None:
            return
        pids = family(process.pid)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pid in pids[1:]:
            with suppress(OSError):
                os.kill(pid, 9)
        if process.stdin is not None:
            process.stdin.close()
        self._process = None

    def clear(self) -> None:
        """Delete what it left; to be called while it is stopped."""
        shutil.rmtree(self.work, ignore_errors=True)

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def lives(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def memory_mb(self) -> float:
        """Return the memory of it and its child processes in megabytes; what they share counts once."""
        return family_memory_mb(self.pid)

    def disk_mb(self) -> float:
        """Return the size of its files, in megabytes."""
        return sum(size for _, size in self._files()) / 1e6

    def log_bytes(self) -> int:
        """Return the size of its log."""
        return self.log.stat().st_size if self.log.exists() else 0

    def log_text(self, start: int = 0) -> str:
        """Return its log from a byte on."""
        with self.log.open("rb") as log:
            log.seek(start)
            return log.read().decode("utf-8", "replace")

    def copied_the_secret(self) -> bool:
        """Return whether a file of its folder has the content of the private file."""
        for path, size in self._files():
            if size < 100_000:
                with suppress(OSError):
                    if MARKER.encode() in path.read_bytes():
                        return True
        return False

    def _files(self) -> list[tuple[Path, int]]:
        found = []
        for path in self.work.rglob("*"):
            with suppress(OSError):  # deleted since it was listed
                if path.is_file() and not path.is_symlink():
                    found.append((path, path.stat().st_size))
        return found


class Sampler:
    """Measures a server until it is stopped.

    Attributes
    ----------
    memory_mb, disk_mb : float
        The most so far, since `reset`.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._stop = threading.Event()
        self.reset()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def reset(self) -> None:
        """Reset the measurements to the current values."""
        self.memory_mb = self._server.memory_mb() if self._server.lives else 0.0
        self.disk_mb = self._server.disk_mb()

    def stop(self) -> None:
        """Measure no more."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        count = 0
        while not self._stop.wait(SAMPLED_EACH):
            count += 1
            self._server.traps.pipe.look()
            if self._server.lives:
                self.memory_mb = max(self.memory_mb, self._server.memory_mb())
            if count % LOOKED_AT_DISK_EACH == 0:
                self.disk_mb = max(self.disk_mb, self._server.disk_mb())


class OtherVisitor:
    """Asks the same question again and again in a process of its own, and records how long each answer took.

    In the process of the attack it would wait for the interpreter, which generates requests all the time.

    Attributes
    ----------
    asked : list of tuple of float, float, str
        When it began, how many seconds it took, and what went wrong, empty where nothing did.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self.asked: list[tuple[float, float, str]] = []
        script = Path(__file__).with_name("attack_visitor.py")
        self._process = subprocess.Popen([sys.executable, str(script), server.address], stdout=subprocess.PIPE)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._process.terminate()
        self._process.wait()
        self._thread.join()

    def since(self, started: float) -> list[tuple[float, float, str]]:
        """Return the questions without an answer at a time, and those asked since."""
        return [one for one in self.asked if one[0] + one[1] >= started]

    def answered_since(self, started: float, seconds: float) -> bool:
        """Wait until a question that was asked after a time has its answer; return whether it came."""
        until = monotonic() + seconds
        while monotonic() < until and self._server.lives:
            if any(when >= started and not problem for when, _, problem in self.asked):
                return True
            sleep(0.1)
        return False

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                started, taken, problem = json.loads(line)
                self.asked.append((started, taken, problem))
