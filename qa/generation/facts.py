"""What of a sentence can be checked word by word: its numbers, its names, and what it denies."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from qa.text.lexicon import is_known, listed
from qa.text.tokens import WORD, terms


def _counted(words: str, first: int) -> dict[str, float]:
    return {word: float(number) for number, word in enumerate(words.split(), first)}


_UNITS = _counted("zero one two three four five six seven eight nine ten eleven twelve", 0) | _counted(
    "thirteen fourteen fifteen sixteen seventeen eighteen nineteen", 13
)
_ORDINALS = _counted("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth", 1) | _counted(
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth", 13
)
_TENS = {word: 10 * n for word, n in _counted("twenty thirty forty fifty sixty seventy eighty ninety", 2).items()}
_SCALES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "million": 1e6,
    "mn": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "trillion": 1e12,
    "tn": 1e12,
}
_OTHERS = {"half": 0.5, "quarter": 0.25, "dozen": 12, "twice": 2, "double": 2, "both": 2, "pair": 2, "thrice": 3}
_WORDS = {**_UNITS, **_ORDINALS, **_TENS, **_OTHERS}
_NUMBER_WORD = "|".join(sorted((*_WORDS, *_SCALES), key=len, reverse=True))
_PIECE = re.compile(
    rf"(?P<digits>\d+(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)|(?<![^\W\d_])(?P<word>{_NUMBER_WORD})s?\b", re.IGNORECASE
)
_BETWEEN = re.compile(r"[\s-]?|\s(?:and|a|of a)\s")
_PER_CENT = re.compile(r"\s?(?:%|per\s?cent\b)")
_ORDINAL_ENDINGS = frozenset({"st", "nd", "rd", "th"})
_YEAR = re.compile(r"1\d{3}|20\d{2}")
_LATER_YEAR = re.compile(r"[-\u2013](\d\d)\b")


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text.

    Attributes
    ----------
    start, end : int
        Its span, from the first of its words to the last.
    values : tuple of float
        What it may mean: "50%" is 50 and 0.5.
    kind : str
        "year", "rank" for "third" and "21st", or "amount".
    """

    start: int
    end: int
    values: tuple[float, ...]
    kind: Literal["year", "rank", "amount"] = "amount"


