"""A list of items such as "Dunmere (1956), 22 megawatts" as a table: the names, and the amounts in one unit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from qa.answering.superlatives import asked_extreme
from qa.answering.table_words import name_terms
from qa.text.tokens import terms
from qa.types import Document, Passage, Span

_CHARACTERS_AROUND = 1_000  # of a passage in which its list may start or end
_ITEM = re.compile(
    r"\s*(?:[-*+\u2022]|\d{1,3}[.)])\s+[*_]*(?P<name>[^\W_][^\n,:;|*_(]{0,60})[*_]*\s*(?:\([^)\n]*\)\s*)?[,:\u2013\u2014]\s*"
    r"(?P<value>\d[\d.,]*\s?(?P<unit>[^\W\d_]+))[.;,]?$"
)
_MARK = re.compile(r"\s*(?:[-*+\u2022]|\d{1,3}[.)])\s")
_LINE = re.compile(r"[^\n]+")
_MEASURES = {
    "megawatt kilowatt gigawatt watt mw kw gw": "power electricity energy output capacity",
    "hectare acre ha": "area size",
    "litre liter gallon": "volume capacity",
    "km m kilometre metre kilometer meter mile": "length height depth distance",
    "kg g t kilogram gram tonne ton": "weight mass",
    "minute hour day second": "duration time",
}


@dataclass(frozen=True, slots=True)
class ItemTable:
    """A list as a table of two columns: what it lists, and the unit."""

    start: int
    end: int
    columns: tuple[str, str]
    items: tuple[tuple[Span, Span], ...]

    def rows(self) -> Iterator[tuple[Span, ...]]:
        """Yield the spans of the name and the amount of each item."""
        return iter(self.items)

    def header(self) -> tuple[tuple[Span, ...], ...]:
        """Return nothing: a list has no row of names."""
        return ()


def item_tables(
    question: str, passages: Sequence[Passage], documents: Mapping[str, Document]
) -> Iterator[tuple[Document, ItemTable, str, set[str]]]:
    """Yield the lists of amounts in the passages, each with the question and its terms.

    If the question names or means the measure of the unit, it is replaced by the unit.
    """
    extreme = asked_extreme(question)
    asked = {*name_terms(f"{question} {extreme[2] if extreme else ''}")}
    for passage in passages:
        document = documents[passage.document_id]
        for table in _in_passage(document.text, passage):
            unit = {*name_terms(table.columns[1])}
            of_unit = " ".join(measure for units, measure in _MEASURES.items() if unit & {*terms(units)})
            means = asked & {*terms(of_unit)}
            words = f"{question} {table.columns[1]}" if means else question
            yield document, table, words, {*name_terms(words)} - means


def _in_passage(text: str, passage: Passage) -> Iterator[ItemTable]:
    first = text.rfind("\n", 0, max(0, passage.start - _CHARACTERS_AROUND)) + 1
    found: list[re.Match[str] | None] = []
    announced = ""
    for line in _LINE.finditer(text, first, min(len(text), passage.end + _CHARACTERS_AROUND)):
        if _MARK.match(line[0]):
            found.append(_ITEM.match(text, *line.span()))
        elif line[0].strip():
            yield from _table(found, announced, passage)
            found, announced = [], line[0].strip("# \t")
    yield from _table(found, announced, passage)


def _table(found: Sequence[re.Match[str] | None], announced: str, passage: Passage) -> Iterator[ItemTable]:
    items = [one for one in found if one]
    if len(items) < max(2, len(found)) or len({tuple(name_terms(one["unit"])) for one in items}) > 1:
        return
    start, end = items[0].start(), items[-1].end()
    if start < passage.end and passage.start < end:
        cells = tuple((_name(one), one.span("value")) for one in items)
        yield ItemTable(start, end, (announced, items[0]["unit"]), cells)


def _name(item: re.Match[str]) -> Span:
    return item.start("name"), item.start("name") + len(item["name"].rstrip())
