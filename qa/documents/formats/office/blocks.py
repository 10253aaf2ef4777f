"""The blocks of text in an Office document, and how they are written one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from qa.documents.formats.parsed import DEEPEST_INDENT
from qa.text.lines import one_line


class Block(NamedTuple):
    """A paragraph, or what else is separated from the text around it.

    Attributes
    ----------
    text : str
    kind : str
        A "note" is a footnote or endnote; it follows the list or table in which it is referred to.
    mark : str
        What precedes the text: number signs, a dash, or a number.
    depth : int
        Of a list item, from 0.
    """

    text: str
    kind: Literal["paragraph", "heading", "item", "table", "note"] = "paragraph"
    mark: str = ""
    depth: int = 0


def written(blocks: Iterable[Block]) -> str:
    """Return the text of blocks: items of one list on lines of their own, everything else separated by blank lines."""
    parts: list[str] = []
    notes: list[Block] = []
    widths: list[tuple[int, int]] = []
    previous = ""
    for block in blocks:
        if block.kind == "note" and previous == "item":
            notes.append(block)
            continue
        if block.kind != "item":
            widths.clear()
            parts += [f"\n\n{note.text}" for note in notes]
            notes.clear()
        while widths and widths[-1][0] >= block.depth:
            widths.pop()
        indent = min(sum(width for _, width in widths), DEEPEST_INDENT)
        parts += ["\n" if block.kind == previous == "item" else "\n\n", " " * indent, block.mark, block.text]
        widths.append((block.depth, len(block.mark)))
        previous = block.kind
    parts += [f"\n\n{note.text}" for note in notes]
    return "".join(parts).removeprefix("\n\n")


def in_one_line(blocks: Iterable[Block]) -> str:
    """Return the text of blocks as that of a cell: numbers are kept, dashes and number signs are not."""
    return " ".join(filter(None, map(_line, blocks)))


def table_row(cells: Iterable[str]) -> str:
    """Return a row as a line; empty if nothing is in its cells."""
    cells = list(cells)
    return " | ".join(cells) if any(cells) else ""


def _line(block: Block) -> str:
    if block.kind == "table":  # in a cell of another
        return "; ".join(", ".join(filter(str.strip, row.split(" | "))) for row in block.text.split("\n"))
    return one_line(block.text if block.mark.startswith(("-", "#")) else block.mark + block.text)
