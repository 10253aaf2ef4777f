"""Batches for other processes, which are simulated in this one with a second bot."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from evaluation.fake_bot import FakeBot, jets
from qa.errors import ModelError, QAError
from qa.evaluation import Question, evaluate
from qa.evaluation.runs.execution import BATCH_QUESTIONS, timed_questions
from qa.evaluation.runs.ray import RemoteExecutor

MANY = tuple(Question(f"q{number}", "Who bought?") for number in range(600))
TIMED = timed_questions(MANY)


def here(make: Callable[[], Callable[[Any], Any]], items: Sequence[Any]) -> Generator[Any, None, None]:
    yield from map(make(), items)


def test_batches_are_asked_elsewhere_and_timed_questions_here(tmp_path: Path) -> None:
    bot, other = FakeBot(), FakeBot()
    evaluate(FakeBot(), MANY, tmp_path / "here")
    evaluate(bot, MANY, tmp_path / "elsewhere", executor=RemoteExecutor(here, lambda: other))
    assert (tmp_path / "elsewhere" / "predictions.jsonl").read_bytes() == (
        tmp_path / "here" / "predictions.jsonl"
    ).read_bytes()
    assert set(bot.asked) == TIMED
    assert set(other.asked) == {question.id for question in MANY} - TIMED
    assert max(map(len, other.batches)) == BATCH_QUESTIONS


def test_answered_questions_are_not_asked_again(tmp_path: Path) -> None:
    def stop(done: int, _: int) -> None:
        if done == len(TIMED) + 2 * BATCH_QUESTIONS:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(FakeBot(), MANY, tmp_path / "run", executor=RemoteExecutor(here, FakeBot), progress=stop)
    bot, other = FakeBot(), FakeBot()
    evaluate(bot, MANY, tmp_path / "run", executor=RemoteExecutor(here, lambda: other))
    assert bot.asked == []
    assert len(set(other.asked)) == len(MANY) - len(TIMED) - 2 * BATCH_QUESTIONS


@pytest.mark.parametrize(
    ("other", "named"),
    [
        pytest.param(lambda: FakeBot(jets("China bought no jets.")), "documents", id="documents"),
        pytest.param(lambda: FakeBot(embedder="another"), "embedder .*another", id="embedder"),
        pytest.param(lambda: FakeBot(reader="another"), "reader .*another", id="reader"),
    ],
)
def test_another_library_or_model_is_refused(other: Callable[[], FakeBot], named: str, tmp_path: Path) -> None:
    with pytest.raises(QAError, match=f"a worker has different {named}"):
        evaluate(FakeBot(), MANY, tmp_path / "run", executor=RemoteExecutor(here, other))


def test_a_bot_that_cannot_work_ends_the_run(tmp_path: Path) -> None:
    other = FakeBot()
    other.fail(ModelError("weights are missing"))
    with pytest.raises(ModelError, match="weights are missing"):
        evaluate(FakeBot(), MANY, tmp_path / "run", executor=RemoteExecutor(here, lambda: other))
