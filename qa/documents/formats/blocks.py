"""The text that readers write: blocks separated by blank lines, and rows of tables."""

from __future__ import annotations

import re
from collections.abc import Iterable

BAR = re.compile(r"(?<!\\)\|")
"""The separator between cells of a row."""
# Characters that start another kind of block at the start of a line.
_OTHER_BLOCK = re.compile(r"#{1,6} |[-+*] |>|`{3}|~{3}|\d{1,9}[.)] ")


def join_blocks(blocks: Iterable[tuple[str, int]]) -> str:
    """Join blocks with blank lines, and those of one group, such as a list, with line feeds; group 0 is none."""
    parts: list[str] = []
    before = 0
    for text, group in blocks:
        if parts:
            parts.append("\n" if group and group == before else "\n\n")
        parts.append(text)
        before = group
    return "".join(parts)


def table_lines(rows: Iterable[Iterable[str]], header: int = -1) -> list[str]:
    """Return the non-empty rows of a table in the syntax of `qa.documents.tables`.

    Parameters
    ----------
    rows : iterable of iterable of str
        The text of each cell on one line.
    header : int
        Index of the last header row, which a line of dashes follows; negative for none.
    """
    lines: list[str] = []
    width = 0
    for row in rows:
        cells = [BAR.sub(r"\\|", cell) if "|" in cell else cell for cell in row]
        if any(cells):
            lines.append(" | ".join(cells).rstrip())
            width = len(cells)
    if header >= 0:
        lines.insert(header + 1, " | ".join(["---"] * width))
    # Start rows with a bar if the first one would otherwise be another kind of block.
    return [f"| {line} |" for line in lines] if lines and _OTHER_BLOCK.match(lines[0]) else lines
