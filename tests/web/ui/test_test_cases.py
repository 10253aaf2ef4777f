"""What a visitor may put into the file of test cases, and where there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qa import QA
from qa.errors import QAError
from qa.settings import Settings
from qa.types import Turn
from qa.web.server.server import host_names
from qa.web.ui.test_cases import MAX_EARLIER_QUESTIONS, save_case, without_cases_in_public

QUESTION = "Which fighter jets did China buy?"


@pytest.fixture
def bot(sample_bot: QA, tmp_path: Path) -> QA:
    settings = Settings(cases_file=str(tmp_path / "cases.jsonl"))
    return QA(settings, embedder=sample_bot.embedder, reader=sample_bot.reader, index=sample_bot.index)


def keep(
    bot: QA, turns: list[Turn] | None = None, verdict: object = "wrong", expected: object = "Su-35"
) -> dict[str, Any]:
    """Save the answer to a question as a case, as a browser sends it; return the line written."""
    shown = bot.ask(QUESTION).text
    save_case(bot, QUESTION, turns or [], None, " ".join((shown or "").split()), verdict, expected)
    written: dict[str, Any] = json.loads(Path(bot.settings.cases_file).read_text(encoding="utf-8").splitlines()[-1])
    return written


def test_the_last_earlier_questions_are_kept(bot: QA) -> None:
    turns = [Turn(f"What is number {number}?", "y" * 50_000) for number in range(1000)]
    assert keep(bot, turns)["history"] == [turn.question for turn in turns[-MAX_EARLIER_QUESTIONS:]]
    assert Path(bot.settings.cases_file).stat().st_size < 3000


@pytest.mark.parametrize(
    ("turns", "expected", "message"),
    [
        ([Turn("x" * 1001)], "Su-35", "the earlier question has 1001 characters: the limit is 1000; shorten it"),
        ([], "x" * 1001, "the expected answer has 1001 characters: the limit is 1000; shorten it"),
    ],
    ids=["earlier question", "expected answer"],
)
def test_a_text_of_a_case_is_no_longer_than_a_question(bot: QA, turns: list[Turn], expected: str, message: str) -> None:
    with pytest.raises(QAError, match=message):
        keep(bot, turns, expected=expected)
    assert not Path(bot.settings.cases_file).exists()


def test_an_unknown_verdict_is_not_repeated_in_the_message(bot: QA) -> None:
    with pytest.raises(QAError) as caught:
        keep(bot, verdict="x" * 100_000)
    assert str(caught.value) == "the verdict is unknown; choose one of right, wrong, unanswerable"


@pytest.mark.parametrize(
    ("host", "settings", "kept"),
    [
        ("127.0.0.1", {}, True),
        ("localhost", {}, True),
        ("::1", {"cases_file": "mine.jsonl"}, True),
        ("127.0.0.1", {"host_names": "qa.example.org"}, False),
        ("0.0.0.0", {}, False),
        ("192.168.0.2", {"cases_file": "mine.jsonl"}, False),
        ("0.0.0.0", {"login": "ann:secret"}, True),
        ("0.0.0.0", {"login_file": "logins"}, True),
        ("127.0.0.1", {"host_names": "qa.example.org", "login": "ann:secret"}, True),
    ],
)
def test_where_anyone_reaches_the_page_no_cases_are_kept(
    host: str, settings: dict[str, Any], kept: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    given = Settings(**settings)
    left = without_cases_in_public(given, host_names(given, host))
    assert left.cases_file == (given.cases_file if kept else "")
    assert left == given.model_copy(update={"cases_file": left.cases_file})
    warned = "saving test cases is off: anyone can reach the page" in capsys.readouterr().err
    assert warned == (not kept and "cases_file" in settings), "told where a file was asked for"
