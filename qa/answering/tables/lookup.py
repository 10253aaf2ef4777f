"""Look up the cell that a question asks for by row and column, or compute a figure from a column.

A row is named by a cell with all or most of its words in the question; a column by its name, or by what the question
asks for ("how much" a price, "how heavy" a weight). If either is unclear, the reader decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice

from qa.answering.questions.asked_terms import WHO
from qa.answering.questions.superlatives import asked_extreme, is_stated
from qa.answering.tables.asked_column import asked_column, of_people
from qa.answering.tables.computations import SEVERAL, Found, computed, found
from qa.answering.tables.differences import against_plan, asks_against_plan
from qa.answering.tables.grid import Grid
from qa.answering.tables.named_row import NamedRow
from qa.answering.tables.words import excludes, measure_terms, name_terms, names_agent
from qa.documents.tables import Table
from qa.text.dates import with_days_as_words
from qa.text.lexicon import is_only_plural, is_plural
from qa.text.negation import negations
from qa.text.numbers import numbers
from qa.text.tokens import terms
from qa.types import Document, Passage, Span

_MAX_TABLES = 5
_MIN_COVERED_SHARE = 0.5  # of the question's terms in row, column and what announces the table
# Words that name nothing: "takes place", "is supposed to do", "which of the two".
_IDLE = re.compile(
    r"\b(?:(?:takes?|took|taken|taking) place|(?:supposed|expected|meant)(?= to do\b)"
    r"|of (?:the|these) (?:two|three))\b",
    re.IGNORECASE,
)
_ASKING = "how much many does cost list name tell give show value table row column available exist offered sold contain"
_COMPARING = "compare comparison contrast difference differ different versus between which both"


@cache
def asking_terms() -> frozenset[str]:
    """Return the terms of a question that a table need not have."""
    return frozenset(terms(_ASKING)) | comparing_terms()


@cache
def comparing_terms() -> frozenset[str]:
    """Return the terms by which a question asks for a comparison."""
    return frozenset(terms(_COMPARING))


def look_up(question: str, passages: Sequence[Passage], documents: Mapping[str, Document]) -> Found | None:
    """Return the answer of a table near the passages; None if the question names no row and column."""
    best: Found | None = None
    for grid in grids(passages, documents):
        here = _answer(grid, question)
        if here and (best is None or here.score > best.score):
            best = here
    return best


def grids(passages: Sequence[Passage], documents: Mapping[str, Document]) -> Iterator[Grid]:
    """Yield the tables in or next to the passages, in the order of the passages."""
    made = (Grid(document, table) for document, table in islice(_near(passages, documents), _MAX_TABLES))
    return (grid for grid in made if grid.rows)


def _near(passages: Sequence[Passage], documents: Mapping[str, Document]) -> Iterator[tuple[Document, Table]]:
    seen: set[tuple[str, int]] = set()
    for passage in passages:
        document = documents[passage.document_id]
        for table in document.tables:
            # A table next to a passage is introduced by it.
            if (
                table.start <= passage.end + 400
                and passage.start <= table.end
                and (document.id, table.start) not in seen
            ):
                seen.add((document.id, table.start))
                yield document, table


def _answer(grid: Grid, question: str) -> Found | None:
    question = _IDLE.sub("", question)
    asked = {*name_terms(question)}
    named = grid.named_rows(question, asked)
    if asks_against_plan(question):
        return against_plan(grid, question, asked - asking_terms(), named)
    if figure := computed(grid, question, asked - asking_terms(), named):
        return figure
    several = SEVERAL.match(question)
    noun = several[1] if several else ""
    if not named and (several or WHO.match(question)) and (rows := _marked(grid, question, noun, asked)):
        return rows
    if several and (rows := _listed(grid, question, noun, asked, named)):
        return rows
    return _cell(grid, question, asked, named)


def _cell(grid: Grid, question: str, asked: set[str], named: Sequence[NamedRow]) -> Found | None:
    column = asked_column(grid, question, asked, named[0]) if named else None
    if column is None or len(_values_of(grid, column[1], named)) != 1:
        return None
    row = named[0]
    cell = grid.rows[row.index][column[1]]
    stated = f"{grid.labels[column[1]]} {' '.join(map(grid.cell_text, grid.rows[row.index]))}"
    if cell[0] == cell[1] or not is_stated(question, stated):
        return None
    key = grid.rows[row.index][row.column]
    given = _values(question) - _values(grid.cell_text(key)) - _values(grid.labels[column[1]])
    if any(given & _values(grid.cell_text(other)) for other in grid.rows[row.index]):
        # The question states a value of this row itself.
        return None
    wanted = asked - asking_terms()
    missing = wanted - row.terms - {*name_terms(grid.cell_text(key))} - grid.label_terms[column[1]]
    score = column[0] + row.share + 1 - len(missing) / max(1, len(wanted)) + 0.1 * len(row.terms)
    strength = min(column[0], row.share, 1.0)
    missing -= {*name_terms(grid.announcement())} | measure_terms() | grid.label_terms[0]
    # The title of an infobox names what it is about.
    if len(missing) > (1 - _MIN_COVERED_SHARE) * len(wanted) * any(grid.labels):
        return None
    return found(grid, "cell", [cell], [row.index], column[1], score=score, strength=strength, missing=missing)


def _values_of(grid: Grid, column: int, named: Sequence[NamedRow]) -> set[str]:
    """Return the texts of a column in rows: those of all actors of a show tell alike when it ended."""
    return {grid.cell_text(grid.rows[one.index][column]) for one in named if column < len(grid.rows[one.index])}


def _marked(grid: Grid, question: str, noun: str, asked: set[str]) -> Found | None:
    """Return the names of the rows with yes, or no, in a column that the question names: "Who has not paid?".

    The names are in the column of the noun; without one, they are those of people.
    """
    what = {*terms(noun)}
    columns = range(len(grid.labels))
    marks = [
        one for one in columns if grid.label_terms[one] and grid.label_terms[one] <= asked and grid.says_yes_or_no(one)
    ]
    names = [one for one in columns if (what <= grid.label_terms[one] if noun else of_people(grid.labels[one]))]
    if len(marks) != 1 or not names:
        return None
    is_no = excludes(question, grid.labels[marks[0]])
    cells = ((index, row[marks[0]]) for index, row in enumerate(grid.rows) if marks[0] < len(row))
    rows = [index for index, cell in cells if (text := grid.cell_text(cell)) and (text[0] in "nNfF") == is_no]
    known = grid.label_terms[marks[0]] | grid.label_terms[names[0]] | {*name_terms(grid.announcement())}
    return _names(grid, rows, names[0], marks[0], asked - asking_terms() - known) if rows else None


def _listed(grid: Grid, question: str, noun: str, asked: set[str], named: Sequence[NamedRow]) -> Found | None:
    """Return the cells of the column asked for, in the rows that the question names or in all."""
    named = [one for one in named if one.share == 1]
    what = {*terms(noun)}
    columns = (index for index, name in enumerate(grid.label_terms) if what and what <= name)
    column = min(columns, key=lambda index: len(grid.label_terms[index]), default=None)
    if column is None:
        return _with_value(grid, question, noun, asked, named)
    missing = asked - asking_terms() - grid.label_terms[column] - {*name_terms(grid.announcement())}
    if not named and not missing and is_plural(noun.lower()) and asked_extreme(question) is None:
        rows = list(range(len(grid.rows)))
    elif named and named[0].column != column and (len(named) > 1 or is_only_plural(noun.lower())):
        rows = [one.index for one in named]
        missing -= named[0].terms
    else:
        return None
    return _names(grid, rows, column, column, missing)


def _with_value(grid: Grid, question: str, noun: str, asked: set[str], named: Sequence[NamedRow]) -> Found | None:
    """Return the names of the rows with a value that the question names: the bills "paid by" the landlord.

    The heading of the table says what its rows are, or the name of the column of values is in the question.
    """
    if not named or named[0].column == 0 or not is_only_plural(noun.lower()) or negations(question):
        return None
    column = named[0].column
    about = {*name_terms(grid.announcement())}
    label = grid.label_terms[column] | {term for term in asked if names_agent(grid.label_terms[column], {term})}
    missing = asked - asking_terms() - named[0].terms - label - about
    if missing - {*terms(noun)} or not (asked & label or {*terms(noun)} <= about):
        return None
    return _names(grid, [one.index for one in named], 0, column, missing)


def _names(grid: Grid, rows: Sequence[int], names: int, column: int, missing: set[str]) -> Found:
    """Return the cells of the column of names in rows that were found by another column or this one, each text once."""
    cells: dict[str, tuple[int, Span]] = {}
    for index in rows:
        if names < len(grid.rows[index]):
            cell = grid.rows[index][names]
            cells.setdefault(grid.cell_text(cell).casefold(), (index, cell))
    spans, kept = [cell for _, cell in cells.values()], [index for index, _ in cells.values()]
    return found(grid, "rows", spans, kept, column, score=1.5, strength=1.0, missing=missing)


def _values(text: str) -> set[float]:
    return {value for number in numbers(with_days_as_words(text)) for value in number.values}
