"""The interface of an index, the documents it accepts, and the numbering of its rows."""

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
    """A document with everything that an index stores for it; vectors have unit length, up to rounding."""

    document: Document
    chunks: tuple[Chunk, ...]  # in reading order
    chunk_vectors: StoredVectors  # float16, shape (chunks, dim)
    sentence_vectors: StoredVectors  # of each sentence's excerpt: float16, shape (sentences in all chunks, dim)
    terms: TermRows  # of each chunk, for keyword search; see `qa.documents.analysis.document_terms`

    def with_document(self, document: Document) -> EmbeddedDocument:
        """Return a copy for a document of the same text under another id."""
        chunks = tuple(replace(chunk, document_id=document.id) for chunk in self.chunks)
        return replace(self, document=document, chunks=chunks)

    @property
    def sentence_count(self) -> int:
        """The number of sentences in all chunks."""
        return sum(len(chunk.sentences) for chunk in self.chunks)

    def check_shapes(self, dimension: int) -> None:
        """Raise a ValueError unless vectors and terms match the chunks, and the vectors have this dimension."""
        expected = ((len(self.chunks), dimension), (self.sentence_count, dimension), (len(self.chunks),))
        found = (self.chunk_vectors.shape, self.sentence_vectors.shape, self.terms.lengths.shape)
        if found != expected:
            raise ValueError(f"vectors and rows of terms of shapes {found}, expected {expected}")


class Corpus(Protocol):
    """Counts over all rows, as BM25 needs them."""

    def __len__(self) -> int:
        """Return the number of rows."""

    @property
    def length(self) -> int:
        """The number of terms in all rows."""

    def document_frequencies(self, terms: Iterable[str]) -> dict[str, int]:
        """Return for each term the number of rows that contain it."""


class KeywordSearch(Corpus, Protocol):
    """Search for terms in rows of text."""

    @property
    def row_count(self) -> int:
        """The number of rows, including removed ones."""

    def search(
        self, question_terms: Sequence[str], k: int, rows: Rows | None = None, corpus: Corpus | None = None
    ) -> tuple[Rows, Scores]:
        """Return the `k` rows with the highest BM25 scores, and the scores; best first, ties by ascending row.

        Parameters
        ----------
        question_terms : sequence of str
            A repeated term counts repeatedly.
        k : int
            Fewer are returned where fewer rows contain a term.
        rows : int array, optional
            Search only these rows, ascending, of whole documents.
        corpus : Corpus, optional
            The larger corpus whose counts apply; by default the rows of this index.
        """

    def sentence_scores(self, weights: Mapping[str, float], rows: Rows, counts: Rows) -> Scores:
        """Score each sentence of some chunks by the weighted terms in it, next to it, and in the headings above.

        Parameters
        ----------
        weights : mapping of str to float
            See `qa.index.bm25.term_weights`.
        rows : int array, shape (chunks,)
            Ascending.
        counts : int array, shape (chunks,)
            The number of sentences in each chunk.

        Returns
        -------
        float32 array, shape (sentences,)
            0 without any of the terms.
        """


class Index(Protocol):
    """Chunks and their sentences, searchable by vector and by keyword.

    Chunks have row numbers, and so have sentences, independently. The rows of a document are contiguous, and documents
    keep the order in which they were added, so that ties are broken by document order. Row numbers may have gaps.
    """

    @property
    def is_remote(self) -> bool:
        """Whether searches wait for a server, so that two of them are run at the same time."""

    @property
    def dimension(self) -> int:
        """Length of the vectors."""

    @property
    def documents(self) -> Mapping[str, Document]:
        """The documents by id, in the order added."""

    @property
    def keyword(self) -> KeywordSearch:
        """Keyword search; each row is a chunk with the headings above it and the sentences next to it."""

    @property
    def row_count(self) -> int:
        """An upper bound of the row numbers of chunks, including removed ones."""

    @property
    def sentence_count(self) -> int:
        """An upper bound of the row numbers of sentences."""

    def __len__(self) -> int:
        """Return the number of chunks."""

    def entry(self, document_id: str) -> EmbeddedDocument:
        """Return everything that is stored for a document."""

    def chunk(self, row: int) -> Chunk:
        """Return the chunk in a row."""

    def language(self, row: int) -> str:
        """Return the language of a chunk's document; empty if not known."""

    def read_ahead(self, sentences: Sequence[int]) -> None:
        """Load the documents of these sentences at once, because they are about to be used."""

    def look_up(self, documents: Collection[str]) -> None:
        """Look up at once which of these documents exist, because a question within them is about to be asked."""

    def rows(self, documents: Collection[str]) -> Rows:
        """Return the rows of the chunks of these documents, ascending."""

    def sentences(self, chunk_rows: Rows) -> Rows:
        """Return the rows of the sentences in these chunks, in the order of the chunks."""

    def sentence_counts(self, chunk_rows: Rows) -> Rows:
        """Return the number of sentences in each of these chunks."""

    def locate(self, sentence: int) -> tuple[int, int]:
        """Return the row of a sentence's chunk, and the sentence's position in it, from 0."""

    def continues_section(self, sentence: int) -> bool:
        """Return whether a sentence has the same document and headings as the one in the row before."""

    def nearest_chunks(self, vector: Vectors, k: int, rows: Rows | None = None) -> tuple[Rows, Scores]:
        """Return the rows of the `k` chunks nearest to a unit vector, and their cosines; best first.

        Parameters
        ----------
        vector : float32 array, shape (dim,)
        k : int
            Fewer are returned where there are fewer.
        rows : int array, optional
            Search only these chunks, of whole documents.
        """

    def similarities(self, vector: Vectors, chunk_rows: Rows) -> tuple[Scores, Scores]:
        """Return the cosines of chunks, and of all their sentences in order, to a unit vector of shape (dim,)."""

    def remove(self, document_id: str) -> None:
        """Remove a document.

        Raises
        ------
        KeyError
            If there is no document with this id.
        """


