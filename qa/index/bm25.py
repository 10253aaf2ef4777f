"""Keyword search: BM25 over rows of text, and the weight of each term.

The formula is that of Lucene, and of bm25s, which the tests compare it with; a library's index has the counts of its
own rows worked into its scores, so that two of them cannot be searched as one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from qa.text.tokens import TermRows, terms

if TYPE_CHECKING:
    pass

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]

_K1 = 1.5
_B = 0.75
_ROUNDING = 1 - 1e-4
_LEAST = float(np.finfo(np.float32).tiny)
"""Less than any row scores that holds a term."""


class Places(Protocol):
    """Finds where a term stands in a vocabulary; a dict does."""

    def get(self, term: str, /) -> int | None:
        """Return the place of a term, or None."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """For each term of a vocabulary the rows that it stands in; the arrays may lie on disk.

    Attributes
    ----------
    places : Places
        The place of each term.
    starts : int64 array, shape (terms + 1,)
        Where the rows of each term start, by its place.
    rows : int array, shape (pairs of a term and a row,)
        Term after term, ascending within each.
    counts : int array, of the same shape
        How often the term stands in the row.
    lengths : int array, shape (rows,)
        How many terms each row has.
    """

    places: Places
    starts: NDArray[np.int64]
    rows: NDArray[np.integer]
    counts: NDArray[np.integer]
    lengths: NDArray[np.integer]


def invert(parts: Sequence[TermRows]) -> Postings:
    """Return where each term stands in the rows of all parts, which follow one another."""
    places: dict[str, int] = {}
    numbers, lengths = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for part in parts:
        here = [places.setdefault(term, len(places)) for term in part.vocabulary]
        numbers.append(np.array(here, dtype=np.int64)[part.numbers])
        lengths.append(part.lengths.astype(np.int64))
    of_rows = np.concatenate(lengths)
    found, rows, counts = pairs(np.concatenate(numbers), of_rows)
    return Postings(places, np.searchsorted(found, np.arange(len(places) + 1)), rows, counts, of_rows)


def pairs(
    numbers: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the numbers of terms and the rows that they stand in, ordered by both, and how often each pair occurs."""
    # A term and a row in one number, so that sorting brings the rows of a term together, in order.
    rows = len(lengths)
    together = numbers * rows + np.repeat(np.arange(rows, dtype=np.int64), lengths)
    distinct, counts = np.unique(together, return_counts=True)
    return *np.divmod(distinct, max(1, rows)), counts


