"""The characters of a PDF page and their boxes, as PDFium reports them."""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from unicodedata import normalize

FILLER = "\ufdd0"  # after a character that PDFium returns as two
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
UNMAPPED = "\ufffd"  # a character of which the file does not say what it is
# The code of a character that a font does not map, unless it is a line end or a tab, which is how some programs map the
# space.
_CODE = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n")
_LIGATURES = "\ufb00\ufb01\ufb02\ufb03\ufb04"
LIGATURES = str.maketrans({ligature: normalize("NFKC", ligature) for ligature in _LIGATURES})
# The fonts of TeX are often without names for characters; these are the codes of ligatures in its two encodings.
_TEX_LIGATURES = [dict(zip(codes, _LIGATURES, strict=True)) for codes in ("\v\f\r\x0e\x0f", "\x1b\x1c\x1d\x1e\x1f")]
# How macOS maps the ligature of TeX's fonts.
_WRONG_FF = re.compile(r"(?<=[^\W\d_])\u21b5(?=[^\W\d_])")
# A character at the start of a line, before a word: a bullet from a font that does not name it.
_UNMAPPED_BULLET = re.compile(rf"(?<![^\r\n]){UNMAPPED}(?= +[^\W\d_]{{2}})")
MAX_FONT_NAME_BYTES = 128
_MAX_STACKED_LETTERS = 200
_MAX_ANGLE_SAMPLES = 24  # words whose direction is measured

# pypdfium2 ships no types.
Page = Any
TextPage = Any


