"""Groups of questions for breakdowns: by question word, document, answer type, kind and extra columns.

Question words and types of answers are those of English.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from qa.evaluation.datasets.types import Question
from qa.evaluation.metrics.kinds import ITEMS
from qa.text.dates import is_date
from qa.text.lexicon import ANY_AUXILIARY
from qa.text.names import is_name
from qa.text.numbers import is_numeral

if TYPE_CHECKING:
    from qa.evaluation.metrics.scores import QuestionScore

MAX_VALUES = 20
"""Extra columns with more distinct values are not used."""

_INTERROGATIVE = re.compile(r"\b(how (?:many|much)|how|who|whom|whose|what|which|when|where|why)\b", re.IGNORECASE)
_YES_OR_NO = re.compile(rf"{ANY_AUXILIARY}\b", re.IGNORECASE)
_SAME_WORD = {"whom": "who", "whose": "who", "how much": "how many"}
_MARKS = ".,;:!?()[]\"'“”\u2018\u2019"
_MAX_NUMBER_WORDS = 6
_MIN_SENTENCE_WORDS = 9

Groups = dict[str, tuple[int, ...]]
"""Positions of questions by the name of their group, the largest group first."""


def groupings(scores: Sequence[QuestionScore], questions: Sequence[Question] = ()) -> dict[str, Groups]:
    """Return all groupings of the questions into at least two groups, by name.

    Scores are grouped by "question_word", "document", "answer_type" and "answer_kind". Extra columns of `questions`,
    which are those of the scores or none, are groupings if their values are strings, numbers, booleans or lists of
    these (a question is in the group of each), 2 to 20 in all, and not all different. They replace a grouping of the
    same name.
    """
    found = {
        "question_word": _groups([score.question_word] for score in scores),
        "document": _groups([score.document] for score in scores),
        "answer_type": _groups([score.answer_type] for score in scores),
        "answer_kind": _groups([score.kind] for score in scores),
    }
    for name in dict.fromkeys(name for question in questions for name in question.extra if name != ITEMS):
        values = [_values(question.extra.get(name)) for question in questions]
        if all(value is not None for value in values):
            groups = _groups(value or [] for value in values)
            if len(groups) <= MAX_VALUES and any(len(rows) > 1 for rows in groups.values()):
                found[name] = groups
    return {name: groups for name, groups in found.items() if len(groups) > 1}


def question_word(question: str) -> str:
    """Return the question word, normalized.

    The first of "who" (also whom, whose), "what", "which", "when", "where", "why", "how many" (also how much) and "how"
    in the question; "yes or no" if it starts with a verb such as "is" or "did"; else "other".
    """
    if _YES_OR_NO.match(question.lstrip()):
        return "yes or no"
    found = _INTERROGATIVE.search(question)
    if found is None:
        return "other"
    word = found[0].lower()
    return _SAME_WORD.get(word, word)


def answer_type(answers: Sequence[str]) -> str:
    """Return the type of the first accepted answer.

    "date" (only words of dates), "number" (at most six words, one a numeral), "sentence" (nine words or more), "name"
    (all words but function words are capitalized), or "phrase".
    """
    if is_date(answers[0]):
        return "date"
    words = [word for word in (word.strip(_MARKS) for word in answers[0].split()) if word]
    if len(words) <= _MAX_NUMBER_WORDS and any(map(is_numeral, words)):
        return "number"
    if len(words) >= _MIN_SENTENCE_WORDS:
        return "sentence"
    return "name" if is_name(words) else "phrase"


def _values(cell: Any) -> list[str | None] | None:  # noqa: ANN401 -- any JSON value
    """Return the groups of a cell; None if its type is not supported."""
    items = cell if isinstance(cell, list) else [cell]
    if any(isinstance(item, list | dict) for item in items):
        return None
    return [item if item is None or isinstance(item, str) else json.dumps(item) for item in items]


def _groups(names_of_each: Iterable[Iterable[str | None]]) -> Groups:
    groups: dict[str, list[int]] = {}
    for row, names in enumerate(names_of_each):
        for name in dict.fromkeys(names):
            if name is not None:
                groups.setdefault(name, []).append(row)
    return {name: tuple(rows) for name, rows in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))}
