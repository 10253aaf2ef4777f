"""Turn questions of a set into cases, ask them, and label their candidate spans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.evaluation import Evidence, Question, contains_answer, touches
from qa.pipeline import QA
from qa.protocols import AnswerSpan
from qa.types import Document, Progress


@dataclass(frozen=True, slots=True)
class Case:
    """A question to ask, and its right answers."""

    question: str
    answers: tuple[str, ...]  # accepted ones
    documents: tuple[str, ...] | None  # ids of those to ask; None for all
    kind: str  # "answerable", or "near-miss" or "off-topic" if the documents do not contain the answer
    source: str  # name of its question set
    evidence: tuple[Evidence, ...] = ()  # used where there are no accepted answers

    def is_right(self, span: AnswerSpan, excerpt: str) -> bool:
        """Return whether an excerpt, with the span of it, answers the question."""
        if self.kind != "answerable":
            return False
        if self.answers:
            return contains_answer(excerpt, self.answers)
        return touches(Evidence(span.document_id, span.excerpt_start, span.excerpt_end), self.evidence)


@dataclass(frozen=True, slots=True)
class LabelledSpans:
    """The candidate spans of a case, labelled."""

    case: Case
    features: NDArray[np.float64]  # shape (spans, features): those of the span, then the fused score of its passage
    right: NDArray[np.bool_]  # shape (spans,): whether the span's excerpt answers the question


def cases_of(questions: Sequence[Question], documents: Mapping[str, Document], source: str) -> Iterator[Case]:
    """Yield each question, and those about one document also about the next one, as off-topic.

    An unanswerable question is a near miss. The next document is the one that the set names next; a question is not
    asked about it if it mentions an accepted answer.
    """
    named = list(dict.fromkeys(question.document for question in questions if question.document is not None))
    after = dict(zip(named, [*named[1:], *named[:1]], strict=True))
    for question in questions:
        own = question.document
        kind = "answerable" if question.answerable else "near-miss"
        asked = None if own is None else (own,)
        yield Case(question.question, question.answers, asked, kind, source, question.evidence)
        other = own if own is None else after[own]
        if other is not None and other != own and not contains_answer(documents[other].text, question.answers):
            yield Case(question.question, question.answers, (other,), "off-topic", source)


def label(bot: QA, cases: Sequence[Case], progress: Progress | None = None) -> list[LabelledSpans]:
    """Ask every case, and label each candidate span as right or wrong; cases without spans are left out."""
    labelled = []
    for done, case in enumerate(cases, start=1):
        passages = bot.search(case.question, bot.settings.passages_read, documents=case.documents)
        spans = bot.reader.read(case.question, passages)
        texts = [bot.documents[span.document_id].text[span.excerpt_start : span.excerpt_end] for span in spans]
        if spans:
            features = np.array([(*span.features, span.passage_score) for span in spans])
            right = np.array([case.is_right(span, text) for span, text in zip(spans, texts, strict=True)])
            labelled.append(LabelledSpans(case, features, right))
        if progress:
            progress(done, len(cases))
    return labelled
