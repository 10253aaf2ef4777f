"""PDF page -> lines: text on one baseline without a wide gap, with its geometry, as PDFium reports it."""

from __future__ import annotations

import ctypes
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple

from qa.documents.formats.pdf import right_to_left
from qa.documents.formats.pdf.characters import (
    FILLER,
    LIGATURES,
    MAX_FONT_NAME_BYTES,
    Frame,
    Page,
    TextPage,
    character_boxes,
    quarter_turn,
    quarter_turns,
    size_of,
    stacked_words,
    turn_box,
    turn_boxes,
    turn_point,
)
from qa.documents.formats.pdf.raised import raised_numbers
from qa.documents.formats.pdf.right_to_left import Glyph
from qa.documents.formats.pdf.spaced_letters import is_spaced, missing_spaces, spaced_words

_WORD = re.compile("[^\\s\x02]+\x02?|\x02")
_DRAWN_LINE = re.compile(r"[^\r\n]+")
_MAX_GAP = 0.8  # share of the line's height; beyond it there may be another cell or column
_MAX_NUMBER_GAP = 0.45  # the same between two numbers, which are rarely words of one sentence
_MAX_OVERLAP = 0.3  # share of the line's height by which a word may overlap the one before
NUMBER_START = frozenset("0123456789+-\u2212.($")
MIN_PROSE_SPACES = 4  # in a line of prose
ASCENT, DESCENT = 0.75, 0.25  # of the font size
_NOTE_MARK = re.compile(r"\d{1,3}(?=[^\W\d_])")  # footnote number before the first word of the footnote
_MAX_NOTE_MARK_SIZE = 0.85  # share of the footnote's font size
_FIXED_PITCH, _FORCE_BOLD = 1, 1 << 18
_BOLD_NAME = re.compile(r"bold|black|heavy|demi|cmbx|cmssbx|sfbx|-bd|nimbus\w*-medi", re.IGNORECASE)
_MONO_NAME = re.compile(r"mono|courier|cmtt|cmsltt|sftt|consol|typewriter|menlo|nimbusmonl|fixed", re.IGNORECASE)

# In the text of a line:
_BULLETS = "\u2022\u25aa\u25cf\u25e6\u2023\u25a0\u25a1\u25cb\u2043\u2219\u25b6\u27a2\u2713\u2756\uf000-\uf0ff"
BULLET = re.compile(f"[{_BULLETS}]$")
BULLET_ITEM = re.compile(rf"[{_BULLETS}\u00b7]\s+(?=\S)")
DASH_ITEM = re.compile(r"[-*\u2013\u2014]\s+(?=\S)")
NUMBER_ITEM = re.compile(r"(?:\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)]|\[\d{1,3}\])\s+\S")
# A bullet, or the number of an item or section, with nothing after it.
LABEL = re.compile(
    rf"(?:[{_BULLETS}*\u2013-]|\(?(?:\d{{1,3}}|[a-zA-Z]|[ivx]{{1,4}})[.)]|(?:\d{{1,3}}\.)+\d{{1,3}}\.?|\[\d{{1,3}}\])$"
)
# A dot leader, as in a table of contents.
LEADER = re.compile(r"(?:\s?\.){4,}\s*")
EQUATION_NUMBER = re.compile(r"\([A-Z]?\.?\d{1,3}(?:\.\d{1,3})*[a-z]?\)$")
CAPTION = re.compile(
    r"(?i:Figure|Fig\.|Table|Abbildung|Tabelle|Figura|Tableau|Tabla)\s*(?:[A-Z]?\d+|[IVX]+)(?:[.-]\d+)*"
    r"(?:[.:]|\s*(?:[A-Z(]|$))"
)
_SENTENCE_END = re.compile(
    r"(?:[.!?:\u2026\u3002\uff01\uff1f]['\"\u2019\u201d\u00bb)\]]*|[^\W\d][.!?]['\"\u2019\u201d)]*\d{1,3})$"
)
_MAX_SENTENCE_END_CHARS = 8  # full stop, quotation marks, brackets, footnote number

