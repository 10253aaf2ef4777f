"""Search from 1,000 chunks to 1,000,000: ``make bench-scale``.

The libraries are made of the real paragraphs of the question sets in ``../shared/datasets``, embedded by the bundled
model, again and again: each time the vectors of a chunk and its sentences are turned towards another paragraph and
moved at random, and a third of the terms are exchanged for others by their frequency, one in a hundred for a new one.
The questions are those of the sets. Without that folder nothing is measured.

Each library is written in one process, and opened and searched in another. Times of searches and changes are processor
times of the thread, since others use the machine too; all questions are asked once as a warm-up. Recall is the share of
the 10 chunks of the highest cosine, by the vectors before rounding, that are found.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time, thread_time
from typing import cast
from unittest import mock

import numpy as np
from numpy.typing import NDArray
from results import print_table
from speed import SETS, index_sets

from qa.index import storage
from qa.index.base import EmbeddedDocument, MutableIndex
from qa.index.memory import PassageIndex
from qa.index.mmap import CANDIDATES_PER_RESULT, IVF_FILE, MIN_CANDIDATES, IvfIndex, nearest
from qa.index.mmap_writer import train_ivf
from qa.index.storage import load_index, save_index
from qa.models.embedder import embed_separately
from qa.pipeline import QA
from qa.protocols import ChunkText
from qa.retrieval.hybrid import Retriever
from qa.settings import Settings
from qa.text.tokens import TermRows, terms
from qa.types import Document, Progress, Vectors

ROOT = Path(__file__).parents[2]
PARAGRAPHS = ROOT / "build" / "scale"
"""The embedded paragraphs and questions are kept here from run to run."""
QUESTIONS = 200
SIZES = (1_000, 10_000, 20_000, 100_000, 300_000, 1_000_000)
FLAT_UP_TO = 20_000
DOCUMENT_CHUNKS = 20
"""Paragraphs are joined to documents of at least this many chunks."""
BLOCK = 20_000
NEAREST = 10
POOL = 100
SEARCHES = ("chunks", "dense", "keyword", "retrieve")
COLUMNS = (
    "chunks (sentences)",
    "kept",
    "recall@10",
    "10 chunks",
    "100 chunks",
    "100 by keywords",
    "all",
    "memory, own / mapped MB",
    "on disk, MB",
    "written, s",
    "opened, s",
    "a document added / removed, ms",
)


class KnownQuestions:
    """The bundled model's vectors of the questions asked."""

    fingerprint = "known questions"

    def __init__(self, vectors: Mapping[str, Vectors]) -> None:
        self.vectors = vectors
        self.all: Vectors = np.stack(list(vectors.values()))
        self.dimension: int = self.all.shape[1]

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:  # noqa: ARG002
        """Return one for each text."""
        return np.stack([self.vectors[text] for text in texts])

    def embed_chunks(self, chunks: Sequence[ChunkText], progress: Progress | None = None) -> tuple[Vectors, Vectors]:
        """Embed each part of a chunk separately."""
        return embed_separately(self.embed, chunks, progress)


def embed_paragraphs() -> None:
    """Embed 10,000 chunks of paragraphs and some of their questions once."""
    if not (PARAGRAPHS / "index").exists():
        index_sets(PARAGRAPHS / "index")
    if not (PARAGRAPHS / "questions.json").exists():
        asked = [
            paragraph["qas"][0]["question"]
            for file in SETS
            for article in json.loads(file.read_text(encoding="utf-8"))["data"]
            for paragraph in article["paragraphs"]
            if paragraph["qas"]
        ]
        chosen = list(dict.fromkeys(np.random.default_rng(0).permutation(asked).tolist()))[:QUESTIONS]
        np.save(PARAGRAPHS / "questions.npy", QA(Settings()).embedder.embed(chosen))
        (PARAGRAPHS / "questions.json").write_text(json.dumps(chosen))


def joined(entries: Sequence[EmbeddedDocument]) -> EmbeddedDocument:
    """Return one document of the texts of several."""
    starts = np.cumsum([0, *(len(entry.document.text) + 2 for entry in entries)]).tolist()
    chunks = [
        replace(
            chunk,
            start=chunk.start + before,
            end=chunk.end + before,
            sentences=tuple((start + before, end + before) for start, end in chunk.sentences),
        )
        for entry, before in zip(entries, starts, strict=False)
        for chunk in entry.chunks
    ]
    term_numbers: dict[str, int] = {}
    numbers = [
        np.array([term_numbers.setdefault(term, len(term_numbers)) for term in entry.terms.vocabulary], np.int32)[
            entry.terms.numbers
        ]
        for entry in entries
    ]
    return EmbeddedDocument(
        replace(entries[0].document, text="\n\n".join(entry.document.text for entry in entries)),
        tuple(chunks),
        np.concatenate([entry.chunk_vectors for entry in entries]),
        np.concatenate([entry.sentence_vectors for entry in entries]),
        TermRows(
            tuple(term_numbers),
            np.concatenate(numbers),
            np.concatenate([entry.terms.parts for entry in entries]),
            np.concatenate([entry.terms.lengths for entry in entries]),
        ),
    )


