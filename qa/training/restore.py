"""Restore the span model from an exported reader: 8-bit weights become floats again.

The rounding errors are smaller than the changes of a few training steps. The word embeddings, which training does not
change, round to the same values again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from qa.errors import ModelError
from qa.training.reader import SpanModel


def restore(exported: Path) -> SpanModel:
    """Return the model that `qa.training.reader.export` wrote.

    Raises
    ------
    ModelError
        If the file is not such a model.
    """
    import onnx
    from onnx import numpy_helper

    try:
        graph = onnx.load(exported).graph
    except Exception as error:
        raise ModelError(f"{exported}: this model could not be read ({error})") from error
    arrays = {one.name: np.array(numpy_helper.to_array(one)) for one in graph.initializer}
    readers: dict[str, Any] = {name: node for node in graph.node for name in node.input}
    found = {name: values for name, values in arrays.items() if values.dtype == np.float32}
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            weight = node.input[1].removesuffix("_quantized")
            bias = _bias(node, readers, arrays)
            found[bias.removesuffix("bias") + "weight"] = _floats(arrays, weight).T
    for name in arrays:
        if name.endswith("embeddings.weight_quantized"):
            found[name.removesuffix("_quantized")] = _floats(arrays, name.removesuffix("_quantized"))
    model = SpanModel()
    expected = model.state_dict()
    lacking = [
        name for name, values in expected.items() if name not in found or found[name].shape != tuple(values.shape)
    ]
    if lacking:
        raise ModelError(f"{exported}: is not an exported reader; it lacks {lacking[0]} and {len(lacking) - 1} more")
    model.load_state_dict({name: torch.tensor(np.ascontiguousarray(found[name])) for name in expected})
    return model


def _bias(node: Any, readers: dict[str, Any], arrays: dict[str, np.ndarray]) -> str:  # noqa: ANN401 -- untyped protobuf
    """Return the name of the bias added to the product; the exporter renamed the weight."""
    while node is not None and node.op_type != "Add":
        node = readers.get(node.output[0])
    named = [name for name in node.input if name in arrays] if node is not None else []
    return named[0] if named else ""


def _floats(arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
    quantized = arrays[f"{name}_quantized"].astype(np.float32)
    floats: np.ndarray = (quantized - arrays[f"{name}_zero_point"].astype(np.float32)) * arrays[f"{name}_scale"]
    return floats.astype(np.float32)
