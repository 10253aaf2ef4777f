"""What a user gets wrong about the place of an index: a line that says so, in time, and nothing touched."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic

import pytest
from command import qa_process as qa
from conftest import ROOT

from qa.errors import IndexServerError
from qa.index.milvus.client import DOCUMENTS, Store
from qa.index.milvus.uri import milvus_address

from .conftest import LOGIN, NEEDS, assert_refused, with_store
from .test_commands import JETS, of_milvus

needs_packages = pytest.mark.skipif(
    not (importlib.util.find_spec("pymilvus") and importlib.util.find_spec("milvus_lite")), reason=NEEDS
)
PATIENCE = 2.0
"""Seconds that a command waits for the server in these tests."""
SLACK = 60.0
"""Seconds that all else of a command may take on a busy machine."""


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        pytest.param("milvus://127.0.0.1/a/b", "is not a valid index URI", id="two collections"),
        pytest.param("milvus://127.0.0.1:19530", "is not a valid index URI", id="no collection"),
        pytest.param("milvus://127.0.0.1/my-news", "is not a valid index URI", id="no name of a collection"),
        pytest.param("milvus://:1/library", "is not a valid index URI", id="no host"),
        pytest.param("milvus://[::1/library", "is not a valid index URI", id="half a host"),
        pytest.param("milvus://127.0.0.1:0/library", "is not a valid index URI", id="port 0"),
        pytest.param("milvus://127.0.0.1:99999/library", "is not a valid index URI", id="port too high"),
        pytest.param("milvus://me:hunter2/library", "is not a valid index URI", id="password for a port"),
        pytest.param("milvus://me:hunter2@127.0.0.1:1/library", "QA_INDEX_TOKEN", id="password"),
        pytest.param("milvus://127.0.0.1:1/library?token=hunter2", "QA_INDEX_TOKEN", id="key"),
        pytest.param("https://me:hunter2@127.0.0.1/library", "https://...: is not a valid index", id="other scheme"),
        pytest.param("MILVUS://127.0.0.1/library", "MILVUS://...: is not a valid index URI", id="capitals"),
    ],
)
def test_no_address(place: str, problem: str) -> None:
    with pytest.raises(IndexServerError) as raised:
        milvus_address(place)
    assert problem in str(raised.value)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("command", ["ask", "index"])
def test_the_command_says_it_in_a_line(command: str) -> None:
    place = "milvus://me:hunter2@127.0.0.1:1/library"
    arguments = ("--index", place, JETS) if command == "ask" else ("data/articles", "--out", place)
    assert_refused(qa(command, *arguments), "QA_INDEX_TOKEN")


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.fixture
def website() -> Iterator[int]:
    """The port of a server that speaks HTTP alone."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        Thread(target=server.serve_forever).start()
        yield server.server_address[1]
        server.shutdown()


@needs_packages
@pytest.mark.parametrize("there", ["nobody", "silent", "website"])
def test_no_milvus_there(there: str, request: pytest.FixtureRequest) -> None:
    place = f"milvus://127.0.0.1:{1 if there == 'nobody' else request.getfixturevalue(there)}/library"
    began = monotonic()
    done = qa("ask", "--index", place, JETS, QA_INDEX_TIMEOUT_SECONDS=str(PATIENCE), QA_INDEX_TOKEN="me:hunter2")
    assert monotonic() - began < PATIENCE + SLACK
    assert_refused(done, f"{place}: could not be reached")


@needs_packages
def test_a_host_that_has_no_address() -> None:
    place = "milvus://nobody.invalid:19530/library"
    assert_refused(
        qa("ask", "--index", place, JETS, QA_INDEX_TIMEOUT_SECONDS=str(PATIENCE)), f"{place}: could not be reached"
    )


@of_milvus
def test_no_index_there(new_place: Callable[[], str]) -> None:
    place = new_place()
    assert_refused(qa("ask", "--index", place, JETS), f"{place}: contains no index; make it with: qa index")
    assert place.startswith("milvus:") or not Path(place).exists()


@pytest.mark.parametrize("engine", ["server"], indirect=True, scope="module")
@pytest.mark.parametrize("login", ["root:hunter2", ""], ids=["wrong password", "no login"])
def test_who_may_not_log_in(new_place: Callable[[], str], login: str) -> None:
    place = new_place()
    assert_refused(qa("ask", "--index", place, JETS, QA_INDEX_TOKEN=login), f"{place}: could not be")


@of_milvus
def test_a_collection_of_something_else_is_left_alone(new_place: Callable[[], str], tmp_path: Path) -> None:
    place = new_place()
    (tmp_path / "a.txt").write_text("Tea reached Amarel in 1650.", encoding="utf-8")
    # ShardResult in a process of its own, which lets go of a file.
    subprocess.run(
        [sys.executable, "-c", STRANGER, place, LOGIN], check=True, cwd=ROOT, capture_output=True, timeout=300
    )
    assert_refused(qa("ask", "--index", place, JETS), f"{place}: contains no index")
    assert_refused(
        qa("index", tmp_path, "--out", place), place, "already exists and was not created by qa; choose another name"
    )
    left: list[int] = []
    with_store(place, lambda store: left.append(counted(store)))
    assert left == [1]


STRANGER = """
import sys
from qa.index.milvus.uri import milvus_address
from qa.index.milvus.client import DOCUMENTS, Store

store = Store(milvus_address(sys.argv[1]), 60, sys.argv[2])
name = f"{store.address.collection}_{DOCUMENTS}"
store._client.create_collection(name, dimension=4, timeout=60)
store._client.insert(name, [{"id": 1, "vector": [0.0, 0.0, 0.0, 1.0]}], timeout=60)
store.close()
"""


def counted(store: Store) -> int:
    """Return how many rows the collection of the records has, whatever they are."""
    name = f"{store.address.collection}_{DOCUMENTS}"
    store._client.load_collection(name, timeout=60)
    [row] = store._client.query(name, filter="", output_fields=["count(*)"], consistency_level="Strong", timeout=60)
    return int(row["count(*)"])


@needs_packages
def test_a_path_that_is_no_milvus_lite_file(tmp_path: Path) -> None:
    notes, photos = tmp_path / "notes.db", tmp_path / "photos.db"
    notes.write_bytes(b"SQLite format 3\0")
    photos.mkdir()
    (photos / "a.jpg").write_bytes(b"a photo")
    for place, command in (
        (notes, ("ask", "--index", notes, JETS)),
        (photos, ("index", "data/articles", "--out", photos)),
    ):
        assert_refused(qa(*command), f"{place}: is not a milvus-lite file; choose another name")
    assert notes.read_bytes() == b"SQLite format 3\0"
    assert [path.name for path in photos.iterdir()] == ["a.jpg"]


@pytest.mark.parametrize("engine", ["lite"], indirect=True, scope="module")
def test_a_file_that_another_process_has_open(new_place: Callable[[], str]) -> None:
    place = new_place()
    with_store(place, lambda _: assert_refused(qa("ask", "--index", place, JETS), place, "another process"))
