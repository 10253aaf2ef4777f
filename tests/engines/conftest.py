"""The engines that an index may lie in: FAISS, a milvus-lite file, a Milvus server that is started here."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path

import pytest
from command import qa_process as qa
from conftest import ARTICLES, ROOT

from qa.errors import IndexServerError
from qa.index.milvus.client import KINDS, Store
from qa.index.milvus.uri import milvus_address

NEEDS = "needs the packages of `make test-engines`"
LOGIN = "root:Milvus"
SETS = sorted((ROOT / "data" / "questions").iterdir())
START_SECONDS = 300
SERVICES = ("rootCoord", "proxy", "queryCoord", "queryNode", "indexNode", "dataCoord", "dataNode")
ETCD = """\
name: default
listen-client-urls: http://127.0.0.1:{client}
advertise-client-urls: http://127.0.0.1:{client}
listen-peer-urls: http://127.0.0.1:{peer}
initial-advertise-peer-urls: http://127.0.0.1:{peer}
initial-cluster: default=http://127.0.0.1:{peer}
"""


class Server:
    """A Milvus server that is reached on 127.0.0.1 with a login, and has a folder and ports of its own.

    Its parts speak to each other on 127.0.0.1; some of its ports it opens on every address, which cannot be set.
    """

    def __init__(self, folder: Path) -> None:
        milvus = importlib.import_module("milvus")
        self.folder = folder
        config = milvus.MilvusServerConfig(data_dir=str(folder))
        # It would look for free ports itself, and leave open what it looked with.
        names = [name for name in config.configurable_items if name.endswith("_port")]
        *ports, peer, self._metrics_port = free_ports(len(names) + 2)
        config.update(**dict(zip(names, ports, strict=True)))
        self.port: int = config.configs["proxy_port"]
        for service in SERVICES:
            config.set(f"{service}.ip", "127.0.0.1")
        config.resolve()
        # As `milvus-server` does before it starts what is unpacked; that command takes another port the second time.
        milvus._initialize_data_files(str(folder))
        self._etcd = folder / "etcd.yaml"
        self._etcd.write_text(ETCD.format(client=config.get("etcd_port"), peer=peer), encoding="utf-8")
        self._log = folder / "server.log"
        self._numbers: list[int] = []

    def start(self) -> None:
        """Start it, or start it again with what it holds, and return when it answers."""
        libc = ctypes.CDLL(None)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(self.folder / "bin" / "milvus"), "run", "standalone"],
                cwd=self.folder,
                env={
                    **os.environ,
                    "DEPLOY_MODE": "STANDALONE",
                    "METRICS_PORT": str(self._metrics_port),
                    "LD_LIBRARY_PATH": str(self.folder / "bin"),
                    "ETCD_CONFIG_PATH": str(self._etcd),
                    "COMMON_SECURITY_AUTHORIZATIONENABLED": "true",
                },
                stdout=log,
                stderr=log,
                start_new_session=True,
                # It ends with these tests, however they end.
                preexec_fn=lambda: libc.prctl(1, signal.SIGKILL),  # noqa: PLW1509 -- one thread
            )
        self._numbers.append(self._process.pid)
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, self._log.read_text(encoding="utf-8", errors="replace")[-5000:]
            assert time.monotonic() < end, "the server did not start"
            time.sleep(0.5)

    def recover(self) -> None:
        """Let it go on if it was stopped, or start it again if it was killed."""
        os.killpg(self._process.pid, signal.SIGCONT)
        while self._process.poll() is None:
            if self._answers():
                return
            time.sleep(0.5)
        self.start()

    def _answers(self) -> bool:
        try:
            with_store(self.address("ready"), Store.exists)
        except IndexServerError:
            return False
        return True

    def clear(self) -> None:
        """End it; check that nothing of it is left: no process, no port, no file."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        with pytest.raises(ProcessLookupError):
            os.killpg(self._process.pid, 0)
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", self.port)):
            pass
        # It writes its number outside its folder too, where another server may do so as well.
        said = self._log.read_text(encoding="utf-8", errors="replace")
        written = {path for path in map(Path, re.findall(r"open pid file: (.+)", said)) if path.exists()}
        written = {path for path in written if path.read_text(encoding="ascii") == str(self._process.pid)}
        written |= {Path("/tmp/milvus") / f"server_id_{number}" for number in self._numbers}  # noqa: S108 -- it says so
        for path in written:
            path.unlink(missing_ok=True)
            with suppress(OSError):
                path.parent.rmdir()
        shutil.rmtree(self.folder)

    @property
    def number(self) -> int:
        """The number of its process, which is that of its group too."""
        return self._process.pid

    def address(self, collection: str) -> str:
        """Return the address of an index there."""
        return f"milvus://127.0.0.1:{self.port}/{collection}"


