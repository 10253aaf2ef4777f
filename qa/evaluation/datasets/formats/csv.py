"""CSV with the columns of a JSON Lines set.

`answers`, `history` and `evidence` are JSON lists; a cell that does not start with "[" is a single answer or a single
earlier question. An empty cell counts as not given. Other columns are kept as text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from qa.errors import QuestionSetError
from qa.evaluation.datasets.fields import fail, parse_json, shown
from qa.evaluation.datasets.formats.entry import COLUMNS, Entry, ErrorCollector, entry
from qa.evaluation.datasets.formats.text import read_text


def csv_entries(path: Path) -> Iterator[Entry]:
    """Yield an entry for each row after the header, named by the line on which it starts.

    Raises
    ------
    QuestionSetError
        When the file cannot be read, is not UTF-8 or not CSV, or its header does not serve.
    """
    # newline="", since a quoted cell may hold line ends of any kind.
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    header: list[str] | None = None
    while True:
        place = f"line {reader.line_num + 1}"
        where = f"{path}, {place}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise QuestionSetError(f"{where}: not CSV: {error}") from error
        if not cells or (len(cells) == 1 and not cells[0].strip()):
            continue
        if header is None:
            header = _header(cells, where)
        elif len(cells) != len(header):
            problem = QuestionSetError(f"{where}: expected {len(header)} cells as in the header, got {len(cells)}")
            yield Entry(path, place, None, (problem,))
        else:
            attempts = ErrorCollector()
            row = {name: _value(name, cell, where, attempts) for name, cell in zip(header, cells, strict=True)}
            yield entry(path, place, row, attempts)


def _header(cells: Sequence[str], where: str) -> list[str]:
    header = [cell.strip() for cell in cells]
    for name in ("id", "question"):
        if name not in header:
            fail(where, name, f"missing; the columns are {shown(header)}")
    for position, name in enumerate(header):
        if not name or name in header[:position]:
            fail(where, name, f"expected columns with names of their own, got {shown(header)}")
    return header


def _value(name: str, cell: str, where: str, attempts: ErrorCollector) -> Any:  # noqa: ANN401 -- what a JSON cell may hold
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
        return attempts(parse_json, stripped, f'{where}, field "{name}"')
    return cell if name == "evidence" else [cell]
