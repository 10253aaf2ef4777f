"""Text -> search terms: lower-case stems of words, without stop words."""

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
"""Languages with terms of their own; texts in all others get English terms."""
MARKED = tuple(language for language in LANGUAGES if language != ENGLISH)
"""Languages whose terms start with a language marker."""
LAST_PART = 31
"""Number of the last part of a row with a bit of its own; later parts share it."""
_UNSPACED_OR_WORD = re.compile(rf"{UNSPACED_RUN.pattern}|(?:(?!{UNSPACED_RUN.pattern})\w)+")
_WITHOUT_DECOMPOSITION = {"\u00df": "ss", "\u00e6": "ae", "\u00f8": "o", "\u0111": "d", "\u0142": "l", "\u0153": "oe"}
_LATIN_LETTERS = (
    *range(0xDF, 0x250),
    *range(0x1E00, 0x1F00),
)  # Latin-1 to Latin Extended Additional
_UNACCENTED = str.maketrans(
    {chr(code): found for code in _LATIN_LETTERS if (found := unicodedata.normalize("NFKD", chr(code))[0]).isascii()}
    | _WITHOUT_DECOMPOSITION
)


@dataclass(frozen=True, slots=True, eq=False)
class TermRows:
    """The distinct terms of each row of text, and the parts of the row in which they occur.

    Attributes
    ----------
    vocabulary : tuple of str
        All distinct terms.
    numbers : int32 array, shape (distinct terms of each row,)
        Positions in the vocabulary, row by row.
    parts : uint32 array, of the same shape
        Bit n is set if the term occurs in part n of the row, from 0; the last bit also stands for all later parts.
    lengths : int32 array, shape (rows,)
        Number of distinct terms of each row.
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


def unaccented(text: str) -> str:
    """Return a text in lower case, its Latin letters without accents: "maori" for "M\u0101ori"."""
    text = text.lower()
    return text if text.isascii() else unicodedata.normalize("NFC", text).translate(_UNACCENTED)


def terms(text: str, language: str = ENGLISH) -> list[str]:
    """Return the stemmed terms of `text` in order, without stop words and, in English, without accents.

    Terms of languages other than English start with the language, as in "de:haus", so that each language is counted
    separately, and terms of English texts do not depend on other texts. In languages without spaces between words,
    terms are pairs of characters. Languages not in `LANGUAGES` are treated as English.
    """
    if language not in MARKED:
        words = [word for word in WORD.findall(unaccented(text)) if word not in FUNCTION_WORDS[ENGLISH]]
        return list(_stemmer(ENGLISH).stemWords(words))
    # Some PDF files contain combining accents, at which words would be split.
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
    """Return the prefix of a language's terms, which is also a term of each of its rows."""
    return f"{language}:"


def analyzer_fingerprint() -> str:
    """Return an identifier of the rules that turn texts into terms: equal rules give equal terms."""
    import Stemmer

    words = (f"{language} {' '.join(sorted(listed))}" for language, listed in FUNCTION_WORDS.items())
    rules = "\n".join([WORD.pattern, _UNSPACED_OR_WORD.pattern, *words, *map(repr, [*DETECTION, _UNACCENTED])])
    digest = hashlib.sha256(rules.encode()).hexdigest()[:16]
    return f"snowball {Stemmer.version()} unicode {unicodedata.unidata_version} {digest}"


def term_rows(rows: Iterable[Iterable[str]], language: str = ENGLISH) -> TermRows:
    """Return the terms of rows, each given as the texts of its parts."""
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