class MutableIndex(Index, Protocol):
    """An index that documents can be added to."""

    def add(self, entry: EmbeddedDocument) -> None:
        """Add a document after all others, in place of one with the same id.

        Raises
        ------
        ValueError
            If the shapes of the vectors or terms do not match the chunks or the dimension.
        """


class RowLayout:
    """The part of an `Index` on this machine that maps sentences to chunks; its row numbers have no gaps."""

    is_remote = False
    _sentence_rows: NDArray[np.int64]  # the row of each chunk's first sentence, then the number of sentences

    @property
    def row_count(self) -> int:
        return len(self._sentence_rows) - 1

    @property
    def sentence_count(self) -> int:
        return int(self._sentence_rows[-1])

    @abstractmethod
    def chunk(self, row: int) -> Chunk:
        """Return the chunk in a row."""

    def look_up(self, documents: Collection[str]) -> None:
        pass

    def read_ahead(self, sentences: Sequence[int]) -> None:
        pass

    def sentences(self, chunk_rows: Rows) -> Rows:
        return ranges(self._sentence_rows[chunk_rows], self.sentence_counts(chunk_rows))

    def sentence_counts(self, chunk_rows: Rows) -> Rows:
        counts: Rows = self._sentence_rows[chunk_rows + 1] - self._sentence_rows[chunk_rows]
        return counts

    def locate(self, sentence: int) -> tuple[int, int]:
        row = int(self._sentence_rows.searchsorted(sentence, side="right")) - 1
        return row, sentence - int(self._sentence_rows[row])

    def continues_section(self, sentence: int) -> bool:
        if not 0 < sentence < self._sentence_rows[-1]:
            return False
        row, position = self.locate(sentence)
        if position:
            return True
        one, other = self.chunk(self.locate(sentence - 1)[0]), self.chunk(row)
        return (one.document_id, one.headings) == (other.document_id, other.headings)


def ranges(starts: Rows, counts: Rows) -> Rows:
    """Return ``start, start + 1, ...`` for each start, as many as its count."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(counts.sum(), dtype=np.int64)


def flat_index(dimension: int) -> faiss.IndexScalarQuantizer:
    """Return an empty FAISS index of float16 vectors that searches exactly."""
    import faiss

    # With more threads a flat search was slower on a busy machine; one also adds in a fixed order.
    faiss.omp_set_num_threads(1)
    return faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


def as_cosines(products: Scores) -> Scores:
    """Return inner products of unit vectors, which rounding can take above 1, as cosines."""
    return np.clip(products, -1.0, 1.0)


def inner_products(vectors: StoredVectors, vector: Vectors) -> Scores:
    """Return the inner products of vectors of shape (n, dim) with one of shape (dim,)."""
    # NumPy takes seven times as long: it converts float16 one value at a time.
    index = flat_index(len(vector))
    index.add_sa_codes(np.ascontiguousarray(vectors).view(np.uint8))
    [scores], [rows] = index.search(vector[np.newaxis], max(1, len(vectors)))
    # FAISS finds no row whose product is not a number, and pads with -1.
    products = np.full(len(vectors), -1.0, dtype=np.float32)
    products[rows[rows >= 0]] = scores[rows >= 0]
    return products
