"""The engines that an index may lie in: FAISS, a milvus-lite file, a Milvus server that is started here."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from qa.errors import IndexServerError
from qa.milvus.address import milvus_address
from qa.milvus.store import Store

NEEDS = "needs the packages of `make test-engines`"
START_SECONDS = 300
SERVICES = ("rootCoord", "proxy", "queryCoord", "queryNode", "indexNode", "dataCoord", "dataNode")


class Server:
    """A Milvus server that is reached on 127.0.0.1, with a folder of its own.

    Its parts speak to each other there; its own port it opens on every address, which cannot be set.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()

    def start(self) -> None:
        """Start it, and return when it answers."""
        local = [part for service in SERVICES for part in ("--extra-config", f"{service}.ip=127.0.0.1")]
        command = Path(sys.executable).with_name("milvus-server")
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(command), "--data", str(self.folder), "--proxy-port", str(self.port), *local],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                store = Store(milvus_address(self.address("ready")), 5)  # type: ignore[arg-type]
                store.exists()
                store.close()
            except IndexServerError:
                assert self.process.poll() is None, (self.folder / "server.log").read_text()
                assert time.monotonic() < end, "the server did not start"
                time.sleep(0.5)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it and all that it started."""
        os.killpg(self.process.pid, how)
        self.process.wait()

    def address(self, collection: str) -> str:
        """Return the address of an index there."""
        return f"milvus://127.0.0.1:{self.port}/{collection}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not (importlib.util.find_spec("pymilvus") and importlib.util.find_spec("milvus")):
        pytest.skip(NEEDS)
    started = Server(tmp_path_factory.mktemp("server"))
    started.start()
    yield started
    started.stop()


@pytest.fixture(params=["faiss", "lite", "server"])
def engine(request: pytest.FixtureRequest) -> str:
    """Return the name of an engine that can be had here."""
    name: str = request.param
    if name == "lite" and not (importlib.util.find_spec("pymilvus") and importlib.util.find_spec("milvus_lite")):
        pytest.skip(NEEDS)
    if name == "server":
        request.getfixturevalue("server")
    return name


_names = count()


@pytest.fixture
def new_place(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Return what gives a place for an index in that engine, each time another."""

    def place() -> str:
        name = f"index_{next(_names)}"
        if engine == "server":
            server: Server = request.getfixturevalue("server")
            return server.address(name)
        return str(tmp_path / (f"{name}.db" if engine == "lite" else name))

    return place
