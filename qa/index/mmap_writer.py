"""Writing of the files that `qa.index.mmap` searches without loading them.

Documents are written one by one, so that only the vocabulary, a block of terms and the quantised vectors are in memory.
"""

from __future__ import annotations

import errno
import json
import os
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from qa.index.base import EmbeddedDocument, Index
from qa.index.bm25 import sort_terms
from qa.index.mmap import IVF_FILE, SUFFIX
from qa.index.serialization import document_fields
from qa.models.onnx_session import processor_threads
from qa.text.tokens import TermRows
from qa.types import StoredVectors

_BLOCK_TERMS = 2_000_000  # maximum terms sorted at once
_GROUPS_PER_ROOT = 4  # groups of vectors per square root of the number of chunks
_TRAINING_CHUNKS = 40  # average number of chunks from which the centre of a group is computed
_BATCH_VECTORS = 50_000
_MIN_PARALLEL_VECTORS = 100_000
"""Several threads group the vectors from this number on; with fewer they mostly wait for each other."""


def write_mmap_index(folder: Path, index: Index, threads: int = 0) -> None:
    """Write the documents of an index that is not empty as the files of a `MappedIndex`, into an empty folder.

    The vectors are grouped by `threads` threads; 0 uses all that the process may use.
    """
    with ExitStack() as stack:
        passages, terms = _Passages(folder, index.dimension, stack), _Terms(folder, stack)
        for name in index.documents:
            entry = index.entry(name)
            passages.write(entry)
            terms.write(entry.terms)
        terms.finish()
    train_ivf(np.load(folder / f"chunk_vectors{SUFFIX}", mmap_mode="r"), folder / IVF_FILE, threads)


class _Column:
    """An array in a file, written by appending."""

    def __init__(self, folder: Path, name: str, dtype: DTypeLike, stack: ExitStack, width: int | None = None) -> None:
        self._dtype = np.dtype(dtype)
        self._width = () if width is None else (width,)
        self._file = stack.enter_context((folder / f"{name}{SUFFIX}").open("wb"))
        self.length = 0
        self._write_header()
        stack.callback(self._finish)

    def write(self, values: ArrayLike) -> None:
        array = np.ascontiguousarray(values, dtype=self._dtype).reshape(-1, *self._width)
        self._file.write(array.data)
        self.length += len(array)

    def _finish(self) -> None:
        self._file.seek(0)
        self._write_header()

    def _write_header(self) -> None:
        # NumPy pads the header, so that a greater length fits in.
        description = np.lib.format.dtype_to_descr(self._dtype)
        shape = (self.length, *self._width)
        np.lib.format.write_array_header_1_0(self._file, {"descr": description, "fortran_order": False, "shape": shape})


class _Starts(_Column):
    """The start offsets of parts that are appended one by one, and the end of the last."""

    def __init__(self, folder: Path, name: str, stack: ExitStack) -> None:
        super().__init__(folder, name, np.int64, stack)
        self._end = 0
        self.write([0])

    def add(self, *counts: int) -> None:
        ends = self._end + np.cumsum(counts, dtype=np.int64)
        self._end = int(ends[-1]) if len(ends) else self._end
        self.write(ends)


class _Strings:
    """Concatenated texts; see `qa.index.mmap.Strings`."""

    def __init__(self, folder: Path, name: str, stack: ExitStack) -> None:
        self._content = _Column(folder, name, np.uint8, stack)
        self._starts = _Starts(folder, f"{name}_starts", stack)

    def add(self, text: str) -> None:
        encoded = text.encode("utf-8", "surrogatepass")
        self._content.write(np.frombuffer(encoded, dtype=np.uint8))
        self._starts.add(len(encoded))


class _Passages:
    """Documents, their chunks and their sentences."""

    def __init__(self, folder: Path, dimension: int, stack: ExitStack) -> None:
        self._ids, self._texts, self._details, self._headings = (
            _Strings(folder, name, stack) for name in ("ids", "texts", "details", "headings")
        )
        self._document_chunks, self._chunk_sentences = (
            _Starts(folder, name, stack) for name in ("document_chunks", "chunk_sentences")
        )
        self._chunks, self._sentences = (_Column(folder, name, np.int32, stack, 2) for name in ("chunks", "sentences"))
        self._chunk_headings = _Column(folder, "chunk_headings", np.int32, stack)
        self._chunk_vectors, self._sentence_vectors = (
            _Column(folder, name, np.float16, stack, dimension) for name in ("chunk_vectors", "sentence_vectors")
        )
        self._heading_numbers: dict[str, int] = {}

    def write(self, entry: EmbeddedDocument) -> None:
        document, chunks = entry.document, entry.chunks
        self._ids.add(document.id)
        self._texts.add(document.text)
        # Not as JSON escapes: two adjacent lone surrogates would be read back as one character.
        self._details.add(json.dumps(document_fields(document), ensure_ascii=False))
        self._document_chunks.add(len(chunks))
        self._chunk_sentences.add(*(len(chunk.sentences) for chunk in chunks))
        self._chunks.write([(chunk.start, chunk.end) for chunk in chunks])
        self._sentences.write([span for chunk in chunks for span in chunk.sentences])
        self._chunk_headings.write([self._heading_number(chunk.headings) for chunk in chunks])
        self._chunk_vectors.write(entry.chunk_vectors)
        self._sentence_vectors.write(entry.sentence_vectors)

    def _heading_number(self, headings: str) -> int:
        if headings not in self._heading_numbers:
            self._heading_numbers[headings] = len(self._heading_numbers)
            self._headings.add(headings)
        return self._heading_numbers[headings]


