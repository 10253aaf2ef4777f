r"""Document -> its tables as data: rows, columns, header cells, and the span of every cell.

Format readers write tables into the text as::

    Country | Capital | Population
    --- | --- | ---
    France | Paris | 68 million
    Liechtenstein |  | 40,000

A row is a line; cells are separated by a bar between spaces, and an empty cell is empty. A bar within a cell is written
``\|``. A line of dashes after the first row marks it as the header; readers that know the header write one. A cell that
spans rows is repeated in each. One that spans columns is followed by empty cells, so that every row has all columns.
Without such a line, the first row is the header if it looks like one, see `_looks_like_header`. A table of two columns
without a header has row names in the first one, as in a form or an infobox. A row with only one filled cell is the
heading of the rows below it. Rows are searched and read with the names of their columns.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice, zip_longest
from weakref import WeakKeyDictionary

from qa.documents.block_rules import TABLE_RULE
from qa.documents.directives import is_directive
from qa.documents.list_tables import has_header, row_around
from qa.documents.structure import Block, Layout, Row, blocks, is_heading, layout_of, may_have_tables, row, rows
from qa.text.lines import one_line
from qa.types import Cell, Document, Passage, Span

_ROWS_SAMPLED = 50  # to detect a header
_MAX_HEADER_ROWS = 3
_MAX_LABEL_CHARS = 120  # of a column or row name read with a cell
_MAX_NAME_CHARS = 40  # of a cell that looks like a name
_MIN_COLUMN_SHARE = 0.75  # of a column's cells that decides for all of them
_MAX_GROUP_SHARE = 1 / 3  # of the rows that may be headings of others
_MIN_ROWS = 3  # between bars, below a header that is recognised by its look; one less if aligned with spaces
_VALUE = re.compile(r"[^\w\s]{0,3}\s?\d.*|[-\u2013\u2014?]|n/?a", re.IGNORECASE | re.DOTALL)
_MARKS = "*_` :"
_IMAGES = re.compile(r"(?:\[?!\[[^\]]*\]\([^)]*\)(?:\]\([^)]*\))?\s*)+")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a document; its cells are spans of the document's text, without surrounding white space."""

    text: str = field(repr=False)  # of the whole document
    start: int
    end: int
    body: int  # start of the rows below the header; `start` if there is no header
    columns: tuple[str, ...]  # name of each on one line; empty if there is no header
    ruled: bool  # whether a line of dashes marks the header
    named_rows: bool  # whether the first cell of each row is the name of the second
    groups: tuple[tuple[int, str], ...]  # rows with a single filled cell, the heading of the rows below
    layout: Layout

    def header(self) -> tuple[tuple[Span, ...], ...]:
        """Return the span of each header cell, shape (rows, columns); it rarely has two rows."""
        return tuple(self._rows(self.start, self.body))

    def rows(self) -> Iterator[tuple[Span, ...]]:
        """Yield the spans of the cells of each row below the header; rows may differ in length."""
        return self._rows(self.body, self.end)

    def values(self) -> Iterator[tuple[str, ...]]:
        """Yield the text of the cells of each row below the header."""
        return (tuple(self.text[start:end] for start, end in each) for each in self.rows())

    def row_at(self, offset: int) -> Row:
        """Return the row, or line of dashes, at an offset."""
        if self.layout == "list":
            return _row(self.text, *row_around(self.text, self.start, self.end, offset), layout="list")
        start = max(self.text.rfind("\n", self.start, offset) + 1, self.start)
        end = self.text.find("\n", offset, self.end)
        return _row(self.text, start, self.end if end < 0 else end + 1, layout=self.layout)

    def read(self, start: int, end: int) -> tuple[Cell, ...]:
        """Return how a row, or a part of it, is read: its filled cells, each after the name of its column.

        The heading of its group comes first. A part that does not include the first cell starts with that cell's text.
        """
        group = bisect_right(self.groups, start, key=lambda group: group[0]) - 1
        before = f"{self.groups[group][1]}; " if group >= 0 and self.groups[group][0] < start else ""
        found: list[Cell] = []
        for column, (first, last) in enumerate(self.row_at(start).contents):
            if first == last or (column and last <= start):
                continue
            if first >= end:
                break
            name = self.columns[column] if column < len(self.columns) else ""
            before += f"{name}: " if name else ""
            if last > start:
                found.append(Cell(before, max(first, start), min(last, end)))
                before = ""
            else:
                before += _name(self.text[first:last])
            before += " " if self.text[last - 1] == ":" else ": " if self.named_rows and column == 0 else "; "
        return tuple(found)

    def _rows(self, start: int, end: int) -> Iterator[tuple[Span, ...]]:
        return (each.contents for each in rows(self.text, start, end, layout=self.layout) if not each.is_rule)


