"""A table whose rows and columns can be looked up by the words of a question."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from qa.answering.questions.limits import quantities
from qa.answering.tables.named_row import NamedRow, named_most
from qa.answering.tables.words import (
    ASKS_FOR,
    WORD,
    excludes,
    is_another_number,
    is_called,
    is_of_asked_year,
    meant_terms,
    name_terms,
    names_agent,
    of_asked_years,
    same_event,
    words_of,
)
from qa.documents.structure import blocks, heading_path
from qa.documents.tables import Table
from qa.text.dates import calendar_key, with_days_as_words
from qa.text.lexicon import is_only_plural, listed
from qa.text.lines import one_line
from qa.text.numbers import numbers
from qa.text.spans import trim
from qa.text.tokens import terms
from qa.text.units import CURRENCIES, CURRENCY_SIGNS, units_named
from qa.types import Document, Span

_MAX_CELLS = 30_000  # a larger table is left to the reader
_MANY_CELLS = 2_000  # from which only rows with a word of the question are compared with it
_MIN_NUMERIC_SHARE = 0.8  # of the cells of a numeric column
_CHARACTERS_BEFORE = 1_500  # in which the headings of a table are looked for
_MIN_NAME_SHARE = 0.5  # of a name's terms in the question
_WHICH = re.compile(r"\b(?:which|what|whose)\s+(?!is\b|was\b|are\b|were\b|does\b|do\b|did\b)(\w+)", re.IGNORECASE)
# "the fight song of Iowa State" is a song
_HEAD = re.compile(
    r"\b(?:what|how much|who) (?:is|was|are|were) the (?:\w+ ){0,3}?(\w+)(?= (?:of|for|in|on|at|per|by|with)\b|\W*$)",
    re.IGNORECASE,
)
NUMBERED = re.compile(r"[^\w\s]{0,3}\s?\d")
"""Matches the start of a text with a number, perhaps after a sign."""
_MONEY = re.compile(rf"[{CURRENCY_SIGNS}]|\b(?:{'|'.join(sorted(CURRENCIES))})s?\b", re.IGNORECASE)
HOW_MANY = re.compile(r"\bhow many\s+(\w+)", re.IGNORECASE)
"""Matches what is counted; the group is its first word."""
_YES_OR_NO = re.compile(r"yes|no|true|false|[yn]", re.IGNORECASE)
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
_WHEN_WORDS = listed("when date day month year time")
_CONTROL = "control none placebo baseline untreated"
_UNIT = re.compile(r"[(\[]([^\W\d]+)[)\]]\W*$")
_TIME_UNIT = re.compile(r"[(\[](?:m?s|secs?|mins?|h|hrs?)[)\]]")


class _Question(NamedTuple):
    """What is read of a question once for all columns."""

    text: str
    asked: set[str]
    words: set[str]
    noun: set[str]  # terms of what it counts, or asks for with "which"
    head: set[str]  # terms before "of" and the like
    padded: str  # its words, between spaces


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
        keys = set[bool]()
        for cell in self.column(column):
            key = calendar_key(self.cell_text(cell))
            if key is None:
                return False
            keys.add(key[0] > 0)
        return len(keys) == 1

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

    def unit(self, column: int) -> tuple[str, float]:
        """Return (dimension, size in its base unit) of the unit in a column's name: "Diameter (km)".

        The dimension is empty if there is none, or the cells have their own.
        """
        named = _UNIT.search(self.labels[column])
        known = units_named(named[1]) if named and not self.dimension(column) else ()
        return (known[0].dimension, known[0].size) if known else ("", 1.0)

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
            numbered = [NUMBERED.match(self.cell_text(cell)) is not None for cell in self.column(column)]
            self._numeric[column] = bool(numbered) and sum(numbered) >= _MIN_NUMERIC_SHARE * len(numbered)
        return self._numeric[column]

    def says_yes_or_no(self, column: int) -> bool:
        """Return whether all cells of a column are yes or no."""
        cells = self.column(column)
        return bool(cells) and all(_YES_OR_NO.fullmatch(self.cell_text(cell)) for cell in cells)

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
                near = heading_path(near, self.text, block)
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
        """Return the spans of the lines of rows, or of their words in a list table; adjacent rows are merged."""
        found: list[Span] = []
        before = -2
        for index in indices:
            first, last = self.rows[index][0][0], max(cell[1] for cell in self.rows[index])
            start, end = first, last
            if self.table.layout != "list":
                line_end = self.text.find("\n", last)
                line = self.text.rfind("\n", 0, first) + 1, len(self.text) if line_end < 0 else line_end
                start, end = trim(self.text, *line)
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
        names = defaultdict[int, list[tuple[NamedRow, bool]]](list)  # of each row, and whether in order
        for index in self._with_word(question, asked):
            for column, cell in enumerate(self.rows[index]):
                mine = self._named_by(self.cell_text(cell), question, plain, asked) if cell[0] < cell[1] else None
                if mine and (not mine[0] <= labels or column == 0):
                    name = NamedRow(index, column, mine[0])
                    found.append(((len(mine[0]), mine[1]), name))
                    names[index].append((name, mine[2]))
        most = max((order for order, _ in found), default=None)
        best = [one for order, one in found if order == most]
        first = min((one.column for one in best), default=0)
        best = [one for one in best if one.column == first]
        return named_most(best, names) or self._partly_named(question, asked)

    def _with_word(self, question: str, wanted: Iterable[str]) -> Iterable[int]:
        """Return the rows to compare with a question; of a large table, those that have one of its words or terms."""
        if len(self.rows) * len(self.labels) < _MANY_CELLS:
            return range(len(self.rows))
        words = {*wanted, *(word for word in words_of(with_days_as_words(question)) if terms(word))}
        has_word = re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})", re.IGNORECASE)
        return [
            index for index, row in enumerate(self.rows) if words and has_word.search(self.text, row[0][0], row[-1][1])
        ]

    def _named_by(
        self, text: str, question: str, plain: str, asked: set[str]
    ) -> tuple[frozenset[str], bool, bool] | None:
        """Return the terms of a cell that the question names.

        Also whether all its words are in the question, not only those before a detail, and whether in the same order.
        """
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
                    return frozenset(words), True, True
                continue
            mine = frozenset(name_terms(name))
            known = len(words) > 1 or (name.isalpha() and len(name) > 2)
            in_order = f" {' '.join(words)} " in plain
            if in_order or (known and mine and mine <= asked):
                return mine or frozenset(words), name == text, in_order
        return None

    def _partly_named(self, question: str, asked: set[str]) -> list[NamedRow]:
        """Return the one row whose first cell has most of the question's terms, or else another cell of it.

        Empty if several have as many.
        """
        wanted = asked | meant_terms(question)
        rows = self._with_word(question, wanted)
        for column in range(len(self.labels)):
            found = []
            for index in rows:
                row = self.rows[index]
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
        asks = _WHICH.search(question) is not None and not measured
        read = _read(question, asked)
        words = read.words
        usable = [n for n, name in enumerate(self.label_terms) if name and not is_another_number(name, asked)]
        usable = of_asked_years(question, self.labels, [n for n in usable if n not in left])
        excluded = [n for n in usable if excludes(question, self.labels[n])]
        found = []
        for index in usable:
            # "Which film won?" does not ask for the number of films.
            counts = asks and is_only_plural(self.labels[index].lower().split()[-1]) and self.numeric(index)
            score = 0.0 if counts or index in excluded else self._name_score(read, index)
            found += [(score, index)] if score else []
        events = [same_event(name, asked) for name in self.label_terms] if words & _WHEN_WORDS else []
        if any(events):
            scores = {index: score for score, index in found}
            found = [
                (scores.get(index, 0.0) + 0.8, index) for index, same in enumerate(events) if same and index not in left
            ]
            found += [(score, index) for index, score in scores.items() if events[index] is None]
        if excluded and not found:
            control = {*terms(_CONTROL)}
            found = [(1.0, index) for index, name in enumerate(self.label_terms) if name and name <= control]
        return sorted(found, key=lambda one: (-one[0], one[1]))

    def _name_score(self, question: _Question, column: int) -> float:
        """Return how well a question names a column; 0 if it does not."""
        label, name, asked = self.labels[column], self.label_terms[column], question.asked
        # "Song name" is what a song is called.
        plain = frozenset(name_terms(_DETAIL.split(label, maxsplit=1)[0])) - {"name"} or name
        share = max(len(name & asked) / len(name), len(plain & asked) / len(plain))
        share = max(share, _MIN_NAME_SHARE * is_of_asked_year(question.text, label))
        share += 0.5 * (bool(question.noun) and name <= question.noun)
        # "The success in lit nests" is not the number of "lit nests".
        share += 0.6 * (len(name) > 1 and not name.isdisjoint(question.head))
        # "Column A": its letter is no term.
        share += 0.5 * (f" {' '.join(words_of(label))} " in question.padded)
        if share and (share >= _MIN_NAME_SHARE or len(name & asked) > 1 or is_called(question.text, label)):
            return share + 0.1 * len(name & asked)
        if names_agent(name, asked):
            return 2.0 if "who" in question.words else 0.8
        said = asked | question.words
        meanings = [meaning for meaning, meant in ASKS_FOR.items() if said & {*terms(meant), *meant.split()}]
        groups = ({*terms(f"{meaning} {ASKS_FOR[meaning]}")} for meaning in meanings)
        return 0.6 if any(name & group for group in groups) else 0.0

    def indices_with(self, asked: set[str], *, rows: bool) -> list[int]:
        """Return the rows or columns whose names have most of the terms; empty if no name has any."""
        names = [frozenset(name_terms(self.cell_text(row[0]))) for row in self.rows] if rows else self.label_terms
        most = max((len(name & asked) for name in names), default=0)
        return [index for index, name in enumerate(names) if most and len(name & asked) == most]


def _read(question: str, asked: set[str]) -> _Question:
    counted, which, of = HOW_MANY.search(question), _WHICH.search(question), _HEAD.search(question)
    noun = counted[1] if counted else which[1].lower() if which else ""
    words = {*question.lower().strip("?").split()}
    head, padded = {*name_terms(of[1])} if of else set(), f" {' '.join(words_of(question))} "
    return _Question(question, asked, words, {*name_terms(noun)}, head, padded)


def is_clear(columns: Sequence[tuple[float, int]]) -> bool:
    """Return whether the first of the columns scores higher than the second."""
    return bool(columns) and (len(columns) == 1 or columns[0][0] != columns[1][0])
