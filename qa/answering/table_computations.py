"""Compute what a question asks of a table column: an extreme, a sum, an average, a count, or rows within a limit."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from qa.answering.limits import asked_limit
from qa.answering.table_grid import ASKS_FOR, Grid, NamedRow, is_clear, measure_terms, name_terms
from qa.text.spans import trim
from qa.text.tokens import terms
from qa.types import Span

_MAX_CITED_EXCERPTS = 12
_ADJECTIVES = {
    "cheap": ("price", -1), "expensive": ("price", 1), "dear": ("price", 1), "costly": ("price", 1),
    "heavy": ("weight", 1), "light": ("weight", -1), "tall": ("height", 1), "high": ("height", 1),
    "low": ("height", -1), "long": ("length duration", 1), "short": ("length duration", -1), "old": ("age", 1),
    "young": ("age", -1), "fast": ("speed", 1), "slow": ("speed", -1), "quick": ("speed", 1), "large": ("area", 1),
    "big": ("area", 1), "small": ("area", -1), "deep": ("depth", 1), "great": ("", 1), "most": ("", 1),
    "loud": ("noise", 1), "quiet": ("noise", -1), "least": ("", -1), "few": ("", -1),
    "maximum": ("", 1), "minimum": ("", -1),
}  # fmt: skip
_SUPERLATIVE = re.compile(r"\b(?:most|least|fewest|maximum|minimum|\w{2,}est)\b", re.IGNORECASE)
SEVERAL = re.compile(
    r"\W*(?:which|what|list|name)\s+(?:(?:are|were)\s+)?(?:all\s+)?(?:of\s+)?(?:the\s+)?(\w+)", re.IGNORECASE
)
"""Matches a question for several things; the group is their noun."""
_TOTAL = re.compile(r"\b(?:total|sum|altogether|all together|combined|in total|in all)\b", re.IGNORECASE)
_MEAN = re.compile(r"\b(?:average|mean|on average)\b", re.IGNORECASE)
_MEANS = re.compile(r"\b(?:do|does|did|it|this|that|you)\b.*\bmean\b", re.IGNORECASE)
_COUNT = re.compile(r"\bhow many\b|\bnumber of\b", re.IGNORECASE)

Operation = Literal["cell", "rows", "highest", "lowest", "sum", "average", "count"]


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
    rest : frozenset of str
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
    rest: frozenset[str]


def found(
    grid: Grid,
    operation: Operation,
    value: str,
    cells: Sequence[Span],
    rows: Iterable[int],
    column: int,
    *,
    score: float,
    strength: float,
    rest: Iterable[str],
    compared: int = 0,
) -> Found:
    """Return an answer with the excerpts of its rows."""
    excerpts = grid.excerpts(rows)[:_MAX_CITED_EXCERPTS]
    label = grid.labels[column]
    compared = compared or len(cells)
    return Found(
        grid.document.id, operation, value, tuple(cells), excerpts, label, compared, score, strength, frozenset(rest)
    )


def computed(grid: Grid, question: str, asked: set[str], named: Sequence[NamedRow]) -> Found | None:
    """Return what is computed from a table; None if the question asks for no such thing."""
    if limited := _within_limit(grid, question, asked):
        return limited
    if (superlative := _superlative(question, _names(grid, named))) and (
        most := _extreme(grid, question, asked, *superlative) or _extreme_in_row(grid, asked, *superlative)
    ):
        return most
    if _TOTAL.search(question) or (_MEAN.search(question) and not _MEANS.search(question)):
        exactly = [one for one in named if one.share == 1]
        # A named row means a cell: "the mean leaching under winter rye".
        summed = None if exactly else _aggregate(grid, question, asked)
        if summed:
            return summed
    return _count(grid, question, asked, named) if _COUNT.search(question) else None


def _extreme(grid: Grid, question: str, asked: set[str], word: str, sign: int, means: str) -> Found | None:
    numeric = [index for index in range(len(grid.labels)) if grid.numeric(index)]
    noun = {*name_terms(which[1])} if (which := SEVERAL.match(question.removeprefix("In "))) else set()
    columns = [
        one
        for one in grid.columns(question, asked, measured=True)
        if one[1] in numeric and not (noun and grid.label_terms[one[1]] <= noun)
    ]
    if not means and not columns:
        columns = [(0.5, index) for index in numeric if grid.label_terms[index] & asked]
    if means and not columns:
        meant = {*terms(" ".join(ASKS_FOR[one] for one in means.split()))}
        columns = [(0.8, index) for index in numeric if grid.label_terms[index] & meant]
        if not columns and means == "price":
            columns = [(0.7, index) for index in numeric if grid.priced(index)]
        if not columns and means == "speed":
            columns = [(0.8, index) for index in numeric if grid.takes_time(index)]
    if not is_clear(columns):
        return None
    score, column = columns[0]
    if means == "speed" and grid.takes_time(column):
        # The fastest takes least time.
        sign = -sign
    valued = grid.measures(column)
    if len(valued) < 2:
        return None
    best = max(sign * value for value, _ in valued)
    rows = [index for value, index in valued if sign * value == best]
    answering = [one for one in grid.columns(question, asked, but=[column]) if one[1] not in numeric or one[1] == 0]
    target = answering[0][1] if answering else 0
    if target == column or target >= min(len(grid.rows[index]) for index in rows):
        return None
    known = {*name_terms(f"{word} {grid.announcement()}")} | measure_terms()
    rest = asked - grid.label_terms[column] - grid.label_terms[target] - known
    if len(rows) > 1:
        cells = [grid.rows[index][target] for index in rows]
        names = "\n".join(map(grid.cell_text, cells))
        return found(grid, "rows", names, cells, rows, column, score=score, strength=min(score, 1.0), rest=rest)
    operation: Operation = "highest" if sign > 0 else "lowest"
    cell = grid.rows[rows[0]][target]
    is_noun = noun <= {*name_terms(" ".join([grid.labels[target], *map(grid.cell_text, grid.column(target))]))}
    return found(
        grid, operation, grid.cell_text(cell), [cell], rows, column,
        score=score + is_noun, strength=min(score, 1.0) * (1.0 if is_noun else 0.5), rest=rest, compared=len(valued),
    )  # fmt: skip


def _extreme_in_row(grid: Grid, asked: set[str], word: str, sign: int, means: str) -> Found | None:
    """Return the name of the column with the extreme of a row: "Which model is the cheapest?"."""
    meant = asked | {*terms(" ".join(ASKS_FOR[one] for one in means.split()))}
    rows = [index for index in grid.indices_with(meant, rows=True) if index < len(grid.rows)]
    header = grid.table.header()
    if len(rows) != 1 or len(header) != 1 or len(header[0]) != len(grid.rows[rows[0]]):
        return None
    values = grid.comparable([*enumerate(grid.rows[rows[0]])][1:])
    best = max((sign * value for value, _ in values), default=0.0)
    columns = [column for value, column in values if sign * value == best]
    if len(values) < max(2, len(header[0]) - 1) or len(columns) != 1:
        return None
    name = {*name_terms(grid.cell_text(grid.rows[rows[0]][0]))}
    rest = asked - name - {*name_terms(f"{word} {grid.announcement()} {grid.labels[0]}")} - measure_terms()
    cell = header[0][columns[0]]
    operation: Operation = "highest" if sign > 0 else "lowest"
    most = found(
        grid, operation, grid.cell_text(cell), [cell], rows, 0, score=1.0, strength=1.0, rest=rest, compared=len(values)
    )  # fmt: skip
    names = trim(grid.text, grid.table.start, grid.text.find("\n", header[0][-1][1]))
    return replace(most, excerpts=(names, *most.excerpts))


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
        and (grid.dimension(column) == limit.dimension or limit.dimension in grid.label_terms[column])
    ]
    if len(columns) > 1:
        columns = [index for _, index in grid.columns(question, asked) if index in columns][:1]
    if not columns:
        return None
    rows = [index for value, index in grid.measures(columns[0]) if limit.least <= value <= limit.most]
    if not rows:
        return None
    cells = [grid.rows[index][0] for index in rows]
    known = {*name_terms(f"{question[limit.start : limit.end]} {grid.announcement()}")} | measure_terms()
    rest = asked - grid.label_terms[0] - grid.label_terms[columns[0]] - known
    operation: Operation = "count" if counts else "rows"
    value = str(len(rows)) if counts else "\n".join(map(grid.cell_text, cells))
    return found(grid, operation, value, cells, rows, columns[0], score=2.0, strength=1.0, rest=rest)


def _aggregate(grid: Grid, question: str, asked: set[str]) -> Found | None:
    columns = [one for one in grid.columns(question, asked) if grid.numeric(one[1])]
    if not is_clear(columns):
        return None
    score, column = columns[0]
    indexed = [(index, row[column]) for index, row in enumerate(grid.rows) if column < len(row)]
    valued = [(index, cell, grid.value(cell)) for index, cell in indexed]
    if any(value is None for _, _, value in valued) or len(valued) < 2:
        return None
    if re.match(r"\W*(?:total|sum|average|mean)\b", grid.cell_text(grid.rows[-1][0]), re.IGNORECASE):
        valued = valued[:-1]
    values = [value for _, _, value in valued if value is not None]
    mean = _MEAN.search(question) is not None
    total = sum(values) / len(values) if mean else sum(values)
    cells, rows = [cell for _, cell, _ in valued], [index for index, _, _ in valued]
    rest = asked - grid.label_terms[column]
    operation: Operation = "average" if mean else "sum"
    return found(
        grid, operation, _written(total), cells, rows, column, score=score + 1, strength=min(score, 1.0), rest=rest
    )


def _count(grid: Grid, question: str, asked: set[str], named: Sequence[NamedRow]) -> Found | None:
    counted = re.search(r"(?:how many|number of)\s+(?:of the\s+)?(\w+)", question, re.IGNORECASE)
    what = {*terms(counted[1])} if counted else set()
    whole = re.search(r"\b(?:rows|listed|in the (?:table|list))\b", question, re.IGNORECASE) or (
        asked & grid.label_terms[0] and asked <= grid.label_terms[0] | {*name_terms(grid.announcement())}
    )
    if whole and not named:
        cells = [row[0] for row in grid.rows]
        rows = range(len(cells))
        rest = asked - what
        return found(grid, "count", str(len(cells)), cells, rows, 0, score=1.0, strength=1.0, rest=rest)
    column = next((index for index, name in enumerate(grid.label_terms) if what & name), None)
    if not named or column is None or grid.numeric(column):
        return None
    key = named[0].column
    if key == column or len(named) < 2:
        # The number of a single row may be in a cell.
        return None
    rows_named = [one.index for one in named]
    cells = [grid.rows[index][key] for index in rows_named]
    rest = asked - named[0].terms - grid.label_terms[column]
    return found(grid, "count", str(len(named)), cells, rows_named, key, score=1.5, strength=1.0, rest=rest)


def _names(grid: Grid, named: Sequence[NamedRow]) -> list[str]:
    """Return the words in the names of all columns and of the rows that the question names."""
    cells = [grid.cell_text(grid.rows[one.index][one.column]) for one in named]
    return " ".join([*grid.labels, *cells]).lower().split()


def direction(word: str) -> tuple[str, int] | None:
    """Return (measure, 1 or -1) of an adjective, a comparative or a superlative: "heavier" is more weight."""
    stem = word.removesuffix("est").removesuffix("er")
    forms = (word, stem, stem + "e", stem.removesuffix("i") + "y", stem[:-1])
    return next((_ADJECTIVES[form] for form in forms if form in _ADJECTIVES), None)


def _superlative(question: str, named: Collection[str]) -> tuple[str, int, str] | None:
    """Return (superlative, 1 for most or -1 for least, measure); None without a superlative.

    A superlative that is part of a name in the table does not count: "minimum weight".
    """
    if not re.match(r"\W*(?:which|what|who|whose|in which|on which|the)\b", question, re.IGNORECASE):
        return None
    for asked in _SUPERLATIVE.finditer(question):
        word = asked[0].lower()
        if word in named:
            continue
        if word in {"most", "least"} and (after := re.match(r"\s+(\w+)", question[asked.end() :])):
            adjective = _ADJECTIVES.get(after[1].lower())
            if adjective:
                return f"{word} {after[1]}", adjective[1] * (1 if word == "most" else -1), adjective[0]
        if found_direction := direction(word):
            return word, found_direction[1], found_direction[0]
    return None


def _written(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