class Tables(tuple[Table, ...]):
    """The tables of a document, in order."""

    __slots__ = ()

    def at(self, offset: int) -> Table | None:
        """Return the table at an offset, if any."""
        index = bisect_right(self, offset, key=lambda table: table.start) - 1
        return self[index] if index >= 0 and offset < self[index].end else None


def is_content(text: str) -> bool:
    """Return whether a sentence can answer anything: it is no heading, table header, row of badges or directive."""
    return not (is_heading(text) or is_ruled_header(text) or _IMAGES.fullmatch(text) or is_directive(text))


def is_ruled_header(text: str) -> bool:
    """Return whether a text is a table header with the line of dashes below it."""
    return "\n" in text and TABLE_RULE.fullmatch(text.rpartition("\n")[2]) is not None


# Consecutive sentences of one cell look up the same row.
_row = lru_cache(maxsize=2)(row)
_known: WeakKeyDictionary[Document, Tables] = WeakKeyDictionary()


def tables_of(document: Document, found: Iterable[Block] | None = None) -> Tables:
    """Return the tables of a document, given its blocks if it is parsed; cached as long as the document is in use."""
    known = _known.get(document)
    if known is None:
        if found is None:
            found = blocks(document) if may_have_tables(document) else ()
        known = _known[document] = Tables(_tables(document, found))
    return known


def _tables(document: Document, found: Iterable[Block]) -> list[Table]:
    made = list[Table]()
    pages = frozenset(document.page_starts)
    for block in found:
        table = _table(document.text, block) if block.kind == "table" else None
        if table is None:
            continue
        if made and block.start in pages and not table.ruled and not document.text[made[-1].end : block.start].strip():
            table = _continue_columns(made[-1], table, len(table.row_at(block.start).contents))
        made.append(table)
    return made


def _table(text: str, block: Block) -> Table | None:
    """Return a block of rows as a table; None for a single row, which may be any text with a bar."""
    layout = layout_of(text, block.start, block.end)
    sample = list(islice(rows(text, block.start, block.end, layout=layout), _ROWS_SAMPLED))
    words = [_words(text, each) for each in sample if not each.is_rule]
    if len(words) < 2:
        return None
    height, body = _header_rows(text, sample)
    if layout == "list" and has_header(text, block.start):
        height, body = 1, sample[0].end
    ruled = height > 0
    fewest = _MIN_ROWS - isinstance(layout, tuple)
    if not ruled and not sample[0].is_rule:
        height = _unnamed_rows(words) or _looks_like_header(words[0], words[1:], fewest)
        body = sample[height - 1].end if height else body
    columns = _columns(words[:height])
    named_rows = not columns and _names_rows(words[height:])
    body = max(body, block.start)
    groups = () if len(words[0]) < 2 or layout == "list" else tuple(_groups(text, body, block.end, layout))
    return Table(text, block.start, block.end, body, columns, ruled, named_rows, groups, layout)


def _words(text: str, each: Row) -> list[str]:
    return [one_line(text[slice(*content)]) for content in each.contents]


def _header_rows(text: str, sample: Sequence[Row]) -> tuple[int, int]:
    """Return the number of header rows and their end; a double line of dashes takes precedence."""
    rules = [(index, each) for index, each in enumerate(sample) if each.is_rule]
    double = [(index, each) for index, each in rules if "=" in text[each.cells[0][0] : each.end]]
    for index, rule in double or rules:
        above = sum(not each.is_rule for each in sample[:index])
        if above and not (sample[0].is_rule and index == len(sample) - 1):
            return (above, rule.end) if above <= _MAX_HEADER_ROWS else (0, 0)
    return 0, 0


