"""Hybrid retrieval: rank the sentences of the chunks that dense and keyword search find, and grow them to passages.

A sentence's dense score is its own cosine plus its chunk's: the chunk says what the text is about, the sentence whether
it answers. Its keyword score also counts the sentences next to it and the headings above. Both rankings are fused by
reciprocal rank (Cormack, Clarke and Buettcher 2009, "Reciprocal rank fusion outperforms Condorcet and individual rank
learning methods"; ranks count from 1). A passage is the best sentence outside all earlier passages, with as many
neighbours from its section as fit the token budget.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from itertools import chain
from typing import ClassVar, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from qa.documents.chunking import count_tokens, excerpt_start, needs_antecedent
from qa.documents.tables import as_read, cells_at
from qa.index.base import Index, Rows, Scores
from qa.index.bm25 import overlap, question_terms, term_weights
from qa.protocols import Embedder
from qa.text.function_words import ENGLISH
from qa.text.question_language import question_language
from qa.text.tokens import terms
from qa.types import Cell, Chunk, Document, Passage, SentenceMatch, Span, Vectors

RANK_CONSTANT = 10
"""The k of reciprocal rank fusion; a smaller one favours the first ranks."""
EMPTY_RANK = -1
"""In a ranking passed to `fuse`: a rank that no row takes."""
_MIN_CANDIDATES = 100
_CANDIDATES_PER_RESULT = 10
_GROUP_SENTENCES = 4
_CACHED_TEXTS = 1000  # of a document
_DENSE_SEARCHES = ThreadPoolExecutor(32, "qa-dense-search")
"""Runs dense search beside keyword search where both wait for a server."""


class Retriever:
    """Find the passages of an index that answer a question.

    Parameters
    ----------
    index : Index
    embedder : Embedder
        The one that the index was built with.
    passage_tokens : int
        Maximum tokens in a passage of more than one sentence.
    across_languages : bool
        Whether the embedder matches texts in other languages than the question's.
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
        # On a server, the number of chunks is read while they are searched.
        if not (self._index.is_remote or len(self._index)):
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
        pool = max(_MIN_CANDIDATES, _CANDIDATES_PER_RESULT * k)
        # A server searches the vectors while the terms are counted and searched.
        nearest: Callable[[], tuple[Rows, Scores]] = partial(index.nearest_chunks, vector, pool, allowed)
        if index.is_remote:
            nearest = _DENSE_SEARCHES.submit(nearest).result
        if not len(index):
            return []
        asked = question_terms(index.keyword, question)
        weights = {language: term_weights(index.keyword, found) for language, found in asked.items()}
        matches = _Matches(index, vector, weights, len(index) if allowed is None else len(allowed))
        language = question_language(question) if self._across_languages else ""
        by_keyword, _ = index.keyword.search([*chain(*asked.values())], pool, allowed)
        scores = self._ranked_sentences(matches, np.union1d(nearest()[0], by_keyword), language)
        # Neighbouring sentences share a passage, so they are grouped to find the first `k` passages.
        groups: dict[int, int] = {}
        for sentence in scores:
            groups.setdefault(sentence // _GROUP_SENTENCES, sentence)
            if len(groups) == k:
                break
        index.read_ahead(list(groups.values()))
        taken: set[int] = set()
        found: list[tuple[range, int, float]] = []
        for sentence, score in scores.items():
            if sentence in taken:
                continue
            span = self._grown(matches, sentence, scores, taken)
            taken.update(span)
            found.append((span, sentence, score))
            if len(found) == k:
                break
        matches.compute_missing_similarities(taken)
        return [matches.passage(*one) for one in found]

    def _ranked_sentences(self, matches: _Matches, chunks: Rows, language: str) -> dict[int, float]:
        """Return the sentences of chunks, which ascend, with their fused scores, best first.

        Where `language` is given, sentences in other languages share few words with the question: in the keyword
        ranking they take their dense rank.
        """
        index = self._index
        candidates, counts = index.sentences(chunks), index.sentence_counts(chunks)
        dense = matches.compute_similarities(chunks, counts)
        keyword = index.keyword.sentence_scores(matches.weights, chunks, counts)
        of_others = [bool(language) and index.language(row) not in {"", language} for row in chunks.tolist()]
        others = np.repeat(of_others, counts)
        by_dense, by_overlap = (np.argsort(-scores, kind="stable") for scores in (dense, keyword))
        by_overlap = by_overlap[(keyword[by_overlap] > 0) & ~others[by_overlap]]
        rankings = [candidates[by_dense], candidates[by_overlap]]
        if others.any():
            rankings.append(np.where(others[by_dense], candidates[by_dense], EMPTY_RANK))
        return fuse(rankings)

    def _grown(self, matches: _Matches, sentence: int, scores: Mapping[int, float], taken: set[int]) -> range:
        """Return the sentence with as many neighbours as fit, the better ranked side first."""
        span = range(sentence, sentence + 1)
        before = after = True
        while before or after:
            left, right = span.start - 1, span.stop
            if before and (not after or scores.get(left, 0.0) >= scores.get(right, 0.0)):
                added, joins, grown = left, span.start, range(left, right)
            else:
                added, joins, grown = right, right, range(span.start, right + 1)
            if added not in taken and self._index.continues_section(joins) and self._fits(matches, grown):
                span = grown
            elif added == left:
                before = False
            else:
                after = False
        return span

    def _fits(self, matches: _Matches, sentences: range) -> bool:
        # Counting tokens is slow: each sentence is counted once, and all of them together only near the limit. In real
        # passages, the sum of separate counts was wrong by at most one per sentence, or three for two sentences.
        excess = matches.tokens(sentences) - self._passage_tokens
        if abs(excess) > len(sentences) + 1:
            return excess < 0
        return count_tokens(matches.read(sentences)) <= self._passage_tokens


class _TextCache:
    """Tokens and terms of texts of a document, which most questions ask for again."""

    by_document: ClassVar[WeakKeyDictionary[Document, _TextCache]] = WeakKeyDictionary()
    """Each lasts as long as its document is in use."""

    def __init__(self) -> None:
        self.tokens = lru_cache(_CACHED_TEXTS)(count_tokens)
        self.terms = lru_cache(_CACHED_TEXTS)(lambda text, language: frozenset(terms(text, language)))


class _Sentence(NamedTuple):
    row: int
    chunk: Chunk
    position: int
    document: Document
    span: Span
    cells: tuple[Cell, ...]
    before: str  # what separates it from the sentence before
    words: str  # as it is read
    cache: _TextCache


class _Matches:
    """How chunks and sentences match one question; everything is computed once."""

    def __init__(self, index: Index, vector: Vectors, weights: dict[str, dict[str, float]], searched: int) -> None:
        self.vector = vector
        self._searched = searched
        self._index = index
        self._weights = weights
        self.weights: Mapping[str, float] = ChainMap(*weights.values())
        """The weights of the terms of all languages."""
        self._similarities: dict[int, tuple[float, Scores]] = {}
        self._sentences: dict[int, _Sentence] = {}

    def compute_similarities(self, chunk_rows: Rows, counts: Rows) -> Scores:
        """Compute the similarities of chunks of `counts` sentences; return each sentence's cosine plus its chunk's."""
        chunks, sentences = self._index.similarities(self.vector, chunk_rows)
        ends = np.cumsum(counts)
        by_chunk = map(sentences.__getitem__, map(slice, (ends - counts).tolist(), ends.tolist()))
        self._similarities.update(zip(chunk_rows.tolist(), zip(chunks.tolist(), by_chunk, strict=True), strict=True))
        together: Scores = np.repeat(chunks, counts) + sentences
        return together

    def compute_missing_similarities(self, sentences: Collection[int]) -> None:
        """Compute the similarities of chunks that only a grown passage reaches."""
        others = {self._sentence(sentence).row for sentence in sentences} - self._similarities.keys()
        if others:
            rows = np.array(sorted(others), dtype=np.int64)
            self.compute_similarities(rows, self._index.sentence_counts(rows))

    def tokens(self, sentences: range) -> int:
        """Return the sum of the tokens of sentences, each with the white space before it."""
        found = map(self._sentence, sentences)
        return sum(one.cache.tokens(one.before + one.words) for one in found)

    def read(self, sentences: range) -> str:
        """Return the text of consecutive sentences, with table rows spelled out."""
        found = [self._sentence(sentence) for sentence in sentences]
        span = found[0].span[0], found[-1].span[1]
        return as_read(found[0].document.text, span, ((one.span, one.cells) for one in found)).text

    def passage(self, sentences: range, best: int, score: float) -> Passage:
        """Return the passage of these sentences; `score` is that of the sentence `best`."""
        inside = [self._sentence(sentence) for sentence in sentences]
        found = tuple(map(self._sentence_match, inside))
        matched = self._sentence(best)
        document, headings = matched.document, matched.chunk.headings
        start, end = span = found[0].start, found[-1].end
        return Passage(
            document_id=document.id,
            start=start,
            end=end,
            text=document.text[start:end],
            page=document.page_at(start),
            score=score,
            similarity=self._similarities[matched.row][0],
            overlap=self._overlap(matched, headings, *(one.words for one in inside)),
            sentences=found,
            recognised=document.is_recognised(*span),
            searched=self._searched,
            headings=headings,
        )

    def _sentence(self, sentence: int) -> _Sentence:
        if sentence not in self._sentences:
            row, position = self._index.locate(sentence)
            chunk = self._index.chunk(row)
            document = self._index.documents[chunk.document_id]
            cache = _TextCache.by_document.get(document) or _TextCache.by_document.setdefault(document, _TextCache())
            has_tables = bool(document.tables)
            for number, span in enumerate(chunk.sentences):
                cells = cells_at(document, span) if has_tables else ()
                words = as_read(document.text, span, [(span, cells)]).text if cells else document.text[slice(*span)]
                before = document.text[chunk.sentences[number - 1][1] : span[0]] if number else " "
                found = _Sentence(row, chunk, number, document, span, cells, before, words, cache)
                self._sentences[sentence - position + number] = found
        return self._sentences[sentence]

    def _sentence_match(self, found: _Sentence) -> SentenceMatch:
        document, (start, end) = found.document, found.span
        first = excerpt_start(document.text, found.chunk.sentences, found.position)
        cosine = float(self._similarities[found.row][1][found.position])
        texts = [found.words, document.text[first:start]]
        if needs_antecedent(document.text, first):
            # "He was born in 1886", where only a heading says who.
            texts.append(found.chunk.headings)
        return SentenceMatch(start, end, first, cosine, self._overlap(found, *texts), found.cells)

    def _overlap(self, found: _Sentence, *texts: str) -> float:
        language = found.document.language if found.document.language in self._weights else ENGLISH
        present = set[str]().union(*(found.cache.terms(text, language) for text in texts))
        return overlap(self._weights[language], present)


def fuse(rankings: Iterable[Rows]) -> dict[int, float]:
    """Fuse rankings by reciprocal rank; ranks count from 1.

    Parameters
    ----------
    rankings : iterable of int arrays
        Rows, best first, without repeats; `EMPTY_RANK` takes up a rank.

    Returns
    -------
    dict of int to float
        The score of each row, best first; equal scores by ascending row.
    """
    ranked = [np.zeros(0, dtype=np.int64), *rankings]
    gains = np.concatenate([1.0 / (RANK_CONSTANT + np.arange(1, len(ranking) + 1)) for ranking in ranked])
    rows, positions = np.unique(np.concatenate(ranked), return_inverse=True)
    scores = np.bincount(positions, gains, len(rows))
    rows, scores = rows[rows != EMPTY_RANK], scores[rows != EMPTY_RANK]
    order = np.argsort(-scores, kind="stable")
    return dict(zip(rows[order].tolist(), scores[order].tolist(), strict=True))
