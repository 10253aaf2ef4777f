"""The store of an index in Milvus 2.5 or newer, or in a milvus-lite file.

`COLLECTION_documents` has a row per document, whose primary key is the document's number; `COLLECTION_chunks` has a row
per chunk, with Milvus's BM25 function over its terms. A document's chunks are written before its row and deleted after
it, and of two rows for one document the greater number counts. So a document is seen whole or not at all.

Milvus has neither transactions nor sequences. A writer first claims numbers: it writes them into a row with a negative
number, then reads all claims. Of two writers that claim the same numbers, at least one sees the other and takes others.
A claim is removed when its write is complete; claims of interrupted writers are cleaned up by the next one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from math import exp
from random import randrange
from threading import Lock
from time import time

import numpy as np

from qa.errors import IndexServerError
from qa.index.bm25 import K1, B
from qa.index.milvus import schema
from qa.index.milvus.client import READ_ALL, Collections
from qa.index.milvus.schema import CHUNKS, DOCUMENTS, RECORD, messages, note, record, word
from qa.index.milvus.uri import milvus_address
from qa.index.server.cache import ReadThroughCache
from qa.index.server.store import Record, StoredChunks, StoredDocument, Totals, number_of
from qa.settings import Settings
from qa.types import JSONObject, Vectors

_METADATA, _LENGTHS = 0, -1
"""Numbers of rows that contain notes instead of documents; lower numbers are claims."""
_EPOCH, _NUMBERS_PER_SECOND = 1_767_225_600, 256
"""Document numbers derive from the time since 2026, so that they ascend; they last for 34 years."""
_CLAIM_SECONDS = 1800.0  # how long a claim stays valid; after that, its writer is assumed to be gone
_EF, _FILTERED_EF = 256, 2000
"""Size of the candidate list of an HNSW search; a filtered one would miss most results with 256."""
_MAX_COUNTED = 200  # up to this many chunks with a term are counted; above, their number is estimated
_MAX_KEYS, _MAX_LATER_NUMBERS = 100_000, 1000


def connect(location: str, settings: Settings) -> MilvusStore:
    """Return the store at an address or in a milvus-lite file; it connects at the first call."""
    address = milvus_address(location)
    token = settings.index_token.get_secret_value()
    return MilvusStore(Collections(address, settings.index_timeout_seconds, token), settings.milvus_index)


class MilvusStore:
    """See `qa.index.server.store.Store`; `vector_index` is the type of the vector index for `create`."""

    def __init__(self, collections: Collections, vector_index: str) -> None:
        self.shown = collections.shown
        self._collections = collections
        self._vector_index = vector_index
        self._keys = ReadThroughCache[int, str](self._read_keys, _MAX_KEYS)
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
        return self._notes(f"number in [{_METADATA}]").get(_METADATA)

    def create(self, metadata: JSONObject) -> None:
        self._collections.create(DOCUMENTS, metadata["dimension"], self._vector_index)
        # Of two processes with other settings, at least one sees the other, and leaves the index to it.
        claim = self._write_claim([], made=metadata)
        notes = self._notes()
        if notes.get(_METADATA, metadata) == metadata:
            for other, content in notes.items():
                if content.get("made", metadata) != metadata and not self._is_abandoned(other, content):
                    self._drop_claim(claim)
                    raise IndexServerError(
                        f"{self.shown}: another command is creating it with other settings; choose another name, or try"
                        " again when it has finished"
                    )
            self._collections.create(CHUNKS, metadata["dimension"], self._vector_index)
            self._put_note(_METADATA, metadata)
        self._drop_claim(claim)

    def put(self, documents: Sequence[StoredDocument]) -> None:
        with self._writing:
            claim, numbers = self._claim(len(documents))
            pairs = list(zip(numbers, documents, strict=True))
            self._collections.insert(
                CHUNKS, (row for pair in pairs for row in schema.chunk_rows(*pair, half=self._collections.half))
            )
            rows = [schema.document_row(*pair) for pair in pairs]
            self._collections.insert(DOCUMENTS, rows)
            self._add_lengths(rows, 1)
            self._finish(claim, numbers, [document.key for document in documents])

    def delete(self, keys: Collection[str]) -> int:
        with self._writing:
            versions = self._versions(keys)
            if versions:
                claim = self._write_claim(versions)
                self._delete_all(versions, versions.values())
                self._drop_claim(claim)
        return len({one["key"] for one in versions.values()})

    def records(self, keys: Collection[str]) -> list[Record]:
        by_key = {one.key: one for one in sorted(map(record, self._collections.get(DOCUMENTS, "key", keys, RECORD)))}
        return sorted(by_key.values())

    def page(self, after: int, limit: int) -> list[Record]:
        after = max(_METADATA, after)
        while True:
            # The client's own iterator sends this option, to get rows ordered by primary key.
            rows = self._collections.query(DOCUMENTS, f"number > {after}", RECORD, limit=limit, iterator="True")
            found = list(map(record, rows))
            current = {one.number for one in self.records([one.key for one in found])}
            kept = [one for one in found if one.number in current]
            if kept or not found:
                return kept
            after = found[-1].number

    def contents(self, numbers: Collection[int]) -> dict[int, tuple[Record, bytes]]:
        rows = self._collections.get(DOCUMENTS, "number", numbers, [*RECORD, "content"])
        return {row["number"]: (record(row), schema.joined(row["content"])) for row in rows}

    def chunks(self, rows: Sequence[int]) -> StoredChunks:
        return schema.stored_chunks(self._collections.get(CHUNKS, "row", rows, schema.CHUNK))

    def nearest(self, vector: Vectors, k: int, documents: Sequence[int] | None = None) -> StoredChunks:
        asked = vector.astype(np.float16) if self._collections.half else vector.tolist()
        # Other index types reject the parameter.
        effort = {"ef": max(k, _EF if documents is None else _FILTERED_EF)} if self._vector_index == "HNSW" else {}
        parameters = {"metric_type": "IP", "params": effort}
        return self._visible(self._collections.search("vector", [asked], k, schema.CHUNK, documents, parameters))

    def matching(self, weights: Mapping[str, float], k: int, documents: Sequence[int] | None = None) -> StoredChunks:
        asked = " ".join(map(word, weights))
        return self._visible(self._collections.search("sparse", [asked], k, schema.CHUNK, documents))

    def totals(self) -> Totals:
        written, terms = self._lengths()
        documents = self._collections.count(DOCUMENTS, f"number > {_METADATA}")
        chunks = self._collections.count(CHUNKS)
        return Totals(documents, chunks, round(chunks * terms / max(1, written)))

    def frequencies(self, terms: Collection[str]) -> dict[str, int]:
        words = {term: word(term) for term in terms}
        counts = dict.fromkeys(terms, 0)
        common: dict[str, JSONObject] = {}
        for batch in messages(words):
            found = self._collections.search("sparse", [words[one] for one in batch], _MAX_COUNTED, ["row"])
            for term, hits in zip(batch, found, strict=True):
                counts[term] = len(hits)
                if len(hits) == _MAX_COUNTED:
                    common[term] = hits[0]
        if common:
            # Counting them all takes a scan, but the IDF follows from the score of one chunk: the rest of it is known.
            totals = self.totals()
            mean_length = max(1, totals.terms) / max(1, totals.chunks)
            best = self._collections.get(CHUNKS, "row", {hit["row"] for hit in common.values()}, ["row", "terms"])
            texts = {row["row"]: row["terms"].split(" ") for row in best}
            for term, hit in common.items():
                text = texts.get(hit["row"], [words[term]])
                count = text.count(words[term])
                saturation = count * (K1 + 1) / (count + K1 * (1 - B + B * len(text) / mean_length))
                # milvus-lite returns negated scores.
                odds = exp(abs(hit["distance"]) / saturation) - 1
                estimated = round((totals.chunks + 0.5 - 0.5 * odds) / (1 + odds))
                counts[term] = min(max(_MAX_COUNTED, estimated), totals.chunks)
        return counts

    def _claim(self, count: int) -> tuple[int, range]:
        """Claim new numbers, and clean up after interrupted writers."""
        while True:
            first = max(self._next, round((time() - _EPOCH) * _NUMBERS_PER_SECOND))
            numbers = range(first, first + count)
            claim = self._write_claim(numbers)
            later = self._collections.query(
                DOCUMENTS, f"number >= {first}", ["number"], consistency=READ_ALL, limit=_MAX_LATER_NUMBERS
            )
            taken = [row["number"] for row in later]
            for other, claimed in self._notes(f"number < {_LENGTHS}").items():
                if other != claim:
                    taken += set(claimed["numbers"]).intersection(numbers)
                    if self._is_abandoned(other, claimed):
                        written = self._collections.get(
                            DOCUMENTS, "number", claimed["numbers"], ["key"], consistency=READ_ALL
                        )
                        self._finish(other, claimed["numbers"], {row["key"] for row in written})
            self._next = max([*numbers, *taken]) + 1
            if not taken:
                return claim, numbers
            self._drop_claim(claim)
            self._next += randrange(count)  # noqa: S311 -- no secret

    def _write_claim(self, numbers: Collection[int], claim: int | None = None, **more: JSONObject) -> int:
        claim = claim or -randrange(2, 1 << 62)  # noqa: S311 -- no secret
        self._claims.add(claim)
        self._put_note(claim, {"numbers": list(numbers), "at": time(), **more})
        return claim

    def _is_abandoned(self, claim: int, content: JSONObject) -> bool:
        is_mine = claim in self._claims or self._collections.is_file
        return is_mine or time() - content["at"] > _CLAIM_SECONDS

    def _finish(self, claim: int, numbers: Collection[int], keys: Collection[str]) -> None:
        """Delete all but the newest version of each document in a claim, given their keys, then the claim."""
        versions = self._versions(keys)
        newest = {row["key"]: number for number, row in sorted(versions.items())}
        old = {*numbers, *versions} - {*newest.values()}
        if not old <= set(numbers):
            self._write_claim({*numbers, *old}, claim)
        if old:
            self._delete_all(old, [row for number, row in versions.items() if number in old])
        self._drop_claim(claim)

    def _delete_all(self, numbers: Collection[int], rows: Collection[JSONObject]) -> None:
        """Delete documents, even partly written ones, which have no row yet."""
        self._collections.delete(DOCUMENTS, "number", numbers)
        self._collections.delete(CHUNKS, "document", numbers)
        self._add_lengths(rows, -1)

    def _drop_claim(self, claim: int) -> None:
        self._collections.delete(DOCUMENTS, "number", [claim])
        self._claims.discard(claim)

    def _lengths(self) -> tuple[int, int]:
        """Return the number of chunks written and of their terms; approximate with several writers."""
        found = self._collections.query(DOCUMENTS, f"number in [{_LENGTHS}]", ["about"])
        lengths = note(found[0]) if found else {}
        return lengths.get("chunks", 0), lengths.get("terms", 0)

    def _add_lengths(self, rows: Collection[JSONObject], sign: int) -> None:
        chunks, terms = self._lengths()
        added = {name: sign * sum(row[name] for row in rows) for name in ("chunks", "terms")}
        self._put_note(_LENGTHS, {"chunks": chunks + added["chunks"], "terms": terms + added["terms"]})

    def _visible(self, found: Sequence[Sequence[JSONObject]]) -> StoredChunks:
        """Return the hits that belong to the newest version of a document; others are being written or deleted."""
        chunks = schema.stored_chunks(chain(*found))
        keys = set(self._keys.get(map(number_of, chunks)).values())
        current: dict[str, int] = {}
        for row in self._collections.get(DOCUMENTS, "key", keys, ["number", "key"]):
            current[row["key"]] = max(row["number"], current.get(row["key"], 0))
        numbers = set(current.values())
        return {row: chunk for row, chunk in chunks.items() if number_of(row) in numbers}

    def _versions(self, keys: Collection[str]) -> dict[int, JSONObject]:
        """Return the rows of all versions of documents by number, without their content."""
        wanted = ["number", "key", "chunks", "terms"]
        rows = self._collections.get(DOCUMENTS, "key", keys, wanted, consistency=READ_ALL)
        return {row["number"]: row for row in rows}

    def _read_keys(self, numbers: Sequence[int]) -> dict[int, str]:
        rows = self._collections.get(DOCUMENTS, "number", numbers, ["number", "key"])
        return {row["number"]: row["key"] for row in rows}

    def _notes(self, expression: str = f"number <= {_METADATA}") -> dict[int, JSONObject]:
        """Return the notes, or some of them, by number."""
        rows = self._collections.query(DOCUMENTS, expression, ["number", "about"], consistency=READ_ALL)
        return {row["number"]: note(row) for row in rows}

    def _put_note(self, number: int, content: JSONObject) -> None:
        self._collections.upsert(schema.note_row(number, content))
