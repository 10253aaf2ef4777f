"""The fields of the two collections, their indexes, and what is written into them and read back."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.index.server.store import Record, StoredDocument, row_of
from qa.types import JSONObject, StoredVectors

if TYPE_CHECKING:
    from pymilvus import CollectionSchema, MilvusClient
    from pymilvus.milvus_client import IndexParams

DOCUMENTS, CHUNKS = KINDS = ("documents", "chunks")
RECORD = ("number", "key", "fingerprint", "about", "chunks")
K1, B = 1.5, 0.75
"""Parameters of BM25."""
_FIELDS = {
    DOCUMENTS: {*RECORD, "terms", "content", "nothing"},
    CHUNKS: {"row", "document", "terms", "sparse", "vector", "payload"},
}
_MOST_CHARACTERS = 65_535
_PIECE = 60_000
_MOST_PIECES = 4096
_NO_VECTOR = [0.0, 1.0]
"""Every collection must have one."""
_ROWS_AT_ONCE, _CHARACTERS_AT_ONCE = 1000, 8_000_000


def is_ours(kind: str, fields: Iterable[str]) -> bool:
    """Return whether a collection of a kind has these fields."""
    return _FIELDS[kind] == set(fields)


def schema(client: MilvusClient, kind: str, dimension: int, *, half: bool) -> CollectionSchema:
    """Return the schema of a collection; `half` for vectors of 16 bits, which a milvus-lite file lacks."""
    from pymilvus import DataType, Function, FunctionType

    made = client.create_schema(auto_id=False, enable_dynamic_field=False)

    def add_bytes(name: str) -> None:
        # As texts: Milvus has no field of bytes. On a server they stay on its disk.
        made.add_field(
            name,
            DataType.ARRAY,
            element_type=DataType.VARCHAR,
            max_capacity=_MOST_PIECES,
            max_length=_MOST_CHARACTERS,
            mmap_enabled=True,
        )

    if kind == DOCUMENTS:
        made.add_field("number", DataType.INT64, is_primary=True)
        made.add_field("key", DataType.VARCHAR, max_length=64)
        made.add_field("fingerprint", DataType.VARCHAR, max_length=200)
        add_bytes("about")
        made.add_field("chunks", DataType.INT64)
        made.add_field("terms", DataType.INT64)
        add_bytes("content")
        made.add_field("nothing", DataType.FLOAT_VECTOR, dim=len(_NO_VECTOR))
        return made
    made.add_field("row", DataType.INT64, is_primary=True)
    made.add_field("document", DataType.INT64)
    made.add_field("terms", DataType.VARCHAR, max_length=_MOST_CHARACTERS, enable_analyzer=True, mmap_enabled=True)
    made.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
    made.add_field("vector", DataType.FLOAT16_VECTOR if half else DataType.FLOAT_VECTOR, dim=dimension)
    add_bytes("payload")
    made.add_function(
        Function(
            name="bm25", function_type=FunctionType.BM25, input_field_names=["terms"], output_field_names=["sparse"]
        )
    )
    return made


def indexes(client: MilvusClient, kind: str, vector_index: str) -> IndexParams:
    """Return the indexes of a collection."""
    made = client.prepare_index_params()
    if kind == DOCUMENTS:
        made.add_index("key", index_type="INVERTED")
        made.add_index("nothing", index_type="FLAT", metric_type="IP")
        return made
    made.add_index("document", index_type="INVERTED")
    made.add_index(
        "sparse",
        index_type="SPARSE_INVERTED_INDEX",
        metric_type="BM25",
        params={"bm25_k1": K1, "bm25_b": B},
    )
    graph = {"M": 16, "efConstruction": 200} if vector_index == "HNSW" else {}
    made.add_index("vector", index_type=vector_index, metric_type="IP", params=graph)
    return made


def document_row(number: int, document: StoredDocument) -> JSONObject:
    """Return the row of a document."""
    return {
        "number": number,
        "key": document.key,
        "fingerprint": document.fingerprint,
        "about": _pieces(document.about),
        "chunks": len(document.chunks),
        "terms": sum(sum(chunk.terms.values()) for chunk in document.chunks),
        "content": _pieces(document.content),
        "nothing": _NO_VECTOR,
    }


def note_row(number: int, said: JSONObject) -> JSONObject:
    """Return a row of the documents' collection that is none."""
    return document_row(number, StoredDocument("", "", json.dumps(said).encode(), b"", ()))


def note(row: JSONObject) -> JSONObject:
    """Return what such a row says."""
    said: JSONObject = json.loads(_bytes(row["about"]))
    return said


def chunk_rows(number: int, document: StoredDocument, *, half: bool) -> Iterator[JSONObject]:
    """Yield the rows of a document's chunks."""
    for position, chunk in enumerate(document.chunks):
        words = " ".join(word(term) for term, count in chunk.terms.items() for _ in range(count))
        yield {
            "row": row_of(number, position),
            "document": number,
            # The last ones of a chunk that is far longer than any by default.
            "terms": words if len(words) <= _MOST_CHARACTERS else words[:_MOST_CHARACTERS].rpartition(" ")[0],
            "vector": chunk.vector if half else chunk.vector.astype(np.float32).tolist(),
            "payload": _pieces(chunk.payload),
        }


def record(row: JSONObject) -> Record:
    """Return the record of a document's row."""
    return Record(**{name: row[name] for name in RECORD} | {"about": _bytes(row["about"])})


def newest(records: Iterable[Record]) -> list[Record]:
    """Return of the records of each key the one that counts, by number."""
    by_key = {one.key: one for one in sorted(records)}
    return sorted(by_key.values())


def content(row: JSONObject) -> bytes:
    """Return the content of a document's row."""
    return _bytes(row["content"])


def vector_and_payload(row: JSONObject) -> tuple[StoredVectors, bytes]:
    """Return those of a chunk's row."""
    vector: Any = row["vector"]
    stored = np.frombuffer(vector, np.float16) if isinstance(vector, bytes) else np.array(vector, dtype=np.float16)
    return stored, _bytes(row["payload"])


def word(term: str) -> str:
    """Return a term as a word that no analyzer cuts."""
    return term if term.isascii() and term.isalnum() else f"0x{term.encode('utf-8', 'surrogatepass').hex()}"


def batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield rows, or values of a filter, in lists that fit into a message."""
    batch: list[Any] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += sum(map(len, (*row.get("payload", ()), *row.get("content", ())))) if isinstance(row, Mapping) else 0
        if len(batch) == _ROWS_AT_ONCE or size >= _CHARACTERS_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _pieces(content: bytes) -> list[str]:
    text = base64.b64encode(content).decode("ascii")
    return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]


def _bytes(pieces: Sequence[str]) -> bytes:
    return base64.b64decode("".join(pieces))
