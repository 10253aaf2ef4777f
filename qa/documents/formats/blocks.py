"""The text that readers write: blocks separated by blank lines, lists, and rows of tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

from qa.documents.formats.article import MAX_INDENT
from qa.text.lines import BULLETS, one_line

_MAX_REPEATED_CHARS = 300  # of a cell that spans rows; its text is repeated in each
_SUPERSCRIPTS = str.maketrans("0123456789+-\u2212\u2013", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
_EXPONENT = re.compile(r"[-+\u2212\u2013]?\d+")
_AFTER_NUMBER = re.compile(r"\d$|\d{3}[.,]$")  # "$5.<sup>99</sup>" is a price
_ROMAN = {
    **{1000: "M", 900: "CM", 500: "D", 400: "CD", 100: "C", 90: "XC"},
    **{50: "L", 40: "XL", 10: "X", 9: "IX", 5: "V", 4: "IV", 1: "I"},
}
_MAX_ROMAN = 3999
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MAX_LETTERS = 9  # of a number
_BAR = re.compile(r"(?<!\\)\|")
# "Page 3 of 9" without its numbers, which come from fields.
_PAGE_OF = re.compile(r"[\W\d]*+(?:page|seite|página|pagina)?[\W\d]*+(?:of|von|sur|de|di)?[\W\d]*", re.IGNORECASE)
_MAX_HEADER_LINES = 100
_MAX_HEADER_ROWS = 3  # of a table
_SIGN_BEFORE = re.compile(r"\(?[A-Z]{0,3}[$€£¥]\(?|\(")  # before an amount, in a separate cell
_SIGN_AFTER = re.compile(r"\)?%\)?|\)")
# Characters that start another kind of block at the start of a line.
_OTHER_BLOCK = re.compile(rf"#{{1,6}} |[{BULLETS}] |>|`{{3}}|~{{3}}|\d{{1,9}}[.)] |={{2,6}}|Q(?:uestion)?\s?\d*[.:)] ")


class TextBlock(NamedTuple):
    """A paragraph, heading, list item, table, or a note, which is written after the list or table that refers to it."""

    text: str
    kind: Literal["paragraph", "heading", "item", "table", "note"] = "paragraph"
    mark: str = ""  # prefix of the text: number signs, a dash, or a number
    depth: int = 0  # of a list item, from 0


@dataclass(slots=True)
class OpenList:
    """A list whose items are being read."""

    numbered: bool
    count: int = 0
    style: str = ""  # its name in the file
    indent: int = 0
    marker: str = ""  # of the last item
    pending: bool = False  # whether the last item has no text yet

    def nest(self, outer: OpenList) -> None:
        """Indent it below the text of the last item of a list around it, if that has any."""
        self.indent = min(outer.indent + (0 if outer.pending else len(outer.marker)), MAX_INDENT)

    def start_item(self) -> None:
        """Count an item."""
        self.count += 1
        self.marker, self.pending = f"{self.count}. " if self.numbered else "- ", True

    def item_lines(self, lines: Sequence[str]) -> list[str]:
        """Return lines of the last item after its marker, or below its first ones."""
        rest = " " * (self.indent + len(self.marker))
        first = " " * self.indent + self.marker if self.pending else rest
        self.pending = False
        return [first + lines[0], *(rest + line for line in lines[1:])]


def list_number(count: int, form: str) -> str:
    """Return a number in a format such as "decimal", "lowerRoman", "upperLetter"; unknown ones count as "decimal"."""
    if form == "none":
        return ""
    text = f"{count:02}" if form == "decimalZero" else str(count)
    if form in {"lowerRoman", "upperRoman"} and 0 < count <= _MAX_ROMAN:
        text = ""
        for value, letters in _ROMAN.items():
            text += letters * (count // value)
            count %= value
    elif form in {"lowerLetter", "upperLetter"} and 0 < count <= _MAX_LETTERS * len(_ALPHABET):
        # AA and BB follow Z.
        repetitions, letter = divmod(count - 1, len(_ALPHABET))
        text = _ALPHABET[letter] * (repetitions + 1)
    return text.lower() if form.startswith("lower") else text


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
        cells = [_BAR.sub(r"\\|", cell) if "|" in cell else cell for cell in row]
        if any(cells):
            lines.append(" | ".join(cells).rstrip())
            width = len(cells)
    if header >= 0:
        lines.insert(header + 1, " | ".join(["---"] * width))
    # Start rows with a bar if the first one would otherwise be another kind of block.
    return [f"| {line} |" for line in lines] if lines and _OTHER_BLOCK.match(lines[0]) else lines


def blocks_text(blocks: Iterable[TextBlock]) -> str:
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
        text = block.text.replace("\n", "\n" + " " * (indent + len(block.mark))) if block.kind == "item" else block.text
        found.append((" " * indent + block.mark + text, block.kind == "item"))
        if block.kind == "item":
            widths.append((block.depth, len(block.mark)))
    return join_blocks([*found, *notes])


def cell_content(blocks: Iterable[TextBlock]) -> str:
    """Return the text of blocks within a cell: numbers are kept, dashes and number signs are dropped."""
    return " ".join(filter(None, map(_line, blocks)))


def headers_and_footers(lines: Iterable[str], body: Iterable[str]) -> list[TextBlock]:
    """Return the lines of headers and footers, each once, without page numbers and lines that are in the body."""
    seen = {line.strip() for text in body for line in text.splitlines()}
    found: list[str] = []
    for line in map(str.strip, lines):
        if line not in seen and not _PAGE_OF.fullmatch(line) and len(found) < _MAX_HEADER_LINES:
            seen.add(line)
            found.append(line)
    return [TextBlock("Headers and footers", "heading", "### "), TextBlock("\n".join(found))] if found else []


def superscript(text: str, before: str) -> str:
    """Return superscript text after other text; a number after a digit is raised, as 10 to the 6th is not 106."""
    raised = _EXPONENT.fullmatch(text.strip()) and _AFTER_NUMBER.search(before[-4:])
    return text.translate(_SUPERSCRIPTS) if raised else text


def merged_text(text: str, above: str) -> str:
    """Return the text of a cell that continues the one above: that cell's, unless it is long."""
    return text or (above if len(above) <= _MAX_REPEATED_CHARS else "")


