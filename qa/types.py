"""Core data types, from documents to answers.

Offsets are Unicode code points into ``Document.text``, start inclusive, end exclusive. Everything here is immutable.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qa.claims import Generated

if TYPE_CHECKING:
    from qa.documents.tables import Tables

Vectors = NDArray[np.float32]
"""A float32 array of shape (n, dim) whose rows have unit length."""
StoredVectors = NDArray[np.float16]
"""Such vectors as an index keeps them, rounded to 16 bits."""

Span = tuple[int, int]
"""Where a part of a text starts and ends, in code points; the end is exclusive."""

Progress = Callable[[int, int], None]
"""Called with (done, total) while long work goes on."""

Kind = Literal[
    "factoid",
    "yes_no",
    "list",
    "reason",
    "process",
    "definition",
    "comparison",
    "table",
    "summary",
    "about",
    "other",
]
"""What a question asks for: a short fact, yes or no, several things, a reason, how something is done or works, what
something is, how two things compare, a cell of a table, a summary, something about the library or the product, or
something else."""

NOT_FOUND = "No answer found in these articles."
"""Why the bot abstained."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Document:
    """One article, whose text never changes after loading.

    Attributes
    ----------
    id : str
        Path relative to the folder it was loaded from, with forward slashes; the file name for a single file.
    text : str
        The whole text. All spans point into it.
    title : str
        From the article's own metadata or first heading, else made from the file name.
    source, file_sha256 : str
        The path or address it came from, and the SHA-256 of that file, empty where not known, which is not compared.
    page_starts : tuple of int
        For paged formats, the offset at which each page starts, ascending from 0; empty otherwise.
    notes : tuple of str
        What was left out of the text or may be wrong in it, each a short sentence without a full stop; not compared.
    language : str
        Its language as an ISO 639-1 code, empty where not known, which is not compared: it follows from the text. Terms
        and sentences are those of that language, or of English; see `qa.text.languages.detect`.
    recognised : tuple of (int, int)
        Spans whose text was recognised from images, so that letters may be wrong; ascending, disjoint, not compared.
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
        """SHA-256 of all of it that is compared, as 64 hexadecimal digits."""
        digest = hashlib.sha256()
        for part in (self.id, self.title, self.source, repr(self.page_starts), self.text):
            encoded = part.encode("utf-8", "surrogatepass")
            digest.update(len(encoded).to_bytes(8, "big") + encoded)
        return digest.hexdigest()

    @property
    def tables(self) -> Tables:
        """Its tables, in order, with the span of every cell; they follow from the text, and are found when asked for.

        ``[list(table.values()) for table in document.tables]``, below the names in ``table.columns``.
        """
        from qa.documents.tables import tables_of

        return tables_of(self)

    def page_at(self, offset: int) -> int | None:
        """Return the page, counted from 1, of the character at `offset`; None for unpaged formats."""
        return bisect_right(self.page_starts, offset) or None

    def is_recognised(self, start: int, end: int) -> bool:
        """Return whether any of a span was recognised from an image."""
        after = bisect_right(self.recognised, start, key=lambda span: span[1])
        return after < len(self.recognised) and self.recognised[after][0] < end


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of a document, made of whole sentences where the token budget allows.

    Attributes
    ----------
    document_id : str
        The document that the span belongs to.
    start, end : int
        Span in code points.
    text : str
        ``document.text[start:end]``.
    sentences : tuple of (int, int)
        Spans in the same document, in order, disjoint, all inside the chunk; between them is only white space.
    headings : str
        The headings above it, outermost first, joined by ": ". They are searched with it, never shown.
    """

    document_id: str
    start: int
    end: int
    text: str = field(repr=False)
    sentences: tuple[Span, ...] = ()
    headings: str = ""


class Cell(NamedTuple):
    """A cell of a table, or a part of one, as it is read.

    Attributes
    ----------
    before : str
        What is read before it: what separates it from the cell before, and the name of its column.
    start, end : int
        The span of what it says, in the document.
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
        Where its excerpt starts: `start`, or the start of the sentence before where it needs that to be understood.
    similarity : float
        Cosine of the excerpt and the question, -1 to 1.
    overlap : float
        Share of the question's terms, weighted by IDF, that the excerpt contains, 0 to 1.
    cells : tuple of Cell
        Of a row of a table, what is read in its place.
    """

    start: int
    end: int
    excerpt_start: int
    similarity: float
    overlap: float
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A span retrieved for a question: a sentence that matches, and its neighbours.

    Attributes
    ----------
    document_id : str
        The document that the span belongs to.
    start, end : int
        Span in code points; whole sentences of one section.
    text : str
        ``document.text[start:end]``.
    page : int or None
        Page on which the passage starts, counted from 1.
    score : float
        Fused rank score. It orders passages of one question and says nothing absolute.
    similarity : float
        Cosine of the question and the chunk of the best sentence, -1 to 1.
    overlap : float
        Share of the question's terms, weighted by IDF, that the passage or a heading above it contains, 0 to 1.
    sentences : tuple of SentenceMatch
        The passage's sentences in reading order.
    recognised : bool
        Whether any of it was recognised from an image; see `Document.recognised`.
    searched : int
        How many chunks were searched for the question: the more, the likelier one is similar by chance.
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


