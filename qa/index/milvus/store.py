"""What `qa.index.server.store.Store` asks for, of Milvus 2.5 or newer and of milvus-lite.

`COLLECTION_documents` has a row for each document, whose primary key is its number, and `COLLECTION_chunks` one for
each chunk, with the function BM25 over its terms. A document's chunks are written before its row, and deleted after
it; of two rows of one document the one of the greater number counts. So it is seen whole or not at all.

Milvus has neither transactions nor sequences. A writer first claims numbers: it writes them in a row of a negative
number, and reads the claims of all. Of two that claim the same numbers at once one at least sees the other, and takes
others. A claim is removed when all is done; what an interrupted writer left, another one removes with its claim.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import exp
from random import randrange
from threading import Lock
from time import time

import numpy as np

from qa.index.milvus import schema
from qa.index.milvus.client import READ, READ_ALL, Collections
from qa.index.milvus.schema import CHUNKS, DOCUMENTS, K1, RECORD, B, batches, newest, note, record, word
from qa.index.milvus.uri import milvus_address
from qa.index.server.recent import Recent
from qa.index.server.store import Record, StoredDocument, Totals, number_of
from qa.settings import Settings
from qa.types import JSONObject, StoredVectors, Vectors

_METADATA, _LENGTHS = 0, -1
"""Rows of the documents' collection that are none; those below are claims."""
_EPOCH, _NUMBERS_A_SECOND = 1_767_225_600, 256
"""Numbers are made of the time since 2026, so that they ascend; they last for 34 years."""
_CLAIM_SECONDS = 1800.0
"""After which its writer is taken to be gone."""
_EF, _EF_WITHIN = 256, 2000
"""Neighbours looked at by a search in HNSW, and by one within some documents, which would miss most at 256."""
_COUNTED = 200
"""Chunks up to which those that contain a term are counted."""
_KEYS, _AT_ONCE = 100_000, 1000


def connect(location: str, settings: Settings) -> MilvusStore:
    """Return the store at an address of Milvus, or in a milvus-lite file; it is opened when first asked.

    Raises
    ------
    IndexServerError
        If it is no such address.
    """
    address = milvus_address(location)
    token = settings.index_token.get_secret_value()
    return MilvusStore(Collections(address, settings.index_timeout_seconds, token), settings.milvus_index)