@dataclass(frozen=True, slots=True)
class Frame:
    """The coordinate system in which a page's text is read: in the direction of lines and down from the top corner."""

    turns: int  # counter-clockwise quarter turns of the text on the page
    x: float  # of the corner where lines start, in the coordinates of the turned text with y upwards
    y: float
    leftwards: bool = False  # whether lines start at the right

    def box(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        """Convert a box on the page to left, top, right and bottom in this frame."""
        x0, y1, x1, y0 = turn_box(left, top, right, bottom, self.turns)
        x0, x1 = self.across(x0, x1)
        return x0, self.y - y1, x1, self.y - y0

    def across(self, left: float, right: float) -> tuple[float, float]:
        """Convert a left and a right edge in the coordinates of the turned text."""
        if self.leftwards:
            return self.x - right, self.x - left
        return left - self.x, right - self.x


def page_characters(text_page: TextPage) -> str:
    """Return the characters of a page by index; U+0002 is a hyphen at a line end."""
    from pypdfium2 import raw

    count = text_page.count_chars()
    if count <= 0:
        return ""
    buffer = (ctypes.c_ushort * (2 * count + 2))()
    written = raw.FPDFText_GetText(text_page, 0, count, buffer)
    text = bytes(memoryview(buffer).cast("B")[: 2 * max(written - 1, 0)]).decode("utf-16-le", "replace")
    if len(text) != count:
        codes = (raw.FPDFText_GetUnicode(text_page, index) for index in range(count))
        text = "".join(UNMAPPED if not 0 < code <= 0x10FFFF else chr(code) for code in codes)
        text = _SURROGATES.sub(_joined, text)
        text = "".join(UNMAPPED if "\ud800" <= character < "\ue000" else character for character in text)
    # PDFium writes U+FFFE for a hyphen at a line end, and for a character that the file maps to none.
    marks = [at for at, character in enumerate(text) if character == "\ufffe"] if "\ufffe" in text else []
    unmapped = {at for at in marks if raw.FPDFText_GetUnicode(text_page, at) == 0}
    if unmapped:
        shown = {at: _shown(text_page, at) for at in unmapped}
        text = "".join(shown.get(at, character) for at, character in enumerate(text))
    text = _UNMAPPED_BULLET.sub("\u2022", text)
    text = _WRONG_FF.sub(_LIGATURES[0], _without_codes(text_page, text))
    # Unicode has the italic h of formulas apart from the other letters.
    return text.replace("\0", " ").replace("\ufffe", "\x02").replace("\u210e", "h")


def _shown(text_page: TextPage, at: int) -> str:
    """Return `UNMAPPED` for a character that the file does not map, or the minus sign, code 0 of TeX's symbol fonts."""
    from pypdfium2 import raw

    name = ctypes.create_string_buffer(MAX_FONT_NAME_BYTES)
    raw.FPDFFont_GetBaseFontName(_font(text_page, at), name, len(name))
    left, bottom, right, top = text_page.get_charbox(at)
    return "\u2212" if b"CMSY" in name.value and 2 * (top - bottom) < right - left else UNMAPPED


def _without_codes(text_page: TextPage, text: str) -> str:
    """Return text with ligatures in place of their codes, `UNMAPPED` for other codes in words, and spaces for the rest.

    Outside words, they are mostly parts of formulas, such as large brackets.
    """
    from pypdfium2 import raw

    codes = [
        at for at in (found.start() for found in _CODE.finditer(text)) if raw.FPDFText_IsHyphen(text_page, at) != 1
    ]
    if not codes:
        return text
    in_words = [at for at in codes if _is_in_word(text_page, text, at)]
    # The bitmap fonts of TeX have no names; others have codes of their own.
    unnamed = [at for at in in_words if raw.FPDFFont_GetBaseFontName(_font(text_page, at), None, 0) <= 1]
    counts = Counter(text[at] for at in unnamed)
    ligatures = max(_TEX_LIGATURES, key=lambda known: sum(counts[code] for code in known))
    shown = dict.fromkeys(codes, " ") | dict.fromkeys(in_words, UNMAPPED)
    shown |= {at: ligatures[text[at]] for at in unnamed if text[at] in ligatures}
    return "".join(shown.get(at, character) for at, character in enumerate(text))


def _is_in_word(text_page: TextPage, text: str, at: int) -> bool:
    """Return whether a character is drawn beside a letter of the same font."""
    left, bottom, right, top = text_page.get_charbox(at)
    if not (left < right and bottom < top):
        return False
    font = _address(_font(text_page, at))
    near = (each for each in (at - 1, at + 1) if text[each : each + 1].isalpha())
    return any(_address(_font(text_page, each)) == font for each in near)


def _font(text_page: TextPage, index: int) -> Any:  # noqa: ANN401 -- pypdfium2 ships no types
    """Return the font of a character; None for a character that PDFium inserted."""
    from pypdfium2 import raw

    drawn = raw.FPDFText_GetTextObject(text_page, index)
    return raw.FPDFTextObj_GetFont(drawn) if drawn else None


def _address(pointer: Any) -> int | None:  # noqa: ANN401 -- pypdfium2 ships no types
    return ctypes.cast(pointer, ctypes.c_void_p).value if pointer else None


def _joined(pair: re.Match[str]) -> str:
    """Return the character for two surrogates, with a filler in place of the second one."""
    character = pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    # A formula's italic letters are read as the letters that they are.
    return (normalize("NFKC", character) if "\U0001d400" <= character <= "\U0001d7ff" else character) + FILLER


def character_boxes(text_page: TextPage, words: Sequence[tuple[int, int]]) -> list[float]:
    """Return left, top, right and bottom of the first and the last character of each word, with y upwards."""
    from pypdfium2 import raw

    size = ctypes.sizeof(raw.FS_RECTF)
    found = (raw.FS_RECTF * max(2 * len(words), 1))()
    box_of, page, address = _box_function(), ctypes.cast(text_page.raw, ctypes.c_void_p).value, ctypes.addressof(found)
    for start, end in words:
        box_of(page, start, address)
        if end - start > 1:
            box_of(page, end - 1, address + size)
        address += 2 * size
    values: list[float] = memoryview(found).cast("B").cast("f").tolist()[: 8 * len(words)]  # type: ignore[assignment]
    return values


@cache
def _box_function() -> Callable[[int | None, int, int], int]:
    """Return PDFium's function for the box of a character.

    It takes addresses: converting a ctypes structure takes longer than the call, and there are two calls per word.
    """
    from pypdfium2 import raw

    address = ctypes.cast(raw.FPDFText_GetLooseCharBox, ctypes.c_void_p).value or 0
    return ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(address)


def size_of(text_page: TextPage, index: int, turns: int) -> tuple[float, float]:
    """Return the displayed font size of a character, and the height of its baseline."""
    from pypdfium2 import raw

    matrix, x, y = raw.FS_MATRIX(), ctypes.c_double(), ctypes.c_double()
    size = raw.FPDFText_GetFontSize(text_page, index)
    if raw.FPDFText_GetMatrix(text_page, index, matrix):
        size *= math.hypot(matrix.c, matrix.d)
    raw.FPDFText_GetCharOrigin(text_page, index, x, y)
    return size, turn_point(x.value, y.value, turns)[1]


def stacked_words(
    text_page: TextPage, words: Sequence[tuple[int, int]], values: Sequence[float]
) -> set[tuple[int, int]]:
    """Return the words of stacked upright letters: PDFium joins very short lines of a column."""
    from pypdfium2 import raw

    # The first letter is above the last by more than its height.
    tall = [
        word
        for word, top, bottom, last_top in zip(words, values[1::8], values[3::8], values[5::8], strict=True)
        if top - last_top > top - bottom and 1 < word[1] - word[0] < _MAX_STACKED_LETTERS
    ]
    angles = ((word, raw.FPDFText_GetCharAngle(text_page, word[0])) for word in tall)
    return {word for word, angle in angles if abs(math.sin(angle)) < 0.1}


def quarter_turns(text_page: TextPage, words: Sequence[tuple[int, int]]) -> int:
    """Return the counter-clockwise quarter turns of most words on a page."""
    from pypdfium2 import raw

    step = max(1, len(words) // _MAX_ANGLE_SAMPLES)
    angles = [raw.FPDFText_GetCharAngle(text_page, start) for start, _ in words[::step]]
    quarters = Counter(quarter_turn(angle) for angle in angles if angle >= 0)
    return min(quarters, key=lambda turn: (-quarters[turn], turn), default=0)


def quarter_turn(angle: float) -> int:
    """Return the counter-clockwise quarter turns of a character; PDFium measures its angle clockwise."""
    return -round(angle / (math.pi / 2)) % 4


def turn_point(x: float, y: float, turns: int) -> tuple[float, float]:
    """Return a point in the coordinates of text with this many quarter turns."""
    return ((x, y), (y, -x), (-x, -y), (-y, x))[turns]


def turn_box(x0: float, y1: float, x1: float, y0: float, turns: int) -> tuple[float, float, float, float]:
    """Return a box (left, top, right, bottom) in the coordinates of text with this many quarter turns."""
    (ax, ay), (bx, by) = turn_point(x0, y0, turns), turn_point(x1, y1, turns)
    return min(ax, bx), max(ay, by), max(ax, bx), min(ay, by)


def turn_boxes(values: list[float], turns: int) -> list[float]:
    """Return boxes, four values each, in the coordinates of text with this many quarter turns."""
    corners = zip(*(iter(values),) * 4, strict=True)
    return [value for corner in corners for value in turn_box(*corner, turns)] if turns else values
