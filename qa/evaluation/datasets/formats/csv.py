"""CSV with the columns of a JSON Lines set, delimited by commas, semicolons or tabs.

`answers`, `history` and `evidence` are JSON lists; a cell that does not start with "[" is a single answer or a single
earlier question. An empty cell counts as not given. Other columns are kept as text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from qa.errors import QuestionSetError
from qa.evaluation.datasets.fields import fail, parse_json, preview
from qa.evaluation.datasets.formats.entry import COLUMNS, Entry, ErrorCollector, entry
from qa.evaluation.datasets.formats.other_tools import as_row, is_other
from qa.evaluation.datasets.formats.text import read_text


def csv_entries(path: Path) -> Iterator[Entry]:
    """Yield an entry for each row after the header, named by the line on which it starts."""
    # newline="", since a quoted cell may contain line ends of any kind.
    text = read_text(path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    header: list[str] | None = None
    number = 0
    while True:
        position = f"line {reader.line_num + 1}"
        location = f"{path}, {position}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise QuestionSetError(f"{location}: not CSV: {error}") from error
        if not cells or (len(cells) == 1 and not cells[0].strip()):
            continue
        if header is None:
            header = _header(cells, location)
        elif len(cells) != len(header):
            problem = QuestionSetError(f"{location}: expected {len(header)} cells as in the header, got {len(cells)}")
            yield Entry(path, position, None, (problem,))
        else:
            collector = ErrorCollector()
            number += 1
            named = zip(header, cells, strict=True)
            other = is_other(header)
            row = {
                name: _other_value(cell) if other and name not in COLUMNS else _value(name, cell, location, collector)
                for name, cell in named
            }
            yield entry(path, position, as_row(row, number), collector)


def _delimiter(text: str) -> str:
    """Return the delimiter of the header: where the comma is the decimal mark, Excel writes semicolons."""
    header = text.lstrip().partition("\n")[0]
    return next((mark for mark in ",;\t" if mark in header), ",")


def _header(cells: Sequence[str], location: str) -> list[str]:
    header = [cell.strip() for cell in cells]
    if len(header) == 1 and not is_other(header):
        expected = "JSON Lines, CSV with the columns id and question, SQuAD JSON, or a BEIR folder"
        raise QuestionSetError(f"{location}: not a question set: expected {expected}, got {preview(header[0])}")
    for name in ("id", "question"):
        if name not in header and not is_other(header):
            fail(location, name, f"missing; the columns are {preview(header)}")
    for position, name in enumerate(header):
        if not name or name in header[:position]:
            fail(location, name, f"expected columns with different names, got {preview(header)}")
    return header


def _other_value(cell: str) -> Any:  # noqa: ANN401
    """Return a cell of another tool: a JSON list, a text, or None if it is empty."""
    with suppress(QuestionSetError):
        if cell.startswith("["):
            return parse_json(cell, "")
    return cell or None


def _value(name: str, cell: str, location: str, collector: ErrorCollector) -> Any:  # noqa: ANN401 -- what a JSON cell may hold
    if name in {"id", "question"} or name not in COLUMNS:
        return cell
    stripped = cell.strip()
    if not stripped:
        return None
    if name == "answerable":
        return {"true": True, "false": False}.get(stripped.lower(), cell)
    if name == "document":
        return cell
    if stripped.startswith("["):
        return collector(parse_json, stripped, f'{location}, field "{name}"')
    return cell if name == "evidence" else [cell]
