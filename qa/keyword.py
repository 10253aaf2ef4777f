"""Keyword search: BM25 over rows of text, and the weight of each term.

The formula is that of Lucene, and of bm25s, which the tests compare it with; a library's index has the counts of its
own rows worked into its scores, so that two of them cannot be searched as one.

Terms are lower-cased words, stemmed by Snowball's English stemmer, without function words.
"""

from __future__ import annotations

import hashlib
import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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


def analysis() -> str:
    """Return the name of the way in which texts become terms: where it is the same, the terms of a text are."""
    import Stemmer

    rules = "\n".join([_WORD.pattern, *sorted(_FUNCTION_WORDS)])
    digest = hashlib.sha256(rules.encode()).hexdigest()[:16]
    return f"snowball english {Stemmer.version()} unicode {unicodedata.unidata_version} {digest}"


@dataclass(frozen=True, slots=True, eq=False)
class TermRows:
    """The terms of rows of text, by number.

    Attributes
    ----------
    vocabulary : tuple of str
        Each term that stands in a row, once.
    numbers : int32 array, shape (terms in all rows,)
        Where in the vocabulary each term stands, row after row.
    lengths : int32 array, shape (rows,)
        How many terms each row has.
    """

    vocabulary: tuple[str, ...]
    numbers: NDArray[np.int32]
    lengths: NDArray[np.int32]


def analyse(texts: Iterable[str]) -> TermRows:
    """Return the terms of texts, each a row."""
    places: dict[str, int] = {}
    rows = [[places.setdefault(term, len(places)) for term in terms(text)] for text in texts]
    numbers = np.array([number for row in rows for number in row], dtype=np.int32)
    return TermRows(tuple(map(sys.intern, places)), numbers, np.array([len(row) for row in rows], dtype=np.int32))


class KeywordIndex:
    """BM25 (Lucene's variant, k1 1.5, b 0.75) over rows of terms.

    BM25 weighs a term by its share of all rows, and a row by its length beside that of all. Both are counted here and
    applied when a question is asked, so that indexes can be searched together as one: see `JointKeywordIndex`.

    Parameters
    ----------
    parts : sequence of TermRows
        Their rows follow one another.
    """

    def __init__(self, parts: Sequence[TermRows]) -> None:
        places: dict[str, int] = {}
        numbers, lengths = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        for part in parts:
            here = [places.setdefault(term, len(places)) for term in part.vocabulary]
            numbers.append(np.array(here, dtype=np.int64)[part.numbers])
            lengths.append(part.lengths.astype(np.int64))
        self._places = places
        self._lengths = np.concatenate(lengths)
        self.length = int(self._lengths.sum())
        """The number of terms in all rows."""
        # A term and a row in one number, so that sorting brings the rows of a term together, in order.
        rows = len(self._lengths)
        together = np.concatenate(numbers) * rows + np.repeat(np.arange(rows, dtype=np.int64), self._lengths)
        pairs, self._counts = np.unique(together, return_counts=True)
        found, self._rows = np.divmod(pairs, max(1, rows))
        self._starts = np.searchsorted(found, np.arange(len(places) + 1))

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._lengths)

    def frequency(self, term: str) -> int:
        """Return the number of rows that a term stands in."""
        first, end = self._pairs(term)
        return end - first

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
        for term in question_terms:
            first, end = self._pairs(term)
            if first < end:
                rows, counts = self._rows[first:end], self._counts[first:end]
                usual = corpus.length / len(corpus)
                saturation = counts + _K1 * (1 - _B + _B * self._lengths[rows] / usual)
                scores[rows] += (_rarity(corpus, term) * counts / saturation).astype(np.float32)
        return scores

    def weights(self, question_terms: Iterable[str]) -> dict[str, float]:
        """Return each distinct term's rarity; see `term_weights`."""
        return term_weights(self, question_terms)

    def _pairs(self, term: str) -> tuple[int, int]:
        """Return where the pairs of the term and a row start and end."""
        place = self._places.get(term)
        return (0, 0) if place is None else (int(self._starts[place]), int(self._starts[place + 1]))


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


def overlap(weights: dict[str, float], text: str) -> float:
    """Return the share of the weighted terms that stand in `text`, 0 to 1; 0 when there are no terms."""
    total = sum(weights.values())
    if not total:
        return 0.0
    present = set(terms(text))
    return sum(weight for term, weight in weights.items() if term in present) / total
