"""Tables of Word documents: data tables, and tables that only frame text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from qa.documents.formats.blocks import TextBlock, cell_content, merged_text, table_block

_MAX_CELL_CHARS, _MAX_STRUCTURED_CELL_CHARS = 2000, 300  # with several paragraphs; with headings or tables


class Cell(NamedTuple):
    """The blocks of a cell, the number of columns that it spans, and whether it continues the cell above."""

    blocks: list[TextBlock]
    columns: int
    continues: bool = False


def table_blocks(rows: Sequence[Sequence[Cell]]) -> list[TextBlock]:
    """Return a table with its notes, or framed text: cells alone in their row, and rows with a long cell."""
    blocks: list[TextBlock] = []
    framing = all(len(row) <= 1 for row in rows)
    for frames, group in groupby(rows, lambda row: framing or any(_is_framed(cell.blocks) for cell in row)):
        if frames:
            blocks += [block for row in group for cell in row for block in cell.blocks]
        else:
            blocks += _rows_block(list(group))
    return blocks


def _is_framed(blocks: list[TextBlock]) -> bool:
    """Return whether a cell contains too much for one line."""
    length = sum(len(block.text) for block in blocks)
    has_parts = any(block.kind in {"heading", "table"} for block in blocks)
    return (len(blocks) > 1 or has_parts) and length > (_MAX_STRUCTURED_CELL_CHARS if has_parts else _MAX_CELL_CHARS)


def _rows_block(rows: Sequence[Sequence[Cell]]) -> list[TextBlock]:
    notes = [block for row in rows for cell in row for block in cell.blocks if block.kind == "note"]
    grid: list[dict[int, str]] = []
    for row in rows:
        above, texts = grid[-1] if grid else {}, dict[int, str]()
        column = 0  # the first of the cell
        for cell in row:
            text = cell_content(block for block in cell.blocks if block.kind != "note")
            texts[column] = merged_text(text, above.get(column, "")) if cell.continues else text
            column += cell.columns
        grid.append(texts)
    columns = sorted({column for row in grid for column, text in row.items() if text})
    # Columns that are empty in every row come from merged cells, which have text in their first column only.
    return [*table_block([row.get(column, "") for column in columns] for row in grid), *notes]
