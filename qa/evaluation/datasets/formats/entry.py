"""Entries of a question set, and the validation of a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from qa.errors import QuestionSetError
from qa.evaluation.datasets.fields import checked_text, fail, flag_field, preview, text_field, texts_field
from qa.evaluation.datasets.types import Evidence, Question

COLUMNS = ("id", "question", "answers", "answerable", "history", "document", "evidence")
"""Columns of the format; others are kept in `Question.extra`."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a question set; the question is None if it is malformed.

    The position is that in the file: "line 3", "data[0].paragraphs[2].qas[1]". The problems are all errors, in the
    order of the columns; they name file, position and field.
    """

    path: Path
    position: str
    question: Question | None
    problems: tuple[QuestionSetError, ...] = ()

    @property
    def location(self) -> str:
        """File and position, for messages."""
        return f"{self.path}, {self.position}"


class ErrorCollector:
    """Runs checks and collects their errors, so that one malformed field does not hide the next."""

    def __init__(self) -> None:
        self.problems: list[QuestionSetError] = []

    def __call__(self, check: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T | None:
        """Return the result of a check, or None if it raises a `QuestionSetError`, which is collected."""
        try:
            return check(*arguments, **options)
        except QuestionSetError as problem:
            self.problems.append(problem)
            return None


def entry(path: Path, position: str, row: object, collector: ErrorCollector | None = None) -> Entry:
    """Validate a row, which is at `position` of the file, and make it a question.

    `row` must be a mapping from column to JSON value. `collector` contains earlier errors of the row.
    """
    collector = collector or ErrorCollector()
    location = f"{path}, {position}"
    question = collector(_question, row, location, collector)
    return Entry(path, position, None if collector.problems else question, tuple(collector.problems))


def _question(row: object, location: str, collector: ErrorCollector) -> Question:
    if not isinstance(row, Mapping):
        raise QuestionSetError(f"{location}: expected a JSON object, got {preview(row)}")
    extra = {name: value for name, value in row.items() if name not in COLUMNS}
    for name in extra:
        collector(_check_spelling, name, row, location)
    own_id = collector(text_field, row, "id", location) or ""
    text = collector(text_field, row, "question", location) or ""
    answers = collector(texts_field, row, "answers", location) or ()
    answerable = collector(flag_field, row, "answerable", location, default=True) is not False
    if answers and not answerable:
        problem = f"expected no answers to a question that is not answerable, got {preview(answers)}"
        collector(fail, location, "answers", problem)
    history = collector(texts_field, row, "history", location) or ()
    document = None if row.get("document") is None else collector(text_field, row, "document", location) or ""
    evidence = collector(_evidence, row.get("evidence"), document, location) or ()
    return Question(own_id, text, answers, answerable, history, document, evidence, extra)


def _check_spelling(name: str, row: Mapping[str, Any], location: str) -> None:
    """Raise a `QuestionSetError` if an extra column is a missing one in another number or case, such as "answer"."""
    for column in COLUMNS:
        if column not in row and name.strip().lower().rstrip("s") == column.rstrip("s"):
            fail(location, name, f'unknown; rename it to "{column}"')


def _evidence(items: object, document: str | None, location: str) -> tuple[Evidence, ...]:
    if items is None:
        return ()
    if not isinstance(items, list):
        fail(location, "evidence", f"expected a list of [start, end], got {preview(items)}")
    return tuple(_span(item, document, location) for item in items)


def _span(item: object, document: str | None, location: str) -> Evidence:
    start: Any
    end: Any
    if isinstance(item, dict):
        if set(item) != {"document", "start", "end"}:
            fail(location, "evidence", f"expected an object with document, start and end, got {preview(item)}")
        name = checked_text(item["document"], "evidence", location)
        start, end = item["start"], item["end"]
    elif isinstance(item, list) and len(item) == 2:
        if document is None:
            fail(location, "evidence", f'{preview(item)} needs the field "document"')
        name = document
        start, end = item
    else:
        fail(location, "evidence", f"expected [start, end] or {{document, start, end}}, got {preview(item)}")
    # type(), since True and False are ints to isinstance.
    if type(start) is not int or type(end) is not int:
        fail(location, "evidence", f"expected [start, end] as whole numbers, got {preview([start, end])}")
    if start < 0:
        fail(location, "evidence", f"expected [start, end] with start of at least 0, got {preview([start, end])}")
    if start >= end:
        fail(location, "evidence", f"expected [start, end] with start < end, got {preview([start, end])}")
    return Evidence(name, start, end)
