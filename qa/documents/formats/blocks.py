"""How readers write what they find: blocks one after the other, and the rows of a table."""

from __future__ import annotations

import re
from collections.abc import Iterable

BAR = re.compile(r"(?<!\\)\|")
"""What separates the cells of a row."""
# At the start of a line they would mean something else than a cell.
_OTHER_BLOCK = re.compile(r"#{1,6} |[-+*] |>|`{3}|~{3}|\d{1,9}[.)] ")


def joined(blocks: Iterable[tuple[str, int]]) -> str:
    """Return blocks as one text, separated by blank lines, but those of one list by line feeds.

    Parameters
    ----------
    blocks : iterable of (str, int)
        The text of each, and the number of the list or table that it is in; 0 for none.
    """
    parts: list[str] = []
    before = 0
    for text, group in blocks:
        if parts:
            parts.append("\n" if group and group == before else "\n\n")
        parts.append(text)
        before = group
    return "".join(parts)


def table_lines(rows: Iterable[Iterable[str]], header: int = -1) -> list[str]:
    """Return the rows of a table as `qa.documents.tables` reads them, without those that are empty.

    Parameters
    ----------
    rows : iterable of iterable of str
        The text of each cell, on one line.
    header : int
        The index of the last row of the header, below which a rule is written; none if negative.
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
    # Rows start with a bar where the first would be taken for something else.
    return [f"| {line} |" for line in lines] if lines and _OTHER_BLOCK.match(lines[0]) else lines
