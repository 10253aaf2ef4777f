"""The evidence for a reply, and the reply."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace

from qa.answering.citations import cite
from qa.answering.form_confidence import FormFeatures, ReplyForm, confidence_in_form, form_features
from qa.answering.questions.kinds import Asked
from qa.answering.tables.lookup import asking_terms
from qa.protocols import AnswerSpan
from qa.settings import Settings
from qa.text.tokens import terms
from qa.types import AnswerPart, Citation, Document, Form, Kind, Passage, Span


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply, with the fields of `Answer`.

    `confidence_basis` is what the confidence was computed from, if it is the confidence of a form.
    """

    text: str
    citations: tuple[Citation, ...]
    confidence: float
    kind: Kind
    form: Form = "span"
    _: KW_ONLY
    span: Span | None = None
    lead: str = ""
    parts: tuple[AnswerPart, ...] = ()
    confidence_basis: tuple[ReplyForm, FormFeatures] | None = None


def quoting(citations: tuple[Citation, ...], lead: str) -> Reply:
    """Return the reply whose text is that of its citations, one a line."""
    return Reply(
        text="\n".join(one.text for one in citations),
        citations=citations,
        confidence=1.0,
        kind="summary",
        form="excerpts",
        lead=lead,
        parts=tuple(AnswerPart(one.n, one.start, one.end, one.text) for one in citations),
    )


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that a reply is made from.

    Attributes
    ----------
    question : str
        The standalone question.
    asked : Asked
    spans : sequence of AnswerSpan
        What the reader found, best first.
    passages : sequence of Passage
        Best first.
    documents : mapping of str to Document
    search : callable
        Returns the passages for another query, in the same documents.
    settings : Settings
    """

    question: str
    asked: Asked
    spans: Sequence[AnswerSpan]
    passages: Sequence[Passage]
    documents: Mapping[str, Document]
    search: Callable[[str], Sequence[Passage]]
    settings: Settings

    @property
    def confidence(self) -> float:
        """Confidence of the best span."""
        return self.spans[0].confidence if self.spans else 0.0

    def text(self, span: AnswerSpan) -> str:
        """Return the text of the document that a span is in."""
        return self.documents[span.document_id].text

    def excerpt(self, span: AnswerSpan) -> str:
        """Return the text of the excerpt of a span."""
        return self.text(span)[span.excerpt_start : span.excerpt_end]

    def passage(self, span: AnswerSpan) -> Passage | None:
        """Return the best passage that a span is in."""
        around = (one for one in self.passages if one.document_id == span.document_id)
        return next((one for one in around if one.start <= span.start < one.end), None)

    def above(self, span: AnswerSpan) -> str:
        """Return the title and the headings above a span, a line each."""
        passage = self.passage(span)
        return f"{self.documents[span.document_id].title}\n{passage.headings if passage else ''}"

    def cited(self, first: AnswerSpan) -> tuple[Citation, ...]:
        """Return the citations; the first one contains the span `first`."""
        others = [span for span in self.spans if span is not first]
        best = replace(first, score=self.spans[0].score)
        several = self.asked.kind == "list"
        margin = self.settings.multi_citation_margin if several else self.settings.citation_margin
        return cite([best, *others], self.documents, self.settings.max_citations, margin)

    def value(self, found: AnswerSpan) -> Reply:
        """Return the reply that is a span, with the confidence of a value that is labelled with all that is asked."""
        span = found.start, found.end
        reply = Reply(self.text(found)[slice(*span)], self.cited(found), self.confidence, self.asked.kind, span=span)
        return self.with_confidence(reply, "cell", missing=0, strength=1.0)

    def with_confidence(
        self,
        reply: Reply,
        form: ReplyForm,
        *,
        context: Collection[str] = (),
        missing: int | None = None,
        strength: float,
    ) -> Reply:
        """Return a reply with the confidence computed from its form.

        Parameters
        ----------
        reply : Reply
        form : ReplyForm
        context : collection of str
            Terms that count as found although the excerpts lack them: of column names and headings.
        missing : int, optional
            Number of the question's terms not found; by default counted over the excerpts, titles and `context`.
        strength : float
            See `FormFeatures`.
        """
        asked = {*terms(self.question)} - asking_terms()
        if missing is None:
            titles = (self.documents[one.document].title for one in reply.citations)
            found = {*terms(" ".join([*(one.text for one in reply.citations), *titles])), *context}
            missing = len(asked - found)
        best = self.spans[0]
        features = form_features(
            self.confidence,
            agreement=any(one.overlaps(best.document_id, best.start, best.end) for one in reply.citations),
            coverage=1 - min(1.0, missing / max(1, len(asked))),
            strength=strength,
        )
        return replace(reply, confidence=confidence_in_form(form, features), confidence_basis=(form, features))
