"""Keyword search: BM25 over rows of text, and the weight of each term.

The formula is that of Lucene, and of bm25s, which the tests compare it with; the index of that library
has the counts of its own rows worked into its scores, so two of them cannot be searched as one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qa.index.base import Corpus, KeywordSearch, Rows, Scores
from qa.text.function_words import ENGLISH
from qa.text.tokens import MARKED, TermRows, marker, terms

_K1 = 1.5
_B = 0.75
_ROUNDING = 1 - 1e-4
_SMALLEST_SCORE = float(np.finfo(np.float32).tiny)
"""Below the score of any row that contains a term."""


class TermLookup(Protocol):
    """Finds a term in a vocabulary; a dict does."""

    def get(self, term: str, /) -> int | None:
        """Return the number of a term, or None."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """The rows that contain each term of a vocabulary; the arrays may be memory-mapped.

    Attributes
    ----------
    lookup : TermLookup
        The number of each term.
    starts : int64 array, shape (terms + 1,)
        Where the rows of each term start, by its number.
    rows : int array, shape (postings,)
        Term after term, ascending within each.
    counts : int array, shape (postings,)
        How often the term occurs in the row.
    lengths : int array, shape (rows,)
        How many terms each row has.
    """

    lookup: TermLookup
    starts: NDArray[np.int64]
    rows: NDArray[np.integer]
    counts: NDArray[np.integer]
    lengths: NDArray[np.integer]


def build_postings(parts: Sequence[TermRows]) -> Postings:
    """Return the postings of the rows of all parts, which follow one another."""
    vocabulary: dict[str, int] = {}
    terms, rows, counts, lengths = count_terms(parts, vocabulary)
    return Postings(vocabulary, np.searchsorted(terms, np.arange(len(vocabulary) + 1)), rows, counts, lengths)


def count_terms(
    parts: Sequence[TermRows], vocabulary: dict[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Count the terms of the rows of all parts, which follow one another.

    Parameters
    ----------
    parts : sequence of TermRows
    vocabulary : dict
        The numbers of terms; new terms are added.

    Returns
    -------
    terms, rows, counts : int64 arrays, shape (postings,)
        The numbers of terms and the rows that contain them, ordered by both, and how often.
    lengths : int64 array, shape (rows,)
    """
    numbers, lengths = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for part in parts:
        known = [vocabulary.setdefault(term, len(vocabulary)) for term in part.vocabulary]
        numbers.append(np.array(known, dtype=np.int64)[part.numbers])
        lengths.append(part.lengths.astype(np.int64))
    row_lengths = np.concatenate(lengths)
    rows = len(row_lengths)
    # A term and a row in one number, so that sorting brings the rows of a term together, in order.
    combined = np.concatenate(numbers) * rows + np.repeat(np.arange(rows, dtype=np.int64), row_lengths)
    distinct, counts = np.unique(combined, return_counts=True)
    return *np.divmod(distinct, max(1, rows)), counts, row_lengths


