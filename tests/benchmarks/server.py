"""An index of up to a million chunks in PostgreSQL: ``make bench-server DIR=FOLDER``.

The library is that of ``make bench-scale``: real paragraphs of ``../shared/datasets``, turned, moved and with terms
exchanged. The server's data stays in the folder, so that a second run only asks. Keywords are searched by pg_textsearch
where it is installed, and by the GIN index of terms, of the same table.

Askers are separate processes on the same machine, each with its connection, and ask their questions once as a warm-up.
Times are wall-clock times, since the server does the work: run it on a machine that does nothing else. Recall is the
share of the exact 10 best: of all cosines, and, for keywords, of the BM25 scores of all chunks that contain a term,
which PostgreSQL computes without an index for a part of the questions. Chunks with equal scores are equally good;
questions of unknown terms alone do not count.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from unittest import mock

import numpy as np
import scale
from postgres_server import LOGIN, NEEDS, PostgresServer, is_installed
from pydantic import SecretStr
from results import print_table
from speed import SETS

from qa.index.base import EmbeddedDocument
from qa.index.bm25 import term_weights
from qa.index.open import open_on_server
from qa.index.postgres import store
from qa.index.server.index import ServerIndex
from qa.pipeline import QA
from qa.retrieval.hybrid import Retriever
from qa.settings import Settings
from qa.text.tokens import terms

SETTINGS = Settings(index_token=SecretStr(LOGIN), index_timeout_seconds=600)
ASKERS = (1, 8, 32)
BATCH_DOCUMENTS = 64
EXACT_KEYWORDS = 30
NEAREST, POOL = 10, 100
SERVER = [
    "max_connections=120",
    "shared_buffers=3GB",
    "maintenance_work_mem=3GB",
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
]


def build(folder: Path, location: str, server: PostgresServer, chunks: int) -> dict[str, float]:
    """Write the library, and make the indexes of vectors and terms afterwards."""
    asked = scale.questions()
    made = scale.Made(scale.paragraphs(), chunks, asked.all)
    index = opened(location)
    name = location.rpartition("/")[2]
    for each in ("vector", "bm25", "terms"):
        server.execute(f"DROP INDEX IF EXISTS {name}.chunks_{each}")
    started = perf_counter()
    for entries in batches(made):
        index.add_all(entries)
    figures = {"documents": len(made.documents), "chunks": len(index), "write_s": perf_counter() - started}
    index.close()
    statements = {"vectors_s": store.VECTORS, "terms_s": store.GIN}
    if is_installed("pg_textsearch"):
        statements["bm25_s"] = store.BM25
    for what, statement in statements.items():
        started = perf_counter()
        server.execute(f"SET search_path = {name}, public; {statement}")
        figures[what] = perf_counter() - started
    server.execute(f"VACUUM ANALYZE {name}.chunks")
    server.execute(f"VACUUM ANALYZE {name}.documents")
    sizes = {"table": "chunks", "vector": "chunks_vector", "terms": "chunks_terms", "bm25": "chunks_bm25"}
    for what, relation in sizes.items():
        size = "pg_total_relation_size" if what == "table" else "pg_relation_size"
        [[found]] = server.execute(f"SELECT {size}(to_regclass('{name}.{relation}'))")
        figures[f"{what}_mb"] = int(str(found or 0)) / 1e6
    # The size of the table does not include the indexes, which are shown separately.
    figures["table_mb"] -= sum(figures[f"{what}_mb"] for what in ("vector", "terms", "bm25"))
    np.save(folder / "exact.npy", made.exact())
    (folder / "built.json").write_text(json.dumps(figures), encoding="utf-8")
    return figures


def batches(made: scale.Made) -> Iterator[list[EmbeddedDocument]]:
    """Yield the documents as `qa index` writes them."""
    names = list(made.documents)
    for start in range(0, len(names), BATCH_DOCUMENTS):
        yield [made.entry(name) for name in names[start : start + BATCH_DOCUMENTS]]


def opened(location: str) -> ServerIndex:
    """Open the index, or make it."""
    index = open_on_server(location, QA(SETTINGS).embedder, SETTINGS, make=True)
    assert isinstance(index, ServerIndex)
    return index


def ask(folder: Path, location: str, keyword: str) -> None:
    """Ask all questions in each way, twice, and print the times of the second."""
    index, asked = opened(location), scale.questions()
    index._store._has_bm25 = keyword == "bm25"  # type: ignore[attr-defined]
    names = list(asked.vectors)
    asked_terms = [terms(question) for question in names]
    retriever = Retriever(index, asked, SETTINGS.passage_tokens)
    number, count = int(os.environ["ASKER"]), int(os.environ["ASKERS"])
    # Many ask fewer each, and begin at another one.
    chosen = np.roll(np.arange(len(names)), -number * len(names) // count)[: max(25, len(names) // count)].tolist()
    searches: dict[str, Callable[[int], object]] = {
        "dense": lambda number: index.nearest_chunks(asked.all[number], POOL),
        "keyword": lambda number: index.keyword.search(asked_terms[number], POOL),
        "hybrid": lambda number: retriever.retrieve(names[number], NEAREST),
    }
    figures: dict[str, list[float]] = {}
    for what, search in searches.items():
        times = []
        for number in chosen * 2:
            # All is asked of the server again.
            index.clear_cache()
            started = perf_counter()
            search(number)
            times.append(1000 * (perf_counter() - started))
        figures[what] = times[len(chosen) :]
    print(json.dumps({**figures, "memory_mb": [scale.memory_mb("VmRSS")], **recall(folder, index, asked)}))


def recall(folder: Path, index: ServerIndex, asked: scale.KnownQuestions) -> dict[str, list[float]]:
    """Return the shares of the exact 10 best that are found, of the first asker alone."""
    if os.environ.get("ASKER") != "0":
        return {}
    records = index._store.page(0, 1_000_000)
    starts = dict(zip((one.number for one in records), np.cumsum([0, *(one.chunks for one in records)]), strict=False))
    exact = np.load(folder / "exact.npy")
    found = [index.nearest_chunks(vector, POOL)[0][:NEAREST] for vector in asked.all]
    rows = [[starts[row >> 24] + (row & 0xFFFFFF) for row in each.tolist()] for each in found]
    dense = [len(np.intersect1d(one, other)) / NEAREST for one, other in zip(rows, exact, strict=True)]
    keyword = []
    for question in list(asked.vectors)[:EXACT_KEYWORDS]:
        weights = term_weights(index.keyword, terms(question))
        scores = index.keyword.search(list(weights), POOL)[1][:NEAREST]
        with (
            mock.patch.object(index._store, "_has_bm25", False),
            mock.patch.object(store, "_MAX_COUNTED", 10**9),
        ):
            expected = index.keyword.search(list(weights), NEAREST)[1]
        if len(expected):
            keyword.append(float(np.sum(scores >= expected.min() - 1e-5)) / len(expected))
    return {"dense_recall": dense, "keyword_recall": keyword}


def first_question(location: str) -> None:
    """Ask a bot its first question after opening, and then others."""
    started = perf_counter()
    bot = QA.from_index(location, settings=SETTINGS)
    names = list(scale.questions().vectors)
    bot.ask(names[0])
    first = perf_counter() - started
    times = []
    for name in names[1:100]:
        started = perf_counter()
        bot.ask(name)
        times.append(1000 * (perf_counter() - started))
    print(json.dumps({"first_s": [first], "question": times, "memory_mb": [scale.memory_mb("VmRSS")]}))


def in_processes(count: int, *arguments: str) -> dict[str, list[float]]:
    """Run a stage of this file in several concurrent processes; return all of their figures."""
    command = [sys.executable, __file__, *arguments]
    running = [
        subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, "ASKER": str(number), "ASKERS": str(count)}
        )
        for number in range(count)
    ]
    figures: dict[str, list[float]] = {}
    for process in running:
        output = process.communicate()[0]
        assert process.returncode == 0
        for name, values in json.loads(output.splitlines()[-1]).items():
            figures.setdefault(name, []).extend(values)
    return figures


def measure(folder: Path, chunks: int, askers: tuple[int, ...]) -> None:
    """Build the missing indexes, and ask."""
    folder.mkdir(parents=True, exist_ok=True)
    scale.embed_paragraphs()
    is_whole = is_installed("pg_textsearch")
    settings = [*SERVER, *(["shared_preload_libraries=pg_textsearch"] if is_whole else [])]
    server = PostgresServer(folder, settings)
    location = server.address(f"chunks_{chunks}")
    try:
        for extension in ("vector", *(["pg_textsearch"] if is_whole else [])):
            server.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
        if not (folder / "built.json").exists():
            server.execute(f"DROP SCHEMA IF EXISTS chunks_{chunks} CASCADE")
            build(folder, location, server, chunks)
        figures = json.loads((folder / "built.json").read_text(encoding="utf-8"))
        print_table(list(figures), [[f"{value:,.0f}" for value in figures.values()]], "Built")
        columns = (
            "keywords by",
            "askers",
            *("dense", "keyword", "hybrid"),
            "recall@10, dense",
            "keyword",
            "memory, MB",
        )
        rows = (
            row(keyword, count, in_processes(count, "ask", str(folder), location, keyword))
            for keyword in (["bm25", "gin"] if is_whole else ["gin"])
            for count in askers
        )
        print_table(columns, rows, "Searches, milliseconds, median / 95th percentile")
        first = in_processes(1, "first", str(folder), location)
        print_table(
            ("first question after the start, s", "others, ms", "memory, MB"),
            [[f"{first['first_s'][0]:.2f}", spread(first["question"]), f"{first['memory_mb'][0]:.0f}"]],
            "Whole questions, by the bundled models",
        )
        print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    finally:
        server.close()


def row(keyword: str, count: int, figures: dict[str, list[float]]) -> list[str]:
    """Return a row of the table of searches."""
    times = [spread(figures[what]) for what in ("dense", "keyword", "hybrid")]
    found = [f"{np.mean(figures[f'{what}_recall']):.3f}" for what in ("dense", "keyword")]
    return [keyword, str(count), *times, *found, f"{max(figures['memory_mb']):.0f}"]


def spread(times: list[float]) -> str:
    """Return the median and the 95th percentile."""
    return f"{np.median(times):.1f} / {np.percentile(times, 95):.1f}"


def main() -> None:
    """Measure, or do a stage of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, default=scale.ROOT / "build")
    parser.add_argument("--chunks", type=int, default=1_000_000)
    parser.add_argument("--askers", type=int, nargs="*", default=ASKERS)
    options = parser.parse_args()
    stage = options.stage
    folder = Path(stage[1]).parent if stage else options.folder
    scale.PARAGRAPHS = folder / scale.PARAGRAPHS.name
    match stage:
        case ["ask", within, location, keyword]:
            ask(Path(within), location, keyword)
        case ["first", _, location]:
            first_question(location)
        case _ if not SETS or not is_installed():
            print("nothing is measured: ../shared/datasets is not there" if not SETS else NEEDS)
        case _:
            scale.PARAGRAPHS.mkdir(parents=True, exist_ok=True)
            measure(folder / f"chunks-{options.chunks}", options.chunks, tuple(options.askers))


if __name__ == "__main__":
    main()
