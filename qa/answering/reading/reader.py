"""Find answer spans in passages.

A span is scored by its margin over the model's no-answer score, which is comparable between texts. Each passage is read
whole; then the best sentences are re-scored with their neighbours and alone, because three readings by a small model
are right more often than one. The span of a sentence is the best by the sum of its scores in the three. The retriever's
similarity and overlap are further features of a span, and so is how far its overlap is above that of the other
sentences.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qa.answering.reading.scoring import ReaderCoefficients, bundled_coefficients, span_features
from qa.answering.reading.sentences import Overlaps, is_answer_candidate
from qa.documents.tables import Reading, read_passage
from qa.models.span_model import SpanModel, TokenScores
from qa.protocols import AnswerSpan, SpanFeatures, StopCriterion
from qa.text.tokens import terms
from qa.types import Passage, SentenceMatch, Span

MAX_SPAN_TOKENS = 30
EARLY_EXIT_PASSAGES = 2
"""Passages read first; the others are read only if these give no confident answer."""
RERANK_TOP_N = 3
"""Sentences re-scored, the best of the first reading."""
_MIN_MARGIN = -30.0
_MAX_WHOLE_CELL_CHARACTERS = 60
"""A cell up to this length is the answer as a whole."""
_ROW_PENALTY = 16.0
"""Ranking penalty of a table row, times the share of the question's terms that only another row has."""

_PRONOUN_SUBJECT = re.compile(
    r"(?:^|[.;,]\s+(?:and\s+|but\s+)?|\n)(?:he|she|it|they|his|her|its|their|we|this|these)\b", re.IGNORECASE
)

_Pair = tuple[str, str]


class _Tokens(NamedTuple):
    """The word pieces of a sentence in one reading.

    Attributes
    ----------
    offsets : int array, shape (tokens, 2)
        Spans in the document.
    scores : float array, shape (tokens, 2)
        Start and end scores.
    parts : int array, shape (tokens,)
        Number of the part of the reading, such as a cell.
    no_answer : float
        Score of "not answered here" in the reading.
    """

    offsets: NDArray[np.int64]
    scores: NDArray[np.float32]
    parts: NDArray[np.int64]
    no_answer: float


