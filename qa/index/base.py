"""What an index takes in."""

from __future__ import annotations

from dataclasses import dataclass

from qa.text.tokens import TermRows
from qa.types import Chunk, Document, Vectors


@dataclass(frozen=True, slots=True)
class EmbeddedDocument:
    """A document with everything that an index keeps of it.

    Attributes
    ----------
    document : Document
    chunks : tuple of Chunk
        In reading order.
    chunk_vectors : float32 array, shape (number of chunks, dim)
    sentence_vectors : float32 array, shape (number of sentences in all chunks, dim)
        One for each sentence's excerpt, in reading order. Rows of both have unit length.
    terms : TermRows
        What keyword search looks at, a row for each of these sentences; see `qa.documents.analysis.document_terms`.
    """

    document: Document
    chunks: tuple[Chunk, ...]
    chunk_vectors: Vectors
    sentence_vectors: Vectors
    terms: TermRows
