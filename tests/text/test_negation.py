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
        ("It was built.", []),
    ],
    ids=["not", "contracted", "two", "answer", "not-only", "not-only-in-two-lines", "two-lines", "no-longer", "none"],
)
def test_what_a_negation_denies(text: str, denied: list[tuple[str, ...]]) -> None:
    assert [negation.terms for negation in negations(text)] == denied


def test_negations_match_where_they_deny_the_same() -> None:
    (one,), (same,), (other,) = (
        negations(text)
        for text in ("The ship did not sink.", "It never sank, they say: it did sink.", "It did not leave the port.")
    )
    assert one.matches(one)
    assert not one.matches(other)
    assert not same.matches(other)