class Made:
    """A library of so many chunks, made a few documents at a time, with all that `qa.index.mmap_writer` asks for."""

    def __init__(self, real: MutableIndex, chunks: int, questions: Vectors) -> None:
        self.dimension = real.dimension
        together: list[list[EmbeddedDocument]] = [[]]
        for entry in map(real.entry, real.documents):
            if sum(len(each.chunks) for each in together[-1]) >= DOCUMENT_CHUNKS:
                together.append([])
            together[-1].append(entry)
        self._real = [joined(entries) for entries in together]
        self._chunk_vectors = np.concatenate([entry.chunk_vectors for entry in self._real]).astype(np.float32)
        self._terms = np.array(
            [entry.terms.vocabulary[number] for entry in self._real for number in entry.terms.numbers], dtype=object
        )
        self._questions = questions
        self._size = 0
        self.documents: dict[str, Document] = {}
        while self._size < chunks:
            number = len(self.documents)
            entry = self._real[number % len(self._real)]
            self.documents[f"{number}.txt"] = entry.document
            self._size += len(entry.chunks)
        self._best = np.zeros((len(questions), 0), dtype=np.float32)
        self._best_rows = np.zeros((len(questions), 0), dtype=np.int64)
        self._seen = 0
        self._unranked: list[Vectors] = []

    def __len__(self) -> int:
        return self._size

    def entry(self, name: str) -> EmbeddedDocument:
        """Make a document; its vectors are ranked for the questions, so that each is to be made once, in order."""
        number = int(name.removesuffix(".txt"))
        numbers = np.random.default_rng(number)
        entry = self._real[number % len(self._real)]
        document = replace(entry.document, id=name)
        chunks = tuple(replace(chunk, document_id=name) for chunk in entry.chunks)
        partners = self._chunk_vectors[numbers.integers(len(self._chunk_vectors), size=len(chunks))]
        share = numbers.uniform(0.2, 0.8, (len(chunks), 1)).astype(np.float32)
        counts = [len(chunk.sentences) for chunk in chunks]
        turn = [share * partners, np.repeat(share * partners, counts, axis=0)]
        chunk_vectors, sentence_vectors = (
            self._moved(vectors + partner, numbers)
            for vectors, partner in zip((entry.chunk_vectors, entry.sentence_vectors), turn, strict=True)
        )
        self._unranked.append(chunk_vectors)
        if len(self._unranked) == 500:
            self._rank()
        return EmbeddedDocument(
            document,
            chunks,
            chunk_vectors.astype(np.float16),
            sentence_vectors.astype(np.float16),
            self._exchanged(entry.terms, numbers),
        )

    def block(self, start: int, count: int) -> Vectors:
        """Make the vectors of chunks alone, from the real chunk of row `start` on; each block is to be made once."""
        numbers = np.random.default_rng(start)
        real = self._chunk_vectors[np.arange(start, start + count) % len(self._chunk_vectors)]
        partners = self._chunk_vectors[numbers.integers(len(self._chunk_vectors), size=count)]
        share = numbers.uniform(0.2, 0.8, (count, 1)).astype(np.float32)
        vectors = self._moved(real + share * partners, numbers)
        self._unranked.append(vectors)
        self._rank()
        return vectors

    def exact(self) -> NDArray[np.int64]:
        """Return the rows of the chunks nearest to each question."""
        self._rank()
        return self._best_rows

    def _moved(self, vectors: Vectors, numbers: np.random.Generator) -> Vectors:
        moved = vectors + numbers.standard_normal(vectors.shape, dtype=np.float32) * (0.3 / self.dimension**0.5)
        unit: Vectors = moved / np.linalg.norm(moved, axis=1, keepdims=True)
        return unit

    def _exchanged(self, rows: TermRows, numbers: np.random.Generator) -> TermRows:
        draw = numbers.random(len(rows.vocabulary))
        others = self._terms[numbers.integers(len(self._terms), size=len(draw))]
        new = f"x{numbers.integers(10**9)}"
        # A vocabulary has each term once.
        known = set(rows.vocabulary)
        vocabulary = []
        for term, chance, other in zip(rows.vocabulary, draw, others, strict=True):
            exchanged = other if chance < 1 / 3 and other not in known else term
            known.add(exchanged)
            vocabulary.append(new + term if chance > 0.99 else exchanged)
        return replace(rows, vocabulary=tuple(vocabulary))

    def _rank(self) -> None:
        if self._unranked:
            vectors = np.concatenate(self._unranked)
            scores = np.concatenate([self._best, self._questions @ vectors.T], axis=1)
            rows = np.arange(self._seen, self._seen + len(vectors))
            all_rows = np.concatenate([self._best_rows, np.tile(rows, (len(scores), 1))], axis=1)
            best = np.argpartition(-scores, NEAREST, axis=1)[:, :NEAREST]
            best = np.take_along_axis(best, np.argsort(-np.take_along_axis(scores, best, 1), axis=1), 1)
            self._best, self._best_rows = np.take_along_axis(scores, best, 1), np.take_along_axis(all_rows, best, 1)
            self._seen += len(vectors)
            self._unranked = []


