"""A visitor's verdict on an answer -> a test case in a question set."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from qa.evaluation.datasets.from_chat import append_case, case_from_answer
from qa.output.terminal import echo
from qa.text.lines import one_line
from qa.web import notices
from qa.web.server.auth import is_public

if TYPE_CHECKING:
    from qa.pipeline import QA
    from qa.settings import Settings
    from qa.types import Turn

VERDICTS = ("right", "wrong", "unanswerable")
MAX_EARLIER_QUESTIONS = 20  # of a longer conversation, only the latest questions are saved


def without_cases_in_public(settings: Settings, host_names: Collection[str] | None) -> Settings:
    """Return the settings, with test cases turned off if the page is public."""
    if not settings.cases_file or not is_public(settings, host_names):
        return settings
    if "cases_file" in settings.model_fields_set:
        echo(
            "qa: saving test cases is off: anyone can reach the page; set a login with QA_LOGIN to turn it on", err=True
        )
    return settings.model_copy(update={"cases_file": ""})


def save_case(
    bot: QA,
    question: str,
    turns: Sequence[Turn],
    documents: Sequence[str] | None,
    shown: str | None,
    verdict: object,
    expected: object,
) -> str:
    """Append a question, the answer shown and the verdict on it to the question set of the settings; return its file.

    The turns before it are oldest first. The verdict, one of `VERDICTS`, and the answer expected if the one shown is
    wrong are unchecked, from the browser.

    Raises
    ------
    QAError
        If no file is set, the verdict is unknown, a text is too long, the bot now gives another answer, or the file is
        full or cannot be written.
    """
    file = bot.settings.cases_file
    if not file:
        raise notices.CASES_OFF.error()
    if verdict not in VERDICTS:
        raise notices.UNKNOWN_VERDICT.error(verdicts=", ".join(VERDICTS))
    limit = bot.settings.max_question_characters
    earlier = [turn.question for turn in turns[-MAX_EARLIER_QUESTIONS:]]
    expected = expected if verdict == "wrong" and isinstance(expected, str) else None
    for name, text in [("expected answer", expected or ""), *(("earlier question", one) for one in earlier)]:
        if len(text) > limit:
            raise notices.LONG_CASE.error(what=name, characters=len(text), limit=limit)
    answer = bot.ask(question, history=turns, documents=documents)
    if one_line(answer.text or "") != (shown or ""):
        raise notices.ANSWER_CHANGED.error()
    case = case_from_answer(
        answer,
        datetime.now(UTC),
        right=verdict == "right",
        expected=expected,
        answerable=verdict != "unanswerable",
        history=earlier,
    )
    append_case(file, case)
    return file
