"""The tables of Word documents: which are data, and which only frame text."""

from __future__ import annotations

from itertools import accumulate, groupby

from qa.documents.formats.office.blocks import Block, in_one_line, table_block

_LONGEST_CELL, _LONGEST_PARTS = 2000, 300  # characters of a cell with several paragraphs, or with headings or tables

Row = list[tuple[list[Block], int]]
"""The blocks of each cell, and how many columns it goes over."""


def table_blocks(rows: list[Row]) -> list[Block]:
    """Return a table and its notes; where there is one cell a row, or much in a cell, it frames text and is none."""
    blocks: list[Block] = []
    framing = all(len(row) <= 1 for row in rows)
    for frames, group in groupby(rows, lambda row: framing or any(_is_framed(cell) for cell, _ in row)):
        if frames:
            blocks += [block for row in group for cell, _ in row for block in cell]
        else:
            blocks += _rows_block(list(group))
    return blocks


def _is_framed(cell: list[Block]) -> bool:
    """Return whether a cell holds so much that one line would not do."""
    length = sum(len(block.text) for block in cell)
    has_parts = any(block.kind in {"heading", "table"} for block in cell)
    return (len(cell) > 1 or has_parts) and length > (_LONGEST_PARTS if has_parts else _LONGEST_CELL)


def _rows_block(rows: list[Row]) -> list[Block]:
    notes = [block for row in rows for blocks, _ in row for block in blocks if block.kind == "note"]
    grid = [_placed(row) for row in rows]
    columns = sorted({column for row in grid for column, text in row.items() if text})
    # A merged cell has text in its first column and none in the others; columns that are empty in every row are no use.
    return [*table_block([row.get(column, "") for column in columns] for row in grid), *notes]


def _placed(row: Row) -> dict[int, str]:
    """Return the text of each cell by the number of the column it starts in."""
    starts = accumulate((span for _, span in row), initial=0)
    texts = (in_one_line(block for block in blocks if block.kind != "note") for blocks, _ in row)
    return dict(zip(starts, texts, strict=False))
