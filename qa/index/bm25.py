"""Keyword search: BM25 over chunks, scores of their sentences, and the weights of terms.

The formula is Lucene's; tests compare it with bm25s, whose indexes have precomputed scores and so cannot be searched as
one. A term counts once for each part of a chunk that contains it: the headings, each sentence, and the sentences before
and after the chunk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from qa.index.base import Corpus, KeywordSearch, Rows, Scores
from qa.text.function_words import ENGLISH
from qa.text.tokens import LAST_PART, MARKED, TermRows, marker, terms

K1 = 1.5
B = 0.75
_ROUNDING = 1 - 1e-4
_MIN_SCORE = float(np.finfo(np.float32).tiny)  # lower than the score of any row that contains a term
_HEADINGS_BIT = np.uint32(1)
_FIRST_SENTENCE_PART = 2
"""Parts of a chunk; see `qa.documents.analysis.document_terms`."""


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """The chunks that contain each term of a vocabulary; the arrays may be memory-mapped."""

    number_of: Callable[[str], int | None]  # the number of a term; None for one that is not in the vocabulary
    starts: NDArray[np.int64]  # position of each term's first posting, shape (terms + 1,)
    rows: NDArray[np.int32]  # that contain each term, ascending per term, shape (postings,)
    parts: NDArray[np.uint32]  # of the row that contain the term, as bits, see `TermRows`; shape (postings,)
    lengths: NDArray[np.int32]  # number of terms in each row, each counted once per part; shape (rows,)


def build_postings(documents: Sequence[TermRows]) -> Postings:
    """Return the postings of the rows of several documents, numbered consecutively."""
    vocabulary: dict[str, int] = {}
    terms, rows, parts, lengths = sort_terms(documents, vocabulary)
    return Postings(vocabulary.get, np.searchsorted(terms, np.arange(len(vocabulary) + 1)), rows, parts, lengths)


def sort_terms(
    documents: Sequence[TermRows], vocabulary: dict[str, int]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint32], NDArray[np.int32]]:
    """Sort the terms of the rows of several documents, numbered consecutively; new ones are added to the vocabulary.

    Returns
    -------
    terms, rows : int32 arrays, shape (postings,)
        The numbers of terms and the rows that contain them, ordered by term, then row.
    parts, lengths : uint32 array, shape (postings,), and int32 array, shape (rows,)
        See `Postings`.
    """
    numbers, counts = [np.zeros(0, dtype=np.int32)], [np.zeros(0, dtype=np.int32)]
    parts = [np.zeros(0, dtype=np.uint32)]
    for document in documents:
        known = [vocabulary.setdefault(term, len(vocabulary)) for term in document.vocabulary]
        numbers.append(np.array(known, dtype=np.int32)[document.numbers])
        parts.append(document.parts)
        counts.append(document.lengths)
    terms, bits, terms_of_rows = np.concatenate(numbers), np.concatenate(parts), np.concatenate(counts)
    rows = np.repeat(np.arange(len(terms_of_rows), dtype=np.int32), terms_of_rows)
    lengths = np.bincount(rows, np.bitwise_count(bits), len(terms_of_rows)).astype(np.int32)
    order = np.argsort(terms, kind="stable")
    return terms[order], rows[order], bits[order], lengths


class KeywordIndex:
    """BM25 (Lucene's variant, k1 1.5, b 0.75) over chunks.

    Document frequencies and the mean length are applied when a question is asked, so that several indexes can be
    searched as one: see `CompositeKeywordIndex`.

    Parameters
    ----------
    removed : bool array, shape (rows,), optional
        True for each removed row.
    """

    def __init__(self, postings: Postings, removed: NDArray[np.bool_] | None = None) -> None:
        self._postings = postings
        self._removed = removed
        self.row_count: int = len(postings.lengths)  # the number of rows, including removed ones
        self._remaining = self.row_count
        self.length = int(postings.lengths.sum())  # the number of terms in all rows
        if removed is not None:
            self._remaining -= int(removed.sum())
            self.length -= int(postings.lengths[removed].sum())

    def __len__(self) -> int:
        """Return the number of rows, without removed ones."""
        return self._remaining

    def document_frequencies(self, terms: Iterable[str]) -> dict[str, int]:
        """Return the number of rows that contain each term."""
        found = {term: self._postings_of(term)[0] for term in terms}
        removed = self._removed
        return {
            term: len(rows) if removed is None else len(rows) - int(removed[rows].sum()) for term, rows in found.items()
        }

    def search(
        self, question_terms: Sequence[str], k: int, rows: Rows | None = None, corpus: Corpus | None = None
    ) -> tuple[Rows, Scores]:
        corpus = corpus or self
        rows = self._maxscore_candidates(question_terms, k, corpus) if rows is None else rows
        scores = self.scores(question_terms, rows, corpus)
        rows, scores = rows[scores > 0], scores[scores > 0]
        first = np.argsort(-scores, kind="stable")[:k]
        return rows[first], scores[first]

    def scores(self, question_terms: Sequence[str], rows: Rows | None = None, corpus: Corpus | None = None) -> Scores:
        """Return the BM25 scores of ascending rows, by default of all; 0 without any of the terms.

        For the other parameters see `KeywordSearch.search`.
        """
        corpus = corpus or self
        rows = np.arange(self.row_count, dtype=np.int64) if rows is None else rows
        scores = np.zeros(len(rows), dtype=np.float32)
        idf, mean_length = term_weights(corpus, question_terms), _mean_length(corpus)
        for term in question_terms:
            posted, parts = self._postings_of(term)
            here, there = _common(rows, posted)
            scores[here] += self._term_scores(rows[here], parts[there], idf[term], mean_length)
        if self._removed is not None:
            scores[self._removed[rows]] = 0
        return scores

    def sentence_scores(self, weights: Mapping[str, float], rows: Rows, counts: Rows) -> Scores:
        chunks = np.repeat(np.arange(len(rows)), counts)
        positions = np.arange(len(chunks)) - np.repeat(np.cumsum(counts) - counts, counts)
        own = np.left_shift(np.uint32(1), np.minimum(positions + _FIRST_SENTENCE_PART, LAST_PART).astype(np.uint32))
        around = own | own << np.uint32(1) | own >> np.uint32(1) | _HEADINGS_BIT
        scores = np.zeros(len(chunks), dtype=np.float32)
        for term, weight in weights.items():
            posted, parts = self._postings_of(term)
            here, there = _common(rows, posted)
            found = np.zeros(len(rows), dtype=np.uint32)
            found[here] = parts[there]
            parts_of = found[chunks]
            # The sentence itself counts twice.
            times = np.bitwise_count(parts_of & around) + np.bitwise_count(parts_of & own)
            scores += weight * times / (times + K1)
        return scores

    def _maxscore_candidates(self, question_terms: Sequence[str], k: int, corpus: Corpus) -> Rows:
        """Return rows, ascending, that include the `k` best.

        A term adds at most its IDF. Terms are looked up by descending IDF until the remaining ones cannot lift a row
        that has none of them into the best `k`: MaxScore, Turtle and Flood (1995), "Query evaluation: strategies and
        optimizations".
        """
        idf, mean_length = term_weights(corpus, question_terms), _mean_length(corpus)
        bounds = {term: n * idf[term] for term, n in Counter(question_terms).items()}
        remaining = sum(bounds.values())
        threshold = 0.0
        scores = np.zeros(self.row_count, dtype=np.float32)
        for term, bound in sorted(bounds.items(), key=lambda item: -item[1]):
            if threshold >= remaining:
                break
            remaining -= bound
            posted, parts = self._postings_of(term)
            scores[posted] += self._term_scores(posted, parts, bound, mean_length)
            if self._removed is not None:
                scores[posted[self._removed[posted]]] = 0
            if len(posted) >= k:
                threshold = max(threshold, float(np.partition(scores[posted], -k)[-k]))
        # These sums are rounded differently from the final scores.
        return np.flatnonzero(scores >= max(threshold * _ROUNDING - remaining, _MIN_SCORE))

    def _term_scores(
        self, rows: NDArray[np.integer], parts: NDArray[np.uint32], idf: float, mean_length: float
    ) -> Scores:
        """Return what a term adds to the scores of rows, given the parts of each row that contain it."""
        counts = np.bitwise_count(parts)
        saturation = counts + K1 * (1 - B + B * self._postings.lengths[rows] / mean_length)
        scores: Scores = (idf * counts / saturation).astype(np.float32)
        return scores

    def _postings_of(self, term: str) -> tuple[NDArray[np.int32], NDArray[np.uint32]]:
        """Return the rows that contain a term, ascending, and the parts of each that do."""
        number = self._postings.number_of(term)
        if number is None:
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.uint32)
        postings = slice(*self._postings.starts[number : number + 2])
        return self._postings.rows[postings], self._postings.parts[postings]


def _mean_length(corpus: Corpus) -> float:
    return (corpus.length or 1) / max(1, len(corpus))


def _common(one: NDArray[np.integer], other: NDArray[np.integer]) -> tuple[Rows, Rows]:
    """Return the positions of common values in two ascending arrays, looking up the shorter in the longer."""
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
    """Keyword indexes searched as one; rows are numbered consecutively."""

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

    def document_frequencies(self, terms: Iterable[str]) -> dict[str, int]:
        terms = list(terms)
        found = [part.document_frequencies(terms) for part in self._parts]
        return {term: sum(counts[term] for counts in found) for term in terms}

    def search(
        self, question_terms: Sequence[str], k: int, rows: Rows | None = None, corpus: Corpus | None = None
    ) -> tuple[Rows, Scores]:
        found = []
        before = 0
        for part in self._parts:
            after = before + part.row_count
            here = None if rows is None else rows[slice(*np.searchsorted(rows, [before, after]))] - before
            theirs, scores = part.search(question_terms, k, here, corpus or self)
            found.append((theirs + before, scores))
            before = after
        all_rows, all_scores = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        first = np.argsort(-all_scores, kind="stable")[:k]
        return all_rows[first], all_scores[first]

    def sentence_scores(self, weights: Mapping[str, float], rows: Rows, counts: Rows) -> Scores:
        scores = [np.zeros(0, dtype=np.float32)]
        before = 0
        for part in self._parts:
            after = before + part.row_count
            here = slice(*np.searchsorted(rows, [before, after]))
            scores.append(part.sentence_scores(weights, rows[here] - before, counts[here]))
            before = after
        return np.concatenate(scores)


def term_weights(corpus: Corpus, question_terms: Iterable[str]) -> dict[str, float]:
    """Return the inverse document frequency of each distinct term, as BM25 defines it.

    A term in no row has the greatest weight: it is what the question asks about and the documents lack.
    """
    rows = len(corpus)
    counts = corpus.document_frequencies(dict.fromkeys(question_terms))
    return {term: log(1 + (rows - count + 0.5) / (count + 0.5)) for term, count in counts.items()}


def question_terms(corpus: Corpus, question: str) -> dict[str, list[str]]:
    """Return the terms of a question in English and in every other language of the corpus."""
    english = terms(question, ENGLISH)
    # On a server, the frequencies of the English terms are read in the same request.
    marked = corpus.document_frequencies([*map(marker, MARKED), *english])
    others = (language for language in MARKED if marked[marker(language)])
    return {ENGLISH: english, **{language: terms(question, language) for language in others}}


def overlap(weights: Mapping[str, float], present: Container[str]) -> float:
    """Return the weighted share of terms that are present: 0 to 1, and 0 without terms."""
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in present) / total if total else 0.0
