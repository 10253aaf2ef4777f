"""The coefficients that ship; the cases made of questions kept from training, and what is fitted on them."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path

import pytest
from fitting.ships import write_ships

from qa.answering import form_confidence
from qa.answering.form_confidence import FormCoefficients
from qa.answering.reading import scoring
from qa.answering.reading.scoring import ReaderCoefficients, bundled_coefficients
from qa.errors import ModelError
from qa.models import bundled
from qa.models.coefficients import Coefficients, load_coefficients, read_coefficients, save_coefficients
from qa.training.examples import HELD_OUT
from qa.training.held_out import held_out

pytestmark = pytest.mark.slow

KINDS = ("answerable", "near-miss", "off-topic")


@pytest.fixture(scope="module")
def squad_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty ships, each with its year, as a SQuAD file."""
    paragraphs = []
    for number in range(40):
        context = f"The ship number {number} was painted grey. It sailed in {1900 + number}. Nobody was hurt."
        answer = str(1900 + number)
        question = {
            "question": f"When did ship {number} sail?",
            "answers": [{"text": answer, "answer_start": context.index(answer)}],
        }
        paragraphs.append({"context": context, "qas": [question]})
    path = tmp_path_factory.mktemp("squad") / "ships.json"
    path.write_text(json.dumps({"data": [{"title": "ships", "paragraphs": paragraphs}]}), encoding="utf-8")
    return path


def test_each_question_kept_from_training_is_asked_in_three_ways(squad_file: Path) -> None:
    documents, cases = held_out([squad_file], most=100)
    assert [case.kind for case in cases] == list(KINDS) * (40 // HELD_OUT)
    texts = {document.id: document.text for document in documents}
    for case in cases:
        library = " ".join(texts[name] for name in case.documents or ())
        assert (case.answers[0] in library) == (case.kind == "answerable")
        # A near miss keeps the rest of the paragraph.
        number = case.question.split()[3]
        assert (f"number {number} was" in library) == (case.kind != "off-topic")


def test_no_more_questions_than_asked_for(squad_file: Path) -> None:
    assert len(held_out([squad_file], most=2)[1]) == 2 * len(KINDS)
    assert held_out([squad_file], most=2) == held_out([squad_file], most=2)


def test_the_command_fits_the_bundled_coefficients_like_qa_fit(
    squad_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("squadshifts_reddit", "squadshifts_amazon", "qamr_dev", "qamr_test", "fairytaleqa"):
        shutil.copy(squad_file, tmp_path / f"{name}.json")
    written, out = write_ships(tmp_path / "written", 2), tmp_path / "fitted.json"
    command = ["coefficients", str(tmp_path), str(written), "--out", str(out), "--most", "2"]
    monkeypatch.setattr("sys.argv", ["qa.training", *command])
    monkeypatch.setenv("QA_PASSAGES_READ", "2")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("qa.training", run_name="__main__")
    assert not ended.value.code
    fitted = read_coefficients(out, ReaderCoefficients)
    assert fitted.fitted_on.endswith(f"fairytaleqa.json; and the texts of {written}")
    assert (fitted.command, fitted.embedder) == ("make fit-coefficients", bundled_coefficients().embedder)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("142 cases; AUROC, answerable against near misses: ")
    assert [line.split()[0] for line in lines[2:4]] == ["0.05", "0.10"]
    declined = [float(line.split()[2].rstrip("%")) for line in lines[2:21]]
    assert declined == sorted(declined)


SHIPPED = pytest.mark.parametrize(
    ("file", "schema"),
    [
        pytest.param(scoring.COEFFICIENTS_FILE, ReaderCoefficients, id="reader"),
        pytest.param(form_confidence.COEFFICIENTS_FILE, FormCoefficients, id="forms"),
    ],
)


@SHIPPED
def test_a_saved_file_is_read_back_and_the_bundled_one_is_in_that_format(
    file: Path, schema: type[Coefficients], tmp_path: Path
) -> None:
    coefficients = load_coefficients(file, schema)
    assert coefficients.command.startswith("make fit-")
    save_coefficients(tmp_path / "saved.json", coefficients)
    assert (tmp_path / "saved.json").read_bytes() == file.read_bytes()


@SHIPPED
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"date": "yesterday"}, "field 'date': Input should be a valid date"),
        ({"command": None}, "field 'command': Input should be a valid string"),
        ({"threshold": 0.5}, "field 'threshold': Extra inputs are not permitted"),
    ],
    ids=["no date", "no text", "unknown"],
)
def test_a_field_that_does_not_fit_is_named(
    file: Path,
    schema: type[Coefficients],
    change: dict[str, object],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changed = tmp_path / file.name
    changed.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(ModelError, match=f"{changed}: SHA-256 is .* expected"):
        load_coefficients(changed, schema)
    monkeypatch.setitem(bundled.SHA256, file.name, bundled.file_digest(changed))
    with pytest.raises(ModelError, match=f"{changed}: {message}.*; reinstall the package"):
        load_coefficients(changed, schema)


@pytest.mark.parametrize("weights", [{}, {"passage_margin": 1.0, "luck": 1.0}, {"passage_margin": "much"}])
def test_each_feature_has_one_weight(
    weights: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = scoring.COEFFICIENTS_FILE
    changed = tmp_path / file.name
    changed.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | {"ranking": weights}))
    monkeypatch.setitem(bundled.SHA256, file.name, bundled.file_digest(changed))
    with pytest.raises(ModelError, match=r"field 'ranking\.(passage_margin|context_margin)'"):
        load_coefficients(changed, ReaderCoefficients)
