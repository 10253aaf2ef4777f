"""Lines and tables of a PDF's pages -> one text: paragraphs that go on over lines and pages, headings, lists, code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from qa.documents.formats.blocks import table_lines
from qa.documents.formats.pdf.columns import Placed, PlacedPiece, alike, same_size
from qa.documents.formats.pdf.lines import Line
from qa.documents.formats.pdf.marks import BULLET_ITEM, CAPTION, DASH_ITEM, LEADER, NUMBER_ITEM
from qa.documents.formats.pdf.rows import Cell
from qa.documents.formats.pdf.tables import Table
from qa.documents.formats.sheets.cells import cell_text

_NO_SPACE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_BAR = " | "
_HYPHENS = ("-", "\u2010", "\u00ad")
_WORDS = re.compile(r"\w+(?:[-\u2010]\w+)*")
_FIRST_WORD = re.compile(r"\w+")

# In font sizes:
_INDENT = 0.8
_ITEM_EDGE = 0.3  # between the left edges of the numbers of two items
# Of the distance of lines:
_PARAGRAPH_SPACE = 1.35
_UNFINISHED_SPACE = 1.8

_PROSE_SPACES = 4  # in a line of prose
_LONGEST_WORD = 60  # characters of the part before a hyphen
_DEEPEST = 6


class Vocabulary:
    """Tells whether the hyphen at a line's end belongs to the word, by the other words of the document."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = lines
        self._counted: Counter[str] | None = None

    def whole(self, first: str, second: str) -> bool:
        """Return whether a word is likelier without a hyphen between its two parts.

        Where the document has it in neither way, a word that goes on in lower case is whole.
        """
        if first[-1].isdigit() or second[0].isdigit():
            return False
        if self._counted is None:
            self._counted = Counter()
            for line in self._lines:
                self._counted.update(_WORDS.findall(line.text.lower()))
        small = second[0].islower() or (first.isupper() and second.isupper())
        first, second = first.lower(), second.lower()
        whole, hyphened = self._counted[first + second], self._counted[f"{first}-{second}"]
        return whole > hyphened if whole != hyphened else small and not hyphened


