"""Keyword search over an index in Milvus, in the process that asks.

Servers before Milvus 2.5 have no BM25, and that of later ones weighs no part of a library by the counts of all. So the
terms of all chunks are read at the first question after a change, and searched as those of an index in memory are:
the scores are the same, the time to read and the memory grow with the library.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from qa.index.base import Corpus, Rows, Scores
from qa.index.bm25 import KeywordIndex, build_postings
from qa.index.milvus.client import row_of
from qa.text.tokens import TermRows

MOST_ROWS = 1 << 62
"""More than any row of an index in Milvus: rows are not counted through, but made of a document and a position."""


class MilvusKeywordIndex:
    """As `qa.index.bm25.KeywordIndex`, for rows of chunks that start again with each document.

    Parameters
    ----------
    terms : mapping of int to TermRows
        By the number of the document, ascending.
    """

    row_count = MOST_ROWS

    def __init__(self, terms: dict[int, TermRows]) -> None:
        self._index = KeywordIndex(build_postings(list(terms.values())))
        self._rows = np.concatenate(
            [
                np.zeros(0, dtype=np.int64),
                *(row_of(number) + np.arange(len(part.lengths), dtype=np.int64) for number, part in terms.items()),
            ]
        )

    def __len__(self) -> int:
        return len(self._index)

    @property
    def length(self) -> int:
        return self._index.length

    def document_frequencies(self, terms: Iterable[str]) -> dict[str, int]:
        return self._index.document_frequencies(terms)

    def best(
        self, question_terms: Sequence[str], k: int, rows: Rows | None = None, corpus: Corpus | None = None
    ) -> tuple[Rows, Scores]:
        within = None if rows is None else self._known(rows)[1]
        found, scores = self._index.best(question_terms, k, within, corpus)
        return self._rows[found], scores

    def sentence_scores(self, weights: Mapping[str, float], rows: Rows, counts: Rows) -> Scores:
        known, within = self._known(rows)
        scores = np.zeros(counts.sum(), dtype=np.float32)
        scores[np.repeat(known, counts)] = self._index.sentence_scores(weights, within, counts[known])
        return scores

    def _known(self, rows: Rows) -> tuple[NDArray[np.bool_], Rows]:
        """Return which rows are known here, and where: another process may have added others since."""
        known = np.isin(rows, self._rows)
        return known, np.searchsorted(self._rows, rows[known])
