"""Exported third-party models: they compute what sentence-transformers computes, or the export is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from tiny_models import save_embedder

from qa.cli.main import main
from qa.errors import ModelError
from qa.models.embedder import ExportedEmbedder, make_embedder
from qa.models.export import export_embedder
from qa.models.quantization import fuse_attention
from qa.models.sample_texts import TEXTS
from qa.protocols import ChunkText
from qa.settings import Settings
from qa.types import Vectors

pytestmark = pytest.mark.slow

OWN_TEXTS = ["", "Bees dance.", "The cable broke in 1858, and nobody could say where. " * 9, "naïve Ωμέγα 😀"]
KINDS: dict[str, dict[str, Any]] = {
    "bert-mean": {},
    "bert-cls-not-normalized": {"pooling": "cls", "normalize": False},
    "xlm-roberta-with-prompts": {
        "kind": "xlm-roberta",
        "prompts": {"query": "query: ", "document": "passage: "},
    },
    "qwen3-last-token": {"kind": "qwen3", "pooling": "lasttoken"},
}


def encode(folder: Path, texts: list[str], prompt: str = "") -> Vectors:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    vectors: Vectors = model.encode(texts, prompt=prompt, normalize_embeddings=True)
    return vectors


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_an_export_computes_what_its_source_does(tmp_path: Path, options: dict[str, Any]) -> None:
    source = save_embedder(tmp_path, **options)
    card = export_embedder(str(source), tmp_path / "out", int8=False, name="tiny")
    assert (card.name, card.precision, card.max_tokens) == ("tiny", "float32", 32)
    embedder = make_embedder(Settings(embedding_model=str(tmp_path / "out"), batch_size=3))
    assert isinstance(embedder, ExportedEmbedder)
    texts = OWN_TEXTS[1:] if options.get("kind") == "qwen3" else OWN_TEXTS
    queries = encode(source, texts, card.query_prompt)
    np.testing.assert_allclose(embedder.embed(texts), queries, atol=1e-4)
    assert (queries[0] * queries[1]).sum() < 0.95
    # Within the limit of 32 tokens, beyond which a chunk is not cut.
    chunks, _ = embedder.embed_chunks([ChunkText("Bees", "They dance.", ())])
    np.testing.assert_allclose(chunks, encode(source, ["Bees\nThey dance."], card.passage_prompt), atol=1e-4)


def test_prompts_are_those_of_the_model_or_as_given(tmp_path: Path) -> None:
    source = save_embedder(tmp_path, prompts={"query": "query: ", "document": "passage: "})
    card = export_embedder(str(source), tmp_path / "own", int8=False)
    assert (card.query_prompt, card.passage_prompt) == ("query: ", "passage: ")
    card = export_embedder(str(source), tmp_path / "told", int8=False, query_prompt="ask: ", passage_prompt="")
    assert (card.query_prompt, card.passage_prompt) == ("ask: ", "")
    embedder = ExportedEmbedder(Settings(), tmp_path / "told")
    np.testing.assert_allclose(embedder.embed(["Bees?"]), encode(source, ["ask: Bees?"]), atol=1e-4)


def test_sentences_are_embedded_apart_where_one_token_stands_for_the_text(tmp_path: Path) -> None:
    export_embedder(str(save_embedder(tmp_path, pooling="cls")), tmp_path / "out", int8=False)
    embedder = ExportedEmbedder(Settings(), tmp_path / "out")
    chunks, spans = embedder.embed_chunks([ChunkText("Bees", "They dance. They sing.", ((0, 11), (12, 22)))])
    np.testing.assert_allclose(chunks, embedder.embed(["Bees\nThey dance. They sing."]), atol=1e-4)
    np.testing.assert_allclose(spans, embedder.embed(["Bees: They dance.", "Bees: They sing."]), atol=1e-4)


def test_eight_bits_are_smaller_near_and_independent_of_batches(tmp_path: Path) -> None:
    source = save_embedder(tmp_path)
    full = export_embedder(str(source), tmp_path / "full", int8=False)
    card = export_embedder(str(source), tmp_path / "small", int8=True)
    sizes = [(tmp_path / name / "model.onnx").stat().st_size for name in ("full", "small")]
    assert sizes[1] < 0.6 * sizes[0]
    assert 0.98 < card.mean_cosine < full.mean_cosine == 1
    assert card.neighbours_kept > 0.8
    embedder, exact = (ExportedEmbedder(Settings(), tmp_path / name) for name in ("small", "full"))
    found = embedder.embed(TEXTS)
    cosine = (found * exact.embed(TEXTS)).sum(axis=1).mean()
    assert cosine == pytest.approx(card.mean_cosine, abs=1e-3)
    assert np.array_equal(found, np.concatenate([embedder.embed([text]) for text in TEXTS]))
    assert "int8" in embedder.fingerprint
    assert embedder.fingerprint != exact.fingerprint


@pytest.mark.parametrize(("kind", "is_plain"), [("bert", True), ("xlm-roberta", True), ("qwen3", False)])
def test_fused_attention_changes_rounding_alone(tmp_path: Path, kind: str, is_plain: bool) -> None:
    from transformers import AutoConfig

    source = save_embedder(tmp_path, kind)
    export_embedder(str(source), tmp_path / "out", int8=False)
    file = tmp_path / "out" / "model.onnx"
    exported = file.read_bytes()
    sessions = [onnxruntime.InferenceSession(exported)]
    fuse_attention(file, AutoConfig.from_pretrained(source))
    assert (file.read_bytes() != exported) is is_plain
    sessions.append(onnxruntime.InferenceSession(file))
    assert [one.name for one in sessions[1].get_inputs()] == ["input_ids", "attention_mask"][: 2 - is_plain]
    for length in (1, 7, 64):
        tokens = np.random.default_rng(length).integers(5, 300, (1, length))
        given = {"input_ids": tokens, "attention_mask": np.ones_like(tokens)}
        before, after = (one.run(None, {each.name: given[each.name] for each in one.get_inputs()}) for one in sessions)
        np.testing.assert_allclose(after[0], before[0], atol=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dense": True}, "consists of Transformer, Pooling, Dense, Normalize; only"),
        ({"pooling": "max"}, "pooling 'max'"),
    ],
    ids=["dense", "max-pooling"],
)
def test_a_model_that_cannot_be_exported_is_refused(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        export_embedder(str(save_embedder(tmp_path, **options)), tmp_path / "out", int8=False)
    assert not (tmp_path / "out").exists()


def test_a_known_name_must_have_the_known_weights(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"SHA-256 of the weights is .* but that of all-MiniLM-L6-v2 is 53aa5117"):
        export_embedder(str(save_embedder(tmp_path)), tmp_path / "out", int8=False, name="all-MiniLM-L6-v2")


def test_an_export_that_computes_something_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = save_embedder(tmp_path)
    monkeypatch.setattr("qa.models.embedder.pool", lambda outputs, _: outputs.max(axis=0))
    with pytest.raises(ModelError, match="the export differs from the model"):
        export_embedder(str(source), tmp_path / "out", int8=False)


def test_the_command_says_how_far_they_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command = ["qa", "models", "export", str(save_embedder(tmp_path)), "--out", str(out), "--name", "tiny", "--int8"]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    output = capsys.readouterr().out
    assert f"{out}: tiny, int8, 48 dimensions, pooling mean, texts of 32 tokens\n" in output
    assert "of the ten nearest texts kept" in output