def with_store(place: str, use: Callable[[Store], object]) -> None:
    """Do something with the collections at a place."""
    address = milvus_address(place)
    assert address
    store = Store(address, 60, LOGIN)
    try:
        use(store)
    finally:
        store.close()


def free_ports(wanted: int) -> list[int]:
    """Return so many ports on which nobody listens."""
    with ExitStack() as probes:
        opened = [probes.enter_context(socket.socket()) for _ in range(wanted)]
        for probe in opened:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in opened]


@pytest.fixture(scope="module", autouse=True)
def login() -> Iterator[None]:
    """Log in to the server, here and in the commands that a test runs."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("QA_INDEX_TOKEN", LOGIN)
        yield


@pytest.fixture
def mended(server: Server) -> Iterator[Server]:
    """Give a server that a test may stop or kill, and mend it afterwards."""
    yield server
    server.recover()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not (importlib.util.find_spec("pymilvus") and importlib.util.find_spec("milvus")):
        pytest.skip(NEEDS)
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.clear()


@pytest.fixture(scope="module", params=["faiss", "lite", "server"])
def engine(request: pytest.FixtureRequest) -> str:
    """Return the name of an engine that can be had here."""
    name: str = request.param
    if name == "lite" and not (importlib.util.find_spec("pymilvus") and importlib.util.find_spec("milvus_lite")):
        pytest.skip(NEEDS)
    if name == "server":
        request.getfixturevalue("server")
    return name


_names = count()


@pytest.fixture(scope="module")
def new_place(
    engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], str]]:
    """Return what gives a place for an index in that engine, each time another; what lies there goes afterwards."""
    folder = tmp_path_factory.mktemp("indexes")
    given: list[str] = []

    def place() -> str:
        name = f"index_{next(_names)}"
        if engine == "server":
            server: Server = request.getfixturevalue("server")
            given.append(server.address(name))
            return given[-1]
        return str(folder / (f"{name}.db" if engine == "lite" else name))

    yield place
    for name in given:
        with_store(name, dropped)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def folder_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an index folder of the sample articles, made by the command: what the engines are compared with."""
    folder = tmp_path_factory.mktemp("folder") / "index"
    made = qa("index", ARTICLES, "--out", folder)
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture(scope="session")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a set of four questions about each of the articles."""
    path = tmp_path_factory.mktemp("questions") / "questions.jsonl"
    chosen = [line for each in SETS for line in each.read_text(encoding="utf-8").splitlines()[:4]]
    path.write_text("\n".join(chosen), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def library(new_place: Callable[[], str]) -> str:
    """Return the place of the sample articles in an engine."""
    place = new_place()
    made = qa("index", ARTICLES, "--out", place)
    assert made.returncode == 0, made.stderr
    assert f"{place}: {len(list(ARTICLES.iterdir()))} documents" in made.stdout
    return place


def assert_refused(done: subprocess.CompletedProcess[str], *said: str) -> None:
    """Check that a command ended as after a user's mistake: exit code 2, a line that says all that, and no secret."""
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert done.stderr.startswith("qa: ")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for part in said:
        assert part in done.stderr
    for secret in (LOGIN, "hunter2"):
        assert secret not in done.stderr + done.stdout


def dropped(store: Store) -> None:
    """Drop the collections of a store, so that the server has less to keep."""
    for kind in KINDS:
        store._client.drop_collection(f"{store.address.collection}_{kind}", timeout=60)
