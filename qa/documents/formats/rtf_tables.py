"""Rows of RTF tables, whose cells are defined by their right edges, -> rows of the same columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, repeat

from qa.documents.formats.blocks import merged_text

_MAX_COLUMNS = 100  # Word's own limit is 63
_MAX_OFFSET = 120  # twips between edges of different rows that are meant to be one


@dataclass(frozen=True, slots=True)
class CellEdge:
    """The right edge of a cell in twips, and whether the cell continues the one above or the one before."""

    position: int
    merge: str = ""  # "clvmrg", "clmrg" or empty


_NO_EDGE = CellEdge(-1)


@dataclass(frozen=True, slots=True)
class Row:
    """The text of each cell of a row, and the edges that its definition gives; there may be fewer or more."""

    texts: Sequence[str]
    edges: Sequence[CellEdge]


def aligned(rows: Sequence[Row]) -> list[list[str]]:
    """Return rows of the same columns; a cell that spans several has its text in the first of them."""
    columns = _columns(rows) if len({len(row.texts) for row in rows}) > 1 else {}
    if len(set(columns.values())) > _MAX_COLUMNS:
        columns.clear()
    found: list[list[str]] = []
    for row in rows:
        texts: list[str] = []
        edges = chain(row.edges, repeat(_NO_EDGE))
        for text, edge in zip(row.texts, edges, strict=False):
            start = len(texts)
            above = found[-1][start] if edge.merge == "clvmrg" and found and start < len(found[-1]) else ""
            texts += [merged_text(text, above), *[""] * (columns.get(edge.position, start) - start)]
        found.append(texts)
    return found


def _columns(rows: Sequence[Row]) -> dict[int, int]:
    """Return the number of the column that ends at each edge."""
    positions = sorted({edge.position for row in rows for edge in row.edges})
    # The cell between two edges of one row is narrow.
    cells = {pair for row in rows for pair in pairwise(edge.position for edge in row.edges)}
    columns = dict.fromkeys(positions[:1], 0)
    for before, position in pairwise(positions):
        is_same = position - before <= _MAX_OFFSET and (before, position) not in cells
        columns[position] = columns[before] + (not is_same)
    return columns
