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
        ("Why do bees dance?", [CABLE], "Why do bees dance?"),
        ("How long did the cable work before it failed?", [CABLE], "How long did the cable work before it failed?"),
        ("Which ship was it laid from?", [CABLE], f"{CABLE} Which ship was it laid from?"),
        ("What book is there that explains dancing?", [CABLE], "What book is there that explains dancing?"),
        ("Who was captain then?", [CABLE], f"{CABLE} Who was captain then?"),
    ],
    ids=[
        "no-history",
        "stands-alone",
        "pronoun",
        "and",
        "why",
        "skips-leaning-questions",
        "nothing-to-lean-on",
        "why-alone",
        "pronoun-with-its-noun",
        "pronoun-early",
        "relative-that",
        "then",
    ],
)
def test_condense(question: str, history: list[str], searched_for: str) -> None:
    assert condense(question, history) == searched_for
