"""From a visitor's verdict on an answer to a test case in a question set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from qa.errors import QAError
from qa.evaluation.cases import append_case, case_from_answer
from qa.render import one_line

if TYPE_CHECKING:
    from qa.pipeline import QA
    from qa.types import Turn

VERDICTS = ("right", "wrong", "unanswerable")


def keep_case(
    bot: QA,
    question: str,
    turns: Sequence[Turn],
    documents: Sequence[str] | None,
    shown: str | None,
    verdict: object,
    expected: object,
) -> str:
    """Append a question, with the answer that was shown and the verdict on it, to the question set of the settings.

    Parameters
    ----------
    bot : QA
    question : str
    turns : sequence of Turn
        What was asked before, oldest first.
    documents : sequence of str, optional
        Ids of the documents that were asked; all when None.
    shown : str or None
        The short answer that the verdict is on.
    verdict, expected : object
        One of `VERDICTS`, and what a wrong answer should have been; as a browser sent them.

    Returns
    -------
    str
        The file.

    Raises
    ------
    QAError
        If no file is set, the verdict is none, the bot now answers otherwise, or the file cannot be written.
    """
    file = bot.settings.cases_file
    if not file:
        raise QAError("no test cases are kept here; QA_CASES_FILE names a file to keep them in")
    if verdict not in VERDICTS:
        raise QAError(f"the verdict is {verdict!r}; it must be one of {', '.join(VERDICTS)}")
    answer = bot.ask(question, history=turns, documents=documents)
    if one_line(answer.text or "") != (shown or ""):
        raise QAError("the question is now answered otherwise; ask it again first")
    case = case_from_answer(
        answer,
        datetime.now(UTC),
        right=verdict == "right",
        expected=expected if verdict == "wrong" and isinstance(expected, str) else None,
        answerable=verdict != "unanswerable",
        history=[turn.question for turn in turns],
    )
    append_case(file, case)
    return file
