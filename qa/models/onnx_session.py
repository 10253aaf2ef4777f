"""Sessions, threads and batching for ONNX models on onnxruntime.

Many small parallel calls, each on one thread, are faster on a CPU than one large call on all threads: the working set
stays in the cache, there is little padding, and no thread waits for another.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qa.errors import ModelError

if TYPE_CHECKING:
    import tokenizers

_log = logging.getLogger(__name__)

Output = NDArray[np.float32]

SLOW_FUSIONS = ("SkipLayerNormFusion",)  # graph optimisations of onnxruntime that make models slower on a CPU
_FIELDS = {"input_ids": "ids", "token_type_ids": "type_ids", "attention_mask": "attention_mask"}
"""The field of an encoding for each input of a model."""


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model; thread-safe, and usable in forked processes."""

    session: Any  # of onnxruntime, which ships no types; runs each call on one thread
    threads: int
    call_tokens: int  # maximum in a call of several texts, padding included
    _pools: dict[int, ThreadPoolExecutor] = field(default_factory=dict)

    @property
    def pool(self) -> ThreadPoolExecutor:
        """The threads that make the calls, of this process: a forked one has none of its parent's."""
        return self._pools.setdefault(os.getpid(), ThreadPoolExecutor(self.threads, "qa-model"))


def processor_threads(wanted: int) -> int:
    """Return `wanted`, or for 0 the number of processors that this process may use."""
    # sched_getaffinity respects the limits of a container, but does not exist on every system.
    return wanted or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def open_model(model_file: Path, threads: int, call_tokens: int = 0) -> Model:
    """Load an ONNX model to run on the CPU.

    Parameters
    ----------
    threads : int
        0 uses all that the process may use.
    call_tokens : int
        Maximum tokens in a call of several texts; 0 makes a call for each text. A dynamically quantised model needs
        that: its scales are computed over all texts in a call, so a text's output would depend on the others.
    """
    import onnxruntime

    if not model_file.is_file():
        raise ModelError(f"{model_file}: the model file is missing; reinstall the package")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Otherwise a memory plan is kept for every input shape, and texts have many lengths.
    options.enable_mem_pattern = False
    started = perf_counter()
    try:
        session = onnxruntime.InferenceSession(
            str(model_file), options, ["CPUExecutionProvider"], disabled_optimizers=SLOW_FUSIONS
        )
    except Exception as error:
        raise ModelError(f"{model_file}: the model could not be loaded ({error})") from error
    _log.info("loaded %s in %.1f s", model_file.name, perf_counter() - started)
    return Model(session, processor_threads(threads), call_tokens)


def run(model: Model, encodings: Sequence[tokenizers.Encoding]) -> list[Output]:
    """Run a model over encoded texts.

    Parameters
    ----------
    model : Model
        With some of the inputs ``input_ids``, ``token_type_ids`` and ``attention_mask``, and one output of shape
        (texts, ...).

    Returns
    -------
    list of float32 array
        The output for each text; an axis of tokens may be padded.
    """
    return start(model, encodings)()


def start(model: Model, encodings: Sequence[tokenizers.Encoding]) -> Callable[[], list[Output]]:
    """Start `run` in the background, and return a function that waits for the outputs."""
    calls = list(_calls([len(encoding.ids) for encoding in encodings], model.call_tokens))
    work = [[encodings[row] for row in rows] for rows in calls]
    # A single call runs in this thread.
    done = map(_call, [model] * len(work), work) if len(work) == 1 else model.pool.map(_call, [model] * len(work), work)

    def outputs() -> list[Output]:
        by_row = dict(zip(chain.from_iterable(calls), chain.from_iterable(done), strict=True))
        return [by_row[row] for row in range(len(encodings))]

    return outputs


def _calls(lengths: Sequence[int], max_tokens: int) -> Iterator[list[int]]:
    """Yield the rows for each call: texts of similar length, longest first, so that all threads finish together."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    while order:
        count = max(1, max_tokens // lengths[order[0]])
        yield order[:count]
        order = order[count:]


def _call(model: Model, encodings: Sequence[tokenizers.Encoding]) -> Output:
    length = max(len(encoding.ids) for encoding in encodings)
    inputs = {}
    for wanted in model.session.get_inputs():
        rows = np.zeros((len(encodings), length), dtype=np.int64)
        for row, encoding in zip(rows, encodings, strict=True):
            row[: len(encoding.ids)] = getattr(encoding, _FIELDS[wanted.name])
        inputs[wanted.name] = rows
    output: Output = model.session.run(None, inputs)[0]
    return output
