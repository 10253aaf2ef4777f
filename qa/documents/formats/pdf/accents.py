"""Accents that a PDF page has apart from their letters -> letters with accents."""

from __future__ import annotations

import math
import re
from unicodedata import normalize

from qa.documents.formats.pdf.characters import FILLER, TextPage

_COMBINING = dict(
    zip("´ˆ¨˜ˇ˚¸˘˝", "\u0301\u0302\u0308\u0303\u030c\u030a\u0327\u0306\u030b", strict=True)  # noqa: RUF001
)
_ACCENT = re.compile(f"[{''.join(_COMBINING)}]")
_DOTLESS = str.maketrans("ıȷ", "ij")
_LETTER_BEFORE = re.compile(rf"[^\W\d_](?=[\s{FILLER}]*$)")
_LETTER_AFTER = re.compile(r"\s*([^\W\d_])")
_MAX_SPACE = 4  # characters between an accent and its letter
_MAX_APART = 120  # characters between a letter and its accent, which PDFium may read after the rest of the line
# Ratios to the height of the letter:
_MAX_DISTANCE = 0.6  # of its accent
_MAX_GAP = 0.15  # between two letters of a word, and between a narrow letter and the middle of its accent


def with_accents(text_page: TextPage, text: str) -> str:
    """Return a page's characters with the letters that have an accent in place of letters, and fillers for accents.

    In fonts of TeX, accents are characters of their own, drawn over the letters before or after them. If the accents
    are in another font, PDFium returns them after the rest of the line. It returns a space where they are apart.
    """
    from pypdfium2 import raw

    characters = list(text)
    for found in _ACCENT.finditer(text):
        at = found.start()
        if abs(math.sin(raw.FPDFText_GetCharAngle(text_page, at))) > _MAX_GAP:
            continue
        start = max(at - _MAX_SPACE, 0)
        before = _LETTER_BEFORE.search("".join(characters[start:at]))
        after = _LETTER_AFTER.match(text, at + 1, at + 1 + _MAX_SPACE)
        sides = [start + before.start() if before else -1, after.start(1) if after else -1]
        others = range(at - 1, max(at - _MAX_APART, -1), -1) if text[at - 1 : at + 2].strip() == found[0] else ()
        letters = (each for each in (*sides, *others) if each >= 0 and characters[each].isalpha())
        letter = next((each for each in letters if _is_over(text_page, at, each, characters[each])), None)
        if letter is None:
            continue
        whole = normalize("NFC", characters[letter].translate(_DOTLESS) + _COMBINING[found[0]])
        if len(whole) > 1:
            continue
        characters[letter], characters[at] = whole, FILLER if abs(letter - at) == 1 else " "
        if min(sides) >= 0 and _are_near(text_page, *sides):
            characters[sides[0] + 1 : sides[1]] = FILLER * (sides[1] - sides[0] - 1)
    return "".join(characters)


def _is_over(text_page: TextPage, accent: int, at: int, letter: str) -> bool:
    """Return whether an accent is drawn above or below a letter."""
    left, bottom, right, top = text_page.get_charbox(accent)
    letter_left, letter_bottom, letter_right, letter_top = text_page.get_charbox(at)
    height, middle = letter_top - letter_bottom, (left + right) / 2
    slack = _MAX_GAP * height if ord(letter) in _DOTLESS else 0
    above = max(bottom - letter_top, letter_bottom - top)
    return bool(letter_left - slack < middle < letter_right + slack and above < _MAX_DISTANCE * height)


def _are_near(text_page: TextPage, first: int, second: int) -> bool:
    """Return whether two letters are beside each other in a word."""
    _, bottom, right, top = text_page.get_charbox(first)
    left, *_ = text_page.get_charbox(second)
    return bool(left - right < _MAX_GAP * (top - bottom))
