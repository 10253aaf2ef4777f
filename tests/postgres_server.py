"""A PostgreSQL server for tests, on 127.0.0.1, with a password and a data folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

FOUND = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
BIN = FOUND[-1].parent if FOUND else Path()
EXTENSIONS = BIN.parents[3] / "share" / "postgresql" / BIN.parts[-2] / "extension" if FOUND else Path()
NEEDS = "needs PostgreSQL and pgvector (on Debian: apt-get install postgresql-17 postgresql-17-pgvector)"
LOGIN = "qa:hunter2"


def is_installed(extension: str = "vector") -> bool:
    """Return whether PostgreSQL and an extension are installed."""
    return bool(FOUND) and (EXTENSIONS / f"{extension}.control").exists()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class PostgresServer:
    """A server that can be stopped, killed and restarted.

    Parameters
    ----------
    folder : Path, optional
        Where to put the data, which is kept. By default a temporary folder.
    settings : sequence of str
        Lines for postgresql.conf, such as "fsync=off".
    """

    def __init__(self, folder: Path | None = None, settings: Sequence[str] = ()) -> None:
        self._is_kept = folder is not None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="qa-postgres-"))
        self.data = self.folder / "data"
        self.port = free_port()
        self._settings = ["fsync=off", "max_connections=60", *settings]
        if not self.data.exists():
            # PostgreSQL refuses to run as root.
            if os.geteuid() == 0:
                shutil.chown(self.folder, "postgres", "postgres")
            password = self.folder / "password"
            password.write_text(LOGIN.partition(":")[2], encoding="ascii")
            password.chmod(0o644)
            command = ["initdb", "-D", str(self.data), "-U", "qa", "-A", "scram-sha-256", "--pwfile", str(password)]
            self._run([*command, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions", "--wal-segsize=1"])
        self.start()

    def start(self) -> None:
        """Start the server, and wait until it accepts connections."""
        settings = " ".join(f"-c {setting}" for setting in self._settings)
        options = f"-h 127.0.0.1 -p {self.port} -k '' {settings}"
        self._run(["pg_ctl", "-D", str(self.data), "-w", "-s", "-l", str(self.folder / "log"), "-o", options, "start"])

    @property
    def pids(self) -> list[int]:
        """The process ids of the server, the postmaster first."""
        first = int((self.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, children)]

    def signal(self, what: signal.Signals) -> None:
        """Send a signal to all processes of the server."""
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, what)

    def kill(self) -> None:
        """Kill all processes at once, as a power failure does."""
        pids = self.pids
        self.signal(signal.SIGKILL)
        end = time.monotonic() + 30
        while any(_lives(pid) for pid in pids):
            assert time.monotonic() < end
            time.sleep(0.01)
        (self.data / "postmaster.pid").unlink()

    def limit_files(self, size: str) -> None:
        """Limit the size of files, in bytes, that new connections can write."""
        self._run(["/usr/bin/prlimit", "--pid", str(self.pids[0]), f"--fsize={size}:"])

    def stop(self) -> None:
        """Shut the server down cleanly."""
        self._run(["pg_ctl", "-D", str(self.data), "-w", "-s", "-m", "fast", "stop"])

    def close(self) -> None:
        """Stop the server and remove its temporary folder."""
        with suppress(subprocess.CalledProcessError, FileNotFoundError):
            self.signal(signal.SIGCONT)
            self.stop()
        if not self._is_kept:
            shutil.rmtree(self.folder)

    def address(self, name: str = "cited_qa", port: int | None = None) -> str:
        """Return the address of an index on the server."""
        return f"postgresql://127.0.0.1:{port or self.port}/postgres/{name}"

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement, and return its rows."""
        import psycopg

        user, _, password = LOGIN.partition(":")
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user=user, password=password, dbname="postgres", autocommit=True
        ) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _run(self, command: list[str]) -> None:
        as_other = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        subprocess.run(
            [*as_other, str(BIN / command[0]), *command[1:]], check=True, stdout=subprocess.DEVNULL, cwd=self.folder
        )


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
