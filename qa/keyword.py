"""Keyword search: BM25 over rows of text, and the weight of each term.

Terms are lower-cased words, stemmed by Snowball's English stemmer, without function words.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from math import log
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import bm25s
    import Stemmer

_WORD = re.compile(r"\w+")
# Words that carry grammar rather than subject, question words included: a passage need not hold them to answer.
_FUNCTION_WORDS = frozenset(
    """
    a about after am an and any are as at be been before being between but by can could did do does doing during each
    for from had has have having he her hers him his how i if in into is it its just many me might more most much must
    my no nor not of on once only or other our over own s same shall she should so some such t than that the their them
    then there these they this those through to too under until up us very was we were what when where which while who
    whom whose why will with would you your
    """.split()  # noqa: SIM905 -- reads better as text
)


@cache
def _stemmer() -> Stemmer.Stemmer:
    import Stemmer

    return Stemmer.Stemmer("english")


def terms(text: str) -> list[str]:
    """Return the stemmed terms of `text` in order, function words left out."""
    words = [word for word in _WORD.findall(text.lower()) if word not in _FUNCTION_WORDS]
    return list(_stemmer().stemWords(words))


class KeywordIndex:
    """BM25 (bm25s, Lucene's variant, k1 1.5, b 0.75) over rows of text.

    BM25 weighs a term by its share of all rows, so the score matrix is made anew at the first search after a change,
    from terms kept in memory. Texts are never analysed twice.
    """

    def __init__(self) -> None:
        self._rows: list[list[str]] = []
        self._frequency: Counter[str] = Counter()
        self._matrix: bm25s.BM25 | None = None

    def insert(self, position: int, texts: Iterable[str]) -> None:
        """Insert rows before row `position`."""
        # Interned: a term stands in memory once, however many rows hold it.
        rows = [[sys.intern(term) for term in terms(text)] for text in texts]
        self._rows[position:position] = rows
        for row in rows:
            self._frequency.update(set(row))
        self._matrix = None

    def delete(self, start: int, end: int) -> None:
        """Delete rows `start` to `end` (exclusive)."""
        for row in self._rows[start:end]:
            self._frequency.subtract(set(row))
        del self._rows[start:end]
        self._frequency = +self._frequency
        self._matrix = None

    def scores(self, question_terms: Sequence[str]) -> NDArray[np.float32]:
        """Return the BM25 score of every row, shape (rows,); 0 where no term stands."""
        import bm25s

        known = [term for term in question_terms if term in self._frequency]
        if not known:
            return np.zeros(len(self._rows), dtype=np.float32)
        matrix = self._matrix
        if matrix is None:
            matrix = bm25s.BM25()
            matrix.index(self._rows, show_progress=False)
            # Only once it is whole, since another thread may be asking too.
            self._matrix = matrix
        scores: NDArray[np.float32] = matrix.get_scores(known)
        return scores

    def weights(self, question_terms: Iterable[str]) -> dict[str, float]:
        """Return each distinct term's rarity: its inverse document frequency as BM25 uses it.

        A term that stands nowhere gets the greatest weight, since nothing here can answer about it.
        """
        rows = len(self._rows)
        return {
            term: log(1 + (rows - self._frequency[term] + 0.5) / (self._frequency[term] + 0.5))
            for term in dict.fromkeys(question_terms)
        }


def overlap(weights: dict[str, float], text: str) -> float:
    """Return the share of the weighted terms that stand in `text`, 0 to 1; 0 when there are no terms."""
    total = sum(weights.values())
    if not total:
        return 0.0
    present = set(terms(text))
    return sum(weight for term, weight in weights.items() if term in present) / total
