"""`qa fit` calibrates an overconfident reader."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command import qa
from conftest import TermEmbedder
from tiny_models import save_embedder, save_reader

from fitting.ships import NAMES, UNANSWERABLE, write_ships
from qa.answering.reading.reader import SpanReader
from qa.answering.reading.scoring import ReaderCoefficients, bundled_coefficients
from qa.errors import QuestionSetError
from qa.evaluation import Evidence, Question, read_set
from qa.evaluation.report.figures import LABELS
from qa.fitting.cases import cases_of
from qa.fitting.fit import METRICS, fit, split
from qa.models.coefficients import read_coefficients
from qa.models.span_model import TokenScores
from qa.pipeline import QA
from qa.settings import Settings
from qa.text.tokens import terms
from qa.types import Document

EACH = len(NAMES) + UNANSWERABLE


class OverconfidentReader:
    """Scores each year far above "not answered here", higher after terms of the question."""

    fingerprint = "too sure 1"

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        found = []
        for question, text in pairs:
            ends = [n for n, character in enumerate(text) if character == " "] + [len(text)]
            offsets = np.array(list(zip([0, *(end + 1 for end in ends[:-1])], ends, strict=True)), dtype=np.int64)
            wanted = set(terms(question))
            scores = np.zeros((len(offsets), 2), dtype=np.float32)
            for n, (start, end) in enumerate(offsets):
                if text[start:end].isdigit():
                    shared = wanted & set(terms(text[max(0, start - 32) : start]))
                    scores[n] = 2 + 2 * len(shared) / len(wanted)
            found.append(TokenScores(offsets, scores, no_answer=0.0))
        return found


@pytest.fixture
def ships(tmp_path: Path) -> Path:
    return write_ships(tmp_path / "ships")


@pytest.mark.slow
def test_a_reader_that_is_too_sure_is_calibrated(ships: Path) -> None:
    questions, documents = read_set(ships)
    parts = split(questions, "ships")
    model = OverconfidentReader()
    bot = QA(Settings(passages_read=2), embedder=TermEmbedder(), reader=SpanReader(model))
    bot.add(documents)
    progress: list[tuple[int, int]] = []
    found = fit(bot, model, parts, source="ships", command="qa fit", progress=lambda *done: progress.append(done))
    assert found.before.keys() == found.after.keys() == set(METRICS)
    assert found.before["declined_unanswerable"] < 0.1
    assert found.after["declined_unanswerable"] > 0.8
    assert found.after["declined_answerable"] < 0.2
    assert found.after["expected_calibration_error"] < found.before["expected_calibration_error"] / 2
    assert found.after["answer_in_first_excerpt"] >= found.before["answer_in_first_excerpt"] > 0.9
    fitted = found.coefficients
    assert (fitted.reader, fitted.embedder, fitted.command) == ("too sure 1", "terms 64", "qa fit")
    assert fitted.fitted_on == f"{len(parts.fitted)} questions of ships"
    assert bot.reader.fingerprint == model.fingerprint
    total = 2 * len(parts.fitted) + 2 * len(parts.measured)
    assert progress == [(n, total) for n in range(1, total + 1)]


def test_no_document_is_both_fitted_to_and_measured_on(ships: Path) -> None:
    parts = split(read_set(ships)[0], "ships")
    fitted, measured = ({question.document for question in part} for part in (parts.fitted, parts.measured))
    assert len(fitted) == 4
    assert len(measured) == 2
    assert not fitted & measured
    assert (len(parts.fitted), len(parts.measured)) == (4 * EACH, 2 * EACH)


def test_questions_about_one_document_are_split_by_question(ships: Path) -> None:
    questions = [replace(question, document="all.md") for question in read_set(ships)[0]]
    parts = split(questions, "ships")
    assert len(parts.measured) == len(questions) // 3
    assert not {question.id for question in parts.measured} & {question.id for question in parts.fitted}


@pytest.mark.parametrize(
    ("harbours", "message"),
    [
        (1, "ships: has 14 answerable questions to fit to, at least 60 are needed, and a third of"),
        (2, "ships: has 20 answerable questions to fit to, at least 60 are needed"),
    ],
)
def test_too_few_questions_are_refused(tmp_path: Path, harbours: int, message: str) -> None:
    questions, _ = read_set(write_ships(tmp_path / "ships", harbours))
    with pytest.raises(QuestionSetError, match=message):
        split(questions, "ships")


def test_what_cannot_be_judged_is_left_out(ships: Path) -> None:
    questions = read_set(ships)[0]
    unknown = Question("x", "Why?", document=questions[0].document)
    follow_up = replace(questions[0], id="y", history=("And before?",))
    assert split([*questions, unknown, follow_up], "ships") == split(questions, "ships")


def test_questions_about_one_document_are_also_asked_of_the_next() -> None:
    documents = {name: Document(name, text, name, "") for name, text in (("a", "In 1912."), ("b", "Bees."), ("c", "?"))}
    questions = [
        Question("1", "When?", ("1912",), document="a"),
        Question("2", "What?", ("bees",), document="b"),
        Question("3", "Whose bees?", answerable=False, document="b"),
        Question("4", "Which year?", ("1912",), document="c"),
        Question("5", "Where?", evidence=(Evidence("a", 0, 2),)),
    ]
    cases = list(cases_of(questions, documents, "set"))
    assert [(case.question, case.documents, case.kind) for case in cases] == [
        ("When?", ("a",), "answerable"),
        ("When?", ("b",), "off-topic"),
        ("What?", ("b",), "answerable"),
        ("What?", ("c",), "off-topic"),
        ("Whose bees?", ("b",), "near-miss"),
        ("Whose bees?", ("c",), "off-topic"),
        # The next document says it.
        ("Which year?", ("c",), "answerable"),
        ("Where?", None, "answerable"),
    ]


# --- the command


@pytest.mark.slow
def test_the_command_fits_to_models_of_other_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Fewer questions take less time.
    monkeypatch.setattr(
        "qa.fitting.fit.MIN_QUESTIONS", {"fit to": {"answerable": 20}, "measure on": {"answerable": 20}}
    )
    ships, out = write_ships(tmp_path / "ships", 2), tmp_path / "fitted.json"
    reader, embedder = save_reader(tmp_path / "reader"), save_embedder(tmp_path)
    environment = {"QA_DEVICE": "cpu", "QA_BACKEND": "torch", "QA_PASSAGES_READ": "1", "QA_THREADS": "1"}
    models = {"QA_READER_MODEL": str(reader), "QA_EMBEDDING_MODEL": str(embedder)}
    command = ("fit", out, "--questions", ships, "--reader", reader, "--embedder", embedder)
    done = qa(*command, **environment)
    assert done.returncode == 0, done.stderr
    # The warning is of other commands.
    assert done.stderr == ""
    assert f"{out}: fitted to {EACH} questions. Measured on {EACH} others:\n" in done.stdout
    rows = {line[:27].strip(): line[27:].split() for line in done.stdout.splitlines()[2:9]}
    assert rows[""] == ["before", "after"]
    assert list(rows)[1:] == [LABELS[name] for name in METRICS]
    # As qa eval shows it.
    assert all(re.fullmatch(r"[01]\.\d{3}", shown) for shown in rows["F1"])
    assert f"QA_COEFFICIENTS={out} QA_READER_MODEL={reader} QA_EMBEDDING_MODEL={embedder}\n" in done.stdout
    fitted = read_coefficients(out, ReaderCoefficients)
    assert fitted.command == f"qa fit {out} --questions {ships} --reader {reader} --embedder {embedder}"
    assert fitted.confidence != bundled_coefficients().confidence
    question = ("ask", "When was the Aboranord launched?", "--docs", "data/articles/honeybee-colony.md", "--json")
    asked = qa(*question, QA_COEFFICIENTS=str(out), **models, **environment)
    assert asked.returncode == 0, asked.stderr
    assert 0 <= json.loads(asked.stdout)["confidence"] <= 1
    refused = qa(*question, QA_COEFFICIENTS=str(out), **environment)
    assert refused.returncode == 2
    assert f"QA_COEFFICIENTS={out}: was fitted to the reader model" in refused.stderr


def test_bad_use_ends_with_two(ships: Path, tmp_path: Path) -> None:
    (tmp_path / "there.json").write_text("mine")
    questions = ships / "questions.jsonl"
    for out, arguments, problem in (
        ("there.json", ["--questions", ships], "there.json: already exists"),
        ("no/such.json", ["--questions", ships], "no/such.json: is in a folder that does not exist"),
        ("new.json", ["--questions", questions], "--docs PATH"),
        ("new.json", ["--questions", questions, "--docs", "data/articles"], "is not among the 3 loaded"),
        ("new.json", ["--questions", "data/conversations.jsonl", "--docs", "data/articles"], "at least 60 are needed"),
    ):
        done = qa("fit", tmp_path / out, *arguments)
        assert done.returncode == 2
        assert problem in done.stderr
    assert (tmp_path / "there.json").read_text() == "mine"
