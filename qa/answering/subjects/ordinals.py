"""Tell the first of several from the second, the last, the former and the next: "his second wife" is not his first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.text.lexicon import AUXILIARIES, BE, CONJUNCTIONS, PREPOSITIONS
from qa.text.tokens import terms

_NUMBERS = [
    *("first", "second", "third", "fourth", "fifth", "sixth"),
    *("seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"),
]
_OTHERS = {
    "inaugural": "1", "1st": "1", "last": "last", "final": "last", "current": "current", "present": "current",
    "incumbent": "current", "former": "former", "previous": "former", "ex": "former", "late": "former",
    "outgoing": "former", "next": "next", "incoming": "next",
}  # fmt: skip
_ORDINALS = {word: str(number) for number, word in enumerate(_NUMBERS, 1)} | _OTHERS
_RANKED = re.compile(
    rf"(?<![\w-])(?P<rank>{'|'.join(_ORDINALS)}|\d{{1,3}}(?:st|nd|rd|th))(?:\s|-(?=\w+\s))(?P<words>[\w-]+(?:\s[\w-]+){{0,3}})",
    re.IGNORECASE,
)
_STOPS = PREPOSITIONS | CONJUNCTIONS | AUXILIARIES | BE | {"who", "which", "that", "when", "where", "to"}
# Nobody is both of a pair; the second may be the last, and the current one the third.
_EXCLUSIVE = ({"1", "last"}, {"current", "former"}, {"current", "next"}, {"former", "next"}, {"1", "next"})
_MEASURES = {"century", "centuri", "time", "half"}


def is_of_another_ordinal(question: str, sentence: str, above: str = "") -> bool:
    """Return whether a question asks for the first, second, former or next of a kind, and a sentence has only another.

    The one asked for may be in `above`, the title and the headings.
    """
    asked = [*_ranked(question)]
    if not asked:
        return False
    stated = [*_ranked(f"{sentence}\n{above}")]
    return any(
        wanted not in (others := [rank for rank, words in stated if head in words])
        and any(_differ(wanted, other) for other in others)
        for wanted, head in ((rank, words[-1]) for rank, words in asked)
    )


def _ranked(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield (rank, terms of what is ranked) of the ordinals in a text."""
    for one in _RANKED.finditer(text):
        words = []
        for word in one["words"].split():
            if word.lower() in _STOPS:
                break
            words += terms(word)
        rank = one["rank"].lower()
        if words and words[-1] not in _MEASURES:
            yield _ORDINALS.get(rank, rank.rstrip("stndrh")), words


def _differ(one: str, other: str) -> bool:
    both = {one, other}
    return len(both) == 2 and (both in _EXCLUSIVE or (one.isdecimal() and other.isdecimal()))
