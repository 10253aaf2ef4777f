"""Names found in a text, and looked up in another."""

from __future__ import annotations

import pytest

from qa.text.names import TokenSet, capitals, names, with_rest_of_name


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Construction began under Karl von Frisch.", [("karl", "frisch")]),
        ("Frisch\u2019s bees dance.", [("frisch",)]),
        ("The Bank of England was in London.", [("bank", "england"), ("london",)]),
        ("He met the UN.", [("un",)]),
        ("I'm here.", []),
        ("Bees dance.", []),
    ],
    ids=["within-a-sentence", "possessive", "of", "acronym", "contraction", "start-of-a-sentence"],
)
def test_names_are_what_has_a_capital_of_its_own(text: str, found: list[tuple[str, ...]]) -> None:
    assert [name.words for name in names(text)] == found


def test_a_word_known_as_a_name_is_one_at_the_start_of_a_sentence_too() -> None:
    assert names("China bought jets.") == []
    (name,) = names("China bought jets.", capitals(["They went to China."]))
    assert name.words == ("china",)


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("China", 0.0),
        ("UN", 0.0),
        ("British", 0.0),
        ("Karl von Frisch", 0.5),
        ("France", 1.0),
        ("World Health Organization", 0.0),
    ],
)
def test_a_name_is_found_in_other_forms(name: str, missing: float) -> None:
    words = TokenSet("The Chinese met the United Nations and the WHO in Great Britain, with Frisch.")
    assert words.missing_fraction(names(f"with {name}")[0]) == missing


@pytest.mark.parametrize(
    ("text", "narrow", "wide"),
    [
        ("It was John F. Kennedy.", [("john", "f"), ("kennedy",)], [("john", "f", "kennedy")]),
        ("He joined the U.S. Navy.", [("u.s",)], [("u.s", "navy")]),
        ("They met Hans \u00d8rsted.", [("hans",)], [("hans", "\u00f8rsted")]),
        ("It was plan B. The other failed.", [("b",)], [("b",)]),
    ],
    ids=["initial", "initials", "other-capital", "end-of-a-sentence"],
)
def test_wide_names_have_initials_and_every_capital(
    text: str, narrow: list[tuple[str, ...]], wide: list[tuple[str, ...]]
) -> None:
    assert [name.words for name in names(text)] == narrow
    assert [name.words for name in names(text, wide=True)] == wide


@pytest.mark.parametrize(
    ("text", "span", "whole"),
    [
        ("It was founded by Ada Maria Lund in 1847.", "Ada Maria", "Ada Maria Lund"),
        ("It was led by Ole von der Heide, a baker.", "Ole", "Ole von der Heide"),
        ("They met Ada Monday at noon.", "Ada", "Ada"),
        ("He told the mayor Lund was ill.", "the mayor", "the mayor"),
        ("He asked Lund. Roe came.", "Lund", "Lund"),
        ("It is owned by Lund and Roe.", "Lund", "Lund"),
    ],
    ids=["surname", "particles", "weekday", "common-noun", "next-sentence", "two"],
)
def test_a_name_is_not_cut(text: str, span: str, whole: str) -> None:
    start = text.index(span)
    assert text[slice(*with_rest_of_name(text, (start, start + len(span)), (0, len(text))))] == whole
