"""The measures of a whole set, against values computed by hand and against what must hold for any input."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation import MEASURES, Evidence, Question, score, summarize
from qa.evaluation.metrics.summary import BREAKDOWN_MEASURES
from qa.types import Document

TEXT = "China bought 24 jets. Russia sold them."
DOCUMENTS = {"jets.md": Document(id="jets.md", text=TEXT, title="Jets", source="jets.md")}

ANSWERABLE = Question("a", "Who bought?", answers=("China",), evidence=(Evidence("jets.md", 0, 21),))
UNANSWERABLE = Question("u", "Who flew them?", answerable=False)
COUNTS = {"questions", "answerable", "unanswerable", "with_answers", "with_evidence", "errors", "citations"}
OF_THE_CONFIDENCE = {"confidence_auroc", "risk_coverage_area", "expected_calibration_error"}
OF_A_KIND = {"item_recall", "polarity_given", "polarity_right", "both_sides", "cell_exact"}
LATENCIES = {"latency_ms_median", "latency_ms_p95", "latency_ms_p99"}


def citation(start: int, end: int, text: str | None = None) -> dict[str, Any]:
    return {"document": "jets.md", "start": start, "end": end, "text": TEXT[start:end] if text is None else text}


def prediction(
    answer: str | None, *citations: dict[str, Any], confidence: float = 0.5, milliseconds: float = 10.0
) -> dict[str, Any]:
    return {
        "answer": answer,
        "abstained": answer is None,
        "confidence": confidence,
        "citations": list(citations),
        "passages": [{"document": "jets.md", "start": 22, "end": 39}, {"document": "jets.md", "start": 0, "end": 39}],
        "timings_ms": {"total": milliseconds},
    }


def test_a_summary_by_hand() -> None:
    without_evidence = Question("b", "How many?", answers=("24 jets",))
    records = [
        score(ANSWERABLE, prediction("China", citation(0, 21), confidence=0.9, milliseconds=10), DOCUMENTS),
        score(without_evidence, prediction("24", citation(22, 39, "lie"), confidence=0.8, milliseconds=20), DOCUMENTS),
        score(ANSWERABLE, prediction(None, confidence=0.1, milliseconds=30), DOCUMENTS),
        score(ANSWERABLE, None, DOCUMENTS),
        score(Question("n", "Why?"), prediction("so", citation(0, 5), citation(0, 6), milliseconds=40), DOCUMENTS),
        score(UNANSWERABLE, prediction(None, confidence=0.3, milliseconds=50), DOCUMENTS),
        score(UNANSWERABLE, None, DOCUMENTS),
    ]
    summary = summarize(records)
    found = {name: value for name, value in summary.items() if not isinstance(value, dict | list)}
    assert found == dict.fromkeys(OF_A_KIND) | {
        "questions": 7,
        "answerable": 5,
        "unanswerable": 2,
        "with_answers": 4,
        "with_evidence": 3,
        "errors": 2,
        "citations": 4,
        "exact_match": 1 / 4,
        "f1": pytest.approx((1 + 2 / 3) / 4),
        "answer_in_first_excerpt": 1 / 4,
        "answer_in_any_excerpt": 1 / 4,
        "right": 1 / 2,
        "declined_answerable": 1 / 5,
        "declined_unanswerable": 1 / 2,
        "first_citation_hits_evidence": pytest.approx(1 / 3),
        "any_citation_hits_evidence": pytest.approx(1 / 3),
        "citation_precision": 1,
        "citation_recall": pytest.approx(1 / 3),
        "verbatim_citations": 3 / 4,
        "passage_recall_at_1": 0,
        "passage_recall_at_5": pytest.approx(2 / 3),
        "passage_recall_at_10": pytest.approx(2 / 3),
        "mrr": pytest.approx(1 / 3),
        "ndcg_at_10": pytest.approx(0.6309298 * 2 / 3),
        "character_recall": pytest.approx(2 / 3),
        "character_precision": pytest.approx(21 / 39 * 2 / 3),
        "character_iou": pytest.approx(21 / 39 * 2 / 3),
        # Of 0.9, 0.8, 0.1 and 0.5 for answerable questions, all but 0.1 are above the 0.3 of the other.
        "confidence_auroc": 3 / 4,
        # Rightness is known of two answers: 0.9, right, and 0.8, wrong, in the bins (0.8, 0.9] and (0.7, 0.8].
        "risk_coverage_area": (0 + 1 / 2) / 2,
        "expected_calibration_error": pytest.approx((0.1 + 0.8) / 2),
        "latency_ms_median": 30,
        "latency_ms_p95": pytest.approx(48),
        "latency_ms_p99": pytest.approx(49.6),
    }
    assert summary["confusion"] == {
        "answerable": {"answered": 3, "declined": 1, "failed": 1},
        "unanswerable": {"answered": 0, "declined": 1, "failed": 1},
    }
    assert summary["risk_coverage"][-1] == {"threshold": 0.8, "coverage": 1, "risk": 1 / 2}
    assert [row["answers"] for row in summary["reliability"]] == [0] * 7 + [1, 1, 0]


def test_breakdowns_have_the_same_measures_for_each_group() -> None:
    questions = [
        Question("a", "Who bought?", answers=("China",), extra={"tags": ["easy", "trade"]}),
        Question("b", "When?", answers=("1995",), extra={"tags": ["trade"]}),
        Question("c", "Who sold?", answers=("Russia",), extra={"tags": ["easy"]}),
        UNANSWERABLE,
    ]
    answers = [prediction("China", citation(0, 21)), None, prediction("x", citation(0, 21)), prediction(None)]
    records = [score(question, answer, DOCUMENTS) for question, answer in zip(questions, answers, strict=True)]
    breakdowns = summarize(records, questions)["breakdowns"]
    assert {name: list(groups) for name, groups in breakdowns.items()} == {
        "question_word": ["who", "when"],
        "answer_type": ["name", "date"],
        "tags": ["easy", "trade"],
    }
    easy = breakdowns["tags"]["easy"]
    assert easy.keys() == {"questions", "errors", "intervals"} | {measure.name for measure in BREAKDOWN_MEASURES}
    alone = summarize([records[0], records[2]])
    assert easy == {name: alone["intervals"] if name == "intervals" else alone[name] for name in easy} | {
        "intervals": {name: alone["intervals"][name] for name in easy["intervals"]}
    }
    assert (easy["questions"], easy["errors"], easy["exact_match"], easy["right"]) == (2, 0, 1 / 2, 1 / 2)
    assert breakdowns["tags"]["trade"]["errors"] == 1


def test_a_share_over_nothing_is_none() -> None:
    summary = summarize([])
    assert {name for name, value in summary.items() if value == 0 and value is not None} == COUNTS
    of_the_set = {name for name, value in summary.items() if value is None}
    assert of_the_set == {measure.name for measure in MEASURES} | OF_THE_CONFIDENCE | LATENCIES
    assert summary["intervals"] == dict.fromkeys(summary["intervals"])
    assert summary["breakdowns"] == {}


def test_every_measure_has_an_interval_around_it() -> None:
    answers = [prediction("China", citation(0, 21), milliseconds=row) for row in range(40)]
    answers += [prediction("x", citation(22, 39, "lie"), citation(0, 5), milliseconds=40 + row) for row in range(40)]
    records = [score(ANSWERABLE, answer, DOCUMENTS) for answer in answers]
    records += [score(UNANSWERABLE, prediction(None, confidence=0.1 + 0.01 * row), DOCUMENTS) for row in range(60)]
    summary = summarize(records)
    numbers = {name for name, value in summary.items() if not isinstance(value, dict | list)}
    assert summary["intervals"].keys() == numbers - COUNTS
    for name in summary["intervals"].keys() - OF_A_KIND:
        low, high = summary["intervals"][name]
        assert low - 1e-12 <= summary[name] <= high + 1e-12, name
        assert high - low < 0.35 or name in LATENCIES, name
    assert summary["intervals"]["exact_match"] == pytest.approx([0.39, 0.61], abs=0.03)


texts = st.sampled_from(["", "the", "China", "24 jets", "Russia sold them", "%"])
questions = st.builds(
    Question,
    id=st.just("q"),
    question=st.sampled_from(["Who?", "When?"]),
    answers=st.lists(texts, max_size=2).map(tuple),
    evidence=st.lists(st.just(Evidence("jets.md", 4, 9)), max_size=1).map(tuple),
    answerable=st.booleans(),
)
citations = st.builds(citation, st.integers(-2, 45), st.integers(-2, 45), st.none() | texts)
predictions = st.none() | st.builds(
    lambda answer, cited, confidence: prediction(answer, *cited, confidence=confidence),
    st.none() | texts,
    st.lists(citations, max_size=3),
    st.floats(0, 1),
)


@given(st.lists(st.tuples(questions, predictions), max_size=6))
def test_every_share_of_a_summary_is_within_bounds(pairs: list[tuple[Question, dict[str, Any] | None]]) -> None:
    asked = [question for question, _ in pairs]
    summary = summarize([score(question, value, DOCUMENTS) for question, value in pairs], asked)
    assert summary["questions"] == len(pairs)
    for name in {measure.name for measure in MEASURES} | OF_THE_CONFIDENCE:
        value, interval = summary[name], summary["intervals"][name]
        assert value is None or -1e-12 <= value <= 1 + 1e-12, name
        assert interval is None or -1e-12 <= interval[0] <= interval[1] <= 1 + 1e-12, name
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
