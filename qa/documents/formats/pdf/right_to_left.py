"""Lines of a PDF with Hebrew or Arabic: glyphs by position -> characters in reading order.

PDFium orders the characters of such a line as if it were read from left to right, which reverses the words of an
English name, and turns brackets. Positions are reliable: the reading order follows from them by the Unicode
bidirectional algorithm (UAX #9), applied backwards. Where several texts look the same, one with few changes of
direction is taken.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from unicodedata import bidirectional, combining

LETTER = re.compile("[\u0590-\u08ff\ufb1d-\ufdcf\ufdf0-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]")
_FIRST_LETTER = re.compile(r"(?<!\S)[^\s\w]*+\d*+([^\W\d_])")  # of a word between spaces
SPACE = -1  # in place of the index of a character
# Bidirectional classes that matter; other characters take the direction of those around them.
_CLASSES = {"L": "L", "R": "R", "AL": "A", "EN": "N", "AN": "D", "CS": "C", "ES": "S", "ET": "T"}
# Numbers with separators, signs and units. After an Arabic letter, signs and units do not belong to a number.
_NUMBER = re.compile(r"T*+(?:N(?:[CS]?N)*+T*+)?|D(?:C?D)*+")
_NUMBER_AFTER_ARABIC = re.compile(r"[ND](?:C?[ND])*+")
_STRETCH = re.compile(r"[^RAD]+")
_NO_LATIN = re.compile(r"[RAD](?:[^L]*[RAD])?")
_MAX_BASELINE_SHIFT = 0.35  # share of the height of a line
_MAX_BASELINES = 8  # of a line of PDFium's that are compared with a character
_MIN_SPACE, _MIN_SURE_SPACE = 0.15, 0.08  # the same, between words; the second where PDFium found a space
_OPENING, _CLOSING = "([{\u00ab\u2039", ")]}\u00bb\u203a"
_TURNED = dict(zip(_OPENING + _CLOSING, _CLOSING + _OPENING, strict=True))
_BEFORE_OPENING = f"{_OPENING} \"'\u201c/-\u2013\u2014\u05be"
_AFTER_CLOSING = f"{_CLOSING} \"'\u201d/-\u2013\u2014\u05be.,;:!?\u060c\u061b\u061f"
_ALEF_LAM = re.compile("[\u0622\u0623\u0625\u0627]\u0644")
_SENTENCE_MARKS = ".,;:!?"


@dataclass(slots=True)
class Glyph:
    """Characters drawn at one position, with y upwards."""

    characters: list[int]  # their indices on the page
    text: str
    left: float
    top: float
    right: float
    bottom: float
    baseline: float

    @property
    def middle(self) -> float:
        """The centre of its box."""
        return (self.left + self.right) / 2

    @property
    def height(self) -> float:
        """The height of its box."""
        return self.top - self.bottom


Run = list[Glyph | None]
"""Glyphs beside each other, from left to right; `None` is a space."""


def is_right_to_left(text: str) -> bool:
    """Return whether most words of a text are of scripts that are written from right to left."""
    first_letters = _FIRST_LETTER.findall(text)
    return 2 * len(LETTER.findall("".join(first_letters))) > len(first_letters)


def visual_runs(glyphs: Iterable[Glyph], max_gap: float, max_number_gap: float) -> Iterator[list[Run]]:
    """Yield the runs of each baseline; glyphs come in PDFium's order, and gaps are shares of a line's height."""
    lines: list[list[Glyph]] = []
    for glyph in _from_top(_joined(glyphs)):
        if lines and _are_on_baseline(lines[-1][0], glyph):
            lines[-1].append(glyph)
        else:
            lines.append([glyph])
    for line in lines:
        yield list(_runs(line, max_gap, max_number_gap))


def _joined(glyphs: Iterable[Glyph]) -> list[Glyph]:
    """Join the characters of a ligature."""
    found: list[Glyph] = []
    for glyph in glyphs:
        last = found[-1] if found and not (found[-1].text + glyph.text).isspace() else None
        place = glyph.left, glyph.right, glyph.baseline
        if last and glyph.left < glyph.right and (last.left, last.right, last.baseline) == place:
            last.characters += glyph.characters
            last.text += glyph.text
        else:
            found.append(glyph)
    return found


def _from_top(glyphs: Iterable[Glyph]) -> Iterator[Glyph]:
    """Order the baselines of what is one line for PDFium, such as several rows of a table, from top to bottom."""
    lines: list[list[list[Glyph]]] = [[]]  # of PDFium, each with its baselines
    for glyph in glyphs:
        if glyph.text in "\r\n":
            lines.append([])
            continue
        near = (each for each in reversed(lines[-1][-_MAX_BASELINES:]) if _are_on_baseline(each[0], glyph))
        baseline = next(near, None)
        if baseline is None:
            lines[-1].append([glyph])
        else:
            baseline.append(glyph)
    for baselines in lines:
        baselines.sort(key=lambda baseline: -baseline[0].baseline)
        yield from chain.from_iterable(baselines)


def _are_on_baseline(first: Glyph, glyph: Glyph) -> bool:
    return abs(first.baseline - glyph.baseline) <= _MAX_BASELINE_SHIFT * max(first.height, glyph.height)


def _runs(line: Sequence[Glyph], max_gap: float, max_number_gap: float) -> Iterator[Run]:
    height = max(glyph.height for glyph in line)
    # A space whose position is not known is between the characters before and after it, if they are beside each other.
    apart = {
        frozenset((id(before), id(after)))
        for before, space, after in zip(line, line[1:], line[2:], strict=False)
        if space.text.isspace() and space.left >= space.right
    }
    run: Run = []
    right = 0.0
    spaced = False
    last: Glyph | None = None
    for glyph in _with_marks([glyph for glyph in line if not glyph.text.isspace() or glyph.left < glyph.right]):
        if glyph.text.isspace():
            spaced = True
            continue
        gap = glyph.left - right
        if last is not None:
            numbers = last.text[-1].isdigit() and (glyph.text[0].isdigit() or glyph.text[0] in "+-\u2212.($")
            if gap > (max_number_gap if numbers else max_gap) * height:
                yield run
                run = []
            elif spaced or gap > (_MIN_SURE_SPACE if {id(last), id(glyph)} in apart else _MIN_SPACE) * height:
                run.append(None)
        right = max(right, glyph.right) if run else glyph.right
        run.append(glyph)
        last, spaced = glyph, False
    if run:
        yield run


def _with_marks(line: Sequence[Glyph]) -> list[Glyph]:
    """Return glyphs from left to right, with vowel points and other marks added to their letters."""
    letters = sorted((glyph for glyph in line if not _is_mark(glyph)), key=lambda glyph: glyph.middle)
    middles = [glyph.middle for glyph in letters]
    for mark in filter(_is_mark, line):
        at = bisect_left(middles, mark.middle)
        near = [glyph for glyph in letters[max(0, at - 1) : at + 1] if not glyph.text.isspace()]
        if not near:
            continue
        letter = min(near, key=lambda glyph: max(glyph.left - mark.middle, mark.middle - glyph.right))
        letter.characters += mark.characters
        letter.text += mark.text
    return letters


def _is_mark(glyph: Glyph) -> bool:
    return combining(glyph.text[0]) > 0


def in_reading_order(run: Run, *, page_is_right_to_left: bool) -> tuple[list[int], str]:
    """Return the indices of a run's characters in reading order, `SPACE` for a space, and its text."""
    shown = [" " if glyph is None else glyph.text[0] for glyph in run]
    order: list[int] = []
    text = ""
    to_left = _is_line_right_to_left("".join(shown), page_is_right_to_left=page_is_right_to_left)
    for position in reading_order(shown, right_to_left=to_left):
        glyph = run[position]
        if glyph is None:
            order.append(SPACE)
            text += " "
            continue
        turned = _ALEF_LAM.match(glyph.text)  # PDFium has reversed the ligature
        order += reversed(glyph.characters) if turned else glyph.characters
        text += glyph.text[::-1] if turned else glyph.text
    return order, turn_brackets(text)


