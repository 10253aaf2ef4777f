"""Tell sentences about another thing of the same kind: "The Vik Bridge is long" tells nothing of the Aure Bridge."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from qa.text.lexicon import AUXILIARIES, PREPOSITIONS, is_noun, is_role, listed
from qa.text.tokens import unaccented

# "Aure Bridge", "University of Oslo", "the Aure bridge", "the mill of Aure", "Lake Aure", "Aure"
_CAPITALISED = r"[A-Z][\w\u2013-]*"
_MORE = rf"(?:\s{_CAPITALISED})+"
_OF = rf"\sof(?:\sthe)?{_MORE}"
_NAME = re.compile(
    rf"(?<![\w'\u2019\u2013-])(?:(?P<the>[Tt]he)\s)?(?P<name>{_CAPITALISED}(?:{_OF}|{_MORE}|\s(?P<kind>[a-z]+))?"
    rf"|(?<=[Tt]he\s)[a-z]+(?:{_OF}|\s(?:in|at)(?:\sthe)?{_MORE}))(?![\w\u2013-])"
)
_NO_PART = AUXILIARIES | listed("the a an who whom whose what which when where why how in on at of and")
_KINDS_BEFORE = listed("lake mount mountain river fort port cape king queen pope prince princess saint castle hotel")
_TITLES = listed("mr mrs ms miss dr prof sir lady lord dame st")
_MIN_CHARACTERS = 3  # of a word that tells names apart; no initial
_MAX_SUBJECT_CHARACTERS = 80  # of a sentence in which its subject ends
_MAX_WORDS_BEFORE = 2  # the name: "Her sister |Clara Berg| moved"

Name = tuple[str, ...]
"""The lower-case words of a name: of two or more, since one is completed: "Clara" by "Clara Berg"."""


def is_of_namesake(question: str, sentences: Sequence[str], text: str, title: str) -> bool:
    """Return whether a question names a thing, and the subject of the first sentence is another one of that kind.

    The last sentence is that of an answer; its pronouns refer to those before it. The text of the document must have
    the name that is asked about, or no word of it. "The bridge" is that of the title.
    """
    subject = _subject(sentences[0], text) or _titled(sentences[-1], title, text)
    asked = [*_names(question, text)] if subject else []
    if subject is None or subject in asked:
        return False
    stated = {*_words("\n".join(sentences))}
    return any(
        own and stated.isdisjoint(own) and _is_known(name, own, text)
        for name, own in ((name, _own_words(name, subject)) for name in asked)
    )


def _names(words: str, text: str) -> Iterator[Name]:
    for one in _NAME.finditer(words):
        found = one["name"].split()
        if one["kind"] and not (one["the"] and is_noun(one["kind"])):
            del found[-1]
        while found and found[0].lower() in _NO_PART:
            del found[0]
        if len(found) > 1 and found[0].islower():
            found[1] = "of"
        if len(found) == 1 and (full := re.search(rf"{_pattern(found[0])} [A-Z][\w-]*", text)):
            found = full[0].split()
        if len(found) > 1:
            yield tuple(_words(" ".join(found)))


def _subject(sentence: str, text: str) -> Name | None:
    """Return the name that a sentence opens with."""
    for one in _NAME.finditer(sentence[:_MAX_SUBJECT_CHARACTERS]):
        before = _words(sentence[: one.start()])
        if len(before) > _MAX_WORDS_BEFORE or PREPOSITIONS & {*before}:
            return None
        if name := next(_names(one[0], text), None):
            return name
    return None


def _titled(sentence: str, title: str, text: str) -> Name | None:
    """Return the name in the title if a sentence calls it "the" with its kind."""
    named = (name for name in _names(title, text) if re.search(rf"\b[Tt]he {re.escape(_kind(name))}\b", sentence))
    return next(named, None)


def _own_words(name: Name, other: Name) -> set[str]:
    """Return the words that tell a name from another of the same kind.

    Empty if they are not of one kind, or may be of one thing, as "Ann Lee", "Ms Lee" and "Lee" are.
    """
    is_one_kind = _kind(name) == _kind(other) or (name[0] == other[0] and name[0] in _KINDS_BEFORE)
    own, others = {*name} - {*other, *_NO_PART}, {*other} - {*name, *_NO_PART}
    is_plain = not any(is_role(word) or word in _TITLES or len(word) < _MIN_CHARACTERS for word in own | others)
    return own if is_one_kind and others and is_plain else set()


def _kind(name: Name) -> str:
    return name[0] if name[1] == "of" else name[-1]


def _is_known(name: Name, own: set[str], text: str) -> bool:
    """Return whether a text has the whole name, or none of the words that tell it from another."""
    plain = unaccented(text)
    phrases = (r"\W+".join((_pattern(words[0]), *words[1:])) for words in (name, *((word,) for word in own)))
    whole, *parts = (re.search(rf"{phrase}(?!\w)", plain) is not None for phrase in phrases)
    return whole or not any(parts)


def _pattern(word: str) -> str:
    """Return the pattern of a word from its start on. It opens with the word itself, which is found fast in a book."""
    literal = re.escape(word)
    return rf"{literal}(?<!\w{literal})"


def _words(text: str) -> list[str]:
    """Return the words of a text, see `unaccented`; "Löwenheim-Skolem" has two."""
    return re.findall(r"\w+", unaccented(text))
