"""onnxruntime, which runs both models: sessions, their threads, and their inputs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qa.errors import ModelError

if TYPE_CHECKING:
    import onnxruntime
    import tokenizers


def processor_threads(wanted: int) -> int:
    """Return `wanted`, or for 0 the number of processors that this process may use."""
    # sched_getaffinity sees the limits of a container where there are any; not every system has it.
    return wanted or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def open_session(model_file: Path, threads: int, weights_folder: Path | None = None) -> onnxruntime.InferenceSession:
    """Load an ONNX model to run on the processor.

    Parameters
    ----------
    model_file : Path
    threads : int
        0 takes what the process may use.
    weights_folder : Path, optional
        Folder of the files that the model's weights lie in, when they are not in the model itself.

    Raises
    ------
    ModelError
        If the file is missing or cannot be loaded.
    """
    import onnxruntime

    if not model_file.is_file():
        raise ModelError(f"{model_file}: this model is missing; install the package again")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = processor_threads(threads)
    options.inter_op_num_threads = 1
    # Threads that spin while they wait take the processor from everything else in a small container.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if weights_folder is not None:
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(weights_folder))
    try:
        # The bytes, since of a file onnxruntime would look for weights beside it alone.
        return onnxruntime.InferenceSession(model_file.read_bytes(), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelError(f"{model_file}: this model could not be loaded ({error})") from error


def run(session: onnxruntime.InferenceSession, encodings: Sequence[tokenizers.Encoding]) -> NDArray[np.float32]:
    """Run a model over encoded texts, padded to the longest.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
        With some of the inputs ``input_ids``, ``token_type_ids`` and ``attention_mask``, and one output.
    encodings : sequence of tokenizers.Encoding

    Returns
    -------
    float32 array
        The output; its first axis is that of the texts.
    """
    length = max(len(encoding.ids) for encoding in encodings)
    inputs = {}
    for wanted in session.get_inputs():
        rows = np.zeros((len(encodings), length), dtype=np.int64)
        for row, encoding in zip(rows, encodings, strict=True):
            row[: len(encoding.ids)] = _values(encoding, wanted.name)
        inputs[wanted.name] = rows
    output: NDArray[np.float32] = session.run(None, inputs)[0]
    return output


def _values(encoding: tokenizers.Encoding, name: str) -> list[int]:
    values: dict[str, list[int]] = {
        "input_ids": encoding.ids,
        "token_type_ids": encoding.type_ids,
        "attention_mask": encoding.attention_mask,
    }
    return values[name]
