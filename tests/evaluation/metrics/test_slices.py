"""Grouping of questions."""

from __future__ import annotations

from typing import Any

import pytest

from qa.evaluation import Question, score
from qa.evaluation.metrics.slices import groupings


def grouped(*extras: dict[str, Any]) -> dict[str, dict[str, tuple[int, ...]]]:
    questions = [Question(f"q{row}", "Who?", extra=extra) for row, extra in enumerate(extras)]
    return groupings([score(question, None, {}) for question in questions], questions)


def test_questions_are_grouped_by_what_their_scores_say() -> None:
    questions = [
        Question("a", "Who?", answers=("1969",), document="a.md"),
        Question("b", "When?", answers=("China",), document="b.md"),
        Question("c", "Who?", document="b.md"),
        Question("d", "Who?"),
    ]
    assert groupings([score(question, None, {}) for question in questions]) == {
        "question_word": {"who": (0, 2, 3), "when": (1,)},
        "document": {"b.md": (1, 2), "a.md": (0,)},
        "answer_type": {"date": (0,), "name": (1,)},
    }


@pytest.mark.parametrize(
    ("cells", "groups"),
    [
        pytest.param(["x", "y", "x"], {"x": (0, 2), "y": (1,)}, id="strings"),
        pytest.param([True, False, True], {"true": (0, 2), "false": (1,)}, id="truth-values"),
        pytest.param([2, 1, 1], {"1": (1, 2), "2": (0,)}, id="numbers"),
        pytest.param([["x", "y"], ["y", "y"], []], {"y": (0, 1), "x": (0,)}, id="lists"),
        pytest.param(["x", None, "y", "y"], {"y": (2, 3), "x": (0,)}, id="null-is-no-group"),
    ],
)
def test_an_extra_column_groups(cells: list[Any], groups: dict[str, tuple[int, ...]]) -> None:
    assert grouped(*({"tags": cell} for cell in cells)) == {"tags": groups}


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param(["x", "x", "x"], id="one-value"),
        pytest.param(["x", "y", "z"], id="another-for-every-question"),
        pytest.param([f"{row // 2}" for row in range(42)], id="more-than-20-values"),
        pytest.param(["x", "y", {"z": 1}, "x"], id="objects"),
        pytest.param(["x", "y", [["z"]], "x"], id="lists-of-lists"),
    ],
)
def test_other_columns_do_not(cells: list[Any]) -> None:
    assert grouped(*({"tags": cell} for cell in cells)) == {}


def test_a_missing_cell_is_no_group_and_an_own_column_comes_first() -> None:
    assert grouped({"answer_type": "place"}, {}, {"answer_type": "list"}, {"answer_type": "list"}) == {
        "answer_type": {"list": (2, 3), "place": (0,)}
    }
