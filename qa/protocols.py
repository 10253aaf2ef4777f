"""Protocols of the models, and their inputs and outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from qa.types import JSONObject, Passage, Progress, Span, Vectors


class ChunkText(NamedTuple):
    """A chunk to embed.

    Attributes
    ----------
    headings : str
        The headings above it, on one line; may be empty.
    text : str
        Table rows include the names of their columns.
    spans : tuple of (int, int)
        Parts of the text that get vectors of their own.
    """

    headings: str
    text: str
    spans: tuple[Span, ...]

    @property
    def before(self) -> str:
        """The headings on a line, to put before the text."""
        return f"{self.headings}\n" if self.headings else ""

    def span_text(self, index: int) -> str:
        """Return the text to embed for one of the spans alone, given its position."""
        start, end = self.spans[index]
        return f"{self.headings}: {self.text[start:end]}" if self.headings else self.text[start:end]


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def fingerprint(self) -> str:
        """Identifies the model, its weights and precision; equal fingerprints mean equal vectors."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return a unit vector for each text, shape (len(texts), dimension)."""

    def embed_chunks(self, chunks: Sequence[ChunkText], progress: Progress | None = None) -> tuple[Vectors, Vectors]:
        """Return a unit vector for each chunk, and one for each span of all chunks, in order."""


class SpanFeatures(NamedTuple):
    """Features of an answer span, for its ranking and confidence.

    Attributes
    ----------
    passage_margin, context_margin, sentence_margin : float
        The reader's highest score of a span of the sentence minus that of "not answered here", given the whole passage,
        the sentence with its neighbours, and the sentence alone.
    sentence_similarity, sentence_overlap, passage_similarity, passage_overlap : float
        See `SentenceMatch` and `Passage`.
    sentence_overlap_lead, passage_overlap_lead : float
        By how much its overlap exceeds the highest of the question's other candidate sentences, and that of its passage
        the highest of their passages; negative if theirs is higher, 0 without another candidate.
    search_size : float
        Natural logarithm of `Passage.searched`.
    """

    passage_margin: float
    context_margin: float
    sentence_margin: float
    sentence_similarity: float
    sentence_overlap: float
    passage_similarity: float
    passage_overlap: float
    sentence_overlap_lead: float
    passage_overlap_lead: float
    search_size: float


@dataclass(frozen=True, slots=True)
class AnswerSpan:
    """An answer that the reader found: a few words, and the excerpt around them.

    Attributes
    ----------
    document_id : str
    start, end : int
        Span of the answer.
    excerpt_start, excerpt_end : int
        Span of the excerpt to cite, which contains the answer.
    score : float
        Higher is better; comparable between spans for one question only.
    features : SpanFeatures
    passage_score : float
        `Passage.score` of its passage.
    confidence : float
        Probability that the span answers the question, 0 to 1.
    """

    document_id: str
    start: int
    end: int
    excerpt_start: int
    excerpt_end: int
    score: float
    features: SpanFeatures
    passage_score: float
    confidence: float

    @property
    def excerpt(self) -> Span:
        """The span of the excerpt."""
        return self.excerpt_start, self.excerpt_end


StopCriterion = Callable[[str, Sequence[AnswerSpan]], bool]
"""Called with a question and the spans found so far, best first; returns whether to stop reading passages."""


class Reader(Protocol):
    """Finds the answering words in passages."""

    @property
    def fingerprint(self) -> str:
        """Identifies the model and its weights; equal fingerprints mean equal spans."""

    def read(self, question: str, passages: Sequence[Passage]) -> list[AnswerSpan]:
        """Return candidate spans, best first; empty without passages."""

    def read_many(
        self, questions: Sequence[tuple[str, Sequence[Passage]]], stop: StopCriterion | None = None
    ) -> list[list[AnswerSpan]]:
        """Return the spans that `read` finds for each question, in one batch.

        If `stop` returns True for the spans in the first passages, the others may be skipped.
        """


@dataclass(frozen=True, slots=True)
class Message:
    """A message to a language model.

    Attributes
    ----------
    role : str
        "system", "user" or "assistant".
    content : str
    """

    role: Literal["system", "user", "assistant"]
    content: str


class LanguageModel(Protocol):
    """Continues a conversation in words."""

    @property
    def name(self) -> str:
        """The name of the model on its server."""

    def stream(self, messages: Sequence[Message], max_tokens: int, schema: JSONObject | None = None) -> Iterator[str]:
        """Yield the reply piece by piece, at most `max_tokens` of the model's own tokens.

        With the name and content of a JSON schema, the reply is restricted to it.

        Raises
        ------
        LanguageModelError
            If there is no reply, or it is incomplete.
        TruncatedReplyError
            After the last piece, if the reply reached `max_tokens`.
        """