class SpanFeatures(NamedTuple):
    """Absolute measures of an answer span, which order it and give its confidence.

    Attributes
    ----------
    passage_margin, context_margin, sentence_margin : float
        By how much the reader scores the span above "not answered here": within the passage, among the neighbours of
        its sentence, and in its sentence alone.
    sentence_similarity, sentence_overlap, passage_similarity, passage_overlap : float
        Those of `SentenceMatch` and `Passage`.
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
    search_size: float


@dataclass(frozen=True, slots=True)
class AnswerSpan:
    """What a reader proposes: the words that answer, and the excerpt that shows them.

    Attributes
    ----------
    document_id : str
        The document of both spans.
    start, end : int
        Span of the answering words.
    excerpt_start, excerpt_end : int
        Span of the excerpt to cite; it encloses the answering words.
    score : float
        Higher is better; comparable between the passages of one question only.
    features : SpanFeatures
    passage_score : float
        Fused rank score of its passage; it helps to order spans and says nothing absolute.
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


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered excerpt: ``document.text[start:end] == text``, always.

    Attributes
    ----------
    n : int
        Number shown to the reader, from 1.
    document : str
        Id of the document.
    start, end, text
        The excerpt.
    page : int or None
        Page on which it starts, counted from 1.
    score : float
        The reader's score.
    recognised : bool
        Whether any of it was recognised from an image; see `Document.recognised`.
    """

    n: int
    document: str
    start: int
    end: int
    text: str
    page: int | None
    score: float
    recognised: bool = False

    def overlaps(self, document: str, start: int, end: int) -> bool:
        """Return whether it shares a character with a span of a document."""
        return self.document == document and self.start < end and start < self.end


Form = Literal["span", "excerpts", "items"]
"""How an answer reads: a few words, whole excerpts, or items, one a line."""


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """A part of an answer: an item of a list, one side of a comparison, a cell that a figure is computed from.

    Attributes
    ----------
    citation : int
        Number of the excerpt that contains it.
    start, end, text
        The part: ``document.text[start:end] == text`` in the document of that excerpt.
    label : str
        What it is of: the side of a comparison; else empty.
    """

    citation: int
    start: int
    end: int
    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of a conversation, with what was answered.

    Attributes
    ----------
    question : str
        As asked.
    answer : str or None
        The short answer; None when none is known or was given.
    cited : tuple of (str, int, int)
        The document and span of each excerpt cited with it.
    """

    question: str
    answer: str | None = None
    cited: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """A question with all that goes with it, to be asked together with others; see `qa.pipeline.QA.ask`."""

    question: str
    history: Sequence[Turn | str] = ()
    searched_for: str | None = None
    documents: Collection[str] | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one question.

    Attributes
    ----------
    question, searched_for : str
        As asked, and as searched: the question itself, or its standalone version.
    text : str or None
        The short answer; None when abstained.
    reason : str or None
        Why the bot abstained; None when it answered.
    confidence : float
        Calibrated probability that the first citation answers the question, 0 to 1.
    citations : tuple of Citation
        Best first; the first contains the answer. Empty when abstained.
    passages : tuple of Passage
        The nearest passages, best first, at most ten.
    timings_ms : mapping of str to float
        "retrieve", "read" and "total", in milliseconds; of questions asked together, the share of each. "generate"
        where a language model was asked.
    id : str or None
        The question's id in a question set.
    generated : Generated or None
        What a language model wrote; None where none was asked. Otherwise `text` is its kept claims and the
        citations are numbered in the order in which the claims name them.
    span : (int, int) or None
        Where the short answer is, in the document of the first citation.
    kind : str
        What the question asks for; "about" where the reply is not from the articles.
    partly_read : mapping of str to float
        Documents asked of which only the first part could be searched yet, by id, with the share of their text, 0 to 1.
    form : str
        How it reads: "span", "excerpts" (the first excerpt is the answer, or one for each side) or "items".
    lead : str
        Words before it that are not from the articles: "Yes", "No", "The article says:"; else empty.
    parts : tuple of AnswerPart
        The items of a list, the sides of a comparison, the cells that a figure is computed from; else empty.
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
    generated: Generated | None = None
    span: Span | None = None
    kind: Kind = "other"
    partly_read: Mapping[str, float] = field(default_factory=dict)
    form: Form = "span"
    lead: str = ""
    parts: tuple[AnswerPart, ...] = ()

    @property
    def short(self) -> str | None:
        """The words that answer, inside the first excerpt; None where there are none."""
        if self.span is None or not self.citations:
            return None
        first = self.citations[0]
        return first.text[self.span[0] - first.start : self.span[1] - first.start]

    @property
    def abstained(self) -> bool:
        """True when no answer is given."""
        return self.text is None


JSONObject = dict[str, Any]
