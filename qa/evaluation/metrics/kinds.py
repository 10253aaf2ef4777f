"""Measures of single kinds of questions: lists, yes or no, comparisons and cells of tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from qa.evaluation.datasets.answers import contains_answer
from qa.evaluation.datasets.types import Evidence, Question
from qa.evaluation.metrics.retrieval import touches
from qa.evaluation.metrics.squad import exact_match
from qa.types import Document, JSONObject, Kind

ITEMS = "items"
"""Column of a question set that lists what a complete answer names."""
FACTS = "facts"
"""Column of a question set that lists the accepted facts."""

_POLARITY = re.compile(r"\s*(yes|no)\s*(?:[.,;:!\u2013\u2014-]|$)", re.IGNORECASE)
_BETWEEN_ITEMS = re.compile(r"\s*[;\n]\s*|\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+&\s+")


def expected_kind(question: Question) -> Kind:
    """Return the kind in the set's column "kind", if it is one of `qa.types.Kind`; else the kind by wording."""
    from qa.answering.questions.kinds import classify

    named: Any = question.extra.get("kind")
    return named if named in get_args(Kind) else classify(question.question).kind


def polarity(texts: Sequence[str]) -> str | None:
    """Return "yes" or "no" if all the texts that begin with one of these words begin with the same; else None."""
    found = {match[1].lower() for match in map(_POLARITY.match, texts) if match}
    return found.pop() if len(found) == 1 else None


def given_polarity(prediction: JSONObject) -> str | None:
    """Return the "yes" or "no" that an answer as JSON begins with; None if it begins with neither."""
    if prediction["abstained"]:
        return None
    return polarity([prediction.get("lead") or ""]) or polarity([prediction["answer"] or ""])


def kind_measures(
    question: Question, prediction: JSONObject, cited: Sequence[Evidence], documents: Mapping[str, Document]
) -> dict[str, Any]:
    """Return the measures that apply to a question of its kind, by attribute of `QuestionScore`.

    The prediction is an answer as JSON; `cited` has the spans of its citations.

    Returns
    -------
    dict
        "item_recall": share of the items that the answer names, where the items are known: from the set's column
        "items", or as the parts of an accepted answer to a question for a list.

        "polarity_given" and "polarity_right": whether the answer begins with yes or no, and whether with the right one
        (None if with neither), where the accepted answers begin with yes or no.

        "both_sides": whether citations overlap every span of the evidence, for comparisons with two spans or more.

        "cell_exact": whether the answer is an accepted one in SQuAD's normal form, where the evidence is in tables or
        the column "kind" is "table".
    """
    if not question.answerable:
        return {}
    found: dict[str, Any] = {}
    answer = prediction["answer"] or ""
    if items := _items(question):
        found["item_recall"] = sum(contains_answer(answer, [item]) for item in items) / len(items)
    if wanted := polarity(question.answers):
        given = given_polarity(prediction)
        found |= {"polarity_given": given is not None, "polarity_right": None if given is None else given == wanted}
    if len(question.evidence) > 1 and expected_kind(question) == "comparison":
        found["both_sides"] = all(touches(side, cited) for side in question.evidence)
    if question.answers and _asks_for_cell(question, documents):
        # The highlighted words of a row are its cell.
        short = prediction.get("short") or answer
        found["cell_exact"] = bool(max(exact_match(text, question.answers) for text in (short, answer)))
    return found


def facts_of(question: Question) -> list[list[str]]:
    """Return the facts that a right answer states, each as a list of accepted wordings.

    From the column "facts", a list of strings or of lists of wordings; else the items of a list, or the accepted
    answers as wordings of one. Empty for yes and no, and where the set has no answers.
    """
    column = question.extra.get(FACTS)
    if isinstance(column, list):
        wordings = [one if isinstance(one, list) else [one] for one in column]
        facts = [[text for text in fact if isinstance(text, str) and text.strip()] for fact in wordings]
        return [fact for fact in facts if fact]
    if not question.answerable or not question.answers or polarity(question.answers):
        return []
    return [[item] for item in _items(question)] or [list(question.answers)]


def _items(question: Question) -> list[str]:
    """Return the items of a complete answer: the column "items", or the parts of an answer to a list question."""
    column = question.extra.get(ITEMS)
    if isinstance(column, list):
        return [item for item in column if isinstance(item, str) and item.strip()]
    parted = [[part for part in _BETWEEN_ITEMS.split(answer) if part] for answer in question.answers]
    most = max(parted, key=len, default=[])
    return most if len(most) > 1 and expected_kind(question) == "list" else []


def _asks_for_cell(question: Question, documents: Mapping[str, Document]) -> bool:
    if question.extra.get("kind") == "table":
        return True
    named = [(documents.get(span.document), span.start) for span in question.evidence]
    return bool(named) and all(
        document is not None and document.tables.at(start) is not None for document, start in named
    )
