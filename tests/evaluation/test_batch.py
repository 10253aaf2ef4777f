"""Runs: the files written, and the questions asked again after an interruption."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest

from evaluation.fake_bot import QUESTIONS, TEXT, FakeBot, LyingBot, answers_alone, lines
from qa.errors import ModelError, QAError, QuestionSetError
from qa.evaluation import Question, evaluate, read_run
from qa.evaluation.runs.folder import repair_lines
from qa.output.text import answer_to_json
from qa.types import Request

# --- a whole run


def test_a_run_writes_what_the_contract_says(tmp_path: Path) -> None:
    bot, out = FakeBot(), tmp_path / "runs" / "first"
    seen: list[tuple[int, int]] = []
    metrics = evaluate(bot, QUESTIONS, out, progress=lambda done, total: seen.append((done, total))).metrics

    assert sorted(path.name for path in out.iterdir()) == [
        "metrics.json",
        "predictions.jsonl",
        "questions.jsonl",
        "report.html",
        "run.json",
        "scores.jsonl",
    ]
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]
    requests = [Request(question.question, id=question.id) for question in QUESTIONS]
    assert lines(out) == list(map(answer_to_json, FakeBot().ask_many(requests)))
    assert json.loads((out / "metrics.json").read_text()) == metrics
    assert metrics["verbatim_citations"] == 1
    assert metrics["exact_match"] == 0.5
    assert metrics["declined_unanswerable"] == 1
    assert metrics["errors"] == 0

    described = json.loads((out / "run.json").read_text())
    settings = bot.settings.model_dump(mode="json").items()
    assert described["settings"] == {name: value for name, value in settings if not name.startswith(("llm_", "judge"))}
    assert (described["embedder"], described["reader"]) == ("fake-1", "fake-2")
    assert described["always_answer"] is False
    assert described["questions"]["count"] == 3
    assert described["documents"] == {"jets.md": hashlib.sha256(TEXT.encode()).hexdigest()}
    assert {"qa", "python", "numpy", "onnxruntime", "tokenizers", "torch"} <= described["versions"].keys()


def test_a_question_is_asked_as_the_set_says(tmp_path: Path) -> None:
    bot = FakeBot()
    evaluate(bot, QUESTIONS, tmp_path / "run", always_answer=True)
    assert bot.calls[1:] == [
        {"history": (), "documents": ["jets.md"], "always_answer": True},
        {"history": ("Who bought?",), "documents": None, "always_answer": True},
        {"history": (), "documents": None, "always_answer": True},
    ]


def test_a_false_excerpt_is_found_out(tmp_path: Path) -> None:
    metrics = evaluate(LyingBot(), QUESTIONS, tmp_path / "run").metrics
    assert metrics["citations"] == 2
    assert metrics["verbatim_citations"] == 0


def test_questions_that_do_not_fit_leave_no_folder(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with pytest.raises(QuestionSetError, match=r'"none\.md" is not among'):
        evaluate(FakeBot(), [Question("q", "?", document="none.md")], out)
    assert not out.exists()


def test_scores_come_in_the_order_of_the_set(tmp_path: Path) -> None:
    out = tmp_path / "run"
    evaluate(FakeBot(), QUESTIONS, out)
    path = out / "predictions.jsonl"
    path.write_bytes(b"".join(reversed(path.read_bytes().splitlines(keepends=True))))
    assert [score.id for score in evaluate(FakeBot(), QUESTIONS, out).scores] == ["q1", "q2", "q3"]


# --- resuming after an interruption


def test_a_finished_run_is_measured_again_without_asking(tmp_path: Path) -> None:
    out = tmp_path / "run"
    first = evaluate(FakeBot(), QUESTIONS, out).metrics
    described = (out / "run.json").read_bytes()
    (out / "metrics.json").write_text("{}")
    bot = FakeBot()
    assert evaluate(bot, QUESTIONS, out).metrics == first
    assert bot.asked == []
    assert json.loads((out / "metrics.json").read_text()) == first
    assert (out / "run.json").read_bytes() == described


def test_a_folder_that_another_run_writes_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "run"
    bot = FakeBot()
    refused = []

    def start_another(_id: str | None) -> None:
        with ThreadPoolExecutor(1) as other:
            refused.append(str(other.submit(evaluate, FakeBot(), QUESTIONS, out).exception()))

    bot.before_answer = start_another
    run = evaluate(bot, QUESTIONS, out)
    assert refused
    assert set(refused) == {f"{out}: locked by another process; try again when it has finished"}
    assert len(run.predictions) == len((out / "predictions.jsonl").read_text().splitlines()) == len(QUESTIONS)


def test_a_cut_at_any_byte_of_the_last_line_is_mended(tmp_path: Path) -> None:
    evaluate(FakeBot(), QUESTIONS, tmp_path)
    path = tmp_path / "predictions.jsonl"
    whole = path.read_bytes()
    start = whole.rindex(b"\n", 0, len(whole) - 1) + 1
    for cut in range(start, len(whole) + 1):
        path.write_bytes(whole[:cut])
        repair_lines(path)
        # An answer that lacks only its line end is complete and kept.
        assert path.read_bytes() == (whole[:start] if cut < len(whole) - 1 else whole), f"cut at byte {cut}"


@pytest.mark.parametrize("missing", [0, 1, 2, 100])
def test_a_run_whose_last_line_was_cut_is_resumed(tmp_path: Path, missing: int) -> None:
    metrics = evaluate(FakeBot(), QUESTIONS, tmp_path).metrics
    path = tmp_path / "predictions.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - missing])
    bot = FakeBot()
    assert answers_alone(evaluate(bot, QUESTIONS, tmp_path).metrics) == answers_alone(metrics)
    assert path.read_bytes() == whole
    assert bot.asked == (["q3"] if missing > 1 else [])


@pytest.mark.parametrize("interrupted", ["q1", "q2", "q3"])
def test_an_interrupted_run_is_resumed(tmp_path: Path, interrupted: str) -> None:
    whole, out = tmp_path / "whole", tmp_path / "run"
    expected = evaluate(FakeBot(), QUESTIONS, whole).metrics

    def interrupt(question_id: str | None) -> None:
        if question_id == interrupted:
            raise KeyboardInterrupt

    bot = FakeBot()
    bot.before_answer = interrupt
    with pytest.raises(KeyboardInterrupt):
        evaluate(bot, QUESTIONS, out)
    assert bot.batches[-1] == [interrupted]
    assert not (out / "metrics.json").exists()

    second = FakeBot()
    seen: list[tuple[int, int]] = []
    metrics = evaluate(second, QUESTIONS, out, progress=lambda done, total: seen.append((done, total))).metrics
    assert answers_alone(metrics) == answers_alone(expected)
    assert [*bot.asked[:-1], *second.asked] == ["q1", "q2", "q3"]
    assert seen[0] == (["q1", "q2", "q3"].index(interrupted), 3)
    assert (out / "predictions.jsonl").read_bytes() == (whole / "predictions.jsonl").read_bytes()


def test_an_interrupted_start_leaves_a_usable_folder(tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / "run.json.partial").write_text('{"started": ')
    assert evaluate(FakeBot(), QUESTIONS, out).metrics["questions"] == 3
    assert not (out / "run.json.partial").exists()


def test_an_error_is_counted_and_asked_again(tmp_path: Path) -> None:
    out = tmp_path / "run"

    bot = FakeBot()
    bot.fail(RuntimeError("no such luck"), "q1")
    metrics = evaluate(bot, QUESTIONS, out).metrics
    assert bot.asked == ["q1", "q2", "q3"]
    assert metrics["errors"] == 1
    assert metrics["exact_match"] == 0
    assert metrics["declined_answerable"] == 0
    assert lines(out, "errors.jsonl") == [
        {"id": "q1", "question": "Who bought?", "error": "RuntimeError: no such luck"}
    ]

    second = FakeBot()
    metrics = evaluate(second, QUESTIONS, out).metrics
    assert second.asked == ["q1"]
    assert metrics["errors"] == 0
    assert metrics["exact_match"] == 0.5
    assert not (out / "errors.jsonl").exists()


def test_a_strict_run_stops_at_the_first_error(tmp_path: Path) -> None:
    out = tmp_path / "run"

    bot = FakeBot()
    bot.fail(RuntimeError("no such luck"), "q2")
    with pytest.raises(QAError, match='question "q2" failed: RuntimeError: no such luck') as caught:
        evaluate(bot, QUESTIONS, out, strict=True)
    assert str(out) in str(caught.value)
    assert bot.asked == ["q1", "q2"]
    assert [answer["id"] for answer in lines(out)] == ["q1"]
    assert [failure["id"] for failure in lines(out, "errors.jsonl")] == ["q2"]
    assert not (out / "metrics.json").exists()

    second = FakeBot()
    assert evaluate(second, QUESTIONS, out, strict=True).metrics["errors"] == 0
    assert second.asked == ["q2", "q3"]


def test_speed_and_memory_are_of_all_passes(tmp_path: Path) -> None:
    out = tmp_path / "run"

    def slow(question_id: str | None) -> None:
        sleep(0.02)
        if question_id == "q3":
            raise RuntimeError("no such luck")

    bot = FakeBot()
    bot.before_answer = slow
    first = evaluate(bot, QUESTIONS, out).metrics
    asking = json.loads((out / "run.json").read_text())["asking"]
    assert asking["questions"] == 3
    assert asking["seconds"] >= 0.06
    assert first["questions_per_second"] == pytest.approx(3 / asking["seconds"])
    assert first["peak_memory_mb"] is None or 10 < first["peak_memory_mb"] < 1e6

    evaluate(FakeBot(), QUESTIONS, out)
    both = json.loads((out / "run.json").read_text())["asking"]
    assert both["questions"] == 4
    assert both["seconds"] > asking["seconds"]


def test_the_results_of_a_finished_run_are_removed_while_it_asks_again(tmp_path: Path) -> None:
    out = tmp_path / "run"

    bot = FakeBot()
    bot.fail(RuntimeError("no such luck"))
    evaluate(bot, QUESTIONS, out)

    def interrupt(_id: str | None) -> None:
        raise KeyboardInterrupt

    bot.before_answer = interrupt
    with pytest.raises(KeyboardInterrupt):
        evaluate(bot, QUESTIONS, out)
    with pytest.raises(QuestionSetError, match=r"metrics\.json: missing"):
        read_run(out)


def test_evaluating_returns_the_whole_run(tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = evaluate(FakeBot(), QUESTIONS, out, always_answer=True)
    assert result == read_run(out)
    assert result.questions == QUESTIONS
    assert result.description["always_answer"] is True
    assert result.metrics["confusion"]["unanswerable"] == {"answered": 1, "declined": 0, "failed": 0}


def test_a_bot_without_a_model_ends_the_run(tmp_path: Path) -> None:
    bot = FakeBot()
    bot.fail(ModelError("weights are missing"))
    with pytest.raises(ModelError, match="weights are missing"):
        evaluate(bot, QUESTIONS, tmp_path / "run")
    assert bot.batches == [["q1"]]