_Bounds = tuple[float, float, float, float]  # left, top, right and bottom of a page, with y upwards
_LineBox = tuple[float, float, float, float]  # left, right, height and bottom of a line
# Characters of a line in reading order, their text and its box.
_PositionedRun = tuple[list[int], str, _LineBox]


class GridCell(NamedTuple):
    """A cell of a table whose cells are divided by drawn lines."""

    table: int  # number on the page
    row: int
    column: int
    end_row: int  # that after the last which it spans
    end_column: int


@dataclass(slots=True)
class Line:
    """Words on one baseline. Its box is in points from the top left corner of the page, in reading direction."""

    text: str  # words separated by single spaces
    left: float
    top: float
    right: float
    bottom: float
    size: float  # of the font as displayed, in points
    bold: bool = False
    fixed: bool = False  # whether the font is monospaced
    apart: bool = False  # in no column: it runs in a different direction than most of the page, or is a comment
    spans: tuple[tuple[int, int], ...] = ()  # first and last character of each part; negative for form-field values
    cell: GridCell | None = None

    def beside(self, other: Line) -> bool:
        """Return whether the lines overlap by most of their height."""
        shared = min(self.bottom, other.bottom) - max(self.top, other.top)
        return shared > 0.5 * min(self.size, other.size)

    def with_right(self, other: Line, between: str = " ") -> Line:
        """Return this line joined with one to its right."""
        return replace(
            self,
            text=self.text + between + other.text,
            right=max(self.right, other.right),
            top=min(self.top, other.top),
            bottom=max(self.bottom, other.bottom),
            size=max(self.size, other.size) if between else other.size,
            bold=self.bold and other.bold,
            fixed=self.fixed and other.fixed,
            spans=self.spans + other.spans,
        )


def ends_sentence(text: str) -> bool:
    """Return whether a line ends with the end of a sentence, possibly followed by a footnote number."""
    return _SENTENCE_END.search(text[-_MAX_SENTENCE_END_CHARS:]) is not None


def page_lines(page: Page, text_page: TextPage, text: str) -> tuple[list[Line], Frame, str]:
    """Return the lines of a page in drawing order, without those outside the page, and their coordinate system.

    The last item is the page's text in which brackets between right-to-left letters are as they are read.
    """
    words = [word.span() for word in _WORD.finditer(text)]
    values = character_boxes(text_page, words)
    if stacked := stacked_words(text_page, words, values):
        letters = (
            [(at, at + 1) for at in range(*word) if text[at] != FILLER] if word in stacked else [word] for word in words
        )
        words = [*chain.from_iterable(letters)]
        values = character_boxes(text_page, words)
    turns = quarter_turns(text_page, words)
    text = raised_numbers(text_page, text, turns)
    left, bottom, right, top = page.get_bbox()
    bounds = left, top, right, bottom = turn_box(left, top, right, bottom, turns)
    values = turn_boxes(values, turns)
    leftwards = right_to_left.is_right_to_left(text)
    frame = Frame(turns, right if leftwards else left, top, leftwards)
    measure = _Measure(text_page, text, frame)
    lines: list[Line] = []
    characters = list(text)
    starts = [start for start, _ in words]
    spaces = missing_spaces(text_page, text)
    for kind, start, end in _parts(measure, text, leftwards=leftwards):
        runs: Iterable[_PositionedRun] | None = None
        if kind == "leftward":
            runs = _leftward_runs(measure.glyphs(start, end), bounds, leftwards=leftwards)
        elif kind == "spaced":
            runs = _spaced_run(list(measure.glyphs(start, end)), bounds)
        if runs is None:
            first, after = bisect_left(starts, start), bisect_left(starts, end)
            for at, to, box, turned in _lines_of(words[first:after], values[8 * first : 8 * after], text, bounds):
                shown = text[at:to]
                for gap in sorted(spaces.intersection(range(at, to)), reverse=True) if spaces else ():
                    shown = f"{shown[: gap - at]} {shown[gap - at :]}"
                lines.append(measure.line(range(at, to), shown, box, turned=turned))
            continue
        for order, shown, box in runs:
            lines.append(measure.line(order, shown, box, turned=False))
            for index, character in zip(order, shown, strict=True):
                if index != right_to_left.SPACE:
                    characters[index] = character
    return lines, frame, "".join(characters)


