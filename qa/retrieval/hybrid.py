"""Question -> ranked passages: dense and keyword search over chunks, whose sentences are fused by reciprocal rank.

Candidates are the sentences of the chunks nearest to the question, and of those that keyword search finds. Small units
match, their neighbours are read along. A sentence's dense score is its own cosine plus that of its chunk: the chunk
says what the text is about, the sentence whether it says the thing asked. Its keyword score is that of itself with the
sentences next to it and the headings above. A passage is the best sentence outside all earlier passages, with as many
neighbours of its section as the budget allows. Fusion follows Cormack, Clarke and Buettcher (2009), "Reciprocal rank
fusion outperforms Condorcet and individual rank learning methods", with ranks counted from 1.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain

import numpy as np

from qa.documents.chunking import count_tokens, excerpt_start
from qa.documents.tables import as_read, cells_at
from qa.index.base import Index, Rows, Scores
from qa.index.bm25 import overlap, question_terms, term_weights
from qa.protocols import Embedder
from qa.text.function_words import ENGLISH
from qa.text.question_language import question_language
from qa.types import Document, Passage, SentenceMatch, Vectors

RANK_CONSTANT = 10
"""The k of reciprocal rank fusion: the smaller, the more the first ranks weigh."""
NOTHING = -1
_POOL = 100
_POOL_PER_RESULT = 10


class Retriever:
    """Finds the passages that answer a question, in an index.

    Parameters
    ----------
    index : Index
    embedder : Embedder
        The one that the index was made with.
    passage_tokens : int
        Most tokens in a passage of more than one sentence.
    across_languages : bool
        Whether the embedder may find what is in another language than the question.
    """

    def __init__(
        self, index: Index, embedder: Embedder, passage_tokens: int, *, across_languages: bool = False
    ) -> None:
        self._index = index
        self._embedder = embedder
        self._passage_tokens = passage_tokens
        self._across_languages = across_languages

    def retrieve(self, question: str, k: int, documents: Collection[str] | None = None) -> list[Passage]:
        """Return the `k` best passages, best first.

        Parameters
        ----------
        question : str
        k : int
            At least 1. Fewer are returned where the index has fewer.
        documents : collection of str, optional
            Ids to search within; all when None.

        Returns
        -------
        list of Passage
            Disjoint; ties in document order.
        """
        return self.retrieve_many([(question, documents)], k)[0]

    def retrieve_many(self, searches: Sequence[tuple[str, Collection[str] | None]], k: int) -> list[list[Passage]]:
        """Return the `k` best passages for each question, which are embedded together.

        Parameters
        ----------
        searches : sequence of (str, collection of str or None)
            A question, and the ids of the documents to search within.
        k : int
            As for `retrieve`.
        """
        if not len(self._index):
            return [[] for _ in searches]
        vectors = self._embedder.embed([question for question, _ in searches])
        return [
            self._passages(question, vector, k, documents)
            for (question, documents), vector in zip(searches, vectors, strict=True)
        ]

    def _passages(self, question: str, vector: Vectors, k: int, documents: Collection[str] | None) -> list[Passage]:
        index = self._index
        allowed = None if documents is None else index.rows(documents)
        if allowed is not None and not len(allowed):
            return []
        asked = question_terms(index.keyword, question)
        weights = {language: term_weights(index.keyword, found) for language, found in asked.items()}
        matches = _Matches(index, vector, weights, len(index) if allowed is None else len(allowed))
        pool = max(_POOL, _POOL_PER_RESULT * k)
        language = question_language(question) if self._across_languages else ""
        ranked = self._ranked_sentences(matches, [*chain(*asked.values())], pool, allowed, language)
        scores = dict(ranked)
        index.read_ahead([sentence for sentence, _ in ranked[:k]])
        taken: set[int] = set()
        found: list[tuple[range, int, float]] = []
        for sentence, score in ranked:
            if sentence in taken:
                continue
            span = self._grown(matches, sentence, scores, taken)
            taken.update(span)
            found.append((span, sentence, score))
            if len(found) == k:
                break
        matches.look_up_others(taken)
        return [matches.passage(*one) for one in found]

    def _ranked_sentences(
        self, matches: _Matches, asked: list[str], pool: int, allowed: Rows | None, language: str
    ) -> list[tuple[int, float]]:
        """Return sentences of the chunks that either search finds, with their fused scores, best first.

        Sentences in another language than that of the question, if it is given, hardly have its words: among keywords
        they take their dense rank.
        """
        index = self._index
        by_keyword, _ = index.keyword.best(asked, pool, allowed)
        nearest, _ = index.nearest_chunks(matches.vector, pool, allowed)
        chunks = np.union1d(nearest, by_keyword)
        candidates = index.sentences(chunks)
        dense = matches.look_up(chunks)
        counts = index.sentence_counts(chunks)
        keyword = index.keyword.sentence_scores(matches.weights, chunks, counts)
        others = np.repeat([self._is_other(row, language) for row in chunks.tolist()], counts)
        by_dense, by_overlap = (np.argsort(-scores, kind="stable") for scores in (dense, keyword))
        by_overlap = by_overlap[(keyword[by_overlap] > 0) & ~others[by_overlap]]
        rankings = [candidates[by_dense], candidates[by_overlap]]
        if others.any():
            rankings.append(np.where(others[by_dense], candidates[by_dense], NOTHING))
        return fuse(rankings)

    def _is_other(self, row: int, language: str) -> bool:
        """Return whether a chunk is known to be in another language."""
        return bool(language) and self._index.language(row) not in {"", language}

    def _grown(self, matches: _Matches, sentence: int, scores: Mapping[int, float], taken: set[int]) -> range:
        """Return the sentence with its neighbours, the better ranked side first, as far as they fit."""
        span = range(sentence, sentence + 1)
        while True:
            sides = []
            if self._index.continues_section(span.start):
                sides.append((span.start - 1, range(span.start - 1, span.stop)))
            if self._index.continues_section(span.stop):
                sides.append((span.stop, range(span.start, span.stop + 1)))
            # Counting tokens is what takes time, so that the second side is counted only where the first does not fit.
            sides.sort(key=lambda side: (-scores.get(side[0], 0.0), side[0]))
            grown = next((grown for added, grown in sides if added not in taken and self._fits(matches, grown)), None)
            if grown is None:
                return span
            span = grown

    def _fits(self, matches: _Matches, sentences: range) -> bool:
        return count_tokens(matches.read(sentences)) <= self._passage_tokens


class _Matches:
    """What a question matches of an index, worked out once for each chunk."""

    def __init__(self, index: Index, vector: Vectors, weights: dict[str, dict[str, float]], searched: int) -> None:
        self.vector = vector
        self._searched = searched
        self._index = index
        self._weights = weights
        self.weights: Mapping[str, float] = ChainMap(*weights.values())
        """Of the terms of all languages."""
        self._similarities: dict[int, tuple[float, Scores]] = {}

    def look_up(self, chunk_rows: Rows) -> Scores:
        """Work out the similarities of chunks together; return for each of their sentences its own and its chunk's."""
        counts = self._index.sentence_counts(chunk_rows)
        chunks, sentences = self._index.similarities(self.vector, chunk_rows)
        ends = np.cumsum(counts)
        of_chunks = map(sentences.__getitem__, map(slice, (ends - counts).tolist(), ends.tolist()))
        self._similarities.update(zip(chunk_rows.tolist(), zip(chunks.tolist(), of_chunks, strict=True), strict=True))
        together: Scores = np.repeat(chunks, counts) + sentences
        return together

    def look_up_others(self, sentences: Collection[int]) -> None:
        """Work out the similarities of the chunks of sentences that no search found, but a passage reaches."""
        others = {self._index.locate(sentence)[0] for sentence in sentences} - self._similarities.keys()
        if others:
            self.look_up(np.array(sorted(others), dtype=np.int64))

    def read(self, sentences: range) -> str:
        """Return the text from the first of the sentences to the last as it is read."""
        placed = [self._index.locate(sentence) for sentence in sentences]
        spans = [self._index.chunk(row).sentences[position] for row, position in placed]
        document = self._index.documents[self._index.chunk(placed[0][0]).document_id]
        return as_read(
            document.text, (spans[0][0], spans[-1][1]), ((span, cells_at(document, span)) for span in spans)
        ).text

    def passage(self, sentences: range, best: int, score: float) -> Passage:
        """Return the passage of these sentences, the best of which has that score."""
        found = [self._sentence(sentence) for sentence in sentences]
        row, _ = self._index.locate(best)
        chunk = self._index.chunk(row)
        document = self._index.documents[chunk.document_id]
        span = found[0].start, found[-1].end
        read = as_read(document.text, span, (((one.start, one.end), one.cells) for one in found)).text
        return Passage(
            document_id=document.id,
            start=found[0].start,
            end=found[-1].end,
            text=document.text[slice(*span)],
            page=document.page_at(found[0].start),
            score=score,
            similarity=self._similarities[row][0],
            overlap=self._overlap(document, f"{chunk.headings}\n{read}"),
            sentences=tuple(found),
            recognised=document.is_recognised(*span),
            searched=self._searched,
        )

    def _sentence(self, sentence: int) -> SentenceMatch:
        row, position = self._index.locate(sentence)
        chunk = self._index.chunk(row)
        document = self._index.documents[chunk.document_id]
        start, end = span = chunk.sentences[position]
        first = excerpt_start(document.text, chunk.sentences, position)
        cosine = float(self._similarities[row][1][position])
        cells = cells_at(document, span)
        words = as_read(document.text, (first, end), [(span, cells)]).text
        return SentenceMatch(start, end, first, cosine, self._overlap(document, words), cells)

    def _overlap(self, document: Document, text: str) -> float:
        language = document.language if document.language in self._weights else ENGLISH
        return overlap(self._weights[language], text, language)


def fuse(rankings: Iterable[Rows], rank_constant: int = RANK_CONSTANT) -> list[tuple[int, float]]:
    """Fuse rankings by reciprocal rank.

    Parameters
    ----------
    rankings : iterable of int arrays
        Of rows, each best first, without repeats; `NOTHING` only fills a rank.
    rank_constant : int
        Added to each rank, which counts from 1.

    Returns
    -------
    list of (row, score)
        Best first; equal scores by ascending row.
    """
    ranked = [np.zeros(0, dtype=np.int64), *rankings]
    gains = np.concatenate([1.0 / (rank_constant + np.arange(1, len(ranking) + 1)) for ranking in ranked])
    rows, positions = np.unique(np.concatenate(ranked), return_inverse=True)
    scores = np.bincount(positions, gains, len(rows))
    rows, scores = rows[rows != NOTHING], scores[rows != NOTHING]
    order = np.argsort(-scores, kind="stable")
    return list(zip(rows[order].tolist(), scores[order].tolist(), strict=True))
