"""Documents -> what an index takes in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from qa.documents.analysis import Analysis, document_terms
from qa.documents.chunking import excerpt_start, split
from qa.documents.tables import header_above, read_row
from qa.index.base import EmbeddedDocument
from qa.settings import Settings
from qa.types import Document, Embedder, Progress


def embed_documents(
    documents: Sequence[Document],
    embedder: Embedder,
    settings: Settings,
    progress: Progress | None = None,
    analyses: Mapping[str, Analysis] | None = None,
) -> Iterable[EmbeddedDocument]:
    """Split documents and embed their chunks and their sentences' excerpts, each under its headings.

    A row of a table is embedded with the names of its columns, and a chunk that starts below a header with this.

    Of a document in `analyses`, by id, its chunks and terms are taken from there.
    """
    known = analyses or {}
    chunks = [
        known[document.id].chunks if document.id in known else split(document, settings.chunk_tokens)
        for document in documents
    ]
    texts: list[str] = []
    for document, parts in zip(documents, chunks, strict=True):
        texts += [
            "\n".join(filter(None, (chunk.headings, header_above(document, chunk.start), chunk.text)))
            for chunk in parts
        ]
        texts += [
            (f"{chunk.headings}: " if chunk.headings else "")
            + (
                read_row(document, span)
                or document.text[excerpt_start(document.text, chunk.sentences, position) : span[1]]
            )
            for chunk in parts
            for position, span in enumerate(chunk.sentences)
        ]
    vectors = embedder.embed(texts, progress)
    row = 0
    for document, parts in zip(documents, chunks, strict=True):
        middle = row + len(parts)
        end = middle + sum(len(chunk.sentences) for chunk in parts)
        terms = known[document.id].terms if document.id in known else document_terms(document, parts)
        yield EmbeddedDocument(document, parts, vectors[row:middle], vectors[middle:end], terms)
        row = end
