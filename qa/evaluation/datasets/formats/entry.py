"""What every reader of a format yields, and how a row becomes a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from qa.errors import QuestionSetError
from qa.evaluation.datasets.fields import checked_text, fail, flag_field, shown, text_field, texts_field
from qa.evaluation.datasets.types import Evidence, Question

COLUMNS = ("id", "question", "answers", "answerable", "history", "document", "evidence")
"""The columns with a meaning; any other is kept as `Question.extra`."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a question set, well-formed or not.

    Attributes
    ----------
    path, place : Path, str
        The file, and the place in it: "line 3", "data[0].paragraphs[2].qas[1]".
    question : Question or None
        None when the place is malformed.
    problems : tuple of QuestionSetError
        All that is wrong there, in the order of the columns; each message names file, place and field.
    """

    path: Path
    place: str
    question: Question | None
    problems: tuple[QuestionSetError, ...] = ()

    @property
    def where(self) -> str:
        """File and place, as messages name them."""
        return f"{self.path}, {self.place}"


class ErrorCollector:
    """Runs checks that raise, and keeps what they raised, so that one malformed field does not hide the next."""

    def __init__(self) -> None:
        self.problems: list[QuestionSetError] = []

    def __call__(self, check: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T | None:
        """Return what the check returns; None when it raises a `QuestionSetError`, which is kept."""
        try:
            return check(*arguments, **options)
        except QuestionSetError as problem:
            self.problems.append(problem)
            return None


def entry(path: Path, place: str, row: object, attempts: ErrorCollector | None = None) -> Entry:
    """Check every field of a row and make it a question.

    Parameters
    ----------
    path : Path
        The file.
    place : str
        Where the row stands in it.
    row : object
        A mapping from column to value with its JSON type; anything else is a problem.
    attempts : ErrorCollector, optional
        With what was already found wrong with the row.
    """
    attempts = attempts or ErrorCollector()
    where = f"{path}, {place}"
    question = attempts(_question, row, where, attempts)
    return Entry(path, place, None if attempts.problems else question, tuple(attempts.problems))


def _question(row: object, where: str, attempts: ErrorCollector) -> Question:
    if not isinstance(row, Mapping):
        raise QuestionSetError(f"{where}: expected a JSON object, got {shown(row)}")
    own_id = attempts(text_field, row, "id", where) or ""
    text = attempts(text_field, row, "question", where) or ""
    answers = attempts(texts_field, row, "answers", where) or ()
    answerable = attempts(flag_field, row, "answerable", where, default=True) is not False
    if answers and not answerable:
        problem = f"expected no answers to a question that is not answerable, got {shown(answers)}"
        attempts(fail, where, "answers", problem)
    history = attempts(texts_field, row, "history", where) or ()
    document = None if row.get("document") is None else attempts(text_field, row, "document", where) or ""
    evidence = attempts(_evidence, row.get("evidence"), document, where) or ()
    extra = {name: value for name, value in row.items() if name not in COLUMNS}
    return Question(own_id, text, answers, answerable, history, document, evidence, extra)


def _evidence(items: object, document: str | None, where: str) -> tuple[Evidence, ...]:
    if items is None:
        return ()
    if not isinstance(items, list):
        fail(where, "evidence", f"expected a list of [start, end], got {shown(items)}")
    return tuple(_span(item, document, where) for item in items)


def _span(item: object, document: str | None, where: str) -> Evidence:
    start: Any
    end: Any
    if isinstance(item, dict):
        if set(item) != {"document", "start", "end"}:
            fail(where, "evidence", f"expected an object with document, start and end, got {shown(item)}")
        name = checked_text(item["document"], "evidence", where)
        start, end = item["start"], item["end"]
    elif isinstance(item, list) and len(item) == 2:
        if document is None:
            fail(where, "evidence", f'{shown(item)} needs the field "document" to say where it lies')
        name = document
        start, end = item
    else:
        fail(where, "evidence", f"expected [start, end] or {{document, start, end}}, got {shown(item)}")
    # type(), since True and False are ints to isinstance.
    if type(start) is not int or type(end) is not int:
        fail(where, "evidence", f"expected [start, end] as whole numbers, got {shown([start, end])}")
    if start < 0:
        fail(where, "evidence", f"expected [start, end] with start of at least 0, got {shown([start, end])}")
    if start >= end:
        fail(where, "evidence", f"expected [start, end] with start < end, got {shown([start, end])}")
    return Evidence(name, start, end)
