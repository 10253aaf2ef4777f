"""Find the cells of both sides of a comparison in a table with a row or a column for each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from qa.answering.questions.comparison import Compared
from qa.answering.questions.superlatives import direction
from qa.answering.tables.grid import Grid, is_clear
from qa.answering.tables.lookup import comparing_terms, grids
from qa.answering.tables.words import name_terms
from qa.text.lexicon import is_comparative
from qa.types import Document, Passage, Span

_MAX_ATTRIBUTES = 6
_MIN_NAMED_SHARE = 0.6  # of the terms in a row's name
_MIN_COVERED_SHARE = 0.5  # of the question's terms in the table and its announcement; one term may always be missing


@dataclass(frozen=True, slots=True)
class TableSides:
    """The cells of both sides.

    Attributes
    ----------
    document_id : str
    cells : tuple of (str, (int, int))
        Label and span of each cell, attribute by attribute: "PH 1, Height (cm)".
    excerpts : tuple of (int, int)
        Spans of their rows.
    missing : frozenset of str
        Terms of the question that the table does not have.
    name_match : float
        Share of a row's name in the name of its side: the lower of the two.
    order : int or None
        1, 0 or -1 if the first side's value is greater, equal or less; None unless one number of each is compared.
    """

    document_id: str
    cells: tuple[tuple[str, Span], ...]
    excerpts: tuple[Span, ...]
    missing: frozenset[str]
    name_match: float
    order: int | None = None


def table_sides(
    comparison: Compared, passages: Sequence[Passage], documents: Mapping[str, Document]
) -> TableSides | None:
    """Return the cells of the table near the passages that has both sides and most of what is asked about them.

    They are the cells of one attribute if the question names it, else of the first few.
    """
    asked = {*name_terms(comparison.asked)} - comparing_terms()
    best: TableSides | None = None
    for grid in grids(passages, documents):
        found = _rows(grid, comparison, asked) or _columns(grid, comparison, asked)
        if found and (best is None or len(found.missing) < len(best.missing)):
            best = found
    return best


def _rows(grid: Grid, comparison: Compared, asked: set[str]) -> TableSides | None:
    named = [grid.named_rows(side, {*name_terms(side)}) for side in comparison.sides]
    if any(
        # "Thornby" is the row "Thornby Ladies".
        len(rows) != 1 or (rows[0].share < _MIN_NAMED_SHARE and not {*name_terms(side)} <= rows[0].terms)
        for rows, side in zip(named, comparison.sides, strict=True)
    ):
        return None
    one, other = (rows[0] for rows in named)
    if (
        one.index == other.index
        or one.column != other.column
        or not _all_named(grid, comparison, (one.terms, other.terms))
    ):
        return None
    question = f"{comparison.asked} {' '.join(comparison.sides)}"
    columns = grid.columns(question, asked, but=[one.column], measured=True)
    every = [index for index in range(len(grid.labels)) if index != one.column]
    some = [index for index in grid.indices_with(asked, rows=False) if index in every]
    chosen = [columns[0][1]] if is_clear(columns) else (some or every)[:_MAX_ATTRIBUTES]
    cells = []
    for column in chosen:
        for side, index in zip(comparison.sides, (one.index, other.index), strict=True):
            if column < len(grid.rows[index]) and grid.rows[index][column][0] < grid.rows[index][column][1]:
                cells.append((_label(side, grid.labels[column]), grid.rows[index][column]))
    if len(cells) < 2:
        return None
    sides = _found(grid, cells, sorted((one.index, other.index)), asked, min(one.share, other.share))
    # "Which is faster?" is not answered by the other columns.
    measured = any(is_comparative(word) and direction(word) for word in re.findall(r"\w+", comparison.asked.lower()))
    most = 0.0 if measured else max(1.0, (1 - _MIN_COVERED_SHARE) * len(asked))
    if not is_clear(columns) and len(sides.missing) > most:
        return None
    values = {index: value for value, index in grid.measures(chosen[0])} if len(chosen) == 1 else {}
    if one.index in values and other.index in values:
        return replace(sides, order=_order(values[one.index], values[other.index]))
    return sides


def _columns(grid: Grid, comparison: Compared, asked: set[str]) -> TableSides | None:
    indices = []
    for side in comparison.sides:
        words = {*name_terms(side)}
        columns = grid.columns(side, words, but=[0])
        if not is_clear(columns) or (columns[0][0] < 1 and not words <= grid.label_terms[columns[0][1]]):
            return None
        indices.append(columns[0][1])
    if indices[0] == indices[1] or not _all_named(grid, comparison, [grid.label_terms[index] for index in indices]):
        return None
    named = grid.named_rows(comparison.asked, asked)
    some = [named[0].index] if len(named) == 1 else grid.indices_with(asked, rows=True)
    chosen = (some or [*range(len(grid.rows))])[:_MAX_ATTRIBUTES]
    cells = [
        (_label(side, grid.cell_text(grid.rows[index][0])), grid.rows[index][column])
        for index in chosen
        for side, column in zip(comparison.sides, indices, strict=True)
        if column < len(grid.rows[index]) and grid.rows[index][column][0] < grid.rows[index][column][1]
    ]
    if len(cells) < 2:
        return None
    sides = _found(grid, cells, chosen, asked, 1.0)
    values = [value for value, _ in grid.comparable([*enumerate(cell for _, cell in cells)])]
    return replace(sides, order=_order(*values)) if len(chosen) == 1 and len(values) == len(cells) else sides


def _order(first: float, second: float) -> int:
    return (first > second) - (first < second)


def _all_named(grid: Grid, comparison: Compared, named: Sequence[frozenset[str]]) -> bool:
    """Return whether the table has most words of both sides: "gateway 1" is not row 1 of any table."""
    table_terms = frozenset(name_terms(" ".join([*grid.labels, grid.announcement()]))).union(*named)
    for side, name in zip(comparison.sides, named, strict=True):
        words = name | {*name_terms(side)}
        if 2 * len(words - table_terms) >= len(words):
            return False
    return True


def _found(
    grid: Grid, cells: Sequence[tuple[str, Span]], rows: Sequence[int], asked: set[str], named: float
) -> TableSides:
    known = frozenset(name_terms(" ".join([grid.announcement(), *(label for label, _ in cells)])))
    return TableSides(grid.document.id, tuple(cells), grid.excerpts(rows), frozenset(asked - known), named)


def _label(side: str, attribute: str) -> str:
    return f"{side}, {attribute}" if attribute else side
