"""Measures, against values computed by hand and against what must hold for any input."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation import (
    Evidence,
    Question,
    QuestionScore,
    exact_match,
    holds_answer,
    is_verbatim,
    normalize_answer,
    score,
    summarize,
    token_f1,
    touches,
)
from qa.types import Document

TEXT = "China bought 24 jets. Russia sold them."
DOCUMENTS = {"jets.md": Document(id="jets.md", text=TEXT, title="Jets", source="jets.md")}

ANSWERABLE = Question("a", "Who bought?", answers=("China",), evidence=(Evidence("jets.md", 0, 21),))
UNANSWERABLE = Question("u", "Who flew them?", answerable=False)

words = st.lists(st.sampled_from(["the", "a", "red", "Red!", "blue", "24", "U.S.", "—"]), max_size=6).map(" ".join)
texts = st.one_of(words, st.text(max_size=30))


def citation(start: int, end: int, text: str | None = None, document: str = "jets.md") -> dict[str, Any]:
    return {"document": document, "start": start, "end": end, "text": TEXT[start:end] if text is None else text}


def prediction(answer: str | None, *citations: dict[str, Any], milliseconds: float = 10.0) -> dict[str, Any]:
    return {
        "answer": answer,
        "abstained": answer is None,
        "citations": list(citations),
        "timings_ms": {"total": milliseconds},
    }


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        pytest.param("The  U.S.-led\tAN apple", "usled apple", id="case-punctuation-articles-space"),
        pytest.param("Theatre, anthem, Ana", "theatre anthem ana", id="articles-are-whole-words"),
        pytest.param("a.n", "", id="article-made-by-punctuation"),
        pytest.param("Su-27s", "su27s", id="hyphen"),
        pytest.param("“24” jets", "“24” jets", id="only-ASCII-punctuation"),
        pytest.param("  the ", "", id="nothing-left"),
    ],
)
def test_normal_form(text: str, normal: str) -> None:
    assert normalize_answer(text) == normal


@pytest.mark.parametrize(
    ("predicted", "answers", "exact", "f1"),
    [
        pytest.param("the Eiffel Tower!", ["Eiffel Tower"], 1, 1, id="same-in-normal-form"),
        pytest.param("Denver Broncos won", ["Denver Broncos"], 0, 0.8, id="P=2/3,R=1"),
        pytest.param("Denver", ["Denver Broncos"], 0, 2 / 3, id="P=1,R=1/2"),
        pytest.param("Denver Broncos won", ["Panthers", "Denver Broncos", "Broncos"], 0, 0.8, id="best-of-three"),
        pytest.param("Broncos", ["Denver Broncos", "The Broncos"], 1, 1, id="second-answer"),
        pytest.param("red red blue", ["red blue blue"], 0, 2 / 3, id="words-counted-as-often-as-shared"),
        pytest.param("China", ["Russia"], 0, 0, id="nothing-shared"),
        pytest.param("", [], 1, 1, id="no-answer-both"),
        pytest.param("the", [], 1, 1, id="no-answer-in-normal-form"),
        pytest.param("China", [], 0, 0, id="no-answer-but-predicted"),
        pytest.param("", ["China"], 0, 0, id="answer-but-none-predicted"),
        pytest.param("", ["The", "China"], 0, 0, id="answers-empty-in-normal-form-are-dropped"),
    ],
)
def test_squad_values(predicted: str, answers: list[str], exact: float, f1: float) -> None:
    assert exact_match(predicted, answers) == exact
    assert token_f1(predicted, answers) == pytest.approx(f1)


@given(texts, st.lists(texts, max_size=3))
def test_values_stay_within_bounds(predicted: str, answers: list[str]) -> None:
    exact, f1 = exact_match(predicted, answers), token_f1(predicted, answers)
    assert exact in {0.0, 1.0}
    assert exact <= f1 <= 1
    assert f1 >= 0


@given(texts, texts)
def test_f1_of_one_answer_is_symmetric(one: str, other: str) -> None:
    assert token_f1(one, [other]) == token_f1(other, [one])
    assert token_f1(one, [one]) == 1


@given(texts, st.lists(texts, min_size=1, max_size=3), texts)
def test_more_accepted_answers_never_lower_the_score(predicted: str, answers: list[str], more: str) -> None:
    # An answer without words stands for "no answer" until one with words is accepted.
    if any(normalize_answer(answer) for answer in answers):
        assert token_f1(predicted, [*answers, more]) >= token_f1(predicted, answers)


@pytest.mark.parametrize(
    ("text", "answers", "held"),
    [
        pytest.param("China bought 24 jets.", ["24 jets"], True, id="words"),
        pytest.param("CHINA bought the 24, jets", ["China", "x"], True, id="normal-form"),
        pytest.param("They bought 124 jets", ["24"], False, id="part-of-a-number"),
        pytest.param("It cost 1.5 billion", ["5 billion"], False, id="part-of-a-decimal"),
        pytest.param("Chinatown", ["China"], False, id="part-of-a-word"),
        pytest.param("said “China” again", ["China"], True, id="in-curly-quotes"),
        pytest.param("China", [], False, id="no-answers"),
        pytest.param("China", ["the"], False, id="no-words"),
        pytest.param("", ["China"], False, id="no-text"),
        pytest.param("24 (jets)", ["(24"], True, id="punctuation-is-no-pattern"),
    ],
)
def test_holding_an_answer(text: str, answers: list[str], held: bool) -> None:
    assert holds_answer(text, answers) is held


@given(words, words, words)
def test_what_is_put_between_other_words_is_held(before: str, answer: str, after: str) -> None:
    if normalize_answer(answer):
        assert holds_answer(f"{before} {answer} {after}", [answer])


@pytest.mark.parametrize(
    ("start", "end", "document", "touched"),
    [
        pytest.param(0, 5, "jets.md", False, id="ends-where-it-starts"),
        pytest.param(0, 6, "jets.md", True, id="first-character"),
        pytest.param(6, 7, "jets.md", True, id="inside"),
        pytest.param(0, 99, "jets.md", True, id="around"),
        pytest.param(8, 9, "jets.md", True, id="last-character"),
        pytest.param(9, 12, "jets.md", False, id="starts-where-it-ends"),
        pytest.param(5, 9, "other.md", False, id="another-document"),
    ],
)
def test_touching(start: int, end: int, document: str, touched: bool) -> None:
    span = Evidence(document, start, end)
    assert touches(span, [Evidence("none.md", 0, 99), Evidence("jets.md", 5, 9)]) is touched
    assert not touches(span, [])


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


def test_a_right_answer() -> None:
    result = score(ANSWERABLE, prediction("China", citation(22, 39), citation(0, 21), milliseconds=7.5), DOCUMENTS)
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
    )


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
    assert result.verbatim_citations == 1


def test_a_summary_by_hand() -> None:
    without_evidence = Question("b", "How many?", answers=("24 jets",))
    records = [
        score(ANSWERABLE, prediction("China", citation(0, 21), milliseconds=10), DOCUMENTS),
        score(without_evidence, prediction("24", citation(22, 39, "lie"), milliseconds=20), DOCUMENTS),
        score(ANSWERABLE, prediction(None, milliseconds=30), DOCUMENTS),
        score(ANSWERABLE, None, DOCUMENTS),
        score(Question("n", "Why?"), prediction("so", citation(0, 5), citation(0, 6), milliseconds=40), DOCUMENTS),
        score(UNANSWERABLE, prediction(None, milliseconds=50), DOCUMENTS),
        score(UNANSWERABLE, None, DOCUMENTS),
    ]
    assert summarize(records) == {
        "questions": 7,
        "answerable": 5,
        "unanswerable": 2,
        "with_answers": 4,
        "with_evidence": 3,
        "errors": 2,
        "exact_match": 1 / 4,
        "f1": pytest.approx((1 + 2 / 3) / 4),
        "answer_in_first_excerpt": 1 / 4,
        "answer_in_any_excerpt": 1 / 4,
        "first_citation_hits_evidence": 1 / 3,
        "any_citation_hits_evidence": 1 / 3,
        "declined_answerable": 1 / 5,
        "declined_unanswerable": 1 / 2,
        "citations": 4,
        "verbatim_citations": 3 / 4,
        "latency_ms_median": 30,
        "latency_ms_p95": pytest.approx(48),
    }


def test_a_share_over_nothing_is_none() -> None:
    counts = {"questions", "answerable", "unanswerable", "with_answers", "with_evidence", "errors", "citations"}
    summary = summarize([])
    assert {name for name, value in summary.items() if value == 0} == counts
    assert all(value is None for name, value in summary.items() if name not in counts)


questions = st.builds(
    Question,
    id=st.just("q"),
    question=st.just("?"),
    answers=st.lists(texts, max_size=2).map(tuple),
    evidence=st.lists(st.just(Evidence("jets.md", 4, 9)), max_size=1).map(tuple),
    answerable=st.booleans(),
)
citations = st.builds(citation, st.integers(-2, 45), st.integers(-2, 45), st.none() | texts)
predictions = st.none() | st.builds(
    lambda answer, cited: prediction(answer, *cited), st.none() | texts, st.lists(citations, max_size=3)
)


@given(st.lists(st.tuples(questions, predictions), max_size=6))
def test_every_share_of_a_summary_is_within_bounds(pairs: list[tuple[Question, dict[str, Any] | None]]) -> None:
    summary = summarize([score(question, value, DOCUMENTS) for question, value in pairs])
    shares = [
        "exact_match",
        "f1",
        "answer_in_first_excerpt",
        "answer_in_any_excerpt",
        "first_citation_hits_evidence",
        "any_citation_hits_evidence",
        "declined_answerable",
        "declined_unanswerable",
        "verbatim_citations",
    ]
    for name in shares:
        value = summary[name]
        assert value is None or 0 <= value <= 1, name
    assert summary["questions"] == len(pairs)
