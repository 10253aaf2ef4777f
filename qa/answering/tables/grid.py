"""A table whose rows and columns can be looked up by the words of a question."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from qa.answering.questions.limits import quantities
from qa.answering.reading.short_span import CLOCK
from qa.answering.tables.words import ASKS_FOR, WORD, excludes, is_another_number, meant_terms, name_terms, words_of
from qa.documents.structure import blocks, heading_span
from qa.documents.tables import Table
from qa.text.dates import calendar_key, is_date, with_days_as_words
from qa.text.lexicon import is_only_plural, listed
from qa.text.lines import one_line
from qa.text.numbers import numbers
from qa.text.spans import trim
from qa.text.tokens import terms
from qa.types import Document, Span

_MAX_CELLS = 10_000  # a larger table is left to the reader
_MIN_NUMERIC_SHARE = 0.8  # of the cells of a numeric column
_CHARACTERS_BEFORE = 1_500  # in which the headings of a table are looked for
_MIN_NAME_SHARE = 0.5  # of a name's terms in the question
_INFERRED_SCORE = 0.3
"""Score of a column that the question does not name, but that is the only candidate."""
_WHICH = re.compile(r"\b(?:which|what|whose)\s+(?!is\b|was\b|are\b|were\b|does\b|do\b|did\b)(\w+)", re.IGNORECASE)
_HEAD = re.compile(r"\b(?:what|how much) (?:is|was|are|were) the (\w+)", re.IGNORECASE)
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
_WHO = re.compile(r"\W*who\b", re.IGNORECASE)
_WHO_DOES = re.compile(
    r"who|persons?|owner|(?:person )?responsible|responsibility|assign(?:ee|ed to)|by whom", re.IGNORECASE
)
_WHEN = re.compile(r"\W*(?:when|(?:on )?(?:which|what) days?)\b", re.IGNORECASE)
_REMEDY = re.compile(r"\b(?:what to do|remed(?:y|ies)|solutions?|actions?|fix)\b", re.IGNORECASE)
_WHAT_IT_MEANS = re.compile(r"\bwhat (?:do|does|did)\b.*\b(?:mean|do)\W*$|\bmeaning of\b", re.IGNORECASE)
_MEANING = re.compile(
    r"\b(?:meanings?|descriptions?|interpretations?|explanations?|definitions?|behaviou?r|effects?|purpose)\b",
    re.IGNORECASE,
)
_STARTS = re.compile(r"[^\w\s]{0,3}\s?\d")
_MONEY = re.compile(r"[$\u20ac\u00a3]|\b(?:euros?|dollars?|pounds?)\b", re.IGNORECASE)
_HOW_MANY = re.compile(r"\bhow many\s+(\w+)", re.IGNORECASE)
_HOW_MUCH = re.compile(r"\bhow much\b|\bcosts?\b|\bprices?\b", re.IGNORECASE)
# What follows a name: "Large dog, over 25 kg", "Evening (from 17.30)", "Child 4-15".
_DETAIL = re.compile(r"\s*[,(;:*/]|\s+\d+\s?[-\u2013]\s?\d")
_CONDITION = re.compile(r"\s+at\s+(?=\d)")  # "Range at 90 km/h" is also a range
_TOTAL_ROW = re.compile(r"[*_]*(?:(?:grand |sub)?totals?|sum|average|mean|overall)\b", re.IGNORECASE)
_PER_TIME = re.compile(r"\w/(?:s|sec|min|h|hr)\b|\bper (?:second|minute|hour)\b|\b(?:mph|[kmg]bps)\b", re.IGNORECASE)
BEGUN = listed(
    "founded built opened established born since started launched created introduced completed year date released "
    "constructed erected"
)
"""Names of a column of dates that tell the age."""
_CONTROL = "control none placebo baseline untreated"
_FIRST_NAME = re.compile(r"[A-Z]\w{2,}(?=\s)")
_TIME_UNIT = re.compile(r"[(\[](?:m?s|secs?|mins?|h|hrs?)[)\]]")


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A row that a question names: its index, and the column and terms of the cell that names it.

    `share` is the share of the name that is in the question.
    """

    index: int
    column: int
    terms: frozenset[str]
    share: float = 1.0


