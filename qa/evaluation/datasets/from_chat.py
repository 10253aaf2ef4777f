"""Save an answer in the chat and the user's verdict as a test case for `qa eval`.

A case is a line of a JSON Lines question set, with two more columns: `answered` (the bot's answer, null if it declined)
and `right` (the verdict).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from qa.errors import QuestionSetError, check_type
from qa.evaluation.datasets.formats.jsonl import question_to_line
from qa.evaluation.datasets.types import Evidence, Question
from qa.files import as_path
from qa.output.text import phrased
from qa.types import Answer

MAX_CASE_BYTES = 100_000
"""Size limit of a case."""
MAX_FILE_BYTES = 10_000_000
"""Size limit of a file of cases."""


def case_from_answer(
    answer: Answer,
    now: datetime,
    *,
    right: bool,
    expected: str | None = None,
    answerable: bool = True,
    history: Sequence[str] = (),
) -> Question:
    """Make a test case of an answer and the verdict on it.

    A right answer becomes the accepted answer, unless a language model wrote it, and its first citation the evidence; a
    question that was declined rightly is unanswerable. With a wrong answer, the expected one is accepted, `answerable`
    says whether the documents have one, and there is no evidence. The id contains the time `now`.

    Raises `QuestionSetError` if an expected answer is given for a right answer or an unanswerable question.
    """
    expected = (expected or "").strip() or None
    if expected is not None and (right or not answerable):
        raise QuestionSetError(f"expected answer {expected!r}: only a wrong answer to an answerable question has one")
    if right:
        answerable = not answer.abstained
        # A language model's wording changes; its excerpts do not.
        expected = None if phrased(answer) else answer.short or answer.text
    first = answer.citations[:1] if right else ()
    return Question(
        id=f"chat-{now:%Y%m%dT%H%M%S.%f}",
        question=answer.question,
        answers=(expected,) if expected is not None else (),
        answerable=answerable,
        history=tuple(history),
        evidence=tuple(Evidence(citation.document, citation.start, citation.end) for citation in first),
        extra={"answered": answer.text, "right": right},
    )


def append_case(path: str | Path, case: Question) -> None:
    """Append a case to a JSON Lines question set, which is created if it is missing.

    Raises `QuestionSetError` if the case or the file would exceed its limit, or the file cannot be written.
    """
    path = as_path("the file of cases", path)
    check_type("the case", case, Question, "a Question; case_from_answer makes one")
    line = question_to_line(case).encode("utf-8")
    if len(line) > MAX_CASE_BYTES:
        raise QuestionSetError(
            f"{path}: the case was not saved: it has {len(line):,} bytes; the limit is {MAX_CASE_BYTES:,}"
        )
    try:
        with path.open("a+b", buffering=0) as file:
            # The file may have been edited and lack the last line end.
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - 1, 0))
            start = b"" if file.read(1) in {b"", b"\n"} else b"\n"
            if size + len(start + line) > MAX_FILE_BYTES:
                raise QuestionSetError(
                    f"{path}: the case was not saved: the file would have more than {MAX_FILE_BYTES:,} bytes;"
                    " move it away, or choose another file"
                )
            # One write, so that concurrent writers do not mix their lines.
            file.write(start + line)
    except OSError as error:
        raise QuestionSetError(f"{path}: cannot be written: {error.strerror}; choose another file") from error
