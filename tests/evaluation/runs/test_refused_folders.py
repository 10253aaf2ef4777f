"""Folders with another run, or without one that can be resumed, are refused and not changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evaluation.fake_bot import QUESTIONS, TEXT, FakeBot, jets, lines, settings_with
from qa.errors import QAError, QuestionSetError
from qa.evaluation import Answerer, Question, evaluate
from qa.evaluation.runs.provenance import described_settings
from qa.index.lock import LOCK_FILE


def refused(bot: Answerer, questions: Sequence[Question], out: Path, *, always_answer: bool = False) -> str:
    before = {path: path.read_bytes() for path in out.rglob("*")} if out.is_dir() else {}
    with pytest.raises(QuestionSetError) as caught:
        evaluate(bot, questions, out, always_answer=always_answer)
    if out.is_dir():
        assert {path: path.read_bytes() for path in out.rglob("*")} == before, "a refused folder must stay as it was"
    return str(caught.value)


# --- what is refused


@pytest.mark.parametrize(
    ("bot", "questions", "always_answer", "named"),
    [
        pytest.param(
            FakeBot(settings=settings_with(chunk_tokens=64)), QUESTIONS, False, "settings: chunk_tokens", id="settings"
        ),
        pytest.param(FakeBot(embedder="new"), QUESTIONS, False, 'embedder (was "fake-1", now "new")', id="embedder"),
        pytest.param(FakeBot(reader="new"), QUESTIONS, False, 'reader (was "fake-2", now "new")', id="reader"),
        pytest.param(FakeBot(jets(TEXT + " ")), QUESTIONS, False, "documents: jets.md", id="text-changed"),
        pytest.param(
            FakeBot(jets() | jets(name="more.md")),
            QUESTIONS,
            False,
            "documents: more.md (was null",
            id="more-documents",
        ),
        pytest.param(FakeBot(), QUESTIONS[:2], False, "questions: count (was 3, now 2)", id="fewer-questions"),
        pytest.param(
            FakeBot(),
            (*QUESTIONS[:2], replace(QUESTIONS[2], answers=("PRC",))),
            False,
            "questions: sha256",
            id="other-answers",
        ),
        pytest.param(FakeBot(), QUESTIONS[::-1], False, "questions: sha256", id="other-order"),
        pytest.param(FakeBot(), QUESTIONS, True, "always_answer (was false, now true)", id="always-answer"),
    ],
)
def test_a_run_of_something_else_is_refused(
    tmp_path: Path, bot: FakeBot, questions: Sequence[Question], always_answer: bool, named: str
) -> None:
    out = tmp_path / "run"
    evaluate(FakeBot(), QUESTIONS, out)
    message = refused(bot, questions, out, always_answer=always_answer)
    assert message.startswith(f"{out}: ")
    assert named in message
    assert "choose another --out" in message
    assert bot.asked == []


def test_what_has_no_effect_on_answers_is_not_compared(tmp_path: Path) -> None:
    out = tmp_path / "run"
    first = evaluate(FakeBot(), QUESTIONS, out).metrics
    moved = {"jets.md": replace(jets()["jets.md"], source="elsewhere/jets.md")}
    assert (
        evaluate(FakeBot(moved, settings_with(port=8000, host="0.0.0.0", library="off")), QUESTIONS, out).metrics
        == first
    )


def test_other_versions_may_measure_a_run_but_not_resume_it(tmp_path: Path) -> None:
    out = tmp_path / "run"
    first = evaluate(FakeBot(), QUESTIONS, out).metrics
    described = json.loads((out / "run.json").read_text())
    described["versions"]["qa"] = "0.0.1"
    (out / "run.json").write_text(json.dumps(described))
    assert evaluate(FakeBot(), QUESTIONS, out).metrics == first

    path = out / "predictions.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    assert 'versions: qa (was "0.0.1"' in refused(FakeBot(), QUESTIONS, out)


def test_a_judge_that_is_calibrated_again_is_another_setting(tmp_path: Path) -> None:
    file = tmp_path / "judge.json"
    settings, described = settings_with(judge_calibration=str(file)), []
    for content in ("{}", "[]"):
        file.write_text(content)
        described.append(described_settings(settings, "llm"))
    assert described[0] != described[1]
    assert "judge_calibration" not in described_settings(settings, "extractive")


def test_a_run_without_an_answer_is_replaced(tmp_path: Path) -> None:
    out, bot = tmp_path / "run", FakeBot()
    bot.fail(ValueError("no answer"))
    with pytest.raises(QAError, match="stopped because of strict"):
        evaluate(bot, QUESTIONS, out, strict=True)
    assert {path.name for path in out.iterdir()} == {"errors.jsonl", "run.json"}
    (out / LOCK_FILE).touch()  # as a killed run leaves it
    run = evaluate(FakeBot(settings=settings_with(chunk_tokens=64)), QUESTIONS, out)
    assert run.description["settings"]["chunk_tokens"] == 64


def test_a_file_as_folder_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.write_text("mine")
    assert f"{out}: not a folder" in refused(FakeBot(), QUESTIONS, out)
    assert out.read_text() == "mine"
    assert "cannot be used as a run folder" in refused(FakeBot(), QUESTIONS, out / "below")


def test_a_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    assert "not a run folder (unexpected file thesis.txt, no run.json)" in refused(FakeBot(), QUESTIONS, tmp_path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "damaged"),
        ('{"started": ', "damaged"),
        ("[]", "does not describe a run"),
        ("{}", "does not describe a run"),
        ('{"started": "", "versions": {}, "settings": {}, "embedder": ""}', "it has no reader"),
    ],
    ids=["empty", "cut", "list", "no-fields", "old"],
)
def test_a_damaged_description_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "run.json").write_text(content)
    assert problem in refused(FakeBot(), QUESTIONS, tmp_path)


def change(field: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda prediction: prediction.update({field: value})


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        pytest.param(change("id", "q9"), 'answers "q9", which is not in the question set', id="unknown-id"),
        pytest.param(change("id", None), "damaged", id="no-id"),
        pytest.param(change("id", []), "damaged", id="list-as-id"),
        pytest.param(
            change("id", "q1"),
            'answers "q1", which is not in the question set or is already answered',
            id="answered-twice",
        ),
        pytest.param(change("question", "Who else?"), "differs from the set in the question of", id="other-question"),
        pytest.param(lambda prediction: prediction.clear(), "damaged", id="empty-object"),
    ],
)
def test_a_damaged_prediction_names_its_line(
    tmp_path: Path, damage: Callable[[dict[str, Any]], None], problem: str
) -> None:
    out = tmp_path / "run"
    evaluate(FakeBot(), QUESTIONS, out)
    predictions = lines(out)
    damage(predictions[1])
    (out / "predictions.jsonl").write_text("".join(json.dumps(value) + "\n" for value in predictions))
    message = refused(FakeBot(), QUESTIONS, out)
    assert message.startswith(f"{out / 'predictions.jsonl'}, line 2: ")
    assert problem in message


@pytest.mark.parametrize(
    "line", [b"", b"\x00\x00", b"\xff", b"[]", b'{"id": '], ids=["blank", "NUL", "xFF", "list", "cut"]
)
def test_a_line_that_is_no_prediction_is_named(tmp_path: Path, line: bytes) -> None:
    out = tmp_path / "run"
    evaluate(FakeBot(), QUESTIONS, out)
    path = out / "predictions.jsonl"
    first, _, third = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([first, line, third, b""]))
    assert f"{path}, line 2: damaged (not a JSON object)" in refused(FakeBot(), QUESTIONS, out)
