"""The topic of a question: "When was the first cable completed?" is about "the first cable".

Found by word order and possible parts of speech.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qa.text.lexicon import AUXILIARY, PREPOSITIONS, inflected, is_only_plural, parts_of_speech, plain_verb

_ASKED = re.compile(
    rf"(?P<asks>(?:\w+[\s-]+){{0,4}}?)(?P<auxiliary>{AUXILIARY}|should|must)\s+(?P<rest>.+)", re.IGNORECASE
)
_SUBJECT_ASKED = re.compile(r"(?:who|what|which)\s+(?:\w+\s+){1,3}?(?P<rest>(?:the|an?|[A-Z])\b.*)", re.IGNORECASE)
_OPENS = re.compile(r"(?:the|an?|this|these|those|its|their|his|her)$|[A-Z]|\w+'s$")
_JOINS = frozenset({"of", "and", "for", "in", "to", "de", "von", "van"})
_DETERMINERS = frozenset({"the", "a", "an", "this", "these", "those", "its", "their", "his", "her"})
_MAX_WORDS = 8
_ENDING_VERBS = frozenset({"have", "be", "take", "last", "mean", "cost", "need", "use", "weigh"})
"""Verbs that end a question, though some can be nouns: "How long does the Eco programme take?"."""
_ENDINGS = {"do": "", "does": "VBZ", "did": "VBD"}
"""Penn Treebank tag of the verb form that an auxiliary stands for."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What a question is about, verbatim, and whether it is a plural."""

    text: str
    plural: bool


def topic(question: str) -> Topic | None:
    """Return what a question is about; None if that is ambiguous."""
    question = question.strip().rstrip("?.! ")
    asked = _ASKED.match(question)
    if asked is not None and (found := _phrase(asked["rest"].split(), verb_follows=True)):
        return found
    asked = _SUBJECT_ASKED.match(question)
    return _phrase(asked["rest"].split(), verb_follows=False) if asked else None


def clause(question: str) -> str | None:
    """Return a question as a clause: "Why are the cells six-sided?" -> "why the cells are ...".

    A yes-no question becomes the statement it asks about: "that the bridge is open". None if its topic is ambiguous.
    """
    asked = _ASKED.match(question.strip().rstrip("?.! "))
    about = topic(question) if asked else None
    if asked is None or about is None or not asked["rest"].startswith(about.text):
        return None
    rest, auxiliary = asked["rest"].removeprefix(about.text).split(), asked["auxiliary"].lower()
    if auxiliary in _ENDINGS:
        if not rest or "VERB" not in _parts(rest[0]):
            return None
        ending = _ENDINGS[auxiliary]
        verb = next(iter(inflected(rest[0], ending)), rest[0]) if ending else rest[0]
    else:
        verb = " ".join([auxiliary, *rest[:1]])
    asks = asked["asks"].strip() or "that"
    return " ".join([asks[0].lower() + asks[1:], about.text, verb, *rest[1:]])


def _phrase(words: list[str], *, verb_follows: bool) -> Topic | None:
    """Return the noun phrase at the start of the words."""
    if not words or not (_OPENS.match(words[0]) or (verb_follows and _is_plural(words[0]))):
        return None
    length = 1
    while length < len(words) and (
        _continues(words[length - 1], words[length], verb_follows=verb_follows)
        or (verb_follows and _is_before_verb(words, length))
    ):
        length += 1
    phrase = words[:length]
    if length > _MAX_WORDS or phrase[-1].lower() in _JOINS | _DETERMINERS:
        return None
    head = next((n for n, word in enumerate(phrase) if word.lower() in _JOINS), length) - 1
    return Topic(" ".join(phrase), "and" in phrase or _is_plural(phrase[head]))


def _continues(before: str, word: str, *, verb_follows: bool) -> bool:
    """Return whether a noun phrase continues from one word to the next."""
    if {before.lower(), word.lower()} & _JOINS or before.lower() in _DETERMINERS or before.endswith("'s"):
        return True
    if word.lower() in PREPOSITIONS:
        return False
    # A verb after "did" or "does" has no ending: "forces" is a noun.
    if word[0].isupper() or _is_plural(word):
        return True
    known, known_before = _parts(word), _parts(before)
    if not known & {"NOUN", "ADJ"}:
        return False
    # After a noun, a word that can be a verb is one: "does a summer worker live".
    noun_before = before[0].isalnum() and "ADJ" not in known_before
    return not (verb_follows and noun_before and "VERB" in known)


def _is_before_verb(words: list[str], place: int) -> bool:
    """Return whether a word that can be a noun precedes one that can only be a verb: "the theory test have"."""
    following = words[place + 1].lower() if place + 1 < len(words) else ""
    return "NOUN" in _parts(words[place]) and (following in _ENDING_VERBS or plain_verb(following))


def _parts(word: str) -> frozenset[str]:
    """Return the possible parts of speech of a word."""
    return parts_of_speech(word.lower().removesuffix("'s"))


def _is_plural(noun: str) -> bool:
    return not noun[0].isupper() and is_only_plural(noun)
