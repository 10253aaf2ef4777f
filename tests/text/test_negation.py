"""Negations, and what they deny."""

from __future__ import annotations

import pytest

from qa.text.negation import negations


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("It was not built in 1858, but in 1860.", [("built", "1858")]),
        ("They didn\u2019t sink.", [("sink",)]),
        ("It never worked without power.", [("work", "without", "power"), ("power",)]),
        ("No, it was built.", []),
        ("It was not only large.", []),
        ("It was not\nonly large.", []),
        ("They failed\nto open it.", [("open",)]),
        ("It is no longer open.", [("open",)]),
        ("It is incapable of reading.", [("read",)]),
        ("It was built.", []),
        ("They include, but are not limited to, maps.", []),
        ("It is not limited to members.", [("limit", "member")]),
    ],
    ids=[
        "not",
        "contracted",
        "two",
        "answer",
        "not-only",
        "not-only-in-two-lines",
        "two-lines",
        "no-longer",
        "incapable",
        "none",
        "but-not-limited-to",
        "not-limited-to",
    ],
)
def test_what_a_negation_denies(text: str, denied: list[tuple[str, ...]]) -> None:
    assert [negation.terms for negation in negations(text)] == denied
