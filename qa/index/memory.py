"""An index in memory: exact dense search with FAISS, and BM25 over chunks."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from qa.index.base import EmbeddedDocument, RowLayout, Rows, Scores, as_cosines, flat_index, inner_products, ranges
from qa.index.bm25 import KeywordIndex, build_postings
from qa.text.tokens import TermRows
from qa.types import Chunk, Document, StoredVectors, Vectors


class PassageIndex(RowLayout):
    """Searchable chunks of any number of documents, with vectors of one length."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._documents: dict[str, Document] = {}
        self._chunks: list[Chunk] = []
        self._chunk_starts: dict[str, int] = {}
        self._sentence_rows: NDArray[np.int64] = np.zeros(1, dtype=np.int64)
        self._chunk_vectors = _FlatVectors(dimension)
        self._sentence_vectors = _FlatVectors(dimension)
        self._terms: dict[str, TermRows] = {}
        self._keyword: KeywordIndex | None = None

    def __len__(self) -> int:
        return len(self._chunks)

    @property
    def documents(self) -> Mapping[str, Document]:
        return self._documents

    @property
    def keyword(self) -> KeywordIndex:
        # Built at the first search after a change, and assigned when complete: other threads may be searching.
        keyword = KeywordIndex(build_postings(list(self._terms.values()))) if self._keyword is None else self._keyword
        self._keyword = keyword
        return keyword

    def entry(self, document_id: str) -> EmbeddedDocument:
        """Return everything that is stored for a document, with copies of its vectors."""
        start = self._chunk_starts[document_id]
        end = start + len(self._terms[document_id].lengths)
        first, last = (int(row) for row in self._sentence_rows[[start, end]])
        return EmbeddedDocument(
            self._documents[document_id],
            tuple(self._chunks[start:end]),
            self._chunk_vectors.rows(start, end),
            self._sentence_vectors.rows(first, last),
            self._terms[document_id],
        )

    def chunk(self, row: int) -> Chunk:
        return self._chunks[row]

    def language(self, row: int) -> str:
        return self._documents[self._chunks[row].document_id].language

    def add(self, entry: EmbeddedDocument) -> None:
        entry.check_shapes(self.dimension)
        document_id = entry.document.id
        if document_id in self._documents:
            self.remove(document_id)
        self._documents[document_id] = entry.document
        self._chunk_starts[document_id] = len(self._chunks)
        self._terms[document_id] = entry.terms
        self._keyword = None
        self._chunks.extend(entry.chunks)
        self._chunk_vectors.append(entry.chunk_vectors)
        self._sentence_vectors.append(entry.sentence_vectors)
        counts = np.array([len(chunk.sentences) for chunk in entry.chunks], dtype=np.int64)
        self._sentence_rows = np.concatenate([self._sentence_rows, self._sentence_rows[-1] + np.cumsum(counts)])

    def update(self, document: Document) -> None:
        """Replace a document by one with the same id and text, which keeps its place."""
        self._documents[document.id] = document

    def remove(self, document_id: str) -> None:
        del self._documents[document_id]
        start, count = self._chunk_starts.pop(document_id), len(self._terms.pop(document_id).lengths)
        first, last = (int(row) for row in self._sentence_rows[[start, start + count]])
        self._keyword = None
        del self._chunks[start : start + count]
        self._chunk_vectors.delete(start, start + count)
        self._sentence_vectors.delete(first, last)
        self._sentence_rows = np.concatenate(
            [self._sentence_rows[: start + 1], self._sentence_rows[start + count + 1 :] - (last - first)]
        )
        for other, row in self._chunk_starts.items():
            if row > start:
                self._chunk_starts[other] = row - count

    def rows(self, documents: Collection[str]) -> Rows:
        wanted = set(documents)
        # Documents are in the order added, and so are their rows.
        names = [name for name in self._chunk_starts if name in wanted]
        starts = np.array([self._chunk_starts[name] for name in names], dtype=np.int64)
        return ranges(starts, np.array([len(self._terms[name].lengths) for name in names], dtype=np.int64))

    def nearest_chunks(self, vector: Vectors, k: int, rows: Rows | None = None) -> tuple[Rows, Scores]:
        return self._chunk_vectors.nearest(vector, k, rows)

    def similarities(self, vector: Vectors, chunk_rows: Rows) -> tuple[Scores, Scores]:
        chunks = self._chunk_vectors.products(vector, chunk_rows)
        sentences = self._sentence_vectors.products(vector, self.sentences(chunk_rows))
        return as_cosines(chunks), as_cosines(sentences)


class _FlatVectors:
    """Exact inner products with rows that can be appended and deleted."""

    def __init__(self, dimension: int) -> None:
        self._index = flat_index(dimension)

    def append(self, vectors: StoredVectors) -> None:
        self._index.add_sa_codes(np.ascontiguousarray(vectors).view(np.uint8))

    def delete(self, start: int, end: int) -> None:
        import faiss

        self._index.remove_ids(faiss.IDSelectorRange(start, end))

    def rows(self, start: int, end: int) -> StoredVectors:
        vectors: StoredVectors = self._index.reconstruct_n(start, end - start).astype(np.float16)
        return vectors

    def nearest(self, vector: Vectors, k: int, rows: Rows | None) -> tuple[Rows, Scores]:
        import faiss

        available = self._index.ntotal if rows is None else len(rows)
        parameters = None if rows is None else faiss.SearchParameters(sel=faiss.IDSelectorBatch(rows))  # type: ignore[call-arg]
        count = min(k, available)
        if count == 0:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        # One more, since FAISS keeps any of the rows with equal scores.
        [scores], [found] = self._index.search(vector[np.newaxis], min(count + 1, available), params=parameters)
        if len(scores) > count and scores[count] == scores[count - 1]:
            [scores], [found] = self._index.search(vector[np.newaxis], available, params=parameters)
        best = np.lexsort((found, -scores))
        best = best[found[best] >= 0][:count]
        return found[best], scores[best]

    def products(self, vector: Vectors, rows: Rows) -> Scores:
        """Return the inner products of a vector with some rows."""
        import faiss

        # Faster than a search among these rows, which goes through all.
        codes = faiss.rev_swig_ptr(self._index.codes.data(), self._index.codes.size())
        return inner_products(codes.view(np.float16).reshape(-1, len(vector))[rows], vector)
