from __future__ import annotations

import pytest

from qa.condense import condense

CABLE = "When was the first transatlantic cable completed?"


@pytest.mark.parametrize(
    ("question", "history", "searched_for"),
    [
        ("Who financed the cable?", [], "Who financed the cable?"),
        ("Who was Cyrus Field?", [CABLE], "Who was Cyrus Field?"),
        ("How long did it work?", [CABLE], f"{CABLE} How long did it work?"),
        ("and in 1866?", [CABLE], f"{CABLE} and in 1866?"),
        ("why?", [CABLE], f"{CABLE} why?"),
        ("Why did that happen?", [CABLE, "why?"], f"{CABLE} Why did that happen?"),
        ("why?", [], "why?"),
    ],
    ids=["no-history", "stands-alone", "pronoun", "and", "why", "skips-leaning-questions", "nothing-to-lean-on"],
)
def test_condense(question: str, history: list[str], searched_for: str) -> None:
    assert condense(question, history) == searched_for
