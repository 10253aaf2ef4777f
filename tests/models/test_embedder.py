from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from qa.errors import ModelError
from qa.models.bundled import EMBEDDING_MODEL
from qa.models.embedder import ExportedEmbedder, make_embedder
from qa.protocols import ChunkText
from qa.settings import Settings
from qa.types import JSONObject

pytestmark = pytest.mark.slow

TEXTS = ["Bees dance.", "", "The cable broke in 1858, " * 40, "😀 naïve Ωμέγα", "Bees dance."]


@pytest.fixture(scope="module")
def bundled() -> ExportedEmbedder:
    return ExportedEmbedder(Settings())


def test_rows_are_unit_float32_in_the_order_given(bundled: ExportedEmbedder) -> None:
    vectors = bundled.embed(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), bundled.dimension) == (5, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for row, text in enumerate(TEXTS):
        np.testing.assert_allclose(vectors[row], bundled.embed([text])[0], atol=1e-5)


def test_no_texts_give_no_rows(bundled: ExportedEmbedder) -> None:
    assert bundled.embed([]).shape == (0, 384)


def test_progress_counts_every_text() -> None:
    seen: list[tuple[int, int]] = []
    ExportedEmbedder(Settings(batch_size=2)).embed(TEXTS, lambda done, total: seen.append((done, total)))
    assert seen == [(2, 5), (4, 5), (5, 5)]


def test_similar_texts_are_nearer(bundled: ExportedEmbedder) -> None:
    question, near, far = bundled.embed(["How do bees talk?", "Honeybees communicate by dancing.", "Ships lay cables."])
    assert question @ near > question @ far + 0.2


def test_threads_share_one_embedder(bundled: ExportedEmbedder) -> None:
    texts = [f"sentence number {n} " * (n % 7 + 1) for n in range(24)]
    alone = [bundled.embed([text]) for text in texts]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda text: bundled.embed([text]), texts))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_chunk_and_its_spans_come_from_one_pass(bundled: ExportedEmbedder) -> None:
    text = "Karl von Frisch studied bees. He decoded their dance."
    chunks = [ChunkText("Bees", text, ((0, 29), (30, 53))), ChunkText("", "Ships lay cables.", ((0, 17),))]
    vectors, spans = bundled.embed_chunks(chunks)
    assert np.array_equal(vectors, bundled.embed([f"Bees\n{text}", "Ships lay cables."]))
    # A span that is all of its text differs from this by the outputs of the special tokens alone.
    assert vectors[1] @ spans[2] > 0.9
    question, whole, near = bundled.embed(["Who decoded the dance of bees?", text, "He decoded their dance."])
    assert question @ spans[1] > question @ near, "the chunk says whom it means"
    assert (spans[:2] @ whole > 0.8).all()
    np.testing.assert_allclose(np.linalg.norm(spans, axis=1), 1, atol=1e-5)


def test_a_chunk_is_the_same_in_any_batch(bundled: ExportedEmbedder) -> None:
    chunks = [ChunkText("", text, ((0, len(text)),)) for text in TEXTS]
    vectors, spans = bundled.embed_chunks(chunks)
    for row, chunk in enumerate(chunks):
        alone, span = bundled.embed_chunks([chunk])
        assert np.array_equal(alone[0], vectors[row])
        assert np.array_equal(span[0], spans[row])


def test_a_span_beyond_the_limit_or_without_a_token_is_embedded_apart(bundled: ExportedEmbedder) -> None:
    text = "Bees dance. " * 300
    spans = ((0, 11), (3588, 3599), (4, 4), (11, 12))
    _, vectors = bundled.embed_chunks([ChunkText("Life", text, spans)])
    apart = bundled.embed(["Life: Bees dance.", "Life: ", "Life:  "])
    assert not np.allclose(vectors[0], apart[0], atol=0.01)
    np.testing.assert_allclose(vectors[1:], apart, atol=1e-6)


def test_no_chunks_give_no_rows(bundled: ExportedEmbedder) -> None:
    assert [array.shape for array in bundled.embed_chunks([])] == [(0, 384), (0, 384)]
    assert bundled.embed_chunks([ChunkText("", "Bees.", ())])[1].shape == (0, 384)


def test_progress_counts_every_chunk() -> None:
    seen: list[tuple[int, int]] = []
    chunks = [ChunkText("", text, ()) for text in TEXTS]
    ExportedEmbedder(Settings(batch_size=2)).embed_chunks(chunks, lambda done, total: seen.append((done, total)))
    assert seen == [(2, 5), (4, 5), (5, 5)]


def test_a_changed_file_of_an_export_is_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(EMBEDDING_MODEL, tmp_path / "model")
    tokenizer = folder / "tokenizer.json"
    tokenizer.write_bytes(tokenizer.read_bytes().replace(b'"dance"', b'"dunce"'))
    with pytest.raises(ModelError, match=r"tokenizer\.json: SHA-256 is .* expected .* export the model again"):
        make_embedder(Settings(embedding_model=str(folder))).embed(["x"])


@pytest.mark.parametrize(
    ("change", "message"),
    [({"format": 2}, "field 'format'"), ({"kind": "reader"}, "field 'kind'"), ({"more": 1}, "field 'more'")],
    ids=["newer", "another-kind", "unknown-field"],
)
def test_a_description_that_does_not_fit_is_refused(tmp_path: Path, change: JSONObject, message: str) -> None:
    card = json.loads((EMBEDDING_MODEL / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps({**card, **change}))
    with pytest.raises(ModelError, match=message):
        make_embedder(Settings(embedding_model=str(tmp_path))).embed(["x"])
