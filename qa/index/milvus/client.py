"""Four collections of rows in Milvus, every call under one time limit.

`COLLECTION_documents` has a record of each document, `_pieces` its text, spans and terms, `_chunks` and `_sentences`
the vectors. A row's number is made of its document's and its position in it: see `row_of`. Record 0 is the metadata of
the index: what it was made with, and what is being written. It is written once all collections exist.

What is written is read by the next call, or rows that were deleted would come back: when a store is opened it waits for
all that any process wrote before (consistency "Strong"), and afterwards for what itself writes ("Session"), since
waiting for all took 400 ms a call. Vectors are compared one by one (index FLAT): an approximate index finds too few
rows where a search is limited to some of them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.errors import IndexServerError
from qa.index.milvus.lite import opened_file
from qa.index.milvus.uri import Address
from qa.types import JSONObject, StoredVectors, Vectors

if TYPE_CHECKING:
    from pymilvus import MilvusClient

DOCUMENTS, PIECES, CHUNKS, SENTENCES = "documents", "pieces", "chunks", "sentences"
KINDS = (PIECES, CHUNKS, SENTENCES, DOCUMENTS)
MAKE = "make it with: qa index"
MOST_CHARACTERS = 65_535
"""Characters (all are ASCII) that a text field takes."""
_FIELDS: dict[str, dict[str, int | None]] = {
    # A number is the most characters of a text; the others are whole numbers.
    DOCUMENTS: {"key": 64, "fingerprint": 64, "about": MOST_CHARACTERS},
    PIECES: {"content": MOST_CHARACTERS},
    CHUNKS: {"first": None, "sentences": None},
    SENTENCES: {},
}
_NO_VECTOR = [0.0, 1.0]
"""Older servers want a vector in every collection."""
_READ = "Session"
_ROWS_AT_ONCE = 1000
_MOST_FOUND = 16_384
_SLOWER_WRITING = 10
_FILE_SECONDS = 600.0
_POSITIONS = 24


def row_of(number: int, position: int = 0) -> int:
    """Return the row of a position, counted from 0, in a document; a document has 2**24 of them."""
    return number << _POSITIONS | position


def number_of(row: int) -> int:
    """Return the number of the document that a row belongs to."""
    return row >> _POSITIONS


class Store:
    """The collections of one index.

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
        If pymilvus is not installed, or the server or file cannot be reached in time. So does every method.
    """

    def __init__(self, address: Address, seconds: float, token: str = "") -> None:
        self.address = address
        self._seconds = _FILE_SECONDS if address.is_file else seconds
        with self._translate_errors("be reached"):
            self._client = _connected(address, self._seconds, token)

    def close(self) -> None:
        """Let go of the server or file."""
        self._client.close()

    def exists(self) -> bool:
        """Return whether all collections are there."""
        with self._translate_errors("be asked"):
            return all(self._client.has_collection(self._name(kind), timeout=self._seconds) for kind in KINDS)

    def load(self) -> None:
        """Have the collections ready to be searched, with all that was written before."""
        with self._translate_errors("be made ready"), ThreadPoolExecutor(len(KINDS)) as pool:
            list(pool.map(self._load, KINDS))

    def create(self, dimension: int) -> None:
        """Create the collections; empty ones of an interrupted attempt are created again.

        Raises
        ------
        IndexServerError
            Also if a collection of such a name contains something else.
        """
        made: list[str] = []
        try:
            for kind in KINDS:
                with self._translate_errors("be made"):
                    self._reject_unrelated(kind)
                    made.append(kind)
                    self._create(kind, dimension)
        except IndexServerError:
            # One that was made in part would never load.
            for kind in made:
                with self._translate_errors("be removed"):
                    self._client.drop_collection(self._name(kind), timeout=self._seconds)
            raise

    def insert(self, kind: str, rows: Iterable[JSONObject]) -> None:
        """Write rows, each with a "row" that is new, a "vector" where the kind has one, and the fields of its kind."""
        with self._translate_errors("be written to"):
            for batch in _batches(rows):
                whole = [row if "vector" in row else {**row, "vector": _NO_VECTOR} for row in batch]
                self._client.insert(self._name(kind), whole, timeout=_SLOWER_WRITING * self._seconds)

    def put_record(self, row: JSONObject) -> None:
        """Write a record, in place of the one of the same row."""
        with self._translate_errors("be written to"):
            self._client.upsert(
                self._name(DOCUMENTS), [{**row, "vector": _NO_VECTOR}], timeout=_SLOWER_WRITING * self._seconds
            )

    def delete(self, first: int, end: int) -> None:
        """Delete all rows from the first to before the end, of every kind; the records first."""
        for kind in reversed(KINDS):
            expression = f"row >= {row_of(first)} and row < {row_of(end)}"
            if kind == DOCUMENTS:
                expression = f"row >= {first} and row < {end}"
            with self._translate_errors("be written to"):
                # What it returns differs between server and file.
                self._client.delete(self._name(kind), filter=expression, timeout=_SLOWER_WRITING * self._seconds)

    def get(self, kind: str, rows: Sequence[int], fields: Sequence[str]) -> dict[int, JSONObject]:
        """Return fields of those of the rows that are there, by row."""
        found: dict[int, JSONObject] = {}
        for batch in _batches(rows):
            found |= {each["row"]: each for each in self._query(kind, f"row in {list(batch)}", fields)}
        return found

    def vectors(self, kind: str, rows: Sequence[int], dimension: int) -> StoredVectors:
        """Return the vectors of rows, shape (len(rows), dimension).

        Raises
        ------
        IndexServerError
            Also if one is gone.
        """
        vectors = np.empty((len(rows), dimension), dtype=np.float16)
        found = self.get(kind, rows, ["vector"])
        for position, row in enumerate(rows):
            if row not in found:
                raise self.changed()
            vectors[position] = found[row]["vector"]
        return vectors

    def records(self, keys: Sequence[str]) -> list[JSONObject]:
        """Return the records of these keys, ascending."""
        found: list[JSONObject] = []
        for batch in _batches(keys):
            found += self._query(DOCUMENTS, f"key in {json.dumps(list(batch))}", ["key", "fingerprint", "about"])
        return sorted(found, key=lambda record: record["row"])

    def count(self, kind: str) -> int:
        """Return the number of rows of a kind."""
        with self._translate_errors("be read"):
            [counted] = self._client.query(
                self._name(kind), output_fields=["count(*)"], consistency_level=_READ, timeout=self._seconds
            )
        return int(counted["count(*)"])

    def search(self, kind: str, vector: Vectors, k: int, within: Sequence[int] | None = None) -> list[JSONObject]:
        """Return the `k` rows nearest to a unit vector, each with its "cosine" and "row".

        Best first, equal ones in the order of their rows. `within` limits the search to those rows.
        """
        with self._translate_errors("be searched"):
            [hits] = self._client.search(
                self._name(kind),
                [vector.tolist()],
                anns_field="vector",
                limit=min(k, _MOST_FOUND),
                filter="" if within is None else f"row in {list(within)}",
                output_fields=["row"],
                search_params={"metric_type": "IP"},
                consistency_level=_READ,
                timeout=self._seconds,
            )
            # The number of a hit itself is named "row" by a file and "id" by a server.
            found = [{**hit["entity"], "cosine": float(hit["distance"])} for hit in hits]
        return sorted(found, key=lambda hit: (-hit["cosine"], hit["row"]))

    def changed(self) -> IndexServerError:
        """Return the error of a row that is gone."""
        return IndexServerError(f"{self.address.shown}: the index was changed by another process; try again")

    def _load(self, kind: str) -> None:
        name = self._name(kind)
        self._client.load_collection(name, timeout=self._seconds)
        self._client.query(name, filter="row in [0]", consistency_level="Strong", timeout=self._seconds)

    def _query(self, kind: str, expression: str, fields: Sequence[str]) -> list[JSONObject]:
        with self._translate_errors("be read"):
            found = self._client.query(
                self._name(kind),
                filter=expression,
                output_fields=["row", *fields],
                consistency_level=_READ,
                timeout=self._seconds,
            )
            return list(map(dict, found))

    def _create(self, kind: str, dimension: int) -> None:
        from pymilvus import DataType

        schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("row", DataType.INT64, is_primary=True)
        for name, characters in _FIELDS[kind].items():
            if characters is None:
                schema.add_field(name, DataType.INT64)
            else:
                schema.add_field(name, DataType.VARCHAR, max_length=characters)
        length = dimension if kind in {CHUNKS, SENTENCES} else len(_NO_VECTOR)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=length)
        searched = self._client.prepare_index_params()
        searched.add_index("vector", index_type="FLAT", metric_type="IP")
        self._client.create_collection(
            self._name(kind),
            schema=schema,
            index_params=searched,
            consistency_level="Strong",
            timeout=_SLOWER_WRITING * self._seconds,
        )

    def _reject_unrelated(self, kind: str) -> None:
        """Drop an empty collection of our own kind, and refuse any other that bears the name."""
        name = self._name(kind)
        if not self._client.has_collection(name, timeout=self._seconds):
            return
        described = self._client.describe_collection(name, timeout=self._seconds)
        fields = {field["name"] for field in described["fields"]}
        count = self._client.get_collection_stats(name, timeout=self._seconds)["row_count"]
        if fields != {"row", "vector", *_FIELDS[kind]} or int(count):
            raise IndexServerError(
                f"{self.address.shown}: collection {name!r} already exists and was not created by qa;"
                " choose another name"
            )
        self._client.drop_collection(name, timeout=self._seconds)

    def _name(self, kind: str) -> str:
        return f"{self.address.collection}_{kind}"

    @contextmanager
    def _translate_errors(self, action: str) -> Iterator[None]:
        """Turn whatever a call raises into one clear error."""
        try:
            yield
        except (IndexServerError, KeyboardInterrupt, GeneratorExit):
            raise
        except ImportError as error:
            raise IndexServerError(
                f"{self.address.shown}: needs a package that is not installed ({error.name});"
                " pip install 'cited-qa[milvus]'"
            ) from error
        except Exception as error:  # gRPC, pymilvus and milvus-lite each raise their own
            raise IndexServerError(f"{self.address.shown}: could not {action} ({_reason(error)})") from error


def _connected(address: Address, seconds: float, token: str) -> MilvusClient:
    import pymilvus

    # Each error is raised too.
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
    # Connections that are shared stay open when their clients are closed.
    options: dict[str, Any] = {"token": token, "timeout": seconds, "dedicated": True}
    return opened_file(address, **options) if address.is_file else pymilvus.MilvusClient(uri=address.uri, **options)


def _reason(error: Exception) -> str:
    details: Any = getattr(error, "details", None)
    said = details() if callable(details) else getattr(error, "message", None) or str(error)
    return " ".join(str(said).split())[:300] or type(error).__name__


def _batches(rows: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    left = iter(rows)
    while batch := tuple(islice(left, _ROWS_AT_ONCE)):
        yield batch
