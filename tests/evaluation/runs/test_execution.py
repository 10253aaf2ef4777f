"""Batches: the same answers as for single questions, despite failures, workers and interruptions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from evaluation.fake_bot import FakeBot, answers_alone, lines
from qa import QA
from qa.errors import ModelError, QAError
from qa.evaluation import Question, evaluate, read_run, read_sets
from qa.evaluation.runs.execution import BATCH_QUESTIONS, MAX_TIMED, Outcome, ask_all, timed_questions
from qa.types import Answer, Request

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
MANY = tuple(Question(f"q{number}", f"Who bought number {number}?", answers=("China",)) for number in range(1000))
IDS = [question.id for question in MANY]
TIMED = timed_questions(MANY)


class StrictBot(FakeBot):
    """Raises for a whole batch as soon as one of its questions cannot be answered, as the real one does."""

    def __init__(self, *bad: str) -> None:
        super().__init__()
        self.bad = bad

    def ask_many(self, requests: Sequence[Request], *, always_answer: bool = False) -> list[Answer]:
        answers = super().ask_many(requests, always_answer=always_answer)
        for request in requests:
            if request.id in self.bad:
                raise RuntimeError(f"cannot answer {request.id}")
        return answers


def predicted(out: Path) -> list[str]:
    return [line["id"] for line in lines(out)]


@pytest.mark.parametrize(
    ("questions", "timed"), [(0, 0), (1, 1), (200, 200), (201, 101), (1000, 200), (1001, 167), (10_000, 200)]
)
def test_the_timed_questions_are_few_and_spread(questions: int, timed: int) -> None:
    chosen = timed_questions([Question(str(number), "?") for number in range(questions)])
    assert len(chosen) == timed <= MAX_TIMED
    numbers = sorted(map(int, chosen))
    assert len({after - before for before, after in pairwise(numbers)}) <= 1


@pytest.mark.parametrize("workers", [1, 3])
def test_timed_questions_are_asked_alone_before_the_batches(tmp_path: Path, workers: int) -> None:
    bot = FakeBot()
    metrics = evaluate(bot, MANY, tmp_path, workers=workers).metrics
    rest = [name for name in IDS if name not in TIMED]
    assert bot.batches[: 1 + len(TIMED)] == [["q0"], *([name] for name in IDS if name in TIMED)]
    batches = [rest[start : start + BATCH_QUESTIONS] for start in range(0, len(rest), BATCH_QUESTIONS)]
    assert sorted(bot.batches[1 + len(TIMED) :]) == sorted(batches)
    assert predicted(tmp_path) == [*(name for name in IDS if name in TIMED), *rest], "whoever was faster"
    assert metrics["questions"] == 1000
    assert metrics["exact_match"] == 1


def test_only_questions_asked_alone_are_timed(tmp_path: Path) -> None:
    evaluate(FakeBot(), MANY, tmp_path)
    scores = read_run(tmp_path).scores
    assert {score.id for score in scores if score.latency_ms is not None} == TIMED


@pytest.mark.parametrize("workers", [1, 2])
def test_a_bad_question_fails_alone(tmp_path: Path, workers: int) -> None:
    # The first of the set is timed, the other two share a batch.
    bot = StrictBot("q0", "q1", "q7")
    metrics = evaluate(bot, MANY, tmp_path, workers=workers).metrics
    assert metrics["errors"] == 3
    assert {line["id"]: line["error"] for line in lines(tmp_path, "errors.jsonl")} == {
        name: f"RuntimeError: cannot answer {name}" for name in ("q0", "q1", "q7")
    }
    assert sorted(predicted(tmp_path)) == sorted(set(IDS) - {"q0", "q1", "q7"})

    second = StrictBot()
    assert evaluate(second, MANY, tmp_path, workers=workers).metrics["errors"] == 0
    assert second.asked == ["q0", "q1", "q7"]
    assert sorted(predicted(tmp_path)) == sorted(IDS)


def test_a_strict_run_stops_within_a_batch(tmp_path: Path) -> None:
    with pytest.raises(QAError, match='question "q7" failed'):
        evaluate(StrictBot("q7"), MANY, tmp_path, strict=True, workers=2)
    assert predicted(tmp_path)[len(TIMED) :] == ["q1", "q2", "q3", "q4", "q6"]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interruption_between_batches_loses_nothing(tmp_path: Path, workers: int) -> None:
    whole, out = tmp_path / "whole", tmp_path / "run"
    expected = evaluate(FakeBot(), MANY, whole).metrics

    def interrupt(question_id: str | None) -> None:
        if question_id == "q501":
            raise KeyboardInterrupt

    bot = FakeBot()
    bot.before_answer = interrupt
    with pytest.raises(KeyboardInterrupt):
        evaluate(bot, MANY, out, workers=workers)
    kept = predicted(out)
    assert len(TIMED) < len(kept) < len(MANY)

    second = FakeBot()
    assert answers_alone(evaluate(second, MANY, out, workers=workers).metrics) == answers_alone(expected)
    assert set(second.asked) == set(IDS) - set(kept)
    assert (out / "predictions.jsonl").read_bytes() == (whole / "predictions.jsonl").read_bytes()


def test_workers_ask_side_by_side() -> None:
    both = Barrier(2)

    def meet(question_id: str | None) -> None:
        if question_id in {"q0", f"q{BATCH_QUESTIONS}"}:
            both.wait(60)

    bot = FakeBot()
    bot.before_answer = meet
    outcomes = ask_all(bot, MANY[: 2 * BATCH_QUESTIONS], (), always_answer=False, workers=2)
    assert [outcome.question.id for outcome in outcomes] == IDS[: 2 * BATCH_QUESTIONS]


def test_a_bot_that_cannot_work_ends_all_workers(tmp_path: Path) -> None:
    def fail(question_id: str | None) -> None:
        if question_id not in TIMED:
            raise ModelError("weights are missing")

    bot = FakeBot()
    bot.before_answer = fail
    with pytest.raises(ModelError, match="weights are missing"):
        evaluate(bot, MANY, tmp_path, workers=2)
    assert not (tmp_path / "errors.jsonl").exists()


def test_no_workers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(QAError, match="workers is 0; it must be at least 1"):
        evaluate(FakeBot(), MANY, tmp_path / "run", workers=0)
    assert not (tmp_path / "run").exists()


def test_batches_answer_as_one_by_one_with_the_real_models(sample_bot: QA) -> None:
    questions, _ = read_sets(sorted((ROOT / "data" / "questions").glob("*.jsonl")))
    chosen = questions[:: max(1, len(questions) // 12)]
    documents = [None if number % 2 else question.document for number, question in enumerate(chosen)]
    asked = [
        Question(question.id, question.question, history=question.history, document=document)
        for question, document in zip(chosen, documents, strict=True)
    ]
    alone = list(ask_all(sample_bot, asked, {one.id for one in asked}, always_answer=False, workers=1))
    for workers in (1, 2):
        together = list(ask_all(sample_bot, asked, (), always_answer=False, workers=workers))
        for one, other in zip(alone, together, strict=True):
            assert content_of(one) == content_of(other)
            assert confidence(one) == pytest.approx(confidence(other), abs=1e-5)
    assert 0 < sum(content_of(one)[1] is None for one in alone) < len(alone), "answered and declined ones"


def content_of(outcome: Outcome) -> tuple[Any, ...]:
    assert outcome.answer is not None, outcome.problem
    answer = outcome.answer
    return (
        outcome.question.id,
        answer["answer"],
        *([(span["document"], span["start"], span["end"]) for span in answer[of]] for of in ("citations", "passages")),
    )


def confidence(outcome: Outcome) -> float:
    assert outcome.answer is not None
    return float(outcome.answer["confidence"])
