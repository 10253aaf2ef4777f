"""A document as the plain data that a store keeps, and back."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from qa.errors import IndexServerError
from qa.index.base import EmbeddedDocument
from qa.index.serialization import document_fields, from_bytes, to_bytes
from qa.index.server.store import Record, StoredChunk, StoredDocument
from qa.text.tokens import TermRows, analyzer_fingerprint
from qa.types import JSONObject, StoredVectors

_NO_VECTORS = np.zeros((0, 0), dtype=np.float16)
_HEAD = Struct("<III4s")


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """What is fetched of a chunk to rank it and its sentences.

    Attributes
    ----------
    first_sentence : int
        The position in the document of its first sentence.
    language : str
    hashes : uint64 array, shape (terms,)
        See `term_hash`.
    parts : uint32 array, shape (terms,)
        See `qa.text.tokens.TermRows`.
    vector : float16 array, shape (dim,)
    sentence_vectors : float16 array, shape (sentences, dim)
    """

    first_sentence: int
    language: str
    hashes: NDArray[np.uint64]
    parts: NDArray[np.uint32]
    vector: StoredVectors
    sentence_vectors: StoredVectors


def key_of(document_id: str) -> str:
    """Return the key of a document."""
    return hashlib.sha256(document_id.encode("utf-8", "surrogatepass")).hexdigest()


def term_hash(term: str) -> int:
    """Return 64 bits that stand for a term."""
    return int.from_bytes(hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def stored(entry: EmbeddedDocument) -> StoredDocument:
    """Return a document as it is written."""
    document = entry.document
    # Written as escapes, two halves of a character would be read back as one.
    about = json.dumps({**document_fields(document), "fingerprint": document.fingerprint}, ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )
    none = np.zeros(len(entry.chunks), dtype=np.int32)
    terms = TermRows((), none[:0], np.zeros(0, dtype=np.uint32), none)
    content = to_bytes(replace(entry, chunk_vectors=_NO_VECTORS, sentence_vectors=_NO_VECTORS, terms=terms))
    return StoredDocument(
        key_of(document.id),
        f"{document.fingerprint} {analyzer_fingerprint()}"[:200],
        zlib.compress(about),
        zlib.compress(content),
        tuple(_chunks(entry)),
    )


def fingerprint(record: Record) -> str | None:
    """Return the fingerprint of a document; None if its terms were made by other rules than today's."""
    of_document, _, analyzer = record.fingerprint.partition(" ")
    return of_document if analyzer == analyzer_fingerprint()[: len(analyzer)] else None


def about(record: Record) -> JSONObject:
    """Return `qa.index.serialization.document_fields` of a record, and its document's fingerprint."""
    with _damaged(f"document {record.number}"):
        said: JSONObject = json.loads(zlib.decompress(record.about).decode("utf-8", "surrogatepass"))
        return said


def entry(record: Record, content: bytes) -> EmbeddedDocument:
    """Return a document without vectors and terms.

    Raises
    ------
    IndexServerError
        If it is not, bit for bit, the document that was written.
    """
    said = about(record)
    with _damaged(str(said.get("id"))):
        found = from_bytes(said, zlib.decompress(content))
        if found.document.fingerprint != said["fingerprint"] or len(found.chunks) != record.chunks:
            raise ValueError("its text is another")
    return found


def candidate(vector: StoredVectors, payload: bytes) -> Candidate:
    """Return what is known of a chunk by its vector and payload."""
    with _damaged("a chunk"):
        first, sentences, terms, language = _HEAD.unpack_from(payload)
        start = _HEAD.size
        hashes = np.frombuffer(payload, np.uint64, terms, start)
        parts = np.frombuffer(payload, np.uint32, terms, start + hashes.nbytes)
        vectors = np.frombuffer(payload, np.float16, sentences * len(vector), start + hashes.nbytes + parts.nbytes)
        return Candidate(
            first, language.rstrip(b"\0").decode(), hashes, parts, vector, vectors.reshape(sentences, len(vector))
        )


def _chunks(entry: EmbeddedDocument) -> Iterator[StoredChunk]:
    terms = entry.terms
    hashes = np.array([term_hash(term) for term in terms.vocabulary], dtype=np.uint64)
    first = start = 0
    for chunk, vector, length in zip(entry.chunks, entry.chunk_vectors, terms.lengths.tolist(), strict=True):
        numbers, parts = terms.numbers[start : start + length], terms.parts[start : start + length]
        sentences = len(chunk.sentences)
        head = _HEAD.pack(first, sentences, length, entry.document.language.encode())
        vectors = entry.sentence_vectors[first : first + sentences]
        payload = b"".join([head, hashes[numbers].tobytes(), parts.astype(np.uint32).tobytes(), vectors.tobytes()])
        words = [terms.vocabulary[number] for number in numbers.tolist()]
        counts = dict(zip(words, np.bitwise_count(parts).tolist(), strict=True))
        yield StoredChunk(vector, counts, payload)
        first, start = first + sentences, start + length


@contextmanager
def _damaged(what: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # bytes of something else raise any
        raise IndexServerError(
            f"{what}: is damaged in the index; remove it from the folder, run qa index, and add it again"
        ) from error