class KeywordIndex:
    """BM25 (Lucene's variant, k1 1.5, b 0.75) over rows of terms.

    BM25 weighs a term by its share of all rows, and a row by its length beside that of all. Both are counted here and
    applied when a question is asked, so that indexes can be searched together as one: see `CompositeKeywordIndex`.

    Parameters
    ----------
    postings : Postings
    removed : bool array, shape (rows,), optional
        True for each row that is no longer there.
    """

    def __init__(self, postings: Postings, removed: NDArray[np.bool_] | None = None) -> None:
        self._postings = postings
        self._removed = removed
        self.row_count: int = len(postings.lengths)
        """The number of rows, those removed included."""
        self._held = self.row_count
        self.length = int(postings.lengths.sum())
        """The number of terms in all rows."""
        if removed is not None:
            self._held -= int(removed.sum())
            self.length -= int(postings.lengths[removed].sum())

    def __len__(self) -> int:
        """Return the number of rows that are there."""
        return self._held

    def frequency(self, term: str) -> int:
        """Return the number of rows that a term stands in."""
        rows, _ = self._posted(term)
        return len(rows) if self._removed is None else len(rows) - int(self._removed[rows].sum())

    def best(
        self, question_terms: Sequence[str], k: int, rows: Rows | None = None, corpus: Corpus | None = None
    ) -> tuple[Rows, Scores]:
        """Return the `k` rows of the highest BM25 scores, and the scores; best first, equal ones in order.

        Fewer come back where the terms stand in fewer. `rows`, which ascend, limits the search to those; parameters
        else as of `scores`.
        """
        corpus = corpus or self
        rows = self._promising(question_terms, k, corpus) if rows is None else rows
        scores = self.scores(question_terms, rows, corpus)
        rows, scores = rows[scores > 0], scores[scores > 0]
        first = np.argsort(-scores, kind="stable")[:k]
        return rows[first], scores[first]

    def scores(self, question_terms: Sequence[str], rows: Rows | None = None, corpus: Corpus | None = None) -> Scores:
        """Return the BM25 scores of rows, which ascend, or of all; 0 where no term stands.

        Parameters
        ----------
        question_terms : sequence of str
            One that is repeated counts as often.
        rows : int array, optional
        corpus : Corpus, optional
            What the rows of this index are a part of; by default they are all there is.
        """
        corpus = corpus or self
        rows = np.arange(self.row_count, dtype=np.int64) if rows is None else rows
        scores = np.zeros(len(rows), dtype=np.float32)
        for term in question_terms:
            posted, counts = self._posted(term)
            here, there = _common(rows, posted)
            scores[here] += self._gained(rows[here], counts[there], _rarity(corpus, term), corpus)
        if self._removed is not None:
            scores[self._removed[rows]] = 0
        return scores

    def weights(self, question_terms: Iterable[str]) -> dict[str, float]:
        """Return each distinct term's rarity; see `term_weights`."""
        return term_weights(self, question_terms)

    def _promising(self, question_terms: Sequence[str], k: int, corpus: Corpus) -> Rows:
        """Return rows, ascending, that the `k` best are among.

        A term adds less than its rarity. So, the rarest first, terms are looked up until those left cannot lift a row
        that holds none of the others above `k` that are found: the MaxScore of Turtle and Flood (1995), "Query
        evaluation: strategies and optimizations".
        """
        most = {term: n * _rarity(corpus, term) for term, n in Counter(question_terms).items()}
        left = sum(most.values())
        least = 0.0
        scores = np.zeros(self.row_count, dtype=np.float32)
        for term, bound in sorted(most.items(), key=lambda item: -item[1]):
            if least >= left:
                break
            left -= bound
            posted, counts = self._posted(term)
            scores[posted] += self._gained(posted, counts, bound, corpus)
            if self._removed is not None:
                scores[posted[self._removed[posted]]] = 0
            if len(posted) >= k:
                least = max(least, float(np.partition(scores[posted], -k)[-k]))
        # These sums are rounded in another order than the scores.
        return np.flatnonzero(scores >= max(least * _ROUNDING - left, _LEAST))

    def _gained(self, rows: NDArray[np.integer], counts: NDArray[np.integer], rarity: float, corpus: Corpus) -> Scores:
        """Return what a term adds to the scores of rows, in which it occurs so often."""
        usual = (corpus.length or 1) / max(1, len(corpus))
        saturation = counts + _K1 * (1 - _B + _B * self._postings.lengths[rows] / usual)
        gained: Scores = (rarity * counts / saturation).astype(np.float32)
        return gained

    def _posted(self, term: str) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
        """Return the rows that a term stands in, ascending, and how often in each."""
        place = self._postings.places.get(term)
        if place is None:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        pairs = slice(*self._postings.starts[place : place + 2])
        return self._postings.rows[pairs], self._postings.counts[pairs]


def _common(one: NDArray[np.integer], other: NDArray[np.integer]) -> tuple[Rows, Rows]:
    """Return where in each of two ascending arrays stands what both hold; the shorter is looked up in the longer."""
    if len(one) > len(other):
        there, here = _common(other, one)
        return here, there
    if not len(one):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    places = np.searchsorted(other, one.astype(other.dtype, copy=False))
    places[places == len(other)] = 0
    held = np.flatnonzero(other[places] == one)
    return held, places[held]


class CompositeKeywordIndex:
    """Keyword indexes that are searched as if one held the rows of all, those of the first one first.

    Parameters
    ----------
    parts : sequence of AnyKeywordIndex
    """

    def __init__(self, parts: Sequence[AnyKeywordIndex]) -> None:
        self._parts = parts

    @property
    def row_count(self) -> int:
        """The number of rows, those removed included."""
        return sum(part.row_count for part in self._parts)

    def __len__(self) -> int:
        """Return the number of rows that are there."""
        return sum(map(len, self._parts))

    @property
    def length(self) -> int:
        """The number of terms in all rows."""
        return sum(part.length for part in self._parts)

    def frequency(self, term: str) -> int:
        """Return the number of rows that a term stands in."""
        return sum(part.frequency(term) for part in self._parts)

    def best(
        self, question_terms: Sequence[str], k: int, rows: Rows | None = None, corpus: Corpus | None = None
    ) -> tuple[Rows, Scores]:
        """Return the `k` rows of the highest BM25 scores, and the scores; as `KeywordIndex.best`."""
        found = []
        before = 0
        for part in self._parts:
            after = before + part.row_count
            here = None if rows is None else rows[slice(*np.searchsorted(rows, [before, after]))] - before
            theirs, scores = part.best(question_terms, k, here, corpus or self)
            found.append((theirs + before, scores))
            before = after
        all_rows, all_scores = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        first = np.argsort(-all_scores, kind="stable")[:k]
        return all_rows[first], all_scores[first]

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


class AnyKeywordIndex(Corpus, Protocol):
    """What can be searched by keyword; as `KeywordIndex`."""

    @property
    def row_count(self) -> int:
        """The number of rows, those removed included."""
        ...

    def best(
        self, question_terms: Sequence[str], k: int, rows: Rows | None = None, corpus: Corpus | None = None
    ) -> tuple[Rows, Scores]:
        """Return the `k` rows of the highest BM25 scores, and the scores."""
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
