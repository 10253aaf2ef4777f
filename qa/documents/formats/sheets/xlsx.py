"""Excel workbook reader, on lxml.

Only one row at a time is in memory, so that large sheets fit. The read-only mode of openpyxl does not know hidden rows,
merged cells, or formulas in empty cells, and refuses files with unexpected styles.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from functools import lru_cache, partial
from itertools import accumulate

from qa.documents.formats.article import Article, counted, load_error
from qa.documents.formats.blocks import superscript
from qa.documents.formats.office.drawings import paragraph_text
from qa.documents.formats.office.xml import MC, A, Package, R, part_of_kind
from qa.documents.formats.sheets.cells import CellCounter, cell_text, tables
from qa.documents.formats.sheets.number_formats import built_in_code, format_number, general
from qa.documents.formats.zip_formats import SAFE, Node, open_zip_format
from qa.text.lines import one_line

_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")
_MAX_COLUMNS = 16_384  # Excel's own limit
# "_x000D_" is a carriage return.
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def read_xlsx(data: bytes, source: str) -> Article:
    """Return the sheets of a workbook as sections with tables; cells are as the sheet displays them.

    Formulas give the values saved with them. Hidden sheets are left out; hidden rows and columns are included.
    """
    remedy = "save it again as .xlsx"
    with open_zip_format(data, source, "a workbook", remedy, old_suffix=".xls", streamed=True) as archive:
        return _Workbook(archive, source).article()


class _Workbook:
    """An open workbook."""

    def __init__(self, archive: zipfile.ZipFile, source: str) -> None:
        self._package = Package(archive)
        self._source = source
        self._path = self._package.main or "xl/workbook.xml"
        if self._path.endswith(".bin"):
            raise load_error(source, "is a binary workbook (.xlsb)", "save it as .xlsx in an office program")
        self._parts = self._package.related(self._path)
        self._cells = CellCounter(source)
        self._hidden_rows = self._hidden_columns = self._unsaved = 0
        strings = (part.target for part in self._parts.values() if part.kind == "sharedStrings")
        self._strings = [cell_text(_rich_text(item)) for part in strings for item in self._elements(part, "si")]
        self._formats = self._number_formats()

    def article(self) -> Article:
        """Return the text of the visible sheets."""
        workbook = self._package.tree(self._path)
        properties = workbook.find("{*}workbookPr")
        from_1904 = properties is not None and properties.get("date1904") in {"1", "true"}
        self._shown = partial(format_number, from_1904=from_1904)
        blocks: list[str] = []
        left_out: list[str] = []
        for sheet in workbook.iterfind("{*}sheets/{*}sheet"):
            name = one_line(sheet.get("name") or "Sheet")
            part = self._parts.get(sheet.get(f"{R}id"))
            if part is None or part.kind != "worksheet":
                continue
            if sheet.get("state", "visible") != "visible":
                left_out.append(name)
                continue
            found = [*tables(self._rows(part.target), self._cells), *self._text_boxes(part.target)]
            blocks += [f"## {name}", *found] if found else []
        if not blocks:
            raise load_error(self._source, "has no text in any visible sheet", "unhide its sheets, or leave it out")
        return Article("\n\n".join(blocks), self._package.title() or None, notes=tuple(self._notes(left_out)))

    def _notes(self, hidden_sheets: list[str]) -> Iterator[str]:
        if hidden_sheets:
            yield f"{counted(len(hidden_sheets), 'hidden sheet')} left out"
        for count, what in ((self._hidden_rows, "hidden row"), (self._hidden_columns, "hidden column")):
            if count:
                yield f"{counted(count, what)} included"
        if self._unsaved:
            yield f"{counted(self._unsaved, 'formula')} had no saved value; open and save the workbook to keep them"
        for start, what in (("xl/charts/chart", "chart"), ("xl/media/", "picture")):
            count = sum(name.startswith(start) for name in self._package.names)
            if count:
                yield f"{counted(count, what)} left out"
        if any(name.startswith("xl/comments") for name in self._package.names):
            yield "comments left out"

    def _rows(self, path: str) -> list[list[str]]:
        """Return the rows of a sheet; a gap between rows becomes one empty row."""
        rows: list[list[str]] = []
        by_number: dict[int, list[str]] = {}
        # +1 where a range of hidden columns starts, -1 after its end.
        changes = [0] * (_MAX_COLUMNS + 1)
        last = highest = 0
        for element in self._elements(path, "row", "col", "mergeCell"):
            if element.tag.endswith("}mergeCell"):
                self._fill(by_number, element.get("ref", ""), highest)
            elif element.tag.endswith("}col"):
                first, last_one = int(element.get("min", 1)) - 1, int(element.get("max", 1))
                if _is_hidden(element) and 0 <= first < last_one <= _MAX_COLUMNS:
                    changes[first] += 1
                    changes[last_one] -= 1
            else:
                number = int(element.get("r") or last + 1)
                cells = by_number[number] = self._row(element)
                rows += [[], cells] if number > last + 1 else [cells]
                last, highest = number, max(highest, number)
                self._hidden_rows += any(cells) and _is_hidden(element)
        if any(changes):
            hidden = [count > 0 for count in accumulate(changes)]
            used = {column for row in rows for column, text in enumerate(row) if text}
            self._hidden_columns += sum(hidden[column] for column in used)
        return rows

    def _row(self, row: Node) -> list[str]:
        cells: list[str] = []
        column = -1
        # Faster than finding the cells by name.
        for cell in row:
            letters = cell.get("r", "").rstrip("0123456789")
            column = _column(letters) if letters else column + 1
            text = self._text(cell)
            if text and column < _MAX_COLUMNS:
                self._cells.add(text)
                self._cells.reserve(max(column + 1 - len(cells), 0))
                cells += [""] * (column + 1 - len(cells))
                cells[column] = text
        return cells

    def _fill(self, rows: dict[int, list[str]], merged: str, highest: int) -> None:
        """Repeat a cell that is merged with those below it in each of their non-empty rows."""
        found = [_REFERENCE.fullmatch(corner) for corner in merged.split(":")]
        if len(found) != 2 or found[0] is None or found[1] is None:
            return
        column, top, bottom = _column(found[0][1]), int(found[0][2]), min(int(found[1][2]), highest)
        text = next(iter(rows.get(top, [])[column : column + 1]), "")
        for number in range(top + 1, bottom + 1) if text else ():
            self._cells.add(text)
            cells = rows.get(number, [])
            if any(cells):
                self._cells.reserve(max(column + 1 - len(cells), 0))
                cells += [""] * (column + 1 - len(cells))
                cells[column] = cells[column] or text

    def _text_boxes(self, path: str) -> Iterator[str]:
        """Yield the paragraphs in text boxes and shapes on a sheet."""
        from lxml import etree  # type: ignore[import-untyped]

        for each in self._package.related(path).values():
            drawing = self._package.tree(each.target) if each.kind == "drawing" else None
            if drawing is not None:
                # Copies for older programs, and what they show in place of a slicer.
                etree.strip_elements(drawing, f"{MC}Fallback", with_tail=False)
                yield from filter(None, map(paragraph_text, drawing.iter(f"{A}p")))

    def _text(self, cell: Node) -> str:
        kind = cell.get("t", "n")
        value = None
        formula = False
        for child in cell:
            name = str(child.tag).rpartition("}")[2]
            if name == "v":
                value = child.text
            elif name == "f":
                formula = True
            elif name == "is":
                return cell_text(_rich_text(child))
        if not value:
            self._unsaved += formula and kind != "str"
            return ""
        if kind == "n":
            code = self._formats.get(cell.get("s"), "General")
            number = float(value)
            return general(number) if code == "General" else cell_text(self._shown(number, code))
        if kind == "s":
            return self._strings[int(value)]
        if kind == "b":
            return "TRUE" if value.strip() == "1" else "FALSE"
        return cell_text(_without_escapes(value))

    def _number_formats(self) -> dict[str | None, str]:
        """Return the format code of each style."""
        styles = self._package.tree(part_of_kind(self._parts, "styles"))
        if styles is None:
            return {}
        codes = {each.get("numFmtId"): each.get("formatCode") for each in styles.iterfind("{*}numFmts/{*}numFmt")}
        numbers = [each.get("numFmtId") or "0" for each in styles.iterfind("{*}cellXfs/{*}xf")]
        return {str(style): codes.get(number) or built_in_code(int(number)) for style, number in enumerate(numbers)}

    def _elements(self, path: str, *names: str) -> Iterator[Node]:
        """Yield the elements with these names, freeing each one afterwards."""
        from lxml import etree

        with self._package.open(path) as part:
            tags = [f"{{*}}{name}" for name in names]
            for _, element in etree.iterparse(part, tag=tags, **SAFE):
                yield element
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]


def _is_hidden(element: Node) -> bool:
    return element.get("hidden") in {"1", "true"}


@lru_cache(maxsize=_MAX_COLUMNS)
def _column(letters: str) -> int:
    """Return the index of a column given its letters."""
    index = 0
    for letter in letters:
        index = 26 * index + ord(letter) - ord("A") + 1
    return index - 1


def _rich_text(item: Node) -> str:
    """Return the text of a rich-text string without phonetic guides."""
    texts: list[str] = []
    for element in item.iter("{*}t"):
        run, text = element.getparent(), element.text or ""
        if not run.tag.endswith("}rPh"):
            raised = texts and run.find("{*}rPr/{*}vertAlign[@val='superscript']") is not None
            texts.append(superscript(text, texts[-1]) if raised else text)
    return _without_escapes("".join(texts))


def _without_escapes(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
