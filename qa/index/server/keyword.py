"""Keyword search on a server: it finds candidates, which are scored here as those of an index in memory are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from qa.index.base import Corpus, Rows, Scores
from qa.index.bm25 import KeywordIndex, Postings, term_weights
from qa.index.server.codec import Candidate, term_hash
from qa.index.server.recent import Recent
from qa.index.server.store import MOST_ROWS, Store, Totals, numbers_of

_SECONDS = 10.0
"""For which counts are kept that other processes may change."""
_FREQUENCIES = 100_000
_MORE = 10
"""Candidates beyond those asked for, since what is scored here is ordered otherwise than by the engine."""


class ServerKeyword:
    """The keyword search of a `ServerIndex`.

    Parameters
    ----------
    store : Store
    candidates : callable
        Returns what is there of chunks, by row.
    """

    row_count = MOST_ROWS

    def __init__(self, store: Store, candidates: Callable[[Sequence[int]], Mapping[int, Candidate]]) -> None:
        self._store = store
        self._candidates = candidates
        self._frequencies = Recent[str, int](store.frequencies, _FREQUENCIES, seconds=_SECONDS)
        self._totals = Recent[None, Totals](lambda _: {None: store.totals()}, 1, seconds=_SECONDS)

    def __len__(self) -> int:
        return self.totals.chunks

    @property
    def length(self) -> int:
        return self.totals.terms

    @property
    def totals(self) -> Totals:
        """The counts over all documents, a few seconds old."""
        return self._totals.get([None])[None]

    def forget(self) -> None:
        """Count again: something was written."""
        self._totals.clear()
        self._frequencies.clear()

    def document_frequencies(self, terms: Iterable[str]) -> dict[str, int]:
        return self._frequencies.get(terms)

    def best(
        self, question_terms: Sequence[str], k: int, rows: Rows | None = None, corpus: Corpus | None = None
    ) -> tuple[Rows, Scores]:
        corpus = corpus or self
        idf = term_weights(corpus, question_terms)
        weights = {term: n * idf[term] for term, n in Counter(question_terms).items()}
        found: list[int] = []
        if weights and (rows is None or len(rows)):
            # Beside another index terms weigh otherwise than the engine knows; alone, it may only round otherwise.
            most = k + _MORE if corpus is self else 2 * k + _MORE
            found = self._store.matching(weights, most, None if rows is None else numbers_of(rows))
        # One of them may have been deleted since.
        candidates = dict(sorted(self._candidates(found).items()))
        scores = self._index(candidates.values(), weights).scores(question_terms, corpus=corpus)
        first = np.argsort(-scores, kind="stable")[:k]
        first = first[scores[first] > 0]
        return np.array(list(candidates), dtype=np.int64)[first], scores[first]

    def sentence_scores(self, weights: Mapping[str, float], rows: Rows, counts: Rows) -> Scores:
        candidates = self._candidates(rows.tolist())
        # One that was deleted since has no terms any more.
        there = [row in candidates for row in rows.tolist()]
        index = self._index([candidates[row] for row in rows[there].tolist()], weights)
        scores = np.zeros(counts.sum(), dtype=np.float32)
        scores[np.repeat(there, counts)] = index.sentence_scores(
            weights, np.arange(np.sum(there), dtype=np.int64), counts[there]
        )
        return scores

    @staticmethod
    def _index(candidates: Iterable[Candidate], terms: Iterable[str]) -> KeywordIndex:
        """Return an index of these chunks by some terms."""
        chunks = list(candidates)
        hashes = np.concatenate([np.zeros(0, dtype=np.uint64), *(chunk.hashes for chunk in chunks)])
        parts = np.concatenate([np.zeros(0, dtype=np.uint32), *(chunk.parts for chunk in chunks)])
        owners = np.repeat(np.arange(len(chunks), dtype=np.int32), [len(chunk.hashes) for chunk in chunks])
        lookup = {term: number for number, term in enumerate(terms)}
        posted = [np.flatnonzero(hashes == np.uint64(term_hash(term))) for term in lookup]
        starts = np.cumsum([0, *map(len, posted)], dtype=np.int64)
        order = np.concatenate([np.zeros(0, dtype=np.int64), *posted])
        lengths = np.bincount(owners, np.bitwise_count(parts), len(chunks)).astype(np.int32)
        return KeywordIndex(Postings(lookup, starts, owners[order], parts[order], lengths))
