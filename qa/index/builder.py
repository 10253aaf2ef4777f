"""Documents -> what an index takes in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from qa.documents.analysis import Analysis, document_terms
from qa.documents.chunking import excerpt_start, split
from qa.documents.tables import read_row
from qa.index.base import EmbeddedDocument
from qa.settings import Settings
from qa.types import Chunk, ChunkText, Document, Embedder, Progress, Span


def embed_documents(
    documents: Sequence[Document],
    embedder: Embedder,
    settings: Settings,
    progress: Progress | None = None,
    analyses: Mapping[str, Analysis] | None = None,
) -> Iterable[EmbeddedDocument]:
    """Split documents and embed their chunks and their sentences' excerpts.

    Of a document in `analyses`, by id, its chunks and terms are taken from there.
    """
    known = analyses or {}
    chunks = [
        known[document.id].chunks if document.id in known else split(document, settings.chunk_tokens)
        for document in documents
    ]
    texts = [chunk_text(document, chunk) for document, parts in zip(documents, chunks, strict=True) for chunk in parts]
    chunk_vectors, sentence_vectors = embedder.embed_chunks(texts, progress)
    chunk, sentence = 0, 0
    for document, parts in zip(documents, chunks, strict=True):
        last_chunk = chunk + len(parts)
        last_sentence = sentence + sum(len(part.sentences) for part in parts)
        terms = known[document.id].terms if document.id in known else document_terms(document, parts)
        yield EmbeddedDocument(
            document,
            parts,
            chunk_vectors[chunk:last_chunk].astype(np.float16),
            sentence_vectors[sentence:last_sentence].astype(np.float16),
            terms,
        )
        chunk, sentence = last_chunk, last_sentence


def chunk_text(document: Document, chunk: Chunk) -> ChunkText:
    """Return a chunk as it is embedded: rows of tables as they are read, and the excerpts of its sentences as spans."""
    text, place = "", chunk.start
    starts: dict[int, int] = {}
    spans: list[Span] = []
    for position, (start, end) in enumerate(chunk.sentences):
        text += document.text[place:start]
        starts[start] = len(text)
        text += read_row(document, (start, end)) or document.text[start:end]
        spans.append((starts[excerpt_start(document.text, chunk.sentences, position)], len(text)))
        place = end
    return ChunkText(chunk.headings, text + document.text[place : chunk.end], tuple(spans))
