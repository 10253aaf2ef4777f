"""Blocks of a Word document from XML events: paragraphs, lists, tables, text boxes, notes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import ClassVar, NamedTuple

from qa.documents.block_rules import MAX_HEADING_CHARS
from qa.documents.formats.blocks import TextBlock, cell_content, last_header, merged_text, table_block
from qa.documents.formats.docx.numbering import BULLET, CONTINUED, Numbering
from qa.documents.formats.docx.styles import Styles, heading_level
from qa.documents.formats.docx.text import Attributes, Paragraph, TextReader
from qa.documents.formats.office.xml import CX, DGM, VML, C, R, W, is_large, is_on
from qa.text.lines import one_line

_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/picture}"
_O = "{urn:schemas-microsoft-com:office:office}"

_DIGITS = re.compile(r"\d{1,3}")
_MAX_DIGITS = 9
_MAX_SPAN = 63  # columns; Word's own limit
_MAX_CONTENTS_ENTRY_CHARS = 300  # in a table of contents that is recognised only by its field
_MAX_CELL_CHARS, _MAX_STRUCTURED_CELL_CHARS = 2000, 300  # with several paragraphs; with headings or tables
_MAX_TABLE_DEPTH = 20  # a cell's text is joined again for each table around it


class _Cell(NamedTuple):
    """The blocks of a cell, the number of columns that it spans, and whether it continues the cell above."""

    blocks: list[TextBlock]
    columns: int
    continues: bool = False


@dataclass(slots=True)
class _Table:
    rows: list[list[_Cell]] = field(default_factory=list)
    headers: int = 0  # number of rows at the start that are repeated on each page
    # Of the open cell:
    columns: int = 1
    continues: bool = False


class BodyReader(TextReader):
    """Collects the blocks of one part of a Word document.

    Parameters
    ----------
    related : callable
        Returns the blocks of a related part, such as a chart, by its kind and relationship id.
    notes : mapping of (str, str) to str
        Text of footnotes and endnotes by kind and id.
    """

    def __init__(
        self,
        styles: Styles,
        numbering: Numbering,
        related: Callable[[str, str], list[TextBlock]] = lambda _kind, _id: [],
        notes: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        super().__init__(styles)
        self.blocks: list[TextBlock] = []
        self.notes_found: dict[str, str] = {}
        self.title = ""
        self.is_document = False
        self._numbering, self._related = numbering, related
        self._notes = dict(notes or {})
        self._note_id = ""
        self._note_count = 0
        self._flows: list[list[TextBlock]] = [self.blocks]
        self._carried: Paragraph | None = None
        self._tables: list[_Table] = []
        self._deeper_tables = 0
        self._picture_counts = False

    def close(self) -> None:
        """Handle the end of the part."""
        self._end_carried()

    # --- paragraphs ---------------------------------------------------------------------------------------------------

    def _start_paragraph(self, _: Attributes) -> None:
        paragraph = Paragraph(self._styles[""])
        if self._carried is not None:
            paragraph.parts, paragraph.after = self._carried.parts, self._carried.after
            self._carried = None
        self._paragraphs.append(paragraph)

    def _start_document(self, _: Attributes) -> None:
        self.is_document = True

    def _start_style(self, attributes: Attributes) -> None:
        paragraph = self._paragraph
        paragraph.style_id = attributes.get(f"{W}val", "")
        paragraph.style = self._styles[paragraph.style_id]
        paragraph.hidden = paragraph.style.is_hidden

    def _start_outline(self, attributes: Attributes) -> None:
        self._paragraph.outline = attributes.get(f"{W}val", "")

    def _start_list(self, attributes: Attributes) -> None:
        self._paragraph.list_id = attributes.get(f"{W}val", "")

    def _start_list_level(self, attributes: Attributes) -> None:
        level = attributes.get(f"{W}val", "")
        if level.isdecimal():
            self._paragraph.list_level = int(level)

    def _end_paragraph(self) -> None:
        if not self._paragraphs:
            return
        paragraph = self._paragraphs.pop()
        if not self._paragraphs:
            # A field instruction never spans paragraphs; an open one here comes from a damaged field.
            self._fields = [each for each in self._fields if each.shows]
        if paragraph.joins_next:
            self._end_carried()
            self._carried = paragraph
            return
        self._flows[-1] += self._blocks(paragraph)

    def _end_carried(self) -> None:
        if self._carried is not None:
            paragraph, self._carried = self._carried, None
            self._flows[-1] += self._blocks(paragraph)

    def _blocks(self, paragraph: Paragraph) -> list[TextBlock]:
        """Return the block of a paragraph, followed by its text boxes and notes."""
        style = paragraph.style
        text = "".join(paragraph.parts).strip()
        label, depth = self._label(paragraph)
        level = heading_level(paragraph.outline) if paragraph.outline else style.level or int(style.is_title)
        lists_contents = paragraph.has_contents or any(each.is_contents for each in self._fields)
        if style.is_contents or (lists_contents and len(text) <= _MAX_CONTENTS_ENTRY_CHARS):
            self.left_out["contents"] += bool(text)
            return paragraph.after
        if not text:
            return paragraph.after
        if style.is_title:
            self.title = self.title or one_line(text)
        if level and len(text) <= MAX_HEADING_CHARS:
            words = text if label in {"", BULLET, CONTINUED} else f"{label} {text}"
            first = TextBlock(one_line(words), "heading", "#" * min(level, 6) + " ")
        elif label == CONTINUED:
            first = TextBlock(one_line(text), "item", depth=depth + 1)
        elif label:
            first = TextBlock(one_line(text), "item", f"{label}. " if _DIGITS.fullmatch(label) else f"{label} ", depth)
        else:
            first = TextBlock(text)
        return [first, *paragraph.after]

    def _label(self, paragraph: Paragraph) -> tuple[str, int]:
        """Return the label and depth of a list item; an empty label if the paragraph is none."""
        style = paragraph.style
        list_id = style.list_id if paragraph.list_id is None else paragraph.list_id
        if not list_id or list_id == "0":
            return (BULLET if style.is_list and paragraph.list_id is None else ""), 0
        given = style.list_level if paragraph.list_level is None else paragraph.list_level
        depth = self._numbering.level_of(list_id, paragraph.style_id) if given is None else given
        label = self._numbering.label(list_id, depth)
        return BULLET if label is None else label, depth

    # --- notes, comments, text boxes, drawings ------------------------------------------------------------------------

    def _start_flow(self, _: Attributes) -> None:
        self._end_carried()
        self._flows.append([])

    def _end_flow(self) -> list[TextBlock]:
        self._end_carried()
        return self._flows.pop() if len(self._flows) > 1 else []

    def _anchor(self, blocks: list[TextBlock]) -> None:
        """Add blocks after the paragraph that anchors them."""
        (self._paragraphs[-1].after if self._paragraphs else self._flows[-1]).extend(blocks)

    def _start_note(self, attributes: Attributes) -> None:
        self._start_flow(attributes)
        self._note_id = attributes.get(f"{W}id", "")

    def _end_note(self) -> None:
        self.notes_found[self._note_id] = cell_content(self._end_flow())

    def _refer(self, kind: str, attributes: Attributes) -> None:
        text = self._notes.pop((kind, attributes.get(f"{W}id", "")), "")
        if text and self._paragraphs:
            self._note_count += 1
            self._add(f"[{self._note_count}]")
            self._anchor([TextBlock(f"[{self._note_count}] {text}", "note")])

    def _start_extent(self, attributes: Attributes) -> None:
        self._picture_counts = is_large(attributes)

    def _start_embedded(self, attributes: Attributes) -> None:
        program = attributes.get("ProgID", "")
        self.left_out["image"] -= 1  # its preview image
        self.left_out["equation" if program.startswith(("Equation", "MathType")) else "embedded file"] += 1

    # --- tables -------------------------------------------------------------------------------------------------------

    def _start_table(self, _: Attributes) -> None:
        self._end_carried()
        if len(self._tables) >= _MAX_TABLE_DEPTH:
            self._deeper_tables += 1
        else:
            self._tables.append(_Table())

    def _table(self) -> _Table | None:
        return self._tables[-1] if self._tables and not self._deeper_tables else None

    def _start_row(self, _: Attributes) -> None:
        if (table := self._table()) is not None:
            table.rows.append([])

    def _start_header_row(self, attributes: Attributes) -> None:
        table = self._table()
        if table is not None and table.headers == len(table.rows) - 1:
            table.headers += is_on(attributes)

    def _start_skipped_cells(self, attributes: Attributes) -> None:
        table = self._table()
        if table is not None and table.rows:
            table.rows[-1].append(_Cell([], _span(attributes)))

    def _start_cell(self, attributes: Attributes) -> None:
        if (table := self._table()) is not None:
            table.columns, table.continues = 1, False
            self._start_flow(attributes)

    def _start_span(self, attributes: Attributes) -> None:
        if (table := self._table()) is not None:
            table.columns = _span(attributes)

    def _start_merge(self, attributes: Attributes) -> None:
        if (table := self._table()) is not None:
            table.continues = attributes.get(f"{W}val") != "restart"

    def _end_cell(self) -> None:
        if (table := self._table()) is not None:
            blocks = self._end_flow()
            if table.rows:
                table.rows[-1].append(_Cell(blocks, table.columns, table.continues))

    def _end_table(self) -> None:
        if self._deeper_tables:
            self._deeper_tables -= 1
        elif self._tables:
            self._end_carried()
            self._flows[-1] += _table_blocks(self._tables.pop())

    _STARTS: ClassVar[Mapping[str, Callable[..., None]]] = {
        **TextReader._STARTS,
        f"{W}document": _start_document,
        f"{W}p": _start_paragraph,
        f"{W}pStyle": _start_style,
        f"{W}outlineLvl": _start_outline,
        f"{W}numId": _start_list,
        f"{W}ilvl": _start_list_level,
        f"{W}txbxContent": _start_flow,
        f"{W}footnote": _start_note,
        f"{W}endnote": _start_note,
        f"{W}footnoteReference": lambda self, attributes: self._refer("footnotes", attributes),
        f"{W}endnoteReference": lambda self, attributes: self._refer("endnotes", attributes),
        f"{W}commentReference": lambda self, _: self.left_out.update(["comment"]),
        f"{_WP}extent": _start_extent,
        f"{_PICTURE}pic": lambda self, _: self.left_out.update(["image"] * self._picture_counts),
        f"{VML}imagedata": lambda self, _: self.left_out.update(["image"]),
        f"{_O}OLEObject": _start_embedded,
        f"{C}chart": lambda self, attributes: self._anchor(self._related("chart", attributes.get(f"{R}id", ""))),
        f"{CX}chart": lambda self, _: self.left_out.update(["chart"]),
        f"{DGM}relIds": lambda self, attributes: self._anchor(
            self._related("diagramData", attributes.get(f"{R}dm", ""))
        ),
        f"{W}altChunk": lambda self, attributes: self._anchor(self._related("aFChunk", attributes.get(f"{R}id", ""))),
        f"{W}tbl": _start_table,
        f"{W}tr": _start_row,
        f"{W}tblHeader": _start_header_row,
        f"{W}gridBefore": _start_skipped_cells,
        f"{W}tc": _start_cell,
        f"{W}gridSpan": _start_span,
        f"{W}vMerge": _start_merge,
    }
    _ENDS: ClassVar[Mapping[str, Callable[..., object]]] = {
        **TextReader._ENDS,
        f"{W}p": _end_paragraph,
        f"{W}txbxContent": lambda self: self._anchor(self._end_flow()),
        f"{W}footnote": _end_note,
        f"{W}endnote": _end_note,
        f"{W}tc": _end_cell,
        f"{W}tbl": _end_table,
    }


def _span(attributes: Attributes) -> int:
    span = attributes.get(f"{W}val", "")
    return max(1, min(int(span), _MAX_SPAN)) if span.isdecimal() and len(span) <= _MAX_DIGITS else 1


def _table_blocks(table: _Table) -> list[TextBlock]:
    """Return a table with its notes, or framed text: cells alone in their row, and rows with a long cell."""
    blocks: list[TextBlock] = []
    rows, headers = table.rows, table.headers
    framing = all(len(row) <= 1 for row in rows)
    for frames, group in groupby(rows, lambda row: framing or any(_is_framed(cell.blocks) for cell in row)):
        if frames:
            blocks += [block for row in group for cell in row for block in cell.blocks]
        else:
            blocks += _rows_block(list(group), headers)
        headers = 0
    return blocks


def _is_framed(blocks: list[TextBlock]) -> bool:
    """Return whether a cell contains too much for one line."""
    length = sum(len(block.text) for block in blocks)
    has_parts = any(block.kind in {"heading", "table"} for block in blocks)
    return (len(blocks) > 1 or has_parts) and length > (_MAX_STRUCTURED_CELL_CHARS if has_parts else _MAX_CELL_CHARS)


def _rows_block(rows: Sequence[Sequence[_Cell]], headers: int) -> list[TextBlock]:
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
    filled = [[row.get(column, "") for column in columns] for row in grid]
    header = last_header(filled, headers) if all(map(any, filled[:headers])) else -1
    return [*table_block(filled, header), *notes]
