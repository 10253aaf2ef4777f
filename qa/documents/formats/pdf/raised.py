"""Numbers above the line in a PDF, such as exponents and the marks of footnotes, right after another number."""

from __future__ import annotations

import re

from qa.documents.formats.blocks import superscript
from qa.documents.formats.pdf.characters import TextPage, character_boxes, size_of, turn_boxes

_NUMBER = re.compile(r"\d[\d.,+\u2212\u2013-]*\d")
_MAX_DIGITS = 3  # above the line
_MAX_SIZE = 0.85  # share of the size of the first digit
_MIN_RISE = 0.15  # above its baseline, as a share of its size


def raised_numbers(text_page: TextPage, text: str, turns: int) -> str:
    """Return the characters of a page with numbers above the line as such, as 10 to the 6th is not 106.

    Parameters
    ----------
    text : str
        The characters of the page by index.
    turns : int
        Counter-clockwise quarter turns of its text.
    """
    words = [found.span() for found in _NUMBER.finditer(text)]
    values = turn_boxes(character_boxes(text_page, words), turns)
    characters = list(text)
    for (start, end), bottom, last_bottom in zip(words, values[3::8], values[7::8], strict=True):
        if last_bottom > bottom:
            at = _start_of_raised(text_page, start, end, turns)
            if at < end <= at + _MAX_DIGITS + 1:
                characters[at:end] = superscript(text[at:end], text[start:at])
    return "".join(characters)


def _start_of_raised(text_page: TextPage, start: int, end: int, turns: int) -> int:
    """Return the index of the first of the characters at the end of a number that are smaller and higher than it."""
    size, baseline = size_of(text_page, start, turns)
    at = end
    while at > start:
        small, high = size_of(text_page, at - 1, turns)
        if small > _MAX_SIZE * size or high - baseline < _MIN_RISE * size:
            break
        at -= 1
    return at
