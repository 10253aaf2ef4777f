"""Lines and tables of a PDF -> one text, with paragraphs joined across lines and pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property

from qa.documents.formats.blocks import table_lines
from qa.documents.formats.pdf.columns import ColumnElement, ColumnLine, may_share_heading, same_size
from qa.documents.formats.pdf.lines import BULLET_ITEM, CAPTION, DASH_ITEM, LEADER, MIN_PROSE_SPACES, NUMBER_ITEM, Line
from qa.documents.formats.pdf.rows import Cell
from qa.documents.formats.pdf.tables import Table
from qa.documents.formats.sheets.cells import cell_text

# Scripts without spaces between words, and marks that they share with others.
_NO_SPACE = re.compile("[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_SHARED_MARK = re.compile("[\u2014\u2018-\u201d\u2026]")
_BAR = " | "
_HYPHENS = ("-", "\u2010", "\u00ad")
_WORDS = re.compile(r"\w+(?:[-\u2010]\w+)*")
_FIRST_WORD = re.compile(r"\w+")

# In font sizes:
_MIN_INDENT = 0.8
_MAX_ITEM_OFFSET = 0.3  # between the left edges of the numbers of two items
# Ratios to the usual line distance:
_MAX_PITCH = 1.35  # within a paragraph
_MAX_ENDED_PITCH = 1.2  # within a paragraph, between two sentences
_MAX_UNFINISHED_PITCH = 1.8  # within an unfinished sentence

_MAX_WORD_CHARS = 60  # before a hyphen
_MAX_LEVEL = 6


class TextAssembler:
    """Assembles the elements of all pages into one text; `page_starts` has the offset of each page."""

    def __init__(self, levels: Sequence[float], lines: Iterable[Line], *, fences: bool) -> None:
        self.page_starts: list[int] = []
        self._levels, self._lines, self._fences = levels, lines, fences
        self._parts: list[str] = []
        self._length = self._pages = 0
        self._last: ColumnLine | None = None  # last line of the text, unless that ends with a table
        self._item = self._code = False
        self._item_left: float | None = None

    def text(self) -> str:
        """Return the text of all pages."""
        self._close_code()
        return "".join(self._parts)

    def add_page(self, page: Sequence[ColumnElement]) -> None:
        """Add a page."""
        self._pages += 1
        for number, element in enumerate(page):
            after = page[number + 1] if number + 1 < len(page) else None
            if isinstance(element, Table):
                self._start_block("\n\n")
                rows = ([cell_text(self._cell(cell)) for cell in row] for row in element.rows)
                self._write("\n".join(table_lines(rows)))
            else:
                self._add_line(element, after if isinstance(after, ColumnLine) else None)
        if len(self.page_starts) < self._pages:
            self._start_block("\n\n")

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _start_block(self, separator: str) -> None:
        """Write the separator before a new block."""
        self._close_code()
        self._separate(separator)
        self._last, self._item = None, False

    def _separate(self, separator: str) -> None:
        if self._length or self.page_starts:
            self._write(separator)
        if len(self.page_starts) < self._pages:
            self.page_starts.append(self._length)

    def _close_code(self) -> None:
        if self._code:
            self._write("\n```")
            self._code = False

    def _cell(self, cell: Cell) -> str:
        text = ""
        for line in cell:
            following = _replace_leaders(line.text)
            before, between = self._before(text, following) if text else ("", "")
            text = before + between + following
        return text

    def _before(self, text: str, following: str) -> tuple[str, str]:
        """Return a line, without a hyphen that is not part of the word, and the separator after it."""
        word = _FIRST_WORD.match(following) if _ends_with_hyphen(text) else None
        if word:
            before = _WORDS.findall(text[-_MAX_WORD_CHARS:-1])[-1]
            if text[-1] == "\u00ad" or self._is_one_word(before, word[0]):
                return text[:-1], ""
            return text, ""
        return text, "" if _are_unspaced(text[-1], following[0]) else " "

    def _is_one_word(self, first: str, second: str) -> bool:
        """Return whether a word is more likely written without a hyphen between its two parts.

        If the document contains neither form, it is if the second part is in lower case.
        """
        if first[-1].isdigit() or second[0].isdigit():
            return False
        small = second[0].islower() or (first.isupper() and second.isupper())
        first, second = first.lower(), second.lower()
        whole, hyphened = self._counts[first + second], self._counts[f"{first}-{second}"]
        return whole > hyphened if whole != hyphened else small and not hyphened

    @cached_property
    def _counts(self) -> Counter[str]:
        return Counter(word for line in self._lines for word in _WORDS.findall(line.text.lower()))

    def _add_line(self, current: ColumnLine, after: ColumnLine | None) -> None:
        line, last = current.line, self._last
        text = _replace_leaders(line.text)
        unfinished = (
            last is not None
            and not last.heading
            and last.column == current.column
            and not last.ends_a_sentence
            and last.is_full(_word(text))
        )
        if self._fences and last is not None and last.line.fixed and not line.fixed:
            self._close_code()
            self._last = last = None
        elif self._fences and line.fixed and not current.heading and (self._code or not unfinished):
            self._add_code(current, after)
            return
        if current.heading:
            if last is not None and last.heading == current.heading and may_share_heading(last, current):
                self._continue(text)
            else:
                self._start_block("\n\n")
                self._write(f"{'#' * min(self._levels.index(current.heading) + 1, _MAX_LEVEL)} {text}")
            self._last = current
            return
        bullet = BULLET_ITEM.match(text) or (None if unfinished else DASH_ITEM.match(text))
        beside = self._item_left is not None and abs(self._item_left - line.left) < _MAX_ITEM_OFFSET * line.size
        item = bool(bullet or ((not unfinished or beside) and NUMBER_ITEM.match(text)))
        if bullet:
            text = f"- {text[bullet.end() :]}"
        if not item and last is not None and not last.heading and self._continues(last, current):
            self._continue(text)
            self._last = current
            return
        separator = "\n\n"
        if item:
            separator = "\n" if self._item or bullet else separator
        elif last is not None and not last.heading and _are_short_lines(last, current):
            separator = "\n"
        was_item = self._item
        self._start_block(separator)
        self._write(text)
        self._last, self._item = current, item or (was_item and separator == "\n")
        self._item_left = line.left if item else None

    def _continue(self, text: str) -> None:
        """Append the next line of a paragraph."""
        before, between = self._before(self._parts[-1], text)
        self._length += len(before) - len(self._parts[-1])
        self._parts[-1] = before
        self._separate(between)
        self._write(text)

    def _continues(self, last: ColumnLine, current: ColumnLine) -> bool:
        """Return whether a line continues the paragraph of the line before."""
        line, before = current.line, last.line
        if line.apart or before.apart or _has_leader(line.text) or _has_leader(before.text):
            return False
        same = last.column == current.column and len(self.page_starts) == self._pages
        hyphened = _ends_with_hyphen(before.text)
        if not last.ends_a_sentence and (line.text[0].islower() or (hyphened and line.text[0].isalnum() and same)):
            if same:
                # Several definitions, each on a line of its own.
                apart = line.bottom - before.bottom > _MAX_PITCH * current.pitch + 0.5
                return not (apart and before.text[-1] == ";" and not last.is_full(_word(line.text)))
            return same_size(before, line) and (hyphened or before.text.count(" ") >= 2)
        if not same_size(before, line) or (not last.ends_a_sentence and not last.is_full(_word(line.text))):
            return False
        return self._continues_below(last, current) if same else _continues_elsewhere(last, current)

    def _continues_below(self, last: ColumnLine, current: ColumnLine) -> bool:
        """Return whether a line continues the one above it, which is full or ends a sentence."""
        line, before, ended = current.line, last.line, last.ends_a_sentence
        centred = abs(line.left + line.right - before.left - before.right) < line.size
        if centred and abs(line.left - before.left) > line.size:
            return False
        outdented = line.left < current.left - _MIN_INDENT * line.size
        indented = line.left > max(current.left, before.left) + _MIN_INDENT * line.size and not self._item
        if ended and (outdented or indented or not last.is_full(_word(line.text))):
            return False
        pitch = line.bottom - before.bottom
        if pitch > (_MAX_ENDED_PITCH if ended else _MAX_PITCH) * current.pitch + 0.5:
            return not ended and pitch <= _MAX_UNFINISHED_PITCH * current.pitch
        return True

    def _add_code(self, current: ColumnLine, after: ColumnLine | None) -> None:
        """Write a line of code, fencing consecutive ones."""
        line = current.line
        new_page = len(self.page_starts) < self._pages
        goes_on = self._code and self._last is not None and (new_page or self._last.column == current.column)
        if not goes_on:
            several = after is not None and after.line.fixed and after.column == current.column
            self._start_block("\n\n")
            if several:
                self._write("```\n")
                self._code = True
        else:
            self._separate("\n")
        advance = (line.right - line.left) / len(line.text)
        indent = round((line.left - current.left) / advance) if self._code and advance > 0 else 0
        self._write(" " * min(max(indent, 0), 40) + line.text)
        self._last, self._item = current, False


def _are_unspaced(last: str, first: str) -> bool:
    """Return whether no space belongs between the end of a line and the start of the next one."""
    found = [_NO_SPACE.match(last), _NO_SPACE.match(first)]
    return any(found) and all(
        match or _SHARED_MARK.match(character) for match, character in zip(found, (last, first), strict=True)
    )


def _continues_elsewhere(last: ColumnLine, current: ColumnLine) -> bool:
    """Return whether a line at the top of a column or page continues prose whose last line is full."""
    line = current.line
    words = min(last.line.text.count(" "), line.text.count(" "))
    indented = line.left > current.left + _MIN_INDENT * line.size
    return not last.ends_a_sentence and words >= MIN_PROSE_SPACES and not indented and not CAPTION.match(line.text)


def _has_leader(text: str) -> bool:
    """Return whether a line contains a dot leader."""
    return (".." in text or ". ." in text) and LEADER.search(text) is not None


def _replace_leaders(text: str) -> str:
    """Return the text of a line with dot leaders replaced by cell separators."""
    return LEADER.sub(_BAR, text) if _has_leader(text) else text


def _ends_with_hyphen(text: str) -> bool:
    return text.endswith(_HYPHENS) and text[-2:-1].isalnum()


def _word(text: str) -> str:
    return text.partition(" ")[0]


def _are_short_lines(last: ColumnLine, current: ColumnLine) -> bool:
    """Return whether the line break between two lines is intentional, as in an address or a verse."""
    near = current.line.bottom - last.line.bottom <= _MAX_PITCH * current.pitch + 0.5
    return (
        last.column == current.column
        and near
        and not last.ends_a_sentence
        and abs(last.line.left - current.line.left) < _MIN_INDENT * current.line.size
        and same_size(last.line, current.line)
        and (not current.is_full("") or _has_leader(current.line.text))
    )
