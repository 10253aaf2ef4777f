"""Export of embedding models from sentence-transformers to ONNX; see `qa.models.exported`."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
import torch

from qa.errors import ExportError, ModelError
from qa.files import digest_of_regular
from qa.models import quantization
from qa.models.bundled import file_digest
from qa.models.embedder import ExportedEmbedder
from qa.models.exported import CARD, MODEL, TOKENIZER, EmbedderCard
from qa.models.huggingface import prompts_of, user_path, weights_digest
from qa.models.sample_texts import TEXTS
from qa.models.sentence_transformer import SentenceTransformerEmbedder
from qa.settings import Settings
from qa.types import Vectors

ORIGINAL = "all-MiniLM-L6-v2"  # the base of the bundled models
ORIGINALS = {ORIGINAL: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"}
"""SHA-256 of the weights of known models; an export with one of these names must have them."""
MIN_FLOAT32_COSINE = 0.9999
"""Minimum mean cosine with the source in float32, where only rounding differs."""
MIN_INT8_COSINE, MIN_INT8_NEIGHBOURS_KEPT = 0.99, 0.9
"""Minimum agreement with the source for int8 to be chosen by default."""
MAX_TOKENS = 8192
NEIGHBOURS = 10
_MODULES = ["Transformer", "Pooling", "Normalize"]


class _TokenOutputs(torch.nn.Module):
    def __init__(self, encoder: torch.nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = self.encoder(input_ids=input_ids, attention_mask=attention_mask)[0]
        return outputs


def export_embedder(
    source: str,
    out: Path,
    *,
    int8: bool | None = None,
    name: str = "",
    query_prompt: str | None = None,
    passage_prompt: str | None = None,
) -> EmbedderCard:
    """Export an embedding model.

    Parameters
    ----------
    source : str
        A folder or a Hub id.
    out : Path
        Folder to write.
    int8 : bool, optional
        Whether weights are quantised to 8 bits; by default only if the export then still agrees with the source.
    name : str
        Name of the model; by default the last part of `source`.
    query_prompt, passage_prompt : str, optional
        By default those in the model's own files.

    Raises
    ------
    ModelError
        If the model cannot be loaded, or has the name of a known model but other weights.
    ExportError
        If the model cannot be exported, or the export differs from it.
    """
    name = name or Path(source).name
    loaded = SentenceTransformerEmbedder(Settings(embedding_model=source, device="cpu", backend="torch")).load()
    encoder, pooling, normalized = _parts(source, loaded)
    digest = source_digest(source, loaded)
    if digest != ORIGINALS.get(name, digest):
        raise ModelError(f"{source}: SHA-256 of the weights is {digest}, but that of {name} is {ORIGINALS[name]}")
    query, passage = prompts_of(loaded)
    query = query if query_prompt is None else query_prompt

    def encode() -> Vectors:
        vectors: Vectors = loaded.encode(list(TEXTS), prompt=query, normalize_embeddings=True, show_progress_bar=False)
        return vectors

    expected = encode()
    positions = _positions(encoder, loaded.tokenizer)
    values: dict[str, Any] = {
        "name": name,
        "max_tokens": min(positions, int(loaded.max_seq_length or positions)),
        "source_sha256": digest,
        "dimension": len(expected[0]),
        "pooling": pooling,
        "normalized": normalized,
        "query_prompt": query,
        "passage_prompt": passage if passage_prompt is None else passage_prompt,
    }
    inputs = ["input_ids", "attention_mask"]
    with TemporaryDirectory(prefix="cited-qa-") as temporary:
        made, smaller = (Path(temporary, precision) for precision in ("float32", "int8"))
        save_tokenizer(loaded.tokenizer, made)
        trace(_TokenOutputs(encoder), made / MODEL, inputs)
        card = _measured(made, "float32", values, expected)
        if card.mean_cosine < MIN_FLOAT32_COSINE:
            raise ExportError(
                f"{source}: the export differs from the model (mean cosine {card.mean_cosine:.4f}); it cannot be used"
            )
        if int8 is not False:
            save_tokenizer(loaded.tokenizer, smaller)
            quantization.prepare(encoder, encode)
            trace(_TokenOutputs(encoder), Path(temporary, MODEL), inputs)
            quantization.quantize(Path(temporary, MODEL), smaller / MODEL, encoder.config)
            rounded = _measured(smaller, "int8", values, expected)
            agrees = rounded.mean_cosine >= MIN_INT8_COSINE and rounded.neighbours_kept >= MIN_INT8_NEIGHBOURS_KEPT
            if int8 or agrees:
                made, card = smaller, rounded
        shutil.copytree(made, out, dirs_exist_ok=True)
    return card


def trace(model: torch.nn.Module, target: Path, inputs: Sequence[str]) -> None:
    """Write a model as ONNX, for any number of texts and tokens; raise an `ExportError` if that fails."""
    try:
        import onnx  # noqa: F401 -- the exporter fails half-way without it
    except ImportError:
        raise ExportError("exporting a model needs an extra; run: pip install 'cited-qa[export]'") from None
    axes = {name: {0: "texts", 1: "tokens"} for name in [*inputs, "outputs"]}
    example = torch.ones((2, 16), dtype=torch.int64)
    try:
        with warnings.catch_warnings():
            # The exporter warns about traced constants, and about its successor, which needs one more package.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                model.eval(),
                (example,) * len(inputs),
                str(target),
                input_names=list(inputs),
                output_names=["outputs"],
                dynamic_axes=axes,
                opset_version=17,
                dynamo=False,
            )
    except Exception as error:
        raise ExportError(f"the model could not be exported ({type(error).__name__}: {error})") from error


def save_tokenizer(tokenizer: Any, folder: Path) -> None:  # noqa: ANN401 -- transformers has no type for it
    """Write a tokenizer of transformers, without padding and truncation, into a new folder."""
    import tokenizers

    plain = tokenizers.Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    plain.no_padding()
    plain.no_truncation()
    folder.mkdir()
    plain.save(str(folder / TOKENIZER), pretty=False)


def _parts(source: str, loaded: Any) -> tuple[torch.nn.Module, Literal["mean", "cls", "lasttoken"], bool]:  # noqa: ANN401
    """Return the encoder, the pooling, and whether vectors are normalised; raise an `ExportError` for other modules."""
    modules = list(loaded)
    kinds = [type(module).__name__ for module in modules]
    if kinds not in (_MODULES, _MODULES[:2]):
        raise ExportError(f"{source}: consists of {', '.join(kinds)}; only {', '.join(_MODULES)} can be exported")
    pooling = modules[1].pooling_mode
    if pooling not in {"mean", "cls", "lasttoken"} or not modules[1].include_prompt:
        raise ExportError(f"{source}: pooling {pooling!r} without the prompt, or of this kind, cannot be exported")
    if not hasattr(loaded.tokenizer, "backend_tokenizer"):
        raise ExportError(f"{source}: its tokenizer has no fast version, so it cannot be exported")
    encoder = modules[0].auto_model
    # The fused kernel would be traced as more operations.
    encoder.set_attn_implementation("eager")
    return encoder, pooling, len(kinds) == 3


def _positions(encoder: torch.nn.Module, tokenizer: Any) -> int:  # noqa: ANN401
    """Return the number of positions of the encoder."""
    for name, module in encoder.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, torch.nn.Embedding):
            # In RoBERTa and similar models, positions start after the padding index.
            first = 0 if module.padding_idx is None else module.padding_idx + 1
            return min(MAX_TOKENS, module.num_embeddings - first)
    most = getattr(encoder.config, "max_position_embeddings", None) or tokenizer.model_max_length
    return int(min(MAX_TOKENS, most))


def source_digest(source: str, loaded: torch.nn.Module) -> str:
    """Return the SHA-256 of the single file of weights, or else of their values."""
    files = list(user_path(source).rglob("*.safetensors"))
    return file_digest(files[0]) if len(files) == 1 else weights_digest(loaded)


def _measured(
    folder: Path, precision: Literal["float32", "int8"], values: Mapping[str, Any], expected: Vectors
) -> EmbedderCard:
    """Measure the agreement of an exported model with its source, and write its card."""
    files = {name: digest_of_regular(folder / name) for name in (MODEL, TOKENIZER)}
    draft = EmbedderCard(**values, precision=precision, files=files, mean_cosine=0, neighbours_kept=0)
    (folder / CARD).write_text(draft.model_dump_json(), encoding="utf-8")
    found = ExportedEmbedder(Settings(), folder).embed(TEXTS)
    pairs = zip(_nearest(expected), _nearest(found), strict=True)
    card = draft.model_copy(
        update={
            "mean_cosine": round(float((found * expected).sum(axis=1).mean()), 5),
            "neighbours_kept": round(float(np.mean([len(one & other) / NEIGHBOURS for one, other in pairs])), 3),
        }
    )
    (folder / CARD).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return card


def _nearest(vectors: Vectors) -> list[set[int]]:
    similarities = vectors @ vectors.T
    np.fill_diagonal(similarities, -2)
    return [set(row.tolist()) for row in np.argsort(-similarities, axis=1)[:, :NEIGHBOURS]]
