"""Text -> search terms: lower-cased words, stemmed by Snowball's English stemmer, without stop words."""

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

if TYPE_CHECKING:
    import Stemmer

WORD = re.compile(r"\w+")
# Stop words, question words included: a passage can answer without them.
_FUNCTION_WORDS = frozenset(
    """
    a about after am an and any are as at be been before being between but by can could did do does doing during each
    for from had has have having he her hers him his how i if in into is it its just many me might more most much must
    my no nor not of on once only or other our over own s same shall she should so some such t than that the their them
    then there these they this those through to too under until up us very was we were what when where which while who
    whom whose why will with would you your
    """.split()  # noqa: SIM905 -- reads better as text
)


@dataclass(frozen=True, slots=True, eq=False)
class TermRows:
    """The terms of rows of text, by number.

    Attributes
    ----------
    vocabulary : tuple of str
        Each term of the rows, once.
    numbers : int32 array, shape (terms in all rows,)
        Positions in the vocabulary, row after row.
    lengths : int32 array, shape (rows,)
        How many terms each row has.
    """

    vocabulary: tuple[str, ...]
    numbers: NDArray[np.int32]
    lengths: NDArray[np.int32]


@cache
def _stemmer() -> Stemmer.Stemmer:
    import Stemmer

    return Stemmer.Stemmer("english")


def terms(text: str) -> list[str]:
    """Return the stemmed terms of `text` in order, stop words left out."""
    words = [word for word in WORD.findall(text.lower()) if word not in _FUNCTION_WORDS]
    return list(_stemmer().stemWords(words))


def analyzer_fingerprint() -> str:
    """Return a name for the rules by which texts become terms: the same rules give the same terms."""
    import Stemmer

    rules = "\n".join([WORD.pattern, *sorted(_FUNCTION_WORDS)])
    digest = hashlib.sha256(rules.encode()).hexdigest()[:16]
    return f"snowball english {Stemmer.version()} unicode {unicodedata.unidata_version} {digest}"


def term_rows(texts: Iterable[str]) -> TermRows:
    """Return the terms of texts, each a row."""
    positions: dict[str, int] = {}
    rows = [[positions.setdefault(term, len(positions)) for term in terms(text)] for text in texts]
    numbers = np.array([number for row in rows for number in row], dtype=np.int32)
    return TermRows(tuple(map(sys.intern, positions)), numbers, np.array([len(row) for row in rows], dtype=np.int32))
