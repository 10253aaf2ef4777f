"""Keyword search on a server: the engine finds candidates, and the scores are computed here as for any other index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from qa.index.base import Corpus, Rows, Scores
from qa.index.bm25 import KeywordIndex, Postings, term_weights
from qa.index.server import codec
from qa.index.server.cache import ReadThroughCache
from qa.index.server.codec import Candidate, chunk_terms, term_hash
from qa.index.server.store import MAX_ROWS, Store, Totals, numbers_of

_COUNT_SECONDS = 10.0  # how long counts stay valid; other processes may change them
_MAX_FREQUENCIES = 100_000
_EXTRA_CANDIDATES = 10  # candidates beyond those asked for: the engine's scores may order them differently
_DELETED = Candidate(0, 0, 0, "", np.zeros(0, dtype=np.float16), b"")
"""Stands for a chunk that was deleted since it was found; it has no terms."""


class ServerKeywordSearch:
    """The keyword search of a `ServerIndex`, which shares its cache of chunks that were read, by row."""

    row_count = MAX_ROWS

    def __init__(self, store: Store, candidates: ReadThroughCache[int, Candidate]) -> None:
        self._store = store
        self._candidates = candidates
        self._frequencies = ReadThroughCache[str, int](store.frequencies, _MAX_FREQUENCIES, seconds=_COUNT_SECONDS)
        self._totals = ReadThroughCache[None, Totals](lambda _: {None: store.totals()}, 1, seconds=_COUNT_SECONDS)

    def __len__(self) -> int:
        return self.totals.chunks

    @property
    def length(self) -> int:
        return self.totals.terms

    @property
    def totals(self) -> Totals:
        """The counts over all documents, at most a few seconds old."""
        return self._totals.get([None])[None]

    def clear_cache(self) -> None:
        """Drop the cached counts."""
        self._totals.clear()
        self._frequencies.clear()

    def document_frequencies(self, terms: Iterable[str]) -> dict[str, int]:
        return self._frequencies.get(terms)

    def search(
        self, question_terms: Sequence[str], k: int, rows: Rows | None = None, corpus: Corpus | None = None
    ) -> tuple[Rows, Scores]:
        corpus = self if corpus is None else corpus
        idf = term_weights(corpus, question_terms)
        weights = {term: n * idf[term] for term, n in Counter(question_terms).items()}
        candidates: dict[int, Candidate] = {}
        if weights and (rows is None or len(rows)):
            # In a larger corpus, terms weigh differently than the engine knows.
            count = (k if corpus is self else 2 * k) + _EXTRA_CANDIDATES
            within = None if rows is None else numbers_of(rows)
            candidates = codec.candidates(self._store.matching(weights, count, within))
            self._candidates.put(candidates)
        scores = self._index([*candidates.values()], weights).scores(question_terms, corpus=corpus)
        first = np.argsort(-scores, kind="stable")[:k]
        first = first[scores[first] > 0]
        return np.array(list(candidates), dtype=np.int64)[first], scores[first]

    def sentence_scores(self, weights: Mapping[str, float], rows: Rows, counts: Rows) -> Scores:
        found = self._candidates.get(rows.tolist())
        index = self._index([found.get(row, _DELETED) for row in rows.tolist()], weights)
        return index.sentence_scores(weights, np.arange(len(rows), dtype=np.int64), counts)

    @staticmethod
    def _index(chunks: Sequence[Candidate], terms: Iterable[str]) -> KeywordIndex:
        """Return an index of some terms in these chunks."""
        hashes, parts, counts = chunk_terms(chunks)
        owners = np.repeat(np.arange(len(chunks), dtype=np.int32), counts)
        lookup = {term: number for number, term in enumerate(terms)}
        posted = [np.flatnonzero(hashes == np.uint64(term_hash(term))) for term in lookup]
        starts = np.cumsum([0, *map(len, posted)], dtype=np.int64)
        order = np.concatenate([np.zeros(0, dtype=np.int64), *posted])
        lengths = np.bincount(owners, np.bitwise_count(parts), len(chunks)).astype(np.int32)
        return KeywordIndex(Postings(lookup.get, starts, owners[order], parts[order], lengths))
