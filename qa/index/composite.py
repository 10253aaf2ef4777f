"""Two indexes searched as one: a visitor's documents beside the shared ones, without copying them."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain

import numpy as np

from qa.index.base import EmbeddedDocument, Index, MutableIndex, Rows, Scores
from qa.index.bm25 import CompositeKeywordIndex
from qa.types import Chunk, Document, Vectors


class CompositeIndex:
    """Two indexes searched as one; the shared documents come first.

    Documents are added to and removed from `own`; `shared` is never changed. No document id is in both.
    Arrays of rows passed in must ascend.
    """

    def __init__(self, shared: Index, own: MutableIndex) -> None:
        self.dimension: int = shared.dimension
        self._shared = shared
        self._own = own

    def __len__(self) -> int:
        return len(self._shared) + len(self._own)

    @property
    def row_count(self) -> int:
        return self._shared.row_count + self._own.row_count

    @property
    def sentence_count(self) -> int:
        return self._shared.sentence_count + self._own.sentence_count

    @property
    def is_remote(self) -> bool:
        return self._shared.is_remote

    @property
    def documents(self) -> Mapping[str, Document]:
        # They are never changed here.
        return _Documents(self._own.documents, self._shared.documents)  # type: ignore[arg-type]

    @property
    def keyword(self) -> CompositeKeywordIndex:
        return CompositeKeywordIndex((self._shared.keyword, self._own.keyword))

    def entry(self, document_id: str) -> EmbeddedDocument:
        return (self._own if document_id in self._own.documents else self._shared).entry(document_id)

    def add(self, entry: EmbeddedDocument) -> None:
        if entry.document.id in self._shared.documents:
            raise ValueError(f"{entry.document.id!r} is a shared document")
        self._own.add(entry)

    def remove(self, document_id: str) -> None:
        self._own.remove(document_id)

    def language(self, row: int) -> str:
        before = self._shared.row_count
        return self._shared.language(row) if row < before else self._own.language(row - before)

    def read_ahead(self, sentences: Sequence[int]) -> None:
        before = self._shared.sentence_count
        self._shared.read_ahead([sentence for sentence in sentences if sentence < before])
        self._own.read_ahead([sentence - before for sentence in sentences if sentence >= before])

    def look_up(self, documents: Collection[str]) -> None:
        self._shared.look_up(documents)
        self._own.look_up(documents)

    def rows(self, documents: Collection[str]) -> Rows:
        return np.concatenate([self._shared.rows(documents), self._own.rows(documents) + self._shared.row_count])

    def chunk(self, row: int) -> Chunk:
        before = self._shared.row_count
        return self._shared.chunk(row) if row < before else self._own.chunk(row - before)

    def sentences(self, chunk_rows: Rows) -> Rows:
        shared, own = self._parts(chunk_rows)
        return np.concatenate([self._shared.sentences(shared), self._own.sentences(own) + self._shared.sentence_count])

    def sentence_counts(self, chunk_rows: Rows) -> Rows:
        shared, own = self._parts(chunk_rows)
        return np.concatenate([self._shared.sentence_counts(shared), self._own.sentence_counts(own)])

    def locate(self, sentence: int) -> tuple[int, int]:
        before = self._shared.sentence_count
        if sentence < before:
            return self._shared.locate(sentence)
        row, position = self._own.locate(sentence - before)
        return row + self._shared.row_count, position

    def continues_section(self, sentence: int) -> bool:
        before = self._shared.sentence_count
        if sentence < before:
            return self._shared.continues_section(sentence)
        return self._own.continues_section(sentence - before)

    def nearest_chunks(self, vector: Vectors, k: int, rows: Rows | None = None) -> tuple[Rows, Scores]:
        shared, own = (None, None) if rows is None else self._parts(rows)
        ahead, scores = self._shared.nearest_chunks(vector, k, shared)
        behind, others = self._own.nearest_chunks(vector, k, own)
        found, cosines = np.concatenate([ahead, behind + self._shared.row_count]), np.concatenate([scores, others])
        best = np.argsort(-cosines, kind="stable")[:k]
        return found[best], cosines[best]

    def similarities(self, vector: Vectors, chunk_rows: Rows) -> tuple[Scores, Scores]:
        shared, own = self._parts(chunk_rows)
        chunks, sentences = zip(
            self._shared.similarities(vector, shared), self._own.similarities(vector, own), strict=True
        )
        return np.concatenate(chunks), np.concatenate(sentences)

    def _parts(self, chunk_rows: Rows) -> tuple[Rows, Rows]:
        before = self._shared.row_count
        return chunk_rows[chunk_rows < before], chunk_rows[chunk_rows >= before] - before


class _Documents(ChainMap[str, Document]):
    """The documents of several indexes; neither listed nor counted one by one, since a server has many."""

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(reversed(self.maps))

    def __len__(self) -> int:
        return sum(map(len, self.maps))
