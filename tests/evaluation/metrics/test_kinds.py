"""Measures of lists, yes or no, comparisons and tables, against values computed by hand."""

from __future__ import annotations

from typing import Any

import pytest

from qa.evaluation import Evidence, Question, score
from qa.types import Document

TEXT = """China bought jets. Russia sold ships.

| jet | price |
|---|---|
| Su-27 | 30 |
| Su-30 | 50 |
"""
DOCUMENTS = {"jets.md": Document(id="jets.md", text=TEXT, title="Jets", source="jets.md")}
SIDES = (Evidence("jets.md", 0, 18), Evidence("jets.md", 19, 37))


def answered(answer: str | None, *spans: tuple[int, int], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    cited = [{"document": "jets.md", "start": start, "end": end, "text": TEXT[start:end]} for start, end in spans]
    given = {"answer": answer, "abstained": answer is None, "confidence": 0.5, "citations": cited, "passages": []}
    return {**given, "timings_ms": {"total": 1.0}, **more}


def question(text: str, *answers: str, evidence: tuple[Evidence, ...] = (), **extra: Any) -> Question:  # noqa: ANN401
    return Question("q", text, answers=answers, evidence=evidence, extra=extra)


YES_NO = question("Did China buy jets?", "Yes", evidence=SIDES[:1])
COMPARED = question("What is the difference between China and Russia?", evidence=SIDES)
CELL = question(
    "How much is the Su-30?", "50", evidence=(Evidence("jets.md", TEXT.index("| Su-30"), TEXT.index("50") + 2),)
)
LISTED = question("Which countries are named?", "China and Russia")


@pytest.mark.parametrize(
    ("asked", "prediction", "measures"),
    [
        pytest.param(LISTED, answered("China\nIndia"), {"item_recall": 0.5}, id="items-of-an-accepted-answer"),
        pytest.param(
            question("Who?", items=["China", "Russia", "India", "Iran"]),
            answered("Iran, China and Russia"),
            {"item_recall": 0.75},
            id="items-of-the-column",
        ),
        pytest.param(LISTED, None, {"item_recall": 0}, id="items-failed"),
        pytest.param(question("Who bought?", "Simon and Garfunkel"), answered("Simon"), {}, id="no-list"),
        pytest.param(
            YES_NO,
            answered("Yes. China bought jets.", (0, 18)),
            {"polarity_given": True, "polarity_right": True, "right": True},
            id="yes",
        ),
        pytest.param(
            YES_NO,
            answered("China bought jets.", (0, 18), lead="No"),
            {"polarity_given": True, "polarity_right": False, "right": False},
            id="no-for-yes",
        ),
        pytest.param(
            YES_NO,
            answered("China bought jets.", (0, 18), lead="The article says:"),
            {"polarity_given": False, "polarity_right": None, "right": True},
            id="neither-yes-nor-no",
        ),
        pytest.param(
            YES_NO,
            answered("Yes", (19, 37)),
            {"polarity_given": True, "polarity_right": True, "right": False},
            id="yes-for-another-reason",
        ),
        pytest.param(COMPARED, answered("both", (0, 5), (19, 25)), {"both_sides": True, "right": True}, id="two-sides"),
        pytest.param(COMPARED, answered("one", (0, 5)), {"both_sides": False, "right": True}, id="one-side"),
        pytest.param(CELL, answered("50"), {"cell_exact": True}, id="the-cell"),
        pytest.param(CELL, answered("| Su-30 | 50 |", short="50"), {"cell_exact": True}, id="the-cell-in-its-row"),
        pytest.param(CELL, answered("| Su-30 | 50 |"), {"cell_exact": False}, id="the-row"),
        pytest.param(CELL, answered(None), {"cell_exact": False}, id="cell-declined"),
        pytest.param(
            question("Who flew?", "no one"), answered("no one"), {"polarity_given": None}, id="an-answer-with-no-in-it"
        ),
    ],
)
def test_measures_of_a_kind(asked: Question, prediction: dict[str, Any] | None, measures: dict[str, Any]) -> None:
    result = score(asked, prediction, DOCUMENTS)
    of_kinds = ("item_recall", "polarity_given", "polarity_right", "both_sides", "cell_exact")
    expected = dict.fromkeys(of_kinds) | measures
    assert {name: getattr(result, name) for name in expected} == expected
