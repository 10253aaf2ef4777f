"""Answers of other systems: their citations are located in the documents, and they are scored like ours."""

from __future__ import annotations

import json
import math
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from scripted_model import Reply, ScriptedModel

from evaluation.fake_bot import QUESTIONS, jets, lines
from qa.errors import QAError, QuestionSetError
from qa.evaluation import Evidence, Question, calibrate, compare, evaluate
from qa.evaluation.analysis.history import read_history
from qa.evaluation.other_systems import ask_other, score_predictions
from qa.evaluation.report.comparisons import write_history
from qa.evaluation.runs.located import Locator
from qa.evaluation.runs.programs import ChatServer, Program
from qa.settings import Settings
from qa.types import Document

ARTICLE = "The hive holds 50,000 bees in summer. In winter it shrinks to a tenth of that.\n\nDrones are male; they die."
DOCUMENTS = {"hive.md": Document("hive.md", ARTICLE, "Hive", "hive.md"), **jets()}
BOUGHT = {"document": "jets.md", "start": 0, "end": 21}


@pytest.mark.parametrize(
    ("quoted", "found"),
    [
        pytest.param("50,000 bees", "50,000 bees", id="exact"),
        pytest.param("it SHRINKS to a\ntenth", "it shrinks to a tenth", id="case-and-white-space"),
        pytest.param("“Drones are male, they die”", "Drones are male; they die", id="punctuation"),
        pytest.param(
            "The hive holds some 50,000 bees in summer. In the winter it shrinks to a tenth",
            "The hive holds 50,000 bees in summer. In winter it shrinks to a tenth",
            id="words-put-in",
        ),
        pytest.param("Wasps are larger than most bees and ants.", None, id="nowhere"),
        pytest.param("", None, id="empty"),
        pytest.param("...", None, id="no-word"),
    ],
)
def test_a_quotation_is_located(quoted: str, found: str | None) -> None:
    location = Locator(DOCUMENTS).locate(quoted)
    if found is None:
        assert location is None
        return
    assert location is not None
    name, (start, end) = location
    assert name == "hive.md"
    # Approximately, some words at the edges may be missing.
    assert ARTICLE[start:end] in found
    assert len(ARTICLE[start:end]) > 0.7 * len(found)
    assert Locator(DOCUMENTS).locate(quoted, "jets.md") is None
    assert Locator(DOCUMENTS).locate(quoted, "unknown.md") is None


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_answers_in_a_file_are_scored(tmp_path: Path) -> None:
    file = write(
        tmp_path / "answers.jsonl",
        {
            "id": "q1",
            "answer": "China",
            "citations": [
                {"document": "jets.md", "start": 0, "end": 21},
                "china bought 24 jets",
                "<b>invented</b> words",
            ],
            "contexts": ["Russia sold them.", "China bought 24 jets."],
            "confidence": 0.5,
            "seconds": 2,
        },
        {"id": "q2", "answer": None},
    )
    run = score_predictions(file, QUESTIONS, jets(), tmp_path / "run")
    first, second, third = run.scores
    assert (first.right, first.citations, first.verbatim_citations) == (True, 3, 1)
    assert (first.reciprocal_rank, first.latency_ms, first.confidence) == (0.5, 2000, 0.5)
    assert (second.declined, second.latency_ms, third.failed) == (True, None, True)
    assert run.errors == {"q3": "no answer in answers.jsonl"}
    with pytest.raises(QAError, match="is a run of another system"):
        calibrate(run, max_wrong=0.1)
    report = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "not verbatim" in report
    assert "<b>invented" not in report
    # The same file is not scored again, and another one is refused.
    before = (tmp_path / "run" / "predictions.jsonl").read_bytes()
    score_predictions(file, QUESTIONS, jets(), tmp_path / "run")
    assert (tmp_path / "run" / "predictions.jsonl").read_bytes() == before
    with pytest.raises(QuestionSetError, match="contains a different run"):
        score_predictions(write(tmp_path / "answers.jsonl", {"id": "q1", "answer": ""}), QUESTIONS, jets(), run.folder)


def test_a_run_of_another_system_is_compared_with_ours(tmp_path: Path, fake_run: Path) -> None:
    file = write(tmp_path / "theirs.jsonl", {"id": "q1", "answer": "Russia", "citations": ["Russia sold them."]})
    theirs = score_predictions(file, QUESTIONS, jets(), tmp_path / "theirs")
    differences = {one.name: one for one in compare(theirs, fake_run).measures}
    assert differences["first_citation_hits_evidence"].difference == 1


