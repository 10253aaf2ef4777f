"""The bundled encoder as an ONNX graph without weights: those stay in the package that carries them."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import torch

from qa.models.bundled import WEIGHTS, verified_folder


class _Embedder(torch.nn.Module):
    """The encoder, the mean over its tokens, and the division by its length, as sentence-transformers composes them."""

    def __init__(self, folder: Path) -> None:
        from transformers import BertModel

        super().__init__()
        self.encoder = BertModel.from_pretrained(
            folder, add_pooling_layer=False, attn_implementation="eager", dtype=torch.float32
        )

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        kept = attention_mask[:, :, None].to(hidden.dtype)
        return torch.nn.functional.normalize((hidden * kept).sum(1) / kept.sum(1), dim=1)


def export_embedder(target: Path) -> None:
    """Write the graph for `qa.models.embedder.BundledEmbedder`.

    Each weight is named by its place in the package's safetensors file, which onnxruntime maps into memory: an ONNX
    file may keep weights elsewhere as raw bytes, and a safetensors file is raw bytes after its header.
    """
    import onnx

    folder = verified_folder()
    example = torch.ones((2, 16), dtype=torch.int64)
    axes = {0: "texts", 1: "tokens"}
    with warnings.catch_warnings():
        # This exporter warns that a newer one exists, which needs one more package, and of the constants it traces.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Embedder(folder).eval(),
            (example, example),
            str(target),
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "vectors": {0: "texts"}},
            opset_version=17,
            dynamo=False,
            do_constant_folding=False,
        )
    model = onnx.load(str(target))
    places, first = _safetensors_places(folder / WEIGHTS)
    for weight in model.graph.initializer:
        start, end = places[weight.name.removeprefix("encoder.")]
        weight.ClearField("raw_data")
        weight.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", WEIGHTS), ("offset", first + start), ("length", end - start)):
            weight.external_data.add(key=key, value=str(value))
    target.write_bytes(model.SerializeToString())


def _safetensors_places(file: Path) -> tuple[dict[str, tuple[int, int]], int]:
    """Return where each tensor's bytes lie, counted from the end of the header, and where that end is."""
    with file.open("rb") as opened:
        size = int.from_bytes(opened.read(8), "little")
        header = json.loads(opened.read(size))
    places = {name: tuple(entry["data_offsets"]) for name, entry in header.items() if name != "__metadata__"}
    return places, 8 + size
