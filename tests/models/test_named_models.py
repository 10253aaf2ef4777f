"""Models that settings name: exported once on the processor, run by torch where that cannot be or is wanted."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from tiny_models import save_embedder, save_reader

from qa.cli.main import main
from qa.errors import ExportError, ModelError
from qa.models.cache import cache_folder
from qa.models.embedder import ExportedEmbedder, NamedEmbedder, make_embedder
from qa.models.sentence_transformer import SentenceTransformerEmbedder
from qa.models.span_model import ExportedSpanModel, HubSpanModel, NamedSpanModel, make_span_model
from qa.protocols import ChunkText
from qa.settings import Settings

pytestmark = pytest.mark.slow

TEXTS = ["Bees dance.", "The cable broke in 1858.", "naïve Ωμέγα"]
PAIRS = [("Who dances?", "Bees dance to tell where food is."), ("Which year?", "The cable broke in 1858. " * 9)]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "cited-qa" / "models"


def never(*_: object) -> None:
    raise AssertionError("it is exported a second time")


def test_a_cache_that_is_named_needs_no_home(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", never)
    assert cache_folder() == cache


def test_an_embedder_is_exported_once_and_again_when_it_changes(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sentence_transformers import SentenceTransformer

    source = save_embedder(tmp_path, prompts={"query": "query: ", "passage": "passage: "})
    settings = Settings(embedding_model=str(source), device="cpu")
    first = NamedEmbedder(settings)
    assert isinstance(first.embedder, ExportedEmbedder)
    expected = SentenceTransformer(str(source), device="cpu").encode(TEXTS, prompt="query: ", normalize_embeddings=True)
    assert (first.embed(TEXTS) * expected).sum(axis=1).min() > 0.95
    assert len(list(cache.iterdir())) == 1
    with monkeypatch.context() as patched:
        patched.setattr("qa.models.export.export_embedder", never)
        second = NamedEmbedder(settings)
        assert np.array_equal(second.embed(TEXTS), first.embed(TEXTS))
        assert second.fingerprint == first.fingerprint
    changed = save_embedder(tmp_path / "other")
    assert NamedEmbedder(Settings(embedding_model=str(changed), device="cpu")).fingerprint != first.fingerprint
    assert len(list(cache.iterdir())) == 2


def test_a_model_that_cannot_be_exported_runs_in_torch_with_a_notice(
    tmp_path: Path, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from sentence_transformers import SentenceTransformer

    source = save_embedder(tmp_path, dense=True, prompts={"query": "query: ", "document": "passage: "})
    embedder = NamedEmbedder(Settings(embedding_model=str(source), device="cpu", batch_size=2))
    assert isinstance(embedder.embedder, SentenceTransformerEmbedder)
    assert "Dense" in caplog.text
    assert "torch runs it" in caplog.text
    model = SentenceTransformer(str(source), device="cpu")
    queries = model.encode(TEXTS, prompt="query: ", normalize_embeddings=True)
    np.testing.assert_allclose(embedder.embed(TEXTS), queries, atol=1e-5)
    chunks, spans = embedder.embed_chunks([ChunkText("", text, ((0, 4),)) for text in TEXTS])
    passages = model.encode([*TEXTS, *(text[:4] for text in TEXTS)], prompt="passage: ", normalize_embeddings=True)
    np.testing.assert_allclose(np.concatenate([chunks, spans]), passages, atol=1e-5)
    assert embedder.dimension == 16
    assert not list(cache.iterdir())
    with pytest.raises(ExportError, match="Dense"):
        NamedEmbedder(Settings(embedding_model=str(source), device="cpu", backend="onnx")).embed(TEXTS)


def test_several_devices_embed_what_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sentence_transformers import SentenceTransformer

    settings = Settings(embedding_model=str(save_embedder(tmp_path)), device="cpu", backend="torch", batch_size=2)
    expected = SentenceTransformerEmbedder(settings).embed(TEXTS * 3)
    # Each process of its own would import torch again.
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["sentence_transformers"])
    monkeypatch.setattr("torch.multiprocessing.get_context", lambda _: forks)
    monkeypatch.setattr("qa.models.sentence_transformer.devices_of", lambda _: ["cpu", "cpu"])
    embedder = SentenceTransformerEmbedder(settings)
    seen: list[tuple[int, int]] = []
    np.testing.assert_allclose(embedder.embed(TEXTS * 3, lambda *each: seen.append(each)), expected, atol=1e-5)
    assert seen == [(9, 9)]
    assert embedder._pool is not None
    processes = embedder._pool["processes"]
    assert [process.is_alive() for process in processes] == [True, True]
    np.testing.assert_allclose(embedder.embed(TEXTS[:1]), expected[:1], atol=1e-5)
    SentenceTransformer.stop_multi_process_pool(embedder._pool)


def test_torch_is_used_where_it_is_wanted(tmp_path: Path, cache: Path) -> None:
    settings = Settings(embedding_model=str(save_embedder(tmp_path)), device="cpu", backend="torch")
    assert isinstance(NamedEmbedder(settings).embedder, SentenceTransformerEmbedder)
    assert not cache.exists()


def test_a_cache_that_cannot_be_written_leaves_the_model_to_torch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    settings = Settings(embedding_model=str(save_embedder(tmp_path)), device="cpu")
    assert isinstance(NamedEmbedder(settings).embedder, SentenceTransformerEmbedder)


@pytest.mark.parametrize("backend", ["auto", "torch"])
@pytest.mark.parametrize(
    ("name", "problem"),
    [
        pytest.param("", "the name is empty", id="empty"),
        pytest.param(".", "the folder has no config.json", id="folder-without-a-model"),
        pytest.param("./none", "there is no such folder", id="relative"),
        pytest.param("/no/such/folder", "there is no such folder", id="absolute"),
        pytest.param("~nobody-here/model", "there is no such folder", id="no-home"),
        pytest.param("nobody/none", "the Hub cannot be reached, and the local cache has no such model", id="hub-id"),
    ],
)
def test_a_name_that_is_no_model_is_named_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: Literal["auto", "torch"], name: str, problem: str
) -> None:
    # Without this the Hub's client would try again for a minute.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    # Each file of such a folder was read for its digest.
    (tmp_path / "notes.txt").symlink_to("nowhere")
    monkeypatch.chdir(tmp_path)
    settings = Settings(embedding_model=name, reader_model=name, backend=backend)
    refusal = f"model {name!r} could not be loaded .{problem}.; set QA_"
    with pytest.raises(ModelError, match=f"{refusal}EMBEDDING_MODEL"):
        make_embedder(settings).embed(["x"])
    with pytest.raises(ModelError, match=f"{refusal}READER_MODEL"):
        make_span_model(settings).score(PAIRS)


def test_a_device_that_is_not_there_is_named(tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has such a device")
    settings = Settings(embedding_model=str(tmp_path), reader_model=str(tmp_path), device="cuda")
    for model in (NamedEmbedder(settings), NamedSpanModel(settings)):
        with pytest.raises(ModelError, match="QA_DEVICE=cuda: torch finds no such device"):
            _ = model.fingerprint


def test_a_reader_is_exported_once(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(reader_model=str(save_reader(tmp_path / "reader")), device="cpu", backend="onnx")
    first = NamedSpanModel(settings)
    assert isinstance(first.model, ExportedSpanModel)
    expected = HubSpanModel(settings).score(PAIRS)
    for one, other in zip(expected, first.score(PAIRS), strict=True):
        assert one.offsets.tolist() == other.offsets.tolist()
        spread = np.abs(one.scores).max()
        assert np.abs(one.scores - other.scores).max() < 0.2 * spread
    monkeypatch.setattr("qa.models.export_reader.export_reader", never)
    assert NamedSpanModel(settings).fingerprint == first.fingerprint
    assert len(list(cache.iterdir())) == 1
    with pytest.raises(ModelError, match="QA_BACKEND=openvino"):
        NamedSpanModel(settings.model_copy(update={"backend": "openvino"})).score(PAIRS)


def test_the_command_exports_readers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = save_reader(tmp_path / "reader"), tmp_path / "out"
    monkeypatch.setattr("sys.argv", ["qa", "models", "export", str(source), "--reader", "--out", str(out)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert (
        "float32, questions and texts of 64 tokens\nAgainst the source, on sample texts: 100" in capsys.readouterr().out
    )
    exported, hub = ExportedSpanModel(Settings(), out), HubSpanModel(Settings(reader_model=str(source)))
    for one, other in zip(hub.score(PAIRS), exported.score(PAIRS), strict=True):
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-3)
        assert one.no_answer == pytest.approx(other.no_answer, abs=1e-3)
    assert "float32 onnxruntime" in exported.fingerprint
