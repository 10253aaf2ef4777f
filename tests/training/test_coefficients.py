"""The cases made of questions kept from training, and the fits over them and over statements."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from qa.training.coefficients import fit_confidence, fit_ranking
from qa.training.examples import HELD_OUT
from qa.training.held_out import Case, Judged, held_out
from qa.training.statements import Statement
from qa.training.support import CHANGED_PASSED, TRUE_STRUCK, Measured, cross_scored, fit, table, thresholds
from qa.training.written import SOURCE

pytestmark = pytest.mark.slow

KINDS = ("answerable", "near-miss", "off-topic")


@pytest.fixture(scope="module")
def squad_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty ships, each with its year, as a SQuAD file."""
    paragraphs = []
    for number in range(40):
        context = f"The ship number {number} was painted grey. It sailed in {1900 + number}. Nobody was hurt."
        answer = str(1900 + number)
        question = {
            "question": f"When did ship {number} sail?",
            "answers": [{"text": answer, "answer_start": context.index(answer)}],
        }
        paragraphs.append({"context": context, "qas": [question]})
    path = tmp_path_factory.mktemp("squad") / "ships.json"
    path.write_text(json.dumps({"data": [{"title": "ships", "paragraphs": paragraphs}]}), encoding="utf-8")
    return path


def test_each_question_kept_from_training_is_asked_in_three_ways(squad_file: Path) -> None:
    documents, cases = held_out([squad_file], most=100)
    assert [case.kind for case in cases] == list(KINDS) * (40 // HELD_OUT)
    texts = {document.id: document.text for document in documents}
    for case in cases:
        library = " ".join(texts[name] for name in case.documents)
        assert (case.answers[0] in library) == (case.kind == "answerable")
        # A near miss keeps the rest of the paragraph.
        number = case.question.split()[3]
        assert (f"number {number} was" in library) == (case.kind != "off-topic")


def test_no_more_questions_than_asked_for(squad_file: Path) -> None:
    assert len(held_out([squad_file], most=2)[1]) == 2 * len(KINDS)
    assert held_out([squad_file], most=2) == held_out([squad_file], most=2)


def judged(kind: str, generator: np.random.Generator, telling: int = 0, source: str = "") -> Judged:
    """Five spans; one measure tells which is right, the others tell nothing."""
    measures = generator.normal(size=(5, 3))
    right = np.zeros(5, dtype=bool)
    if kind == "answerable":
        measures[2, telling] += 3.0
        right[2] = True
    return Judged(Case("?", ("a",), ("d",), kind, source or f"set {telling}"), measures, right)


def test_fits_find_the_measure_that_tells() -> None:
    generator = np.random.default_rng(5)
    cases = [judged(kind, generator) for kind in KINDS for _ in range(200)]
    weights = fit_ranking(cases)
    assert weights[0] > 2
    assert max(abs(weight) for weight in weights[1:]) < 0.4
    found = fit_confidence(cases, weights)
    assert found.weights[0] > 1
    assert min(found.weights) >= 0
    assert found.auroc > 0.9
    # The higher the threshold, the fewer are answered and the more are declined.
    for column, order in ((1, -1), (2, 1), (3, 1)):
        values = [order * row[column] for row in found.shares]
        assert values == sorted(values)


def test_each_set_counts_the_same() -> None:
    generator = np.random.default_rng(6)
    few = [judged(kind, generator, 0) for kind in KINDS for _ in range(40)]
    many = [judged(kind, generator, 1) for kind in KINDS for _ in range(800)]
    weights = fit_ranking([*few, *many])
    assert weights[0] == pytest.approx(weights[1], rel=0.4)
    found = fit_confidence([*few, *many], weights)
    assert found.weights[0] == pytest.approx(found.weights[1], rel=0.4)


def test_in_the_order_the_written_articles_count_as_much_as_all_others_together() -> None:
    generator = np.random.default_rng(8)
    others = [judged(kind, generator, 0, f"set {n}") for kind in KINDS for n in range(5) for _ in range(80)]
    written = [judged(kind, generator, 1, SOURCE) for kind in KINDS for _ in range(80)]
    weights = fit_ranking([*others, *written])
    assert weights[0] == pytest.approx(weights[1], rel=0.4)


def measured(change: str, generator: np.random.Generator) -> Measured:
    """Three excerpts, of which the second holds the evidence; the first measure tells, the second does not."""
    measures = generator.normal(size=(3, 2))
    if change == "true":
        measures[1, 0] += 4.0
    statement = Statement("?", "It is.", change, "", ("a", "b", "c"), 1, "answer")
    return Measured(statement, measures, np.array([False, True, False]))


def test_support_is_fitted_on_the_measure_that_tells() -> None:
    generator = np.random.default_rng(7)
    changes = ("true", "number", "name", "negation")
    folds = [[measured(change, generator) for change in changes for _ in range(60)] for _ in range(4)]
    found = fit([one for fold in folds for one in fold])
    assert found.weights[0] > 1
    assert abs(found.weights[1]) < 0.4
    kept = cross_scored(folds)
    assert len(kept) == 4 * 4 * 60
    supported, weakly_supported = thresholds(kept)
    assert weakly_supported <= supported
    changed = [one.best for one in kept if one.statement.change != "true"]
    true = [one.best for one in kept if one.statement.change == "true"]
    assert np.mean(np.array(changed) >= supported) == pytest.approx(CHANGED_PASSED, abs=0.005)
    assert np.mean(np.array(true) < weakly_supported) <= TRUE_STRUCK + 0.005
    # An excerpt without the evidence scores lower than the best one.
    assert np.mean([one.elsewhere < one.best for one in kept if one.elsewhere is not None and one.best in true]) > 0.9
    rows = list(table(kept, supported, weakly_supported))
    assert len(rows) == 2 + 7
    assert all(row.count("|") == 7 for row in rows)
    assert [row.split(" | ")[1] for row in rows[2:]] == ["240", "240", "720", "240", "240", "240", "240"]
