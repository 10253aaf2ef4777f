"""The passages of a library on a server.

A question reads its candidates and the documents of its passages; nothing here reads the library. Rows are numbered by
document and position, so numbers have gaps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qa.documents.analysis import document_terms
from qa.errors import IndexServerError
from qa.index.base import EmbeddedDocument, Rows, Scores, inner_products
from qa.index.server import codec
from qa.index.server.codec import Candidate, key_of
from qa.index.server.keyword import ServerKeyword
from qa.index.server.recent import Recent
from qa.index.server.store import MOST_ROWS, Store, number_of, numbers_of, row_of
from qa.types import Chunk, Document, JSONObject, StoredVectors, Vectors

_CANDIDATE_BYTES = 32_000_000
_DOCUMENT_CHARACTERS = 16_000_000
_NUMBERS = 100_000
_NUMBER_SECONDS = 1.0
"""For which the number of a document is believed: another process may replace it."""
_PAGE = 1000
_NOTHING: Rows = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """A document that was read, without vectors and terms, and the position of the first sentence of each chunk."""

    entry: EmbeddedDocument
    first_sentences: NDArray[np.int64]
    sentence_count: int


class ServerIndex:
    """Searchable chunks of any number of documents, on a server.

    Each method raises IndexServerError where the server does not answer in time.

    Parameters
    ----------
    store : Store
        Of an index that `qa.index.server.open.open_server` has checked.
    dimension : int
    """

    def __init__(self, store: Store, dimension: int) -> None:
        self.dimension = dimension
        self.documents: Mapping[str, Document] = _Documents(self)
        """The documents by id, in the order added; they are listed by pages, and each is read when it is asked for."""
        self._store = store
        self._candidates = Recent[int, Candidate](self._read_candidates, _CANDIDATE_BYTES, _size)
        self._read = Recent[int, _Read](
            self._read_documents, _DOCUMENT_CHARACTERS, lambda read: len(read.entry.document.text)
        )
        self._numbers = Recent[str, int](self._read_numbers, _NUMBERS, seconds=_NUMBER_SECONDS)
        self._last: tuple[int, _Read] | None = None
        self.keyword = ServerKeyword(store, self._candidates.get)

    def __len__(self) -> int:
        return len(self.keyword)

    @property
    def row_count(self) -> int:
        """More than any row of a chunk."""
        return MOST_ROWS

    @property
    def sentence_count(self) -> int:
        """More than any row of a sentence."""
        return MOST_ROWS

    def fingerprints(self, document_ids: Sequence[str]) -> dict[str, str]:
        """Return the fingerprints of those of the documents that are there unchanged, with the terms of today."""
        names = {key_of(name): name for name in document_ids}
        found = {names[record.key]: codec.fingerprint(record) for record in self._store.records(names)}
        return {name: said for name, said in found.items() if said is not None}

    def listed(self, after: int = 0, limit: int = _PAGE) -> list[tuple[int, JSONObject]]:
        """Return numbers and `document_fields` of the first documents of a greater number than `after`."""
        return [(record.number, codec.about(record)) for record in self._store.page(after, limit)]

    def entry(self, document_id: str) -> EmbeddedDocument:
        number = self._number(document_id)
        entry = self._document(number).entry
        candidates = self._found(row_of(number) + np.arange(len(entry.chunks), dtype=np.int64))
        chunk_vectors, sentence_vectors = self._vectors(candidates)
        terms = document_terms(entry.document, entry.chunks)
        return replace(entry, chunk_vectors=chunk_vectors, sentence_vectors=sentence_vectors, terms=terms)

    def chunk(self, row: int) -> Chunk:
        number = number_of(row)
        return self._document(number).entry.chunks[row - row_of(number)]

    def language(self, row: int) -> str:
        return self._found(np.array([row]))[0].language

    def read_ahead(self, sentences: Sequence[int]) -> None:
        self._read.get(number_of(sentence) for sentence in sentences)

    def rows(self, documents: Collection[str]) -> Rows:
        records = self._store.records({key_of(name) for name in documents})
        spans = [row_of(record.number) + np.arange(record.chunks, dtype=np.int64) for record in records]
        return np.concatenate([_NOTHING, *spans])

    def sentences(self, chunk_rows: Rows) -> Rows:
        spans = [
            row_of(number_of(row), one.first_sentence) + np.arange(len(one.sentence_vectors), dtype=np.int64)
            for row, one in zip(chunk_rows.tolist(), self._found(chunk_rows), strict=True)
        ]
        return np.concatenate([_NOTHING, *spans])

    def sentence_counts(self, chunk_rows: Rows) -> Rows:
        return np.array([len(one.sentence_vectors) for one in self._found(chunk_rows)], dtype=np.int64)

    def locate(self, sentence: int) -> tuple[int, int]:
        number = number_of(sentence)
        position = sentence - row_of(number)
        firsts = self._document(number).first_sentences
        chunk = int(firsts.searchsorted(position, side="right")) - 1
        return row_of(number, chunk), position - int(firsts[chunk])

    def continues_section(self, sentence: int) -> bool:
        number = number_of(sentence)
        if not 0 < sentence - row_of(number) < self._document(number).sentence_count:
            return False
        row, position = self.locate(sentence)
        if position:
            return True
        return self.chunk(row).headings == self.chunk(self.locate(sentence - 1)[0]).headings

    def nearest_chunks(self, vector: Vectors, k: int, rows: Rows | None = None) -> tuple[Rows, Scores]:
        if rows is not None and not len(rows):
            return _NOTHING, np.zeros(0, dtype=np.float32)
        found = self._store.nearest(vector, k, None if rows is None else numbers_of(rows))
        # One of them may have been deleted since.
        candidates = dict(sorted(self._candidates.get(found).items()))
        cosines = inner_products(self._vectors(list(candidates.values()))[0], vector)
        best = np.argsort(-cosines, kind="stable")[:k]
        return np.array(list(candidates), dtype=np.int64)[best], cosines[best]

    def similarities(self, vector: Vectors, chunk_rows: Rows) -> tuple[Scores, Scores]:
        chunks, sentences = (inner_products(part, vector) for part in self._vectors(self._found(chunk_rows)))
        # Rounding takes the product of equal unit vectors a little beyond 1.
        return np.clip(chunks, -1.0, 1.0), np.clip(sentences, -1.0, 1.0)

    def add(self, entry: EmbeddedDocument) -> None:
        self.add_all([entry])

    def add_all(self, entries: Sequence[EmbeddedDocument]) -> None:
        """Add documents in one go; as `add`."""
        for entry in entries:
            entry.check_shapes(self.dimension)
        self._store.put([codec.stored(entry) for entry in entries])
        self._forget()

    def remove(self, document_id: str) -> None:
        if not self._store.delete([key_of(document_id)]):
            raise KeyError(document_id)
        self._forget()

    def clear_cache(self) -> None:
        """Read everything from the server again."""
        self._candidates.clear()
        self._read.clear()
        self._last = None
        self._forget()

    def close(self) -> None:
        """Let go of the server."""
        self._store.close()

    def _forget(self) -> None:
        self._numbers.clear()
        self.keyword.forget()

    def _found(self, rows: Rows) -> list[Candidate]:
        candidates = self._candidates.get(rows.tolist())
        if any(row not in candidates for row in rows.tolist()):
            raise self._changed()
        return [candidates[row] for row in rows.tolist()]

    def _document(self, number: int) -> _Read:
        # A passage asks for the same one hundreds of times.
        last = self._last
        if last is None or last[0] != number:
            found = self._read.get([number])
            if number not in found:
                raise self._changed()
            last = self._last = (number, found[number])
        return last[1]

    def _number(self, document_id: str) -> int:
        found = self._numbers.get([document_id])
        if document_id not in found:
            raise KeyError(document_id)
        return found[document_id]

    def _vectors(self, candidates: Sequence[Candidate]) -> tuple[StoredVectors, StoredVectors]:
        """Return the vectors of chunks and of all their sentences."""
        none = np.zeros((0, self.dimension), dtype=np.float16)
        chunks = np.stack([one.vector for one in candidates]) if candidates else none
        return chunks, np.concatenate([none, *(one.sentence_vectors for one in candidates)])

    def _read_candidates(self, rows: Sequence[int]) -> dict[int, Candidate]:
        return {row: codec.candidate(*found) for row, found in self._store.chunks(rows).items()}

    def _read_documents(self, numbers: Sequence[int]) -> dict[int, _Read]:
        found = {}
        for number, (record, content) in self._store.contents(numbers).items():
            entry = codec.entry(record, content)
            counts = np.array([len(chunk.sentences) for chunk in entry.chunks], dtype=np.int64)
            found[number] = _Read(entry, np.cumsum(counts) - counts, int(counts.sum()))
        # What a question finds in a document, it reads of the same state of it.
        self._numbers.keep({read.entry.document.id: number for number, read in found.items()})
        return found

    def _read_numbers(self, document_ids: Sequence[str]) -> dict[str, int]:
        names = {key_of(name): name for name in document_ids}
        return {names[record.key]: record.number for record in self._store.records(names)}

    def _changed(self) -> IndexServerError:
        return IndexServerError(f"{self._store.shown}: the index was changed by another process; try again")


def _size(candidate: Candidate) -> int:
    return 1000 + candidate.sentence_vectors.nbytes + candidate.hashes.nbytes + candidate.parts.nbytes


class _Documents(Mapping[str, Document]):
    """Documents that are read when they are asked for."""

    def __init__(self, index: ServerIndex) -> None:
        self._index = index

    def __getitem__(self, document_id: str) -> Document:
        return self._index._document(self._index._number(document_id)).entry.document

    def __contains__(self, document_id: object) -> bool:
        return isinstance(document_id, str) and bool(self._index._numbers.get([document_id]))

    def __iter__(self) -> Iterator[str]:
        after = 0
        while page := self._index.listed(after):
            after = page[-1][0]
            self._index._numbers.keep({said["id"]: number for number, said in page})
            yield from (said["id"] for _, said in page)

    def __len__(self) -> int:
        return self._index.keyword.totals.documents