def _parts(measure: _Measure, text: str, *, leftwards: bool) -> Iterator[tuple[str, int, int]]:
    """Yield how the lines of a range of characters are to be read, and its start and end.

    "leftward" are lines that are read from right to left, "spaced" is one whose letters are set apart, and "words" are
    all others.
    """
    found = [(_kind(measure, line, leftwards=leftwards), *line.span()) for line in _DRAWN_LINE.finditer(text)]
    for kind, lines in groupby(found, itemgetter(0)):
        if kind == "spaced":
            yield from lines
        else:
            first, *rest = lines
            yield kind, first[1], (rest or [first])[-1][2]


def _kind(measure: _Measure, line: re.Match[str], *, leftwards: bool) -> str:
    if leftwards or right_to_left.LETTER.search(line[0]):
        return "leftward" if measure.is_straight(line.start()) else "words"
    return "spaced" if is_spaced(line[0]) and measure.is_straight(line.start()) else "words"


def _leftward_runs(glyphs: Iterable[Glyph], bounds: _Bounds, *, leftwards: bool) -> Iterator[_PositionedRun]:
    for runs in right_to_left.visual_runs(_on_page(glyphs, bounds), _MAX_GAP, _MAX_NUMBER_GAP):
        for run in reversed(runs) if leftwards else runs:
            order, text = right_to_left.in_reading_order(run, page_is_right_to_left=leftwards)
            yield order, text, _box([glyph for glyph in run if glyph is not None])


def _spaced_run(glyphs: Sequence[Glyph], bounds: _Bounds) -> list[_PositionedRun] | None:
    drawn = [glyph for glyph in glyphs if not glyph.text.isspace()]
    found = spaced_words(glyphs) if list(_on_page(drawn, bounds)) == drawn else None
    return [(*found, _box(drawn))] if found else None


def _on_page(glyphs: Iterable[Glyph], bounds: _Bounds) -> Iterator[Glyph]:
    left, top, right, bottom = bounds
    for each in glyphs:
        if each.right >= left and each.left <= right and each.top >= bottom and each.bottom <= top:
            yield each


def _box(glyphs: Sequence[Glyph]) -> _LineBox:
    tallest = max(glyphs, key=attrgetter("height"))
    return glyphs[0].left, max(glyph.right for glyph in glyphs), tallest.height, tallest.bottom


def _lines_of(
    words: Sequence[tuple[int, int]], values: Sequence[float], text: str, bounds: _Bounds
) -> Iterator[tuple[int, int, _LineBox, bool]]:
    """Join words that follow each other on a baseline; yield start, end, box, and whether a line runs up or down.

    Performance matters: a book has many words.
    """
    left, top, right, bottom = bounds
    start = end = -1
    run_left = run_right = run_top = run_bottom = run_height = 0.0
    run_turned = False
    sides = (values[side::8] for side in range(8))
    for (first, after), x0, y1, x1, y0, last_x0, last_y1, last_x1, _ in zip(words, *sides, strict=True):
        height, turned = y1 - y0, False
        if after - first > 1:
            rise = abs(last_y1 - y1)
            turned = rise > height and rise > abs(last_x0 - x0)
            x0, x1 = (x0 if x0 < last_x0 else last_x0), (x1 if x1 > last_x1 else last_x1)  # noqa: PLW2901
        if not (x1 >= left and x0 <= right and y1 >= bottom and y0 <= top):  # negated to exclude NaN
            continue
        if start >= 0:
            low, tall = (height, run_height) if height < run_height else (run_height, height)
            shared = (y1 if y1 < run_top else run_top) - (y0 if y0 > run_bottom else run_bottom)
            gap = x0 - run_right
            follows = shared > 0.5 * low and -_MAX_OVERLAP * low <= gap <= _MAX_GAP * tall
            if gap > _MAX_NUMBER_GAP * tall and text[end - 1].isdigit() and text[first] in NUMBER_START:
                follows = False
            if turned and run_turned:
                follows = abs(x0 - run_left) < height
            if follows and turned == run_turned:
                end, run_right = after, (x1 if x1 > run_right else run_right)
                if height > run_height:
                    run_top, run_bottom, run_height = y1, y0, height
                continue
            yield start, end, (run_left, run_right, run_height, run_bottom), run_turned
        start, end, run_left, run_right, run_turned = first, after, x0, x1, turned
        run_top, run_bottom, run_height = y1, y0, height
    if start >= 0:
        yield start, end, (run_left, run_right, run_height, run_bottom), run_turned