def paragraphs() -> MutableIndex:
    """Return the real library."""
    return load_index(PARAGRAPHS / "index", QA(Settings()).embedder, Settings())


def questions() -> KnownQuestions:
    """Return the questions with their vectors."""
    asked = json.loads((PARAGRAPHS / "questions.json").read_text())
    return KnownQuestions(dict(zip(asked, np.load(PARAGRAPHS / "questions.npy"), strict=True)))


def write(folder: Path, chunks: int) -> None:
    """Write a library as a base, and which chunks are nearest to each question."""
    asked = questions()
    made = Made(paragraphs(), chunks, asked.all)
    started = perf_counter()
    with mock.patch.object(storage, "MMAP_THRESHOLD_CHUNKS", 1):
        save_index(folder / "index", cast(MutableIndex, made), asked, Settings())
    figures = {"write_s": perf_counter() - started, "write_processor_s": process_time()}
    np.save(folder / "exact.npy", made.exact())
    report({**figures, "documents": len(made.documents), "disk_mb": size_mb(folder / "index")})


def search(folder: Path) -> None:
    """Open a library that was written, and search it."""
    asked = questions()
    asked_terms = [terms(question) for question in asked.vectors]
    PassageIndex(asked.dimension)  # loads FAISS
    before = memory_mb("RssAnon")
    started = perf_counter()
    index = load_index(folder / "index", asked, Settings())
    opened = perf_counter() - started
    figures = {"open_s": opened, **searched(index, asked, asked_terms, np.load(folder / "exact.npy"))}
    figures |= {"memory_mb": memory_mb("RssAnon") - before, "mapped_mb": memory_mb("RssFile")}
    first = next(iter(index.documents))
    again = index.entry(first)
    changes: dict[str, Callable[[], None]] = {"add": lambda: index.add(again), "remove": lambda: index.remove(first)}
    for name, change in changes.items():
        started = thread_time()
        change()
        index.nearest_chunks(asked.all[0], NEAREST)
        index.keyword.search(asked_terms[0], NEAREST)
        changed = thread_time()
        with mock.patch.object(storage, "MMAP_THRESHOLD_CHUNKS", min(storage.MMAP_THRESHOLD_CHUNKS, len(index) // 2)):
            save_index(folder / "index", index, asked, Settings())
        figures |= {f"{name}_ms": 1000 * (changed - started), f"{name}_save_ms": 1000 * (thread_time() - changed)}
    report(figures)


def flat(chunks: int) -> None:
    """Search a library as it is kept in memory below the limit."""
    asked = questions()
    made = Made(paragraphs(), chunks, asked.all)
    index = PassageIndex(made.dimension)
    before = memory_mb("RssAnon")
    for name in made.documents:
        index.add(made.entry(name))
    figures = searched(index, asked, [terms(question) for question in asked.vectors], made.exact())
    report({**figures, "memory_mb": memory_mb("RssAnon") - before})


def grouped(folder: Path, chunks: int) -> None:
    """Search the vectors of chunks alone, without sentences and terms, as those of a base are searched."""
    asked = questions()
    made = Made(paragraphs(), 0, asked.all)
    vectors = np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.float16, (chunks, made.dimension))
    started = process_time()
    for start in range(0, chunks, BLOCK):
        block = made.block(start, min(BLOCK, chunks - start))
        vectors[start : start + len(block)] = block
    written = process_time()
    train_ivf(vectors, folder / IVF_FILE)
    figures = {"make_processor_s": written - started, "group_processor_s": process_time() - written}
    before = memory_mb("RssAnon")
    groups, removed = IvfIndex(folder / IVF_FILE, chunks, made.dimension), np.zeros(chunks, dtype=np.bool_)
    found, taken = [], []
    for vector in [*asked.all, *asked.all]:
        started = thread_time()
        near = groups.nearest(vector, max(CANDIDATES_PER_RESULT * NEAREST, MIN_CANDIDATES), removed)
        found.append(nearest(vectors, vector, NEAREST, near)[0])
        taken.append(1000 * (thread_time() - started))
    recall = np.mean(
        [len(np.intersect1d(one, other)) / NEAREST for one, other in zip(found, made.exact(), strict=False)]
    )
    del taken[: len(asked.all)]
    figures |= {"chunks": chunks, "recall": float(recall), "chunks_ms": float(np.median(taken))}
    figures |= {"chunks_p95_ms": float(np.percentile(taken, 95)), "memory_mb": memory_mb("RssAnon") - before}
    report({**figures, "groups_mb": (folder / IVF_FILE).stat().st_size / 1e6})


def searched(
    index: MutableIndex, asked: KnownQuestions, asked_terms: Sequence[Sequence[str]], exact: NDArray[np.int64]
) -> dict[str, float]:
    """Return the times of searches, the median and the 95th of all questions, and the recall."""
    retriever = Retriever(index, asked, Settings().passage_tokens)
    found = [index.nearest_chunks(vector, NEAREST)[0] for vector in asked.all]
    recall = np.mean([len(np.intersect1d(one, other)) / NEAREST for one, other in zip(found, exact, strict=True)])

    names = list(asked.vectors)
    searches: dict[str, Callable[[int], object]] = {
        "chunks": lambda number: index.nearest_chunks(asked.all[number], NEAREST),
        "dense": lambda number: index.nearest_chunks(asked.all[number], POOL),
        "keyword": lambda number: index.keyword.search(asked_terms[number], POOL),
        "retrieve": lambda number: retriever.retrieve(names[number], NEAREST),
    }
    figures = {"chunks": float(len(index)), "sentences": float(index.sentence_count), "recall": float(recall)}
    for name, one_search in searches.items():
        taken = []
        for number in [*range(len(names))] * 2:
            started = thread_time()
            one_search(number)
            taken.append(1000 * (thread_time() - started))
        taken = taken[len(names) :]
        figures |= {f"{name}_ms": float(np.median(taken)), f"{name}_p95_ms": float(np.percentile(taken, 95))}
    return figures


def memory_mb(kind: str) -> float:
    """Return the memory of this process: RssAnon is its own, RssFile is pages of files."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(kind)).split()[1]) / 1000


def size_mb(folder: Path) -> float:
    """Return the size of all files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*")) / 1e6


def report(figures: Mapping[str, float]) -> None:
    """Print figures as JSON."""
    print(json.dumps(figures))


def table_row(kept: str, figures: Mapping[str, float]) -> str:
    """Return the row of a library; times in milliseconds as median / 95th percentile."""
    times = (f"{figures[f'{name}_ms']:.1f} / {figures[f'{name}_p95_ms']:.1f}" for name in SEARCHES)
    changes = " / ".join(f"{figures[name]:.0f}" for name in ("add_ms", "remove_ms") if name in figures)
    cells = [
        f"{figures['chunks']:,.0f} ({figures['sentences']:,.0f})",
        kept,
        f"{figures['recall']:.3f}",
        *times,
        " / ".join(f"{figures[name]:,.0f}" for name in ("memory_mb", "mapped_mb") if name in figures),
        *(f"{figures[name]:,.1f}" if name in figures else "" for name in ("disk_mb", "write_s", "open_s")),
        changes,
    ]
    return f"| {' | '.join(cells)} |"


def in_its_own_process(*arguments: str | Path | int) -> dict[str, float]:
    """Run a stage of this file and return its figures."""
    done = subprocess.run(
        [sys.executable, __file__, *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=True
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Measure each size, or one stage of one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="chunks")
    options = parser.parse_args()
    match options.stage:
        case ["write", folder, chunks]:
            write(Path(folder), int(chunks))
        case ["search", folder]:
            search(Path(folder))
        case ["flat", chunks]:
            flat(int(chunks))
        case ["grouped", chunks]:
            with tempfile.TemporaryDirectory() as folder:
                grouped(Path(folder), int(chunks))
        case _ if not SETS:
            print("../shared/datasets is not there: nothing is measured")
        case _:
            embed_paragraphs()
            print_table(COLUMNS, [])
            for chunks in options.sizes:
                if chunks <= FLAT_UP_TO:
                    print(table_row("in memory", in_its_own_process("flat", chunks)), flush=True)
                with tempfile.TemporaryDirectory() as folder:
                    figures = in_its_own_process("write", folder, chunks)
                    figures |= in_its_own_process("search", folder)
                    print(table_row("on disk", figures), flush=True)
            print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
