"""Tell the first of several from the second, the last, the former and the next: "his second wife" is not his first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from qa.text.lexicon import AUXILIARIES, BE, CONJUNCTIONS, PREPOSITIONS, is_role, listed
from qa.text.numbers import ORDINALS
from qa.text.tokens import terms

_OTHERS = {
    "inaugural": "1", "1st": "1", "last": "last", "final": "last", "current": "current", "present": "current",
    "incumbent": "current", "former": "former", "previous": "former", "ex": "former", "late": "former",
    "outgoing": "former", "next": "next", "incoming": "next",
}  # fmt: skip
_RANKS = {word: f"{number:.0f}" for word, number in ORDINALS.items()} | _OTHERS
_RANKED = re.compile(
    rf"(?<![\w-])(?P<rank>{'|'.join(_RANKS)}|\d{{1,3}}(?:st|nd|rd|th))(?:\s|(?<=ex)-|-(?=\w+\s))"
    r"(?P<words>[\w-]+(?:\s[\w-]+){0,3})",
    re.IGNORECASE,
)
_STOPS = PREPOSITIONS | CONJUNCTIONS | AUXILIARIES | BE | {"who", "which", "that", "when", "where", "to"}
# Nobody is both of a pair; the second may be the last, and the current one the third.
_EXCLUSIVE = ({"1", "last"}, {"current", "former"}, {"current", "next"}, {"former", "next"}, {"1", "next"})
_MEASURES = {"century", "centuri", "time", "half"}
# The first woman to do something, or the first black mayor, need not be the first person or mayor.
_GROUPS = listed(
    "female male black african african-american asian hispanic latino latina indigenous native jewish catholic muslim"
    " hindu gay lesbian foreign foreign-born civilian amateur"
)
_ANYBODY = listed("man men person people human humans")
_WHO_IS = re.compile(
    r"\W*who\s*(?:'s|\u2019s|is|are)\s+(?:currently\s+|now\s+)?(?:the\s|its\s|their\s|his\s|her\s|our\s|[^?]{1,40}['\u2019]s?\s)"
    r"(?P<words>[\w-]+(?:\s[\w-]+){0,3})",
    re.IGNORECASE,
)
_UNTIL = r"[^.;]{0,60}?\b(?:until|till|from\s[^.;,]{0,30}?\s(?:to|through))\s(?!present\b|date\b|now\b|today\b)"
_GOES_ON = re.compile(r"\b(?:is|has|now|currently|since)\b", re.IGNORECASE)


def is_of_another_ordinal(question: str, sentence: str, above: str) -> bool:
    """Return whether a question asks for the first, second, former or next of a kind, and a sentence has only another.

    The one asked for may be in `above`, the title and the headings. The first woman is another than the first person,
    and who was mayor until 2010 another than who is mayor.
    """
    asked = [*_ranked(question)]
    if not asked and (now := _WHO_IS.match(question)):
        asked = [*_named("current", now["words"])]
    stated = [*_ranked(f"{sentence}\n{above}")] if asked else []
    for wanted, words, role in asked:
        others = [rank for rank, of, _ in stated if words[-1] in of]
        if wanted not in others and any(_differ(wanted, other) for other in others):
            return True
        if role and not others and _has_another_holder(wanted, role, sentence):
            return True
    return False


def _has_another_holder(wanted: str, role: str, sentence: str) -> bool:
    """Return whether a sentence says who had a role until some time, or, if another is asked for, who has it now."""
    of = rf"\b{re.escape(role)}\b"
    if wanted == "current":
        # "Lund was mayor until 2010", "The mayor was Lund until 2010"
        held = rf"\b(?:was|were|served|became|been)\b[^.;,]{{0,40}}?{of}{_UNTIL}|{of}[^.;,]{{0,60}}?\bwas\b{_UNTIL}"
        return not _GOES_ON.search(sentence) and re.search(held, sentence, re.IGNORECASE) is not None
    holds = rf"\bthe\s{of}[^.;,]{{0,40}}?\sis\s|\bis\s(?:currently\s)?(?:the\s|a\s)?{of}"
    return is_role(role) and re.search(holds, sentence, re.IGNORECASE) is not None


def _ranked(text: str) -> Iterator[tuple[str, list[str], str]]:
    """Yield (rank, terms of what is ranked, its last word) of the ordinals in a text."""
    for one in _RANKED.finditer(text):
        rank = one["rank"].lower()
        yield from _named(_RANKS.get(rank, rank.rstrip("stndrh")), one["words"])


def _named(rank: str, words: str) -> Iterator[tuple[str, list[str], str]]:
    lower = re.sub(r"\bwom[ae]n\b", "female", words.lower())
    kept = [*takewhile(lambda word: word not in _STOPS, lower.split())]
    named = [word for word in kept if word not in _GROUPS and word not in _ANYBODY]
    found = terms(" ".join(named))
    if kept and {*found[-1:]}.isdisjoint(_MEASURES):
        yield " ".join([rank, *sorted(_GROUPS & {*kept})]), found or [""], named[-1] if named else ""


def _differ(one: str, other: str) -> bool:
    (rank, *groups), (second, *others) = one.split(), other.split()
    if rank == second:
        return groups != others
    return {rank, second} in _EXCLUSIVE or (rank.isdecimal() and second.isdecimal())
