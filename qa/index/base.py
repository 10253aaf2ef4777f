"""What every index engine has in common: its interface, what it takes in, and the numbering of its rows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from qa.text.tokens import TermRows
from qa.types import Chunk, Document, StoredVectors, Vectors

if TYPE_CHECKING:
    import faiss

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EmbeddedDocument:
    """A document with everything that an index keeps of it.

    Attributes
    ----------
    document : Document
    chunks : tuple of Chunk
        In reading order.
    chunk_vectors : float16 array, shape (number of chunks, dim)
    sentence_vectors : float16 array, shape (number of sentences in all chunks, dim)
        One for each sentence's excerpt, in reading order. Rows of both have unit length, up to rounding.
    terms : TermRows
        What keyword search looks at, a row for each chunk; see `qa.documents.analysis.document_terms`.
    """

    document: Document
    chunks: tuple[Chunk, ...]
    chunk_vectors: StoredVectors
    sentence_vectors: StoredVectors
    terms: TermRows

    def of(self, document: Document) -> EmbeddedDocument:
        """Return it for a document of the same text under another id."""
        chunks = tuple(replace(chunk, document_id=document.id) for chunk in self.chunks)
        return replace(self, document=document, chunks=chunks)

    @property
    def sentence_count(self) -> int:
        """The number of sentences in all chunks."""
        return sum(len(chunk.sentences) for chunk in self.chunks)

    def check_shapes(self, dimension: int) -> None:
        """Raise a ValueError if the vectors are not of that dimension, or vectors or terms do not fit the chunks."""
        expected = ((len(self.chunks), dimension), (self.sentence_count, dimension), (len(self.chunks),))
        found = (self.chunk_vectors.shape, self.sentence_vectors.shape, self.terms.lengths.shape)
        if found != expected:
            raise ValueError(f"vectors and rows of terms of shapes {found}, expected {expected}")


class Corpus(Protocol):
    """The counts over all rows that BM25 needs."""

    def __len__(self) -> int:
        """Return the number of rows."""
        ...

    @property
    def length(self) -> int:
        """The number of terms in all rows."""
        ...

    def document_frequencies(self, terms: Iterable[str]) -> dict[str, int]:
        """Return for each term the number of rows that contain it."""
        ...


class KeywordSearch(Corpus, Protocol):
    """Search for terms in rows of text."""

    @property
    def row_count(self) -> int:
        """The number of rows, those removed included."""
        ...

    def best(
        self, question_terms: Sequence[str], k: int, rows: Rows | None = None, corpus: Corpus | None = None
    ) -> tuple[Rows, Scores]:
        """Return the `k` rows of the highest scores, and the scores; best first, equal ones in order.

        Fewer come back where fewer rows contain a term. `rows`, which ascend and are of whole documents, limits the
        search to those. Where the rows are a part of a larger `corpus`, its counts are used.
        """
        ...

    def sentence_scores(self, weights: Mapping[str, float], rows: Rows, counts: Rows) -> Scores:
        """Return a score for each sentence of chunks by the weighted terms in it, next to it, and in the headings.

        Parameters
        ----------
        weights : mapping of str to float
            By term; see `qa.index.bm25.term_weights`.
        rows : int array, shape (chunks,)
            Ascending.
        counts : int array, shape (chunks,)
            How many sentences each chunk has.

        Returns
        -------
        float32 array, shape (sentences,)
            0 where neither a sentence, nor the one before or after it, nor the headings contain any.
        """
        ...


class Index(Protocol):
    """Chunks and their sentences, searchable by vector and by keyword.

    Chunks and sentences are numbered by row, each kind by itself. Rows of a document are contiguous, and documents keep
    the order in which they were added, so that ties break by document order. Numbers may have gaps.
    """

    @property
    def dimension(self) -> int:
        """Length of the vectors."""
        ...

    @property
    def documents(self) -> Mapping[str, Document]:
        """The documents by id, in the order added."""
        ...

    @property
    def keyword(self) -> KeywordSearch:
        """Keyword search; its rows are chunks, each with the headings above it and the sentences next to it."""
        ...

    @property
    def row_count(self) -> int:
        """The number of rows of chunks, those removed included; no row of a chunk is above it."""
        ...

    @property
    def sentence_count(self) -> int:
        """The number of rows of sentences, as `row_count`."""
        ...

    def __len__(self) -> int:
        """Return the number of chunks."""
        ...

    def entry(self, document_id: str) -> EmbeddedDocument:
        """Return everything that is kept of a document."""
        ...

    def chunk(self, row: int) -> Chunk:
        """Return the chunk of that row."""
        ...

    def language(self, row: int) -> str:
        """Return the language of the document that the chunk of that row belongs to; empty where not known."""
        ...

    def read_ahead(self, sentences: Sequence[int]) -> None:
        """Prepare for documents to be asked for, by the rows of sentences of them."""
        ...

    def rows(self, documents: Collection[str]) -> Rows:
        """Return the chunk rows of the documents named, ascending."""
        ...

    def sentences(self, chunk_rows: Rows) -> Rows:
        """Return the rows of the sentences of those chunks, in the order of the chunks."""
        ...

    def sentence_counts(self, chunk_rows: Rows) -> Rows:
        """Return for each of those chunks how many sentences it has."""
        ...

    def locate(self, sentence: int) -> tuple[int, int]:
        """Return the row of a sentence's chunk, and the sentence's position in it, from 0."""
        ...

    def continues_section(self, sentence: int) -> bool:
        """Return whether a sentence and the one of the row before are in one document under the same headings."""
        ...

    def nearest_chunks(self, vector: Vectors, k: int, rows: Rows | None = None) -> tuple[Rows, Scores]:
        """Return the rows of the `k` chunks nearest to a unit vector of shape (dim,), and their cosines.

        Fewer come back where there are fewer. `rows`, of whole documents, limits the search to those chunks.
        """
        ...

    def similarities(self, vector: Vectors, chunk_rows: Rows) -> tuple[Scores, Scores]:
        """Return the cosines of chunks, and of all their sentences in order, to a unit vector of shape (dim,)."""
        ...

    def remove(self, document_id: str) -> None:
        """Remove a document.

        Raises
        ------
        KeyError
            If there is no document of that id.
        """
        ...


class MutableIndex(Index, Protocol):
    """An index that documents can be added to."""

    def add(self, entry: EmbeddedDocument) -> None:
        """Add a document after all others, or replace the one of the same id.

        Raises
        ------
        ValueError
            If the shapes of the vectors or terms do not fit the chunks or the dimension.
        """
        ...


class RowLayout:
    """Which sentences are in which chunk, where rows have no gaps."""

    _sentence_rows: NDArray[np.int64]
    """The row of each chunk's first sentence, and at last the number of sentences."""

    @property
    def row_count(self) -> int:
        """The number of rows of chunks, those removed included."""
        return len(self._sentence_rows) - 1

    @property
    def sentence_count(self) -> int:
        """The number of rows of sentences."""
        return int(self._sentence_rows[-1])

    @abstractmethod
    def chunk(self, row: int) -> Chunk:
        """Return the chunk of that row."""

    def read_ahead(self, sentences: Sequence[int]) -> None:
        """Do nothing: the documents are here."""

    def sentences(self, chunk_rows: Rows) -> Rows:
        """Return the rows of the sentences of those chunks, in the order of the chunks."""
        starts, counts = self._sentence_rows[chunk_rows], self.sentence_counts(chunk_rows)
        before = np.cumsum(counts) - counts
        return np.repeat(starts - before, counts) + np.arange(counts.sum(), dtype=np.int64)

    def sentence_counts(self, chunk_rows: Rows) -> Rows:
        """Return for each of those chunks how many sentences it has."""
        counts: Rows = self._sentence_rows[chunk_rows + 1] - self._sentence_rows[chunk_rows]
        return counts

    def locate(self, sentence: int) -> tuple[int, int]:
        """Return the row of a sentence's chunk, and the sentence's position in it, from 0."""
        row = int(self._sentence_rows.searchsorted(sentence, side="right")) - 1
        return row, sentence - int(self._sentence_rows[row])

    def continues_section(self, sentence: int) -> bool:
        """Return whether a sentence and the one of the row before are in one document under the same headings."""
        if not 0 < sentence < self._sentence_rows[-1]:
            return False
        row, position = self.locate(sentence)
        if position:
            return True
        one, other = self.chunk(self.locate(sentence - 1)[0]), self.chunk(row)
        return (one.document_id, one.headings) == (other.document_id, other.headings)


def flat_index(dimension: int) -> faiss.IndexScalarQuantizer:
    """Return an empty index of FAISS of vectors of 16 bits, which it compares exactly."""
    import faiss

    # More threads made a flat search slower on a busy machine; one also keeps sums in one order.
    faiss.omp_set_num_threads(1)
    return faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


def inner_products(vectors: StoredVectors, vector: Vectors) -> Scores:
    """Return the inner products of vectors of shape (n, dim) with one of shape (dim,)."""
    # NumPy takes seven times as long: it converts 16 bits one by one.
    index = flat_index(len(vector))
    index.add_sa_codes(np.ascontiguousarray(vectors).view(np.uint8))
    scores, rows = index.search(vector[np.newaxis], max(1, len(vectors)))
    products = np.empty(len(vectors), dtype=np.float32)
    products[rows[0][: len(vectors)]] = scores[0][: len(vectors)]
    return products