@dataclass(frozen=True, slots=True)
class _Candidate:
    """The best span of a sentence, with its margins in the passage, with its neighbours, and alone.

    The three are equal until the sentence is re-scored. `leads` are those of the overlaps. `lacking` applies to table
    rows: by how much the share of the question's terms in this row is below that of the best row.
    """

    passage: Passage
    position: int
    tokens: _Tokens  # as read in the passage
    start: int
    end: int
    margins: tuple[float, float, float]
    leads: tuple[float, float]
    coefficients: ReaderCoefficients
    rescored: bool = False
    lacking: float = 0.0

    @property
    def sentence(self) -> SentenceMatch:
        return self.passage.sentences[self.position]

    @property
    def features(self) -> SpanFeatures:
        return span_features(self.margins, self.sentence, self.passage, self.leads)

    @property
    def score(self) -> float:
        ranked = self.coefficients.ranking_score(self.features, self.passage.score)
        return ranked - _ROW_PENALTY * self.lacking

    def headings_for(self, question: str) -> str:
        """Return the headings if the sentence's subject is a pronoun and only they name what the question is about."""
        headings, start = self.passage.headings, max(self.passage.start, self.sentence.excerpt_start)
        text = self.passage.text[start - self.passage.start : self.sentence.end - self.passage.start]
        explained = _PRONOUN_SUBJECT.search(text) and {*terms(headings)} & {*terms(question)} - {*terms(text)}
        return headings if explained else ""

    def readings(self, question: str) -> tuple[Reading, Reading]:
        """Return how the sentence is read with its neighbours, and alone."""
        first, last = max(0, self.position - 1), min(self.position + 1, len(self.passage.sentences) - 1)
        among = self.passage.sentences[first].start, self.passage.sentences[last].end
        alone = max(self.passage.start, self.sentence.excerpt_start), self.sentence.end
        headings = self.headings_for(question)
        return _below(headings, read_passage(self.passage, among)), _below(headings, read_passage(self.passage, alone))

    def span(self) -> AnswerSpan:
        return AnswerSpan(
            document_id=self.passage.document_id,
            start=self.start,
            end=self.end,
            excerpt_start=self.sentence.excerpt_start,
            excerpt_end=self.sentence.end,
            score=self.score,
            features=self.features,
            passage_score=self.passage.score,
            confidence=self.coefficients.confidence_in(self.features),
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question, the passages to read now, the overlaps of all, and the candidates of those read before."""

    question: str
    passages: Sequence[Passage]
    overlaps: Overlaps
    before: Sequence[_Candidate] = ()


class SpanReader:
    """Finds the best span of every sentence.

    Parameters
    ----------
    model : SpanModel
    coefficients : callable, optional
        Returns the weights of ranking and confidence; called at first use. Default: the bundled ones.
    """

    def __init__(self, model: SpanModel, coefficients: Callable[[], ReaderCoefficients] = bundled_coefficients) -> None:
        self._model = model
        self._load_coefficients = coefficients

    @cached_property
    def coefficients(self) -> ReaderCoefficients:
        """The weights of ranking and confidence."""
        return self._load_coefficients()

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the model, followed by a SHA-256 of the coefficients unless they are the bundled ones."""
        if self.coefficients == bundled_coefficients():
            return self._model.fingerprint
        digest = hashlib.sha256(self.coefficients.model_dump_json().encode()).hexdigest()
        return f"{self._model.fingerprint} coefficients {digest}"

    def read(self, question: str, passages: Sequence[Passage]) -> list[AnswerSpan]:
        """Return the spans of one question; see `read_many`."""
        return self.read_many([(question, passages)])[0]

    def read_many(
        self, questions: Sequence[tuple[str, Sequence[Passage]]], stop: StopCriterion | None = None
    ) -> list[list[AnswerSpan]]:
        """Return for each question the best span of every sentence that is no heading and no question, best first.

        Equal scores keep the order of passages and of sentences.

        Parameters
        ----------
        questions : sequence of (str, sequence of Passage)
        stop : callable, optional
            Called with the spans of the first `EARLY_EXIT_PASSAGES` passages; if it returns true, the others are not
            read. Default: read all.

        Raises
        ------
        ModelError
            If the model is missing or cannot be loaded.
        """
        first = EARLY_EXIT_PASSAGES if stop else None
        asked = [_Asked(question, passages[:first], Overlaps(passages)) for question, passages in questions]
        found = self._read(asked)
        if stop:
            left = [
                n
                for n, (question, passages) in enumerate(questions)
                if len(passages) > EARLY_EXIT_PASSAGES and not stop(question, _spans(found[n]))
            ]
            more = self._read(
                [replace(asked[n], passages=questions[n][1][EARLY_EXIT_PASSAGES:], before=found[n]) for n in left]
            )
            for n, sentences in zip(left, more, strict=True):
                found[n] = sentences
        return [_spans(sentences) for sentences in found]

    def _read(self, questions: Sequence[_Asked]) -> list[list[_Candidate]]:
        """Return the candidates of new passages together with earlier ones, the best of them re-scored."""
        whole = [[(one, read_passage(one)) for one in asked.passages] for asked in questions]
        pairs = zip(questions, whole, strict=True)
        scores = self._score({}, [(asked.question, read.text) for asked, passages in pairs for _, read in passages])
        found = []
        for asked, passages in zip(questions, whole, strict=True):
            candidates = [*asked.before]
            for passage, read in passages:
                candidates += self._sentences(passage, read, scores[asked.question, read.text], asked.overlaps)
            found.append(_ordered(candidates))
        best = [
            (asked.question, one)
            for asked, sentences in zip(questions, found, strict=True)
            for one in sentences[:RERANK_TOP_N]
            if not one.rescored
        ]
        scores = self._score(
            scores, [(question, read.text) for question, one in best for read in one.readings(question)]
        )
        for asked, sentences in zip(questions, found, strict=True):
            sentences[:RERANK_TOP_N] = [
                one if one.rescored else _rescore(asked.question, one, scores) for one in sentences[:RERANK_TOP_N]
            ]
        return [_ordered(sentences) for sentences in found]

    def _sentences(
        self, passage: Passage, read: Reading, model: TokenScores, overlaps: Overlaps
    ) -> Iterator[_Candidate]:
        for position, sentence in enumerate(passage.sentences):
            # A question is no answer, not even to itself: in a list of questions, the answer follows.
            if not is_answer_candidate(passage, sentence):
                continue
            tokens = _tokens_within(sentence, model, read)
            (start, end), margin = _best_of(sentence, tokens, read)
            leads = overlaps.leads(sentence, passage)
            yield _Candidate(passage, position, tokens, start, end, (margin,) * 3, leads, self.coefficients)

    def _score(self, known: Mapping[_Pair, TokenScores], pairs: Iterable[_Pair]) -> Mapping[_Pair, TokenScores]:
        """Return `known` with the scores of the other pairs added."""
        others = [pair for pair in dict.fromkeys(pairs) if pair not in known]
        return {**known, **dict(zip(others, self._model.score(others) if others else (), strict=True))}


def _below(headings: str, read: Reading) -> Reading:
    """Return a reading with headings, if any, before it; no span is looked for in them."""
    if not headings:
        return read
    before, start = f"{headings}\n\n", read.spans[0][0]
    starts = (0, *(start + len(before) for start in read.starts))
    return Reading(before + read.text, starts, ((start, start), *read.spans))


def _rescore(question: str, one: _Candidate, scores: Mapping[_Pair, TokenScores]) -> _Candidate:
    sentence, span, margins, together = one.sentence, (one.start, one.end), [one.margins[0]], one.tokens.scores
    for read in one.readings(question):
        tokens = _tokens_within(sentence, scores[question, read.text], read)
        margins.append(_best_of(sentence, tokens, read)[1])
        if np.array_equal(tokens.offsets, one.tokens.offsets):
            together = together + tokens.scores
    if not sentence.cells and len(np.unique(one.tokens.parts)) == 1:
        first, last, _ = best_span(together)
        span = int(one.tokens.offsets[first, 0]), int(one.tokens.offsets[last, 1])
    whole, among, alone = margins
    # The passage was read without its headings.
    whole = max(whole, among) if one.headings_for(question) else whole
    return replace(one, start=span[0], end=span[1], margins=(whole, among, alone), rescored=True)


def _tokens_within(sentence: SentenceMatch, model: TokenScores, read: Reading) -> _Tokens:
    starts, spans = np.array(read.starts), np.array(read.spans)
    parts = np.searchsorted(starts, model.offsets[:, 0], side="right") - 1
    offsets = model.offsets + (spans[parts, 0] - starts[parts])[:, np.newaxis]
    inside = (offsets[:, 0] >= sentence.start) & (offsets[:, 1] <= np.minimum(spans[parts, 1], sentence.end))
    return _Tokens(offsets[inside], model.scores[inside], parts[inside], model.no_answer)


def _best_of(sentence: SentenceMatch, tokens: _Tokens, read: Reading) -> tuple[Span, float]:
    """Return the best span of a sentence, or of one cell of a row, and its margin."""
    found = []
    for part in np.unique(tokens.parts):
        here = tokens.parts == part
        first, last, score = best_span(tokens.scores[here])
        span = int(tokens.offsets[here][first, 0]), int(tokens.offsets[here][last, 1])
        cell = read.spans[part]
        is_whole = sentence.cells and cell[1] - cell[0] <= _MAX_WHOLE_CELL_CHARACTERS
        found.append((score, cell if is_whole else span))
    if not found:
        return (sentence.start, sentence.end), _MIN_MARGIN
    best, span = max(found, key=itemgetter(0))
    return span, max(best - tokens.no_answer, _MIN_MARGIN)


def _spans(sentences: Sequence[_Candidate]) -> list[AnswerSpan]:
    return [one.span() for one in sentences]


def _ordered(sentences: Sequence[_Candidate]) -> list[_Candidate]:
    # A sentence with one cell is a part of a long cell: prose.
    rows = [len(one.sentence.cells) > 1 for one in sentences]
    most = max((one.sentence.overlap for one, is_row in zip(sentences, rows, strict=True) if is_row), default=0.0)
    compared = [
        replace(one, lacking=most - one.sentence.overlap) if is_row else one
        for one, is_row in zip(sentences, rows, strict=True)
    ]
    return sorted(compared, key=lambda one: -one.score)


def best_span(scores: NDArray[np.float32]) -> tuple[int, int, float]:
    """Return (first token, last token, score) of the best span of at most `MAX_SPAN_TOKENS`.

    Parameters
    ----------
    scores : float array, shape (tokens, 2)
        Start and end scores.
    """
    count = len(scores)
    together = scores[:, 0][:, np.newaxis] + scores[:, 1][np.newaxis, :]
    length = np.arange(count)[np.newaxis, :] - np.arange(count)[:, np.newaxis]
    together = np.where((length >= 0) & (length < MAX_SPAN_TOKENS), together, -np.inf)
    first, last = np.unravel_index(int(together.argmax()), together.shape)
    return int(first), int(last), float(together[first, last])
