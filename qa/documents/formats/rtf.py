"""Rich Text Format reader: one pass over the control words.

The striprtf library finds neither headings nor lists nor the title, and returns the cells of tables as plain text.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain

from qa.documents.formats.article import Article, counted, load_error
from qa.documents.formats.blocks import TextBlock, blocks_text, cell_content, headers_and_footers, superscript
from qa.documents.formats.charsets import RTF_CHARSETS, RTF_PAGES, charset
from qa.documents.formats.rtf_tables import CellEdge, Row, aligned
from qa.documents.formats.sheets.cells import CellCounter, cell_text, headed_table
from qa.text.lines import one_line

_TOKEN = re.compile(
    rb"\\(?:([A-Za-z]{1,32})(-?\d{1,10})?[ ]?|'([0-9A-Fa-f]{2})|(.))|([{}])[\r\n]*|[\r\n]+|([^\\{}\r\n]+)", re.DOTALL
)
_MAX_DEPTH = 10_000  # of nested groups
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff]")
_SYMBOLS = {b"~": "\xa0", b"_": "\u2011", b"\\": "\\", b"{": "{", b"}": "}"}
_HEADING_STYLE = re.compile(r"heading ([1-9])|(title)", re.IGNORECASE)

# Groups whose text is not part of the document, in addition to unknown ones that start with \\*.
_LEFT_OUT = frozenset(
    """
    annotation atnauthor atnid atrfend atrfstart bkmkend bkmkstart colortbl falt filetbl fldinst fname latentstyles
    levelnumbers leveltext listname listoverridetable listpicture listtable nextfile nonesttables nonshppict objdata
    panose pict private revtbl rsidtbl rxe shprslt sp tc tcn template txe xe
    """.split()  # noqa: SIM905 -- reads better as text
)
_DESTINATIONS = {
    **dict.fromkeys(_LEFT_OUT, "out"),
    **{f"{kind}{pages}": kind for kind in ("header", "footer") for pages in ("", "f", "l", "r")},
    **{"fonttbl": "fonts", "stylesheet": "styles", "info": "info", "title": "title", "footnote": "note"},
    **{"shptxt": "box", "dptxbxtext": "box", "listtext": "marker", "pntext": "marker"},
    "nesttableprops": "row",
}
_KNOWN = {*_DESTINATIONS, "shp", "shpinst", "do", "result", "fldrslt", "ud"} - _LEFT_OUT
_NOTED = {"pict": "picture", "shppict": "picture", "annotation": "comment", "object": "embedded object"}
_BREAKS = {"par", "sect", "page", "column"}
_FURNITURE = {"header", "footer"}
_INNER = {"note", "box", *_FURNITURE}  # destinations within a paragraph of the text
_CHARACTERS = {
    **{"line": "\n", "emdash": "\u2014", "endash": "\u2013", "bullet": "\u2022"},
    **dict.fromkeys(("tab", "emspace", "enspace", "qmspace"), " "),
    **{"lquote": "\u2018", "rquote": "\u2019", "ldblquote": "\u201c", "rdblquote": "\u201d"},
}


@dataclass(frozen=True, slots=True)
class _State:
    """Formatting state that lasts until the end of a group."""

    destination: str = "text"
    unicode_skip: int = 1
    font: int = 0
    hidden: bool = False
    raised: bool = False


@dataclass(slots=True)
class _Paragraph:
    """Properties of a paragraph, and its text so far."""

    level: int = 0
    style: int = 0
    in_table: bool = False
    depth: int = 0
    marker: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)


def read_rtf(data: bytes, source: str) -> Article:
    """Return the headings, paragraphs, list items, tables and footnotes of an RTF document.

    Headers and footers come last, each line once. Comments, hidden and deleted text, pictures and embedded objects are
    left out.
    """
    if not data.lstrip()[:5] == rb"{\rtf":
        raise load_error(source, "is damaged or not RTF", "save it again as .rtf or .docx")
    reader = _Reader(source)
    reader.read(data)
    text = reader.close()
    if not text:
        raise load_error(source, "has no text (pictures only?)", "export it as PDF and run OCR first")
    notes = tuple(f"{counted(count, what)} left out" for what, count in reader.left_out.items())
    return Article(text, one_line("".join(reader.title)) or reader.first_heading or None, notes=notes)


class _Reader:
    """Interprets the tokens of a document."""

    def __init__(self, source: str) -> None:
        self.left_out: Counter[str] = Counter()
        self.title: list[str] = []
        self.first_heading = ""
        self._source = source
        self._counter = CellCounter(source)
        self._state = _State()
        self._groups: list[_State] = []
        self._starred = self._is_header = False
        self._is_twofold = False  # whether the next group is a text in ANSI, which another one in Unicode follows
        self._charset = "cp1252"
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._levels: dict[int, int] = {}
        self._default_font = self._style = self._high = 0
        self._bytes = bytearray()
        self._skip = 0
        self._paragraph = _Paragraph()
        # Paragraphs around a footnote or text box.
        self._outer: list[_Paragraph] = []
        self._after: list[str] = []
        self._notes = 0
        self._blocks: list[TextBlock] = []
        self._furniture: dict[str, list[str]] = {"header": [], "footer": []}
        self._cell: list[str] = []
        self._row: list[str] = []
        self._rows: list[Row] = []
        self._edges: list[CellEdge] = []
        self._merge = ""
        self._headers = self._separated = 0  # the latter: paragraphs up to the last cell of a table within the cell

    def read(self, data: bytes) -> None:
        """Read a whole file."""
        offset = opened = 0
        while found := _TOKEN.match(data, offset):
            offset = found.end()
            word, number, code, symbol, brace, text = found.groups()
            if text is not None:
                self._text(text)
            elif code is not None:
                self._text(bytes((int(code, 16),)))
            elif brace == b"{":
                self._open()
                opened = offset
            elif brace == b"}":
                self._close()
            elif word == b"bin":
                # The binary data after it may contain braces.
                offset += max(int(number or 0), 0)
            elif word is not None:
                self._word(word.decode(), int(number) if number else None)
            elif symbol == b"*":
                self._starred = found.start() == opened
            elif symbol in {b"\r", b"\n"}:
                # TextEdit on macOS ends its paragraphs so.
                self._word("par", None)
            elif symbol is not None:
                self._add(_SYMBOLS.get(symbol, ""))

    def close(self) -> str:
        """Return the text."""
        while self._outer:
            self._end_inner("box")
        self._end_paragraph()
        self._end_table()
        self._blocks += headers_and_footers(chain(*self._furniture.values()), [block.text for block in self._blocks])
        return _CONTROL.sub("", blocks_text(self._blocks))

    def _open(self) -> None:
        self._decode()
        if len(self._groups) >= _MAX_DEPTH:
            raise load_error(self._source, f"has groups nested more than {_MAX_DEPTH:,} deep", "save it again as .docx")
        self._groups.append(self._state)
        if self._is_twofold:
            self._is_twofold = False
            self._state = replace(self._state, destination="out")

    def _close(self) -> None:
        self._decode()
        ended, self._state = self._state.destination, self._groups.pop() if self._groups else _State()
        self._skip = 0
        if ended in _INNER and self._state.destination != ended and self._outer:
            self._end_inner(ended)

    def _end_inner(self, kind: str) -> None:
        """Keep a footnote or text box until the paragraph around it has ended, and a header or footer to the end."""
        parts = "".join(self._paragraph.parts)
        text = one_line(parts)
        self._paragraph = self._outer.pop()
        if kind in _FURNITURE:
            self._furniture[kind] += map(one_line, parts.split("\n"))
        elif text:
            self._after.append(f"[{self._notes}] {text}" if kind == "note" else text)

    def _text(self, text: bytes) -> None:
        skipped, self._skip = min(self._skip, len(text)), max(self._skip - len(text), 0)
        if self._state.destination not in {"out", "info"}:
            self._bytes += text[skipped:]

    def _decode(self) -> None:
        """Decode and add the pending bytes, which are in the charset of the font."""
        if self._bytes:
            of_font = "" if self._state.destination == "title" else self._fonts.get(self._state.font, "")
            text = bytes(self._bytes).decode(of_font or self._charset, "replace")
            self._bytes.clear()
            self._add(text)

    def _add(self, text: str) -> None:
        self._decode()
        where = self._state.destination
        if where == "marker":
            self._paragraph.marker.append(text)
        elif where == "title":
            self.title.append(text)
        elif where == "styles":
            # The name of a style ends with a semicolon.
            if ";" in text and (level := _HEADING_STYLE.match(text.strip())):
                self._levels.setdefault(self._style, int(level[1] or 1))
        elif where in {"text", *_INNER} and self._state.hidden:
            self.left_out["hidden or deleted word"] += len(text.split())
        elif where in {"text", *_INNER}:
            parts = self._paragraph.parts
            parts.append(superscript(text, parts[-1]) if self._state.raised and parts else text)

    def _word(self, word: str, number: int | None) -> None:
        starred, self._starred = self._starred, False
        if word in _NOTED and self._state.destination not in {"out", *_FURNITURE}:
            self.left_out[_NOTED[word]] += 1
        if self._state.destination == "out":
            return
        if word in _DESTINATIONS or (starred and word not in _KNOWN):
            self._enter(_DESTINATIONS.get(word, "out"))
        elif word == "u" and number is not None:
            self._decode()
            self._unicode(number % 0x10000)
        elif word in _CHARACTERS:
            self._add(_CHARACTERS[word])
        elif word == "chftn":
            self._add("" if self._state.destination == "note" else f"[{self._notes + 1}]")
        elif self._state.destination == "fonts":
            self._font_word(word, number or 0)
        elif self._state.destination == "styles":
            if word == "s":
                self._style = number or 0
            elif word == "outlinelevel" and number is not None and 0 <= number < 9:
                self._levels[self._style] = number + 1
        elif word in _BREAKS or (word == "cell" and self._state.destination in _FURNITURE):
            self._break()
        else:
            self._decode()
            self._property(word, number)

    def _enter(self, destination: str) -> None:
        self._decode()
        if destination in _INNER:
            self._notes += destination == "note"
            self._outer.append(self._paragraph)
            self._paragraph = _Paragraph()
        if destination != "title" or self._state.destination == "info":
            self._state = replace(self._state, destination=destination)

    def _unicode(self, code: int) -> None:
        self._skip = 0
        if 0xDC00 <= code < 0xE000 and self._high:
            code = 0x10000 + ((self._high - 0xD800) << 10) + code - 0xDC00
        self._high = code if 0xD800 <= code < 0xDC00 else 0
        # Characters of symbol fonts keep their private-use code points.
        if not self._high:
            self._add(chr(code))
        self._skip = self._state.unicode_skip

    def _font_word(self, word: str, number: int) -> None:
        if word == "f":
            self._font = number
        elif word == "fcharset" and number in RTF_CHARSETS:
            self._fonts[self._font] = RTF_CHARSETS[number]
        elif word == "cpg":
            self._fonts[self._font] = charset(f"cp{number}")

    def _property(self, word: str, number: int | None) -> None:
        if word == "f":
            self._state = replace(self._state, font=number or 0)
        elif word == "uc":
            self._state = replace(self._state, unicode_skip=min(max(number or 0, 0), 10))
        elif word == "upr":
            self._is_twofold = True
        elif word in {"v", "deleted"}:
            self._state = replace(self._state, hidden=number != 0)
        elif word in {"super", "sub", "nosupersub"}:
            self._state = replace(self._state, raised=word == "super" and number != 0)
        elif word == "plain":
            self._state = replace(self._state, hidden=False, raised=False, font=self._default_font)
        elif word == "deff":
            self._default_font = number or 0
            self._state = replace(self._state, font=self._default_font)
        elif word == "ansicpg" or word in RTF_PAGES:
            self._charset = RTF_PAGES.get(word) or charset(f"cp{number}") or self._charset
        else:
            self._paragraph_word(word, number or 0)

    def _paragraph_word(self, word: str, number: int) -> None:
        paragraph = self._paragraph
        if word == "pard":
            paragraph.level = paragraph.style = paragraph.depth = 0
            paragraph.in_table = False
        elif word == "s":
            paragraph.style = number
        elif word == "outlinelevel":
            paragraph.level = number + 1
        elif word == "ilvl":
            paragraph.depth = max(number, 0)
        elif word == "intbl":
            paragraph.in_table = True
        else:
            self._table_word(word, number)

    def _table_word(self, word: str, number: int) -> None:
        if self._state.destination == "row":
            # The row of a table within a cell has ended; its other properties are not those of the table around it.
            if word == "nestrow":
                self._separate(";")
        elif word == "trowd":
            self._edges, self._merge, self._is_header = [], "", False
        elif word == "trhdr":
            self._is_header = True
        elif word in {"clvmrg", "clmrg"}:
            self._merge = word
        elif word == "cellx":
            self._edges.append(CellEdge(number, self._merge))
            self._merge = ""
        elif word == "nestcell":
            self._break()
            self._separate(",")
        elif word == "cell":
            self._break(in_cell=True)
            self._separate("")
            text = cell_text(" ".join(self._cell))
            self._counter.add(text)
            self._row.append(text)
            self._cell, self._separated = [], 0
        elif word == "row" and self._row:
            self._end_row()

    def _separate(self, mark: str) -> None:
        """Write a mark after a cell or row of a table within a cell, or remove the last one."""
        if self._separated == len(self._cell) > 0 and mark != ",":
            self._cell[-1] = self._cell[-1][:-1] + mark
        elif len(self._cell) > self._separated and mark:
            self._cell[-1] += mark
        self._separated = len(self._cell)

    def _end_row(self) -> None:
        if self._is_header and self._headers == len(self._rows):
            self._headers += 1
        self._rows.append(Row(self._row, self._edges))
        self._row = []

    def _end_table(self) -> None:
        if self._cell or self._row:
            self._row.append(cell_text(" ".join(self._cell)))
            self._rows.append(Row(self._row, self._edges))
        rows = aligned(self._rows)
        self._blocks += (TextBlock(text, "table") for text in headed_table(rows, self._headers, self._counter))
        self._cell, self._row, self._rows, self._headers = [], [], [], 0

    def _break(self, *, in_cell: bool = False) -> None:
        self._decode()
        if self._state.destination in _INNER:
            self._paragraph.parts.append("\n" if self._state.destination in _FURNITURE else " ")
        else:
            self._end_paragraph(in_cell=in_cell)

    def _end_paragraph(self, *, in_cell: bool = False) -> None:
        paragraph = self._paragraph
        text = "\n".join(filter(None, map(one_line, "".join(paragraph.parts).replace("\ufeff", "").split("\n"))))
        marker = one_line("".join(paragraph.marker))
        paragraph.parts, paragraph.marker = [], []
        after, self._after = self._after, []
        # A single letter is a bullet in another font.
        is_label = marker.isdecimal() or (len(marker) > 1 and any(map(str.isalnum, marker)))
        mark = f"{marker}{'.' * marker.isdecimal()} " if is_label else "- " if marker else ""
        if in_cell or paragraph.in_table:
            self._cell += filter(None, [cell_content([TextBlock(text, mark=mark)]) if text else "", *after])
            return
        if self._rows or self._row or self._cell:
            self._end_table()
        level = min(paragraph.level if 0 < paragraph.level < 10 else self._levels.get(paragraph.style, 0), 6)
        if text and level:
            text = one_line(mark + text if is_label else text)
            self.first_heading = self.first_heading or text
            self._blocks.append(TextBlock(text, "heading", f"{'#' * level} "))
        elif text and mark:
            self._blocks.append(TextBlock(one_line(text), "item", mark, paragraph.depth))
        elif text:
            self._blocks.append(TextBlock(text))
        self._blocks += map(TextBlock, after)
