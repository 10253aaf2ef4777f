"""Words looked for in a text."""

from __future__ import annotations

import pytest

from qa.text.verbatim import spans, whole_words


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        ("the bridge", "Near  the\n\n bridge.", ["the\n\n bridge"]),
        (" a  a ", "a a\ta", ["a a", "a\ta"]),
        ("an", "banana an", ["an", "an", "an"]),
        ("", "a", []),
        ("b", "", []),
    ],
    ids=["white-space", "overlapping", "within-words", "nothing", "empty-text"],
)
def test_every_occurrence_is_found(words: str, text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in spans(words, text)] == found


def test_whole_words_are_not_part_of_longer_ones() -> None:
    text = "banana an_ an"
    assert whole_words("an", text) == (11, 13)
    assert whole_words("ana", text) is None
