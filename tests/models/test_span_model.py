"""Models other than the bundled reader: the same weights in transformers' form, from a folder, answer alike."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from qa import QA
from qa.errors import ModelError
from qa.models.bundled import EMBEDDING_MODEL
from qa.models.span_model import MODEL_FILE, BundledSpanModel, HubSpanModel, make_span_model
from qa.settings import Settings
from qa.training.reader import restore

pytestmark = pytest.mark.slow

TEXT = "Karl von Frisch decoded the waggle dance. He received the Nobel Prize in 1973."
PAIRS = [("Who decoded the waggle dance?", TEXT), ("When did Karl von Frisch receive the prize?", TEXT)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled reader as transformers saves a question-answering model."""
    from transformers import BertForQuestionAnswering, PreTrainedTokenizerFast

    spans = restore(MODEL_FILE)
    model = BertForQuestionAnswering(spans.encoder.config)
    model.bert.load_state_dict(spans.encoder.state_dict())
    model.qa_outputs.load_state_dict(spans.head.state_dict())
    path = tmp_path_factory.mktemp("models") / "reader"
    model.save_pretrained(path)
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(EMBEDDING_MODEL / "tokenizer.json"),
        unk_token="[UNK]",
        pad_token="[PAD]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    ).save_pretrained(path)
    return path


def test_a_folder_of_transformers_reads_as_the_bundled_reader_does(folder: Path) -> None:
    bundled = BundledSpanModel().score(PAIRS)
    hub = make_span_model(Settings(reader_model=str(folder), backend="torch")).score(PAIRS)
    for one, other in zip(bundled, hub, strict=True):
        assert one.offsets.tolist() == other.offsets.tolist()
        # Eight-bit arithmetic against float32.
        assert np.abs(one.scores - other.scores).max() < 1.5
        assert one.scores.argmax(axis=0).tolist() == other.scores.argmax(axis=0).tolist()


def test_the_setting_reaches_the_answer(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bees.txt").write_text(TEXT)
    bot = QA.from_path(tmp_path / "bees.txt", settings=Settings(reader_model=str(folder), backend="torch"))
    assert bot.ask("Who decoded the waggle dance?", always_answer=True).text == "Karl von Frisch"


def test_a_reader_is_known_by_its_content(folder: Path, tmp_path: Path) -> None:
    bundled = BundledSpanModel().fingerprint
    assert bundled.endswith(hashlib.sha256(MODEL_FILE.read_bytes()).hexdigest())
    trained_again = tmp_path / "reader.onnx"
    trained_again.write_bytes(MODEL_FILE.read_bytes() + b" ")
    assert BundledSpanModel(model_file=trained_again).fingerprint != bundled
    with pytest.raises(ModelError, match=r"none\.onnx: the model file is missing"):
        _ = BundledSpanModel(model_file=tmp_path / "none.onnx").fingerprint

    other = tmp_path / "reader"
    shutil.copytree(folder, other)
    first = HubSpanModel(Settings(reader_model=str(folder), backend="torch")).fingerprint
    assert HubSpanModel(Settings(reader_model=str(folder), backend="torch")).fingerprint == first != bundled
    weights = other / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")
    digest = first.rsplit(" ", 1)[1]
    assert HubSpanModel(Settings(reader_model=str(other))).fingerprint.rsplit(" ", 1)[1] != digest


def test_a_question_of_a_thousand_signs_is_read_with_its_text(folder: Path) -> None:
    for model in (BundledSpanModel(), make_span_model(Settings(reader_model=str(folder), backend="torch"))):
        (scored,) = model.score([("<script>" * 125, TEXT)])
        assert TEXT[slice(*scored.offsets[0])] == "Karl"
        assert TEXT[slice(*scored.offsets[-1])] == "."
        assert len(scored.scores) == len(scored.offsets)
