"""HTML -> all its text; `qa.documents.formats.html` finds the article in a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from qa.documents.block_lines import MAX_HEADING_CHARS
from qa.documents.block_rules import MAX_COLUMNS
from qa.documents.formats.blocks import (
    OpenList,
    join_blocks,
    last_header,
    list_number,
    superscript,
    table_lines,
    without_spacers,
)
from qa.documents.formats.zip_formats import Node, feed
from qa.text.lines import one_line

_HEADING = re.compile(r"h([1-6])")
_LISTS = {"ul", "ol", "dl"}
_FORMS = {
    **dict.fromkeys(("a", "lower-alpha", "lower-latin"), "lowerLetter"),
    **dict.fromkeys(("A", "upper-alpha", "upper-latin"), "upperLetter"),
    **dict.fromkeys(("i", "lower-roman"), "lowerRoman"),
    **dict.fromkeys(("I", "upper-roman"), "upperRoman"),
}
"""Numbers of lists, by their type or style."""
_LIST_STYLE = re.compile(r"list-style(?:-type)?\s*:\s*([a-z-]+)", re.IGNORECASE)
_ITEMS = {"li", "dt", "dd"}
_CELLS = {"td", "th"}
BLOCKS = {
    *("address", "article", "aside", "blockquote", "body", "caption", "center", "details", "dialog", "div", "fieldset"),
    *("figcaption", "figure", "footer", "form", "header", "hr", "html", "legend", "main", "nav", "p", "pre", "section"),
    *("summary", "table", "tr"),
    *(f"h{level}" for level in range(1, 7)),
    *_LISTS,
    *_ITEMS,
    *_CELLS,
}
"""Elements that start and end a line."""
_MAX_REPEATED_CHARS = 1_000_000  # of cells that span rows; beyond it, each is in its first row only
_NO_TEXT = frozenset({"del", "head", "rp", "rt", "script", "style", "template", "title"})
_WRITTEN = {"br": "\n", "q": '"'}
# Signs between the parts of a formula in MathML, as people type them.
_SIGNS = {"mfrac": "/", "msup": "^", "msub": "_", "munder": "_", "msubsup": "_^", "munderover": "_^"}
INVISIBLE = re.compile(r"[\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
"""Soft hyphens, invisible operators, line-break opportunities and direction marks."""
_LINE_END = "\x1e"  # of the source, which is white space
_UNSPACED = "\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff9f\U00020000-\U0003ffff"
_WRAPPED = re.compile(rf"(?<=[{_UNSPACED}])[ \t]*+{_LINE_END}[ \t{_LINE_END}]*+(?=[{_UNSPACED}])")


@dataclass(slots=True)
class _Table:
    rows: list[list[str]] = field(default_factory=list)
    row: list[tuple[str, int, int]] = field(default_factory=list)  # text of each cell, columns and rows that it spans
    cell: list[str] | None = None
    spans: tuple[int, int] = (1, 1)  # of the open cell
    is_layout: bool = False
    is_header: bool = True  # whether the row has only header cells so far
    headers: int = 0  # number of such rows at the start
    # Text of the cells that reach into the next rows, and the number of those rows, by column.
    above: dict[int, tuple[str, int]] = field(default_factory=dict)

    def end_row(self) -> int:
        """Add the row, with the cells that reach into it; return the number of characters added to its own cells."""
        above, self.above = self.above, {}
        texts: dict[int, str] = {}
        column = 0
        for text, columns, rows in self.row:
            while column in above:
                column += 1
            texts[column] = text
            after = max(min(column + columns, MAX_COLUMNS), column + 1)
            if rows > 1:
                self.above |= dict.fromkeys(range(column, after), ("", rows - 1))
                self.above[column] = text, rows - 1
            column = after
        for reaching, (text, rows) in above.items():
            texts.setdefault(reaching, text)
            if rows > 1:
                self.above.setdefault(reaching, (text, rows - 1))
        row = [texts.get(column, "") for column in range(max(texts, default=-1) + 1)]
        if self.row:
            self.headers += self.is_header and self.headers == len(self.rows)
            self.rows.append(row)
        self.is_header = True
        added = _length(row) - _length(text for text, _, _ in self.row)
        self.row = []
        return added


@dataclass(slots=True)
class _Formula:
    """An open element of a formula."""

    tag: str = ""
    end: str = ""  # what follows its text
    parts: int = 0  # number of elements in it so far


class TextBuilder:
    """Builds text from the events of an HTML parser, as the target of lxml's parser or called directly.

    Headings become lines with number signs, list items lines with a dash or number, and table rows lines of cells
    separated by bars; preformatted text is fenced, and blocks are separated by blank lines. A table that contains a
    table or lines of code is layout: its cells become blocks. A cell that spans rows is repeated in each.

    There is no recursion, so no nesting is too deep, and the time is linear in the length of the input.
    """

    def __init__(self) -> None:
        self.headings: list[str] = []  # without number signs
        self.title = ""  # the first heading of level 1
        self._left_out = self._preformatted = self._raised = 0
        self._link = -1  # where the text of the open link starts
        self._heading = ""
        self._inline: list[str] = []
        self._formula: list[_Formula] = []  # the open elements of a formula
        self._lists: list[OpenList] = []
        self._tables: list[_Table] = []
        # The text of each block, and the number of its list or table.
        self._blocks: list[tuple[str, int]] = []
        self._group = self._groups = 0
        self._repeatable = _MAX_REPEATED_CHARS

    def start(self, tag: str, attributes: Mapping[str, Any]) -> None:
        """Handle the start of an element."""
        if self._left_out or tag in _NO_TEXT:
            self._left_out += tag in _NO_TEXT
        elif tag in _WRITTEN:
            self._inline.append(_WRITTEN[tag])
        elif tag == "a":
            self._link = len(self._inline) if "href" in attributes else -1
        elif tag == "sup":
            self._raised += 1
        elif tag in BLOCKS:
            self._boundary()
            if not self._heading:
                self._start_block(tag, attributes)
        elif tag == "math" or self._formula:
            self._start_formula(tag)

    def end(self, tag: str) -> None:
        """Handle the end of an element."""
        if self._left_out:
            self._left_out -= tag in _NO_TEXT
        elif tag == "a":
            self._link = -1
        elif tag == "sup":
            self._raised -= self._raised > 0
        elif tag == "q":
            self._inline.append(_WRITTEN[tag])
        elif tag in BLOCKS and self._heading:
            self._end_in_heading(tag)
        elif tag in BLOCKS:
            self._end_block(tag)
        elif self._formula and self._formula[-1].tag == tag:
            end = self._formula.pop().end
            self._inline += [end] if end else []

    def data(self, text: str) -> None:
        """Handle text."""
        if not self._left_out:
            text = INVISIBLE.sub("", text)
            if self._raised and self._link == len(self._inline) and text.isdecimal():
                text = f"[{text}]"  # a reference to a note
            elif self._raised and self._inline:
                text = superscript(text, self._inline[-1])
            self._inline.append(text if self._preformatted else text.replace("\n", _LINE_END))

    def close(self) -> str:
        """Return the text."""
        self._boundary()
        return join_blocks(self._blocks)

    def _start_formula(self, tag: str) -> None:
        around = self._formula[-1] if self._formula else _Formula()
        signs = _SIGNS.get(around.tag, "")
        if 0 < around.parts <= len(signs):
            self._inline.append(signs[around.parts - 1])
        around.parts += 1
        start = end = ""
        if tag == "mrow" and signs:
            start, end = "(", ")"
        elif tag == "msqrt":
            start, end = "\u221a(", ")"
        elif tag == "mfrac" and self._inline and self._inline[-1][-1:].isdigit():
            # A whole number is not part of the fraction after it.
            start = " "
        self._inline += [start] if start else []
        self._formula.append(_Formula(tag, end))

    def _start_block(self, tag: str, attributes: Mapping[str, Any]) -> None:
        if tag in _LISTS:
            self._start_list(tag, attributes)
        elif tag in _ITEMS and self._lists:
            self._start_item(tag, attributes)
        elif tag == "table":
            self._start_table()
        elif tag in _CELLS and self._tables and not self._tables[-1].is_layout:
            self._start_cell(tag, attributes)
        elif tag == "pre":
            self._preformatted += 1
        elif _HEADING.fullmatch(tag) and not self._lists and self._cell is None:
            self._heading = tag

    def _end_block(self, tag: str) -> None:
        if tag == "pre" and self._preformatted:
            self._preformatted -= 1
            self._end_preformatted()
        self._boundary()
        if tag in _LISTS and self._lists:
            self._lists.pop()
            self._end_group()
        elif tag in _CELLS and self._cell is not None:
            self._tables[-1].row.append((" ".join(self._cell), *self._tables[-1].spans))
            self._tables[-1].cell = None
        elif tag == "tr" and self._tables:
            self._end_row()
        elif tag == "table" and self._tables:
            if self._tables[-1].row:
                self._end_row()
            self._end_rows()
            self._tables.pop()
            self._end_group()

    @property
    def _cell(self) -> list[str] | None:
        return self._tables[-1].cell if self._tables else None

    def _boundary(self) -> None:
        """End a paragraph, except within headings and preformatted text."""
        if self._heading or self._preformatted:
            self._inline.append("\n")
            return
        self._add(list(filter(None, map(one_line, self._written().split("\n")))))

    def _written(self) -> str:
        """Return the text since the last boundary.

        As in CSS, a line end of the source between Chinese or Japanese characters is no space.
        """
        text = "".join(self._inline)
        self._inline.clear()
        return _WRAPPED.sub("", text) if _LINE_END in text else text

    def _add(self, lines: list[str]) -> None:
        """Add the lines of a block to the cell, list item or text that is open."""
        if not lines:
            return
        if self._cell is not None:
            self._cell.extend(map(one_line, lines))
            return
        if self._tables:
            self._end_rows()
        if self._lists:
            lines = self._lists[-1].item_lines(lines)
        self._blocks.append(("\n".join(lines), self._group))

    def _start_group(self) -> None:
        if not self._lists and self._cell is None:
            self._groups += 1
            self._group = self._groups

    def _end_group(self) -> None:
        if not self._lists and self._cell is None:
            self._group = 0

    def _start_list(self, tag: str, attributes: Mapping[str, Any]) -> None:
        self._start_group()
        named = _LIST_STYLE.search(attributes.get("style", ""))
        form = _FORMS.get(named[1].lower() if named else attributes.get("type", ""), "decimal")
        opened = OpenList(tag == "ol", _number(attributes, "start") - 1, form)
        if self._lists:
            opened.nest(self._lists[-1])
        self._lists.append(opened)

    def _start_item(self, tag: str, attributes: Mapping[str, Any]) -> None:
        inner = self._lists[-1]
        if "value" in attributes:
            inner.count = _number(attributes, "value") - 1
        inner.start_item()
        if inner.numbered:
            inner.marker = f"{list_number(inner.count, inner.style)}. "
        inner.marker = {"dt": "", "dd": ": "}.get(tag, inner.marker)

    def _start_table(self) -> None:
        if self._tables and not self._tables[-1].is_layout:
            self._make_layout()
        self._start_group()
        self._tables.append(_Table())

    def _make_layout(self) -> None:
        """Turn the cells of the innermost table into blocks."""
        table = self._tables[-1]
        cells = [*(text for text, _, _ in table.row), *(table.cell or [])]
        table.row, table.cell, table.is_layout, self._group = [], None, True, 0
        self._end_rows()
        for cell in cells:
            self._add([cell] if cell else [])

    def _start_cell(self, tag: str, attributes: Mapping[str, Any]) -> None:
        self._tables[-1].is_header &= tag == "th"
        spans = _number(attributes, "colspan"), _number(attributes, "rowspan")
        self._tables[-1].cell, self._tables[-1].spans = [], spans if self._repeatable > 0 else (1, 1)

    def _end_row(self) -> None:
        self._repeatable -= self._tables[-1].end_row()
        if self._repeatable <= 0:
            self._tables[-1].above.clear()

    def _end_rows(self) -> None:
        table = self._tables[-1]
        empty = sum(not any(row) for row in table.rows[: table.headers])
        rows, headers = [row for row in table.rows if any(row)], table.headers - empty
        table.rows, table.headers = [], 0
        self._add(table_lines(without_spacers(rows), last_header(rows, headers)))

    def _end_in_heading(self, tag: str) -> None:
        self._inline.append("\n")
        if tag != self._heading:
            return
        text = one_line(self._written())
        self._heading = ""
        if text and len(text) <= MAX_HEADING_CHARS:  # a longer one lacks its end tag
            self.headings.append(text)
            self.title = self.title or (text if tag == "h1" else "")
            text = f"{'#' * int(tag[1])} {text}"
        self._add([text] if text else [])

    def _end_preformatted(self) -> None:
        if self._preformatted:
            return
        code = "".join(self._inline).strip("\n")
        self._inline.clear()
        if self._cell is not None and "\n" in code:
            self._make_layout()
        if code.strip():
            fence = "~~~" if "```" in code else "```"
            self._add([fence, *(line.rstrip() for line in code.split("\n")), fence])


def _number(attributes: Mapping[str, Any], name: str) -> int:
    """Return the number in an attribute, or 1."""
    value = str(attributes.get(name, ""))
    return int(value) if value.isdecimal() and len(value) < len("1000000") else 1


def _length(cells: Iterable[str]) -> int:
    """Return the number of characters of a row."""
    return sum(len(cell) + len(" | ") for cell in cells)


def html_text(html: str) -> str:
    """Return all text of an HTML document; raise a `UnicodeEncodeError` if it contains an unpaired surrogate."""
    from lxml import etree  # type: ignore[import-untyped]

    if not html.strip():
        return ""
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, target=TextBuilder())
    text: str = etree.fromstring(html.encode(), parser)
    return text


def mathml_text(formula: Node) -> str:
    """Return the text of a formula on one line, given its root element in MathML."""
    from lxml import etree

    etree.strip_elements(formula, "{*}annotation", "{*}annotation-xml", with_tail=False)
    for element in formula.iter("*"):
        element.tag = etree.QName(element).localname
    builder = TextBuilder()
    feed(formula, builder)
    return one_line(builder.close())
