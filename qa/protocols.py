"""What a model is to the stages that use it: Protocols, and what is handed to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from qa.types import AnswerSpan, JSONObject, Passage, Progress, Span, Vectors


class ChunkText(NamedTuple):
    """A chunk as it is embedded.

    Attributes
    ----------
    headings : str
        Those above it, on one line; empty where there are none.
    text : str
        Rows of tables have the names of their columns.
    spans : tuple of (int, int)
        In the text: what has a vector of its own.
    """

    headings: str
    text: str
    spans: tuple[Span, ...]

    @property
    def before(self) -> str:
        """What is put before the text: the headings, on a line."""
        return f"{self.headings}\n" if self.headings else ""

    def span_text(self, place: int) -> str:
        """Return the text of one of the spans, by its position, as it is embedded by itself."""
        start, end = self.spans[place]
        return f"{self.headings}: {self.text[start:end]}" if self.headings else self.text[start:end]


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def fingerprint(self) -> str:
        """Names the model, its weights and the precision: equal fingerprints give equal vectors."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return one unit row per text, shape (len(texts), dimension)."""
        ...

    def embed_chunks(self, chunks: Sequence[ChunkText], progress: Progress | None = None) -> tuple[Vectors, Vectors]:
        """Return one unit row per chunk, and one per span of all chunks, in order."""
        ...


StopCriterion = Callable[[str, Sequence[AnswerSpan]], bool]
"""Given a question and the spans found so far, best first: whether no more passages need be read."""


class Reader(Protocol):
    """Finds the answering words in passages."""

    @property
    def fingerprint(self) -> str:
        """Name and content of the model; equal fingerprints give equal spans."""
        ...

    def read(self, question: str, passages: Sequence[Passage]) -> list[AnswerSpan]:
        """Return candidate spans, best first; empty when there are no passages."""
        ...

    def read_many(
        self, questions: Sequence[tuple[str, Sequence[Passage]]], stop: StopCriterion | None = None
    ) -> list[list[AnswerSpan]]:
        """Return for each question what `read` returns; it is found in less time.

        Where `stop` is true of the spans of the first passages, the others need not be read.
        """
        ...


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
        """The name of the model, as its server knows it."""
        ...

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[str]:
        """Yield the reply piece by piece, at most `max_tokens` of the model's own tokens.

        Raises
        ------
        LanguageModelError
            If there is no reply, or it breaks off; what was yielded before stays true.
        """
        ...


class ChatModel(LanguageModel, Protocol):
    """A language model whose replies may be made to follow a schema."""

    def with_schema(self, schema: JSONObject) -> ChatModel:
        """Return the model with a JSON schema, with its name, for its replies."""
        ...

    def without_schema(self) -> ChatModel:
        """Return the model without a schema for its replies."""
        ...
