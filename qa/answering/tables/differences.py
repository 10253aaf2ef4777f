"""Compare plan and outcome in the rows of a table: which lines are over budget, and by how much."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.answering.questions.superlatives import extremes
from qa.answering.tables.computations import Found, Operation, found, written
from qa.answering.tables.grid import Grid
from qa.answering.tables.named_row import NamedRow
from qa.answering.tables.words import name_terms
from qa.text.dates import YEAR

_PLANS = "budget|plan|estimate|target|forecast"
_AGAINST_PLAN = re.compile(
    rf"\b(?:(?P<over>over|above|exceed\w*)|under|below)\s+(?:(?:the|its|their)\s+)?(?P<plan>{_PLANS})s?\b"
    r"|\b(?:(?P<overspent>over-?(?:sp[ae]n[dt]|ran|run))|under-?sp[ae]n[dt])\b",
    re.IGNORECASE,
)
_PLANNED = re.compile(rf"\b(?:{_PLANS})", re.IGNORECASE)
_ACTUAL = re.compile(
    r"\b(?:actual\w*|spen[dt]\w*|costs?|used|so far|to date|real|results?|achieved|sold)\b", re.IGNORECASE
)
_WHICH = re.compile(r"\W*(?:which|what|list|name)\b", re.IGNORECASE)
_HOW_MUCH = re.compile(r"\W*(?:by )?how (?:much|far)\b", re.IGNORECASE)
_YEAR = re.compile(rf"\b{YEAR}\b")
_SCORE = 5.0  # higher than that of any cell
# Words of a question that need not be in the table.
_KNOWN = "go went gone run ran come came stay far most least furthest now item line thing post category"


def asks_against_plan(question: str) -> bool:
    """Return whether a question asks for what is over or under a budget, plan, target and so on."""
    return _AGAINST_PLAN.search(question) is not None


def against_plan(grid: Grid, question: str, asked: set[str], named: Sequence[NamedRow]) -> Found | None:
    """Return the rows over or under plan, the one furthest from it, or how far a named row is.

    None if the table has no column for the plan, and one in the same unit for the outcome, or no such row.
    """
    compared, columns = _AGAINST_PLAN.search(question), _plan_and_outcome(grid, question)
    if compared is None or columns is None:
        return None
    plan, outcome = columns
    sign = 1 if compared["over"] or compared["overspent"] else -1
    planned = {index: value for value, index in grid.measures(plan)}
    apart = {index: sign * (value - planned[index]) for value, index in grid.measures(outcome) if index in planned}
    rows = [index for index, value in apart.items() if value > 0]
    missing = asked - {*name_terms(f"{compared[0]} {_KNOWN} {grid.announcement()} {' '.join(grid.labels)}")}
    operation: Operation = "rows"
    if _HOW_MUCH.match(question):
        operation, one = "difference", [one for one in named if one.share == 1 and one.column == 0]
        rows = [one[0].index] if len(one) == 1 and one[0].index in rows else []
        missing -= one[0].terms if rows else set()
    elif not _WHICH.match(question) or missing:
        rows = []
    elif rows and any(extremes(question)):
        operation, rows = "highest", [max(rows, key=apart.__getitem__)]
    if not rows or (compared["plan"] and compared["plan"].lower() not in grid.labels[plan].lower()):
        return None
    cells, value, compared_rows = [grid.rows[index][0] for index in rows], "", len(apart)
    if operation == "difference":
        cells = [grid.rows[rows[0]][column] for column in (plan, outcome)]
        value, compared_rows = written(apart[rows[0]]), 1
    return found(
        grid, operation, cells, rows, outcome,
        value=value, score=_SCORE, strength=1.0, missing=missing, compared=compared_rows,
        label=f"{grid.labels[outcome]} \u2212 {grid.labels[plan]}",
    )  # fmt: skip


def _plan_and_outcome(grid: Grid, question: str) -> tuple[int, int] | None:
    asked = {*_YEAR.findall(question)}
    years = [{*_YEAR.findall(label)} for label in grid.labels]
    # "Budget 2025" is not asked for by "over budget in 2024".
    numeric = [
        index
        for index in range(1, len(grid.labels))
        if grid.numeric(index) and (not asked or not years[index] or asked & years[index])
    ]
    plans = [index for index in numeric if _PLANNED.search(grid.labels[index])]
    others = [index for index in numeric if index not in plans]
    outcomes = [index for index in others if _ACTUAL.search(grid.labels[index])] or others
    if len(plans) != 1 or len(outcomes) != 1 or grid.dimension(plans[0]) != grid.dimension(outcomes[0]):
        return None
    return plans[0], outcomes[0]
