"""Reader for comma-separated and other delimited values, on the csv module."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from io import StringIO
from typing import Any

from qa.documents.formats.article import Article
from qa.documents.formats.sheets.cells import CellCounter, cell_text, tables
from qa.documents.formats.text import decode

_DELIMITERS = ",;\t|"
_MAX_FIELD_CHARS = 2**31 - 1  # the most that the csv module accepts; a `CellCounter` limits the cells
# Spaces around cells have no meaning, so a quotation mark may follow one: `bee, "Paris, France"`.
_read_rows = partial(csv.reader, skipinitialspace=True)
_SAMPLE_CHARS = 50_000  # in which the delimiter is detected


def read_csv(data: bytes, source: str) -> Article:
    """Return the rows of a file as a table; the header row is detected as in `sheets.cells`.

    The delimiter is the comma, semicolon, tab or bar that splits the first rows most evenly.
    """
    text, notes = decode(data, source)
    first, _, rest = text.partition("\n")
    delimiter = ""
    # Excel writes and reads a first line that names the delimiter.
    if first.startswith("sep=") and len(first) == len("sep=,"):
        delimiter, text = first[-1], rest
    csv.field_size_limit(_MAX_FIELD_CHARS)
    rows = _rows(text, delimiter or _delimiter(text), source)
    return Article("\n\n".join(tables(rows, CellCounter(source), headed=True)), None, notes=notes)


def _delimiter(text: str) -> str:
    """Return the delimiter that gives most of the first rows the same number of cells, more than one."""
    sample = text[:_SAMPLE_CHARS]
    if len(text) > _SAMPLE_CHARS:
        sample = sample.rpartition("\n")[0] or sample

    def agreement(delimiter: str) -> int:
        widths = [len(row) for row in _read_rows(StringIO(sample), delimiter=delimiter) if row]
        return max((widths.count(width) for width in set(widths) if width > 1), default=0)

    return max(_DELIMITERS, key=agreement)


def _rows(text: str, delimiter: str, source: str) -> list[list[str]]:
    """Return the rows, read with the first quoting convention that fits the whole text.

    Some programs escape quotes with a backslash, and some treat a quote like any other character.
    """
    ways: list[dict[str, Any]] = [{}, {"quoting": csv.QUOTE_NONE}]
    if '\\"' in text:
        ways.insert(1, {"doublequote": False, "escapechar": "\\"})
    for way in ways:
        with suppress(csv.Error):
            return list(_read(text, delimiter, source, strict=True, **way))
    return list(_read(text, delimiter, source))


def _read(text: str, delimiter: str, source: str, **options: Any) -> Iterator[list[str]]:  # noqa: ANN401 -- of csv
    cells = CellCounter(source)
    # A quoted cell may contain line ends.
    for row in _read_rows(StringIO(text), delimiter=delimiter, **options):
        for cell in row:
            cells.add(cell)
        yield [cell_text(cell) for cell in row]