class Flow:
    """Puts the pieces of pages together to one text.

    Attributes
    ----------
    page_starts : list of int
        Offset of the first character of each page.
    """

    def __init__(self, levels: Sequence[float], vocabulary: Vocabulary, *, fences: bool) -> None:
        self.page_starts: list[int] = []
        self._levels, self._vocabulary, self._fences = levels, vocabulary, fences
        self._parts: list[str] = []
        self._length = 0
        self._last: Placed | None = None  # the line that the text ends with, if it ends with one
        self._item = self._code = False
        self._item_left: float | None = None

    def text(self) -> str:
        """Return the text of all pages."""
        self._close_code()
        return "".join(self._parts)

    def add_page(self, placed: Sequence[PlacedPiece]) -> None:
        """Add a page."""
        pages = len(self.page_starts) + 1
        for number, piece in enumerate(placed):
            after = placed[number + 1] if number + 1 < len(placed) else None
            if isinstance(piece, Table):
                self._start_block("\n\n", pages)
                self._write("\n".join(table_lines([cell_text(self._cell(cell)) for cell in row] for row in piece.rows)))
            else:
                self._add_line(piece, after if isinstance(after, Placed) else None, pages)
        if len(self.page_starts) < pages:
            self._start_block("\n\n", pages)

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _start_block(self, separator: str, pages: int) -> None:
        """Write what separates a block from the one before."""
        self._close_code()
        self._separate(separator, pages)
        self._last, self._item = None, False

    def _separate(self, separator: str, pages: int) -> None:
        if self._length or self.page_starts:
            self._write(separator)
        if len(self.page_starts) < pages:
            self.page_starts.append(self._length)

    def _close_code(self) -> None:
        if self._code:
            self._write("\n```")
            self._code = False

    def _cell(self, cell: Cell) -> str:
        text = ""
        for line in cell:
            text = self._joined(text, _clean(line.text)) if text else _clean(line.text)
        return text

    def _joined(self, text: str, following: str) -> str:
        text, between = self._before(text, following)
        return text + between + following

    def _before(self, text: str, following: str) -> tuple[str, str]:
        """Return a line without the hyphen that is not of the word, and what separates it from the next line."""
        word = _FIRST_WORD.match(following) if _hyphened(text) else None
        if word:
            before = _WORDS.findall(text[-_LONGEST_WORD:-1])[-1]
            if text[-1] == "\u00ad" or self._vocabulary.whole(before, word[0]):
                return text[:-1], ""
            return text, ""
        return text, "" if _NO_SPACE.match(text[-1]) and _NO_SPACE.match(following) else " "

    def _add_line(self, place: Placed, after: Placed | None, pages: int) -> None:
        line, last = place.line, self._last
        text = _clean(line.text)
        unfinished = last is not None and not last.heading and last.column == place.column and not last.ended
        unfinished = unfinished and last is not None and last.full(_word(text))
        if self._fences and last is not None and last.line.fixed and not line.fixed:
            self._close_code()
            self._last = last = None
        elif self._fences and line.fixed and not place.heading and (self._code or not unfinished):
            self._add_code(place, after, pages)
            return
        if place.heading:
            if last is not None and last.heading == place.heading and alike(last, place):
                self._continue(text, pages)
            else:
                self._start_block("\n\n", pages)
                self._write(f"{'#' * self._level(place.heading)} {text}")
            self._last = place
            return
        bullet = BULLET_ITEM.match(text) or (None if unfinished else DASH_ITEM.match(text))
        beside = self._item_left is not None and abs(self._item_left - line.left) < _ITEM_EDGE * line.size
        item = bool(bullet or ((not unfinished or beside) and NUMBER_ITEM.match(text)))
        if bullet:
            text = f"- {text[bullet.end() :]}"
        if not item and last is not None and not last.heading and self._goes_on(last, place, pages):
            self._continue(text, pages)
            self._last = place
            return
        separator = "\n\n"
        if item:
            separator = "\n" if self._item or bullet else separator
        elif last is not None and not last.heading and _short_lines(last, place):
            separator = "\n"
        was_item = self._item
        self._start_block(separator, pages)
        self._write(text)
        self._last, self._item = place, item or (was_item and separator == "\n")
        self._item_left = line.left if item else None

    def _continue(self, text: str, pages: int) -> None:
        """Write the next line of a paragraph."""
        before, between = self._before(self._parts[-1], text)
        self._length += len(before) - len(self._parts[-1])
        self._parts[-1] = before
        self._separate(between, pages)
        self._write(text)

    def _goes_on(self, last: Placed, place: Placed, pages: int) -> bool:
        """Return whether a line goes on with the paragraph of the line before."""
        line, before = place.line, last.line
        if line.apart or before.apart or _leads(line.text) or _leads(before.text):
            return False
        same = last.column == place.column and len(self.page_starts) == pages
        hyphened = _hyphened(before.text)
        if not last.ended and (line.text[0].islower() or (hyphened and line.text[0].isalnum() and same)):
            if same:
                # One of several definitions, each with a line of its own.
                apart = line.bottom - before.bottom > _PARAGRAPH_SPACE * place.pitch + 0.5
                return not (apart and before.text[-1] == ";" and not last.full(_word(line.text)))
            return same_size(before, line) and (hyphened or before.text.count(" ") >= 2)
        if not same_size(before, line) or (not last.ended and not last.full(_word(line.text))):
            return False
        return self._goes_on_below(last, place) if same else _goes_on_elsewhere(last, place)

    def _goes_on_below(self, last: Placed, place: Placed) -> bool:
        """Return whether a line goes on with the one above it, which reaches to the right or ends a sentence."""
        line, before, ended = place.line, last.line, last.ended
        centred = abs(line.left + line.right - before.left - before.right) < line.size
        if centred and abs(line.left - before.left) > line.size:
            return False
        outdented = line.left < place.left - _INDENT * line.size
        indented = line.left > max(place.left, before.left) + _INDENT * line.size and not self._item
        if ended and (outdented or indented or not last.full(_word(line.text))):
            return False
        pitch = line.bottom - before.bottom
        if pitch > _PARAGRAPH_SPACE * place.pitch + 0.5:
            return not ended and pitch <= _UNFINISHED_SPACE * place.pitch
        return True

    def _add_code(self, place: Placed, after: Placed | None, pages: int) -> None:
        """Write a line of code: lines of it that follow each other are fenced."""
        line = place.line
        new_page = len(self.page_starts) < pages
        goes_on = self._code and self._last is not None and (new_page or self._last.column == place.column)
        if not goes_on:
            several = after is not None and after.line.fixed and after.column == place.column
            self._start_block("\n\n", pages)
            if several:
                self._write("```\n")
                self._code = True
        else:
            self._separate("\n", pages)
        advance = (line.right - line.left) / len(line.text)
        indent = round((line.left - place.left) / advance) if self._code and advance > 0 else 0
        self._write(" " * min(max(indent, 0), 40) + line.text)
        self._last, self._item = place, False

    def _level(self, rank: float) -> int:
        return min(self._levels.index(rank) + 1 if rank in self._levels else _DEEPEST, _DEEPEST)


def _goes_on_elsewhere(last: Placed, place: Placed) -> bool:
    """Return whether a line at the top of a column or page goes on with prose that reaches to the right."""
    line = place.line
    words = min(last.line.text.count(" "), line.text.count(" "))
    indented = line.left > place.left + _INDENT * line.size
    return not last.ended and words >= _PROSE_SPACES and not indented and not CAPTION.match(line.text)


def _leads(text: str) -> bool:
    """Return whether a line has a row of dots in it."""
    return (".." in text or ". ." in text) and LEADER.search(text) is not None


def _clean(text: str) -> str:
    """Return the text of a line; a row of dots that leads to something separates cells."""
    return LEADER.sub(_BAR, text) if _leads(text) else text


def _hyphened(text: str) -> bool:
    return text.endswith(_HYPHENS) and text[-2:-1].isalnum()


def _word(text: str) -> str:
    return text.partition(" ")[0]


def _short_lines(last: Placed, place: Placed) -> bool:
    """Return whether two lines were broken on purpose, as those of an address or a verse are."""
    near = place.line.bottom - last.line.bottom <= _PARAGRAPH_SPACE * place.pitch + 0.5
    return (
        last.column == place.column
        and near
        and not last.ended
        and abs(last.line.left - place.line.left) < _INDENT * place.line.size
        and same_size(last.line, place.line)
        and (not place.full("") or _leads(place.line.text))
    )