def _is_line_right_to_left(shown: str, *, page_is_right_to_left: bool) -> bool:
    if not LETTER.search(shown):
        return page_is_right_to_left and not any(map(str.isalpha, shown))
    ends_at_right = shown[-1] in _SENTENCE_MARKS and shown[0] not in _SENTENCE_MARKS
    return is_right_to_left(shown) or (page_is_right_to_left and not ends_at_right)


def spans(order: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Return the first and last index of each part in which indices ascend one by one."""
    found: list[tuple[int, int]] = []
    for index in order:
        if found and index == found[-1][1] + 1:
            found[-1] = found[-1][0], index
        elif index != SPACE:
            found.append((index, index))
    return tuple(found)


def reading_order(shown: Sequence[str], *, right_to_left: bool) -> list[int]:
    """Return the positions of characters in reading order.

    Parameters
    ----------
    shown : sequence of str
        Characters as displayed, from left to right.
    right_to_left : bool
        Direction of the line.
    """
    kinds = "".join(_CLASSES.get(bidirectional(character), "-") for character in shown)
    if right_to_left:
        return _leftwards(kinds, shown)
    order: list[int] = []
    for section in _NO_LATIN.finditer(kinds):
        start, end = section.span()
        order += range(len(order), start)
        order += (start + position for position in _leftwards(section[0], shown[start:end]))
    return [*order, *range(len(order), len(kinds))]


def _leftwards(kinds: str, shown: Sequence[str]) -> list[int]:
    """Return positions from right to left, but those of Latin words and of numbers from left to right."""
    kinds, last = kinds[::-1], len(kinds) - 1
    order: list[int] = []
    for start, end in chain(_rightwards(kinds, shown[::-1]), [(last + 1, last + 1)]):
        order += range(last - len(order), last - start, -1)
        order += range(last - end + 1, last - start + 1)
    return order


def _rightwards(kinds: str, shown: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the ranges of Latin words and of numbers, from right to left."""
    stretches = (stretch.span() for stretch in _STRETCH.finditer(kinds) if "L" in stretch[0])
    latin = dict(_latin(kinds, shown, *stretch) for stretch in stretches)
    ends = [*sorted(latin), len(kinds)]
    at, next_latin = 0, 0
    after_arabic = "A" in kinds  # also at the start of a line: that of the paragraph may be above
    while at < len(kinds):
        if at == ends[next_latin]:
            yield at, latin[at]
            at, next_latin, after_arabic = latin[at], next_latin + 1, False
            continue
        if kinds[at] in "RA":
            after_arabic = kinds[at] == "A"
        number = (_NUMBER_AFTER_ARABIC if after_arabic else _NUMBER).match(kinds, at, ends[next_latin])
        if number and number[0].strip("T"):
            yield number.span()
        at = max(at + 1, number.end() if number else 0)


def _latin(kinds: str, shown: Sequence[str], start: int, end: int) -> tuple[int, int]:
    """Return the range from the first to the last Latin word or number between two places."""
    first = next(at for at in range(start, end) if kinds[at] in "LN")
    last = next(at for at in range(end - 1, start - 1, -1) if kinds[at] in "LN")
    while first > start and kinds[first - 1] == "T" and kinds[first] in "NT":
        first -= 1
    while last + 1 < end and kinds[last + 1] == "T" and kinds[last] in "NT":
        last += 1
    if sum(character in _TURNED for character in shown[first : last + 1]) % 2:
        # A bracket whose partner is among the words.
        if first > start and shown[first - 1] in _TURNED:
            first -= 1
        elif last + 1 < end and shown[last + 1] in _TURNED:
            last += 1
    return first, last + 1


def turn_brackets(text: str) -> str:
    """Return a line with each bracket that is beside a space turned towards the words."""
    turned = list(text)
    for at, character in enumerate(text):
        if character not in _TURNED:
            continue
        before, after = text[at - 1 : at] or " ", text[at + 1 : at + 2] or " "
        opens = before in _BEFORE_OPENING and after != " "
        closes = after in _AFTER_CLOSING and before not in _BEFORE_OPENING
        if (opens and character in _CLOSING) or (closes and character in _OPENING):
            turned[at] = _TURNED[character]
    return "".join(turned)