class Grid:
    """A table with the terms of its column names; without rows if it is too large or has no header."""

    def __init__(self, document: Document, table: Table) -> None:
        self.text = document.text
        self.document = document
        self.table = table
        # An infobox has no column names.
        self.labels = ("", "") if table.named_rows else table.columns
        most = _MAX_CELLS // max(1, len(self.labels))
        rows = list(islice(table.rows(), most + 1))
        self.rows = [row for row in rows if sum(a < b for a, b in row) > 1] if len(rows) <= most else []
        self._numeric: dict[int, bool] = {}
        self.label_terms = [frozenset(name_terms(label)) for label in self.labels]
        width = len(self.labels)
        if not width or any(len(row) > width for row in self.rows):
            self.rows = []

    def cell_text(self, cell: Span) -> str:
        """Return the text of a cell on one line."""
        return one_line(self.text[slice(*cell)])

    def column(self, index: int) -> list[Span]:
        """Return the non-empty cells of a column."""
        return [row[index] for row in self.rows if index < len(row) and row[index][0] < row[index][1]]

    def value(self, cell: Span) -> float | None:
        """Return the first number in a cell."""
        found = numbers(re.sub(r"(?<=\d)[\u00a0\u202f ](?=\d{3}\b)", ",", self.cell_text(cell)))
        return found[0].values[0] if found else None

    def measure(self, cell: Span) -> tuple[str, float] | None:
        """Return (dimension, value in its base unit) of the quantity in a cell such as "1 h 30 min"."""
        text = re.sub(r"(?<=\d)[\u00a0\u202f ](?=\d{3}\b)", ",", self.cell_text(cell))
        found = list(quantities(text))
        if not found or len({one.dimension for one in found}) > 1:
            value = self.value(cell)
            return None if value is None else ("", value)
        # "2 h 20 min" is one duration, but "5-8 kg" a range.
        values = [one.least for one in found if not one.is_limit]
        together = sum(values) if found[0].dimension == "time" else values[0] if values else found[0].least
        return found[0].dimension, together

    def measures(self, column: int) -> list[tuple[float, int]]:
        """Return (value, row) of the cells with a number, in the base unit if most have the same dimension."""
        rows = [index for index, row in enumerate(self.rows) if column < len(row) and not self.is_total(index)]
        return self.comparable([(index, self.rows[index][column]) for index in rows])

    def is_total(self, row: int) -> bool:
        """Return whether a row sums up the others: "Total" anywhere, or "Total in euros" as the last."""
        name = self.cell_text(self.rows[row][0])
        found = _TOTAL_ROW.match(name)
        return found is not None and (row == len(self.rows) - 1 or not name[found.end() :].strip("*_: "))

    def dates(self, column: int) -> list[tuple[float, int]]:
        """Return (sortable value, row) of the cells of a column of dates."""
        found = [
            (calendar_key(self.cell_text(row[column])), index) for index, row in enumerate(self.rows) if row[column:]
        ]
        return [(400 * key[0] + 32 * key[1] + key[2], index) for key, index in found if key]

    def dated(self, column: int) -> bool:
        """Return whether all cells of a column are dates, all or none of them with a year."""
        keys = [calendar_key(self.cell_text(cell)) for cell in self.column(column)]
        return bool(keys) and None not in keys and len({key[0] > 0 for key in keys if key}) == 1

    def begun(self, column: int) -> bool:
        """Return whether a column says when each row was founded, built or born."""
        return bool({*words_of(self.labels[column])} & BEGUN) and self.dated(column)

    def per_time(self, column: int) -> bool:
        """Return whether a column contains rates such as "MB/s"."""
        texts = [self.labels[column], *map(self.cell_text, self.column(column)[:1])]
        return any(map(_PER_TIME.search, texts))

    def comparable(self, cells: Sequence[tuple[int, Span]]) -> list[tuple[float, int]]:
        """Return (value, index) of the cells with a number, without those that are not of most cells' dimension."""
        found = [(one, index) for index, cell in cells if (one := self.measure(cell)) is not None]
        for dimension, count in Counter(dimension for (dimension, _), _ in found).most_common(1):
            if 2 * count > len(found):
                return [(value, index) for (of, value), index in found if of in {dimension, ""}]
        return [(value, index) for index, cell in cells if (value := self.value(cell)) is not None]

    def dimension(self, column: int) -> str:
        """Return the dimension that all quantities in a column have; empty if they differ."""
        found = {one[0] for cell in self.column(column) if (one := self.measure(cell))}
        return found.pop() if len(found) == 1 else ""

    def takes_time(self, column: int) -> bool:
        """Return whether a column contains durations, as its name or the unit of its cells says."""
        named = self.label_terms[column]
        return not (named & {*terms(ASKS_FOR["speed"])} or self.per_time(column)) and (
            bool(named & {*terms(ASKS_FOR["duration"])})
            or _TIME_UNIT.search(self.labels[column]) is not None
            or self.dimension(column) == "time"
        )

    def numeric(self, column: int) -> bool:
        """Return whether most cells of a column start with a number."""
        if column not in self._numeric:
            numbered = [_STARTS.match(self.cell_text(cell)) is not None for cell in self.column(column)]
            self._numeric[column] = bool(numbered) and sum(numbered) >= _MIN_NUMERIC_SHARE * len(numbered)
        return self._numeric[column]

    def priced(self, column: int) -> bool:
        """Return whether all cells of a column are amounts of money."""
        cells = self.column(column)
        return bool(cells) and all(_MONEY.search(self.cell_text(cell)) for cell in cells)

    def announcement(self) -> str:
        """Return what says what the table is about: the title, the headings above and the line before."""
        start = max(0, self.table.start - _CHARACTERS_BEFORE)
        start = self.text.find("\n", start, self.table.start) + 1 if start else 0
        near: list[tuple[int, str]] = []
        line = ""
        for block in blocks(self.document, start, self.table.start):
            if block.kind == "heading":
                near = [one for one in near if one[0] < block.level]
                near.append((block.level, self.text[slice(*heading_span(self.text, block))]))
            line = self.text[block.start : block.end].strip().rpartition("\n")[2]
        # The text above an infobox may name other things.
        announces = any(self.labels) or line.endswith(":")
        return " ".join([self.document.title, *(heading for _, heading in near), line * announces])

    def is_another(self, question: str, offset: int) -> bool:
        """Return whether the row at an offset has another number in the column of "week 12" or "code E9"."""
        row = next((row for row in self.rows if row[0][0] <= offset <= max(cell[1] for cell in row)), ())
        return any(
            (asked := re.search(rf"\b{re.escape(label)}\s+(\w*\d\w*)\b", question, re.IGNORECASE)) is not None
            and asked[1].lower() not in WORD.findall(self.cell_text(cell).lower())
            for label, cell in zip(self.labels, row, strict=False)
            if label
        )

    def excerpts(self, indices: Iterable[int]) -> tuple[Span, ...]:
        """Return the spans of the lines of rows; adjacent rows are merged."""
        found: list[Span] = []
        before = -2
        for index in indices:
            first, last = self.rows[index][0][0], max(cell[1] for cell in self.rows[index])
            line_end = self.text.find("\n", last)
            start, end = trim(
                self.text, self.text.rfind("\n", 0, first) + 1, len(self.text) if line_end < 0 else line_end
            )
            if index == before + 1:
                start = found.pop()[0]
            found.append((start, end))
            before = index
        return tuple(found)

    def named_rows(self, question: str, asked: set[str]) -> list[NamedRow]:
        """Return the rows that the question names by most terms of a cell.

        A cell whose words (those before a detail suffice) are all in the question precedes a partly named one.
        """
        plain = f" {' '.join(words_of(question))} "
        labels = frozenset().union(*self.label_terms)
        found: list[tuple[tuple[int, bool], NamedRow]] = []
        for index, row in enumerate(self.rows):
            for column, cell in enumerate(row):
                mine = self._named_by(self.cell_text(cell), question, plain, asked) if cell[0] < cell[1] else None
                if mine and (not mine[0] <= labels or column == 0):
                    found.append(((len(mine[0]), mine[1]), NamedRow(index, column, mine[0])))
        most = max((order for order, _ in found), default=None)
        best = [one for order, one in found if order == most]
        first = min((one.column for one in best), default=0)
        return [one for one in best if one.column == first] or self._partly_named(question, asked)

    def _named_by(self, text: str, question: str, plain: str, asked: set[str]) -> tuple[frozenset[str], bool] | None:
        """Return the terms of a cell, and whether all its words are in the question, not only those before a detail."""
        if excludes(question, text):
            return None
        text = with_days_as_words(text)
        for name in dict.fromkeys((text, _DETAIL.split(text, maxsplit=1)[0])):
            words = words_of(name)
            if not words:
                continue
            if len(name) == 1 and name.isalpha():
                # "class A", but not "a class".
                if re.search(rf"(?<=\w\s){name}\b", question) and name.isupper():
                    return frozenset(words), True
                continue
            mine = frozenset(name_terms(name))
            known = len(words) > 1 or (name.isalpha() and len(name) > 2)
            if f" {' '.join(words)} " in plain or (known and mine and mine <= asked):
                return mine or frozenset(words), name == text
        return None

    def _partly_named(self, question: str, asked: set[str]) -> list[NamedRow]:
        """Return the one row whose first cell has most of the question's terms, or else another cell of it.

        Empty if several have as many.
        """
        wanted = asked | meant_terms(question)
        for column in range(len(self.labels)):
            found = []
            for index, row in enumerate(self.rows):
                text = self.cell_text(row[column]) if column < len(row) else ""
                name = frozenset(name_terms(text))
                if is_another_number(name, asked):
                    name = frozenset(name_terms(_CONDITION.split(text, maxsplit=1)[0]))
                share = 0.0 if is_another_number(name, asked) else len(name & wanted) / max(1, len(name))
                share = max(share, _MIN_NAME_SHARE * (share > 0 and is_called(question, text)))
                if share >= _MIN_NAME_SHARE:
                    found.append((len(name & wanted), share, NamedRow(index, column, name & wanted, share)))
            found.sort(key=lambda one: one[:2], reverse=True)
            if found:
                return [found[0][2]] if len(found) == 1 or found[0][:2] != found[1][:2] else []
        return []

    def columns(
        self, question: str, asked: set[str], *, but: Iterable[int] = (), measured: bool = False
    ) -> list[tuple[float, int]]:
        """Return (score, column) of the columns named in the question, best first."""
        left = {*but}
        found = []
        asks = which[1].lower() if (which := _WHICH.search(question)) else ""
        noun = {*name_terms(counted[1] if (counted := _HOW_MANY.search(question)) else asks)}
        head = {*name_terms(of[1])} if (of := _HEAD.search(question)) else set()
        words = {*question.lower().strip("?").split()}
        padded = f" {' '.join(words_of(question))} "
        excluded = False
        for index, name in enumerate(self.label_terms):
            if index in left or not name or is_another_number(name, asked):
                continue
            label = self.labels[index]
            if excludes(question, label):
                excluded = True
                continue
            plain = frozenset(name_terms(_DETAIL.split(label, maxsplit=1)[0])) or name
            share = max(len(name & asked) / len(name), len(plain & asked) / len(plain))
            if asks and not measured and is_only_plural(label.lower().split()[-1]) and self.numeric(index):
                # "Which film won?" does not ask for the number of films.
                continue
            share += 0.5 * (bool(noun) and name <= noun)
            # "The success in lit nests" is not the number of "lit nests".
            share += 0.6 * (len(name) > 1 and bool(head & name))
            # "Column A": its letter is no term.
            share += 0.5 * (f" {' '.join(words_of(label))} " in padded)
            called = share and is_called(question, label)
            if share and (share >= _MIN_NAME_SHARE or len(name & asked) > 1 or called):
                found.append((share + 0.1 * len(name & asked), index))
                continue
            for meaning, meant in ASKS_FOR.items():
                group = {*terms(meant), *meant.split()}
                if name & {*terms(meaning), *terms(meant)} and group & (asked | words):
                    found.append((0.6, index))
                    break
        if excluded and not found:
            control = {*terms(_CONTROL)}
            found = [(1.0, index) for index, name in enumerate(self.label_terms) if name and name <= control]
        return sorted(found, key=lambda one: (-one[0], one[1]))

    def indices_with(self, asked: set[str], *, rows: bool) -> list[int]:
        """Return the rows or columns whose names have most of the terms; empty if no name has any."""
        names = [frozenset(name_terms(self.cell_text(row[0]))) for row in self.rows] if rows else self.label_terms
        most = max((len(name & asked) for name in names), default=0)
        return [index for index, name in enumerate(names) if most and len(name & asked) == most]

    def column_asked_for(self, question: str, asked: set[str], named: NamedRow) -> tuple[float, int] | None:
        """Return (score, column) of the column that the question asks for in a row; None if unclear."""
        others = [index for index in range(len(self.labels)) if index != named.column]
        found = self.columns(question, asked - named.terms, but=[named.column])
        if _WHEN.match(question):
            # "When is the grey bin emptied?": the first column says what the rows are.
            found = [one for one in found if one[1] or self._may_answer(question, named, one[1])]
        if not found and not self.priced(named.column) and _HOW_MUCH.search(question):
            priced = [index for index in others if self.priced(index)]
            found = [(0.6, priced[0])] if len(priced) == 1 else []
        if not found and named.share == 1 and _WHAT_TO_DO.search(question):
            found = [(1.0, index) for index in others if _REMEDY.search(self.labels[index])]
        if named.share == 1 and _HAS_TO_DO.search(question.rstrip("?. ")):
            found = [(1.0, index) for index in others if _TASK.fullmatch(self.labels[index])] or found
        if not found and _WHO.match(question):
            found = [(1.0, index) for index in others if _WHO_DOES.fullmatch(self.labels[index])]
        if not found and named.share == 1 and _WHAT_IT_MEANS.search(question):
            found = [(1.0, index) for index in others if _MEANING.search(self.labels[index])]
        if not found and named.share == 1 and _WHEN.match(question):
            row = self.rows[named.index]
            found = [(0.6, index) for index in others if index < len(row) and is_date(self.cell_text(row[index]))]
        if not found and named.share == 1 and named.column == 0:
            some = [index for index in others if self.label_terms[index] & asked]
            inferred = some if len(some) == 1 else others if len(others) == 1 else []
            score = _INFERRED_SCORE if any(self.labels) else 1.0
            found = [(score, one) for one in inferred if self._may_count(question, named.index, one)]
        found = [one for one in found if self._may_answer(question, named, one[1])] or found
        return found[0] if is_clear(found) else None

    def _may_count(self, question: str, row: int, column: int) -> bool:
        """Return whether the table says that a column has the number of the things that a question counts."""
        counted = _HOW_MANY.search(question)
        cell = self.rows[row][column] if column < len(self.rows[row]) else (0, 0)
        said = f"{self.labels[column]} {self.cell_text(cell)} {self.announcement()}"
        return counted is None or bool({*name_terms(counted[1])} & {*name_terms(said)})

    def _may_answer(self, question: str, named: NamedRow, column: int) -> bool:
        """Return whether a column suits the question word: "Where is the event?" asks for no event."""
        if re.match(r"\W*where\b", question, re.IGNORECASE):
            return bool(self.label_terms[column] & {*terms(f"place {ASKS_FOR['place']}")})
        row = self.rows[named.index]
        text = self.cell_text(row[column]) if column < len(row) else ""
        if _WHEN.match(question):
            return is_date(text) or CLOCK.fullmatch(text) is not None
        return not (_WHO.match(question) and _STARTS.match(text))


def is_called(question: str, name: str) -> bool:
    """Return whether a question has the first word of a name, and no other name with that word: "the Corva"."""
    word = _FIRST_NAME.match(name)
    return word is not None and re.search(rf"\b{word[0]}(?!\w|\s[A-Z\d])", question) is not None


def is_clear(columns: Sequence[tuple[float, int]]) -> bool:
    """Return whether the first of the columns scores higher than the second."""
    return bool(columns) and (len(columns) == 1 or columns[0][0] != columns[1][0])
