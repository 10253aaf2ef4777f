"""A memory-mapped index of a large library, with approximate vector search.

Its files are written once, by `qa.index.mmap_writer`, and never changed: removed documents get a tombstone here, and
added ones go into a delta index (`qa.index.delta.DeltaIndex`). Only document ids and a few bytes per chunk are held in
memory.

Dense search has two steps. An inverted file (Jegou, Douze and Schmid 2011, "Product quantization for nearest neighbor
search") groups the vectors around centres; those of the groups nearest to a question are compared at two bits per
dimension (Andre, Kermarrec and Le Scouarnec 2015, "Cache locality is not enough: high-performance nearest neighbor
search with product quantization fast scan"). The best candidates are then re-scored with their float16 vectors.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

from qa.documents.analysis import document_terms
from qa.errors import IndexFolderError
from qa.index.base import EmbeddedDocument, RowLayout, Rows, Scores, as_cosines, inner_products, ranges
from qa.index.bm25 import KeywordIndex, Postings
from qa.index.serialization import document_of
from qa.types import Chunk, Document, StoredVectors, Vectors

if TYPE_CHECKING:
    import faiss

IVF_FILE = "groups.faiss"
SUFFIX = ".npy"
_GROUPS_PER_PROBE = 8
_MIN_PROBES = 400
"""Groups searched for a question: one in `_GROUPS_PER_PROBE`, but at least `_MIN_PROBES`."""
CANDIDATES_PER_RESULT = 4
MIN_CANDIDATES = 200
"""Chunks re-scored exactly: `CANDIDATES_PER_RESULT` per result, but at least `MIN_CANDIDATES`."""
_BLOCK_ROWS = 50_000
_CACHED_DOCUMENTS = 256
_CACHED_CHUNKS = 2048
_CACHED_TERMS = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Strings:
    """Concatenated texts."""

    content: NDArray[np.uint8]  # in UTF-8, with lone surrogates
    starts: NDArray[np.int64]  # shape (texts + 1,)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def encoded(self, position: int) -> bytes:
        """Return the text at a position, in UTF-8."""
        return self.content[self.starts[position] : self.starts[position + 1]].tobytes()

    def __getitem__(self, position: int) -> str:
        try:
            return self.encoded(position).decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise _damaged("a text is not UTF-8") from None


_STRINGS = ("ids", "texts", "details", "headings", "terms")


def _check(arrays: Mapping[str, NDArray[Any]]) -> None:
    """Raise a ValueError if an array has another type or shape, or points outside another, so that a search fails."""
    documents, chunks, sentences = len(arrays["ids_starts"]) - 1, len(arrays["chunks"]), len(arrays["sentences"])
    posted, terms = len(arrays["posting_rows"]), len(arrays["terms_starts"]) - 1
    starts = {f"{name}_starts": (None, len(arrays[name])) for name in _STRINGS} | {
        "texts_starts": (documents, len(arrays["texts"])),
        "details_starts": (documents, len(arrays["details"])),
        "document_chunks": (documents, chunks),
        "chunk_sentences": (chunks, sentences),
        "posting_starts": (terms, posted),
    }
    for name, (parts, end) in starts.items():
        array = _of_kind(arrays, name, np.int64, None if parts is None else (parts + 1,))
        if not len(array) or array[0] != 0 or array[-1] != end or (np.diff(array) < 0).any():
            raise ValueError(f"its {name} do not match")
    for name in _STRINGS:
        _of_kind(arrays, name, np.uint8)
    for name, count in (("chunks", chunks), ("sentences", sentences)):
        spans = _of_kind(arrays, name, np.int32, (count, 2))
        if (spans[:, 0] < 0).any() or (spans[:, 0] > spans[:, 1]).any():
            raise ValueError(f"its {name} do not match")
    limits: dict[str, tuple[DTypeLike, int, int]] = {
        "chunk_headings": (np.int32, chunks, len(arrays["headings_starts"]) - 1),
        "posting_rows": (np.int32, posted, chunks),
        "posting_parts": (np.uint32, posted, 2**32),
        "lengths": (np.int32, chunks, 2**31),
    }
    for name, (kind, count, limit) in limits.items():
        array = _of_kind(arrays, name, kind, (count,))
        if count and not 0 <= array.min() <= array.max() < limit:
            raise ValueError(f"its {name} do not match")
    dimension = arrays["chunk_vectors"].shape[-1]
    for name, count in (("chunk_vectors", chunks), ("sentence_vectors", sentences)):
        _of_kind(arrays, name, np.float16, (count, dimension))


def _of_kind(
    arrays: Mapping[str, NDArray[Any]], name: str, kind: DTypeLike, shape: tuple[int, ...] | None = None
) -> NDArray[Any]:
    array = arrays[name]
    if array.dtype != kind or array.ndim != len(shape or (0,)) or (shape and array.shape != shape):
        raise ValueError(f"its {name} have another type or shape")
    return array


def _damaged(problem: str) -> IndexFolderError:
    return IndexFolderError(f"the index is damaged ({problem}); rebuild it with: qa index")


def _number_of(terms: Strings, term: str, /) -> int | None:
    """Return the number of a term among terms in UTF-8 order, or None."""
    wanted = term.encode("utf-8", "surrogatepass")
    number = bisect_left(range(len(terms)), wanted, key=terms.encoded)
    return number if number < len(terms) and terms.encoded(number) == wanted else None


class MappedIndex(RowLayout):
    """Searchable documents in a folder that `qa.index.mmap_writer` wrote.

    The caller has verified the checksums of the files; this class checks that they match each other.
    `removed` has the numbers of removed documents.

    Raises
    ------
    Exception
        Of any type, if the files contain something else.
    """

    def __init__(self, folder: Path, removed: Iterable[int] = ()) -> None:
        self.folder = folder
        arrays = {
            path.name.removesuffix(SUFFIX): np.asarray(np.load(path, mmap_mode="r"))
            for path in folder.glob(f"*{SUFFIX}")
        }
        _check(arrays)
        self._texts, self._details, self._headings = (
            Strings(arrays[name], arrays[f"{name}_starts"]) for name in ("texts", "details", "headings")
        )
        self._chunk_starts = arrays["document_chunks"]
        self._chunk_spans, self._chunk_headings = arrays["chunks"], arrays["chunk_headings"]
        self._sentence_rows, self._sentence_spans = arrays["chunk_sentences"], arrays["sentences"]
        self._chunk_vectors, self._sentence_vectors = arrays["chunk_vectors"], arrays["sentence_vectors"]
        terms = Strings(arrays["terms"], arrays["terms_starts"])
        self._postings = Postings(
            # A question asks for each of its terms several times.
            lru_cache(_CACHED_TERMS)(partial(_number_of, terms)),
            *(arrays[name] for name in ("posting_starts", "posting_rows", "posting_parts", "lengths")),
        )
        self.dimension = self._chunk_vectors.shape[1]
        self._ivf = IvfIndex(folder / IVF_FILE, self.row_count, self.dimension)
        ids = Strings(arrays["ids"], arrays["ids_starts"])
        self._numbers = {ids[number]: number for number in range(len(ids))}
        self._names = list(self._numbers)
        self._removed: list[int] = []
        self._chunks_removed = np.zeros(self.row_count, dtype=np.bool_)
        self._keyword: KeywordIndex | None = None
        self._document = lru_cache(_CACHED_DOCUMENTS)(self._read_document)
        self._chunk = lru_cache(_CACHED_CHUNKS)(self._read_chunk)
        self.documents: Mapping[str, Document] = _Documents(self._numbers, self._document)
        """The documents by id, in the order added."""
        for number in removed:
            self.remove(self._names[number])

    def __len__(self) -> int:
        return self.row_count - int(self._chunks_removed.sum())

    @property
    def removed(self) -> list[int]:
        """The numbers of the removed documents."""
        return sorted(self._removed)

    @property
    def keyword(self) -> KeywordIndex:
        removed = self._chunks_removed if self._removed else None
        keyword = KeywordIndex(self._postings, removed) if self._keyword is None else self._keyword
        self._keyword = keyword
        return keyword

    def entry(self, document_id: str) -> EmbeddedDocument:
        """Return everything that is stored for a document; its terms are computed again."""
        number = self._numbers[document_id]
        start, end = self._chunk_starts[number : number + 2].tolist()
        document, chunks = self._document(number), tuple(self._read_chunk(row) for row in range(start, end))
        sentences = slice(*self._sentence_rows[[start, end]])
        return EmbeddedDocument(
            document,
            chunks,
            self._chunk_vectors[start:end].copy(),
            self._sentence_vectors[sentences].copy(),
            document_terms(document, chunks),
        )

    def chunk(self, row: int) -> Chunk:
        return self._chunk(row)

    def remove(self, document_id: str) -> None:
        """Mark a document as removed."""
        number = self._numbers.pop(document_id)
        self._removed.append(number)
        start, end = self._chunk_starts[number : number + 2]
        self._chunks_removed[start:end] = True
        self._keyword = None

    def language(self, row: int) -> str:
        return self.documents[self.chunk(row).document_id].language

    def rows(self, documents: Collection[str]) -> Rows:
        numbers = np.array(sorted(self._numbers[name] for name in documents if name in self._numbers), dtype=np.int64)
        starts = self._chunk_starts[numbers]
        return ranges(starts, self._chunk_starts[numbers + 1] - starts)

    def nearest_chunks(self, vector: Vectors, k: int, rows: Rows | None = None) -> tuple[Rows, Scores]:
        """Return the nearest chunks as `Index` does: exactly with `rows`, else approximately."""
        if rows is None:
            # FAISS allocates memory for as many as are asked for.
            count = min(max(CANDIDATES_PER_RESULT * k, MIN_CANDIDATES), self.row_count)
            rows = self._ivf.nearest(vector, count, self._chunks_removed)
        return nearest(self._chunk_vectors, vector, k, rows)

    def similarities(self, vector: Vectors, chunk_rows: Rows) -> tuple[Scores, Scores]:
        chunks = _cosines(self._chunk_vectors, vector, chunk_rows)
        sentences = _cosines(self._sentence_vectors, vector, self.sentences(chunk_rows))
        return as_cosines(chunks), as_cosines(sentences)

    def _read_document(self, number: int) -> Document:
        text = self._texts[number]
        try:
            return document_of(json.loads(self._details[number]), text)
        except (ValueError, RecursionError):
            raise _damaged(f"document {number} has no title, source and pages") from None

    def _read_chunk(self, row: int) -> Chunk:
        document = self._document(int(np.searchsorted(self._chunk_starts, row, side="right")) - 1)
        start, end = self._chunk_spans[row].tolist()
        sentences = self._sentence_spans[slice(*self._sentence_rows[row : row + 2])].tolist()
        headings = self._headings[int(self._chunk_headings[row])]
        spans = tuple((first, last) for first, last in sentences)
        return Chunk(document.id, start, end, document.text[start:end], spans, headings)


class _Documents(Mapping[str, Document]):
    """Documents by id; each is read when asked for."""

    def __init__(self, numbers: Mapping[str, int], read: Callable[[int], Document]) -> None:
        self._numbers = numbers
        self._read = read

    def __getitem__(self, document_id: str) -> Document:
        return self._read(self._numbers[document_id])

    def __contains__(self, document_id: object) -> bool:
        return document_id in self._numbers

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


class IvfIndex:
    """Quantised vectors in a memory-mapped inverted file of FAISS."""

    def __init__(self, path: Path, count: int, dimension: int) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self._index = cast("faiss.IndexIVF", faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC))
        if (self._index.ntotal, self._index.d) != (count, dimension):
            raise ValueError("its groups are those of other vectors")
        self._probed = max(self._index.nlist // _GROUPS_PER_PROBE, _MIN_PROBES)

    def nearest(self, vector: Vectors, k: int, removed: NDArray[np.bool_]) -> Rows:
        """Return approximately the `k` nearest rows, ascending, without removed ones."""
        import faiss

        there = np.packbits(~removed, bitorder="little") if removed.any() else None
        selector = None if there is None else faiss.IDSelectorBitmap(there)  # type: ignore[call-arg, arg-type]
        parameters = faiss.SearchParametersIVF(sel=selector, nprobe=self._probed)  # type: ignore[call-arg]
        _, found = self._index.search(vector[np.newaxis], k, params=parameters)
        return np.sort(found[0][(found[0] >= 0) & (found[0] < len(removed))])


def nearest(vectors: StoredVectors, vector: Vectors, k: int, rows: Rows) -> tuple[Rows, Scores]:
    """Return those `k` of the ascending rows with the nearest vectors, and their cosines; ties by row."""
    cosines = _cosines(vectors, vector, rows)
    best = np.argsort(-cosines, kind="stable")[:k]
    return rows[best], cosines[best]


def _cosines(vectors: StoredVectors, vector: Vectors, rows: Rows) -> Scores:
    blocks = [
        inner_products(vectors[rows[start : start + _BLOCK_ROWS]], vector)
        for start in range(0, max(1, len(rows)), _BLOCK_ROWS)
    ]
    return np.concatenate(blocks)
