"""How texts are batched into calls of a model; a text's result does not depend on its batch."""

from __future__ import annotations

import os
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import ModelError
from qa.models.embedder import make_embedder
from qa.models.exported import bundled_tokenizer
from qa.models.onnx_session import _calls, open_model, run
from qa.models.span_model import MODEL_FILE
from qa.settings import Settings

pytestmark = pytest.mark.slow

PAIRS = [
    ("Who dances?", "Bees dance to tell where food is."),
    ("Who dances?", "The cable broke in 1858, and nobody could say where. " * 8),
    ("When did the cable break?", "The cable broke in 1858."),
    ("When did the cable break?", "Queens and workers are female. Drones are male. " * 3),
]


@given(st.lists(st.integers(1, 300), max_size=40), st.integers(0, 400))
def test_every_text_is_in_one_call_that_is_not_too_large(lengths: list[int], most: int) -> None:
    calls = list(_calls(lengths, most))
    assert sorted(row for rows in calls for row in rows) == list(range(len(lengths)))
    for rows in calls:
        assert len(rows) == 1 or len(rows) * max(lengths[row] for row in rows) <= most
    longest = [max(lengths[row] for row in rows) for rows in calls]
    assert longest == sorted(longest, reverse=True)


def test_the_reader_does_not_depend_on_batches_and_threads() -> None:
    encodings = bundled_tokenizer(320, keep_question=True).encode_batch(PAIRS)
    alone = [run(open_model(MODEL_FILE, 1), [encoding])[0] for encoding in encodings]
    for threads in (1, 2, 5):
        together = run(open_model(MODEL_FILE, threads), encodings)
        for one, other, encoding in zip(alone, together, encodings, strict=True):
            assert one.shape == (len(encoding.ids), 2)
            assert np.array_equal(one, other)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
def test_a_forked_process_can_use_a_model_of_its_parent() -> None:
    encodings = bundled_tokenizer(320).encode_batch(PAIRS)
    model = open_model(MODEL_FILE, 2)
    expected = run(model, encodings)
    forked = get_context("fork")
    outputs = forked.SimpleQueue()
    child = forked.Process(target=lambda: outputs.put(run(model, encodings)), daemon=True)
    child.start()
    child.join(30)
    assert child.exitcode == 0
    assert all(map(np.array_equal, outputs.get(), expected))


def test_a_vector_does_not_depend_on_its_batch() -> None:
    texts = [text for pair in PAIRS for text in pair]
    alone = [make_embedder(Settings(threads=1)).embed([text])[0] for text in texts]
    assert np.array_equal(make_embedder(Settings(threads=2, batch_size=3)).embed(texts), np.stack(alone))


def test_the_fusions_left_out_change_rounding_alone() -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    fused = onnxruntime.InferenceSession(MODEL_FILE, options, ["CPUExecutionProvider"])
    encodings = bundled_tokenizer(320, keep_question=True).encode_batch(PAIRS)
    same = []
    for encoding, found in zip(encodings, run(open_model(MODEL_FILE, 1), encodings), strict=True):
        inputs = {"input_ids": encoding.ids, "token_type_ids": encoding.type_ids}
        expected = fused.run(None, {name: np.array([values]) for name, values in inputs.items()})[0][0]
        # Eight-bit rounding amplifies differences in the last digit.
        assert np.abs(found - expected).max() < 1
        assert found.argmax(axis=0).tolist() == expected.argmax(axis=0).tolist()
        same.append(np.array_equal(found, expected))
    assert not all(same), "onnxruntime no longer knows these fusions by that name"


def test_no_texts_give_no_outputs() -> None:
    assert run(open_model(MODEL_FILE, 2), []) == []


def test_a_model_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.onnx: the model file is missing"):
        open_model(tmp_path / "none.onnx", 1)
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"bad\.onnx: the model could not be loaded"):
        open_model(tmp_path / "bad.onnx", 1)


def test_onnxruntime_sends_no_telemetry(tmp_path: Path) -> None:
    program = (
        "from qa import Settings; from qa.models.embedder import make_embedder; "
        "make_embedder(Settings()).embed(['Bees.'])"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ORT_")}
    environment = {**kept, "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    # It would store an id of this computer, and events that are not sent yet.
    assert not (tmp_path / ".cache").exists()
    assert not (tmp_path / ".ses").exists()
