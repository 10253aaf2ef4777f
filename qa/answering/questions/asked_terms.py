"""The terms of a question for several things, and of the headings and lines that announce them, to be compared."""

from __future__ import annotations

import re
from itertools import takewhile

from qa.answering.questions.attendance import asked_attendance, labelled_attendance
from qa.text.lexicon import AUXILIARIES, PREPOSITIONS, is_base, is_noun, is_plural, past_of
from qa.text.lines import one_line
from qa.text.negation import negations
from qa.text.numbers import numbers
from qa.text.tokens import terms

DUTY = "<duty>"
"""The term for all words that say what one must do."""
DENIAL = "<not>"
"""The term for all words that deny."""
LEADS = AUXILIARIES | PREPOSITIONS | frozenset({"include", "includes", "included", "contains", "contain", "contained"})
"""Words that can precede the first item of an enumeration."""
WHO = re.compile(r"\W*who\b", re.IGNORECASE)
"""Matches the start of a question for a person."""
_ASKING = frozenset({"give", "list", "name", "tell", "show", "enumer", "done", "say"})  # stems
_STEP = frozenset({"step", "task"})  # stems of nouns that an announcement may lack
_DUTY_STEMS = frozenset({"duti", "oblig", "requir", "respons"})
_MUST = re.compile(
    r"\b(?:(?:must|shall)(?! (?:not|have the right|be entitled)\b)|ha(?:s|ve) to"
    r"|oblig(?:ed|ations?)|dut(?:y|ies)|required to|responsib(?:le for|ility|ilities))\b",
    re.IGNORECASE,
)
_PERMISSION_STEMS = frozenset({"allow", "permit"})
_ENDS_IN_NOT = re.compile(r"\b(?:not|never)\W*$", re.IGNORECASE)  # "For two weeks do not"
_CONTRACTED = re.compile(r"\b(is|are|was|were|do|does|did|has|have|should|must|could)n['\u2019]t\b", re.IGNORECASE)
_CONDITION = re.compile(r"\b(?:if|when|in case|unless)\b", re.IGNORECASE)
# The list may be announced by "if" alone.
_REASONS = re.compile(
    r"\W*(?:for|on|in|under)\s+(?:which|what)\s+(?:reasons|grounds|cases|circumstances)\b", re.IGNORECASE
)
_REASON_STEMS = frozenset({"reason", "ground", "case", "circumst"})
_NOUN = re.compile(
    r"\W*(?:can you |please )*(?:which|what(?: are| were)?|list|name|enumerate|give(?: me)?|tell me|show me)"
    r"\s+(?!do\b|does\b|did\b|should\b|must\b|has\b|have\b|can\b|is\b|am\b)((?:[\w'-]+\s*){1,6})",
    re.IGNORECASE,
)

_COUNT = re.compile(r"(?:(?:the|these|those|only|other|main)\s+)*(?P<count>\w+)\s+(?P<things>\w.*)", re.IGNORECASE)
_MAX_COUNT = 20
_ASKS_WHAT_THEY_DO = re.compile(r"\W*what\s+(?:are|were)\b.*\bdo(?:ing)?\W*$", re.IGNORECASE | re.DOTALL)

# "Who voted against it, and why?", "When and where was she born?", "Who repairs it, and by when?"
_ASKS_TWO = re.compile(
    r"\band\s+why\b|^\W*(?:who|what|when|where|how)\s+and\s+(?:who|what|when|where|how)\b"
    r"|^\W*(?:who|what|when|where|how)\b[^,]+, and (?:(?:by|since|until|for|from|to|at|with) )?"
    r"(?:who|whom|when|where|how)\b",
    re.IGNORECASE,
)


def asks_two(question: str) -> bool:
    """Return whether a question asks two things: "When is it, and where?"."""
    return _ASKS_TWO.search(question) is not None


def share_of(announcement: str, asked: set[str]) -> float:
    """Return the share of an announcement's terms in the question."""
    found = normalised_terms(announcement)
    return len(found & asked) / max(1, len(found))


def normalised_terms(text: str) -> set[str]:
    """Return the terms of a text.

    Words for what one must do are one term, and so are those that deny; labels such as "Present" are a term of theirs.
    """
    if attendance := labelled_attendance(text):
        return {attendance}
    found = _with_duty(text, {*terms(text)})
    denied = (negations(text) or _ENDS_IN_NOT.search(text)) and not _CONDITION.search(text)
    return found - _PERMISSION_STEMS | {DENIAL} if denied else found


def _with_duty(text: str, found: set[str]) -> set[str]:
    return found - _DUTY_STEMS | {DUTY} if _MUST.search(text) else found


def asked_terms(question: str) -> tuple[set[str], set[str]]:
    """Return the terms of a question, and those of its noun if it asks for several things: "Which tools ...?"."""
    question = _CONTRACTED.sub(r"\1 not", question)
    if attendance := asked_attendance(question):
        return {attendance[0], *normalised_terms(attendance[1])}, {attendance[0]}
    asked = normalised_terms(question) - _ASKING
    if _REASONS.match(question):
        return asked - _REASON_STEMS or asked, set()
    noun_phrase = asked_noun(question)
    nouns = _with_duty(noun_phrase, {*terms(noun_phrase)[:2]})
    # "Give me the steps for descaling": the heading is only "Descaling".
    return (asked - _STEP, nouns - _STEP) if asked - _STEP else (asked, nouns)


def asked_noun(question: str) -> str:
    """Return the noun phrase of a question for several things: "tools" of "Which tools belong to the set?"."""
    noun = _NOUN.match(_CONTRACTED.sub(r"\1 not", one_line(question[:300])))
    words = list(takewhile(lambda word: word.lower() not in LEADS - {"of"}, noun[1].split() if noun else []))
    for index in range(1, len(words)):
        word = words[index].lower()
        if is_plural(words[index - 1].lower()) and (past_of(word) or (is_base(word) and not is_noun(word))):
            return " ".join(words[:index])
    return " ".join(words)


def stated_count(question: str) -> int | None:
    """Return how many things a question asks for: 2 for "Which two rivers meet here?"; None if it does not say."""
    noun = _COUNT.match(asked_noun(question))
    if noun is None or _ASKS_WHAT_THEY_DO.match(question) or not any(map(is_plural, noun["things"].lower().split())):
        return None
    counts = [value for number in numbers(noun["count"]) for value in number.values]
    return int(counts[0]) if counts and 1 < counts[0] <= _MAX_COUNT and counts[0] == int(counts[0]) else None
