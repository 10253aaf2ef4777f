"""Negations and the terms that they negate."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, replace

from qa.text.languages import WORD
from qa.text.tokens import terms

_NEGATOR = re.compile(
    r"\b(?:not|never|no(?:\slonger)?|none|nobody|nothing|neither|nor|without|cannot|hardly|unable|incapable|impossible|fail(?:s|ed|ing)?\sto"
    r"|lack(?:s|ed|ing)?|refus(?:es?|ed|ing)\sto|yet\sto|rather\sthan|instead\sof)\b|n['\u2019]t\b",
    re.IGNORECASE,
)
_NO_NEGATION = re.compile(
    r"\b(?:not\s(?:only|just|merely|simply|least)|(?:(?<=but\s)|(?<=but\sis\s)|(?<=but\sare\s))not\slimited\sto|no\s(?:less|fewer|later|more)\sthan|no\.\s?\d|nothing\sbut)",
    re.IGNORECASE,
)
_UNTIL = re.compile(r"(?:\W+\w+){0,7}?\W+until\b", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[;:.!?](?=\s|$)|,(?=\s)|\s(?=(?:but|although|though|because|which|who|while|whereas)\s)")
FORBIDDEN = r"(?:forbidden|banned|prohibited)"
"""Pattern of words that forbid without a negation."""
SCOPE_TERMS = 4
"""Maximum number of terms after a negation that it applies to."""


@dataclass(frozen=True, slots=True)
class Negation:
    """A negation: up to `SCOPE_TERMS` terms that follow it in its clause, and whether "until" follows.

    With "until", as in "did not open until 1900", it negates little.
    """

    terms: tuple[str, ...]
    until: bool


def negations(text: str) -> list[Negation]:
    """Return the negations in a text in order, without "not only" and "No, ...", which negate nothing."""
    negators = list(_NEGATOR.finditer(text))
    if not negators:
        return []
    ends = [match.start() for match in _CLAUSE_END.finditer(text)] + [len(text)]
    placed = [(match.start(), term) for match in WORD.finditer(text) for term in terms(match[0])]
    starts = [start for start, _ in placed]
    found: list[Negation] = []
    neither_end = -1  # end of the clause of "neither", which "nor" continues
    for match in negators:
        first = bisect_left(starts, match.end())
        end = ends[bisect_left(ends, match.end())]
        denied = tuple(term for start, term in placed[first : first + SCOPE_TERMS] if start < end)
        if match[0].lower() == "nor" and end == neither_end and found:
            found[-1] = replace(found[-1], terms=tuple(dict.fromkeys((*found[-1].terms, *denied))))
        elif denied and not _NO_NEGATION.match(text, match.start()):
            neither_end = end if match[0].lower() == "neither" else neither_end
            found.append(Negation(denied, _UNTIL.match(text, match.end()) is not None))
    return found
