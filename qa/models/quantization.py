"""Quantisation of an encoder to 8 bits, and its attention as one operator.

A quantised matrix product has one scale for all its inputs, so a few channels with large values reduce the resolution
of all others. Such channels are therefore scaled down, and their weights up by the same factor (Xiao et al. 2023,
"SmoothQuant"). The word embeddings, half of a small model, have one scale per word.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

_PLAIN_ATTENTION = {"bert", "camembert", "electra", "roberta", "xlm-roberta"}
"""Encoders of transformers in which every token attends to all tokens of its text, and to nothing else."""
_OWN = "com.microsoft"  # the domain of onnxruntime's operators
_ATTENTION = ["Add", "Mul", "MatMul", "Softmax", "MatMul", "Transpose", "Reshape"]


class _WordEmbeddings(nn.Module):
    """An embedding table in int8 with a scale for each row."""

    quantized: torch.Tensor
    scales: torch.Tensor

    def __init__(self, table: nn.Embedding) -> None:
        super().__init__()
        weight = table.weight.detach()
        scales = weight.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / 127
        self.register_buffer("quantized", torch.round(weight / scales).to(torch.int8))
        self.register_buffer("scales", scales)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.quantized[ids].float() * self.scales[ids]


class _Smoothed(nn.Module):
    """A linear layer whose inputs are multiplied, and whose weights are divided, by a factor per channel."""

    factors: torch.Tensor

    def __init__(self, layer: nn.Linear, factors: torch.Tensor) -> None:
        super().__init__()
        # Layers that share this buffer share one constant in the graph, so their product is computed once.
        self.register_buffer("factors", factors)
        self.weight = nn.Parameter(layer.weight.detach() / factors)
        self.bias = layer.bias

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return nn.functional.linear(inputs * self.factors, self.weight, self.bias)


def prepare(model: nn.Module, run: Callable[[], object]) -> None:
    """Change an encoder of transformers in place so that `quantize` loses little precision; its outputs stay the same.

    `run` runs the encoder over typical texts.
    """
    embeddings = getattr(model, "get_input_embeddings", lambda: None)()
    largest: dict[str, torch.Tensor] = {}
    inputs: dict[str, torch.Tensor] = {}
    layers = {name: layer for name, layer in model.named_modules() if type(layer) is nn.Linear}

    def watch(name: str) -> Callable[[nn.Module, tuple[torch.Tensor, ...]], None]:
        def note(_layer: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
            found = given[0].detach().abs().flatten(0, -2).amax(dim=0)
            largest[name] = torch.maximum(largest[name], found) if name in largest else found
            inputs[name] = given[0]

        return note

    hooks = [layer.register_forward_pre_hook(watch(name)) for name, layer in layers.items()]
    with torch.inference_mode():
        run()
    for hook in hooks:
        hook.remove()
    shared: dict[int, torch.Tensor] = {}
    for name, found in largest.items():
        factors = shared.setdefault(id(inputs[name]), 1 / (found / found.median().clamp(min=1e-6)).clamp(min=1))
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, _Smoothed(layers[name], factors))
    # A subclass may do more than look up rows.
    if type(embeddings) is nn.Embedding:
        model.set_input_embeddings(_WordEmbeddings(embeddings))  # type: ignore[operator]


def quantize(source: Path, target: Path, config: Any) -> None:  # noqa: ANN401 -- any configuration of transformers
    """Write an ONNX model with its weights in int8, with a scale for each output, and its attention fused."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # It warns that the graph should be simplified first, which onnxruntime does on loading.
    logging.disable(logging.WARNING)
    try:
        quantize_dynamic(source, target, weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=["MatMul"])
    finally:
        logging.disable(logging.NOTSET)
    fuse_attention(target, config)


def fuse_attention(file: Path, config: Any) -> None:  # noqa: ANN401 -- any configuration of transformers
    """Replace the attention in the file of an ONNX model by onnxruntime's own operator, if it is plain attention.

    Without the scores of all pairs of tokens in memory, it is faster. It gets no mask, since a quantised model runs one
    text a call, in which nothing is padded.
    """
    import onnx
    from onnx import helper

    if config.model_type not in _PLAIN_ATTENTION or config.is_decoder:
        return
    model = onnx.load(file)
    graph = model.graph
    makers = {name: node for node in graph.node for name in node.output}
    users = {name: node for node in graph.node for name in node.input}
    nodes = {id(node): node for node in graph.node}
    for softmax in [node for node in graph.node if node.op_type == "Softmax"]:
        masked = makers[softmax.input[0]]
        scaled = makers[masked.input[0]]
        product, weighted = makers[scaled.input[0]], users[softmax.output[0]]
        transposed = users[weighted.output[0]]
        merged = users[transposed.output[0]]
        if [one.op_type for one in (masked, scaled, product, softmax, weighted, transposed, merged)] != _ATTENTION:
            return
        inputs = [_before_split(name, makers) for name in (*product.input, weighted.input[1])]
        nodes[id(merged)] = helper.make_node(
            "MultiHeadAttention", inputs, merged.output, merged.name, domain=_OWN, num_heads=config.num_attention_heads
        )
    _replace(graph, list(nodes.values()))
    if all(one.domain != _OWN for one in model.opset_import):
        model.opset_import.append(helper.make_opsetid(_OWN, 1))
    onnx.save(model, file)


def _before_split(name: str, makers: Mapping[str, Any]) -> str:
    """Return the value that was split into heads to make another."""
    while makers[name].op_type in {"Transpose", "Reshape"}:
        name = makers[name].input[0]
    return name


def _replace(graph: Any, nodes: list[Any]) -> None:  # noqa: ANN401 -- untyped protobuf
    """Replace the nodes of a graph, without those whose outputs nothing needs; likewise its constants and inputs."""
    needed = {output.name for output in graph.output}
    kept = []
    for node in reversed(nodes):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(node.input)
    for field, values in (
        (graph.node, kept[::-1]),
        (graph.initializer, [one for one in graph.initializer if one.name in needed]),
        (graph.input, [one for one in graph.input if one.name in needed]),
    ):
        del field[:]
        field.extend(values)