class _Terms:
    """Postings for keyword search: blocks of rows are sorted by term, then merged."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._sorted = Path(stack.enter_context(TemporaryDirectory(dir=folder)))
        self._lengths = _Column(folder, "lengths", np.int32, stack)
        self._numbers: dict[str, int] = {}
        self._frequencies = np.zeros(0, dtype=np.int64)
        self._block: list[TermRows] = []
        self._block_terms = 0
        self._block_rows: list[int] = []

    def write(self, rows: TermRows) -> None:
        self._block.append(rows)
        self._block_terms += len(rows.numbers)
        if self._block_terms >= _BLOCK_TERMS:
            self._sort()

    def finish(self) -> None:
        """Write the vocabulary in UTF-8 order, and merge the blocks into the postings."""
        self._sort()
        terms = sorted(self._numbers, key=lambda term: term.encode("utf-8", "surrogatepass"))
        order = np.array([self._numbers[term] for term in terms], dtype=np.int64)
        vocabulary = _Strings(self._folder, "terms", self._stack)
        starts = _Starts(self._folder, "posting_starts", self._stack)
        for term in terms:
            vocabulary.add(term)
        starts.add(*self._frequencies[order])
        filled = np.empty(len(terms), dtype=np.int64)
        filled[order] = np.cumsum(self._frequencies[order]) - self._frequencies[order]
        posted = int(self._frequencies.sum())
        rows, parts = (
            np.lib.format.open_memmap(self._folder / f"{name}{SUFFIX}", "w+", dtype, (posted,))
            for name, dtype in (("posting_rows", np.int32), ("posting_parts", np.uint32))
        )
        for name in ("posting_rows", "posting_parts"):
            _reserve(self._folder / f"{name}{SUFFIX}")
        for block, before in enumerate(np.cumsum([0, *self._block_rows[:-1]])):
            found, here, bits = np.fromfile(self._sorted / str(block), np.int32).reshape(3, -1)
            first, inside = np.unique(found, return_index=True)
            sizes = np.diff(inside, append=len(found))
            target = np.arange(len(found)) + np.repeat(filled[first] - inside, sizes)
            rows[target], parts[target] = here + before, bits.view(np.uint32)
            filled[first] += sizes
        rows.flush()
        parts.flush()

    def _sort(self) -> None:
        terms, rows, parts, lengths = sort_terms(self._block, self._numbers)
        # NumPy's own functions do not say that the disk is full.
        with (self._sorted / str(len(self._block_rows))).open("wb") as file:
            for column in (terms, rows, parts):
                file.write(np.ascontiguousarray(column).data)
        self._lengths.write(lengths)
        self._block_rows.append(len(lengths))
        self._frequencies = np.bincount(terms, minlength=len(self._numbers)) + np.pad(
            self._frequencies, (0, len(self._numbers) - len(self._frequencies))
        )
        self._block, self._block_terms = [], 0


def _reserve(path: Path) -> None:
    """Allocate a file on disk: writing to a mapped file on a full disk would kill the process."""
    size = path.stat().st_size
    if size and hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, size)


def train_ivf(vectors: StoredVectors, path: Path, threads: int = 0) -> None:
    """Write vectors at two bits per dimension, grouped around centres that are trained on a sample."""
    import faiss

    count, dimension = vectors.shape
    groups = max(1, min(count // _TRAINING_CHUNKS, round(_GROUPS_PER_ROOT * count**0.5)))
    sample = np.sort(np.random.default_rng(0).permutation(count)[: _TRAINING_CHUNKS * groups])
    # Two dimensions are quantised to one of 16 values, which takes at least 16 vectors to train.
    sample = np.resize(sample, max(len(sample), 16))
    parts = dimension // 2 if dimension % 2 == 0 else dimension
    index = faiss.index_factory(dimension, f"IVF{groups},PQ{parts}x4fs", faiss.METRIC_INNER_PRODUCT)
    # By default FAISS uses every core of the machine, even if the process may not.
    faiss.omp_set_num_threads(processor_threads(threads) if count >= _MIN_PARALLEL_VECTORS else 1)
    try:
        index.train(vectors[sample].astype(np.float32))
        for start in range(0, count, _BATCH_VECTORS):
            index.add(vectors[start : start + _BATCH_VECTORS].astype(np.float32))
    finally:
        faiss.omp_set_num_threads(1)
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:
        # FAISS gives no reason, but other files were just written to the same folder.
        raise OSError(errno.ENOSPC, "the vectors could not be written; is the disk full?", str(path)) from error
