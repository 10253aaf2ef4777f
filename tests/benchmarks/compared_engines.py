"""The same questions on each index engine: ``make bench-engines``.

The library is the paragraphs of the question sets in ``../shared/datasets`` that ``make bench-scale`` embeds. An index
in memory is what each engine is compared with: how many of the questions have the same first passage, and of how many
the ten best contain the answer.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest import mock

import numpy as np
import scale
from postgres_server import LOGIN, PostgresServer, is_installed
from pydantic import SecretStr
from results import print_table
from speed import SETS

from qa.index import storage
from qa.index.base import EmbeddedDocument, Index
from qa.index.memory import PassageIndex
from qa.index.open import open_on_server
from qa.index.storage import load_index, save_index
from qa.pipeline import QA
from qa.retrieval.hybrid import Retriever
from qa.settings import Settings
from qa.types import Passage

SETTINGS = Settings(index_token=SecretStr(LOGIN), index_timeout_seconds=60)
QUESTIONS = 500
BATCH_DOCUMENTS = 64


def main() -> None:
    """Compare the engines that can be had here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=scale.ROOT / "build", help="of the embedded paragraphs")
    scale.PARAGRAPHS = parser.parse_args().folder / scale.PARAGRAPHS.name
    if not SETS:
        print("../shared/datasets is not there: nothing is measured")
        return
    scale.PARAGRAPHS.mkdir(parents=True, exist_ok=True)
    scale.embed_paragraphs()
    real = scale.paragraphs()
    entries = [real.entry(name) for name in real.documents]
    memory = PassageIndex(real.dimension)
    for entry in entries:
        memory.add(entry)
    asked = questions({document.text: name for name, document in memory.documents.items()})
    embedder = QA(SETTINGS).embedder
    vectors = scale.KnownQuestions(dict(zip(asked, embedder.embed(list(asked)), strict=True)))

    def ask(index: Index) -> tuple[list[list[Passage]], list[float]]:
        retriever = Retriever(index, vectors, SETTINGS.passage_tokens)
        found, times = [], []
        for question in asked:
            started = perf_counter()
            found.append(retriever.retrieve(question, 10))
            times.append(1000 * (perf_counter() - started))
        return found, times

    def row(name: str, index: Index) -> list[str]:
        found, times = ask(index)
        same = np.mean([spans(one)[:1] == spans(other)[:1] for one, other in zip(found, expected, strict=True)])
        hits = np.mean(
            [
                any(one.document_id == document and one.start <= start < one.end for one in passages)
                for passages, (document, start) in zip(found, asked.values(), strict=True)
            ]
        )
        return [name, f"{100 * same:.1f}%", f"{100 * hits:.1f}%", f"{np.median(times):.1f}"]

    expected, _ = ask(memory)
    print(f"{len(entries):,} documents, {len(memory):,} chunks, {len(asked)} questions\n")
    columns = ("engine", "same first passage", "answer in the ten best", "search, ms")
    print_table(columns, (row(name, index) for name, index in engines(memory, entries, embedder)))
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def engines(memory: PassageIndex, entries: list[EmbeddedDocument], embedder: Any) -> Iterator[tuple[str, Index]]:  # noqa: ANN401
    """Yield the library in each engine."""
    yield "memory", memory
    with tempfile.TemporaryDirectory() as folder:
        with mock.patch.object(storage, "MMAP_THRESHOLD_CHUNKS", 1):
            save_index(Path(folder, "index"), memory, embedder, SETTINGS)
        yield "memory-mapped folder", load_index(Path(folder, "index"), embedder, SETTINGS)
        locations = {}
        if importlib.util.find_spec("pymilvus") and importlib.util.find_spec("milvus_lite"):
            locations["milvus-lite"] = f"{folder}/index.db"
        has_bm25 = is_installed("pg_textsearch")
        with closing(PostgresServer(settings=["shared_preload_libraries=pg_textsearch"] * has_bm25)) as server:
            locations["PostgreSQL"] = server.address("plain")
            if has_bm25:
                locations["PostgreSQL, pg_textsearch"] = server.address("textsearch")
            for name, location in locations.items():
                if location.endswith("textsearch"):
                    server.execute("CREATE EXTENSION pg_textsearch")
                index = open_on_server(location, embedder, SETTINGS, make=True)
                assert index is not None
                with closing(index):
                    for start in range(0, len(entries), BATCH_DOCUMENTS):
                        index.add_all(entries[start : start + BATCH_DOCUMENTS])
                    yield name, index


def questions(known: dict[str, str]) -> dict[str, tuple[str, int]]:
    """Return questions about the paragraphs, each with the document and the offset of its answer."""
    found: dict[str, tuple[str, int]] = {}
    for file in SETS:
        for article in json.loads(file.read_text(encoding="utf-8"))["data"]:
            for paragraph in article["paragraphs"]:
                for each in paragraph["qas"] if paragraph["context"] in known else ():
                    if each["answers"]:
                        found[each["question"]] = (known[paragraph["context"]], each["answers"][0]["answer_start"])
    chosen = np.random.default_rng(0).permutation(list(found))[:QUESTIONS].tolist()
    return {question: found[question] for question in chosen}


def spans(passages: list[Passage]) -> list[tuple[str, int, int]]:
    """Return where passages are."""
    return [(one.document_id, one.start, one.end) for one in passages]


if __name__ == "__main__":
    main()
