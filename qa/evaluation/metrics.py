"""Pure measures of answers: no files, no models, the same input always gives the same numbers.

Every share is between 0 and 1. A share over nothing is None, never 0.

Exact match and token F1 are those of SQuAD: Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of
Text" (EMNLP 2016, https://arxiv.org/abs/1606.05250), with the handling of no-answer questions of Rajpurkar, Jia and
Liang, "Know What You Don't Know" (ACL 2018, https://arxiv.org/abs/1806.03822), as in the official evaluation scripts.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa.evaluation.questions import Evidence, Question

if TYPE_CHECKING:
    from qa.types import Document, JSONObject

Metrics = dict[str, float | None]
"""Names and values of measures; None where there is nothing to measure."""

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True, slots=True)
class QuestionScore:
    """How one question went. None stands for "does not apply".

    Attributes
    ----------
    id : str
        The question's id.
    answerable : bool
        As the question set says.
    failed : bool
        True when there is no answer, because asking raised an error. Such a question scores 0 and has not declined.
    declined : bool
        True when the bot abstained.
    exact_match, f1 : float or None
        Of the short answer, 0 to 1; for answerable questions with accepted answers.
    answer_in_first_excerpt, answer_in_any_excerpt : bool or None
        Whether an accepted answer stands in the first citation, or in any; for the same questions.
    first_citation_hits_evidence, any_citation_hits_evidence : bool or None
        Whether the first citation, or any, touches the evidence; for answerable questions with evidence.
    citations : int
        Number of citations.
    verbatim_citations : int
        How many of them equal their span of the loaded document.
    latency_ms : float or None
        Total time of the answer in milliseconds, as the bot reports it.
    """

    id: str
    answerable: bool
    failed: bool
    declined: bool
    exact_match: float | None
    f1: float | None
    answer_in_first_excerpt: bool | None
    answer_in_any_excerpt: bool | None
    first_citation_hits_evidence: bool | None
    any_citation_hits_evidence: bool | None
    citations: int
    verbatim_citations: int
    latency_ms: float | None


def normalize_answer(text: str) -> str:
    """Return the text in SQuAD's normal form.

    Lower case, without ASCII punctuation, without the articles "a", "an" and "the", with single spaces, as
    ``normalize_answer`` of the official SQuAD evaluation scripts does.
    """
    without_punctuation = text.lower().translate(_WITHOUT_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", without_punctuation).split())


def exact_match(prediction: str, answers: Sequence[str]) -> float:
    """Return 1.0 when the normalised prediction equals a normalised accepted answer, else 0.0 (SQuAD's "exact").

    Parameters
    ----------
    prediction : str
        The short answer; empty for none.
    answers : sequence of str
        Accepted answers; none given means that the right prediction is empty.
    """
    return float(normalize_answer(prediction) in _accepted(answers))


def token_f1(prediction: str, answers: Sequence[str]) -> float:
    """Return the best F1 of shared words between the prediction and an accepted answer, 0 to 1 (SQuAD's "f1").

    Words are those of the normal form, counted as often as they stand there. Where either side has no words, the
    value is 1 when both have none, else 0.

    Parameters
    ----------
    prediction : str
        The short answer; empty for none.
    answers : sequence of str
        Accepted answers; none given means that the right prediction is empty.
    """
    predicted = normalize_answer(prediction).split()
    return max(_f1(predicted, answer.split()) for answer in _accepted(answers))


def holds_answer(text: str, answers: Sequence[str]) -> bool:
    """Return whether an accepted answer stands in the text as whole words, both in SQuAD's normal form.

    The normal form joins words across punctuation ("China's" becomes "chinas"), so that "China" is not held by
    "China's". An answer without words in normal form is never held.
    """
    normal_text = normalize_answer(text)
    return any(
        re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", normal_text) is not None
        for answer in _accepted(answers)
        if answer
    )


def touches(citation_span: Evidence, evidence: Iterable[Evidence]) -> bool:
    """Return whether the span shares at least one character with a span of evidence in the same document."""
    return any(
        citation_span.document == span.document and citation_span.start < span.end and span.start < citation_span.end
        for span in evidence
    )


def is_verbatim(citation: JSONObject, documents: Mapping[str, Document]) -> bool:
    """Return whether a citation, as JSON, equals its span of the loaded document.

    Parameters
    ----------
    citation : dict
        With "document", "start", "end" and "text", as in an answer's JSON.
    documents : mapping of str to Document
        The loaded documents by id.
    """
    document = documents.get(citation["document"])
    start, end = citation["start"], citation["end"]
    # The bounds are checked because a slice outside them would silently give another text.
    if document is None or not 0 <= start < end <= len(document.text):
        return False
    return bool(document.text[start:end] == citation["text"])


def score(question: Question, prediction: JSONObject | None, documents: Mapping[str, Document]) -> QuestionScore:
    """Compare one answer with what the question set says.

    Parameters
    ----------
    question : Question
    prediction : dict or None
        The answer as JSON; None when asking raised an error.
    documents : mapping of str to Document
        The loaded documents by id, against which every citation is checked anew.

    Returns
    -------
    QuestionScore
        A declined or failed question scores 0 in every measure that applies to it.
    """
    citations = prediction["citations"] if prediction is not None else []
    short_answer = prediction["answer"] if prediction is not None else None
    spans = [Evidence(citation["document"], citation["start"], citation["end"]) for citation in citations]
    has_answers = question.answerable and bool(question.answers)
    has_evidence = question.answerable and bool(question.evidence)
    held = [holds_answer(citation["text"], question.answers) for citation in citations] if has_answers else []
    hits = [touches(span, question.evidence) for span in spans] if has_evidence else []
    # A declined question is 0 by decree: SQuAD's rule for two empty sides must not reward it.
    answered = short_answer is not None
    return QuestionScore(
        id=question.id,
        answerable=question.answerable,
        failed=prediction is None,
        declined=prediction is not None and bool(prediction["abstained"]),
        exact_match=float(answered and exact_match(short_answer or "", question.answers)) if has_answers else None,
        f1=float(answered and token_f1(short_answer or "", question.answers)) if has_answers else None,
        answer_in_first_excerpt=any(held[:1]) if has_answers else None,
        answer_in_any_excerpt=any(held) if has_answers else None,
        first_citation_hits_evidence=any(hits[:1]) if has_evidence else None,
        any_citation_hits_evidence=any(hits) if has_evidence else None,
        citations=len(citations),
        verbatim_citations=sum(is_verbatim(citation, documents) for citation in citations),
        latency_ms=prediction["timings_ms"]["total"] if prediction is not None else None,
    )


def summarize(records: Sequence[QuestionScore]) -> Metrics:
    """Sum up the scores of a question set.

    Parameters
    ----------
    records : sequence of QuestionScore
        One per question.

    Returns
    -------
    dict
        Counts: ``questions``, ``answerable``, ``unanswerable``, ``with_answers`` and ``with_evidence`` (answerable
        questions that have them), ``errors`` (questions without an answer) and ``citations``.

        Means over the questions with answers, 0 to 1: ``exact_match``, ``f1``, ``answer_in_first_excerpt``,
        ``answer_in_any_excerpt``. Over those with evidence: ``first_citation_hits_evidence``,
        ``any_citation_hits_evidence``. Over all answerable ones: ``declined_answerable``; over the unanswerable ones:
        ``declined_unanswerable``. Over all citations: ``verbatim_citations``.

        Milliseconds, over the questions with an answer: ``latency_ms_median`` and ``latency_ms_p95`` (95th percentile,
        linear interpolation). Any mean over nothing is None.
    """
    answerable = [record for record in records if record.answerable]
    unanswerable = [record for record in records if not record.answerable]
    citations = sum(record.citations for record in records)
    latencies = [record.latency_ms for record in records if record.latency_ms is not None]
    return {
        "questions": len(records),
        "answerable": len(answerable),
        "unanswerable": len(unanswerable),
        "with_answers": sum(record.exact_match is not None for record in records),
        "with_evidence": sum(record.any_citation_hits_evidence is not None for record in records),
        "errors": sum(record.failed for record in records),
        "exact_match": _mean(record.exact_match for record in records),
        "f1": _mean(record.f1 for record in records),
        "answer_in_first_excerpt": _mean(record.answer_in_first_excerpt for record in records),
        "answer_in_any_excerpt": _mean(record.answer_in_any_excerpt for record in records),
        "first_citation_hits_evidence": _mean(record.first_citation_hits_evidence for record in records),
        "any_citation_hits_evidence": _mean(record.any_citation_hits_evidence for record in records),
        "declined_answerable": _mean(record.declined for record in answerable),
        "declined_unanswerable": _mean(record.declined for record in unanswerable),
        "citations": citations,
        "verbatim_citations": sum(record.verbatim_citations for record in records) / citations if citations else None,
        "latency_ms_median": _percentile(latencies, 50),
        "latency_ms_p95": _percentile(latencies, 95),
    }


def _accepted(answers: Sequence[str]) -> list[str]:
    """Return the answers in normal form without empty ones; one empty answer when none is left, as SQuAD does."""
    return [normal for normal in map(normalize_answer, answers) if normal] or [""]


def _f1(predicted: Sequence[str], accepted: Sequence[str]) -> float:
    if not predicted or not accepted:
        return float(not predicted and not accepted)
    shared = (Counter(predicted) & Counter(accepted)).total()
    # Equals 2PR / (P + R) with precision P = shared / predicted and recall R = shared / accepted.
    return 2 * shared / (len(predicted) + len(accepted))


def _mean(values: Iterable[float | None]) -> float | None:
    applying = [value for value in values if value is not None]
    return sum(applying) / len(applying) if applying else None


def _percentile(values: Sequence[float], percent: float) -> float | None:
    if not values:
        return None
    import numpy as np

    return float(np.percentile(values, percent))
