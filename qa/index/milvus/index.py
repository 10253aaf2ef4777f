"""The passages of a library in Milvus.

Only the terms for keyword search, and what recent questions needed, are kept in this process. Rows are numbered by
document and position, so numbers have gaps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from qa.documents.analysis import document_terms
from qa.index.base import EmbeddedDocument, Rows, Scores, inner_products
from qa.index.milvus import codec as content
from qa.index.milvus.bm25 import MOST_ROWS, MilvusKeywordIndex
from qa.index.milvus.client import CHUNKS, DOCUMENTS, PIECES, SENTENCES, Store, number_of, row_of
from qa.index.milvus.metadata import read_metadata, write_metadata
from qa.text.tokens import TermRows, analyzer_fingerprint
from qa.types import Chunk, Document, JSONObject, Vectors

_COMPARED_HERE = 1000
"""Chunks up to which a search that is limited to them compares their vectors here, not in Milvus."""
_DOCUMENTS_KEPT = 256
_ROWS_KEPT = 1 << 20


class MilvusIndex:
    """Searchable chunks of any number of documents, in Milvus.

    One process writes at a time; any number may read. An added document is found once all of it is written; what an
    interrupted writer leaves, the next one removes. Each method raises IndexServerError where Milvus does not answer in
    time.

    Parameters
    ----------
    store : Store
        Of an index that `open_store` has checked.
    metadata : mapping
        As `open_store` returns it.
    """

    def __init__(self, store: Store, metadata: JSONObject) -> None:
        self.dimension = int(metadata["dimension"])
        self.documents: Mapping[str, Document] = _Documents(self)
        """The documents by id, in the order added."""
        self._store = store
        self._metadata = metadata
        self._same_terms = metadata["terms"] == analyzer_fingerprint()
        self._entry = lru_cache(_DOCUMENTS_KEPT)(self._read_entry)
        self._held: int | None = None
        self._keyword: MilvusKeywordIndex | None = None
        self._numbers: dict[str, int] = {}
        self._known: set[int] = set()
        self._spans: dict[int, tuple[int, int]] = {}

    def __len__(self) -> int:
        if self._held is None:
            self._held = self._store.count(CHUNKS)
        return self._held

    @property
    def row_count(self) -> int:
        """More than any row of a chunk."""
        return MOST_ROWS

    @property
    def sentence_count(self) -> int:
        """More than any row of a sentence."""
        return MOST_ROWS

    @property
    def keyword(self) -> MilvusKeywordIndex:
        # Kept only once it is whole, since another thread may be asking too.
        keyword = MilvusKeywordIndex(dict(self._all_terms())) if self._keyword is None else self._keyword
        self._keyword = keyword
        return keyword

    def fingerprints(self, document_ids: Sequence[str]) -> dict[str, str]:
        """Return the fingerprints of those of the documents that are there."""
        return {said["id"]: said["fingerprint"] for said in self._about(document_ids)}

    def entry(self, document_id: str) -> EmbeddedDocument:
        number = self._number(document_id)
        entry = self._entry(number)
        chunks = [row_of(number, position) for position in range(len(entry.chunks))]
        sentences = [row_of(number, position) for position in range(entry.sentence_count)]
        return replace(
            entry,
            chunk_vectors=self._store.vectors(CHUNKS, chunks, self.dimension),
            sentence_vectors=self._store.vectors(SENTENCES, sentences, self.dimension),
        )

    def chunk(self, row: int) -> Chunk:
        return self._entry(number_of(row)).chunks[row - row_of(number_of(row))]

    def sentences(self, chunk_rows: Rows) -> Rows:
        spans = [np.arange(first, first + count, dtype=np.int64) for first, count in self._sentences_of(chunk_rows)]
        return np.concatenate([np.zeros(0, dtype=np.int64), *spans])

    def sentence_counts(self, chunk_rows: Rows) -> Rows:
        return np.array([count for _, count in self._sentences_of(chunk_rows)], dtype=np.int64)

    def locate(self, sentence: int) -> tuple[int, int]:
        number = number_of(sentence)
        position = sentence - row_of(number)
        for row, chunk in enumerate(self._entry(number).chunks):
            if position < len(chunk.sentences):
                return row_of(number, row), position
            position -= len(chunk.sentences)
        raise IndexError(sentence)

    def continues_section(self, sentence: int) -> bool:
        number = number_of(sentence)
        if not 0 < sentence - row_of(number) < self._entry(number).sentence_count:
            return False
        one, other = (self.chunk(self.locate(row)[0]) for row in (sentence - 1, sentence))
        return one.headings == other.headings

    def add(self, entry: EmbeddedDocument) -> None:
        self.add_all([entry])

    def add_all(self, entries: Sequence[EmbeddedDocument]) -> None:
        """Add documents in one go, all or none of them; as `add`."""
        for entry in entries:
            entry.check_shapes(self.dimension)
        first = self.recover()["next"]
        replaced = [said["number"] for said in self._about([entry.document.id for entry in entries], newest=False)]
        numbers = range(first, first + len(entries))
        self._write_state(next=numbers.stop, pending=[[numbers.start, numbers.stop]])
        rows = [(entry, row_of(number)) for number, entry in zip(numbers, entries, strict=True)]
        parts = [content.pieces(entry) for entry in entries]
        self._store.insert(SENTENCES, (row for entry, first in rows for row in content.sentence_rows(entry, first)))
        self._store.insert(CHUNKS, (row for entry, first in rows for row in content.chunk_rows(entry, first)))
        self._store.insert(
            PIECES,
            (
                {"row": row_of(number, position), "content": part}
                for number, of_entry in zip(numbers, parts, strict=True)
                for position, part in enumerate(of_entry)
            ),
        )
        self._store.insert(
            DOCUMENTS,
            [
                content.record(number, entry, len(of_entry))
                for number, entry, of_entry in zip(numbers, entries, parts, strict=True)
            ],
        )
        self._delete(replaced)

    def remove(self, document_id: str) -> None:
        self.recover()
        self._number(document_id)
        self._delete([said["number"] for said in self._about([document_id], newest=False)])

    def language(self, row: int) -> str:
        return self.documents[self.chunk(row).document_id].language

    def read_ahead(self, sentences: Sequence[int]) -> None:
        pass

    def rows(self, documents: Collection[str] | None = None) -> Rows:
        said = self.all_about() if documents is None else self._about(list(documents))
        spans = [row_of(each["number"]) + np.arange(each["chunks"], dtype=np.int64) for each in said]
        return np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *spans]))

    def nearest_chunks(self, vector: Vectors, k: int, rows: Rows | None = None) -> tuple[Rows, Scores]:
        if rows is not None and len(rows) <= _COMPARED_HERE:
            cosines = inner_products(self._store.vectors(CHUNKS, rows.tolist(), self.dimension), vector)
            best = np.argsort(-cosines, kind="stable")[:k]
            return rows[best], cosines[best]
        hits = self._whole(self._store.search(CHUNKS, vector, k, None if rows is None else rows.tolist()))
        found = np.array([hit["row"] for hit in hits], dtype=np.int64)
        return found, np.array([hit["cosine"] for hit in hits], dtype=np.float32)

    def similarities(self, vector: Vectors, chunk_rows: Rows) -> tuple[Scores, Scores]:
        sentence_rows = self.sentences(chunk_rows).tolist()
        chunks = inner_products(self._store.vectors(CHUNKS, chunk_rows.tolist(), self.dimension), vector)
        sentences = inner_products(self._store.vectors(SENTENCES, sentence_rows, self.dimension), vector)
        # Rounding takes the product of equal unit vectors a little beyond 1.
        return np.clip(chunks, -1.0, 1.0), np.clip(sentences, -1.0, 1.0)

    def all_about(self) -> Iterator[JSONObject]:
        """Yield what the record of each document says, in the order added."""
        metadata = read_metadata(self._store) or self._metadata
        # Not by the client's iterator, which asks for what a milvus-lite file lacks.
        found = self._store.get(DOCUMENTS, range(1, metadata["next"]), ["fingerprint", "about"])
        said = [content.about(found[number]) for number in sorted(found)]
        newest = {each["id"]: each["number"] for each in said}
        yield from (each for each in said if newest[each["id"]] == each["number"])

    def recover(self) -> JSONObject:
        """Remove what an interrupted writer left, and return the metadata; only for a writer."""
        self._metadata = read_metadata(self._store) or self._metadata
        for first, end in self._metadata["pending"]:
            self._store.delete(first, end)
        if self._metadata["pending"]:
            self._write_state(pending=[])
            self._invalidate_cache()
        return self._metadata

    def close(self) -> None:
        """Let go of the server or file."""
        self._store.close()

    def _whole(self, hits: Sequence[JSONObject]) -> list[JSONObject]:
        """Return the hits in documents that have a record: others are being written, or are what a writer left."""
        unknown = sorted({number_of(hit["row"]) for hit in hits} - self._known)
        if unknown:
            self._known.update(self._store.get(DOCUMENTS, unknown, []))
        return [hit for hit in hits if number_of(hit["row"]) in self._known]

    def _sentences_of(self, chunk_rows: Rows) -> list[tuple[int, int]]:
        """Return for each chunk the row of its first sentence, and how many it has."""
        rows = chunk_rows.tolist()
        if len(self._spans) > _ROWS_KEPT:
            self._spans = {}
        missing = [row for row in rows if row not in self._spans]
        if missing:
            found = self._store.get(CHUNKS, missing, ["first", "sentences"])
            self._spans.update({row: (each["first"], each["sentences"]) for row, each in found.items()})
        if any(row not in self._spans for row in rows):
            raise self._store.changed()
        return [self._spans[row] for row in rows]

    def _number(self, document_id: str) -> int:
        if document_id not in self._numbers:
            for said in self._about([document_id]):
                self._numbers[document_id] = said["number"]
        return self._numbers[document_id]

    def _about(self, document_ids: Sequence[str], *, newest: bool = True) -> list[JSONObject]:
        """Return what the records of documents say; an older one of the same id is about to be deleted."""
        said = [
            content.about(record) for record in self._store.records([content.key_of(name) for name in document_ids])
        ]
        return list({each["id"]: each for each in said}.values()) if newest else said

    def _read_entry(self, number: int) -> EmbeddedDocument:
        found = self._store.get(DOCUMENTS, [number], ["fingerprint", "about"])
        if number not in found:
            raise self._store.changed()
        [(_, entry)] = self._entries([content.about(found[number])])
        return entry

    def _entries(self, said: Sequence[JSONObject]) -> Iterator[tuple[int, EmbeddedDocument]]:
        """Yield documents with their numbers; without vectors."""
        wanted = {each["number"]: [row_of(each["number"], n) for n in range(each["pieces"])] for each in said}
        parts = self._store.get(PIECES, [row for rows in wanted.values() for row in rows], ["content"])
        for each in said:
            rows = wanted[each["number"]]
            if any(row not in parts for row in rows):
                raise self._store.changed()
            entry = content.document(each, [parts[row]["content"] for row in rows])
            if not self._same_terms:
                entry = replace(entry, terms=document_terms(entry.document, entry.chunks))
            yield each["number"], entry

    def _all_terms(self) -> Iterator[tuple[int, TermRows]]:
        said = list(self.all_about())
        for start in range(0, len(said), _DOCUMENTS_KEPT):
            for number, entry in self._entries(said[start : start + _DOCUMENTS_KEPT]):
                yield number, entry.terms

    def _delete(self, numbers: Iterable[int]) -> None:
        numbers = list(numbers)
        if numbers:
            self._write_state(pending=[[number, number + 1] for number in numbers])
            for number in numbers:
                self._store.delete(number, number + 1)
        self._write_state(pending=[])
        self._invalidate_cache()

    def _write_state(self, **changes: object) -> None:
        self._metadata = {**self._metadata, **changes}
        write_metadata(self._store, self._metadata)

    def _invalidate_cache(self) -> None:
        """Drop everything that a change may have made wrong."""
        self._held = self._keyword = None
        self._numbers, self._known, self._spans = {}, set(), {}
        self._entry.cache_clear()


class _Documents(Mapping[str, Document]):
    """Documents that are read when they are asked for."""

    def __init__(self, index: MilvusIndex) -> None:
        self._index = index

    def __getitem__(self, document_id: str) -> Document:
        return self._index._entry(self._index._number(document_id)).document

    def __contains__(self, document_id: object) -> bool:
        return isinstance(document_id, str) and bool(self._index.fingerprints([document_id]))

    def __iter__(self) -> Iterator[str]:
        return (said["id"] for said in self._index.all_about())

    def __len__(self) -> int:
        return sum(1 for _ in self)
