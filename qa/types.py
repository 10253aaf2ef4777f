"""Core data types, from documents to answers; all immutable.

Offsets are Unicode code points into ``Document.text``, start inclusive, end exclusive.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qa.claims import Generation

if TYPE_CHECKING:
    from qa.documents.tables import Tables

Vectors = NDArray[np.float32]
"""A float32 array of shape (n, dim) whose rows have unit length."""
StoredVectors = NDArray[np.float16]
"""Unit vectors in an index, rounded to float16."""

Span = tuple[int, int]
"""The start and the exclusive end of a part of a text, in code points."""

Progress = Callable[[int, int], None]
"""Called with (done, total) during long work."""

Kind = Literal[
    "factoid", "yes_no", "list", "reason", "process", "definition", "comparison", "table", "summary", "about", "other"
]
"""What a question asks for; "about" is a question about the library or the product."""

NOT_FOUND = "No answer found in these articles."
"""The reason given when the bot abstains."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Document:
    """One article.

    Attributes
    ----------
    id : str
        Path relative to the folder it was loaded from, with forward slashes; the file name for a single file.
    text : str
        The whole text, into which all spans point.
    title : str
        From the metadata or the first heading, else from the file name.
    source : str
        The path or web address that it was loaded from.
    page_starts : tuple of int
        In paged formats, the offset of each page, ascending from 0; empty otherwise.
    file_sha256 : str
        SHA-256 of the file; empty if not known. This and the following fields are ignored when documents are compared.
    notes : tuple of str
        What is missing from the text or may be wrong in it, as short sentences without a full stop.
    language : str
        ISO 639-1 code, detected from the text; empty if not known. See `qa.text.languages.detect`.
    recognised : tuple of (int, int)
        Spans recognised from images by OCR, ascending and disjoint.
    """

    id: str
    text: str = field(repr=False)
    title: str
    source: str
    page_starts: tuple[int, ...] = ()
    file_sha256: str = field(default="", repr=False, compare=False)
    notes: tuple[str, ...] = field(default=(), repr=False, compare=False)
    language: str = field(default="", repr=False, compare=False)
    recognised: tuple[Span, ...] = field(default=(), repr=False, compare=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the fields that are compared, as 64 hexadecimal digits."""
        digest = hashlib.sha256()
        for part in (self.id, self.title, self.source, repr(self.page_starts), self.text):
            encoded = part.encode("utf-8", "surrogatepass")
            digest.update(len(encoded).to_bytes(8, "big") + encoded)
        return digest.hexdigest()

    @property
    def tables(self) -> Tables:
        """The tables in the text, with the span of every cell.

        The cells are ``[list(table.values()) for table in document.tables]``, the column names ``table.columns``.
        """
        from qa.documents.tables import tables_of

        return tables_of(self)

    def page_at(self, offset: int) -> int | None:
        """Return the number of the page that contains an offset, from 1; None in formats without pages."""
        return bisect_right(self.page_starts, offset) or None

    def is_recognised(self, start: int, end: int) -> bool:
        """Return whether any part of a span was recognised from an image."""
        after = bisect_right(self.recognised, start, key=lambda span: span[1])
        return after < len(self.recognised) and self.recognised[after][0] < end


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a document, made of whole sentences if the token budget allows.

    Attributes
    ----------
    document_id : str
    start, end : int
        Its span in the document.
    text : str
        ``document.text[start:end]``.
    sentences : tuple of (int, int)
        Spans in the document, in order and disjoint; only white space is between them.
    headings : str
        The headings above it, outermost first, joined by ": ". They are searched but never shown.
    """

    document_id: str
    start: int
    end: int
    text: str = field(repr=False)
    sentences: tuple[Span, ...] = ()
    headings: str = ""


class Cell(NamedTuple):
    """A table cell, or a part of one, in the text of a spelled-out row.

    Attributes
    ----------
    before : str
        The separator and column name that are read before it.
    start, end : int
        The span of its text in the document.
    """

    before: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SentenceMatch:
    """How well one sentence of a passage matches the question.

    Attributes
    ----------
    start, end : int
        Span in the document.
    excerpt_start : int
        Start of its excerpt: `start`, or the start of the sentence before if that is needed to understand it.
    similarity : float
        Cosine of the excerpt and the question, -1 to 1.
    overlap : float
        IDF-weighted share of the question's terms that the excerpt contains, 0 to 1.
    cells : tuple of Cell
        In a table row, the cells that are read in its place.
    """

    start: int
    end: int
    excerpt_start: int
    similarity: float
    overlap: float
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a document retrieved for a question: a matching sentence and its neighbours.

    Attributes
    ----------
    document_id : str
    start, end : int
        Its span in the document; whole sentences of one section.
    text : str
        ``document.text[start:end]``.
    page : int or None
        Number of the page on which it starts, from 1.
    score : float
        Fused rank score, comparable between passages for one question only.
    similarity : float
        Cosine of the question and the best sentence's chunk, -1 to 1.
    overlap : float
        IDF-weighted share of the question's terms in the passage and the headings above it, 0 to 1.
    sentences : tuple of SentenceMatch
        In reading order.
    recognised : bool
        Whether any part was recognised from an image; see `Document.recognised`.
    searched : int
        Number of chunks searched: the more, the more likely one is similar by chance.
    headings : str
        The headings above it; see `Chunk.headings`.
    """

    document_id: str
    start: int
    end: int
    text: str = field(repr=False)
    page: int | None
    score: float
    similarity: float
    overlap: float
    sentences: tuple[SentenceMatch, ...] = field(default=(), repr=False)
    recognised: bool = False
    searched: int = 1
    headings: str = field(default="", repr=False)

    @property
    def heading(self) -> str:
        """The innermost heading above it; empty if there is none."""
        return self.headings.rpartition(": ")[2]


@dataclass(frozen=True, slots=True)
class TableHeader:
    """The header rows of the table that an excerpt is from, verbatim: ``document.text[start:end] == text``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered excerpt: ``document.text[start:end] == text``, always.

    Attributes
    ----------
    n : int
        Number shown to the user, from 1.
    document : str
        Id of the document.
    start, end, text
        The excerpt.
    page : int or None
        Number of the page on which it starts, from 1.
    score : float
        The reader's score.
    recognised : bool
        Whether any part was recognised from an image; see `Document.recognised`.
    header : TableHeader or None
        If it consists of rows of a table, the header above them; it is no part of the excerpt.
    """

    n: int
    document: str
    start: int
    end: int
    text: str
    page: int | None
    score: float
    recognised: bool = False
    header: TableHeader | None = None

    def overlaps(self, document: str, start: int, end: int) -> bool:
        """Return whether it overlaps with a span of a document."""
        return self.document == document and self.start < end and start < self.end


Form = Literal["span", "excerpts", "items"]
"""The form of an answer: a few words, whole excerpts, or items, one per line."""


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """A part of an answer: a list item, one side of a comparison, or a cell that a figure is computed from.

    Attributes
    ----------
    citation : int
        Number of the excerpt that contains it.
    start, end, text
        The part: ``document.text[start:end] == text`` in the document of that excerpt.
    label : str
        The side of a comparison; else empty.
    """

    citation: int
    start: int
    end: int
    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question in a conversation, with its answer.

    Attributes
    ----------
    question : str
    answer : str or None
        The short answer; None if not known or not given.
    cited : tuple of (str, int, int)
        The document and span of each cited excerpt.
    """

    question: str
    answer: str | None = None
    cited: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """A question with its options; see `qa.pipeline.QA.ask`."""

    question: str
    history: Sequence[Turn | str] = ()
    searched_for: str | None = None
    documents: Collection[str] | None = None
    id: str | None = None

    def __post_init__(self) -> None:
        for name in ("history", "documents"):
            # A string is a sequence of strings, too: of its characters.
            if isinstance(value := getattr(self, name), str):
                object.__setattr__(self, name, (value,))


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one question.

    Attributes
    ----------
    question, searched_for : str
        The question as asked, and the standalone question that was searched for.
    text : str or None
        The short answer; None if abstained.
    reason : str or None
        Why the bot abstained; None if it answered.
    confidence : float
        Calibrated probability that the first citation answers the question, 0 to 1.
    citations : tuple of Citation
        Best first; the first contains the answer. Empty if abstained.
    passages : tuple of Passage
        The nearest passages, best first, at most ten.
    timings_ms : mapping of str to float
        "retrieve", "read", "total", and "generate" with a language model; in a batch, the share of each question.
    id : str or None
        The question's id in a question set.
    generated : Generation or None
        What a language model wrote; None if none was asked. Otherwise `text` consists of the claims kept, and citations
        are numbered in the order in which claims refer to them.
    span : (int, int) or None
        Span of the short answer in the document of the first citation.
    kind : str
        What the question asks for; "about" if the answer is not from the articles.
    partly_read : mapping of str to float
        The share of the text that was searched, 0 to 1, of documents still being added, by id.
    form : str
        "span", "excerpts" (the first excerpt is the answer, or one for each side) or "items".
    lead : str
        Words before the answer that are not from the articles: "Yes", "No", "The article says:"; else empty.
    parts : tuple of AnswerPart
        List items, sides of a comparison, or cells that a figure is computed from; else empty.
    """

    question: str
    searched_for: str
    text: str | None
    reason: str | None
    confidence: float
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    timings_ms: dict[str, float]
    id: str | None = None
    generated: Generation | None = None
    span: Span | None = None
    kind: Kind = "other"
    partly_read: Mapping[str, float] = field(default_factory=dict)
    form: Form = "span"
    lead: str = ""
    parts: tuple[AnswerPart, ...] = ()

    @property
    def short(self) -> str | None:
        """The short answer as a slice of the first excerpt; None without one."""
        if self.span is None or not self.citations:
            return None
        first = self.citations[0]
        return first.text[self.span[0] - first.start : self.span[1] - first.start]

    @property
    def abstained(self) -> bool:
        """Whether no answer is given."""
        return self.text is None


JSONObject = dict[str, Any]