class KeywordIndex:
    """BM25 (Lucene's variant, k1 1.5, b 0.75) over rows of terms.

    BM25 weighs a term by its share of all rows, and a row by its length beside that of all. Both are counted here and
    applied when a question is asked, so that indexes can be searched together as one: see `CompositeKeywordIndex`.

    Parameters
    ----------
    postings : Postings
    removed : bool array, shape (rows,), optional
        True for each removed row.
    """

    def __init__(self, postings: Postings, removed: NDArray[np.bool_] | None = None) -> None:
        self._postings = postings
        self._removed = removed
        self.row_count: int = len(postings.lengths)
        """The number of rows, those removed included."""
        self._remaining = self.row_count
        self.length = int(postings.lengths.sum())
        """The number of terms in all rows."""
        if removed is not None:
            self._remaining -= int(removed.sum())
            self.length -= int(postings.lengths[removed].sum())

    def __len__(self) -> int:
        """Return the number of rows that are not removed."""
        return self._remaining

    def document_frequency(self, term: str) -> int:
        """Return the number of rows that contain a term."""
        rows, _ = self._postings_of(term)
        return len(rows) if self._removed is None else len(rows) - int(self._removed[rows].sum())

    def best(
        self, question_terms: Sequence[str], k: int, rows: Rows | None = None, corpus: Corpus | None = None
    ) -> tuple[Rows, Scores]:
        """Return the `k` rows of the highest BM25 scores, and the scores; best first, equal ones in order.

        Fewer come back where fewer rows contain a term. `rows`, which ascend, limits the search to those; parameters
        else as of `scores`.
        """
        corpus = corpus or self
        rows = self._maxscore_candidates(question_terms, k, corpus) if rows is None else rows
        scores = self.scores(question_terms, rows, corpus)
        rows, scores = rows[scores > 0], scores[scores > 0]
        first = np.argsort(-scores, kind="stable")[:k]
        return rows[first], scores[first]

    def scores(self, question_terms: Sequence[str], rows: Rows | None = None, corpus: Corpus | None = None) -> Scores:
        """Return the BM25 scores of rows, which ascend, or of all; 0 for a row without any of the terms.

        Parameters
        ----------
        question_terms : sequence of str
            One that is repeated counts as often.
        rows : int array, optional
        corpus : Corpus, optional
            What the rows of this index are a part of; by default these rows alone.
        """
        corpus = corpus or self
        rows = np.arange(self.row_count, dtype=np.int64) if rows is None else rows
        scores = np.zeros(len(rows), dtype=np.float32)
        for term in question_terms:
            posted, counts = self._postings_of(term)
            here, there = _common(rows, posted)
            scores[here] += self._term_scores(rows[here], counts[there], _idf(corpus, term), corpus)
        if self._removed is not None:
            scores[self._removed[rows]] = 0
        return scores

    def _maxscore_candidates(self, question_terms: Sequence[str], k: int, corpus: Corpus) -> Rows:
        """Return rows, ascending, that include the `k` best.

        A term adds less than its IDF. So terms are looked up, those of the highest IDF first, until the others cannot
        lift a row without any of these above `k` that are found: the MaxScore of Turtle and Flood (1995), "Query
        evaluation: strategies and optimizations".
        """
        bounds = {term: n * _idf(corpus, term) for term, n in Counter(question_terms).items()}
        remaining = sum(bounds.values())
        threshold = 0.0
        scores = np.zeros(self.row_count, dtype=np.float32)
        for term, bound in sorted(bounds.items(), key=lambda item: -item[1]):
            if threshold >= remaining:
                break
            remaining -= bound
            posted, counts = self._postings_of(term)
            scores[posted] += self._term_scores(posted, counts, bound, corpus)
            if self._removed is not None:
                scores[posted[self._removed[posted]]] = 0
            if len(posted) >= k:
                threshold = max(threshold, float(np.partition(scores[posted], -k)[-k]))
        # These sums are rounded in another order than the scores.
        return np.flatnonzero(scores >= max(threshold * _ROUNDING - remaining, _SMALLEST_SCORE))

    def _term_scores(
        self, rows: NDArray[np.integer], counts: NDArray[np.integer], idf: float, corpus: Corpus
    ) -> Scores:
        """Return what a term adds to the scores of rows, in which it occurs so often."""
        mean_length = (corpus.length or 1) / max(1, len(corpus))
        saturation = counts + _K1 * (1 - _B + _B * self._postings.lengths[rows] / mean_length)
        scores: Scores = (idf * counts / saturation).astype(np.float32)
        return scores

    def _postings_of(self, term: str) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
        """Return the rows that contain a term, ascending, and how often each does."""
        number = self._postings.lookup.get(term)
        if number is None:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        postings = slice(*self._postings.starts[number : number + 2])
        return self._postings.rows[postings], self._postings.counts[postings]


def _common(one: NDArray[np.integer], other: NDArray[np.integer]) -> tuple[Rows, Rows]:
    """Return the positions in each of two ascending arrays of what both contain; the shorter is looked up."""
    if len(one) > len(other):
        there, here = _common(other, one)
        return here, there
    if not len(one):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    positions = np.searchsorted(other, one.astype(other.dtype, copy=False))
    positions[positions == len(other)] = 0
    common = np.flatnonzero(other[positions] == one)
    return common, positions[common]


class CompositeKeywordIndex:
    """Keyword indexes searched as one with the rows of all, those of the first one first."""

    def __init__(self, parts: Sequence[KeywordSearch]) -> None:
        self._parts = parts

    @property
    def row_count(self) -> int:
        return sum(part.row_count for part in self._parts)

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    @property
    def length(self) -> int:
        return sum(part.length for part in self._parts)

    def document_frequency(self, term: str) -> int:
        return sum(part.document_frequency(term) for part in self._parts)

    def best(
        self, question_terms: Sequence[str], k: int, rows: Rows | None = None, corpus: Corpus | None = None
    ) -> tuple[Rows, Scores]:
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


def term_weights(corpus: Corpus, question_terms: Iterable[str]) -> dict[str, float]:
    """Return the inverse document frequency of each distinct term, as BM25 uses it.

    A term that no row contains gets the greatest weight, since nothing here can answer about it.
    """
    return {term: _idf(corpus, term) for term in dict.fromkeys(question_terms)}


def _idf(corpus: Corpus, term: str) -> float:
    count = corpus.document_frequency(term)
    return log(1 + (len(corpus) - count + 0.5) / (count + 0.5))


def question_terms(corpus: Corpus, question: str) -> dict[str, list[str]]:
    """Return the terms of a question in English and in each other language of the rows."""
    others = (language for language in MARKED if corpus.document_frequency(marker(language)))
    return {language: terms(question, language) for language in (ENGLISH, *others)}


def overlap(weights: dict[str, float], text: str, language: str = ENGLISH) -> float:
    """Return the share of the weighted terms that `text`, of that language, contains: 0 to 1, 0 without terms."""
    total = sum(weights.values())
    if not total:
        return 0.0
    present = set(terms(text, language))
    return sum(weight for term, weight in weights.items() if term in present) / total
