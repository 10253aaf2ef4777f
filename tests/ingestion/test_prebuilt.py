from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import qa.pipeline
from qa import QA, Settings
from qa.index.storage import load_index
from qa.ingestion.prebuilt import open_prebuilt
from qa.models.embedder import embed_separately
from qa.protocols import ChunkText, Embedder
from qa.types import Progress, Vectors

pytestmark = pytest.mark.slow

DATA = Path(__file__).parents[2] / "data"
INDEX = DATA / "index"
JETS = "Which fighter jets did China buy?"


class Counting:
    """The real embedder, with the number of texts embedded."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.fingerprint, self.dimension = embedder.fingerprint, embedder.dimension
        self.embedded = 0

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        self.embedded += len(texts)
        return self._embedder.embed(texts, progress)

    def embed_chunks(self, chunks: Sequence[ChunkText], progress: Progress | None = None) -> tuple[Vectors, Vectors]:
        """Embed each part of a chunk separately."""
        return embed_separately(self.embed, chunks, progress)


@pytest.fixture
def embedder(sample_bot: QA, monkeypatch: pytest.MonkeyPatch) -> Counting:
    counting = Counting(sample_bot.embedder)
    monkeypatch.setattr(qa.pipeline, "make_embedder", lambda _: counting)
    return counting


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA / "articles", tmp_path / "articles"))


def test_the_prebuilt_index_is_that_of_the_articles(sample_bot: QA) -> None:
    """If this fails: make index-samples."""
    held, made = load_index(INDEX, sample_bot.embedder, sample_bot.settings), sample_bot.index
    assert list(held.documents) == list(made.documents)
    for name, document in made.documents.items():
        one, other = held.entry(name), made.entry(name)
        assert replace(one.document, source=document.source) == document
        assert one.chunks == other.chunks
        for found, expected in (
            (one.chunk_vectors, other.chunk_vectors),
            (one.sentence_vectors, other.sentence_vectors),
        ):
            # Processors without VNNI round differently; another text is much farther away.
            cosines = (found.astype(np.float32) * expected.astype(np.float32)).sum(axis=1)
            assert cosines.min() > 0.98
        assert one.terms.vocabulary == other.terms.vocabulary


def test_nothing_is_embedded_where_the_index_fits(
    articles: Path, embedder: Counting, sample_bot: QA, capsys: pytest.CaptureFixture[str]
) -> None:
    bot = open_prebuilt(articles, INDEX)
    assert embedder.embedded == 0
    assert capsys.readouterr() == ("", "")
    # They are those of the folder that was named, not of where the index was made.
    assert [Path(document.source).parent for document in bot.documents.values()] == [articles] * 3
    found, expected = bot.ask(JETS), sample_bot.ask(JETS)
    assert (found.text, found.citations[0].text) == (expected.text, expected.citations[0].text)


def test_changed_articles_are_embedded_and_reported(
    articles: Path, embedder: Counting, capsys: pytest.CaptureFixture[str]
) -> None:
    (articles / "tea.txt").write_text("Tea reached the harbour in 1650.", encoding="utf-8")
    (articles / "honeybee-colony.md").unlink()
    bot = open_prebuilt(articles, INDEX)
    assert sorted(bot.documents) == ["china-russia-partnership.md", "tea.txt", "transatlantic-cable.md"]
    assert embedder.embedded == 2  # its chunk and its sentence
    assert (
        capsys.readouterr().err
        == f"qa: {INDEX}: 1 of 3 articles are not in the index and are embedded at every start\n"
    )
    assert bot.ask("When did tea reach the harbour?").text == "1650"


@pytest.mark.parametrize(
    ("settings", "damaged_manifest", "problem"),
    [
        (Settings(chunk_tokens=96), "", "was made with chunks of 160 tokens"),
        (Settings(), '{"format": 1}', "is damaged"),
    ],
    ids=["other settings", "damaged"],
)
def test_a_prebuilt_index_that_does_not_fit_is_reported_and_completed(
    articles: Path,
    embedder: Counting,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    settings: Settings,
    damaged_manifest: str,
    problem: str,
) -> None:
    index = Path(shutil.copytree(INDEX, tmp_path / "index"))
    if damaged_manifest:
        (index / "manifest.json").write_text(damaged_manifest, encoding="utf-8")
    bot = open_prebuilt(articles, index, settings)
    errors = capsys.readouterr().err
    assert problem in errors
    assert "3 of 3 articles are not in the index" in errors
    assert embedder.embedded > 200
    assert len(bot.documents) == 3
