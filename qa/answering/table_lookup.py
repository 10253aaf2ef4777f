"""A question about a table -> the cell, by the row and the column that it names, or what is computed of a column.

A row is named by one of its cells whose words are all in the question, a column by its name, or by what the question
asks for ("how much" a price, "how heavy" a weight). Where either is not clear, the reader decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Literal

from qa.documents.tables import Table
from qa.text.lexicon import is_only_plural, participle_of, past_of
from qa.text.lines import one_line
from qa.text.numbers import numbers
from qa.text.tokens import terms
from qa.types import Document, Passage, Span

_MOST_CELLS = 10_000  # of a table; a larger one is left to the reader
_MOST_TABLES = 5
_MOST_CITED = 12
_COVERED = 0.6  # share of the question's terms that the row and the column have
_NUMERIC = 0.8  # share of the cells of a column that have a number
_ASKS_FOR = {
    "price": "price cost fee rate charge fare rent",
    "weight": "weight mass heavy weigh",
    "height": "height tall high",
    "length": "length long",
    "age": "age old young",
    "speed": "speed fast quick",
    "population": "population inhabitants people live",
    "area": "area size large big",
    "year": "year when date",
    "winner": "winner won champion who",
    "place": "place where city town location venue",
    "depth": "depth deep",
    "duration": "duration long time days hours minutes weeks months years",
    "meaning": "meaning mean description does",
}
_ADJECTIVES = {
    "cheap": ("price", -1), "expensive": ("price", 1), "dear": ("price", 1), "costly": ("price", 1),
    "heavy": ("weight", 1), "light": ("weight", -1), "tall": ("height", 1), "high": ("height", 1),
    "low": ("height", -1), "long": ("length duration", 1), "short": ("length duration", -1), "old": ("age", 1),
    "young": ("age", -1), "fast": ("speed", 1), "slow": ("speed", -1), "large": ("area", 1), "big": ("area", 1),
    "small": ("area", -1), "deep": ("depth", 1), "great": ("", 1), "most": ("", 1), "least": ("", -1), "few": ("", -1),
    "maximum": ("", 1), "minimum": ("", -1),
}  # fmt: skip
_WHICH = re.compile(r"\b(?:which|what|whose)\s+(?!is\b|was\b|are\b|were\b|does\b|do\b|did\b)(\w+)", re.IGNORECASE)
_SEVERAL = re.compile(r"\W*(?:which|what|list|name)\s+(?:all\s+)?(?:of\s+)?(?:the\s+)?(\w+)", re.IGNORECASE)
_STARTS = re.compile(r"[^\w\s]{0,3}\s?\d")
_WORD = re.compile(r"[^\W_]+")
_TOTAL = re.compile(r"\b(?:total|sum|altogether|all together|combined|in total|in all)\b", re.IGNORECASE)
_MEAN = re.compile(r"\b(?:average|mean|on average)\b", re.IGNORECASE)
_MONEY = re.compile(r"[$\u20ac\u00a3]|\b(?:euros?|dollars?|pounds?)\b", re.IGNORECASE)
_COUNT = re.compile(r"\bhow many\b|\bnumber of\b", re.IGNORECASE)
_ASKING = "how much many does cost list name tell give show value table row column available exist offered sold"

Operation = Literal["cell", "rows", "highest", "lowest", "sum", "average", "count"]


@dataclass(frozen=True, slots=True)
class Found:
    """What a table says.

    Attributes
    ----------
    document_id : str
    operation : str
        "cell" is looked up, "rows" are the names of several, and the others are computed.
    value : str
        The answer.
    cells : tuple of (int, int)
        The spans of the cells that it is, or is computed from.
    excerpts : tuple of (int, int)
        The spans of their rows; rows that follow each other are one.
    column : str
        The name of their column.
    compared : int
        How many rows it is computed from.
    """

    document_id: str
    operation: Operation
    value: str
    cells: tuple[Span, ...]
    excerpts: tuple[Span, ...]
    column: str
    compared: int


@cache
def _asking_terms() -> frozenset[str]:
    return frozenset(terms(_ASKING))


def look_up(question: str, passages: Sequence[Passage], documents: Mapping[str, Document]) -> Found | None:
    """Return what the tables near the passages say; None where the question does not name a row and a column.

    Parameters
    ----------
    question : str
    passages : sequence of Passage
        Best first. The tables that these are in or next to are looked at.
    documents : mapping of str to Document
    """
    best: tuple[float, Found] | None = None
    for document, table in islice(_near(passages, documents), _MOST_TABLES):
        grid = _Grid(document, table)
        if grid.rows and (found := grid.answer(question)) and (best is None or found[0] > best[0]):
            best = found
    return best[1] if best else None


def _near(passages: Sequence[Passage], documents: Mapping[str, Document]) -> Iterator[tuple[Document, Table]]:
    seen: set[tuple[str, int]] = set()
    for passage in passages:
        document = documents[passage.document_id]
        if "|" not in document.text:
            continue
        for table in document.tables:
            # A table next to a passage is introduced by it.
            if (
                table.start <= passage.end + 400
                and passage.start <= table.end
                and (document.id, table.start) not in seen
            ):
                seen.add((document.id, table.start))
                yield document, table


class _Grid:
    """A table with the terms of its cells and of the names of its columns."""

    def __init__(self, document: Document, table: Table) -> None:
        self.text = document.text
        self.document = document
        self.labels = table.columns
        most = _MOST_CELLS // max(1, len(self.labels))
        rows = list(islice(table.rows(), most + 1))
        self.rows = [row for row in rows if sum(a < b for a, b in row) > 1] if len(rows) <= most else []
        self._numeric: dict[int, bool] = {}
        self.named = [frozenset(_terms(label)) for label in self.labels]
        width = len(self.labels)
        if not width or any(len(row) > width for row in self.rows):
            self.rows = []

    def said(self, cell: Span) -> str:
        return one_line(self.text[slice(*cell)])

    def column(self, place: int) -> list[Span]:
        return [row[place] for row in self.rows if place < len(row) and row[place][0] < row[place][1]]

    def value(self, cell: Span) -> float | None:
        found = numbers(re.sub(r"(?<=\d)[\u00a0\u202f ](?=\d{3}\b)", ",", self.said(cell)))
        return found[0].values[0] if found else None

    def numeric(self, place: int) -> bool:
        if place not in self._numeric:
            numbered = [_STARTS.match(self.said(cell)) is not None for cell in self.column(place)]
            self._numeric[place] = bool(numbered) and sum(numbered) >= _NUMERIC * len(numbered)
        return self._numeric[place]

    def answer(self, question: str) -> tuple[float, Found] | None:
        asked = {*_terms(question)}
        named = self._named_rows(question, asked)
        if (superlative := _superlative(question)) and (found := self._extreme(question, asked, *superlative)):
            return found
        if (_TOTAL.search(question) or _MEAN.search(question)) and (found := self._aggregate(question, asked)):
            return found
        if _COUNT.search(question) and (found := self._count(question, named)):
            return found
        if _SEVERAL.match(question) and (found := self._listed(question, asked, named)):
            return found
        return self._cell(question, asked, named)

    def _named_rows(self, question: str, asked: set[str]) -> list[tuple[int, int, frozenset[str]]]:
        """Return (row, column, terms) of the cells that the question names, the ones with most terms alone."""
        plain = f" {' '.join(_WORD.findall(question.lower()))} "
        found = []
        for place, row in enumerate(self.rows):
            for column, cell in enumerate(row):
                words = _WORD.findall(self.said(cell).lower()) if cell[0] < cell[1] else []
                if words and (
                    f" {' '.join(words)} " in plain or (len(words) > 1 and {*terms(self.said(cell))} <= asked)
                ):
                    mine = frozenset(terms(self.said(cell))) or frozenset(words)
                    if not mine <= frozenset().union(*self.named) or column == 0:
                        found.append((place, column, mine))
        most = max((len(mine) for _, _, mine in found), default=0)
        best = [one for one in found if len(one[2]) == most]
        first = min((column for _, column, _ in best), default=0)
        return [one for one in best if one[1] == first]

    def _columns(
        self, question: str, asked: set[str], *, but: Iterable[int] = (), measured: bool = False
    ) -> list[tuple[float, int]]:
        """Return (score, column) of the columns that the question names, best first."""
        left = {*but}
        found = []
        asks = which[1].lower() if (which := _WHICH.search(question)) else ""
        noun = {*_terms(asks)}
        for place, name in enumerate(self.named):
            if place in left or not name:
                continue
            share = len(name & asked) / len(name)
            if asks and not measured and is_only_plural(self.labels[place].lower().split()[-1]) and self.numeric(place):
                # "Which film won?" does not ask for the number of films.
                continue
            share += 0.5 * (bool(noun) and name <= noun)
            if share and (share >= 0.5 or len(name & asked) > 1):
                found.append((share + 0.1 * len(name & asked), place))
                continue
            for meaning, words in _ASKS_FOR.items():
                group = {*terms(words), *words.split()}
                if name & {*terms(meaning), *terms(words)} and group & {*asked, *question.lower().strip("?").split()}:
                    found.append((0.6, place))
                    break
        return sorted(found, key=lambda one: (-one[0], one[1]))

    def _cell(
        self, question: str, asked: set[str], named: Sequence[tuple[int, int, frozenset[str]]]
    ) -> tuple[float, Found] | None:
        if len({place for place, _, _ in named}) != 1:
            return None
        place, key, mine = named[0]
        columns = self._columns(question, asked - mine, but=[key])
        if not columns and not self._priced(key) and re.search(r"\bhow much\b|\bcosts?\b", question, re.IGNORECASE):
            priced = [c for c in range(len(self.labels)) if c != key and self._priced(c)]
            columns = [(0.6, priced[0])] if len(priced) == 1 else []
        if not _is_clear(columns) or columns[0][1] >= len(self.rows[place]):
            return None
        cell = self.rows[place][columns[0][1]]
        if cell[0] == cell[1]:
            return None
        given = {value for number in numbers(question) for value in number.values} - _values(
            self.said(self.rows[place][key])
        )
        if any(given & _values(self.said(other)) for other in self.rows[place]):
            # What the question says itself is not asked for.
            return None
        rest = asked - _asking_terms() - mine - self.named[columns[0][1]]
        coverage = 1 - len(rest) / max(1, len(asked - _asking_terms()))
        if coverage < _COVERED:
            return None
        return columns[0][0] + coverage + 0.1 * len(mine), self._found(
            "cell", self.said(cell), [cell], [place], columns[0][1]
        )

    def _priced(self, column: int) -> bool:
        cells = self.column(column)
        return bool(cells) and all(_MONEY.search(self.said(cell)) for cell in cells)

    def _extreme(self, question: str, asked: set[str], sign: int, means: str) -> tuple[float, Found] | None:
        numeric = [place for place in range(len(self.labels)) if self.numeric(place)]
        columns = [one for one in self._columns(question, asked, measured=True) if one[1] in numeric]
        if not means and not columns:
            columns = [(0.5, place) for place in numeric if self.named[place] & asked]
        if means and not columns:
            meant = {*terms(" ".join(_ASKS_FOR[one] for one in means.split()))}
            columns = [(0.8, place) for place in numeric if self.named[place] & meant]
            if not columns and means == "price":
                columns = [(0.7, place) for place in numeric if self._priced(place)]
        if not _is_clear(columns):
            return None
        column = columns[0][1]
        valued = [
            (value, place)
            for place, row in enumerate(self.rows)
            if column < len(row) and (value := self.value(row[column])) is not None
        ]
        if len(valued) < 2:
            return None
        best = max(sign * value for value, _ in valued)
        rows = [place for value, place in valued if sign * value == best]
        answering = [
            one for one in self._columns(question, asked, but=[column]) if one[1] not in numeric or one[1] == 0
        ]
        target = answering[0][1] if answering else 0
        if target == column or target >= min(len(self.rows[place]) for place in rows):
            return None
        if len(rows) > 1:
            cells = [self.rows[place][target] for place in rows]
            return columns[0][0], self._found("rows", "\n".join(map(self.said, cells)), cells, rows, column)
        operation: Operation = "highest" if sign > 0 else "lowest"
        cell = self.rows[rows[0]][target]
        noun = {*_terms(which[1])} if (which := _SEVERAL.match(question)) else set()
        known = noun <= {*_terms(" ".join([self.labels[target], *map(self.said, self.column(target))]))}
        return columns[0][0] + known, self._found(operation, self.said(cell), [cell], rows, column, len(valued))

    def _aggregate(self, question: str, asked: set[str]) -> tuple[float, Found] | None:
        columns = [one for one in self._columns(question, asked) if self.numeric(one[1])]
        if not _is_clear(columns):
            return None
        column = columns[0][1]
        placed = [(place, row[column]) for place, row in enumerate(self.rows) if column < len(row)]
        valued = [(place, cell, self.value(cell)) for place, cell in placed]
        if any(value is None for _, _, value in valued) or len(valued) < 2:
            return None
        if re.match(r"\W*(?:total|sum|average|mean)\b", self.said(self.rows[-1][0]), re.IGNORECASE):
            valued = valued[:-1]
        values = [value for _, _, value in valued if value is not None]
        mean = _MEAN.search(question) is not None
        total = sum(values) / len(values) if mean else sum(values)
        cells = [cell for _, cell, _ in valued]
        return columns[0][0] + 1, self._found(
            "average" if mean else "sum", _written(total), cells, [place for place, _, _ in valued], column
        )

    def _count(self, question: str, named: Sequence[tuple[int, int, frozenset[str]]]) -> tuple[float, Found] | None:
        counted = re.search(r"(?:how many|number of)\s+(?:of the\s+)?(\w+)", question, re.IGNORECASE)
        what = {*terms(counted[1])} if counted else set()
        whole = re.search(r"\b(?:rows|listed|in the (?:table|list))\b", question, re.IGNORECASE)
        if whole and not named:
            return 1.0, self._found(
                "count", str(len(self.rows)), [row[0] for row in self.rows], range(len(self.rows)), 0
            )
        column = next((place for place, name in enumerate(self.named) if what & name), None)
        if not named or column is None or self.numeric(column):
            return None
        rows = [place for place, _, _ in named]
        key = named[0][1]
        if key == column or len(rows) < 2:
            # Of one row, the number may be in a cell.
            return None
        return 1.5, self._found("count", str(len(rows)), [self.rows[place][key] for place in rows], rows, key)

    def _listed(
        self, question: str, asked: set[str], named: Sequence[tuple[int, int, frozenset[str]]]
    ) -> tuple[float, Found] | None:
        """Return the cells of the column that the question asks for, of the rows that it names or of all."""
        noun = _SEVERAL.match(question)
        what = {*terms(noun[1])} if noun else set()
        column = next((place for place, name in enumerate(self.named) if what and what <= name), None)
        if column is None:
            return None
        rest = asked - _asking_terms() - self.named[column] - {*_terms(self.document.title)}
        if not named and not rest:
            rows = list(range(len(self.rows)))
        elif named and named[0][1] != column and (len(named) > 1 or is_only_plural(noun[1].lower() if noun else "")):
            rows = [place for place, _, _ in named]
        else:
            return None
        cells = [self.rows[place][column] for place in rows if column < len(self.rows[place])]
        value = "\n".join(map(self.said, cells))
        return 1.5, self._found("rows", value, cells, rows, column)

    def _found(
        self,
        operation: Operation,
        value: str,
        cells: Sequence[Span],
        rows: Iterable[int],
        column: int,
        compared: int = 0,
    ) -> Found:
        excerpts: list[Span] = []
        before = -2
        for place in rows:
            start, end = self.rows[place][0][0], max(cell[1] for cell in self.rows[place])
            if place == before + 1:
                start = excerpts.pop()[0]
            excerpts.append((start, end))
            before = place
        return Found(
            self.document.id,
            operation,
            value,
            tuple(cells),
            tuple(excerpts[:_MOST_CITED]),
            self.labels[column],
            compared or len(cells),
        )


def _is_clear(columns: Sequence[tuple[float, int]]) -> bool:
    """Return whether one of the columns, best first, fits better than all others."""
    return bool(columns) and (len(columns) == 1 or columns[0][0] != columns[1][0])


def _values(text: str) -> set[float]:
    return {value for number in numbers(text) for value in number.values}


def _terms(text: str) -> list[str]:
    """Return the terms of a text with verbs in their base form: "kept" is "keep"."""
    words = _WORD.findall(text.lower())
    return terms(" ".join(past_of(word) or participle_of(word) or word for word in words))


def _superlative(question: str) -> tuple[int, str] | None:
    """Return whether a question asks for most (1) or least (-1), and of what measure; None without a superlative."""
    if not re.match(r"\W*(?:which|what|who|whose|in which|on which|the)\b", question, re.IGNORECASE):
        return None
    for found in re.finditer(r"\b(?:most|least|fewest|maximum|minimum|\w{2,}est)\b", question, re.IGNORECASE):
        word = found[0].lower()
        if word in {"most", "least"} and (after := re.match(r"\s+(\w+)", question[found.end() :])):
            adjective = _ADJECTIVES.get(after[1].lower())
            if adjective:
                return adjective[1] * (1 if word == "most" else -1), adjective[0]
        stem = word.removesuffix("est")
        for form in (word, stem, stem + "e", stem.removesuffix("i") + "y", stem[:-1]):
            if form in _ADJECTIVES:
                means, sign = _ADJECTIVES[form]
                return sign, means
    return None


def _written(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
