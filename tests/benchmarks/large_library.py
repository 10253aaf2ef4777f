"""The cost of a visitor's article beside a large shared library: ``make bench-large-library``.

Texts are made of the sample articles' words, and vectors at random, so that the indexes alone are measured.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
from results import print_table

from qa.answering.reading.reader import SpanReader
from qa.models.embedder import embed_separately
from qa.models.span_model import make_span_model
from qa.pipeline import QA
from qa.protocols import ChunkText
from qa.settings import Settings
from qa.types import Document, Progress, Vectors
from qa.web.library_registry import LibraryRegistry

ROOT = Path(__file__).parents[2]
CHUNKS = 10_000
SENTENCES = 60
VISITORS = 5


class RandomEmbedder:
    """Unit vectors that mean nothing."""

    fingerprint = "random"
    dimension = 384

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:  # noqa: ARG002
        """Return one for each text."""
        vectors = np.random.default_rng(len(texts)).standard_normal((len(texts), self.dimension)).astype(np.float32)
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def embed_chunks(self, chunks: Sequence[ChunkText], progress: Progress | None = None) -> tuple[Vectors, Vectors]:
        """Embed each part of a chunk separately."""
        return embed_separately(self.embed, chunks, progress)


def article(numbers: np.random.Generator, words: Sequence[str], name: str) -> Document:
    """Return paragraphs of five sentences of random words."""
    sentences = [" ".join(numbers.choice(words, numbers.integers(12, 26))).capitalize() + "." for _ in range(SENTENCES)]
    text = "\n\n".join(" ".join(sentences[start : start + 5]) for start in range(0, SENTENCES, 5))
    return Document(f"{name}.md", text, name, f"{name}.md")


def memory_mb() -> float:
    """Return the memory that this process holds, in megabytes."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1000


def main() -> None:
    """Measure and print."""
    texts = [file.read_text(encoding="utf-8") for file in sorted((ROOT / "data" / "articles").glob("*.md"))]
    words = sorted({word.strip(".,") for text in texts for word in text.split() if word[0].isalnum()})
    numbers = np.random.default_rng(0)
    settings = Settings()
    bot = QA(settings, embedder=RandomEmbedder(), reader=SpanReader(make_span_model(settings)))
    before = memory_mb()
    while len(bot.index) < CHUNKS:
        bot.add([article(numbers, words, f"shared {len(bot.documents) + number}") for number in range(50)])
    bot.search("Which fighter jets did China buy?")
    print(f"shared: {len(bot.documents):,} articles, {len(bot.index):,} chunks, {memory_mb() - before:.0f} MB")
    registry = LibraryRegistry(bot)
    rows = []
    for number in range(VISITORS):
        library = registry.open(registry.new_key())
        text = article(numbers, words, "own").text
        held, started = memory_mb(), perf_counter()
        library.add_text(text, f"Own {number}")
        added = perf_counter() - started
        started = perf_counter()
        library.bot.search("Which fighter jets did China buy?")
        searched = perf_counter() - started
        rows.append((number + 1, f"{len(text.split()):,}", *(f"{taken:.2f}" for taken in (added, searched))))
        rows[-1] += (f"{memory_mb() - held:+.1f}",)
    print_table(("visitor", "words", "added, s", "first search, s", "memory, MB"), rows, "An article of each visitor")
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
