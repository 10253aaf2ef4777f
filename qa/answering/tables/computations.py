"""Compute what a question asks of a table column: an extreme, a sum, an average, a count, or rows within a limit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from qa.answering.questions.limits import asked_limit
from qa.answering.questions.superlatives import TOTAL, asked_extreme
from qa.answering.tables.grid import Grid, is_clear
from qa.answering.tables.named_row import NamedRow
from qa.answering.tables.words import ASKS_FOR, measure_terms, name_terms, words_of
from qa.text.spans import trim
from qa.text.tokens import terms
from qa.types import Span

_MAX_CITED_EXCERPTS = 12
SEVERAL = re.compile(
    r"\W*(?:which|what|list|name)\s+(?:(?:are|were)\s+)?(?:all\s+)?(?:of\s+)?(?:the\s+)?(\w+)", re.IGNORECASE
)
"""Matches a question for several things; the group is their noun."""
_MEAN = re.compile(r"\b(?:average|mean|on average)\b", re.IGNORECASE)
_MEANS = re.compile(r"\b(?:do|does|did|it|this|that|you)\b.*\bmean\b", re.IGNORECASE)
_ASKS_WHEN = re.compile(r"\W*(?:when|(?:(?:in|on)\s+)?(?:which|what)\s+(?:year|date|day|month))\b", re.IGNORECASE)
_FIRST_PREPOSITION = re.compile(r"\W*(?:in|on|at|for|with|by)\s+(?=which\b|what\b)", re.IGNORECASE)
_COUNT = re.compile(r"\bhow many\b|\bnumber of\b", re.IGNORECASE)

Operation = Literal["cell", "rows", "highest", "lowest", "sum", "average", "count", "difference"]


@dataclass(frozen=True, slots=True)
class Found:
    """An answer from a table.

    Attributes
    ----------
    document_id : str
    operation : str
        "cell" is looked up, "rows" are the names of several rows, the others are computed.
    value : str
        The answer.
    cells : tuple of (int, int)
        Spans of the cells that contain it, or from which it is computed.
    excerpts : tuple of (int, int)
        Spans of their rows; adjacent rows are merged.
    column : str
        Name of their column.
    compared : int
        Number of rows it is computed from.
    score : float
        How well the question names them; higher is better.
    strength : float
        The lower of how well it names the row and the column, 0 to 1.
    missing : frozenset of str
        Terms of the question that row and column do not have.
    """

    document_id: str
    operation: Operation
    value: str
    cells: tuple[Span, ...]
    excerpts: tuple[Span, ...]
    column: str
    compared: int
    score: float
    strength: float
    missing: frozenset[str]


def found(
    grid: Grid,
    operation: Operation,
    cells: Sequence[Span],
    rows: Iterable[int],
    column: int,
    *,
    value: str = "",
    score: float,
    strength: float,
    missing: Iterable[str],
    compared: int = 0,
    label: str = "",
) -> Found:
    """Return an answer with the excerpts of its rows; by default its value is the text of the cells."""
    excerpts = grid.excerpts(rows)[:_MAX_CITED_EXCERPTS]
    value = value or "\n".join(map(grid.cell_text, cells))
    label = label or grid.labels[column]
    compared = compared or len(cells)
    return Found(
        grid.document.id, operation, value, tuple(cells), excerpts, label, compared, score, strength, frozenset(missing)
    )


def computed(grid: Grid, question: str, asked: set[str], named: Sequence[NamedRow]) -> Found | None:
    """Return what is computed from a table; None if the question asks for no such thing."""
    if limited := _within_limit(grid, question, asked):
        return limited
    # A named row means a cell: "the mean leaching under winter rye", "the maximum weight in Business".
    exactly = [one for one in named if one.share == 1]
    superlative = asked_extreme(question, _names(grid, named))
    if superlative and not (len(exactly) == 1 and _measured_word(question, superlative[0])):
        most = _extreme(grid, question, asked, *superlative) or _extreme_in_row(grid, question, asked, *superlative)
        if most:
            return most
    if TOTAL.search(question) or (_MEAN.search(question) and not _MEANS.search(question)):
        summed = None if exactly else _aggregate(grid, question, asked)
        if summed:
            return summed
    return _count(grid, question, asked, named) if _COUNT.search(question) else None


def _extreme(grid: Grid, question: str, asked: set[str], word: str, sign: int, measure: str) -> Found | None:
    which = SEVERAL.match(_FIRST_PREPOSITION.sub("", question))
    noun = {*name_terms(which[1])} if which else set()
    numeric = [index for index in range(len(grid.labels)) if grid.numeric(index) or grid.dated(index)]
    others = [index for index in numeric if not (grid.label_terms[index] and grid.label_terms[index] <= noun)]
    columns = _measuring(grid, question, asked, measure, others)
    if not is_clear(columns):
        return None
    score, column = columns[0]
    dated = grid.dated(column)
    if (measure == "speed" and grid.takes_time(column)) or (measure == "age" and dated):
        # The fastest takes least time, and the oldest was built first.
        sign = -sign
    valued = grid.dates(column) if dated else grid.measures(column)
    best = max((sign * value for value, _ in valued), default=0.0)
    rows = [index for value, index in valued if sign * value == best]
    target = _target(grid, question, asked, word, column, numeric)
    if len(valued) < 2 or target is None or target >= min(len(grid.rows[index]) for index in rows):
        return None
    known = {*name_terms(f"{word} {grid.announcement()}")} | measure_terms()
    missing = asked - grid.label_terms[column] - grid.label_terms[target] - known
    if len(rows) > 1:
        cells = [grid.rows[index][target] for index in rows]
        return found(grid, "rows", cells, rows, column, score=score, strength=min(score, 1.0), missing=missing)
    operation: Operation = "highest" if sign > 0 else "lowest"
    cell = grid.rows[rows[0]][target]
    is_noun = noun <= {*name_terms(" ".join([grid.labels[target], *map(grid.cell_text, grid.column(target))]))}
    return found(
        grid, operation, [cell], rows, column,
        score=score + is_noun, strength=min(score, 1.0) * (1.0 if is_noun else 0.5), missing=missing,
        compared=len(valued),
    )  # fmt: skip


def _measuring(
    grid: Grid, question: str, asked: set[str], measure: str, numeric: Sequence[int]
) -> list[tuple[float, int]]:
    """Return (score, column) of the numeric columns named in the question, or else of those of the measure meant."""
    columns = [one for one in grid.columns(question, asked, measured=True) if one[1] in numeric]
    if _ASKS_WHEN.match(question) and measure != "age":
        # "When was the rent highest?" does not ask for the latest date.
        columns = [
            one for one in columns if not (grid.dated(one[1]) or grid.label_terms[one[1]] <= {*terms(ASKS_FOR["year"])})
        ]
    if measure == "age":
        aged = {*terms(ASKS_FOR["age"])}
        columns = [one for one in columns if grid.dated(one[1]) or grid.label_terms[one[1]] & aged]
    if columns:
        # "Goals for" and "Goals against" are both goals.
        first = grid.label_terms[columns[0][1]]
        whole = " ".join(words_of(grid.labels[columns[0][1]])) in " ".join(words_of(question))
        alike = any(first <= grid.label_terms[index] for index in numeric if index != columns[0][1])
        return columns if whole or not alike else []
    if not measure:
        return [(0.5, index) for index in numeric if grid.label_terms[index] & asked]
    meant = {*terms(" ".join(ASKS_FOR[one] for one in measure.split()))}
    columns = [(0.8, index) for index in numeric if grid.label_terms[index] & meant]
    if not columns and measure == "area":
        columns = [(0.8, index) for index in numeric if grid.label_terms[index] & {*terms("diameter")}]
    if not columns and measure == "price":
        columns = [(0.7, index) for index in numeric if grid.priced(index)]
    if not columns and measure == "speed":
        columns = [(0.8, index) for index in numeric if grid.takes_time(index) or grid.per_time(index)]
    if not columns and measure == "age":
        columns = [(0.8, index) for index in numeric if grid.begun(index)]
    return columns


def _target(grid: Grid, question: str, asked: set[str], word: str, column: int, numeric: Sequence[int]) -> int | None:
    """Return the column that answers the question; None if it cannot.

    It is the measured one for "What is the highest fee?", else one named in the question, else the first.
    """
    when = _ASKS_WHEN.match(question) is not None
    measured = {*name_terms(_measured_word(question, word))}
    if (when and grid.dated(column)) or measured & grid.label_terms[column]:
        return column
    named = (index for _, index in grid.columns(question, asked, but=[column]))
    target = next((one for one in named if one not in numeric or one == 0 or (when and grid.dated(one))), 0)
    suits = not when or grid.dated(target) or grid.label_terms[target] & {*terms(ASKS_FOR["year"])}
    return target if suits and target != column else None


def _measured_word(question: str, word: str) -> str:
    """Return "fee" of "What is the highest fee?", where `word` is "highest"; "" for other questions."""
    measured = re.match(rf"\W*what\s+(?:is|was)\s+the\s+{word}\s+(\w+)", question, re.IGNORECASE)
    return measured[1] if measured else ""


def _extreme_in_row(grid: Grid, question: str, asked: set[str], word: str, sign: int, measure: str) -> Found | None:
    """Return the name of the column with the extreme of a row: "Which model is the cheapest?"."""
    which = SEVERAL.match(question)
    # "Which officer" does not name the row "Office".
    meant = asked - {*name_terms(which[1] if which else "")} | {
        *terms(" ".join(ASKS_FOR[one] for one in measure.split()))
    }
    rows = [index for index in grid.indices_with(meant, rows=True) if index < len(grid.rows)]
    header = grid.table.header()
    if len(rows) != 1 or len(header) != 1 or len(header[0]) != len(grid.rows[rows[0]]):
        return None
    # "What is the maximum weight in Business?" asks for a cell of the column "Weight".
    if any(label & asked for label in grid.label_terms[1:]):
        return None
    values = grid.comparable([*enumerate(grid.rows[rows[0]])][1:])
    best = max((sign * value for value, _ in values), default=0.0)
    columns = [column for value, column in values if sign * value == best]
    if len(values) < max(2, len(header[0]) - 1) or len(columns) != 1:
        return None
    row = grid.cell_text(grid.rows[rows[0]][0])
    # If nothing says what the columns are, it is what the question calls them.
    of_columns = grid.labels[0] or (which[1] if which else "")
    missing = asked - {*name_terms(f"{row} {word} {grid.announcement()} {of_columns}")} - measure_terms()
    cell = header[0][columns[0]]
    operation: Operation = "highest" if sign > 0 else "lowest"
    most = found(grid, operation, [cell], rows, 0, score=1.0, strength=1.0, missing=missing, compared=len(values))
    names = trim(grid.text, grid.table.start, grid.text.find("\n", header[0][-1][1]))
    return replace(most, column=row, excerpts=(names, *most.excerpts))


def _within_limit(grid: Grid, question: str, asked: set[str]) -> Found | None:
    """Return the rows within a limit, or their number: "Which models cost less than 150 euros?"."""
    limit = asked_limit(question)
    counts = _COUNT.search(question) is not None
    if limit is None or not (counts or SEVERAL.match(question)):
        return None
    columns = [
        column
        for column in range(1, len(grid.labels))
        if grid.numeric(column)
        and (
            grid.dimension(column) == limit.dimension
            or limit.dimension in grid.label_terms[column]
            or grid.unit(column)[0] == limit.dimension
        )
    ]
    if len(columns) > 1:
        columns = [index for _, index in grid.columns(question, asked) if index in columns][:1]
    if not columns:
        return None
    size = grid.unit(columns[0])[1]
    rows = [index for value, index in grid.measures(columns[0]) if limit.least <= value * size <= limit.most]
    if not rows:
        return None
    cells = [grid.rows[index][0] for index in rows]
    known = {*name_terms(f"{question[limit.start : limit.end]} {grid.announcement()}")} | measure_terms()
    missing = asked - grid.label_terms[0] - grid.label_terms[columns[0]] - known
    operation: Operation = "count" if counts else "rows"
    value = str(len(rows)) if counts else ""
    return found(grid, operation, cells, rows, columns[0], value=value, score=2.0, strength=1.0, missing=missing)


def _aggregate(grid: Grid, question: str, asked: set[str]) -> Found | None:
    columns = [one for one in grid.columns(question, asked) if grid.numeric(one[1])]
    if not is_clear(columns):
        return None
    score, column = columns[0]
    indexed = [(index, row[column]) for index, row in enumerate(grid.rows) if column < len(row)]
    valued = [(index, cell, grid.value(cell)) for index, cell in indexed]
    if any(value is None for _, _, value in valued) or len(valued) < 2:
        return None
    valued = [one for one in valued if not grid.is_total(one[0])]
    values = [value for _, _, value in valued if value is not None]
    mean = _MEAN.search(question) is not None
    total = sum(values) / len(values) if mean else sum(values)
    cells, rows = [cell for _, cell, _ in valued], [index for index, _, _ in valued]
    words = " ".join(one[0] for pattern in (TOTAL, _MEAN) for one in pattern.finditer(question))
    missing = asked - grid.label_terms[column] - {*name_terms(f"{words} {grid.announcement()}")}
    operation: Operation = "average" if mean else "sum"
    return found(
        grid,
        operation,
        cells,
        rows,
        column,
        value=written(total),
        score=score + 1,
        strength=min(score, 1.0),
        missing=missing,
    )


def _count(grid: Grid, question: str, asked: set[str], named: Sequence[NamedRow]) -> Found | None:
    counted = re.search(r"(?:how many|number of)\s+(?:of the\s+)?(\w+)", question, re.IGNORECASE)
    what = {*terms(counted[1])} if counted else set()
    whole = re.search(r"\b(?:rows|listed|in the (?:table|list))\b", question, re.IGNORECASE) or (
        not grid.numeric(0)
        and asked & grid.label_terms[0]
        and asked <= grid.label_terms[0] | {*name_terms(grid.announcement())}
    )
    if whole and not named:
        cells = [row[0] for row in grid.rows]
        rows = range(len(cells))
        missing = asked - what
        return found(grid, "count", cells, rows, 0, value=str(len(cells)), score=1.0, strength=1.0, missing=missing)
    column = next((index for index, name in enumerate(grid.label_terms) if what & name), None)
    if not named or column is None or grid.numeric(column):
        return None
    key = named[0].column
    if key == column or len(named) < 2:
        # The number of a single row may be in a cell.
        return None
    rows_named = [one.index for one in named]
    cells = [grid.rows[index][key] for index in rows_named]
    missing = asked - named[0].terms - grid.label_terms[column]
    return found(grid, "count", cells, rows_named, key, value=str(len(named)), score=1.5, strength=1.0, missing=missing)


def _names(grid: Grid, named: Sequence[NamedRow]) -> list[str]:
    """Return the words in the names of all columns and of the rows that the question names."""
    cells = [grid.cell_text(grid.rows[one.index][one.column]) for one in named]
    return " ".join([*grid.labels, *cells]).lower().split()


def written(value: float) -> str:
    """Return a computed figure as text."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
