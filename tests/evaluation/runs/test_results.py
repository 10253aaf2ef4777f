"""Reading a finished run back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest

from evaluation.fake_bot import FakeBot, jets
from qa.errors import QuestionSetError
from qa.evaluation import Evidence, Question, QuestionScore, Run, evaluate, read_run

TEXT = "China bought 24 jets.\u2028Russia sold them \U0001f6e9."
QUESTIONS = (
    Question(
        "q1",
        "Who bought?",
        answers=("China", "中国"),
        history=("What was sold?",),
        document="jets.md",
        evidence=(Evidence("jets.md", 0, 21), Evidence("jets.md", 22, 28)),
        extra={"tags": ["trade", "ünïcode\u2028"], "weight": 0.1, "nested": {"a": None}},
    ),
    Question("q2", "Who flew them?", answerable=False),
    Question("q3", "Why?", extra={"weight": 2}),
)


@pytest.fixture
def finished(tmp_path: Path) -> Run:
    bot = FakeBot(jets(TEXT))
    bot.fail(RuntimeError("no such luck \u2028"), "q3")
    return evaluate(bot, QUESTIONS, tmp_path / "run")


def test_what_was_written_is_read_back_equal(finished: Run) -> None:
    read = read_run(str(finished.folder))
    assert read == finished
    assert read.questions == QUESTIONS
    assert [score.id for score in read.scores] == ["q1", "q2", "q3"]
    assert read.scores[0].right is True
    assert read.scores[0].citation_recall == 1 / 2
    assert list(read.predictions) == ["q1", "q2"]
    assert read.predictions["q2"]["reason"] == "No answer found in these articles."
    assert read.errors == {"q3": "RuntimeError: no such luck \u2028"}
    assert read.metrics["errors"] == 1
    assert read.description["questions"]["count"] == 3


def test_every_field_of_a_score_is_written(finished: Run) -> None:
    (first, *_) = (finished.folder / "scores.jsonl").read_bytes().split(b"\n")
    assert list(json.loads(first)) == [field.name for field in fields(QuestionScore)]


# --- as a table


def test_a_table_has_a_row_for_each_question(finished: Run) -> None:
    frame = finished.to_frame()
    assert list(frame.index) == ["q1", "q2", "q3"]
    assert frame.loc["q1", "answer"] == "China"
    assert frame.loc["q1", "f1"] == 1
    assert frame.loc["q1", "extra.tags"] == ["trade", "ünïcode\u2028"]
    assert frame.loc["q3", "error"] == "RuntimeError: no such luck \u2028"
    assert frame["extra.weight"].tolist()[::2] == [0.1, 2]
    assert frame["exact_match"].mean() == finished.metrics["exact_match"]


# --- what is no finished run


def message_of(folder: Path) -> str:
    with pytest.raises(QuestionSetError) as caught:
        read_run(folder)
    return str(caught.value)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert message_of(tmp_path / "none").startswith(f"{tmp_path / 'none'}: no such folder")
    (tmp_path / "file").write_text("mine")
    assert message_of(tmp_path / "file").startswith(f"{tmp_path / 'file'}: no such folder")


@pytest.mark.parametrize("name", ["run.json", "metrics.json", "questions.jsonl", "scores.jsonl"])
def test_a_missing_file_is_named(finished: Run, name: str) -> None:
    (finished.folder / name).unlink()
    assert message_of(finished.folder).startswith(f"{finished.folder / name}: missing")


def replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("name", "damage", "named"),
    [
        pytest.param("run.json", lambda text: text[:9], "run.json: damaged", id="cut-run"),
        pytest.param("metrics.json", lambda _: "[]", "metrics.json: expected a JSON object", id="list-as-metrics"),
        pytest.param("metrics.json", lambda _: "\x00", "metrics.json: damaged", id="NUL-as-metrics"),
        pytest.param("scores.jsonl", lambda text: text[:50], "scores.jsonl, line 1: damaged", id="cut-scores"),
        pytest.param("scores.jsonl", replaced('"f1": ', '"F": '), "scores.jsonl, line 1: damaged", id="other-field"),
        pytest.param("scores.jsonl", replaced('"q1"', '"q9"'), "scores.jsonl: does not fit", id="score-of-another"),
        pytest.param("questions.jsonl", replaced('"id": ', '"ID": '), "questions.jsonl, line 1", id="no-id"),
        pytest.param("predictions.jsonl", replaced('"q1"', '"q9"'), "predictions.jsonl, line 1", id="unknown-answer"),
        pytest.param("errors.jsonl", lambda _: '{"id": "q3"}\n', "errors.jsonl, line 1: damaged", id="no-error"),
    ],
)
def test_a_damaged_file_is_named(finished: Run, name: str, damage: Callable[[str], str], named: str) -> None:
    path = finished.folder / name
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    message = message_of(finished.folder)
    assert message.startswith(f"{finished.folder}/{named}")
    # Without its description, a run cannot be repeated.
    assert message.endswith("choose another run folder") == (name == "run.json")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"f1": "1"}, id="text-for-a-number"),
        pytest.param({"declined": None}, id="null-where-none-may-be"),
        pytest.param({"speed": 1}, id="unknown-field"),
        pytest.param({"generated": {}}, id="empty-part"),
    ],
)
def test_a_damaged_score_is_no_score(finished: Run, change: dict[str, Any]) -> None:
    path = finished.folder / "scores.jsonl"
    rows = [asdict(score) for score in finished.scores]

    def read() -> tuple[QuestionScore, ...]:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return read_run(finished.folder).scores

    # Early runs lack the fields added since.
    del rows[1]["item_recall"]
    assert read() == finished.scores
    rows[1] |= change
    with pytest.raises(QuestionSetError, match="line 2: damaged"):
        read()
