"""The two collections of an index in Milvus: `COLLECTION_documents` and `COLLECTION_chunks`.

Every call has one time limit, and its errors are those of the index.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.errors import IndexServerError
from qa.index.milvus import schema
from qa.index.milvus.lite import opened_file
from qa.index.milvus.schema import CHUNKS, DOCUMENTS, KINDS, batches
from qa.index.milvus.uri import Address
from qa.index.server.errors import server_errors
from qa.types import JSONObject

if TYPE_CHECKING:
    from pymilvus import MilvusClient

READ, READ_ALL = "Session", "Strong"
"""Waiting for what itself wrote; and for what any process wrote, which took 400 ms."""
_MOST_FOUND = 16_384
_SLOWER_WRITING = 10
_FILE_SECONDS = 600.0
_OLDEST = (2, 5)
_LITE = "milvus_lite"
_CONNECT_AT_ONCE = {"grpc.use_local_subchannel_pool": 1}
"""Else a new connection would wait until one that failed before may be tried again."""


class Collections:
    """The collections, which are connected to when they are first asked for.

    Parameters
    ----------
    address : Address
    seconds : float
        Most that a call may take; one that writes, ten times as long. A milvus-lite file runs in this process and is
        waited for.
    token : str
        Key of the server, or USER:PASSWORD; empty for none.

    Raises
    ------
    IndexServerError
        Every method: if pymilvus is not installed, or the server or file does not answer in time.
    """

    def __init__(self, address: Address, seconds: float, token: str) -> None:
        self.shown = address.shown
        self.is_file = address.is_file
        self.half = not address.is_file
        """Whether vectors have 16 bits, which milvus-lite lacks; known once it is connected."""
        self._address = address
        self._seconds = _FILE_SECONDS if address.is_file else seconds
        self._token = token

    def close(self) -> None:
        """Let go of the server or file."""
        if "_client" in self.__dict__:
            self._client.close()

    def open(self) -> str | None:
        """Have both ready to be searched, with all that was written before; return the kind of the index of vectors.

        None where they are not both there.
        """
        if self.is_file and not Path(self._address.uri).exists():
            return None
        with self._translate_errors("be reached"):
            client = self._client
        with self._translate_errors("be made ready"):
            if not all(map(self._is_ours, KINDS)):
                return None
            for kind, key in ((DOCUMENTS, "number"), (CHUNKS, "row")):
                client.load_collection(self._name(kind), timeout=self._seconds)
                self.query(kind, f"{key} in [0]", [key], consistency=READ_ALL)
            if not self.half:
                # What milvus-lite has only in its log it compares row by row, for each term of a question.
                client.flush(self._name(CHUNKS), timeout=self._seconds)
            found: str = client.describe_index(self._name(CHUNKS), "vector")["index_type"]
            return found

    def create(self, dimension: int, vector_index: str) -> None:
        """Create both; empty ones of an interrupted attempt are created again.

        Raises
        ------
        IndexServerError
            Also if a collection of such a name contains something else.
        """
        with self._translate_errors("be reached"):
            client = self._client
        made: list[str] = []
        try:
            for kind in KINDS:
                with self._translate_errors("be made"):
                    self._reject_unrelated(kind)
                    made.append(self._name(kind))
                    client.create_collection(
                        made[-1],
                        schema=schema.schema(client, kind, dimension, half=self.half),
                        index_params=schema.indexes(client, kind, vector_index),
                        consistency_level="Strong",
                        timeout=_SLOWER_WRITING * self._seconds,
                    )
        except IndexServerError:
            # One that was made in part would never load.
            for name in made:
                with self._translate_errors("be removed"):
                    client.drop_collection(name, timeout=self._seconds)
            raise

    def insert(self, kind: str, rows: Iterable[JSONObject]) -> None:
        """Write new rows."""
        with self._translate_errors("be written to"):
            for batch in batches(rows):
                self._client.insert(self._name(kind), batch, timeout=_SLOWER_WRITING * self._seconds)

    def upsert(self, row: JSONObject) -> None:
        """Write a row of the documents, in place of the one of its number."""
        with self._translate_errors("be written to"):
            self._client.upsert(self._name(DOCUMENTS), [row], timeout=_SLOWER_WRITING * self._seconds)

    def delete(self, kind: str, field: str, numbers: Sequence[int]) -> None:
        """Delete the rows of which a field has one of the values."""
        with self._translate_errors("be written to"):
            # What it returns differs between server and file.
            self._client.delete(
                self._name(kind), filter=f"{field} in {list(numbers)}", timeout=_SLOWER_WRITING * self._seconds
            )

    def get(
        self,
        kind: str,
        field: str,
        values: Collection[int] | Collection[str],
        wanted: Sequence[str],
        *,
        consistency: str = READ,
    ) -> list[JSONObject]:
        """Return the rows of which a field has one of the values."""
        return [
            row
            for batch in batches(values)
            for row in self.query(kind, f"{field} in {json.dumps(batch)}", wanted, consistency=consistency)
        ]

    def count(self, kind: str, expression: str = "") -> int:
        """Return the number of rows that meet a condition, or of all."""
        [row] = self.query(kind, expression, ["count(*)"])
        return int(row["count(*)"])

    def query(
        self,
        kind: str,
        expression: str,
        wanted: Sequence[str],
        *,
        consistency: str = READ,
        **options: Any,  # noqa: ANN401 -- pymilvus's
    ) -> list[JSONObject]:
        """Return fields of the rows that meet a condition."""
        with self._translate_errors("be read"):
            found = self._client.query(
                self._name(kind),
                filter=expression,
                output_fields=list(wanted),
                consistency_level=consistency,
                timeout=self._seconds,
                **options,
            )
            return list(map(dict, found))

    def search(
        self,
        field: str,
        asked: list[Any],
        k: int,
        documents: Sequence[int] | None = None,
        parameters: JSONObject | None = None,
    ) -> list[list[JSONObject]]:
        """Return the best chunks for each vector or text, each with its "row" and "distance"."""
        with self._translate_errors("be searched"):
            found = self._client.search(
                self._name(CHUNKS),
                asked,
                anns_field=field,
                limit=min(k, _MOST_FOUND),
                filter="" if documents is None else f"document in {list(documents)}",
                output_fields=["row"],
                search_params=parameters or {"metric_type": "BM25"},
                consistency_level=READ,
                timeout=self._seconds,
            )
            # The number of a hit itself is named "row" by a file and "id" by a server.
            return [[{**hit["entity"], "distance": float(hit["distance"])} for hit in hits] for hits in found]

    def _is_ours(self, kind: str) -> bool:
        name = self._name(kind)
        if not self._client.has_collection(name, timeout=self._seconds):
            return False
        described = self._client.describe_collection(name, timeout=self._seconds)
        return schema.is_ours(kind, (field["name"] for field in described["fields"]))

    def _reject_unrelated(self, kind: str) -> None:
        """Drop an empty collection of our own kind, and refuse any other that bears the name."""
        name = self._name(kind)
        if not self._client.has_collection(name, timeout=self._seconds):
            return
        count = self._client.get_collection_stats(name, timeout=self._seconds)["row_count"]
        if not self._is_ours(kind) or int(count):
            raise IndexServerError(
                f"{self.shown}: collection {name!r} already exists and was not created by this version of qa;"
                " choose another name"
            )
        self._client.drop_collection(name, timeout=self._seconds)

    def _name(self, kind: str) -> str:
        return f"{self._address.collection}_{kind}"

    @cached_property
    def _client(self) -> MilvusClient:
        import pymilvus

        # Each error is raised too.
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
        # Connections that are shared stay open when their clients are closed.
        options: dict[str, Any] = {"token": self._token, "timeout": self._seconds, "dedicated": True}
        if self._address.is_file:
            return opened_file(self._address, **options)
        client = pymilvus.MilvusClient(uri=self._address.uri, grpc_options=_CONNECT_AT_ONCE, **options)
        version = client.get_server_version(timeout=self._seconds)
        self.half = not version.startswith(_LITE)
        numbers = re.match(r"v?(\d+)\.(\d+)", version)
        if numbers and (int(numbers[1]), int(numbers[2])) < _OLDEST:
            client.close()
            raise IndexServerError(
                f"{self.shown}: is Milvus {version}, which has no keyword search; upgrade it to 2.5 or newer"
            )
        return client

    @contextmanager
    def _translate_errors(self, action: str) -> Iterator[None]:
        with server_errors(self.shown, action, "milvus", _reason):
            try:
                yield
            except (IndexServerError, ImportError):
                raise
            except Exception:
                if not self.is_file:
                    # One whose connection broke does not always recover: the next call connects again.
                    self.__dict__.pop("_client", None)
                raise


def _reason(error: Exception) -> str:
    details: Any = getattr(error, "details", None)
    return str(details() if callable(details) else getattr(error, "message", None) or error)
