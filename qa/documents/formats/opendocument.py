"""OpenDocument reader, on lxml: built from XML events without recursion and without a tree."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial

from qa.documents.formats.article import MAX_TITLE_CHARS, Article, counted, join_pages, load_error
from qa.documents.formats.blocks import blocks_text, headers_and_footers, inner_rows, join_blocks, superscript
from qa.documents.formats.markup import mathml_text
from qa.documents.formats.opendocument_lists import Lists, count_of
from qa.documents.formats.sheets.cells import CellCounter, cell_text, headed_table, tables
from qa.documents.formats.zip_formats import feed, open_zip_format, parse_part, parsed_xml
from qa.text.lines import one_line

_HREF = "{http://www.w3.org/1999/xlink}href"
_MATHML = re.compile(rb"(?:<[?!][^>]*>|\s)*+<(?:\w+:)?math[\s>]")
_START = "urn:oasis:names:tc:opendocument:xmlns:"
_PREFIXES = {"drawing": "draw", "svg-compatible": "svg"}
_CONTENTS = {"text:table-of-content"} | {
    f"text:{kind}-index" for kind in ("alphabetical", "illustration", "object", "table", "user")
}
_LEFT_OUT = _CONTENTS | {
    *("text:tracked-changes", "table:tracked-changes", "text:ruby-text", "text:hidden-text", "text:hidden-paragraph"),
    *("office:forms", "office:binary-data", "office:scripts", "svg:title"),
    *("svg:desc", "office:annotation", "draw:object", "draw:object-ole", "presentation:header-decl"),
    *("presentation:footer-decl", "presentation:date-time-decl", "office:meta", "office:master-styles"),
    "table:content-validations",
}
_COUNTED = {
    "office:annotation": ("comment", "left out"),
    "presentation:footer-decl": ("footer", "left out"),
    "draw:object": ("embedded object", "left out"),
    "draw:object-ole": ("embedded object", "left out"),
}
_HEADERS_AND_FOOTERS = {"header", "footer", "date-time", "page-number"}  # of slides
_PAGE_FIELDS = [f"{{*}}{name}" for name in ("page-number", "page-count", "sheet-name", "date", "time")]
_NOTES = "### Notes:"
_PARAGRAPHS = {"text:p", "text:h"}
_VALUES = ("office:string-value", "office:date-value", "office:time-value", "office:boolean-value", "office:value")
_MAX_SPACES = 100
_MAX_REPEATED_CELLS = 16_384  # LibreOffice's own limit of columns
_MANIFEST = "META-INF/manifest.xml"
_PLACEHOLDER_TITLE = "PowerPoint Presentation"  # of converted slides


@dataclass(slots=True)
class _Paragraph:
    level: int  # of a heading; 0 if it is none
    is_numbered: bool = False
    parts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Table:
    """A table that is still open."""

    name: str
    hidden: bool = False
    rows: list[list[str]] = field(default_factory=list)
    row: dict[int, str] = field(default_factory=dict)  # the filled cells by column
    width: int = 0  # of the row so far
    headers: int = 0
    # Text and number of remaining rows of cells that span rows, by column.
    spanning: dict[int, tuple[str, int]] = field(default_factory=dict)
    cell: Mapping[str, str] = field(default_factory=dict)
    row_attributes: Mapping[str, str] = field(default_factory=dict)


def read_opendocument(data: bytes, source: str) -> Article:
    """Return the headings, paragraphs, lists and tables of a text, spreadsheet or presentation in order.

    A sheet becomes a section, and a slide with its speaker notes a page. Text boxes and notes follow the paragraph that
    they belong to. The headers and footers of a text come last. Deleted text, comments, tables of contents and hidden
    sheets are left out.
    """
    with open_zip_format(data, source, "an OpenDocument file", "save it again", streamed=True) as archive:
        names = set(archive.namelist())
        if _MANIFEST in names and b"encryption-data" in archive.read(_MANIFEST):
            raise load_error(source, "is encrypted", "remove the password")
        reader = _Reader(source, partial(_formula, archive, names))
        for name in ("styles.xml", "content.xml"):
            if name in names or name == "content.xml":
                parse_part(archive, name, reader)
        furniture = _furniture(archive, source) if reader.is_text and "styles.xml" in names else []
        title = _title(archive) if "meta.xml" in names else ""
    pages = reader.pages()
    if not any(pages):
        raise load_error(source, "has no text (pictures only?)", "export it as PDF and run OCR first")
    last = blocks_text(headers_and_footers(furniture, pages))
    text, starts = join_pages([*pages, last] if last else pages)
    title = "" if title == _PLACEHOLDER_TITLE else title
    first = next(page for page in pages if page).split("\n", 1)[0]
    if first.startswith("#") and not reader.has_sheets:
        title = title or first.lstrip("# ")
    notes = tuple(f"{counted(count, what)} {how}" for (what, how), count in reader.noted.items() if count)
    notes += ("tables of contents and indexes were left out",) * reader.has_contents
    title_or_none = title if 0 < len(title) <= MAX_TITLE_CHARS else None
    return Article(text, title_or_none, starts if reader.has_slides else (), notes)


def _formula(archive: zipfile.ZipFile, names: Container[str], address: str) -> str:
    """Return the text of an embedded formula; empty for other objects."""
    name = posixpath.normpath(f"{address}/content.xml")
    data = archive.read(name) if name in names else b""
    return mathml_text(parsed_xml(data)) if _MATHML.match(data) else ""


def _furniture(archive: zipfile.ZipFile, source: str) -> list[str]:
    """Return the lines of headers and footers, which are in the styles, without what depends on the page."""
    from lxml import etree  # type: ignore[import-untyped]

    styles = parsed_xml(archive.read("styles.xml"), remove_comments=True, remove_pis=True)
    etree.strip_elements(styles, *_PAGE_FIELDS, with_tail=False)
    for tab in styles.iter("{*}tab"):  # between what is on the left and on the right
        tab.tag = tab.tag.replace("tab", "line-break")
    lines: list[str] = []
    for kind in ("header", "footer"):
        for part in styles.iter(*(f"{{*}}{kind}{pages}" for pages in ("", "-first", "-left"))):
            reader = _Reader(source, lambda _: "")
            feed(part, reader)
            lines += reader.pages()[0].split("\n")
    return lines


def _title(archive: zipfile.ZipFile) -> str:
    found = parsed_xml(archive.read("meta.xml")).iter("{http://purl.org/dc/elements/1.1/}title")
    return one_line(next((element.text or "" for element in found), ""))


class _Reader:
    """Collects blocks as the target of lxml's parser.

    `noted` counts items by kind and by "left out", or "included" for hidden ones.
    """

    def __init__(self, source: str, formula: Callable[[str], str]) -> None:
        self._formula = formula  # returns the text of an embedded object with an address
        self.has_slides = self.is_text = self.has_contents = False
        self.noted: Counter[tuple[str, str]] = Counter()
        self._cells = CellCounter(source)
        self._pages: list[str] = []
        self._skipped = 0
        self.has_sheets = False
        self._style = self._mark = ""
        self._hidden_styles: set[str] = set()
        self._raised_styles: set[str] = set()
        self._titles = {"Title"}
        self._lists = Lists()
        self._tables: list[_Table] = []
        self._paragraphs: list[_Paragraph] = []
        self._spans: list[bool] = []  # whether each open span is raised
        # Stack of open containers: the text, a cell, a text box, a note. A block is its text and its list.
        self._sinks: list[list[tuple[str, int]]] = [[]]
        self._after: list[tuple[str, int]] = []
        self._frames: list[str] = []

    def pages(self) -> list[str]:
        """Return the text, as one page per slide if it has slides."""
        return self._pages if self.has_slides else [join_blocks(self._sinks[0])]

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Handle the start of an element."""
        name = _short(tag)
        if self._skipped or name in _LEFT_OUT:
            if not self._skipped and name in _COUNTED:
                is_formula = name == "draw:object" and self._paragraphs
                formula = self._formula(attributes.get(_HREF, "")) if is_formula else ""
                self._data(formula)
                self.noted[_COUNTED[name]] += not formula
            self.has_contents |= name in _CONTENTS
            self._skipped += 1
            return
        given = {_short(key): value for key, value in attributes.items()}
        if name in _PARAGRAPHS:
            is_numbered = name == "text:h" and given.get("text:is-list-header") != "true"
            self._paragraphs.append(_Paragraph(self._level(name, given), is_numbered))
        elif name == "draw:frame":
            self._frames.append(given.get("presentation:class", ""))
            if self._frames[-1] in _HEADERS_AND_FOOTERS:
                self._skipped = 1
        elif name == "draw:image":
            self.noted["picture", "left out"] += not any("ObjectReplacements" in value for value in given.values())
        elif name.startswith("text:"):
            self._start_text(name, given)
        elif name.startswith("table:"):
            self._start_table(name, given)
        elif name.startswith(("style:", "presentation:", "office:", "draw:")):
            self._start_other(name, given)

    def end(self, tag: str) -> None:
        """Handle the end of an element."""
        name = _short(tag)
        if name == "draw:frame" and self._skipped <= 1 and self._frames:
            self._skipped = 0
            self._frames.pop()
        elif self._skipped:
            self._skipped -= 1
        elif name in _PARAGRAPHS:
            self._end_paragraph()
        elif name == "text:span" and self._spans:
            self._spans.pop()
        elif name == "text:list":
            self._lists.end_list()
        elif name == "text:note-citation" and self._paragraphs:
            self._mark = f"[{one_line(''.join(self._paragraphs.pop().parts))}]"
            self._data(self._mark)
        elif name == "text:note-body":
            text = " ".join(one_line(text) for text, _ in self._sinks.pop())
            self._after.append((f"{self._mark} {text}".lstrip(), 0))
            self._mark = ""  # each note has its own; repeating a long one would fill the memory
        elif name == "draw:text-box":
            self._after += self._sinks.pop()
            self._flush()
        elif name.startswith("table:") and self._tables:
            self._end_table(name)
        elif name == "presentation:notes" and self._sinks[0][-1:] == [(_NOTES, 0)]:
            self._sinks[0].pop()
        elif name == "draw:page":
            self._pages.append(join_blocks(self._sinks[0]))
            self._sinks[0] = []

    def data(self, text: str) -> None:
        """Handle text."""
        if not self._skipped:
            self._data(text.replace("\n", " ").replace("\u00ad", ""))

    def close(self) -> None:
        """Handle the end of the part."""

    def _data(self, text: str) -> None:
        if self._paragraphs:
            parts = self._paragraphs[-1].parts
            parts.append(superscript(text, parts[-1]) if self._spans and self._spans[-1] and parts else text)

    def _level(self, name: str, given: Mapping[str, str]) -> int:
        if name == "text:h":
            return count_of(given, "text:outline-level")
        in_title = bool(self._frames) and self._frames[-1] == "title"
        return int(in_title or given.get("text:style-name") in self._titles)

    def _start_text(self, name: str, given: Mapping[str, str]) -> None:
        if name == "text:s":
            self._data(" " * min(count_of(given, "text:c"), _MAX_SPACES))
        elif name == "text:tab":
            self._data(" ")
        elif name == "text:line-break":
            self._data("\n")
        elif name == "text:span":
            self._spans.append(given.get("text:style-name") in self._raised_styles)
        elif name == "text:note-citation":
            self._paragraphs.append(_Paragraph(0))
        elif name == "text:note-body":
            self._sinks.append([])
        else:
            self._lists.start(name, given)

    def _start_other(self, name: str, given: Mapping[str, str]) -> None:
        if name == "style:style":
            self._style = given.get("style:name", "")
            if given.get("style:parent-style-name") in self._titles:
                self._titles.add(self._style)
        elif name == "style:text-properties" and given.get("style:text-position", "").startswith("super"):
            self._raised_styles.add(self._style)
        elif name == "style:table-properties" and given.get("table:display") == "false":
            self._hidden_styles.add(self._style)
        elif name in {"office:spreadsheet", "office:text"}:
            self.has_sheets, self.is_text = name == "office:spreadsheet", name == "office:text"
        elif name == "draw:page":
            self.has_slides = True
        elif name == "draw:text-box":
            self._sinks.append([])
        elif name == "presentation:notes":
            self._add(_NOTES)

    def _end_paragraph(self) -> None:
        paragraph = self._paragraphs.pop()
        text = "\n".join(filter(None, map(one_line, "".join(paragraph.parts).split("\n"))))
        in_cell = self._tables and len(self._sinks) > 1
        if text and paragraph.level and not in_cell:
            label = self._lists.heading_label(paragraph.level) if paragraph.is_numbered else ""
            self._add(f"{'#' * min(paragraph.level, 6)} {one_line(f'{label} {text}')}")
        elif text and (inner := self._lists.innermost) and not in_cell:
            self._add("\n".join(inner.item_lines(text.split("\n"))), self._lists.group)
        elif text:
            self._add(text)
        self._flush()

    def _add(self, text: str, group: int = 0) -> None:
        if self._tables and len(self._sinks) == 1:
            # Text of a shape on a sheet.
            self._after.append((text, group))
        else:
            self._sinks[-1].append((text, group))

    def _flush(self) -> None:
        """Add the text boxes and notes of a paragraph that has ended."""
        if self._after and not self._paragraphs and not (self._tables and len(self._sinks) == 1):
            self._sinks[-1] += self._after
            self._after = []

    def _start_table(self, name: str, given: Mapping[str, str]) -> None:
        if name == "table:table":
            hidden = given.get("table:style-name") in self._hidden_styles
            self._tables.append(_Table(given.get("table:name", ""), hidden))
        elif not self._tables:
            return
        elif name == "table:table-row":
            self._tables[-1].row, self._tables[-1].width, self._tables[-1].row_attributes = {}, 0, given
        elif name == "table:table-cell":
            self._tables[-1].cell = given
            self._sinks.append([])
        elif name == "table:covered-table-cell":
            _cover(self._tables[-1], count_of(given, "table:number-columns-repeated"))

    def _end_table(self, name: str) -> None:
        table = self._tables[-1]
        if name == "table:table-cell":
            self._end_cell(table)
        elif name == "table:table-row":
            self._end_row(table)
        elif name == "table:table-header-rows":
            table.headers = len(table.rows)
        elif name == "table:table":
            self._tables.pop()
            self._add_table(table)

    def _end_cell(self, table: _Table) -> None:
        given = table.cell
        blocks = self._sinks.pop()
        # Cells saved without text have only a value.
        value = "" if blocks else next((given[key] for key in _VALUES if key in given), "")
        text = cell_text(" ".join(text for text, _ in blocks) or value)
        rows = count_of(given, "table:number-rows-spanned")
        start = table.width
        table.width = min(start + count_of(given, "table:number-columns-repeated"), _MAX_REPEATED_CELLS)
        if text:
            table.row |= dict.fromkeys(range(start, table.width), text)
        if text and rows > 1:
            table.spanning |= dict.fromkeys(range(start, table.width), (text, rows - 1))

    def _end_row(self, table: _Table) -> None:
        if table.hidden:
            return
        width = max(table.row, default=-1) + 1
        self._cells.reserve(width)
        row = [table.row.get(column, "") for column in range(width)]
        if row and table.row_attributes.get("table:visibility", "visible") != "visible":
            self.noted["hidden row", "included"] += 1
        for _ in range(count_of(table.row_attributes, "table:number-rows-repeated") if row else 1):
            table.rows.append(row)
            for text in filter(None, row):
                self._cells.add(text)

    def _add_table(self, table: _Table) -> None:
        if self._tables:
            self._add(inner_rows(table.rows))
        elif self.has_sheets and table.hidden:
            self.noted["hidden sheet", "left out"] += 1
        elif self.has_sheets:
            found = list(tables(table.rows, self._cells))
            for text in [f"## {one_line(table.name)}", *found] if found else []:
                self._add(text)
        else:
            for text in headed_table(table.rows, table.headers, self._cells):
                self._add(text)
        self._flush()


def _cover(table: _Table, count: int) -> None:
    """Add covered cells: they repeat a cell above that spans rows, and are empty otherwise."""
    start, table.width = table.width, min(table.width + count, _MAX_REPEATED_CELLS)
    covered = range(start, table.width)
    for column in covered if count < len(table.spanning) else table.spanning.keys() & covered:
        if column in table.spanning:
            text, rows = table.spanning.pop(column)
            table.row[column] = text
            if rows > 1:
                table.spanning[column] = (text, rows - 1)


@lru_cache(maxsize=1000)
def _short(tag: str) -> str:
    """Return a name with the usual prefix of its namespace, such as "text:p"."""
    space, _, name = tag.rpartition("}")
    space = space.removeprefix("{" + _START).partition(":")[0]
    return f"{_PREFIXES.get(space, space)}:{name}"
