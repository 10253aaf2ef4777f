"""PostgreSQL stops, is killed, hangs, is slow, has no room, or the network to it drops everything."""

from __future__ import annotations

import select
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import count
from threading import Event, Thread

import numpy as np
import pytest
from postgres_server import LOGIN, PostgresServer

from index import test_engines
from index.test_memory import QUERY, WORDS, assert_same_entry, entry_of
from qa.errors import IndexServerError
from qa.index.base import EmbeddedDocument
from qa.index.server.index import ServerIndex
from qa.settings import Settings

pytestmark = pytest.mark.slow

SECONDS = 1.0
SLACK = 3.0
"""Seconds that a call may take beyond its limit on a busy machine; a connection attempt fails after at least two."""
SETTINGS = Settings(index_token=LOGIN, index_timeout_seconds=SECONDS)
ENTRIES = [entry_of(name, [2, 1]) for name in "abcd"]
_names = count()
opened = partial(test_engines.opened, settings=SETTINGS)


@pytest.fixture
def location(postgres: PostgresServer) -> Iterator[str]:
    """Return the address of an index of four documents; the server runs afterwards."""
    address = postgres.address(f"outage_{next(_names)}")
    # Tables are made slowly on a busy machine.
    index = test_engines.opened(address, Settings(index_token=LOGIN, index_timeout_seconds=30.0))
    index.add_all(ENTRIES)
    index.close()
    yield address
    with suppress(FileNotFoundError):
        postgres.signal(signal.SIGCONT)
    if not (postgres.data / "postmaster.pid").exists():
        postgres.start()


def assert_answers(index: ServerIndex) -> None:
    """Check that everything is found on the server."""
    index.clear_cache()
    assert len(index.nearest_chunks(QUERY, 100)[0]) == 2 * len(ENTRIES)
    assert len(index.keyword.search(WORDS, 100)[0]) == 2 * len(ENTRIES)
    for entry in ENTRIES:
        assert_same_entry(index.entry(entry.document.id), entry)


def assert_fails(call: Callable[[], object], location: str, within: float = SECONDS) -> None:
    """Check that a call fails in time with an error that names the address."""
    began = time.monotonic()
    with pytest.raises(IndexServerError, match=f"{location}: could not be"):
        call()
    assert time.monotonic() - began < within + SLACK


def test_a_table_that_is_locked(location: str, postgres: PostgresServer) -> None:
    import psycopg

    user, _, password = LOGIN.partition(":")
    with psycopg.connect(
        host="127.0.0.1", port=postgres.port, user=user, password=password, dbname="postgres"
    ) as connection:
        connection.execute(f"LOCK TABLE {location.rpartition('/')[2]}.documents")
        with pytest.raises(
            IndexServerError, match=r"timeout.*; check the server, or set QA_INDEX_TIMEOUT_SECONDS higher"
        ):
            opened(location).look_up(["a"])


def test_stopped(location: str, postgres: PostgresServer) -> None:
    index = opened(location)
    assert_answers(index)
    postgres.stop()
    for _ in range(2):
        assert_fails(lambda: index.nearest_chunks(QUERY, 3), location)
        assert_fails(lambda: index.add(ENTRIES[0]), location)
        assert_fails(lambda: opened(location), location)
    postgres.start()
    # Also through an earlier connection.
    assert_answers(index)
    index.close()


def test_hung(location: str, postgres: PostgresServer) -> None:
    index = opened(location)
    assert_answers(index)
    postgres.signal(signal.SIGSTOP)
    assert_fails(lambda: index.keyword.search(WORDS, 3), location)
    assert_fails(lambda: opened(location), location)
    postgres.signal(signal.SIGCONT)
    assert_answers(index)
    index.close()


