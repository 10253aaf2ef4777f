"""Keyword search: BM25 over rows of text, and the weight of each term.

The formula is that of Lucene, and of bm25s, which the tests compare it with; a library's index has the counts of its
own rows worked into its scores, so that two of them cannot be searched as one.

Terms are lower-cased words, stemmed by Snowball's English stemmer, without function words.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from math import log
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import Stemmer

_K1 = 1.5
_B = 0.75
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
    """BM25 (Lucene's variant, k1 1.5, b 0.75) over rows of text.

    BM25 weighs a term by its share of all rows, and a row by its length beside that of all. Both are counted here and
    applied when a question is asked, so that indexes can be searched together as one: see `JointKeywordIndex`. Texts
    are never analysed twice; where each term stands is worked out at the first search after a change.
    """

    def __init__(self) -> None:
        self._rows: list[list[str]] = []
        self._frequency: Counter[str] = Counter()
        self._postings: _Postings | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    @property
    def length(self) -> int:
        """The number of terms in all rows."""
        return int(self._found_postings().lengths.sum())

    def frequency(self, term: str) -> int:
        """Return the number of rows that a term stands in."""
        return self._frequency[term]

    def insert(self, position: int, texts: Iterable[str]) -> None:
        """Insert rows before row `position`."""
        # Interned: a term stands in memory once, however many rows hold it.
        rows = [[sys.intern(term) for term in terms(text)] for text in texts]
        self._rows[position:position] = rows
        for row in rows:
            self._frequency.update(set(row))
        self._postings = None

    def delete(self, start: int, end: int) -> None:
        """Delete rows `start` to `end` (exclusive)."""
        for row in self._rows[start:end]:
            self._frequency.subtract(set(row))
        del self._rows[start:end]
        self._frequency = +self._frequency
        self._postings = None

    def scores(self, question_terms: Sequence[str], corpus: Corpus | None = None) -> NDArray[np.float32]:
        """Return the BM25 score of every row, shape (rows,); 0 where no term stands.

        Parameters
        ----------
        question_terms : sequence of str
            One that is repeated counts as often.
        corpus : Corpus, optional
            What these rows are a part of; by default they are all there is.
        """
        corpus = corpus or self
        scores = np.zeros(len(self), dtype=np.float32)
        known = [term for term in question_terms if self.frequency(term)]
        if not known:
            return scores
        postings = self._found_postings()
        usual = corpus.length / len(corpus)
        for term in known:
            rows, counts = postings.of(term)
            saturation = counts + _K1 * (1 - _B + _B * postings.lengths[rows] / usual)
            scores[rows] += (_rarity(corpus, term) * counts / saturation).astype(np.float32)
        return scores

    def weights(self, question_terms: Iterable[str]) -> dict[str, float]:
        """Return each distinct term's rarity; see `term_weights`."""
        return term_weights(self, question_terms)

    def _found_postings(self) -> _Postings:
        # Kept only once they are whole, since another thread may be asking too.
        postings = self._postings or _Postings(self._rows)
        self._postings = postings
        return postings


class JointKeywordIndex:
    """Keyword indexes that are searched as if one held the rows of all, those of the first one first.

    Parameters
    ----------
    parts : sequence of KeywordIndex or JointKeywordIndex
    """

    def __init__(self, parts: Sequence[KeywordIndex | JointKeywordIndex]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        """Return the number of rows."""
        return sum(map(len, self._parts))

    @property
    def length(self) -> int:
        """The number of terms in all rows."""
        return sum(part.length for part in self._parts)

    def frequency(self, term: str) -> int:
        """Return the number of rows that a term stands in."""
        return sum(part.frequency(term) for part in self._parts)

    def scores(self, question_terms: Sequence[str], corpus: Corpus | None = None) -> NDArray[np.float32]:
        """Return the BM25 score of every row, shape (rows,); parameters as of `KeywordIndex.scores`."""
        return np.concatenate([part.scores(question_terms, corpus or self) for part in self._parts])

    def weights(self, question_terms: Iterable[str]) -> dict[str, float]:
        """Return each distinct term's rarity; see `term_weights`."""
        return term_weights(self, question_terms)


class Corpus(Protocol):
    """What BM25 counts of all rows together."""

    def __len__(self) -> int:
        """Return the number of rows."""
        ...

    @property
    def length(self) -> int:
        """The number of terms in all rows."""
        ...

    def frequency(self, term: str) -> int:
        """Return the number of rows that a term stands in."""
        ...


def term_weights(corpus: Corpus, question_terms: Iterable[str]) -> dict[str, float]:
    """Return each distinct term's rarity: its inverse document frequency as BM25 uses it.

    A term that stands nowhere gets the greatest weight, since nothing here can answer about it.
    """
    return {term: _rarity(corpus, term) for term in dict.fromkeys(question_terms)}


def _rarity(corpus: Corpus, term: str) -> float:
    frequency = corpus.frequency(term)
    return log(1 + (len(corpus) - frequency + 0.5) / (frequency + 0.5))


class _Postings:
    """For each term the rows that it stands in, and how often."""

    def __init__(self, rows: Sequence[Sequence[str]]) -> None:
        self.lengths = np.array([len(row) for row in rows], dtype=np.int64)
        numbers: dict[str, int] = {}
        at = np.fromiter((numbers.setdefault(term, len(numbers)) for row in rows for term in row), dtype=np.int64)
        # A term and a row in one number, so that sorting brings the rows of a term together, in order.
        together = at * len(rows) + np.repeat(np.arange(len(rows), dtype=np.int64), self.lengths)
        pairs, self._counts = np.unique(together, return_counts=True)
        found, self._held = np.divmod(pairs, max(1, len(rows)))
        self._starts = np.searchsorted(found, np.arange(len(numbers) + 1))
        self._numbers = numbers

    def of(self, term: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows of a term that stands in one at least, and how often it stands in each."""
        number = self._numbers[term]
        part = slice(self._starts[number], self._starts[number + 1])
        return self._held[part], self._counts[part]


def overlap(weights: dict[str, float], text: str) -> float:
    """Return the share of the weighted terms that stand in `text`, 0 to 1; 0 when there are no terms."""
    total = sum(weights.values())
    if not total:
        return 0.0
    present = set(terms(text))
    return sum(weight for term, weight in weights.items() if term in present) / total