def _unnamed_rows(words: Sequence[Sequence[str]]) -> int:
    """Return the number of rows before the first row with a name: years below "Year ended December 31"; 0 if one."""
    height = next((number for number, each in enumerate(words) if each[0]), 0)
    return height if 1 < height <= _MAX_HEADER_ROWS and any(map(all, words[height:])) else 0


def _columns(header: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the name of each column, joined from all header rows."""
    filled = []
    for number, row_words in enumerate(header):
        names = [_name(words) for words in row_words]
        for column in range(1, len(names) if number < len(header) - 1 else 0):
            # The cell before spans several columns.
            names[column] = names[column] or names[column - 1]
        filled.append(names)
    above = zip_longest(*filled, fillvalue="")
    columns = tuple(" ".join(dict.fromkeys(filter(None, names))) for names in above)
    return columns if any(columns) else ()


def _name(words: str) -> str:
    """Return the name of a column or row, cut to its maximum length, on one line."""
    return one_line(words[: 2 * _MAX_LABEL_CHARS]).strip(_MARKS)[:_MAX_LABEL_CHARS]


def _looks_like_header(first: Sequence[str], others: Sequence[Sequence[str]], fewest: int) -> bool:
    """Return whether a row consists of column names: short and distinct, no numbers or dates.

    Below it there must be a column of numbers or dates, or at least three columns that do not contain their name. If
    only the first cell is empty, the others are names even if they are years.
    """
    named = first[not first[0] :]
    columns = [[words[column] for words in others if column < len(words)] for column in range(len(first))]
    values = [_share(map(_is_value, filter(None, cells))) >= _MIN_COLUMN_SHARE for cells in columns]
    # Survey data have whole phrases above their figures.
    may_be_long = values[not first[0] :]
    if (
        not named
        or not all(
            _is_name(words, _MAX_LABEL_CHARS if long else _MAX_NAME_CHARS)
            for words, long in zip(named, may_be_long, strict=True)
        )
        or len({words.casefold() for words in named}) < len(named)
    ):
        return False
    if not first[0] and len(first) > 2:
        return True
    if any(map(_is_value, first)) or len(others) < fewest:
        return False
    if len(first) < 3:
        return values[-1]
    repeated = any(name in cells for name, cells in zip(first, columns, strict=True))
    return any(values) or (all(len(words) == len(first) for words in others) and not repeated)


def _names_rows(lines: Sequence[Sequence[str]]) -> bool:
    """Return whether the first of two columns consists of names: short, mostly distinct, no numbers."""
    if max(map(len, lines), default=0) != 2:
        return False
    names = [words[0] for words in lines if words[0]]
    return (
        _share(_is_name(words) and not _is_value(words) for words in names)
        >= _MIN_COLUMN_SHARE
        <= len({*names}) / len(lines)
    )


def _groups(text: str, start: int, end: int, layout: bool | tuple[int, ...]) -> Iterator[tuple[int, str]]:
    """Yield start and text of rows with a single filled cell, unless there are too many for headings."""
    found, count, offset = [], 0, start
    for line in text[start:end].split("\n"):
        if not isinstance(layout, tuple):
            cells = line.strip()[layout:].split("|", 1)
        elif "  " in line.strip():
            cells = [""]
        else:
            each = row(text, offset, offset + len(line), layout=layout)
            cells = [text[slice(*content)] for content in each.contents if not each.is_rule] or [""]
        count += 1
        if cells[0].strip() and not "".join(cells[1:]).strip("| \t"):
            found.append((offset, _name(cells[0])))
        offset += len(line) + 1
    yield from found if len(found) < _MAX_GROUP_SHARE * count else ()


def _continue_columns(before: Table, table: Table, width: int) -> Table:
    """Return a table with the column names of the one before it, if it continues that on a new page."""
    if table.columns == before.columns or width != len(before.columns) or not before.columns:
        return table
    return replace(table, body=table.start, columns=before.columns, named_rows=False)


def _is_name(words: str, longest: int = _MAX_NAME_CHARS) -> bool:
    return 0 < len(words) <= longest and words[-1] not in ".!?;,"


def _is_value(words: str) -> bool:
    return _VALUE.fullmatch(words) is not None


def _share(matches: Iterable[bool]) -> float:
    found = list(matches)
    return sum(found) / len(found) if found else 0.0


# --- reading of rows --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """A part of a document as it is searched and read: table rows include the names of their columns."""

    text: str
    starts: tuple[int, ...]  # of each verbatim part in `text`
    spans: tuple[Span, ...]  # of those parts in the document


def as_read(text: str, span: Span, rows: Iterable[tuple[Span, Sequence[Cell]]], before: int = 0) -> Reading:
    """Return how a part of a document is read.

    Parameters
    ----------
    text, before : str, int
        A text that contains the part, and its start in the document.
    rows : iterable of (span, sequence of Cell)
        The sentences in the part, each with the cells it is read as; without cells, it is read verbatim.
    """
    parts: list[tuple[str, int, int]] = []
    offset, end = span
    for (first, last), cells in rows:
        if cells:
            parts += [("", offset, first), *cells]
            offset = last
    parts.append(("", offset, end))
    texts, starts, length = list[str](), list[int](), 0
    for words, first, last in parts:
        starts.append(length + len(words))
        texts += words, text[first - before : last - before]
        length += len(words) + last - first
    return Reading("".join(texts), tuple(starts), tuple((first, last) for _, first, last in parts))


def read_passage(passage: Passage, span: Span | None = None) -> Reading:
    """Return how a passage, or some whole sentences of it, is read."""
    start, end = span or (passage.start, passage.end)
    rows = (((one.start, one.end), one.cells) for one in passage.sentences if start <= one.start and one.end <= end)
    return as_read(passage.text, (start, end), rows, passage.start)


def cells_at(document: Document, span: Span) -> tuple[Cell, ...]:
    """Return how a table row, or a part of it, is read; empty for headers and other text."""
    table = document.tables.at(span[0])
    if table is None or span[0] < table.body or (isinstance(table.layout, bool) and document.text.find("|", *span) < 0):
        return ()
    return table.read(*span)


def read_row(document: Document, span: Span) -> str:
    """Return a table row, or a part of it, as it is read; an empty string for other text."""
    text = document.text
    return "".join(f"{before}{text[start:end]}" for before, start, end in cells_at(document, span))


@dataclass(frozen=True, slots=True)
class TableExcerpt:
    """An excerpt that consists of rows of a table, or of a part of one row."""

    columns: tuple[str, ...]  # their names; empty if the table has no header
    named_rows: bool  # whether the first cell of each row is the name of the second
    rows: tuple[Row, ...]  # cut to the excerpt; together they cover it

    def cells(self, text: str) -> tuple[tuple[str, ...], ...]:
        """Return the text of the cells as rows of equal length; the first row is the column names."""
        rows = [tuple(text[slice(*content)] for content in row.contents) for row in self.rows if not row.is_rule]
        width = max(map(len, [self.columns, *rows]))
        return tuple(row + ("",) * (width - len(row)) for row in (self.columns, *rows))


def table_excerpt(document: Document, start: int, end: int) -> TableExcerpt | None:
    """Return an excerpt as rows of a table; None if it includes a header or other text."""
    table = document.tables.at(start)
    if table is None or not table.body <= start < end <= table.end:
        return None
    found, first, offset = list[Row](), len(table.columns), start
    while offset < end:
        whole = table.row_at(offset)
        inside = [column for column, (here, there) in enumerate(whole.cells) if here < end and offset < there]
        first = min(first, inside[0])
        part, columns = whole.within(offset, end), slice(inside[0], inside[-1] + 1)
        found.append(Row(part.cells[columns], part.contents[columns], whole.is_rule))
        offset = whole.end
    width = max(len(each.cells) for each in found)
    return TableExcerpt(table.columns[first : first + width], table.named_rows and not first, tuple(found))