@pytest.fixture
def fake_run(tmp_path: Path) -> Path:
    from evaluation.fake_bot import FakeBot

    return evaluate(FakeBot(), QUESTIONS, tmp_path / "ours").folder


def test_a_run_of_ours_is_not_taken_for_one_of_another_system(tmp_path: Path, fake_run: Path) -> None:
    file = write(tmp_path / "theirs.jsonl", {"id": "q1", "answer": "Russia"})
    with pytest.raises(QuestionSetError, match="does not score another system as this one does: it has no source"):
        score_predictions(file, QUESTIONS, jets(), fake_run)


def test_contexts_are_no_citations_of_an_answer_that_cites_nothing(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"id": "q1", "answer": "China", "contexts": ["China bought 24 jets."], "citations": []},
        {"id": "q2", "answer": "China", "contexts": ["China bought 24 jets."], "citations": None},
    ]
    scores = score_predictions(write(tmp_path / "a.jsonl", *rows), QUESTIONS, jets(), tmp_path / "run").scores
    assert [score.citations for score in scores] == [0, 1, 0]
    assert scores[0].reciprocal_rank == 1


def test_without_documents_spans_are_compared_and_nothing_is_verbatim(tmp_path: Path) -> None:
    file = write(
        tmp_path / "a.jsonl",
        {"id": "q1", "answer": "China", "citations": [{"document": "jets.md", "start": 0, "end": 5}]},
    )
    (score, *_) = score_predictions(file, QUESTIONS, {}, tmp_path / "run").scores
    assert (score.first_citation_hits_evidence, score.verbatim_citations) == (True, 0)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param({"id": "q9", "answer": "x"}, '"q9" is not in the question set', id="unknown-question"),
        pytest.param({"answer": "x"}, 'field "id"', id="no-id"),
        pytest.param({"id": "q1"}, 'expected an object with the field "answer"', id="no-answer"),
        pytest.param({"id": "q1", "answer": 1}, "expected a string or null, got 1", id="number-for-an-answer"),
        pytest.param({"id": "q1", "answer": "x", "citations": "y"}, "expected a list", id="text-for-citations"),
        pytest.param({"id": "q1", "answer": "x", "citations": [{}]}, 'expected "text"', id="empty-citation"),
        pytest.param({"id": "q1", "answer": "x", "confidence": 2}, "from 0 to 1, got 2", id="confidence-of-2"),
        pytest.param({"id": "q1", "answer": "x", "seconds": -1}, "of at least 0, got -1", id="negative-time"),
    ],
)
def test_a_malformed_answer_is_reported(row: dict[str, Any], message: str, tmp_path: Path) -> None:
    right = {"id": "q3", "answer": "Russia"}
    with pytest.raises(QuestionSetError, match="answers.jsonl, line 2.*" + message):
        score_predictions(write(tmp_path / "answers.jsonl", right, row), QUESTIONS, jets(), tmp_path / "run")
    # The same folder is free for the corrected file.
    score_predictions(write(tmp_path / "answers.jsonl", right), QUESTIONS, jets(), tmp_path / "run")


