"""onnxruntime, which runs both models: their threads, their inputs, and how much goes into one call.

Many small calls side by side, each on one thread, are faster on a processor than one large call on all threads: what a
call works on stays in the cache, little of it is padding, and no thread waits for another. So more texts are done at
once by more calls, never by larger ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from qa.errors import ModelError

if TYPE_CHECKING:
    import tokenizers

Output = NDArray[np.float32]

SLOW_FUSIONS = ("SkipLayerNormFusion",)
"""Of onnxruntime's rewritings of a graph those that cost more time on a processor than they save, as measured."""


class Input(Protocol):
    """An input of a model."""

    @property
    def name(self) -> str:
        """Its name."""
        ...


class Session(Protocol):
    """What runs a model: onnxruntime's session, or what is called in the same way."""

    def get_inputs(self) -> Sequence[Input]:
        """Return the inputs, in order."""
        ...

    def run(self, names: None, inputs: Mapping[str, NDArray[np.int64]], /) -> Sequence[Output]:
        """Return the outputs for named inputs."""
        ...


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model; may be used from several threads.

    Attributes
    ----------
    session : Session
        Each of its calls keeps one thread busy.
    pool : ThreadPoolExecutor
        The threads that make the calls.
    call_tokens : int
        Most tokens in a call of several texts, padding included.
    """

    session: Session
    pool: ThreadPoolExecutor
    call_tokens: int


def processor_threads(wanted: int) -> int:
    """Return `wanted`, or for 0 the number of processors that this process may use."""
    # sched_getaffinity sees the limits of a container where there are any; not every system has it.
    return wanted or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def open_model(model_file: Path, threads: int, weights_folder: Path | None = None, call_tokens: int = 0) -> Model:
    """Load an ONNX model to run on the processor.

    Parameters
    ----------
    model_file : Path
    threads : int
        0 takes what the process may use.
    weights_folder : Path, optional
        Folder of the files that the model's weights lie in, when they are not in the model itself.
    call_tokens : int
        Most tokens in a call of several texts; 0 gives each text a call of its own. A model whose 8-bit numbers are
        scaled by all that a call holds needs that, or the texts beside it would change what it says of a text.

    Raises
    ------
    ModelError
        If the file is missing or cannot be loaded.
    """
    import onnxruntime

    if not model_file.is_file():
        raise ModelError(f"{model_file}: this model is missing; install the package again")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # A plan for each shape of input would be kept, and texts have many lengths.
    options.enable_mem_pattern = False
    if weights_folder is not None:
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(weights_folder))
    try:
        # The bytes, since of a file onnxruntime would look for weights beside it alone.
        session = onnxruntime.InferenceSession(
            model_file.read_bytes(), options, ["CPUExecutionProvider"], disabled_optimizers=SLOW_FUSIONS
        )
    except Exception as error:
        raise ModelError(f"{model_file}: this model could not be loaded ({error})") from error
    return Model(session, ThreadPoolExecutor(processor_threads(threads), model_file.stem), call_tokens)


def run(model: Model, encodings: Sequence[tokenizers.Encoding]) -> list[Output]:
    """Run a model over encoded texts.

    Parameters
    ----------
    model : Model
        With some of the inputs ``input_ids``, ``token_type_ids`` and ``attention_mask``, and one output whose first
        axis is that of the texts.
    encodings : sequence of tokenizers.Encoding

    Returns
    -------
    list of float32 array
        The output for each text; where it has an axis of tokens, that may be longer than the text.
    """
    outputs: list[Output | None] = [None] * len(encodings)
    calls = list(_calls([len(encoding.ids) for encoding in encodings], model.call_tokens))
    work = [[encodings[row] for row in rows] for rows in calls]
    # One call needs no other thread.
    done = map(_call, [model] * len(work), work) if len(work) == 1 else model.pool.map(_call, [model] * len(work), work)
    for rows, output in zip(calls, done, strict=True):
        for row, values in zip(rows, output, strict=True):
            outputs[row] = values
    return [output for output in outputs if output is not None]


def _calls(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Yield the rows of each call: neighbours in length, the longest first, so that no thread is left with it last."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    while order:
        count = max(1, most // lengths[order[0]])
        yield order[:count]
        order = order[count:]


def _call(model: Model, encodings: Sequence[tokenizers.Encoding]) -> Output:
    length = max(len(encoding.ids) for encoding in encodings)
    inputs = {}
    for wanted in model.session.get_inputs():
        rows = np.zeros((len(encodings), length), dtype=np.int64)
        for row, encoding in zip(rows, encodings, strict=True):
            row[: len(encoding.ids)] = _values(encoding, wanted.name)
        inputs[wanted.name] = rows
    output: Output = model.session.run(None, inputs)[0]
    return output


def _values(encoding: tokenizers.Encoding, name: str) -> list[int]:
    values: dict[str, list[int]] = {
        "input_ids": encoding.ids,
        "token_type_ids": encoding.type_ids,
        "attention_mask": encoding.attention_mask,
    }
    return values[name]
