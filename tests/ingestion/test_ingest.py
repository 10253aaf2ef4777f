"""An index folder that is created or updated from files, and resumed after an interruption."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import TermEmbedder

import qa.pipeline
from qa import QA
from qa.ingestion import ingest as ingestion
from qa.ingestion.ingest import ingest
from qa.types import Progress, Vectors


class Interrupted(TermEmbedder):
    """Stops after so many calls."""

    left = 3

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        return super().embed(texts, progress)


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> Interrupted:
    embedder = Interrupted()
    monkeypatch.setattr(qa.pipeline, "make_embedder", lambda _: embedder)
    monkeypatch.setattr(ingestion, "DOCUMENTS_AT_ONCE", 2)
    monkeypatch.setattr(ingestion, "SAVE_SECONDS", 0.0)
    monkeypatch.setattr(ingestion, "_WORK_PER_SAVE", 0)
    return embedder


def test_an_interrupted_call_is_resumed(embedder: Interrupted, tmp_path: Path) -> None:
    articles, index = tmp_path / "articles", tmp_path / "index"
    articles.mkdir()
    for number in range(10):
        (articles / f"{number}.txt").write_text(f"Lighthouse {number} was lit in {1800 + number}.")
    with pytest.raises(KeyboardInterrupt):
        ingest([str(articles)], str(index))
    assert list(QA.from_index(index).documents) == [f"{number}.txt" for number in range(6)]

    embedder.left, embedder.embedded = 10, 0
    (articles / "0.txt").unlink()
    seen: list[tuple[int, int]] = []
    assert ingest([str(articles)], str(index), lambda *done: seen.append(done)) == (9, 9)
    assert embedder.embedded == 8, "four documents, each with a chunk and a sentence"
    assert seen[-1][0] == seen[-1][1]
    assert list(QA.from_index(index).documents) == [f"{number}.txt" for number in range(1, 10)]
