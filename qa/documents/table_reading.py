"""Reading of tables: rows with the names of their columns, and excerpts that are rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa.documents.structure import Row
from qa.types import Cell, Document, Passage, Span


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
