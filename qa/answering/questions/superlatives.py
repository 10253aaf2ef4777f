"""Superlatives and totals: what they ask for, and whether a text states it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import partial

_ADJECTIVES = {
    "cheap": ("price", -1), "expensive": ("price", 1), "dear": ("price", 1), "costly": ("price", 1),
    "heavy": ("weight", 1), "light": ("weight", -1), "tall": ("height", 1), "high": ("height", 1),
    "low": ("height", -1), "long": ("length duration", 1), "short": ("length duration", -1), "old": ("age", 1),
    "young": ("age", -1), "fast": ("speed", 1), "slow": ("speed", -1), "quick": ("speed", 1), "large": ("area", 1),
    "big": ("area", 1), "small": ("area", -1), "deep": ("depth", 1), "great": ("", 1), "most": ("", 1),
    "loud": ("noise", 1), "quiet": ("noise", -1), "least": ("", -1), "few": ("", -1),
    "maximum": ("", 1), "minimum": ("", -1),
}  # fmt: skip
_SIZES = frozenset({"area", "height", "depth", "length duration"})
_DATED = {"new": ("age", -1), "recent": ("age", -1), "late": ("age", -1), "early": ("age", 1)}
_SUPERLATIVE = re.compile(
    r"\b(?:(?P<rank>second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|\d+(?:nd|rd|th))[\s-]+)?"
    r"(?P<word>most|least|fewest|maximum|minimum|\w{2,}est)\b(?:\s+(?P<after>\w+))?",
    re.IGNORECASE,
)
_COMPARATIVE = re.compile(
    r"\b(?:is|are|was|were)\s+(?:the\s+)?((?P<word>\w+er)|(?:more|(?P<less>less))\s+(?P<long>\w+))\W*$", re.IGNORECASE
)
_FOR_ONE = re.compile(
    r"\W*(?:(?:in|on|at|for|with|by)\s+)?(?:which|what|whose)\b|\W*(?:who|the|when|where)\b", re.IGNORECASE
)
TOTAL = re.compile(r"\b(?:total|sum|altogether|together|combined|in total|in all)\b", re.IGNORECASE)
"""Matches a question for a total."""


def direction(word: str) -> tuple[str, int] | None:
    """Return (measure, 1 or -1) of an adjective, a comparative or a superlative: "heavier" is more weight."""
    return next((_ADJECTIVES[form] for form in _bases(word) if form in _ADJECTIVES), None)


def _bases(word: str) -> tuple[str, ...]:
    stem = word.removesuffix("est").removesuffix("er")
    return word, stem, stem + "e", stem.removesuffix("i") + "y", stem[:-1]


def extremes(text: str, named: Collection[str] = ()) -> Iterator[tuple[str, str, int, str]]:
    """Yield (rank, superlative, 1 for most or -1 for least, measure) of the superlatives in a text.

    The words `named` are no superlatives, but part of a name: "minimum weight".
    """
    adjectives = _ADJECTIVES | _DATED
    for found in _SUPERLATIVE.finditer(text):
        rank, word, after = (found["rank"] or "").lower(), found["word"].lower(), (found["after"] or "").lower()
        if word in named:
            continue
        of = after if word in {"most", "least"} and after in adjectives else word
        if base := next((form for form in _bases(of) if form in adjectives), None):
            measure, sign = adjectives[base]
            yield (
                rank,
                word if of == word else f"{word} {of}",
                -sign if of != word and word == "least" else sign,
                measure,
            )


def asked_extreme(question: str, named: Collection[str] = ()) -> tuple[str, int, str] | None:
    """Return (superlative, 1 for most or -1 for least, measure); None unless one thing with the extreme is asked for.

    That is also None for "the second largest". "Which model is cheaper?" asks for the cheapest.
    """
    if not _FOR_ONE.match(question):
        return None
    compares = _COMPARATIVE.search(question)
    if compares and (adjective := direction((compares["word"] or compares["long"]).lower())):
        measure, sign = adjective
        return compares[1].lower(), -sign if compares["less"] else sign, measure
    first = next(extremes(question, named), None)
    return first[1:] if first and not first[0] else None


def is_stated(question: str, text: str) -> bool:
    """Return whether a text states the extreme or total that a question asks for; True if it asks for neither."""
    if TOTAL.search(question) and not TOTAL.search(text):
        return False
    stated = list(extremes(text))
    return all(any(map(partial(_agree, one), stated)) for one in extremes(question))


def is_of_another_extreme(question: str, sentence: str) -> bool:
    """Return whether a question asks for the longest, and a sentence names only the third-longest, or the oldest."""
    asked = list(extremes(question))
    # "most people" is no superlative.
    stated = [one for one in extremes(sentence) if one[1] not in {"most", "least"}]
    return bool(asked and stated) and not any(_agree(one, other) for one in asked for other in stated)


def _agree(one: tuple[str, str, int, str], other: tuple[str, str, int, str]) -> bool:
    """Return whether two superlatives have the same rank and direction, and measures that may be the same."""
    measure, another = ("size" if each[3] in _SIZES else each[3] for each in (one, other))
    return (one[0], one[2]) == (other[0], other[2]) and (measure == another or not measure or not another)
