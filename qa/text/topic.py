"""The topic of a question: "When was the first cable completed?" is about "the first cable".

Found by word order and possible parts of speech.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qa.text.lexicon import (
    AUXILIARIES,
    AUXILIARY,
    BE,
    POINTERS,
    PREPOSITIONS,
    RELATIVES,
    inflected,
    is_base,
    is_known,
    is_only_plural,
    is_participle,
    parts_of_speech,
    plain_verb,
)

_ASKED = re.compile(
    rf"(?P<asks>(?:\w+[\s-]+){{0,4}}?)(?P<auxiliary>{AUXILIARY}|should|must|(?-i:^M|m)(?:ay|ight))\s+(?P<rest>.+)",
    re.IGNORECASE | re.DOTALL,
)
_SUBJECT_ASKED = re.compile(
    r"(?:who|what|which|how\s+(?:many|much))\s+(?:\w+\s+){1,3}?(?P<rest>(?:(?:the|an?)\b|(?-i:[A-Z])\w).*)",
    re.IGNORECASE | re.DOTALL,
)
_OF_A_DOING = re.compile(r"(?:\w+\s+){1,3}(?:do|does|did)\s", re.IGNORECASE)
_OPENS = re.compile(r"(?:the|an?|this|these|those|its|their|his|her)$|[A-Z]|\w+'s$")
_JOINS = frozenset({"of", "and", "for", "in", "to", "de", "von", "van"})
_HAS_A_PREDICATE = re.compile(r"(?:why\s+)?", re.IGNORECASE)
_NAMES = re.compile(r"(?:what|when|where|who)\s*$", re.IGNORECASE)
_OF_A_DEGREE = re.compile(r"how\s+\w+\s*$", re.IGNORECASE)
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
    # "Is the bridge closing?": the last word is no part of the topic.
    end = -1 if asked is not None and _HAS_A_PREDICATE.fullmatch(asked["asks"]) else None
    if asked is not None and (found := _phrase(asked["rest"].split(), asked["auxiliary"].lower(), end)):
        if _NAMES.match(asked["asks"]):
            return _with_head(found, asked)
        return _with_noun(found, asked) if _OF_A_DEGREE.match(asked["asks"]) else found
    asked = _SUBJECT_ASKED.match(question)
    return _phrase(asked["rest"].split()) if asked else None


def _with_head(found: Topic, asked: re.Match[str]) -> Topic:
    """Return a topic with the last word of "When is the summer party?", but not of "Where was the film shot?"."""
    words = asked["rest"].split()
    last = _parts(words[-1])
    if (
        " ".join(words[:-1]) != found.text
        or "NOUN" not in last
        or "ADV" in last
        or (is_participle(words[-1].lower()) and not is_base(words[-1].lower()))
        or asked["auxiliary"].lower() not in BE
    ):
        return found
    return Topic(asked["rest"], _is_plural(words[-1]))


def _with_noun(found: Topic, asked: re.Match[str]) -> Topic:
    """Return a topic with the next word of "How long is the trial period for ...?", which asks for no other adjective.

    A word that can be a verb is none: "How long is the shop open?"
    """
    after = asked["rest"].removeprefix(found.text).split()
    word = after[0] if after else ""
    if asked["auxiliary"].lower() not in BE or "NOUN" not in _parts(word) or _parts(word) & {"VERB", "ADV", "ADP"}:
        return found
    return Topic(f"{found.text} {word}", _is_plural(word))


def phrases(question: str) -> Iterator[Topic]:
    """Yield what a question is about, then the noun phrases after it that begin with an article or a capital."""
    question = question.strip().rstrip("?.! ")
    about = topic(question)
    if about:
        yield about
    words = question.partition(about.text)[2].split() if about else question.split()
    if not about and _OF_A_DOING.match(question) and is_base(words[-1].lower()) and not _OPENS.match(words[-2]):
        # "When does work on the park start?"
        words.pop()
    position = 0 if about else 1
    while position < len(words):
        # What follows a question word is asked for: "which Python version".
        asked_for = position > 0 and words[position - 1].lower() in RELATIVES
        if found := None if asked_for else _phrase(words[position : position + _MAX_WORDS + 1]):
            yield found
        position += len(found.text.split()) if found else 1


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


def _phrase(words: list[str], auxiliary: str = "", end: int | None = None) -> Topic | None:
    """Return the noun phrase at the start of the words, up to `end`; after an auxiliary, a verb may follow it."""
    if not words or not (_OPENS.match(words[0]) or (auxiliary and _is_bare_noun(words, auxiliary))):
        return None
    length, most = 1, len(words[:end])
    while length < most and (_continues(words, length, auxiliary) or (auxiliary and _is_before_verb(words, length))):
        length += 1
    phrase = words[:length]
    while phrase and phrase[-1].lower() in _JOINS:
        phrase.pop()
    if not phrase or length > _MAX_WORDS or phrase[-1].lower() in _DETERMINERS:
        return None
    head = next((n for n, word in enumerate(phrase) if word.lower() in _JOINS), len(phrase)) - 1
    return Topic(" ".join(phrase), "and" in phrase or _is_plural(phrase[head]))


def _is_bare_noun(words: list[str], auxiliary: str) -> bool:
    """Return whether the first word is a plural, an unknown word such as "numpy", or "zinc" before a verb."""
    word = words[0].lower()
    if word in POINTERS | PREPOSITIONS or not word.isalpha():
        return False
    if _is_plural(word) or not is_known(word):
        return True
    # After "does", a word that can be a verb is one.
    noun = "NOUN" in _parts(word) and not (is_participle(word) if auxiliary in BE else is_base(word))
    return noun and len(words) > 1 and _may_be_verb(words[1].lower(), auxiliary)


def _may_be_verb(word: str, auxiliary: str) -> bool:
    return (is_participle(word) or word.endswith("ing")) if auxiliary in BE else is_base(word) or is_participle(word)


def _continues(words: list[str], position: int, auxiliary: str) -> bool:
    """Return whether a noun phrase continues from the word before the position to the one there."""
    before, word = words[position - 1], words[position]
    if {before.lower(), word.lower()} & _JOINS or before.lower() in _DETERMINERS or before.endswith("'s"):
        return True
    if word.lower() in PREPOSITIONS | AUXILIARIES | POINTERS:
        return False
    if auxiliary and word.lower() in _ENDING_VERBS and position + 1 == len(words):
        return False
    known = _parts(word)
    # "the marsh otterling": an unknown word is a noun unless it ends a question with "does".
    unknown = not known and word.isalpha() and auxiliary not in BE | {""} and position + 1 < len(words)
    # A verb after "did" or "does" has no ending: "forces" is a noun.
    if unknown or word[0].isupper() or _is_plural(word) or (before[0].isupper() and word.isdigit()):
        return True
    modifies = not before[0].isalnum() or (before.islower() and before.endswith("ing")) or "ADJ" in _parts(before)
    if not known & {"NOUN", "ADJ"} or not auxiliary or modifies:
        return bool(known & {"NOUN", "ADJ"})
    # After a noun, a word that can be a verb is one: "does a summer worker live"; after "is", an adjective is one too.
    verb_after_is = "ADJ" in known or (_may_be_verb(word.lower(), auxiliary) and position + 1 < len(words))
    return not verb_after_is if auxiliary in BE else "VERB" not in known


def _is_before_verb(words: list[str], position: int) -> bool:
    """Return whether a word that can be a noun precedes one that can only be a verb: "the theory test have"."""
    following = words[position + 1].lower() if position + 1 < len(words) else ""
    return "NOUN" in _parts(words[position]) and (following in _ENDING_VERBS or plain_verb(following))


def _parts(word: str) -> frozenset[str]:
    """Return the possible parts of speech of a word."""
    return parts_of_speech(word.lower().removesuffix("'s"))


def _is_plural(noun: str) -> bool:
    return not noun[0].isupper() and is_only_plural(noun)
