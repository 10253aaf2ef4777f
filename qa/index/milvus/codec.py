"""What a document leaves in Milvus besides its vectors: its record, and its text, spans and terms in pieces."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from qa.errors import IndexServerError
from qa.index.base import EmbeddedDocument
from qa.index.milvus.client import MOST_CHARACTERS
from qa.index.serialization import document_fields, from_bytes, to_bytes
from qa.types import JSONObject

_NO_VECTORS = np.zeros((0, 0), dtype=np.float16)
_PIECE = 30_000
"""Characters in a piece: a thousand pieces fit into a message."""


def key_of(document_id: str) -> str:
    """Return what a document is looked up by: its id may contain what an expression of Milvus cannot."""
    return hashlib.sha256(document_id.encode("utf-8", "surrogatepass")).hexdigest()


def encode(content: bytes) -> str:
    """Return bytes as ASCII text, compressed."""
    return base64.b64encode(zlib.compress(content)).decode("ascii")


def decode(text: str) -> bytes:
    """Return the bytes of such a text."""
    return zlib.decompress(base64.b64decode(text))


def pieces(entry: EmbeddedDocument) -> list[str]:
    """Return all of a document but its vectors and what its record says."""
    text = encode(to_bytes(replace(entry, chunk_vectors=_NO_VECTORS, sentence_vectors=_NO_VECTORS)))
    return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]


def record(number: int, entry: EmbeddedDocument, piece_count: int) -> JSONObject:
    """Return a document's record.

    Raises
    ------
    IndexServerError
        If it is too long.
    """
    document = entry.document
    about = {
        **document_fields(document),
        "pieces": piece_count,
        "chunks": len(entry.chunks),
    }
    # Written as escapes, two halves of a character would be read back as one.
    text = encode(json.dumps(about, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    if len(text) > MOST_CHARACTERS:
        raise IndexServerError(
            f"{document.id}: its title and pages take {len(text)} characters; the limit in Milvus is {MOST_CHARACTERS}"
        )
    return {"row": number, "key": key_of(document.id), "fingerprint": document.fingerprint, "about": text}


def about(found: JSONObject) -> JSONObject:
    """Return what a record says of its document, with its number.

    Raises
    ------
    IndexServerError
        If it is damaged.
    """
    with _damaged(f"record {found['row']}"):
        said: JSONObject = json.loads(decode(found["about"]))
        return {**said, "number": found["row"], "fingerprint": found["fingerprint"]}


def document(said: JSONObject, parts: Sequence[str]) -> EmbeddedDocument:
    """Return the document of a record and its pieces, in order; without vectors.

    Raises
    ------
    IndexServerError
        If it is not, bit for bit, the document that was written.
    """
    with _damaged(said["id"]):
        entry = from_bytes(said, decode("".join(parts)))
        if entry.document.fingerprint != said["fingerprint"]:
            raise ValueError("its text is another")
    return entry


def chunk_rows(entry: EmbeddedDocument, first: int) -> Iterator[JSONObject]:
    """Yield the rows of a document's chunks, which begin at this number, as do those of its sentences."""
    first_sentence = first
    for row, (chunk, vector) in enumerate(zip(entry.chunks, entry.chunk_vectors.tolist(), strict=True), first):
        count = len(chunk.sentences)
        yield {"row": row, "first": first_sentence, "sentences": count, "vector": vector}
        first_sentence += count


def sentence_rows(entry: EmbeddedDocument, first: int) -> Iterator[JSONObject]:
    """Yield the rows of a document's sentences, which begin at this number."""
    for position, vector in enumerate(entry.sentence_vectors.tolist()):
        yield {"row": first + position, "vector": vector}


@contextmanager
def _damaged(what: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # bytes of something else raise any
        raise IndexServerError(
            f"{what}: is damaged in the index; remove it from the folder, run qa index, and add it again"
        ) from error
