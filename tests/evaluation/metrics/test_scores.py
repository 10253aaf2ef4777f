"""The score of one question, against values computed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from typing import Any

import pytest

from qa.evaluation import Evidence, Question, QuestionScore, is_verbatim, score
from qa.types import Document

TEXT = "China bought 24 jets. Russia sold them."
DOCUMENTS = {"jets.md": Document(id="jets.md", text=TEXT, title="Jets", source="jets.md")}

ANSWERABLE = Question("a", "Who bought?", answers=("China",), evidence=(Evidence("jets.md", 0, 21),))
UNANSWERABLE = Question("u", "Who flew them?", answerable=False)


def citation(start: int, end: int, text: str | None = None, document: str = "jets.md") -> dict[str, Any]:
    return {"document": document, "start": start, "end": end, "text": TEXT[start:end] if text is None else text}


def prediction(
    answer: str | None, *citations: dict[str, Any], passages: Sequence[tuple[int, int]] = (), milliseconds: float = 10.0
) -> dict[str, Any]:
    return {
        "answer": answer,
        "abstained": answer is None,
        "confidence": 0.25 if answer is None else 0.75,
        "citations": list(citations),
        "passages": [{"document": "jets.md", "start": start, "end": end, "score": 1.0} for start, end in passages],
        "timings_ms": {"total": milliseconds},
    }


@pytest.mark.parametrize(
    ("value", "verbatim"),
    [
        pytest.param(citation(0, 5), True, id="exact"),
        pytest.param(citation(0, len(TEXT)), True, id="whole-text"),
        pytest.param(citation(0, 5, "china"), False, id="other-case"),
        pytest.param(citation(0, 6, "China"), False, id="other-end"),
        pytest.param(citation(0, 5, document="none.md"), False, id="unknown-document"),
        pytest.param(citation(-5, -1), False, id="negative-span"),
        pytest.param(citation(7, len(TEXT) + 9, TEXT[7:]), False, id="past-the-end"),
        pytest.param(citation(5, 5, ""), False, id="empty"),
    ],
)
def test_verbatim(value: dict[str, Any], verbatim: bool) -> None:
    assert is_verbatim(value, DOCUMENTS) is verbatim


def test_an_answer_whose_second_excerpt_is_right() -> None:
    cited = [citation(22, 39), citation(0, 21)]
    answer = prediction("China", *cited, passages=[(22, 39), (0, 39)], milliseconds=7.5)
    result = score(ANSWERABLE, answer, DOCUMENTS)
    assert result == QuestionScore(
        id="a",
        answerable=True,
        failed=False,
        declined=False,
        exact_match=1.0,
        f1=1.0,
        answer_in_first_excerpt=False,
        answer_in_any_excerpt=True,
        first_citation_hits_evidence=False,
        any_citation_hits_evidence=True,
        citations=2,
        verbatim_citations=2,
        latency_ms=7.5,
        confidence=0.75,
        right=False,
        question_word="who",
        answer_type="name",
        document="jets.md",
        citation_precision=1 / 2,
        citation_recall=1.0,
        passage_recall_at_1=0.0,
        passage_recall_at_5=1.0,
        passage_recall_at_10=1.0,
        reciprocal_rank=1 / 2,
        ndcg_at_10=result.ndcg_at_10,
        character_recall=1.0,
        character_precision=21 / 39,
        character_iou=21 / 39,
    )
    assert result.ndcg_at_10 == pytest.approx(1 / log2(3))


@pytest.mark.parametrize(
    ("given_prediction", "declined", "failed"),
    [pytest.param(prediction(None), True, False, id="declined"), pytest.param(None, False, True, id="failed")],
)
def test_a_declined_or_failed_question_scores_zero(
    given_prediction: dict[str, Any] | None, declined: bool, failed: bool
) -> None:
    result = score(ANSWERABLE, given_prediction, DOCUMENTS)
    assert (result.declined, result.failed) == (declined, failed)
    assert (result.exact_match, result.f1) == (0, 0)
    assert (result.answer_in_first_excerpt, result.answer_in_any_excerpt) == (False, False)
    assert (result.first_citation_hits_evidence, result.any_citation_hits_evidence) == (False, False)
    assert (result.right, result.citation_precision, result.citation_recall) == (None, None, 0)


@pytest.mark.parametrize(
    ("accepted", "answer", "exact", "f1", "in_first"),
    [
        (["yes"], "Yes. China bought 24 jets.", 1.0, 1.0, None),
        (["no"], "Yes. China bought 24 jets.", 0.0, 0.0, None),
        (["yes"], "China bought 24 jets.", 0.0, 0.0, None),
        (["Yes", "China bought jets"], "Yes. China bought 24 jets.", 1.0, 1.0, False),
        (["Yes", "China bought 24"], "China bought 24", 1.0, 1.0, True),
    ],
    ids=["right", "wrong", "not given", "with a phrase", "phrase"],
)
def test_yes_and_no_are_compared_with_what_the_answer_begins_with(
    accepted: list[str], answer: str, exact: float, f1: float, in_first: bool | None
) -> None:
    question = Question("y", "Did China buy jets?", answers=tuple(accepted), evidence=(Evidence("jets.md", 0, 21),))
    result = score(question, prediction(answer, citation(0, 21)), DOCUMENTS)
    assert (result.exact_match, result.f1) == (exact, f1)
    assert (result.answer_in_first_excerpt, result.answer_in_any_excerpt) == (in_first, in_first)


def test_declining_is_no_match_for_an_answer_without_words() -> None:
    result = score(Question("a", "Which sign?", answers=("%",)), prediction(None), DOCUMENTS)
    assert (result.exact_match, result.f1) == (0, 0)


@pytest.mark.parametrize(
    "question",
    [
        pytest.param(UNANSWERABLE, id="unanswerable"),
        pytest.param(Question("b", "Why?"), id="nothing-known"),
        pytest.param(
            Question("c", "Why?", answerable=False, evidence=(Evidence("jets.md", 0, 21),)), id="unanswerable-evidence"
        ),
    ],
)
def test_what_does_not_apply_is_none(question: Question) -> None:
    result = score(question, prediction("China", citation(0, 5)), DOCUMENTS)
    assert result.exact_match is None
    assert result.f1 is None
    assert result.answer_in_first_excerpt is None
    assert result.answer_in_any_excerpt is None
    assert result.first_citation_hits_evidence is None
    assert result.any_citation_hits_evidence is None
    assert result.citation_precision is None
    assert result.citation_recall is None
    assert result.ndcg_at_10 is None
    assert result.character_iou is None
    assert result.verbatim_citations == 1


FIRST, SECOND = citation(0, 21), citation(22, 39)
ONLY_EVIDENCE = Question("e", "Who bought?", evidence=(Evidence("jets.md", 0, 21),))


@pytest.mark.parametrize(
    ("question", "given_prediction", "right"),
    [
        pytest.param(ANSWERABLE, prediction("24", FIRST), True, id="accepted-answer-in-the-first-excerpt"),
        pytest.param(ANSWERABLE, prediction("China", SECOND, FIRST), False, id="only-in-the-second"),
        pytest.param(ONLY_EVIDENCE, prediction("x", citation(20, 30)), True, id="evidence-touched"),
        pytest.param(ONLY_EVIDENCE, prediction("x", citation(22, 30)), False, id="evidence-missed"),
        pytest.param(Question("n", "Who bought?"), prediction("x", FIRST), None, id="nothing-known"),
        pytest.param(UNANSWERABLE, prediction("x", FIRST), False, id="unanswerable-but-answered"),
        pytest.param(UNANSWERABLE, prediction(None), None, id="unanswerable-declined"),
        pytest.param(ANSWERABLE, prediction(None), None, id="declined"),
        pytest.param(ANSWERABLE, None, None, id="failed"),
    ],
)
def test_right_is_measured_of_given_answers(
    question: Question, given_prediction: dict[str, Any] | None, right: bool | None
) -> None:
    assert score(question, given_prediction, DOCUMENTS).right is right


def test_declining_does_not_hide_what_was_retrieved() -> None:
    result = score(ANSWERABLE, prediction(None, passages=[(0, 21)]), DOCUMENTS)
    assert (result.passage_recall_at_1, result.reciprocal_rank, result.character_iou) == (1, 1, 1)


@pytest.mark.parametrize(
    ("asked_within", "evidence_in", "document"),
    [
        pytest.param("a.md", ["b.md"], "a.md", id="asked-within"),
        pytest.param(None, ["b.md", "b.md"], "b.md", id="all-evidence-in-one"),
        pytest.param(None, ["a.md", "b.md"], None, id="evidence-in-two"),
        pytest.param(None, [], None, id="nothing-known"),
    ],
)
def test_the_document_of_a_question(asked_within: str | None, evidence_in: list[str], document: str | None) -> None:
    evidence = tuple(Evidence(name, start, start + 1) for start, name in enumerate(evidence_in))
    assert score(Question("q", "?", document=asked_within, evidence=evidence), None, DOCUMENTS).document == document
