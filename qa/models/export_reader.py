"""Export of extractive question-answering models from transformers to ONNX; see `qa.models.exported`."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
import torch

from qa.errors import ExportError
from qa.files import digest_of_regular
from qa.models import quantization
from qa.models.export import save_tokenizer, source_digest, trace
from qa.models.exported import CARD, MODEL, TOKENIZER, ReaderCard
from qa.models.sample_texts import PARAGRAPHS, SENTENCES
from qa.models.span_model import ExportedSpanModel, HubSpanModel, TokenScores, max_tokens_of
from qa.settings import Settings

MIN_FLOAT32_SAME_SPANS, MIN_INT8_SAME_SPANS = 0.99, 0.9
"""Minimum share of equal best spans, in float32, and for int8 to be chosen by default."""
PAIRS = [
    (question, " ".join(paragraph)) for question in SENTENCES if question.endswith("?") for paragraph in PARAGRAPHS
]


class _Scores(torch.nn.Module):
    def __init__(self, model: torch.nn.Module, inputs: Sequence[str]) -> None:
        super().__init__()
        self.model = model
        self.inputs = inputs

    def forward(self, *values: torch.Tensor) -> torch.Tensor:
        found = self.model(**dict(zip(self.inputs, values, strict=True)))
        return torch.stack([found.start_logits, found.end_logits], dim=2)


def export_reader(source: str, out: Path, *, int8: bool | None = None, name: str = "") -> ReaderCard:
    """Export a question-answering model; as `qa.models.export.export_embedder`."""
    hub = HubSpanModel(Settings(reader_model=source, device="cpu", backend="torch"))
    tokenizer, model = hub.load()
    if not getattr(tokenizer, "is_fast", False):
        raise ExportError(f"{source}: its tokenizer has no fast version, so it cannot be exported")
    model.set_attn_implementation("eager")
    inputs = list(tokenizer("a", "b"))
    expected = hub.score(PAIRS)
    values: dict[str, Any] = {
        "name": name or Path(source).name,
        "max_tokens": max_tokens_of(tokenizer),
        "source_sha256": source_digest(source, model),
    }
    with TemporaryDirectory(prefix="cited-qa-") as temporary:
        made, smaller = (Path(temporary, precision) for precision in ("float32", "int8"))
        save_tokenizer(tokenizer, made)
        trace(_Scores(model, inputs), made / MODEL, inputs)
        card = _measured(made, "float32", values, expected)
        if card.same_spans < MIN_FLOAT32_SAME_SPANS:
            raise ExportError(
                f"{source}: the export differs from the model ({card.same_spans:.0%} of the best spans are the same);"
                " it cannot be used"
            )
        if int8 is not False:
            save_tokenizer(tokenizer, smaller)
            quantization.prepare(model, lambda: hub.score(PAIRS))
            trace(_Scores(model, inputs), Path(temporary, MODEL), inputs)
            quantization.quantize(Path(temporary, MODEL), smaller / MODEL, model.config)
            rounded = _measured(smaller, "int8", values, expected)
            if int8 or rounded.same_spans >= MIN_INT8_SAME_SPANS:
                made, card = smaller, rounded
        shutil.copytree(made, out, dirs_exist_ok=True)
    return card


def _measured(
    folder: Path, precision: Literal["float32", "int8"], values: dict[str, Any], expected: Sequence[TokenScores]
) -> ReaderCard:
    """Write the card of an exported model, with its agreement, which is measured."""
    files = {name: digest_of_regular(folder / name) for name in (MODEL, TOKENIZER)}
    draft = ReaderCard(**values, precision=precision, files=files, same_spans=0)
    (folder / CARD).write_text(draft.model_dump_json(), encoding="utf-8")
    found = ExportedSpanModel(Settings(), folder).score(PAIRS)
    same = [_best(one) == _best(other) for one, other in zip(expected, found, strict=True)]
    card = draft.model_copy(update={"same_spans": round(float(np.mean(same)), 3)})
    (folder / CARD).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return card


def _best(scored: TokenScores) -> list[list[int]]:
    """Return where the best start and the best end are in the text."""
    return [scored.offsets[number].tolist() for number in scored.scores.argmax(axis=0)]