def numbers(text: str) -> list[Number]:
    """Return the numbers of a text in order, in digits or in words: "1,000", "$3bn", "twenty-one", "third", "half"."""
    found: list[Number] = []
    pieces = list(_PIECE.finditer(text))
    following = 0
    while following < len(pieces):
        first, following = following, following + 1
        while following < len(pieces) and _goes_on(text, pieces[following - 1], pieces[following]):
            following += 1
        group = pieces[first:following]
        value, end = _value(group), group[-1].end()
        values: tuple[float, ...] = (value,)
        if _PER_CENT.match(text, end):
            values = (value, value / 100)
        later = _LATER_YEAR.match(text, end)
        if later and 1000 <= value < 2100:
            values = (value, value // 100 * 100 + int(later[1]))
        found.append(Number(group[0].start(), end, values, _kind(text[group[0].start() : end], text[end : end + 2])))
    return found


def _kind(written: str, following: str) -> Literal["year", "rank", "amount"]:
    last = re.split(r"[\s-]", written.lower())[-1]
    if last in _ORDINALS or (following in _ORDINAL_ENDINGS and last.isdigit()):
        return "rank"
    return "year" if _YEAR.fullmatch(written) else "amount"


def _goes_on(text: str, piece: re.Match[str], following: re.Match[str]) -> bool:
    """Return whether two pieces are of one number: "3 million", "twenty-one", "two hundred and five"."""
    word, before = (following["word"] or "").lower(), (piece["word"] or "").lower()
    between = text[piece.end() : following.start()]
    if not _BETWEEN.fullmatch(between) or not word:
        return False
    if word in _SCALES or word == "dozen":
        return before not in _ORDINALS
    if before in _TENS:
        return between.strip() != "and" and 1 <= _WORDS[word] < 10 and (word in _UNITS or word in _ORDINALS)
    return before in _SCALES and word not in _OTHERS


def _value(pieces: Iterable[re.Match[str]]) -> float:
    total, part = 0.0, 0.0
    for piece in pieces:
        word = (piece["word"] or "").lower()
        if piece["digits"]:
            part = float(piece["digits"].replace(",", ""))
        elif word == "dozen":
            part = 12 * (part or 1)
        elif word == "hundred":
            part = 100 * (part or 1)
        elif word in _SCALES:
            total, part = total + (part or 1) * _SCALES[word], 0.0
        else:
            part += _WORDS[word]
    return total + part


# Written otherwise as a noun and as an adjective, beyond what a common beginning shows.
_SAME = {
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
_CAPITAL = r"[A-Z][^\W_]*(?:[.'\u2019&-][^\W_]+)*"
_RUN = re.compile(rf"\b{_CAPITAL}(?:\s(?:(?:of|de|von|van|der|la|le|du|di|da|al|the)\s){{0,2}}{_CAPITAL}|,\s(?=Jr))*")
_WORD = re.compile(r"[^\W_]+(?:[.'\u2019&-][^\W_]+)*")
_POSSESSIVE = re.compile(r"['\u2019]s?$")
_CONTRACTED = re.compile(r"['\u2019](?:m|d|ll|ve|re|s|t)$")
_LEAST_BEGINNING = 4  # characters of the shorter of two words that are alike but for the ending
_LONGEST_ENDING = 4  # characters by which the other is longer
_JOINING = listed("of de von van der la le du di da al the")
_BEFORE_A_SENTENCE = frozenset('.!?:;\u2022"\u201c(')
_NO_NAMES = listed(
    "i a an the this that these those it its he she they we you his her their my our your there here in on at by for "
    "from with without to of as and or but if when while after before during since until because although though "
    "however what who which where why how yes no not all some many most each every both other another such one"
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a text.

    Attributes
    ----------
    start, end : int
        Its span.
    words : tuple of str
        Its words in lower case, without "of" and the like.
    """

    start: int
    end: int
    words: tuple[str, ...]


Fact = Number | Name


def names(text: str, known: Collection[str] = ()) -> list[Name]:
    """Return the names of a text: words with a capital that they do not owe to the start of a sentence.

    Parameters
    ----------
    text : str
    known : collection of str
        Words that are names wherever they stand; see `capitals`.
    """
    found = []
    for match in _RUN.finditer(text):
        start, words = match.start(), list(_WORD.finditer(match[0]))
        first = words[0][0]
        plain = _CONTRACTED.sub("", first).lower()
        if len(words) > 1 and plain in _NO_NAMES:
            words = words[1:]
        elif len(words) == 1 and (
            plain in _NO_NAMES or (_opens_sentence(text, start) and first not in known and _is_common(first))
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
    """Return the words that stand with a capital within a sentence of one of the texts."""
    return frozenset(
        word[0]
        for text in texts
        for word in _WORD.finditer(text)
        if word[0][0].isupper() and not _opens_sentence(text, word.start())
    )


def _opens_sentence(text: str, offset: int) -> bool:
    while offset and text[offset - 1].isspace():
        offset -= 1
    return offset == 0 or text[offset - 1] in _BEFORE_A_SENTENCE


def _is_common(word: str) -> bool:
    return word[1:].islower() and is_known(word.lower())


def _plain(word: str) -> str:
    return _POSSESSIVE.sub("", word.lower())


class Words:
    """The words of a text, to look names up in.

    Parameters
    ----------
    text : str
    """

    def __init__(self, text: str) -> None:
        self._words = {_plain(word[0]) for word in _WORD.finditer(text)}
        self._words |= {part for word in self._words for part in word.split("-")}
        self._same = {_SAME[word] for word in self._words if word in _SAME}
        self._short = {_initials(name.words) for name in names(text) if len(name.words) > 1}
        self._beginnings = {_beginning(word, len(word)) for word in self._words if len(word) >= _LEAST_BEGINNING}
        self._shorter_beginnings = {one for word in self._words for one in _shorter_beginnings(word)}

    def lacking(self, name: Name) -> float:
        """Return the share of a name's words that are not there in any form: "Chinese" is there where "China" is."""
        if len(name.words) > 1 and _initials(name.words) in self._words:
            return 0.0
        return sum(not self._holds(word) for word in name.words) / len(name.words)

    def _holds(self, word: str) -> bool:
        return (
            word in self._words
            or word.replace(".", "") in self._short
            or _SAME.get(word) in self._same
            or all(part in self._words for part in word.split("-"))
            or self._begins_alike(word)
        )

    def _begins_alike(self, word: str) -> bool:
        """Return whether a word is like this one but for the ending: "china" and "chinese", "german" and "germany"."""
        if len(word) < _LEAST_BEGINNING:
            return False
        return _beginning(word, len(word)) in self._shorter_beginnings or not self._beginnings.isdisjoint(
            _shorter_beginnings(word)
        )


def _initials(words: Iterable[str]) -> str:
    return "".join(word[0] for word in words)


def _beginning(word: str, length: int) -> tuple[int, str]:
    """Return what a word shares with one of that length that is like it but for the ending."""
    return length, word[: length - 1]


def _shorter_beginnings(word: str) -> Iterator[tuple[int, str]]:
    """Yield what a word shares with each word as long as it or a little shorter that is like it but for the ending."""
    for length in range(max(_LEAST_BEGINNING, len(word) - _LONGEST_ENDING), len(word) + 1):
        yield _beginning(word, length)


_NEGATOR = re.compile(
    r"\b(?:not|never|no|none|nobody|nothing|neither|nor|without|cannot|hardly|unable|impossible|fail(?:s|ed|ing)? to"
    r"|lack(?:s|ed|ing)?|refus(?:es?|ed|ing) to|no longer)\b|n['\u2019]t\b",
    re.IGNORECASE,
)
_NO_NEGATION = re.compile(
    r"\b(?:not (?:only|just|merely|simply|least)|no (?:less|fewer|later|more) than|no\. ?\d|nothing but)", re.IGNORECASE
)
_UNTIL = re.compile(r"(?:\W+\w+){0,7}?\W+until\b", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[;:.!?](?=\s|$)|,(?=\s)|\s(?=(?:but|although|though|because|which|who|while|whereas)\s)")
SCOPE_TERMS = 4
"""Terms after a negation that it is taken to deny."""


@dataclass(frozen=True, slots=True)
class Denial:
    """What one negation of a text denies.

    Attributes
    ----------
    terms : tuple of str
        Those that follow it in its clause, at most `SCOPE_TERMS`.
    until : bool
        Whether "until" follows: "did not open until 1900" denies little.
    """

    terms: tuple[str, ...]
    until: bool

    def matches(self, other: Denial) -> bool:
        """Return whether both deny the same: what one denies first the other does, or a third of the terms agree."""
        heads = self.terms[0] in other.terms[:2] or other.terms[0] in self.terms[:2]
        return heads or 3 * len(set(self.terms) & set(other.terms)) >= min(len(self.terms), len(other.terms))


def denials(text: str) -> list[Denial]:
    """Return what the negations of a text deny, in order; "not only" and "No, ..." deny nothing."""
    negators = list(_NEGATOR.finditer(text))
    if not negators:
        return []
    ends = [match.start() for match in _CLAUSE_END.finditer(text)] + [len(text)]
    placed = [(match.start(), term) for match in WORD.finditer(text) for term in terms(match[0])]
    starts = [start for start, _ in placed]
    found = []
    for match in negators:
        first = bisect_left(starts, match.end())
        end = ends[bisect_left(ends, match.end())]
        denied = tuple(term for start, term in placed[first : first + SCOPE_TERMS] if start < end)
        if denied and not _NO_NEGATION.match(text, match.start()):
            found.append(Denial(denied, _UNTIL.match(text, match.end()) is not None))
    return found
