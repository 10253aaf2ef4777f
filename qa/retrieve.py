"""Question -> ranked passages: dense and keyword search, fused by reciprocal rank.

A chunk's dense score is its own cosine plus that of its best sentence: the chunk says what the text is about, the
sentence whether it says the thing asked. Fusion follows Cormack, Clarke and Buettcher (2009), "Reciprocal rank fusion
outperforms Condorcet and individual rank learning methods", with ranks counted from 1.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np

from qa.index import PassageIndex, Rows
from qa.keyword import overlap, terms
from qa.split import excerpt_start
from qa.types import Embedder, Passage, SentenceMatch

RANK_CONSTANT = 10
"""The k of reciprocal rank fusion: the smaller, the more the first ranks weigh."""
_POOL = 100
_POOL_PER_RESULT = 10


class Retriever:
    """Finds the passages that answer a question, in an index.

    Parameters
    ----------
    index : PassageIndex
    embedder : Embedder
        The one that the index was made with.
    """

    def __init__(self, index: PassageIndex, embedder: Embedder) -> None:
        self._index = index
        self._embedder = embedder

    def retrieve(self, question: str, k: int, documents: Collection[str] | None = None) -> list[Passage]:
        """Return the `k` best passages, best first.

        Parameters
        ----------
        question : str
        k : int
            At least 1. Fewer come back where the index holds fewer.
        documents : collection of str, optional
            Ids to search within; all when None.

        Returns
        -------
        list of Passage
            Ties stand in document order.
        """
        index = self._index
        allowed = None if documents is None else index.rows(documents)
        if not len(index) or (allowed is not None and not len(allowed)):
            return []
        vector = self._embedder.embed([question])[0]
        question_terms = terms(question)
        pool = max(_POOL, _POOL_PER_RESULT * k)
        keyword = index.keyword.scores(question_terms)
        by_keyword = _best(keyword, pool, allowed)
        candidates = np.unique(
            np.concatenate(
                [
                    index.nearest_chunks(vector, pool, allowed)[0],
                    index.nearest_sentences(vector, pool, allowed)[0],
                    by_keyword,
                ]
            )
        )
        similarities = {int(row): index.similarities(vector, int(row)) for row in candidates}
        dense = np.array([similarities[int(row)][0] + similarities[int(row)][1].max() for row in candidates])
        by_dense = candidates[np.argsort(-dense, kind="stable")]
        weights = index.keyword.weights(question_terms)
        return [
            self._passage(row, score, similarities[row], weights) for row, score in fuse([by_dense, by_keyword])[:k]
        ]

    def _passage(
        self, row: int, score: float, similarity: tuple[float, np.ndarray], weights: dict[str, float]
    ) -> Passage:
        chunk = self._index.chunk(row)
        document = self._index.documents[chunk.document_id]
        sentences = []
        for position, ((start, end), cosine) in enumerate(zip(chunk.sentences, similarity[1], strict=True)):
            first = excerpt_start(document.text, chunk.sentences, position)
            held = overlap(weights, document.text[first:end])
            sentences.append(SentenceMatch(start, end, first, float(cosine), held))
        return Passage(
            document_id=chunk.document_id,
            start=chunk.start,
            end=chunk.end,
            text=chunk.text,
            page=document.page_at(chunk.start),
            score=score,
            similarity=similarity[0],
            overlap=overlap(weights, chunk.text),
            sentences=tuple(sentences),
        )


def fuse(rankings: Iterable[Rows], rank_constant: int = RANK_CONSTANT) -> list[tuple[int, float]]:
    """Fuse rankings by reciprocal rank.

    Parameters
    ----------
    rankings : iterable of int arrays
        Each holds rows, best first, without repeats.
    rank_constant : int
        Added to each rank, which counts from 1.

    Returns
    -------
    list of (row, score)
        Best first; equal scores by ascending row.
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, row in enumerate(ranking.tolist(), start=1):
            scores[row] = scores.get(row, 0.0) + 1.0 / (rank_constant + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def _best(scores: np.ndarray, k: int, allowed: Rows | None) -> Rows:
    """Return up to `k` rows with a score above zero, best first, equal ones in order."""
    rows = np.arange(len(scores), dtype=np.int64) if allowed is None else allowed
    rows = rows[scores[rows] > 0]
    return rows[np.argsort(-scores[rows], kind="stable")][:k]
