"""Recognition of names in English text, and lookup of names in their different forms."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa.text.dates import MONTHS, WEEKDAYS
from qa.text.lexicon import is_known, listed

if TYPE_CHECKING:
    from qa.types import Span

# Country names and adjectives that do not share a common beginning.
_COUNTRY_FORMS = {
    word: group.split()[0]
    for group in (
        "american america us usa u.s u.s.a",
        "british britain uk u.k",
        "danish denmark",
        "dutch netherlands holland",
        "english england",
        "finnish finland",
        "french france",
        "greek greece",
        "irish ireland",
        "norwegian norway",
        "polish poland",
        "scottish scotland",
        "spanish spain",
        "swedish sweden",
        "swiss switzerland",
        "welsh wales",
    )
    for word in group.split()
}
_NO_NAMES = listed(
    "i a an the this that these those it its he she they we you his her their my our your there here in on at by for "
    "from with without to of as and or but if when while after before during since until because although though "
    "however what who which where why how yes no not all some many most each every both other another such one"
)
_JOINING = listed("of de von van der la le du di da al the")
_PARTICLES = "|".join(sorted(_JOINING))


def _run_of(word: str) -> re.Pattern[str]:
    """Return the pattern of consecutive capitalised words and the particles between them."""
    return re.compile(rf"\b{word}(?:\s(?:(?:{_PARTICLES})\s){{0,2}}{word}|,\s(?=Jr))*")


_ENDING = r"[^\W_]*(?:[.'\u2019&-][^\W_]+)*"
_CAPITALS = "".join(filter(str.isupper, map(chr, range(0x530))))  # Latin, Greek and Cyrillic
_RUN = _run_of(rf"[A-Z]{_ENDING}")
_INITIALS = rf"(?:[A-Z]\.){{2,}}|[A-Z]\.(?=\s[A-Z])(?!\s(?i:{'|'.join(sorted(_NO_NAMES))})\b)"
_WIDE_RUN = _run_of(rf"(?:{_INITIALS}|[{_CAPITALS}]{_ENDING})")
_WORD = re.compile(r"[^\W_]+(?:[.'\u2019&-][^\W_]+)*")
_POSSESSIVE = re.compile(r"['\u2019]s?$")
_CONTRACTED = re.compile(r"['\u2019](?:m|d|ll|ve|re|s|t)$")
_MIN_BEGINNING_CHARS = 4  # of the shorter of two words that differ only in their ending
_MAX_ENDING_CHARS = 4  # by which the other word is longer
_BEFORE_A_SENTENCE = frozenset('.!?:;\u2022"\u201c(')
_REST = re.compile(
    rf"(?:\s(?:(?:{_PARTICLES}|del|bin|ibn)\s){{0,2}}(?!(?:{MONTHS}|{WEEKDAYS})\b)[A-Z][\w\u2019'-]*[^\W_])+"
)
_WORD_OF_A_NAME = r"[A-Z][\w'\u2019.-]*+"
FULL_NAME = rf"{_WORD_OF_A_NAME}(?:\s++(?:(?:{_PARTICLES}|del|bin|ibn)\s++){{0,2}}{_WORD_OF_A_NAME}){{1,4}}"
"""Pattern of a name of several words, initials included: "Karl von Frisch", "Bank of England"."""
_SMALL_WORDS = _JOINING | {"a", "an", "and", "at", "for", "in", "on"}


@dataclass(frozen=True, slots=True)
class Name:
    """Span of a name in a text, and its words in lower case without particles such as "of"."""

    start: int
    end: int
    words: tuple[str, ...]


def names(text: str, known: Collection[str] = (), *, wide: bool = False) -> list[Name]:
    """Return the names in a text: capitalised words, except those that merely start a sentence.

    Parameters
    ----------
    known : collection of str
        Words that are names even at the start of a sentence; see `capitals`.
    wide : bool
        Include initials ("John F. Kennedy") and capitals beyond A to Z. Models were trained without this.
    """
    found = []
    for match in (_WIDE_RUN if wide else _RUN).finditer(text):
        start, words = match.start(), list(_WORD.finditer(match[0]))
        first = words[0][0]
        plain = _CONTRACTED.sub("", first).lower()
        if len(words) > 1 and plain in _NO_NAMES:
            words = words[1:]
        elif len(words) == 1 and (
            plain in _NO_NAMES or (opens_sentence(text, start) and first not in known and _is_common(first))
        ):
            continue
        while words and words[0][0] in _JOINING:
            words = words[1:]
        parts = tuple(_plain(word[0]) for word in words if word[0] not in _JOINING)
        if parts:
            end = start + words[-1].end() - len(words[-1][0]) + len(_POSSESSIVE.sub("", words[-1][0]))
            found.append(Name(start + words[0].start(), end, parts))
    return found


def capitals(texts: Iterable[str]) -> frozenset[str]:
    """Return the words that are capitalised within a sentence in any of the texts."""
    return frozenset(
        word[0]
        for text in texts
        for word in _WORD.finditer(text)
        if word[0][0].isupper() and not opens_sentence(text, word.start())
    )


def is_name(words: Iterable[str]) -> bool:
    """Return whether all words are capitalised, except for "of", "the" and the like."""
    main_words = [word for word in words if word[0].isalpha() and word.lower() not in _SMALL_WORDS]
    return bool(main_words) and not any(word[0].islower() for word in main_words)


def opens_sentence(text: str, offset: int) -> bool:
    """Return whether a word starts a sentence, or follows a colon, an opening quote or bracket."""
    while offset and text[offset - 1].isspace():
        offset -= 1
    return offset == 0 or text[offset - 1] in _BEFORE_A_SENTENCE


def _is_common(word: str) -> bool:
    return word[1:].islower() and is_known(word.lower())


def _plain(word: str) -> str:
    return _POSSESSIVE.sub("", word.lower())


class TokenSet:
    """The words of a text, indexed to look up names."""

    def __init__(self, text: str) -> None:
        self._words = {_plain(word[0]) for word in _WORD.finditer(text)}
        self._words |= {part for word in self._words for part in word.split("-")}
        self._same = {_COUNTRY_FORMS[word] for word in self._words if word in _COUNTRY_FORMS}
        self._short = {_initials(name.words) for name in names(text) if len(name.words) > 1}
        self._beginnings = {_beginning(word, len(word)) for word in self._words if len(word) >= _MIN_BEGINNING_CHARS}
        self._shorter_beginnings = {one for word in self._words for one in _shorter_beginnings(word)}

    def missing_fraction(self, name: Name) -> float:
        """Return the share of a name's words missing from the text; "China" is a form of "Chinese"."""
        if len(name.words) > 1 and _initials(name.words) in self._words:
            return 0.0
        return sum(not self._has(word) for word in name.words) / len(name.words)

    def _has(self, word: str) -> bool:
        return (
            word in self._words
            or word.replace(".", "") in self._short
            or _COUNTRY_FORMS.get(word) in self._same
            or all(part in self._words for part in word.split("-"))
            or self._has_same_stem(word)
        )

    def _has_same_stem(self, word: str) -> bool:
        """Return whether a word differs from one in the text only in its ending, as in "china" and "chinese"."""
        if len(word) < _MIN_BEGINNING_CHARS:
            return False
        return _beginning(word, len(word)) in self._shorter_beginnings or not self._beginnings.isdisjoint(
            _shorter_beginnings(word)
        )


def _initials(words: Iterable[str]) -> str:
    return "".join(word[0] for word in words)


def _beginning(word: str, length: int) -> tuple[int, str]:
    """Return a key shared by words, one of this length, that differ only in their ending."""
    return length, word[: length - 1]


def _shorter_beginnings(word: str) -> Iterator[tuple[int, str]]:
    """Yield the keys that a word shares with words up to its length that differ only in the ending."""
    for length in range(max(_MIN_BEGINNING_CHARS, len(word) - _MAX_ENDING_CHARS), len(word) + 1):
        yield _beginning(word, length)


def with_rest_of_name(text: str, span: Span, sentence: Span) -> Span:
    """Return a span that ends within a name with the rest of it: "Ada Maria| Lund", but not "Ada| Monday"."""
    last = next(reversed(text[slice(*span)].split()), "")
    rest = _REST.match(text, span[1], sentence[1]) if last[:1].isupper() and last.isalpha() else None
    return (span[0], rest.end()) if rest else span
