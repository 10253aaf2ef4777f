"""An index on a database server.

A question reads its candidate chunks and the documents of its passages, never the whole library. A row is made of a
document's number and a position in it, so row numbers have gaps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from qa.documents.analysis import document_terms
from qa.errors import IndexServerError
from qa.index.base import EmbeddedDocument, Rows, Scores, as_cosines, inner_products, ranges
from qa.index.serialization import StoredRows
from qa.index.server import codec
from qa.index.server.cache import ReadThroughCache
from qa.index.server.codec import Candidate, key_of
from qa.index.server.keyword import ServerKeywordSearch
from qa.index.server.store import MAX_ROWS, Record, Store, number_of, numbers_of, row_of
from qa.types import Chunk, Document, StoredVectors, Vectors

_MAX_CANDIDATE_BYTES = 32_000_000
_MAX_DOCUMENT_CHARACTERS = 16_000_000
_MAX_LOCATIONS = 100_000
_LOCATION_SECONDS = 10.0
"""How long a cached location stays valid, unless `look_up` finds another: a question that takes longer than this may
read another version of a document than it found, if another process replaces it meanwhile."""
_PAGE = 1000
_CANDIDATE_OVERHEAD_BYTES = 1000
_NO_ROWS: Rows = np.zeros(0, dtype=np.int64)


class Location(NamedTuple):
    """Where the chunks of a document are."""

    number: int  # of the document
    chunks: int  # their number


class ServerIndex:
    """Searchable chunks of any number of documents, on a server.

    Every method raises IndexServerError if the server does not answer in time.
    """

    is_remote = True
    row_count = sentence_count = MAX_ROWS

    def __init__(self, store: Store, dimension: int) -> None:
        self.dimension = dimension
        self.documents: Mapping[str, Document] = _Documents(self)
        """The documents by id, in the order added; each is read when asked for, and ids are listed page by page."""
        self._store = store
        self._candidates = ReadThroughCache[int, Candidate](
            lambda rows: codec.candidates(store.chunks(rows)),
            _MAX_CANDIDATE_BYTES,
            lambda candidate: _CANDIDATE_OVERHEAD_BYTES + len(candidate.payload),
        )
        self._read = ReadThroughCache[int, StoredRows](
            self._read_documents, _MAX_DOCUMENT_CHARACTERS, lambda read: len(read.document.text)
        )
        self._locations = ReadThroughCache[str, Location](
            self._read_locations, _MAX_LOCATIONS, seconds=_LOCATION_SECONDS
        )
        self._last: tuple[int, StoredRows] | None = None
        self.keyword = ServerKeywordSearch(store, self._candidates)

    def __len__(self) -> int:
        return len(self.keyword)

    def changed(self, documents: Iterable[Document]) -> list[Document]:
        """Return the documents to embed, which are new or changed; update others whose metadata alone have changed."""
        by_id = {document.id: document for document in documents}
        records = self._records(by_id)
        changed = []
        for name, document in by_id.items():
            if name not in records or codec.fingerprint(records[name]) != document.fingerprint:
                changed.append(document)
            elif codec.metadata(records[name]) != codec.metadata_of(document):
                try:
                    self.add(replace(self.entry(name), document=document))
                except KeyError:  # another process has removed it
                    changed.append(document)
        return changed

    def entry(self, document_id: str) -> EmbeddedDocument:
        number = self._number(document_id)
        entry = self._document(number).entry()
        candidates = self._found(row_of(number) + np.arange(len(entry.chunks), dtype=np.int64))
        return replace(
            entry,
            chunk_vectors=self._chunk_vectors(candidates),
            sentence_vectors=codec.sentence_vectors(candidates, self.dimension),
            terms=document_terms(entry.document, entry.chunks),
        )

    def chunk(self, row: int) -> Chunk:
        number = number_of(row)
        return self._document(number).chunk(row - row_of(number))

    def language(self, row: int) -> str:
        return self._found(np.array([row]))[0].language

    def read_ahead(self, sentences: Sequence[int]) -> None:
        self._read.get(number_of(sentence) for sentence in sentences)

    def look_up(self, documents: Collection[str]) -> None:
        found = self._read_locations(documents)
        self._locations.drop(set(documents) - found.keys())
        self._locations.put(found)

    def rows(self, documents: Collection[str]) -> Rows:
        found = sorted(self._locations.get(documents).values())
        starts = np.array([row_of(one.number) for one in found], dtype=np.int64)
        return ranges(starts, np.array([one.chunks for one in found], dtype=np.int64))

    def sentences(self, chunk_rows: Rows) -> Rows:
        found = self._found(chunk_rows)
        starts = [
            row_of(number_of(row), one.first_sentence) for row, one in zip(chunk_rows.tolist(), found, strict=True)
        ]
        counts = [one.sentence_count for one in found]
        return ranges(np.array(starts, dtype=np.int64), np.array(counts, dtype=np.int64))

    def sentence_counts(self, chunk_rows: Rows) -> Rows:
        return np.array([one.sentence_count for one in self._found(chunk_rows)], dtype=np.int64)

    def locate(self, sentence: int) -> tuple[int, int]:
        number = number_of(sentence)
        chunk, position = self._document(number).locate(sentence - row_of(number))
        return row_of(number, chunk), position

    def continues_section(self, sentence: int) -> bool:
        number = number_of(sentence)
        return self._document(number).continues_section(sentence - row_of(number))

    def nearest_chunks(self, vector: Vectors, k: int, rows: Rows | None = None) -> tuple[Rows, Scores]:
        if rows is not None and not len(rows):
            return _NO_ROWS, np.zeros(0, dtype=np.float32)
        candidates = codec.candidates(self._store.nearest(vector, k, None if rows is None else numbers_of(rows)))
        self._candidates.put(candidates)
        cosines = inner_products(self._chunk_vectors([*candidates.values()]), vector)
        best = np.argsort(-cosines, kind="stable")[:k]
        return np.array(list(candidates), dtype=np.int64)[best], cosines[best]

    def similarities(self, vector: Vectors, chunk_rows: Rows) -> tuple[Scores, Scores]:
        found = self._found(chunk_rows)
        chunks = inner_products(self._chunk_vectors(found), vector)
        sentences = inner_products(codec.sentence_vectors(found, self.dimension), vector)
        return as_cosines(chunks), as_cosines(sentences)

    def add(self, entry: EmbeddedDocument) -> None:
        self.add_all([entry])

    def add_all(self, entries: Sequence[EmbeddedDocument]) -> None:
        """Add documents in one transaction; see `add`."""
        for entry in entries:
            entry.check_shapes(self.dimension)
        if entries:
            self._store.put([codec.stored(entry) for entry in entries])
            self._clear_counts()

    def remove(self, document_id: str) -> None:
        if not self.remove_all([document_id]):
            raise KeyError(document_id)

    def remove_all(self, document_ids: Iterable[str]) -> int:
        """Remove documents in one transaction, and return how many of them existed."""
        count = self._store.delete([key_of(name) for name in document_ids])
        self._clear_counts()
        return count

    def clear_cache(self) -> None:
        """Drop everything that was read from the server."""
        self._candidates.clear()
        self._read.clear()
        self._last = None
        self._clear_counts()

    def close(self) -> None:
        """Close the connection."""
        self._store.close()

    def _clear_counts(self) -> None:
        self._locations.clear()
        self.keyword.clear_cache()

    def _found(self, rows: Rows) -> list[Candidate]:
        candidates = self._candidates.get(rows.tolist())
        try:
            return [candidates[row] for row in rows.tolist()]
        except KeyError:
            raise self._changed() from None

    def _document(self, number: int) -> StoredRows:
        # Growing a passage asks for the same document hundreds of times.
        last = self._last
        if last is None or last[0] != number:
            found = self._read.get([number])
            if number not in found:
                raise self._changed()
            last = self._last = (number, found[number])
        return last[1]

    def _number(self, document_id: str) -> int:
        return self._locations.get([document_id])[document_id].number

    def _chunk_vectors(self, candidates: Sequence[Candidate]) -> StoredVectors:
        if not candidates:
            return np.zeros((0, self.dimension), dtype=np.float16)
        return np.stack([one.vector for one in candidates])

    def _read_documents(self, numbers: Sequence[int]) -> dict[int, StoredRows]:
        found = {
            number: codec.document_rows(record, content)
            for number, (record, content) in self._store.contents(numbers).items()
        }
        # A question reads its passages from the same version of a document that it found them in.
        self._locations.put({read.document.id: Location(number, read.row_count) for number, read in found.items()})
        return found

    def _read_locations(self, document_ids: Collection[str]) -> dict[str, Location]:
        return {name: Location(one.number, one.chunks) for name, one in self._records(document_ids).items()}

    def _records(self, document_ids: Iterable[str]) -> dict[str, Record]:
        """Return the records of the documents that exist, by id, ordered by number."""
        names = {key_of(name): name for name in document_ids}
        return {names[record.key]: record for record in self._store.records(names)}

    def _changed(self) -> IndexServerError:
        self._locations.clear()
        return IndexServerError(f"{self._store.shown}: the index was changed by another process; try again")


class _Documents(Mapping[str, Document]):
    """The documents of an index, by id; each is read when asked for."""

    def __init__(self, index: ServerIndex) -> None:
        self._index = index

    def __getitem__(self, document_id: str) -> Document:
        return self._index._document(self._index._number(document_id)).document

    def __contains__(self, document_id: object) -> bool:
        return isinstance(document_id, str) and bool(self._index._locations.get([document_id]))

    def __iter__(self) -> Iterator[str]:
        after = 0
        while page := self._index._store.page(after, _PAGE):
            after = page[-1].number
            found = {codec.metadata(one)["id"]: Location(one.number, one.chunks) for one in page}
            self._index._locations.put(found)
            yield from found

    def __len__(self) -> int:
        return self._index.keyword.totals.documents