class _Measure:
    """Measures spans of a page's characters as lines, reusing the buffers that PDFium writes to."""

    def __init__(self, text_page: TextPage, text: str, frame: Frame) -> None:
        from pypdfium2 import raw

        self._raw, self._page = raw, text_page
        self._text, self._frame = text, frame
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._name, self._flags = ctypes.create_string_buffer(MAX_FONT_NAME_BYTES), ctypes.c_int()

    def line(self, order: Sequence[int], words: str, box: _LineBox, *, turned: bool) -> Line:
        """Return the line of these characters, whose text in the same order is `words`."""
        left, right, height, bottom = box
        middle = len(words) // 2
        while words[middle].isspace():
            middle += 1
        bold, fixed = self._font(order[middle])
        for other in (order[0], order[-1]) if bold or fixed else ():
            looks = self._font(other)
            bold, fixed = bold and looks[0], fixed and looks[1]
        size, baseline = self._size(order[middle], height, bottom)
        down = self._frame.y - baseline
        text = " ".join(words.replace("\x02", "-").replace(FILLER, "").translate(LIGATURES).split())
        if _NOTE_MARK.match(text) and self._size(order[0], height, bottom)[0] < _MAX_NOTE_MARK_SIZE * size:
            text = _NOTE_MARK.sub(r"\g<0> ", text, count=1)
        left, right = self._frame.across(left, right)
        spans = ((order[0], order[-1]),) if isinstance(order, range) else right_to_left.spans(order)
        top, bottom = down - ASCENT * size, down + DESCENT * size
        return Line(text, left, top, right, bottom, size, bold, fixed, turned, spans)

    def is_straight(self, index: int) -> bool:
        """Return whether a character is in the direction of most of the page."""
        angle: float = self._raw.FPDFText_GetCharAngle(self._page, index)
        return angle < 0 or quarter_turn(angle) == self._frame.turns

    def glyphs(self, start: int, end: int) -> Iterator[Glyph]:
        """Yield the characters from `start` to `end` with their boxes; spaces that PDFium inserted have no width."""
        indices = range(start, end)
        turns = self._frame.turns
        values = turn_boxes(character_boxes(self._page, [(at, at + 1) for at in indices]), turns)
        sides = (values[side::8] for side in range(4))
        for at, left, top, right, bottom in zip(indices, *sides, strict=True):
            self._raw.FPDFText_GetCharOrigin(self._page, at, self._x, self._y)
            baseline = turn_point(self._x.value, self._y.value, turns)[1]
            yield Glyph([at], self._text[at], left, top, right, bottom, baseline)

    def _size(self, index: int, height: float, bottom: float) -> tuple[float, float]:
        """Return the displayed font size of a character, and the height of its baseline."""
        size, baseline = size_of(self._page, index, self._frame.turns)
        if not 0.1 * height < size < 10 * height:  # a font with implausible metrics
            return max(height, 1.0), bottom + DESCENT * height
        return size, baseline

    def _font(self, index: int) -> tuple[bool, bool]:
        """Return whether a character is bold, and whether its font is monospaced."""
        self._raw.FPDFText_GetFontInfo(self._page, index, self._name, MAX_FONT_NAME_BYTES, self._flags)
        return _looks(self._name.value, self._flags.value)


@lru_cache(maxsize=256)
def _looks(name: bytes, flags: int) -> tuple[bool, bool]:
    words = name.decode("latin-1")
    bold = bool(flags & _FORCE_BOLD) or bool(_BOLD_NAME.search(words))
    return bold, bool(flags & _FIXED_PITCH) or bool(_MONO_NAME.search(words))
