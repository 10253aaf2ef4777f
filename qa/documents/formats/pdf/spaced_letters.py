"""Words of a PDF by the gaps between letters: those of set-apart letters, as in "T i t l e", and those run together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice, pairwise
from statistics import median

from qa.documents.formats.pdf.characters import TextPage, character_boxes
from qa.documents.formats.pdf.right_to_left import SPACE, Glyph

_SPACED = re.compile(r"(?<!\S)[^\W\d_](?:\s[^\W\d_]){2}(?!\S)")
_WORD = re.compile(r"[^\W\d_]+")
_IDEOGRAPHS = re.compile("[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")
_LONG_WORD = re.compile(r"[a-zA-Z\u00c0-\u024f]{7,}")
_VOWEL = re.compile("[aeiou]", re.IGNORECASE)
_MIN_WORD = 4  # letters of one word of a line; such a word has a vowel
_MIN_SINGLE_SHARE = 0.5  # of a line's pieces between spaces that are a single letter
_MIN_LETTERS = 5  # of a line, so that it is not a list of variables
# Share of the height of a line; the letters of a table's columns or of a crossword are farther apart.
_MIN_LETTER_GAP, _MAX_LETTER_GAP = -0.1, 0.6
_MAX_BASELINE_SHIFT = 0.2  # between letters
_MIN_WORD_RATIO, _MIN_WORD_GAP = 1.5, 0.12  # of a gap between words: ratio to that between letters, and what it exceeds
_MAX_LINE_LETTERS = 400


def missing_spaces(text_page: TextPage, text: str) -> set[int]:
    """Return the indices of letters with a gap before them as between words, for which PDFium found no space."""
    words = [found.span() for found in _LONG_WORD.finditer(text)]
    values = iter(character_boxes(text_page, [(at, at + 1) for start, end in words for at in range(start, end)]))
    boxes = zip(*(values,) * 8, strict=True)
    found: set[int] = set()
    for start, end in words:
        lefts, tops, rights, bottoms, *_ = zip(*islice(boxes, end - start), strict=True)
        height = tops[0] - bottoms[0]
        gaps = [left - right for left, right in zip(lefts[1:], rights, strict=False)]
        if max(gaps) > _MIN_WORD_GAP * height:
            least = _MIN_WORD_RATIO * max(median(gaps), 0) + _MIN_WORD_GAP * height
            level = {(round(top, 1), round(bottom, 1)) for top, bottom in zip(tops, bottoms, strict=True)}
            found |= {start + at for at, gap in enumerate(gaps, 1) if least < gap < height and len(level) == 1}
    return found


def is_spaced(text: str) -> bool:
    """Return whether the letters of a line are separated by spaces."""
    if len(text) > 3 * _MAX_LINE_LETTERS or not _SPACED.search(text):
        return False
    pieces = [piece for piece in text.split() if _WORD.search(piece) or piece.isdecimal()]
    return sum(len(piece) == 1 for piece in pieces) >= _MIN_SINGLE_SHARE * len(pieces)


def spaced_words(glyphs: Sequence[Glyph]) -> tuple[list[int], str] | None:
    """Return the indices of a line's characters with `SPACE` between words, and its text; None if it is not one.

    Parameters
    ----------
    glyphs : sequence of Glyph
        The characters of the line in order, spaces among them.
    """
    letters = [glyph for glyph in glyphs if not glyph.text.isspace()]
    height = max((glyph.height for glyph in letters), default=0.0)
    gaps = [after.left - glyph.right for glyph, after in pairwise(letters)]
    if (
        len(letters) < _MIN_LETTERS
        or not _MIN_LETTER_GAP * height < (usual := median(gaps)) <= _MAX_LETTER_GAP * height
    ):
        return None
    level = _MAX_BASELINE_SHIFT * height
    if any(
        glyph.left >= after.left or abs(glyph.baseline - after.baseline) > level for glyph, after in pairwise(letters)
    ):
        return None
    order, text = [*letters[0].characters], letters[0].text
    for gap, glyph in zip(gaps, letters[1:], strict=True):
        if gap > _MIN_WORD_RATIO * max(usual, 0) + _MIN_WORD_GAP * height:
            order.append(SPACE)
            text += " "
        order += glyph.characters
        text += glyph.text
    words = _WORD.findall(text)
    return (order, text) if all(map(_may_be_word, words)) and max(map(len, words), default=0) >= _MIN_WORD else None


def _may_be_word(letters: str) -> bool:
    """Return whether letters may be a word rather than a list of letters."""
    if _IDEOGRAPHS.fullmatch(letters):
        return True
    step = 1 if letters.isascii() else 0x10FFFF
    is_sequence = all(0 < ord(after) - ord(letter) <= step for letter, after in pairwise(letters))
    has_case = (
        letters in {letters.upper(), letters.lower(), letters.capitalize()} and letters.upper() != letters.lower()
    )
    vowels = not letters.isascii() or len(letters) < _MIN_WORD or _VOWEL.search(letters) is not None
    return has_case and vowels and not (is_sequence and len(letters) > 1)