class MilvusStore:
    """The two collections of an index; see the module.

    Parameters
    ----------
    collections : Collections
    vector_index : str
        The kind of index of vectors that `create` makes.
    """

    def __init__(self, collections: Collections, vector_index: str) -> None:
        self.shown = collections.shown
        self._collections = collections
        self._vector_index = vector_index
        self._keys = Recent[int, str](self._read_keys, _KEYS)
        self._writing = Lock()
        self._claims: set[int] = set()
        self._next = 0

    def close(self) -> None:
        self._collections.close()

    def metadata(self) -> JSONObject | None:
        vector_index = self._collections.open()
        if vector_index is None:
            return None
        self._vector_index = vector_index
        found = self._collections.query(DOCUMENTS, f"number in [{_METADATA}]", ["about"], consistency=READ_ALL)
        return note(found[0]) if found else None

    def create(self, metadata: JSONObject) -> None:
        self._collections.create(metadata["dimension"], self._vector_index)
        self._put_note(_METADATA, metadata)

    def put(self, documents: Sequence[StoredDocument]) -> None:
        if not documents:
            return
        with self._writing:
            claim, numbers = self._claim(len(documents))
            pairs = list(zip(numbers, documents, strict=True))
            self._collections.insert(
                CHUNKS, (row for pair in pairs for row in schema.chunk_rows(*pair, half=self._collections.half))
            )
            rows = [schema.document_row(*pair) for pair in pairs]
            self._collections.insert(DOCUMENTS, rows)
            self._add_lengths(rows, 1)
            self._finish(claim, numbers)

    def delete(self, keys: Collection[str]) -> int:
        with self._writing:
            versions = self._versions(keys, consistency=READ_ALL)
            numbers = [one.number for one in versions]
            if numbers:
                claim = self._write_claim(numbers)
                self._delete_all(numbers)
                self._drop_claim(claim)
        return len({one.key for one in versions})

    def records(self, keys: Collection[str]) -> list[Record]:
        return newest(self._versions(keys))

    def page(self, after: int, limit: int) -> list[Record]:
        after = max(_METADATA, after)
        while True:
            # As the client's iterator asks, for the first ones by primary key.
            found = list(
                map(
                    record,
                    self._collections.query(DOCUMENTS, f"number > {after}", RECORD, limit=limit, iterator="True"),
                )
            )
            current = {one.number for one in self.records([one.key for one in found])}
            kept = [one for one in found if one.number in current]
            if kept or not found:
                return kept
            after = found[-1].number

    def contents(self, numbers: Collection[int]) -> dict[int, tuple[Record, bytes]]:
        rows = self._collections.get(DOCUMENTS, "number", numbers, [*RECORD, "content"])
        return {row["number"]: (record(row), schema.content(row)) for row in rows}

    def chunks(self, rows: Sequence[int]) -> dict[int, tuple[StoredVectors, bytes]]:
        found = self._collections.get(CHUNKS, "row", rows, ["row", "vector", "payload"])
        return {row["row"]: schema.vector_and_payload(row) for row in found}

    def nearest(self, vector: Vectors, k: int, documents: Sequence[int] | None = None) -> list[int]:
        asked = vector.astype(np.float16) if self._collections.half else vector.tolist()
        # Those of other kinds do not know it.
        effort = {"ef": max(k, _EF if documents is None else _EF_WITHIN)} if self._vector_index == "HNSW" else {}
        [hits] = self._collections.search("vector", [asked], k, documents, {"metric_type": "IP", "params": effort})
        return self._visible([hit["row"] for hit in hits])

    def matching(self, weights: Mapping[str, float], k: int, documents: Sequence[int] | None = None) -> list[int]:
        [hits] = self._collections.search("sparse", [" ".join(map(word, weights))], k, documents)
        return self._visible([hit["row"] for hit in hits])

    def totals(self) -> Totals:
        written, terms = self._lengths()
        documents = self._collections.count(DOCUMENTS) - self._collections.count(DOCUMENTS, f"number <= {_METADATA}")
        chunks = self._collections.count(CHUNKS)
        return Totals(documents, chunks, round(chunks * terms / max(1, written)))

    def frequencies(self, terms: Collection[str]) -> dict[str, int]:
        words = {term: word(term) for term in terms}
        counts = dict.fromkeys(terms, 0)
        common: dict[str, JSONObject] = {}
        for batch in batches(words):
            for term, hits in zip(
                batch, self._collections.search("sparse", [words[one] for one in batch], _COUNTED), strict=True
            ):
                counts[term] = len(hits)
                if len(hits) == _COUNTED:
                    common[term] = hits[0]
        if common:
            # To count them all would take a scan. But of the score of a chunk all is known except the IDF.
            totals = self.totals()
            mean_length = max(1, totals.terms) / max(1, totals.chunks)
            best = self._collections.get(CHUNKS, "row", {hit["row"] for hit in common.values()}, ["row", "terms"])
            texts = {row["row"]: row["terms"].split(" ") for row in best}
            for term, hit in common.items():
                text = texts.get(hit["row"], [words[term]])
                count = text.count(words[term])
                saturation = count * (K1 + 1) / (count + K1 * (1 - B + B * len(text) / mean_length))
                # A milvus-lite file negates scores.
                odds = exp(abs(hit["distance"]) / saturation) - 1
                estimated = round((totals.chunks + 0.5 - 0.5 * odds) / (1 + odds))
                counts[term] = min(max(_COUNTED, estimated), totals.chunks)
        return counts

    def _claim(self, count: int) -> tuple[int, range]:
        """Claim so many new numbers, and remove what interrupted writers left."""
        while True:
            first = max(self._next, round((time() - _EPOCH) * _NUMBERS_A_SECOND))
            numbers = range(first, first + count)
            claim = self._write_claim(numbers)
            later = self._collections.query(
                DOCUMENTS, f"number >= {first}", ["number"], consistency=READ_ALL, limit=_AT_ONCE
            )
            taken = [row["number"] for row in later]
            claims = self._collections.query(
                DOCUMENTS, f"number < {_LENGTHS}", ["number", "about"], consistency=READ_ALL
            )
            for other, said in ((row["number"], note(row)) for row in claims if row["number"] != claim):
                taken += set(said["numbers"]).intersection(numbers)
                is_left = other in self._claims or self._collections.is_file
                if is_left or time() - said["at"] > _CLAIM_SECONDS:
                    self._finish(other, said["numbers"])
            self._next = max([*numbers, *taken]) + 1
            if not taken:
                return claim, numbers
            self._drop_claim(claim)
            self._next += randrange(count)  # noqa: S311 -- no secret

    def _write_claim(self, numbers: Collection[int], claim: int | None = None) -> int:
        claim = claim or -randrange(2, 1 << 62)  # noqa: S311 -- no secret
        self._claims.add(claim)
        self._put_note(claim, {"numbers": list(numbers), "at": time()})
        return claim

    def _finish(self, claim: int, numbers: Collection[int]) -> None:
        """Delete all of the documents claimed, and of others of the same keys, that is not the newest of its key."""
        keys = [
            row["key"] for row in self._collections.get(DOCUMENTS, "number", numbers, ["key"], consistency=READ_ALL)
        ]
        versions = self._versions(keys, consistency=READ_ALL)
        kept = {one.number for one in newest(versions)}
        old = {*numbers, *(one.number for one in versions)} - kept
        if not old <= set(numbers):
            self._write_claim({*numbers, *old}, claim)
        if old:
            self._delete_all(sorted(old))
        self._drop_claim(claim)

    def _delete_all(self, numbers: Sequence[int]) -> None:
        """Delete documents, whole or written in part."""
        rows = self._collections.get(DOCUMENTS, "number", numbers, ["chunks", "terms"], consistency=READ_ALL)
        self._collections.delete(DOCUMENTS, "number", numbers)
        self._collections.delete(CHUNKS, "document", numbers)
        self._add_lengths(rows, -1)

    def _drop_claim(self, claim: int) -> None:
        self._collections.delete(DOCUMENTS, "number", [claim])
        self._claims.discard(claim)

    def _lengths(self) -> tuple[int, int]:
        """Return how many chunks were written, and how many terms those have: of several writers nearly so."""
        found = self._collections.query(DOCUMENTS, f"number in [{_LENGTHS}]", ["about"])
        said = note(found[0]) if found else {}
        return said.get("chunks", 0), said.get("terms", 0)

    def _add_lengths(self, rows: Sequence[JSONObject], sign: int) -> None:
        chunks, terms = self._lengths()
        added = {name: sign * sum(row[name] for row in rows) for name in ("chunks", "terms")}
        self._put_note(_LENGTHS, {"chunks": chunks + added["chunks"], "terms": terms + added["terms"]})

    def _visible(self, rows: Sequence[int]) -> list[int]:
        """Return those of the rows that are of the newest row of a document: others are being written or deleted."""
        keys = set(self._keys.get(map(number_of, rows)).values())
        current: dict[str, int] = {}
        for found in self._collections.get(DOCUMENTS, "key", keys, ["number", "key"]):
            current[found["key"]] = max(found["number"], current.get(found["key"], 0))
        numbers = set(current.values())
        return [row for row in rows if number_of(row) in numbers]

    def _versions(self, keys: Collection[str], *, consistency: str = READ) -> list[Record]:
        return [record(row) for row in self._collections.get(DOCUMENTS, "key", keys, RECORD, consistency=consistency)]

    def _read_keys(self, numbers: Sequence[int]) -> dict[int, str]:
        return {
            row["number"]: row["key"] for row in self._collections.get(DOCUMENTS, "number", numbers, ["number", "key"])
        }

    def _put_note(self, number: int, said: JSONObject) -> None:
        self._collections.upsert(schema.note_row(number, said))