def last_header(rows: Sequence[Sequence[str]], headers: int) -> int:
    """Return the index of the last of the marked header rows, for `table_lines`; -1 if they are no column names.

    They may be a title over the table, or the whole table.
    """
    is_named = 0 < headers < len(rows) and headers <= _MAX_HEADER_ROWS and sum(map(bool, rows[0])) > 1
    return headers - 1 if is_named else -1


def without_spacers(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the rows of a table without its empty columns, with the signs of amounts in the cells of the amounts.

    Financial statements align amounts with cells for signs and space: "$", "1,200", "", ")". A sign below a name of its
    own is a value.
    """
    joined, names = [list(row) for row in rows], dict(enumerate(next(iter(rows), ())))
    for cells in joined:
        filled = [column for column, cell in enumerate(cells) if cell]
        for column, after in reversed([*pairwise(filled)]):
            above = names.get(column, ""), names.get(after, "")
            if _is_sign(cells[column], cells[after]) and (not above[1] or _is_sign(*above)):
                cells[column] += cells[after]
                cells[after] = ""
    used = {column for row in joined for column, cell in enumerate(row) if cell}
    return [[cell for column, cell in enumerate(row) if column in used] for row in joined]


def _is_sign(before: str, after: str) -> bool:
    """Return whether one of two cells is a sign of the amount in the other."""
    return bool(_SIGN_BEFORE.fullmatch(before) or _SIGN_AFTER.fullmatch(after))


def inner_rows(rows: Iterable[Iterable[str]]) -> str:
    """Return the text of a table that is within a cell of another."""
    return "; ".join(filter(None, (", ".join(filter(None, row)) for row in rows)))


def table_block(rows: Iterable[Iterable[str]], header: int = -1) -> list[TextBlock]:
    """Return a table as a block, or nothing if all its cells are empty; `header` as for `table_lines`."""
    lines = table_lines(rows, header)
    return [TextBlock("\n".join(lines), "table")] if lines else []


def _line(block: TextBlock) -> str:
    if block.kind == "table":  # a table within a cell
        return inner_rows(map(str.strip, _BAR.split(row)) for row in block.text.split("\n"))
    return one_line(block.text if block.mark.startswith(("-", "#")) else block.mark + block.text)
