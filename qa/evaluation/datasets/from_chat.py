"""From chat to test case: keep an answer and the verdict on it as a question that `qa eval` can ask again.

A case is a line of a JSON Lines question set. Beside the columns of the contract it has `answered` (what the bot said,
null when it declined) and `right` (the verdict of the person who asked).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from qa.errors import QuestionSetError
from qa.evaluation.datasets.formats.jsonl import question_to_line
from qa.evaluation.datasets.types import Evidence, Question
from qa.output.text import phrased

if TYPE_CHECKING:
    from qa.types import Answer

MAX_CASE_BYTES = 100_000
"""Longest line of a case."""
MAX_FILE_BYTES = 10_000_000
"""Largest file of cases."""


def case_from_answer(
    answer: Answer,
    now: datetime,
    *,
    right: bool,
    expected: str | None = None,
    answerable: bool = True,
    history: Sequence[str] = (),
) -> Question:
    """Make a question of an answer and the verdict on it.

    A right answer becomes the accepted answer, unless a language model phrased it, and its first citation the evidence;
    a question that was rightly declined is not answerable. Of a wrong answer, what is accepted is what was expected,
    and the place is not known.

    Parameters
    ----------
    answer : Answer
    now : datetime
        When the verdict was given; it makes the id.
    right : bool
        Whether the answer, or the refusal to answer, was right.
    expected : str, optional
        For a wrong one: what the answer should have been, in short.
    answerable : bool
        For a wrong one: whether the documents answer the question at all.
    history : sequence of str
        The questions asked before in the same conversation, oldest first.

    Raises
    ------
    QuestionSetError
        When an expected answer is given beside a right answer, or for a question that is not answerable.
    """
    expected = (expected or "").strip() or None
    if expected is not None and (right or not answerable):
        raise QuestionSetError(f"expected answer {expected!r}: only a wrong answer to an answerable question has one")
    if right:
        answerable = not answer.abstained
        # A language model would say it in other words the next time; its excerpts stay.
        expected = None if phrased(answer) else answer.text
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
    """Append a case to a JSON Lines question set, made if it is missing.

    Raises
    ------
    QuestionSetError
        When the case or the file would be larger than the limits, or the file cannot be written.
    """
    path = Path(path)
    line = question_to_line(case).encode("utf-8")
    if len(line) > MAX_CASE_BYTES:
        raise QuestionSetError(
            f"{path}: the case was not kept: it has {len(line):,} bytes; the limit is {MAX_CASE_BYTES:,}"
        )
    try:
        with path.open("a+b", buffering=0) as file:
            # A person may have edited the file and left out the last line end.
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - 1, 0))
            start = b"" if file.read(1) in {b"", b"\n"} else b"\n"
            if size + len(start + line) > MAX_FILE_BYTES:
                raise QuestionSetError(
                    f"{path}: the case was not kept: the file would have more than {MAX_FILE_BYTES:,} bytes;"
                    " move it away, or choose another file"
                )
            # One write, so that two writers at a time do not mix their lines.
            file.write(start + line)
    except OSError as error:
        raise QuestionSetError(f"{path}: cannot be written: {error.strerror}; choose another file") from error
