"""Text -> search terms: lower-cased words, stemmed by Snowball's stemmer of the language, without stop words."""

from __future__ import annotations

import hashlib
import re
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qa.text.function_words import ENGLISH, FUNCTION_WORDS
from qa.text.languages import DETECTION, UNSPACED, UNSPACED_RUN, WORD

if TYPE_CHECKING:
    import Stemmer

_STEMMERS = {
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "it": "italian",
    "nl": "dutch",
    "pt": "portuguese",
    "ru": "russian",
}
LANGUAGES = (*FUNCTION_WORDS, *sorted(UNSPACED))
"""Languages whose texts have terms of their own; those of every other text are found as in English."""
MARKED = tuple(language for language in LANGUAGES if language != ENGLISH)
"""Those whose terms start with the language."""
LAST_PART = 31
"""The last part of a row that is told from later ones: parts are the bits of a number."""
_UNSPACED_OR_WORD = re.compile(rf"{UNSPACED_RUN.pattern}|(?:(?!{UNSPACED_RUN.pattern})\w)+")


@dataclass(frozen=True, slots=True, eq=False)
class TermRows:
    """The terms of rows of text, by number, and in which parts of a row each occurs.

    Attributes
    ----------
    vocabulary : tuple of str
        Each term of the rows, once.
    numbers : int32 array, shape (distinct terms of each row,)
        Positions in the vocabulary, row after row.
    parts : uint32 array, of the same shape
        Bit n is set if the term occurs in part n of the row, counted from 0; the last one also stands for all later
        parts.
    lengths : int32 array, shape (rows,)
        How many distinct terms each row has.
    """

    vocabulary: tuple[str, ...]
    numbers: NDArray[np.int32]
    parts: NDArray[np.uint32]
    lengths: NDArray[np.int32]

    def first(self, rows: int) -> TermRows:
        """Return the terms of the first rows."""
        lengths = self.lengths[:rows]
        end = lengths.sum()
        return TermRows(self.vocabulary, self.numbers[:end], self.parts[:end], lengths)


@cache
def _stemmer(language: str) -> Stemmer.Stemmer:
    import Stemmer

    return Stemmer.Stemmer(_STEMMERS[language])


def terms(text: str, language: str = ENGLISH) -> list[str]:
    """Return the stemmed terms of `text` in order, stop words left out.

    Terms of another language than English start with it, as "de:" in "de:haus", so that each is counted by itself and
    the terms of English texts are the same, whatever other texts there are. Where words are not separated by spaces,
    terms are pairs of characters. A text of a language that is not in `LANGUAGES` counts as English.
    """
    if language not in MARKED:
        words = [word for word in WORD.findall(text.lower()) if word not in FUNCTION_WORDS[ENGLISH]]
        return list(_stemmer(ENGLISH).stemWords(words))
    # Some PDF files have accents as characters of their own, at which words would be cut.
    text = unicodedata.normalize("NFC", text.lower())
    if language in UNSPACED:
        found = [pair for piece in _UNSPACED_OR_WORD.findall(text) for pair in _pairs(piece)]
    else:
        found = [word for word in WORD.findall(text) if word not in FUNCTION_WORDS[language]]
        found = _stemmer(language).stemWords(found)
    return [marker(language) + term for term in found]


def _pairs(piece: str) -> list[str]:
    if len(piece) < 2 or not UNSPACED_RUN.match(piece):
        return [piece]
    return [piece[start : start + 2] for start in range(len(piece) - 1)]


def marker(language: str) -> str:
    """Return the term of every row in that language; terms of the language start with it."""
    return f"{language}:"


def analyzer_fingerprint() -> str:
    """Return a name for the rules by which texts become terms: the same rules give the same terms."""
    import Stemmer

    words = (f"{language} {' '.join(sorted(listed))}" for language, listed in FUNCTION_WORDS.items())
    rules = "\n".join([WORD.pattern, _UNSPACED_OR_WORD.pattern, *words, *map(repr, DETECTION)])
    digest = hashlib.sha256(rules.encode()).hexdigest()[:16]
    return f"snowball {Stemmer.version()} unicode {unicodedata.unidata_version} {digest}"


def term_rows(rows: Iterable[Iterable[str]], language: str = ENGLISH) -> TermRows:
    """Return the terms of rows of a language, each given as the texts of its parts."""
    positions: dict[str, int] = {}
    found: list[dict[int, int]] = []
    for row in rows:
        parts = {positions.setdefault(marker(language), len(positions)): 1} if language in MARKED else {}
        for part, text in enumerate(row):
            bit = 1 << min(part, LAST_PART)
            for term in terms(text, language):
                number = positions.setdefault(term, len(positions))
                parts[number] = parts.get(number, 0) | bit
        found.append(parts)
    return TermRows(
        tuple(map(sys.intern, positions)),
        np.array([number for parts in found for number in parts], dtype=np.int32),
        np.array([bits for parts in found for bits in parts.values()], dtype=np.uint32),
        np.array([len(parts) for parts in found], dtype=np.int32),
    )
