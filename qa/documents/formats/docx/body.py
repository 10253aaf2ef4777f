"""Blocks of a Word document: paragraphs, lists, tables, text boxes, notes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import ClassVar, NamedTuple

from qa.documents.block_lines import MAX_HEADING_CHARS
from qa.documents.formats.blocks import TextBlock, cell_content, last_header, merged_text, table_block
from qa.documents.formats.docx.numbering import BULLET, CONTINUED, Numbering
from qa.documents.formats.docx.styles import Styles, heading_level
from qa.documents.formats.docx.text import Paragraph, TextReader
from qa.documents.formats.office.drawings import paragraph_text
from qa.documents.formats.office.xml import CX, DGM, VML, A, C, R, W, is_large, is_on, value_of
from qa.documents.formats.zip_formats import Node
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
        self._numbering, self._related = numbering, related
        self._notes = dict(notes or {})
        self._note_count = 0
        self._flows: list[list[TextBlock]] = [self.blocks]
        self._carried: Paragraph | None = None
        self._tables: list[_Table | None] = []  # None for one that is nested too deep
        self._picture_counts = False

    def read(self, tree: Node) -> None:
        """Read a part, given its root element."""
        super().read(tree)
        self._end_carried()

    # --- paragraphs ---------------------------------------------------------------------------------------------------

    def _start_paragraph(self, element: Node) -> None:
        properties = element.find(f"{W}pPr")
        paragraph = Paragraph(self._styles[""]) if properties is None else self._paragraph(properties)
        if self._carried is not None:
            paragraph.parts, paragraph.after = self._carried.parts, self._carried.after
            self._carried = None
        self._paragraphs.append(paragraph)

    def _paragraph(self, properties: Node) -> Paragraph:
        style_id = value_of(properties, "pStyle")
        list_id, level = properties.find(f"{W}numPr/{W}numId"), value_of(properties, "numPr", "ilvl")
        return Paragraph(
            self._styles[style_id],
            style_id,
            outline=value_of(properties, "outlineLvl"),
            list_id=None if list_id is None else list_id.get(f"{W}val", ""),
            list_level=int(level) if level.isdecimal() else None,
            joins_next=properties.find(f"{W}rPr/{W}del") is not None,
        )

    def _end_paragraph(self, _: Node) -> None:
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

    def _start_flow(self, _: Node) -> None:
        self._end_carried()
        self._flows.append([])

    def _end_flow(self) -> list[TextBlock]:
        self._end_carried()
        return self._flows.pop() if len(self._flows) > 1 else []

    def _anchor(self, blocks: list[TextBlock]) -> None:
        """Add blocks after the paragraph that anchors them."""
        (self._paragraphs[-1].after if self._paragraphs else self._flows[-1]).extend(blocks)

    def _start_drawn_paragraph(self, paragraph: Node) -> None:
        text = paragraph_text(paragraph)
        self._anchor([TextBlock(text)] if text else [])

    def _end_note(self, note: Node) -> None:
        self.notes_found[note.get(f"{W}id", "")] = cell_content(self._end_flow())

    def _refer(self, kind: str, reference: Node) -> None:
        text = self._notes.pop((kind, reference.get(f"{W}id", "")), "")
        if text and self._paragraphs:
            self._note_count += 1
            self._add(f"[{self._note_count}]")
            self._anchor([TextBlock(f"[{self._note_count}] {text}", "note")])

    def _start_extent(self, extent: Node) -> None:
        self._picture_counts = is_large(extent.attrib)

    def _start_embedded(self, embedded: Node) -> None:
        program = embedded.get("ProgID", "")
        self.left_out["image"] -= 1  # its preview image
        self.left_out["equation" if program.startswith(("Equation", "MathType")) else "embedded file"] += 1

    # --- tables -------------------------------------------------------------------------------------------------------

    def _start_table(self, _: Node) -> None:
        self._end_carried()
        self._tables.append(_Table() if len(self._tables) < _MAX_TABLE_DEPTH else None)

    @property
    def _table(self) -> _Table | None:
        return self._tables[-1] if self._tables else None

    def _start_row(self, row: Node) -> None:
        if (table := self._table) is not None:
            skipped, repeats = row.find(f"{W}trPr/{W}gridBefore"), row.find(f"{W}trPr/{W}tblHeader")
            if repeats is not None and table.headers == len(table.rows):
                table.headers += is_on(repeats.attrib)
            table.rows.append([] if skipped is None else [_Cell([], _span(skipped.get(f"{W}val", "")))])

    def _start_cell(self, cell: Node) -> None:
        if self._table is not None:
            self._start_flow(cell)

    def _end_cell(self, cell: Node) -> None:
        if (table := self._table) is not None:
            blocks, merge = self._end_flow(), cell.find(f"{W}tcPr/{W}vMerge")
            continues = merge is not None and merge.get(f"{W}val") != "restart"
            if table.rows:
                table.rows[-1].append(_Cell(blocks, _span(value_of(cell, "tcPr", "gridSpan")), continues))

    def _end_table(self, _: Node) -> None:
        if (table := self._tables.pop()) is not None:
            self._end_carried()
            self._flows[-1] += _table_blocks(table)

    _STARTS: ClassVar[Mapping[str, Callable[..., None]]] = {
        **TextReader._STARTS,
        f"{W}p": _start_paragraph,
        f"{W}txbxContent": _start_flow,
        f"{W}footnote": _start_flow,
        f"{W}endnote": _start_flow,
        f"{W}footnoteReference": lambda self, node: self._refer("footnotes", node),
        f"{W}endnoteReference": lambda self, node: self._refer("endnotes", node),
        f"{W}commentReference": lambda self, _: self.left_out.update(["comment"]),
        f"{A}p": _start_drawn_paragraph,
        f"{_WP}extent": _start_extent,
        f"{_PICTURE}pic": lambda self, _: self.left_out.update(["image"] * self._picture_counts),
        f"{VML}imagedata": lambda self, _: self.left_out.update(["image"]),
        f"{_O}OLEObject": _start_embedded,
        f"{C}chart": lambda self, node: self._anchor(self._related("chart", node.get(f"{R}id", ""))),
        f"{CX}chart": lambda self, _: self.left_out.update(["chart"]),
        f"{DGM}relIds": lambda self, node: self._anchor(self._related("diagramData", node.get(f"{R}dm", ""))),
        f"{W}altChunk": lambda self, node: self._anchor(self._related("aFChunk", node.get(f"{R}id", ""))),
        f"{W}tbl": _start_table,
        f"{W}tr": _start_row,
        f"{W}tc": _start_cell,
    }
    _ENDS: ClassVar[Mapping[str, Callable[..., None]]] = {
        f"{W}p": _end_paragraph,
        f"{W}txbxContent": lambda self, _: self._anchor(self._end_flow()),
        f"{W}footnote": _end_note,
        f"{W}endnote": _end_note,
        f"{W}tc": _end_cell,
        f"{W}tbl": _end_table,
    }


def _span(span: str) -> int:
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
