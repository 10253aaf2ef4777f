"""Choose the column of a table that a question asks for, given the row that it names."""

from __future__ import annotations

import re

from qa.answering.questions.asked_terms import WHO
from qa.answering.reading.short_span import CLOCK
from qa.answering.tables.grid import HOW_MANY, NUMBERED, Grid, is_clear
from qa.answering.tables.named_row import NamedRow
from qa.answering.tables.words import ASKS_FOR, name_terms, words_of
from qa.text.dates import is_date
from qa.text.lexicon import is_role, listed
from qa.text.tokens import terms

_INFERRED_SCORE = 0.3
"""Score of a column that the question does not name, but that is the only candidate."""
_OPEN = re.compile(r"\W*(?:who|what|which|when|where|how)\b", re.IGNORECASE)
_WHAT_TO_DO = re.compile(
    r"\bwhat (?:to|(?:should|must|can|do|shall) (?:i|you|we|one)) do\b"
    r"|\bhow (?:do|can|should) (?:i|you|we|one) (?:fix|solve)\b",
    re.IGNORECASE,
)
_HAS_TO_DO = re.compile(
    r"\bwhat (?:is|are|was|were|does|do|did|must|should|shall|will) .+ do$"
    r"|\bwhat (?:is|are) .+ (?:tasks?|jobs?|duty|duties)$",
    re.IGNORECASE,
)
_TASK = re.compile(r"(?:what|tasks?|actions?|jobs?|to[ -]do|duty|duties)(?: items?)?", re.IGNORECASE)
_WHO_DOES = re.compile(
    r"who|persons?|owner|(?:person )?responsible|responsibility|assign(?:ee|ed to)|by whom", re.IGNORECASE
)
_WHEN = re.compile(r"\W*(?:(?:since )?when|(?:on )?(?:which|what) days?)\b", re.IGNORECASE)
_WHERE = re.compile(r"\W*where\b", re.IGNORECASE)
_PEOPLE = listed("member person name guest player candidate performer winner speaker applicant tenant")
_REMEDY = re.compile(r"\b(?:what to do|remed(?:y|ies)|solutions?|actions?|fix)\b", re.IGNORECASE)
_WHAT_IT_MEANS = re.compile(r"\bwhat (?:do|does|did)\b.*\b(?:mean|do)\W*$|\bmeaning of\b", re.IGNORECASE)
_MEANING = re.compile(
    r"\b(?:meanings?|descriptions?|interpretations?|explanations?|definitions?|behaviou?r|effects?|purpose)\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"[\d.,]+")
_HOW_MUCH = re.compile(r"\bhow much\b|\bcosts?\b|\bprices?\b", re.IGNORECASE)


def asked_column(grid: Grid, question: str, asked: set[str], named: NamedRow) -> tuple[float, int] | None:
    """Return (score, column) of the column that the question asks for in a row; None if unclear."""
    others = [index for index in range(len(grid.labels)) if index != named.column]
    naming = [one for one in others if (cell := {*name_terms(_text(grid, named, one))}) and cell <= named.terms]
    found = grid.columns(question, asked - named.terms, but=[named.column, *naming])
    if _OPEN.match(question):
        # "Who wrote the fight song?" is not answered by the column "fight" with yes or no.
        found = [one for one in found if not grid.says_yes_or_no(one[1])]
    if _WHEN.match(question):
        # "When is the grey bin emptied?": the first column says what the rows are.
        found = [one for one in found if one[1] or _may_answer(grid, question, named, one[1])]
    if not found and not grid.priced(named.column) and _HOW_MUCH.search(question):
        priced = [index for index in others if grid.priced(index)]
        found = [(0.6, priced[0])] if len(priced) == 1 else []
    if not found and named.share == 1 and _WHAT_TO_DO.search(question):
        found = [(1.0, index) for index in others if _REMEDY.search(grid.labels[index])]
    if named.share == 1 and _HAS_TO_DO.search(question.rstrip("?. ")):
        found = [(1.0, index) for index in others if _TASK.fullmatch(grid.labels[index])] or found
    if not found and WHO.match(question):
        # "Who rode the horse?" asks neither for its owner nor for its trainer.
        people = [one for one in others if _WHO_DOES.fullmatch(grid.labels[one]) or of_people(grid.labels[one])]
        found = [(1.0, index) for index in people if _WHO_DOES.fullmatch(grid.labels[index]) and len(people) == 1]
    if not found and named.share == 1 and _WHAT_IT_MEANS.search(question):
        found = [(1.0, index) for index in others if _MEANING.search(grid.labels[index])]
    if not found and named.share == 1 and _WHEN.match(question):
        found = [(0.6, index) for index in others if is_date(_text(grid, named, index))]
    if not found and named.share == 1 and named.column == 0:
        some = [index for index in others if grid.label_terms[index] & asked]
        inferred = some if len(some) == 1 else others if len(others) == 1 else []
        score = _INFERRED_SCORE if any(grid.labels) else 1.0
        found = [(score, one) for one in inferred if _may_count(grid, question, named, one)]
    if not found and WHO.match(question) and 0 not in {named.column, *naming} and of_people(grid.labels[0]):
        found = [(0.6, 0)]
    suitable = [one for one in found if _may_answer(grid, question, named, one[1])]
    if not suitable and _WHEN.match(question):
        found = [one for one in found if not _FIGURE.fullmatch(_text(grid, named, one[1]))]
    found = suitable or found
    return found[0] if is_clear(found) else None


def of_people(label: str) -> bool:
    """Return whether a column has the names of people: "Member", "Player name"."""
    words = words_of(label)
    return bool(words) and (is_role(words[0]) or words[0] in _PEOPLE)


def _may_count(grid: Grid, question: str, named: NamedRow, column: int) -> bool:
    """Return whether the table says that a column has the number of the things that a question counts."""
    counted = HOW_MANY.search(question)
    said = f"{grid.labels[column]} {_text(grid, named, column)} {grid.announcement()}"
    return counted is None or bool({*name_terms(counted[1])} & {*name_terms(said)})


def _may_answer(grid: Grid, question: str, named: NamedRow, column: int) -> bool:
    """Return whether a column suits the question word: "Where is the event?" asks for no event."""
    if _WHERE.match(question):
        return bool(grid.label_terms[column] & {*terms(f"place {ASKS_FOR['place']}")})
    text = _text(grid, named, column)
    if _WHEN.match(question):
        return is_date(text) or CLOCK.fullmatch(text) is not None
    return not (WHO.match(question) and NUMBERED.match(text))


def _text(grid: Grid, named: NamedRow, column: int) -> str:
    row = grid.rows[named.index]
    return grid.cell_text(row[column]) if column < len(row) else ""