@pytest.mark.parametrize("content", ["", "\n\n"], ids=["empty", "blank-lines"])
def test_a_file_without_an_answer_is_refused(content: str, tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(QuestionSetError, match=r"answers\.jsonl: contains no answer; at least 1 is needed"):
        score_predictions(file, QUESTIONS, jets(), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("span", [(3, -(10**17)), (-5, 3), (9, 9), (5, 10**17), (10**17, 10**17 + 5)])
def test_spans_outside_the_text_are_reported(span: tuple[int, int], tmp_path: Path) -> None:
    cited = {"document": "jets.md", "start": span[0], "end": span[1], "text": "China"}
    file = write(tmp_path / "a.jsonl", {"id": "q1", "answer": "x", "citations": [cited]})
    assert score_predictions(file, QUESTIONS, jets(), tmp_path / "run").scores[0].verbatim_citations == 0


@pytest.mark.parametrize("seconds", [0, 1e4, 1e21])
def test_any_time_is_drawn(seconds: float, tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", {"id": "q1", "answer": "x", "seconds": seconds})
    run = score_predictions(file, QUESTIONS, jets(), tmp_path / "run")
    assert run.scores[0].latency_ms == 1000 * seconds
    assert "Time to answer" in (run.folder / "report.html").read_text(encoding="utf-8")
    write_history(read_history(tmp_path), tmp_path / "runs.html")
    assert "<svg" in (tmp_path / "runs.html").read_text(encoding="utf-8")


def test_a_time_that_json_cannot_express_is_an_error_of_the_question(tmp_path: Path) -> None:
    run = ask_other(
        lambda _: {"answer": "x", "seconds": math.nan}, QUESTIONS, jets(), tmp_path / "run", {"server": "it"}
    )
    assert [error.partition("seconds")[2] for error in run.errors.values()] == ['": expected a number, got NaN'] * 3


PROGRAM = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    if asked["id"] == "q2":
        sys.exit(3)
    print(json.dumps({"answer": "China", "citations": ["China bought 24 jets."], "asked": asked}), flush=True)
    if "once" in sys.argv:
        break
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["once", "on"])
def test_a_program_is_asked(how: str, tmp_path: Path) -> None:
    script = tmp_path / "answer it.py"
    script.write_text(PROGRAM, encoding="utf-8")
    command = f"{sys.executable} '{script}' {how}"
    with closing(Program(command)) as program:
        run = ask_other(program.ask, QUESTIONS, jets(), tmp_path / "run", {"command": command})
    assert [score.right for score in run.scores] == [True, None, False]
    assert run.errors == {"q2": "the program ended without an answer (exit code 3)"}
    assert run.scores[0].latency_ms is not None
    # Answers so far are kept, and failed questions are asked again.
    again = ask_other(lambda _: {"answer": None}, QUESTIONS, jets(), run.folder, {"command": command})
    assert [line["answer"] for line in lines(run.folder)] == ["China", "China", None]
    assert again.errors == {}


@pytest.mark.slow
def test_a_program_that_is_silent_missing_or_no_program(tmp_path: Path) -> None:
    question = Question("q", "?")
    sleeper = f"{sys.executable} -c 'import time; time.sleep(60)'"
    with (
        closing(Program(sleeper, timeout_seconds=0.2)) as program,
        pytest.raises(ValueError, match=r"no answer in 0.2 s"),
    ):
        program.ask(question)
    closer = f"{sys.executable} -c 'import os, time; os.close(1); time.sleep(60)'"
    with closing(Program(closer)) as deaf, pytest.raises(ValueError, match=r"ended without an answer \(exit code -9\)"):
        deaf.ask(question)
    with closing(Program(str(tmp_path / "none"))) as missing, pytest.raises(QAError, match="cannot be started"):
        missing.ask(question)
    with closing(Program("echo no JSON")) as talker, pytest.raises(ValueError, match=r'wrote no JSON: "no JSON"$'):
        talker.ask(question)
    with pytest.raises(QAError, match="close the quotation mark"):
        Program("python 'x")


def test_a_server_is_asked(tmp_path: Path) -> None:
    replies = [Reply('It says "China bought 24 jets."'), Reply('{"answer": null}'), Reply(status=401)]
    with ScriptedModel(replies) as model:
        server = ChatServer(model.url, Settings(llm_model="scripted"))
        run = ask_other(server.ask, QUESTIONS, jets(), tmp_path / "run", {"server": "it"})
    assert [request.body["messages"][-1]["content"] for request in model.requests][:2] == [
        "Who bought?",
        "Asked before:\nWho bought?\n\nQuestion:\nWho flew them?",
    ]
    assert [(score.declined, score.verbatim_citations) for score in run.scores] == [(False, 1), (True, 0), (False, 0)]
    assert "requires an API key" in run.errors["q3"]


@pytest.mark.parametrize(
    ("reply", "cited"),
    [
        pytest.param('It says "China bought 24 jets".', ["China bought 24 jets"], id="straight"),
        pytest.param("It says „China bought 24 jets“.", ["China bought 24 jets"], id="german"),
        pytest.param('"Reed" built it in the year 1821, and "Ann" left.', [], id="not-what-is-between-two"),
    ],
)
def test_the_quotations_of_a_server_are_its_citations(reply: str, cited: list[str]) -> None:
    with ScriptedModel([Reply(reply)]) as model:
        found = ChatServer(model.url, Settings(llm_model="scripted")).ask(QUESTIONS[0])
    assert found == {"answer": reply, "citations": cited}


def test_a_malformed_address_of_a_server_is_named_by_its_option() -> None:
    with pytest.raises(QAError, match=r"^--ask-url \(not shown\): must start with http"):
        ChatServer("localhost", Settings(llm_model="m"))


def test_evidence_of_an_answer_not_found_is_missed(tmp_path: Path) -> None:
    question = Question("q", "Who?", evidence=(Evidence("jets.md", 0, 21),))
    file = write(tmp_path / "a.jsonl", {"id": "q", "answer": "x", "citations": ["not in it at all, ever"]})
    (score,) = score_predictions(file, [question], jets(), tmp_path / "run").scores
    assert (score.right, score.citation_precision, score.character_recall) == (False, 0, 0)