def test_killed_during_a_write(location: str, postgres: PostgresServer) -> None:
    confirmed: list[EmbeddedDocument] = []
    failed = Event()

    def write() -> None:
        index = opened(location)
        for number in range(10_000):
            entry = entry_of(f"new-{number}", [3, 2, 1])
            try:
                index.add(entry)
            except IndexServerError:
                failed.set()
                break
            confirmed.append(entry)
        index.close()

    writer = Thread(target=write)
    writer.start()
    while len(confirmed) < 20:
        time.sleep(0.01)
    postgres.kill()
    writer.join()
    assert failed.is_set()
    postgres.start()
    index = opened(location)
    names = list(index.documents)
    expected = [entry.document.id for entry in [*ENTRIES, *confirmed]]
    # The last one may have been written without being confirmed.
    assert names[: len(expected)] == expected
    assert len(names) - len(expected) in {0, 1}
    for entry in confirmed:
        assert_same_entry(index.entry(entry.document.id), entry)
    rows = index.rows(names)
    assert (len(index.documents), len(index), len(rows)) == (len(names), len(rows), len(rows))
    index.close()


class Proxy:
    """A proxy that forwards to a port, until it drops everything or delays it."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.drops = False
        self.drops_statements = False
        self.delay = 0.0
        self._ended = False
        self._threads = [Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        self._ended = True
        for thread in self._threads:
            thread.join()
        self._server.close()

    def _accept(self) -> None:
        while not self._ended:
            if select.select([self._server], [], [], 0.05)[0]:
                self._threads.append(Thread(target=self._forward, args=[self._server.accept()[0]]))
                self._threads[-1].start()

    def _forward(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._to)) as server:
            other = {client: server, server: client}
            while not self._ended:
                for ready in select.select([client, server], [], [], 0.05)[0]:
                    content = ready.recv(65_536)
                    if not content:
                        return
                    time.sleep(self.delay)
                    is_statement = ready is client and content[:1] in {b"Q", b"P"}
                    with suppress(OSError):
                        if not (self.drops or (self.drops_statements and is_statement)):
                            other[ready].sendall(content)


def test_cut_off_and_slow(location: str, postgres: PostgresServer) -> None:
    proxy = Proxy(postgres.port)
    by_proxy = location.replace(str(postgres.port), str(proxy.port))
    try:
        index = opened(by_proxy)
        proxy.drops = True
        assert_fails(lambda: index.nearest_chunks(QUERY, 3), by_proxy)
        assert_fails(lambda: opened(by_proxy), by_proxy)
        proxy.drops = False
        assert_answers(index)
        proxy.delay = 0.02
        assert_answers(index)
        proxy.delay = 1.5 * SECONDS
        assert_fails(lambda: index.look_up(["a"]), by_proxy)
        proxy.delay = 0.0
        assert_answers(index)
        index.close()
    finally:
        proxy.close()


def test_silent_once_connected(location: str, postgres: PostgresServer) -> None:
    proxy = Proxy(postgres.port)
    by_proxy = location.replace(str(postgres.port), str(proxy.port))
    proxy.drops_statements = True
    try:
        assert_fails(lambda: opened(by_proxy), by_proxy)
    finally:
        proxy.close()


def test_no_room(location: str, postgres: PostgresServer) -> None:
    """Limits the size of the server's files, as on a full disk, and then removes the limit."""
    postgres.limit_files("3000000")
    numbers = np.random.default_rng(0)
    written: list[EmbeddedDocument] = []

    def write() -> None:
        for number in range(20):
            text = numbers.bytes(250_000).hex()
            entry = entry_of(f"large-{number}", [1])
            index.add(replace(entry, document=replace(entry.document, text=f"{entry.document.text} {text}")))
            written.append(entry)

    index = opened(location)
    try:
        assert_fails(write, location, 10 * SECONDS)
        assert 0 < len(written) < 20
        assert_answers_with(index, written)
    finally:
        postgres.limit_files("unlimited")
    index.close()
    index = opened(location)
    write()
    assert_answers_with(index, written)
    index.close()


def assert_answers_with(index: ServerIndex, written: list[EmbeddedDocument]) -> None:
    """Check that the index has these documents and the initial ones."""
    index._clear_counts()
    names = list(dict.fromkeys(entry.document.id for entry in [*ENTRIES, *written]))
    assert sorted(index.documents) == sorted(names)
    assert len(index) == len(index.rows(names))
    assert [index.documents[name].id for name in names] == names
