"""The fields and indexes of the two collections, and the conversion of their rows."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.index.batches import batches
from qa.index.bm25 import K1, B
from qa.index.server.store import Record, StoredChunks, StoredDocument, row_of
from qa.types import JSONObject, StoredVectors

if TYPE_CHECKING:
    from pymilvus import CollectionSchema, MilvusClient
    from pymilvus.milvus_client import IndexParams

DOCUMENTS, CHUNKS = KINDS = ("documents", "chunks")
RECORD = ("number", "key", "fingerprint", "about", "chunks")
CHUNK = ("row", "vector", "payload")
FIELDS = {
    DOCUMENTS: {*RECORD, "terms", "content", "nothing"},
    CHUNKS: {"row", "document", "terms", "sparse", "vector", "payload"},
}
_MAX_CHARACTERS = 65_535
_PIECE_CHARACTERS = 60_000
_MAX_PIECES = 4096
_DUMMY_VECTOR = [0.0, 1.0]  # Milvus requires a vector field in every collection
_BATCH_ROWS, _BATCH_CHARACTERS = 1000, 8_000_000


def schema(client: MilvusClient, kind: str, dimension: int, *, half: bool) -> CollectionSchema:
    """Return the schema of a collection; with `half`, vectors are float16, which milvus-lite lacks."""
    from pymilvus import DataType, Function, FunctionType

    made = client.create_schema(auto_id=False, enable_dynamic_field=False)

    def add_bytes(name: str) -> None:
        # As an array of base64 strings, since Milvus has no field type for bytes. A server keeps them on disk.
        made.add_field(
            name,
            DataType.ARRAY,
            element_type=DataType.VARCHAR,
            max_capacity=_MAX_PIECES,
            max_length=_MAX_CHARACTERS,
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
        made.add_field("nothing", DataType.FLOAT_VECTOR, dim=len(_DUMMY_VECTOR))
        return made
    made.add_field("row", DataType.INT64, is_primary=True)
    made.add_field("document", DataType.INT64)
    made.add_field("terms", DataType.VARCHAR, max_length=_MAX_CHARACTERS, enable_analyzer=True, mmap_enabled=True)
    made.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
    made.add_field("vector", DataType.FLOAT16_VECTOR if half else DataType.FLOAT_VECTOR, dim=dimension)
    add_bytes("payload")
    fields = {"input_field_names": ["terms"], "output_field_names": ["sparse"]}
    made.add_function(Function(name="bm25", function_type=FunctionType.BM25, **fields))
    return made


def indexes(client: MilvusClient, kind: str, vector_index: str) -> Iterator[IndexParams]:
    """Yield the indexes of a collection, each by itself, in the order in which they are created."""
    keyword = {"metric_type": "BM25", "params": {"bm25_k1": K1, "bm25_b": B}}
    graph = {"M": 16, "efConstruction": 200} if vector_index == "HNSW" else {}
    of_kind: dict[str, list[tuple[str, str, JSONObject]]] = {
        DOCUMENTS: [("key", "INVERTED", {}), ("nothing", "FLAT", {"metric_type": "IP"})],
        CHUNKS: [
            ("document", "INVERTED", {}),
            ("sparse", "SPARSE_INVERTED_INDEX", keyword),
            ("vector", vector_index, {"metric_type": "IP", "params": graph}),
        ],
    }
    for field, index_type, options in of_kind[kind]:
        made = client.prepare_index_params()
        made.add_index(field, index_type=index_type, **options)
        yield made


def document_row(number: int, document: StoredDocument) -> JSONObject:
    """Return the row for a document."""
    return {
        "number": number,
        "key": document.key,
        "fingerprint": document.fingerprint,
        "about": _pieces(document.about),
        "chunks": len(document.chunks),
        "terms": sum(sum(chunk.terms.values()) for chunk in document.chunks),
        "content": _pieces(document.content),
        "nothing": _DUMMY_VECTOR,
    }


def note_row(number: int, note: JSONObject) -> JSONObject:
    """Return a row in the collection of documents that contains a note, not a document."""
    return document_row(number, StoredDocument("", "", json.dumps(note).encode(), b"", ()))


def note(row: JSONObject) -> JSONObject:
    """Return the note in a row."""
    content: JSONObject = json.loads(joined(row["about"]))
    return content


def chunk_rows(number: int, document: StoredDocument, *, half: bool) -> Iterator[JSONObject]:
    """Yield the rows for the chunks of a document."""
    for position, chunk in enumerate(document.chunks):
        words = " ".join(word(term) for term, count in chunk.terms.items() for _ in range(count))
        yield {
            "row": row_of(number, position),
            "document": number,
            # Terms are cut off only in chunks far above the default size.
            "terms": words if len(words) <= _MAX_CHARACTERS else words[:_MAX_CHARACTERS].rpartition(" ")[0],
            "vector": chunk.vector if half else chunk.vector.astype(np.float32).tolist(),
            "payload": _pieces(chunk.payload),
        }


def record(row: JSONObject) -> Record:
    """Return the record in a document's row."""
    return Record(**{name: row[name] for name in RECORD} | {"about": joined(row["about"])})


def stored_chunks(rows: Iterable[JSONObject]) -> StoredChunks:
    """Return the chunks in their rows."""
    return {row["row"]: (_vector(row["vector"]), joined(row["payload"])) for row in rows}


def word(term: str) -> str:
    """Return a term as a word that no analyzer splits."""
    return term if term.isascii() and term.isalnum() else f"0x{term.encode('utf-8', 'surrogatepass').hex()}"


def messages(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield rows, or values for a filter, in lists that fit into one message."""

    def size(row: Any) -> int:  # noqa: ANN401
        return sum(map(len, (*row.get("payload", ()), *row.get("content", ())))) if isinstance(row, Mapping) else 0

    return batches(rows, size, _BATCH_CHARACTERS, _BATCH_ROWS)


def _pieces(content: bytes) -> list[str]:
    text = base64.b64encode(content).decode("ascii")
    return [text[start : start + _PIECE_CHARACTERS] for start in range(0, len(text), _PIECE_CHARACTERS)]


def _vector(vector: Any) -> StoredVectors:  # noqa: ANN401 -- bytes from a server, numbers from milvus-lite
    return np.frombuffer(vector, np.float16) if isinstance(vector, bytes) else np.array(vector, dtype=np.float16)


def joined(pieces: Sequence[str]) -> bytes:
    """Return the bytes in a field."""
    return base64.b64decode("".join(pieces))
