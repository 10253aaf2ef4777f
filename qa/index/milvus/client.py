"""A client for the two collections of an index in Milvus, with one time limit per call."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any

from qa.errors import IndexServerError
from qa.index.milvus import schema
from qa.index.milvus.lite import open_file
from qa.index.milvus.schema import CHUNKS, DOCUMENTS, KINDS, messages
from qa.index.milvus.uri import Address
from qa.index.server.store import WRITE_FACTOR, server_errors
from qa.types import JSONObject

if TYPE_CHECKING:
    from pymilvus import MilvusClient

READ_OWN, READ_ALL = "Session", "Strong"
"""Consistency levels: see what this client wrote, or what any client wrote, which took 400 ms."""
_MAX_RESULTS = 16_384
_FILE_SECONDS = 600.0
_MIN_VERSION = (2, 5)
_LITE = "milvus_lite"
_NO_COLLECTION = 100  # error code
_WAITS = (0.1, 0.2, 0.4, 0.8, 1.6, 0.0)  # seconds
_CONNECT_NOW = {"grpc.use_local_subchannel_pool": 1}
"""Without this option, a new connection waits for the back-off of one that failed before."""


class Collections:
    """The collections of documents and chunks; the client connects at the first call.

    Every method raises IndexServerError if pymilvus is not installed or the call fails or exceeds the time limit.

    Parameters
    ----------
    seconds : float
        Time limit of a call; ten times as long for one that writes. For a milvus-lite file it is `_FILE_SECONDS`.
    token : str
        API key of the server, or USER:PASSWORD; may be empty.
    """

    def __init__(self, address: Address, seconds: float, token: str) -> None:
        self.shown = address.shown
        self.is_file = address.is_file
        self.half = not address.is_file
        """Whether vectors are float16, which milvus-lite lacks; known after the first call."""
        self._address = address
        self._seconds = _FILE_SECONDS if address.is_file else seconds
        self._token = token

    def close(self) -> None:
        """Close the connection."""
        if "_client" in self.__dict__:
            self._client.close()

    def open(self) -> str | None:
        """Load both collections for searching, and return the type of the vector index; None if they are incomplete."""
        if self.is_file and not Path(self._address.uri).exists():
            return None
        with self._translate_errors("be reached"):
            client = self._client
        with self._translate_errors("be made ready"):
            if not all(self._fields(kind).keys() == schema.FIELDS[kind] for kind in KINDS):
                return None
            # This index is created last.
            names = client.list_indexes(self._name(CHUNKS), "vector", timeout=self._seconds)
            if not names:
                return None
            found = client.describe_index(self._name(CHUNKS), names[0], timeout=self._seconds)
            for kind in KINDS:
                client.load_collection(self._name(kind), timeout=self._seconds)
            # Searches then see at least what was written before.
            self.query(CHUNKS, "row in [0]", ["row"], consistency=READ_ALL)
            if not self.half:
                # For keyword search, milvus-lite scans unflushed rows once per term.
                client.flush(self._name(CHUNKS), timeout=self._seconds)
            return str(found["index_type"])

    def create(self, kind: str, dimension: int, vector_index: str) -> None:
        """Create a collection, or complete one that another process is creating or left incomplete.

        It is an error if it contains something else. Nothing is dropped: another process may have added documents.
        """
        with self._translate_errors("be reached"):
            client = self._client
        name, seconds = self._name(kind), WRITE_FACTOR * self._seconds
        with self._translate_errors("be made"):
            fields = schema.schema(client, kind, dimension, half=self.half)
            create = partial(client.create_collection, schema=fields, consistency_level="Strong", timeout=seconds)
            _ensure(partial(self._fields, kind), partial(create, name))
            found = self._fields(kind)
            if found.keys() != schema.FIELDS[kind] or found.get("vector", {"dim": dimension})["dim"] != dimension:
                raise IndexServerError(
                    f"{self.shown}: collection {name!r} already exists and was not created by this version of qa;"
                    " choose another name"
                )
            for index in schema.indexes(client, kind, vector_index):
                _ensure(
                    partial(client.list_indexes, name, index[0].field_name, timeout=self._seconds),
                    partial(client.create_index, name, index, timeout=seconds),
                )
            client.load_collection(name, timeout=seconds)

    def insert(self, kind: str, rows: Iterable[JSONObject]) -> None:
        """Insert rows with new keys."""
        for batch in messages(rows):
            self._call("be written to", "insert", kind, batch)

    def upsert(self, row: JSONObject) -> None:
        """Write a row of the collection of documents, replacing the one with its number."""
        self._call("be written to", "upsert", DOCUMENTS, [row])

    def delete(self, kind: str, field: str, numbers: Collection[int]) -> None:
        """Delete the rows in which a field has one of the values."""
        # The returned count differs between a server and milvus-lite.
        self._call("be written to", "delete", kind, filter=f"{field} in {sorted(numbers)}")

    def get(
        self,
        kind: str,
        field: str,
        values: Collection[int] | Collection[str],
        wanted: Sequence[str],
        *,
        consistency: str = READ_OWN,
    ) -> list[JSONObject]:
        """Return fields of the rows in which a field has one of the values."""
        return [
            row
            for batch in messages(values)
            for row in self.query(kind, f"{field} in {json.dumps(batch)}", wanted, consistency=consistency)
        ]

    def count(self, kind: str, expression: str = "") -> int:
        """Return the number of rows that match a filter expression, by default of all rows."""
        [row] = self.query(kind, expression, ["count(*)"])
        return int(row["count(*)"])

    def query(
        self,
        kind: str,
        expression: str,
        wanted: Sequence[str],
        *,
        consistency: str = READ_OWN,
        **options: Any,  # noqa: ANN401 -- pymilvus's
    ) -> list[JSONObject]:
        """Return fields of the rows that match a filter expression."""
        options |= {"filter": expression, "output_fields": list(wanted), "consistency_level": consistency}
        return list(map(dict, self._call("be read", "query", kind, **options)))

    def search(
        self,
        field: str,
        asked: list[Any],
        k: int,
        wanted: Sequence[str],
        documents: Sequence[int] | None = None,
        parameters: JSONObject | None = None,
    ) -> list[list[JSONObject]]:
        """Return fields of the best chunks for each vector or text, and their "distance"."""
        found = self._call(
            "be searched",
            "search",
            CHUNKS,
            asked,
            anns_field=field,
            limit=min(k, _MAX_RESULTS),
            filter="" if documents is None else f"document in {list(documents)}",
            output_fields=list(wanted),
            search_params=parameters or {"metric_type": "BM25"},
            consistency_level=READ_OWN,
        )
        # The primary key of a hit is named "row" by milvus-lite and "id" by a server.
        return [[{**hit["entity"], "distance": float(hit["distance"])} for hit in hits] for hits in found]

    def _call(self, action: str, method: str, kind: str, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        """Call a method of the client for a collection."""
        seconds = self._seconds * (WRITE_FACTOR if action == "be written to" else 1)
        with self._translate_errors(action):
            return getattr(self._client, method)(self._name(kind), *arguments, timeout=seconds, **options)

    def _fields(self, kind: str) -> dict[str, JSONObject]:
        """Return the parameters of the fields of a collection, by name; empty if there is no collection."""
        try:
            described = self._client.describe_collection(self._name(kind), timeout=self._seconds)
        except Exception as error:
            if getattr(error, "code", None) == _NO_COLLECTION:
                return {}
            raise
        return {field["name"]: field["params"] for field in described["fields"]}

    def _name(self, kind: str) -> str:
        return f"{self._address.collection}_{kind}"

    @cached_property
    def _client(self) -> MilvusClient:
        import pymilvus

        # pymilvus logs the errors that it raises.
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
        # Shared connections stay open when a client is closed.
        options: dict[str, Any] = {"token": self._token, "timeout": self._seconds, "dedicated": True}
        if self._address.is_file:
            return open_file(self._address, **options)

        class Client(pymilvus.MilvusClient):  # type: ignore[misc]
            def __del__(self) -> None:
                # pymilvus keeps the connection of a client that was given up after an error.
                with suppress(Exception):
                    self.close()

        client = Client(uri=self._address.uri, grpc_options=_CONNECT_NOW, **options)
        version = client.get_server_version(timeout=self._seconds)
        self.half = not version.startswith(_LITE)
        numbers = re.match(r"v?(\d+)\.(\d+)", version)
        if numbers and (int(numbers[1]), int(numbers[2])) < _MIN_VERSION:
            raise IndexServerError(
                f"{self.shown}: is Milvus {version}, which has no keyword search; upgrade it to 2.5 or newer"
            )
        return client

    @contextmanager
    def _translate_errors(self, action: str) -> Iterator[None]:
        try:
            with server_errors(self.shown, action, "milvus", _reason):
                yield
        except IndexServerError:
            if not self.is_file:
                # A broken connection does not always recover, so the next call opens another.
                self.__dict__.pop("_client", None)
            raise


def _ensure(is_made: Callable[[], object], make: Callable[[], object]) -> None:
    """Make something that another process may be making, which is an error of the server and takes it a moment."""
    if is_made():
        return
    try:
        make()
    except Exception:
        for seconds in _WAITS:
            if is_made():
                return
            sleep(seconds)
        raise


def _reason(error: Exception) -> str:
    details: Any = getattr(error, "details", None)
    return str(details() if callable(details) else getattr(error, "message", None) or error)
