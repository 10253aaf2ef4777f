"""Encoding of documents and chunks as the plain data that a store keeps."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from struct import Struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qa.errors import IndexServerError
from qa.index.base import EmbeddedDocument
from qa.index.serialization import StoredRows, document_fields, to_bytes
from qa.index.server.store import Record, StoredChunk, StoredChunks, StoredDocument
from qa.text.tokens import TermRows, analyzer_fingerprint
from qa.types import Document, JSONObject, StoredVectors

_NO_VECTORS = np.zeros((0, 0), dtype=np.float16)
_HEAD = Struct("<III4s")
_TERM_BYTES = 12  # of each term in a payload: 8 of its hash, 4 of its parts


class Candidate(NamedTuple):
    """The data of a chunk that is needed to rank it and its sentences."""

    first_sentence: int  # position in the document
    sentence_count: int
    term_count: int
    language: str  # of the document; empty if not known
    vector: StoredVectors  # float16, shape (dim,)
    payload: bytes  # read by `chunk_terms` and `sentence_vectors`


def key_of(document_id: str) -> str:
    """Return the key of a document."""
    return hashlib.sha256(document_id.encode("utf-8", "surrogatepass")).hexdigest()


def term_hash(term: str) -> int:
    """Return a 64-bit hash of a term."""
    return int.from_bytes(hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def stored(entry: EmbeddedDocument) -> StoredDocument:
    """Return a document in the form in which a store keeps it."""
    document = entry.document
    # Not as JSON escapes: two adjacent lone surrogates would be read back as one character.
    fields = json.dumps(metadata_of(document), ensure_ascii=False)
    none = np.zeros(len(entry.chunks), dtype=np.int32)
    terms = TermRows((), none[:0], np.zeros(0, dtype=np.uint32), none)
    content = to_bytes(replace(entry, chunk_vectors=_NO_VECTORS, sentence_vectors=_NO_VECTORS, terms=terms))
    return StoredDocument(
        key_of(document.id),
        f"{document.fingerprint} {analyzer_fingerprint()}"[:200],
        zlib.compress(fields.encode("utf-8", "surrogatepass")),
        zlib.compress(content),
        tuple(_chunks(entry)),
    )


def fingerprint(record: Record) -> str | None:
    """Return the fingerprint of a document; None if its terms come from another version of the analyzer."""
    of_document, _, analyzer = record.fingerprint.partition(" ")
    return of_document if analyzer == analyzer_fingerprint()[: len(analyzer)] else None


def metadata_of(document: Document) -> JSONObject:
    """Return the `document_fields` and the fingerprint of a document."""
    return {**document_fields(document), "fingerprint": document.fingerprint}


def metadata(record: Record) -> JSONObject:
    """Return the `metadata_of` a stored document."""
    with _reporting_damage(f"document {record.number}"):
        fields: JSONObject = json.loads(zlib.decompress(record.about).decode("utf-8", "surrogatepass"))
        return fields


def document_rows(record: Record, content: bytes) -> StoredRows:
    """Return a document without vectors and terms; raise an error if its content does not match its fingerprint."""
    fields = metadata(record)
    with _reporting_damage(str(fields.get("id"))):
        found = StoredRows(fields, zlib.decompress(content))
        if found.document.fingerprint != fields["fingerprint"] or found.row_count != record.chunks:
            raise ValueError("the fingerprint does not match")
    return found


def candidates(found: StoredChunks) -> dict[int, Candidate]:
    """Return candidates by row, which ascend, from their vectors and payloads."""
    read = {}
    with _reporting_damage("a chunk"):
        for row, (vector, payload) in sorted(found.items()):
            first, sentences, terms, language = _HEAD.unpack_from(payload)
            if len(payload) != _HEAD.size + _TERM_BYTES * terms + sentences * vector.nbytes:
                raise ValueError("its parts do not add up")
            read[row] = Candidate(first, sentences, terms, language.rstrip(b"\0").decode(), vector, payload)
    return read


def chunk_terms(candidates: Sequence[Candidate]) -> tuple[NDArray[np.uint64], NDArray[np.uint32], NDArray[np.int64]]:
    """Return the terms of chunks.

    Returns
    -------
    hashes : uint64 array, shape (terms of all chunks,)
        See `term_hash`.
    parts : uint32 array, shape (terms of all chunks,)
        See `qa.text.tokens.TermRows`.
    counts : int64 array, shape (chunks,)
        How many of the terms each chunk has.
    """
    start = _HEAD.size
    hashes = b"".join([one.payload[start : start + 8 * one.term_count] for one in candidates])
    parts = b"".join(
        [one.payload[start + 8 * one.term_count : start + _TERM_BYTES * one.term_count] for one in candidates]
    )
    counts = np.array([one.term_count for one in candidates], dtype=np.int64)
    return np.frombuffer(hashes, np.uint64), np.frombuffer(parts, np.uint32), counts


def sentence_vectors(candidates: Sequence[Candidate], dimension: int) -> StoredVectors:
    """Return the vectors of all sentences of chunks, in order; shape (sentences, dim)."""
    vectors = b"".join([one.payload[_HEAD.size + _TERM_BYTES * one.term_count :] for one in candidates])
    return np.frombuffer(vectors, np.float16).reshape(-1, dimension)


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
def _reporting_damage(what: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # damaged bytes can raise anything
        raise IndexServerError(
            f"{what}: is damaged in the index; remove it from the folder, run qa index, and add it again"
        ) from error
