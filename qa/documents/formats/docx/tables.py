"""Tables of Word documents: data tables, and tables that only frame text."""

from __future__ import annotations

from itertools import accumulate, groupby

from qa.documents.formats.blocks import TextBlock, cell_content, table_block

_MAX_CELL_CHARS, _MAX_STRUCTURED_CELL_CHARS = 2000, 300  # with several paragraphs; with headings or tables

Row = list[tuple[list[TextBlock], int]]  # the blocks of each cell, and the number of columns that it spans


def table_blocks(rows: list[Row]) -> list[TextBlock]:
    """Return a table with its notes, or framed text: cells alone in their row, and rows with a long cell."""
    blocks: list[TextBlock] = []
    framing = all(len(row) <= 1 for row in rows)
    for frames, group in groupby(rows, lambda row: framing or any(_is_framed(cell) for cell, _ in row)):
        if frames:
            blocks += [block for row in group for cell, _ in row for block in cell]
        else:
            blocks += _rows_block(list(group))
    return blocks


def _is_framed(cell: list[TextBlock]) -> bool:
    """Return whether a cell contains too much for one line."""
    length = sum(len(block.text) for block in cell)
    has_parts = any(block.kind in {"heading", "table"} for block in cell)
    return (len(cell) > 1 or has_parts) and length > (_MAX_STRUCTURED_CELL_CHARS if has_parts else _MAX_CELL_CHARS)


def _rows_block(rows: list[Row]) -> list[TextBlock]:
    notes = [block for row in rows for blocks, _ in row for block in blocks if block.kind == "note"]
    grid = [_texts_by_column(row) for row in rows]
    columns = sorted({column for row in grid for column, text in row.items() if text})
    # Columns that are empty in every row come from merged cells, which have text in their first column only.
    return [*table_block([row.get(column, "") for column in columns] for row in grid), *notes]


def _texts_by_column(row: Row) -> dict[int, str]:
    """Return the text of each cell by the index of its first column."""
    starts = accumulate((span for _, span in row), initial=0)
    texts = (cell_content(block for block in blocks if block.kind != "note") for blocks, _ in row)
    return dict(zip(starts, texts, strict=False))
