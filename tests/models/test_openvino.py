"""When the embedder computes in bfloat16, that an index holds one precision, and how near its vectors are."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from qa.errors import IndexFolderError, ModelError
from qa.index.storage import load_index
from qa.models import openvino as bfloat16
from qa.models.embedder import BundledEmbedder, make_embedder
from qa.pipeline import QA
from qa.settings import Settings
from qa.types import Document

TEXTS = [
    "Bees dance.",
    "",
    "The cable broke in 1858, " * 40,
    "😀 naïve Ωμέγα",
    *(f"number {n} " * n for n in range(20)),
]
computes = pytest.mark.skipif(
    find_spec("openvino") is None or not bfloat16.usable(),
    reason="the extra 'fast' is not installed, or this processor does not multiply tiles of bfloat16",
)


@pytest.fixture
def processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "cpuinfo"
    monkeypatch.setattr(bfloat16, "_PROCESSOR", file)
    return file


@pytest.mark.parametrize("flags", [None, "flags : sse avx512_bf16 amx_tile", "flags : xamx_bf16"])
def test_fastest_is_float32_where_the_processor_is_in_doubt(processor: Path, flags: str | None) -> None:
    if flags is not None:
        processor.write_text(flags, encoding="utf-8")
    embedder = make_embedder(Settings(embedding_precision="fastest"))
    assert embedder.fingerprint == BundledEmbedder(Settings()).fingerprint


def test_fastest_asks_for_its_extra_where_the_processor_has_it(
    processor: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processor.write_text("flags : amx_tile amx_bf16 amx_int8\n", encoding="utf-8")
    monkeypatch.setattr(bfloat16, "find_spec", lambda _: None)
    make_embedder(Settings())
    with pytest.raises(ModelError, match=r"pip install 'cited-qa\[fast\]'"):
        make_embedder(Settings(embedding_precision="fastest"))


def test_an_index_of_one_precision_is_refused_by_the_other(tmp_path: Path) -> None:
    bot = QA(embedder=BundledEmbedder(Settings()))
    bot.add([Document("a.md", "Bees dance.", "a", "a.md")])
    bot.save(tmp_path)
    with pytest.raises(IndexFolderError, match=r"float32 onnxruntime .* bfloat16 openvino .* QA_EMBEDDING_PRECISION"):
        load_index(tmp_path, BundledEmbedder(Settings(), "bfloat16"), Settings())


@computes
def test_vectors_are_near_those_of_float32_alone_and_together() -> None:
    embedder = make_embedder(Settings(embedding_precision="fastest"))
    vectors, exact = embedder.embed(TEXTS), BundledEmbedder(Settings()).embed(TEXTS)
    assert vectors.dtype == np.float32
    assert not np.array_equal(vectors, exact)
    assert (vectors * exact).sum(axis=1).min() > 0.9995
    for text, vector in zip(TEXTS, vectors, strict=True):
        np.testing.assert_allclose(embedder.embed([text])[0], vector, atol=2e-3)
    assert np.array_equal(embedder.embed(TEXTS), vectors)
