"""Score one question by comparing its answer with the question set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qa.evaluation.datasets.answers import contains_answer
from qa.evaluation.datasets.types import Evidence, Question
from qa.evaluation.metrics.generated import READ_BACK, GeneratedScore, score_generated
from qa.evaluation.metrics.kinds import facts_of, given_polarity, kind_measures, polarity
from qa.evaluation.metrics.retrieval import character_overlap, ndcg, recall, reciprocal_rank, touches
from qa.evaluation.metrics.slices import answer_type, question_word
from qa.evaluation.metrics.squad import exact_match, token_f1
from qa.types import Document, JSONObject

_FAILED: JSONObject = {
    "answer": None,
    "abstained": False,
    "confidence": None,
    "citations": [],
    "passages": [],
    "timings_ms": {"total": None},
}


@dataclass(frozen=True, slots=True)
class QuestionScore:
    """Score of one question; None means "not applicable"."""

    __pydantic_config__ = READ_BACK

    id: str
    answerable: bool  # according to the question set
    failed: bool  # whether the question raised an error; it then scores 0 and is not declined
    declined: bool
    # For answerable questions with accepted answers: of the short answer, 0 to 1. Where these begin with yes or no, of
    # the yes or no that the answer begins with, if that is better
    exact_match: float | None
    f1: float | None
    # For the same questions, but those with no accepted answer that an excerpt could contain (yes, no): whether the
    # citations contain an accepted answer
    answer_in_first_excerpt: bool | None
    answer_in_any_excerpt: bool | None
    # For answerable questions with evidence: whether the citations overlap it
    first_citation_hits_evidence: bool | None
    any_citation_hits_evidence: bool | None
    citations: int
    verbatim_citations: int  # how many of them equal their span of the loaded document
    latency_ms: float | None  # total time of the answer; in a run, None for questions asked in a batch
    confidence: float | None = None  # of the answer, given or declined, 0 to 1; None if failed
    # Whether an answer given is right: the first citation contains an accepted answer or, if the set has only evidence,
    # overlaps it; False for an unanswerable question. None if no answer was given, or the set has neither. For yes or
    # no, the answer must not begin with the opposite, and the first citation must overlap the evidence; without
    # evidence, the answer must begin with the accepted word.
    right: bool | None = None
    question_word: str = "other"  # see `qa.evaluation.metrics.slices`, as for `answer_type`
    answer_type: str | None = None  # for answerable questions with accepted answers
    document: str | None = None  # id of the document asked about, or else of the one with all evidence
    # For answerable questions with evidence: the share of the citations that overlap it, None without citations, and
    # the share of the evidence that overlaps a citation
    citation_precision: float | None = None
    citation_recall: float | None = None
    # For the same questions, answered or declined; see `qa.evaluation.metrics.retrieval`
    passage_recall_at_1: float | None = None
    passage_recall_at_5: float | None = None
    passage_recall_at_10: float | None = None
    reciprocal_rank: float | None = None
    ndcg_at_10: float | None = None
    character_recall: float | None = None
    character_precision: float | None = None
    character_iou: float | None = None
    generated: GeneratedScore | None = None  # None if no language model was asked
    kind: str | None = None  # of the question, as the answer names it
    # Of single kinds of questions; see `qa.evaluation.metrics.kinds.kind_measures`
    item_recall: float | None = None
    polarity_given: bool | None = None
    polarity_right: bool | None = None
    both_sides: bool | None = None
    cell_exact: bool | None = None


def score(question: Question, prediction: JSONObject | None, documents: Mapping[str, Document]) -> QuestionScore:
    """Compare an answer as JSON, None if the question raised an error, with the question set and the loaded documents.

    A declined or failed question scores 0 in all applicable metrics of answers and citations.
    """
    given = _FAILED if prediction is None else prediction
    citations = given["citations"]
    # For a sentence or a list, the highlighted words are compared with the accepted answers.
    short_answer = given.get("short") or given["answer"]
    yes_or_no = polarity(question.answers) is not None
    texts = [text for text in (short_answer, given_polarity(given) if yes_or_no else None) if text is not None]
    has_answers = question.answerable and bool(question.answers)
    has_evidence = question.answerable and bool(question.evidence)
    # No excerpt contains a "yes" that answers.
    quotable = [answer for answer in question.answers if has_answers and not (yes_or_no and polarity([answer]))]
    contains = [contains_answer(citation["text"], quotable) for citation in citations] if quotable else []
    cited = _spans(citations)
    hits = [touches(span, question.evidence) for span in cited] if has_evidence else []
    return QuestionScore(
        id=question.id,
        answerable=question.answerable,
        failed=prediction is None,
        declined=bool(given["abstained"]),
        exact_match=max((exact_match(text, question.answers) for text in texts), default=0.0) if has_answers else None,
        f1=max((token_f1(text, question.answers) for text in texts), default=0.0) if has_answers else None,
        answer_in_first_excerpt=any(contains[:1]) if quotable else None,
        answer_in_any_excerpt=any(contains) if quotable else None,
        first_citation_hits_evidence=any(hits[:1]) if has_evidence else None,
        any_citation_hits_evidence=any(hits) if has_evidence else None,
        citations=len(citations),
        verbatim_citations=sum(is_verbatim(citation, documents) for citation in citations),
        latency_ms=given["timings_ms"]["total"],
        confidence=given["confidence"],
        right=_is_right(question, given, contains, hits) if short_answer is not None else None,
        question_word=question_word(question.question),
        answer_type=answer_type(question.answers) if has_answers else None,
        document=document_of(question),
        citation_precision=sum(hits) / len(hits) if hits else None,
        citation_recall=recall(cited, question.evidence) if has_evidence else None,
        generated=score_generated(given, facts_of(question)),
        kind=given.get("kind"),
        **_retrieval(_spans(given["passages"]), question.evidence) if has_evidence else {},
        **kind_measures(question, given, cited, documents),
    )


def is_verbatim(citation: JSONObject, documents: Mapping[str, Document]) -> bool:
    """Return whether a citation, as in an answer's JSON, equals its span of the loaded document."""
    document = documents.get(citation["document"])
    start, end = citation["start"], citation["end"]
    # A slice out of bounds would be another text.
    if document is None or not 0 <= start < end <= len(document.text):
        return False
    return bool(document.text[start:end] == citation["text"])


