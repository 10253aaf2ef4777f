"""Blocks of text in an Office document, and their output as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from qa.documents.formats.article import MAX_INDENT
from qa.documents.formats.blocks import BAR, join_blocks, table_lines
from qa.text.lines import one_line


class Block(NamedTuple):
    """A paragraph, heading, list item, table, or a note, which is written after the list or table that refers to it."""

    text: str
    kind: Literal["paragraph", "heading", "item", "table", "note"] = "paragraph"
    mark: str = ""  # prefix of the text: number signs, a dash, or a number
    depth: int = 0  # of a list item, from 0


def blocks_text(blocks: Iterable[Block]) -> str:
    """Return the text of blocks: list items on consecutive lines, others separated by blank lines."""
    found: list[tuple[str, int]] = []
    notes: list[tuple[str, int]] = []
    widths: list[tuple[int, int]] = []
    for block in blocks:
        if block.kind == "note" and widths:
            notes.append((block.text, 0))
            continue
        if block.kind != "item":
            widths.clear()
            found += notes
            notes.clear()
        while widths and widths[-1][0] >= block.depth:
            widths.pop()
        indent = min(sum(width for _, width in widths), MAX_INDENT)
        found.append((" " * indent + block.mark + block.text, block.kind == "item"))
        if block.kind == "item":
            widths.append((block.depth, len(block.mark)))
    return join_blocks([*found, *notes])


def cell_content(blocks: Iterable[Block]) -> str:
    """Return the text of blocks within a cell: numbers are kept, dashes and number signs are dropped."""
    return " ".join(filter(None, map(_line, blocks)))


def table_block(rows: Iterable[Iterable[str]]) -> list[Block]:
    """Return a table as a block, or nothing if all its cells are empty."""
    lines = table_lines(rows)
    return [Block("\n".join(lines), "table")] if lines else []


def _line(block: Block) -> str:
    if block.kind == "table":  # a table within a cell
        rows = (map(str.strip, BAR.split(row)) for row in block.text.split("\n"))
        return "; ".join(", ".join(filter(None, row)) for row in rows)
    return one_line(block.text if block.mark.startswith(("-", "#")) else block.mark + block.text)
