"""The bundled embedder in bfloat16 on OpenVINO: faster on processors with AMX.

OpenVINO is large, so this is an extra. onnxruntime has no bfloat16 on CPUs, and int8 changes too many neighbours.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qa.errors import ModelError
from qa.models.bundled import WEIGHTS
from qa.models.onnx_session import Model, Output, processor_threads

if TYPE_CHECKING:
    import openvino

CALL_TOKENS = 1024
"""Word pieces per call; measured as the fastest."""
_PROCESSOR = Path("/proc/cpuinfo")
_FLAG = "amx_bf16"
"""The only kind of processor on which this was measured to be faster."""


def usable() -> bool:
    """Return whether the processor has AMX for bfloat16; False if that is unknown.

    Raises
    ------
    ModelError
        If it does, and OpenVINO is not installed.
    """
    try:
        flags = _PROCESSOR.read_text(encoding="utf-8").split()
    except OSError:
        return False
    if _FLAG in flags and find_spec("openvino") is None:
        raise ModelError(
            "QA_EMBEDDING_PRECISION=fastest: bfloat16 on this processor needs an extra;"
            " run: pip install 'cited-qa[fast]'"
        )
    return _FLAG in flags


def open_bfloat16(graph: Path, threads: int, weights_folder: Path) -> Model:
    """Load the embedder's graph to run in bfloat16; as `qa.models.onnx_session.open_model`.

    Parameters
    ----------
    graph : Path
    threads : int
        0 uses all that the process may use.
    weights_folder : Path
        Folder of the graph's weight file.

    Raises
    ------
    ModelError
        If the model cannot be loaded.
    """
    import openvino

    count = processor_threads(threads)
    options = {"INFERENCE_PRECISION_HINT": "bf16", "INFERENCE_NUM_THREADS": count, "NUM_STREAMS": count}
    try:
        # OpenVINO reads weights only from the folder of the graph, and not through a link.
        with TemporaryDirectory(prefix="cited-qa-") as folder:
            shutil.copy(graph, folder)
            shutil.copy(weights_folder / WEIGHTS, folder)
            core = openvino.Core()
            compiled = core.compile_model(core.read_model(Path(folder, graph.name)), "CPU", options)
    except Exception as error:
        raise ModelError(f"{graph}: the model could not be loaded in bfloat16 ({error})") from error
    return Model(_Session(compiled), ThreadPoolExecutor(count, "bfloat16"), CALL_TOKENS)


class _Input(NamedTuple):
    name: str


class _Session:
    """A compiled model with the methods of an onnxruntime session."""

    def __init__(self, compiled: openvino.CompiledModel) -> None:
        self._compiled = compiled
        self._inputs = [_Input(one.get_any_name()) for one in compiled.inputs]

    def get_inputs(self) -> list[_Input]:
        return self._inputs

    def run(self, _names: None, inputs: Mapping[str, NDArray[np.int64]]) -> list[Output]:
        found = self._compiled.create_infer_request().infer(inputs)
        return [np.array(found[0], dtype=np.float32)]