def _is_right(
    question: Question, prediction: JSONObject, contains: Sequence[bool], hits: Sequence[bool]
) -> bool | None:
    if not question.answerable:
        return False
    if wanted := polarity(question.answers):
        # No excerpt contains the word itself.
        given = given_polarity(prediction)
        return any(hits[:1] or [not question.evidence]) and (given == wanted if given else bool(question.evidence))
    if question.answers:
        return any(contains[:1])
    return any(hits[:1]) if question.evidence else None


def document_of(question: Question) -> str | None:
    """Return the id of the document asked about, or else of the one with all evidence."""
    if question.document is not None:
        return question.document
    named = {span.document for span in question.evidence}
    return named.pop() if len(named) == 1 else None


def _retrieval(passages: Sequence[Evidence], evidence: Sequence[Evidence]) -> dict[str, Any]:
    overlap = character_overlap(passages, evidence)
    return {
        "passage_recall_at_1": recall(passages[:1], evidence),
        "passage_recall_at_5": recall(passages[:5], evidence),
        "passage_recall_at_10": recall(passages[:10], evidence),
        "reciprocal_rank": reciprocal_rank(passages, evidence),
        "ndcg_at_10": ndcg(passages, evidence),
        "character_recall": overlap[0],
        "character_precision": overlap[1],
        "character_iou": overlap[2],
    }


def _spans(rows: Sequence[JSONObject]) -> list[Evidence]:
    return [Evidence(row["document"], row["start"], row["end"]) for row in rows]


def outcome(score: QuestionScore) -> str:
    """Return "failed", "declined", "right", "wrong" or, if the set has no right answer, "unjudged"."""
    if score.failed:
        return "failed"
    if score.declined:
        return "declined"
    return {True: "right", False: "wrong", None: "unjudged"}[score.right]


def is_correct(score: QuestionScore) -> bool | None:
    """Return whether a question was answered right or rightly declined; None if the set does not tell."""
    found = outcome(score)
    return None if found == "unjudged" else found == "right" or (found == "declined" and not score.answerable)
