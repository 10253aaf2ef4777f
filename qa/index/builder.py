"""Splitting and embedding of documents for an index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import ceil

import numpy as np

from qa.documents.analysis import Analysis, document_terms
from qa.documents.chunking import excerpt_start, split
from qa.documents.tables import read_row
from qa.errors import LoadError, ModelError
from qa.index.base import EmbeddedDocument
from qa.index.batches import batches, report_batch
from qa.models.embedder import prefetch
from qa.protocols import ChunkText, Embedder
from qa.settings import Settings
from qa.types import Chunk, Document, Progress, Span, StoredVectors, Vectors

_BATCH_CHARACTERS = 100_000
"""Maximum characters of the documents in a batch; a longer document is a batch of its own."""
_MAX_PARTS = 20
_MIN_PART_CHUNKS = 32


def embed_documents(
    documents: Sequence[Document], embedder: Embedder, settings: Settings, progress: Progress | None = None
) -> Iterator[EmbeddedDocument]:
    """Split documents, and embed their chunks and the excerpts of their sentences, in batches.

    `progress` is called with (characters embedded, total characters).
    """
    total, done = sum(len(document.text) for document in documents), 0
    # While the model embeds a batch, a worker finds the terms of that batch and splits the next one.
    with ThreadPoolExecutor(1) as worker:
        found = batches(documents, lambda document: len(document.text), _BATCH_CHARACTERS)
        started = ((batch, worker.submit(_split, batch, settings)) for batch in found)
        for batch, chunks in prefetch(started):
            size = sum(len(document.text) for document in batch)
            report = progress and partial(report_batch, progress, done, size, total)
            yield from _embedded(batch, chunks.result(), embedder, worker, report)
            done += size


def _split(documents: Sequence[Document], settings: Settings) -> list[tuple[Chunk, ...]]:
    for document in documents:
        try:
            document.text.encode()
        except UnicodeEncodeError as error:  # no tokenizer takes it
            raise LoadError(
                f"{document.id}: contains an invalid character at position {error.start}; replace it"
            ) from None
    return [split(document, settings.chunk_tokens) for document in documents]


def _embedded(
    documents: Sequence[Document],
    chunks: Sequence[tuple[Chunk, ...]],
    embedder: Embedder,
    worker: ThreadPoolExecutor,
    progress: Progress | None,
) -> Iterator[EmbeddedDocument]:
    terms = worker.map(document_terms, documents, chunks)
    texts = [chunk_text(document, chunk) for document, parts in zip(documents, chunks, strict=True) for chunk in parts]
    chunk_vectors, sentence_vectors = embedder.embed_chunks(texts, progress)
    chunk, sentence = 0, 0
    for document, parts, found in zip(documents, chunks, terms, strict=True):
        last_chunk = chunk + len(parts)
        last_sentence = sentence + sum(len(part.sentences) for part in parts)
        yield EmbeddedDocument(
            document,
            parts,
            _rounded(chunk_vectors[chunk:last_chunk], document),
            _rounded(sentence_vectors[sentence:last_sentence], document),
            found,
        )
        chunk, sentence = last_chunk, last_sentence


def _rounded(vectors: Vectors, document: Document) -> StoredVectors:
    rounded = vectors.astype(np.float16)
    if not np.isfinite(rounded).all():
        raise ModelError(
            f"{document.id}: the embedding model returned values that are not numbers; set QA_DEVICE=cpu, or another"
            " QA_EMBEDDING_MODEL"
        )
    return rounded


def embed_in_parts(
    document: Document, analysis: Analysis, embedder: Embedder, progress: Progress | None = None
) -> Iterator[EmbeddedDocument]:
    """Yield a document with none of its chunks, then with more and more, so that it can be searched meanwhile.

    `progress` is passed to `Embedder.embed_chunks` for each part.
    """
    chunks, terms = analysis.chunks, analysis.terms
    chunk_vectors, sentence_vectors = (np.zeros((0, embedder.dimension), dtype=np.float16) for _ in range(2))
    size = max(_MIN_PART_CHUNKS, ceil(len(chunks) / _MAX_PARTS))
    for end in (*range(0, len(chunks), size), len(chunks)):
        part = chunks[len(chunk_vectors) : end]
        if part:
            vectors = embedder.embed_chunks([chunk_text(document, chunk) for chunk in part], progress)
            chunk_vectors, sentence_vectors = (
                np.concatenate([before, _rounded(new, document)])
                for before, new in zip((chunk_vectors, sentence_vectors), vectors, strict=True)
            )
        yield EmbeddedDocument(document, chunks[:end], chunk_vectors, sentence_vectors, terms.first(end))


def chunk_text(document: Document, chunk: Chunk) -> ChunkText:
    """Return the text of a chunk to embed: table rows spelled out, and the excerpts of its sentences as spans."""
    text, offset = "", chunk.start
    starts: dict[int, int] = {}
    spans: list[Span] = []
    for position, (start, end) in enumerate(chunk.sentences):
        between = document.text[offset:start]
        text += "\n" if between.strip() else between  # tags are no words
        starts[start] = len(text)
        text += read_row(document, (start, end)) or document.text[start:end]
        spans.append((starts[excerpt_start(document.text, chunk.sentences, position)], len(text)))
        offset = end
    return ChunkText(chunk.headings, text + document.text[offset : chunk.end], tuple(spans))
