"""Choose the value of what a question asks about where a sentence has one for each of several things.

"The windows are cleaned on the inside once a month and on the outside once a quarter."
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from qa.answering.questions.limits import quantities
from qa.answering.tables.words import name_terms
from qa.text.dates import dates, days, has_date
from qa.text.lexicon import listed, participle_of, past_of
from qa.text.negation import negations
from qa.text.numbers import numbers
from qa.text.spans import overlaps
from qa.text.units import DIMENSIONS
from qa.types import Span

_FREQUENCY = re.compile(
    r"\b(?:once|twice|(?:three|four|five|six|\d+) times)\s+(?:an?|per|each|every)\s+\w+|\bevery\s+(?:\w+\s+)?"
    r"(?:day|week|month|quarter|year)s?\b",
    re.IGNORECASE,
)
_RESPECTIVELY = re.compile(r"\brespectively\b", re.IGNORECASE)
_COORDINATOR = re.compile(r",?\s+(?:and|but|or|while|whereas)\s+|[,;]\s+")
_ACRONYMS = re.compile(r"\b([A-Z]{2,})s\b")  # in the plural, which is not stemmed: "DVDs"
_PARTICLES = listed("off out up down inside outside")
_FIRST_WORD = re.compile(r"\A\s*[\w-]+")  # what is counted: "12 |rooms"
_WORD = re.compile(r"[\w'\u2019-]+")
_PREPOSITION = re.compile(r"\b(on|at|from)\s+\Z", re.IGNORECASE)
_ALSO = re.compile(r"(?:,|,?\s+and)\s+(\w+)\s+")
_NEW_CLAUSE = re.compile(r"\b(?:he|she|it|they|we|I)\b")
_CASE = re.compile(r"\b(?P<value>\d+)\s+(?:if|when)\s+(?P<case>[^,;.\n]+?)(?=[,;.\n]|\s(?:and|or)\s+\d|$)")
_MAX_DATE_CHARACTERS = 30
_MAX_CHARACTERS = 500  # of a sentence that are read


class _Member(NamedTuple):
    """A value with the words before it, from the last coordinator on, and after it, up to the next one."""

    value: Span
    before: str
    after: str


def another_date_follows(text: str, span: Span, sentence: Span) -> bool:
    """Return whether another date follows at once: "closed on |25 December|, on 1 January and on every Monday"."""
    before = _PREPOSITION.search(text, sentence[0], span[0])
    also = _ALSO.match(text, span[1], sentence[1]) if before else None
    if not before or not also or also[1] != before[1]:
        return False
    following = text[also.end() : min(sentence[1], also.end() + _MAX_DATE_CHARACTERS)]
    return has_date(following) and not _NEW_CLAUSE.search(following)


def parallel_value(question: str, text: str, span: Span, sentence: Span) -> Span:
    """Return the value whose words in the sentence the question has, instead of one whose words it lacks.

    The span is returned unless it is one of several values of one kind, joined by "and" or so, of which the question
    names one by words before it.
    """
    members = _members(text, span, sentence)
    own = next((n for n, one in enumerate(members) if overlaps(one.value, span)), None)
    if own is None or len(members) < 2:
        return span
    asked, keys = _words(question), [_words(one.before) for one in members]
    after = _words(" ".join(_FIRST_WORD.sub("", one.after) for one in members))
    if not keys[0] or asked & after - set[str]().union(*keys):
        return span  # the words that tell the values apart are after them: "In 1960 it was approved"
    named = [asked & key - set[str]().union(*keys[:n], *keys[n + 1 :]) for n, key in enumerate(keys)]
    others = [n for n in range(1, len(members)) if n != own and named[n]]
    if own and named[own]:
        return span
    if len(others) == 1 and not (own == 0 and named[0] & _contrasted(members[0], members[others[0]], verbs=False)):
        return members[others[0]].value
    if own and not others and named[0] & _contrasted(members[0], members[own], verbs=True):
        return members[0].value
    return span


def case_value(question: str, text: str, span: Span, sentence: Span) -> Span | None:
    """Return the value asked for of "0 if one is found, 1 if none is", or its case; None if the question names none."""
    cases = list(_CASE.finditer(text, *sentence))
    if len(cases) < 2 or not any(overlaps(one.span(), span) for one in cases):
        return span
    of_value = [one.span("case") for one in cases if re.search(rf"\b{one['value']}\b", question)]
    if len(of_value) == 1:
        return of_value[0]
    asked, denied = _words(question), bool(negations(question))
    named = [(len(asked & _words(one["case"])), bool(negations(one["case"])) is denied) for one in cases]
    best = max(named)
    return cases[named.index(best)].span("value") if best[0] and named.count(best) == 1 else None


def has_several_values(text: str, span: Span, sentence: Span) -> bool:
    """Return whether a span has the values of two things: "15 April and off on 31 October", not "£89 and £134".

    So has one of the values of "395 and 1,600, respectively".
    """
    members = _members(text, span, sentence)
    if len(members) > 1 and _RESPECTIVELY.search(text, span[0], sentence[1]):
        return True
    inside = [one for one in members if overlaps(one.value, span)]
    return any(one.after.strip() or other.before.strip() for one, other in pairwise(inside))


def _members(text: str, span: Span, sentence: Span) -> list[_Member]:
    """Return the values of the kind of the first one in a span; none if one is not joined to the next."""
    start, end = sentence[0], min(sentence[1], sentence[0] + _MAX_CHARACTERS)
    values = _values(text[start:end], (span[0] - start, span[1] - start))
    found: list[_Member] = []
    begin = start
    for one, following in pairwise([*((start + first, start + last) for first, last in values), (end, end)]):
        joint = _COORDINATOR.search(text, one[1], following[0])
        if joint is None and following[0] < end:
            return []
        after = joint.start() if joint and following[0] < end else end
        found.append(_Member(one, text[begin : one[0]], text[one[1] : after]))
        begin = joint.end() if joint else end
    return found


def _values(sentence: str, span: Span) -> list[Span]:
    """Return the frequencies, the dates or the quantities of one dimension in a sentence, whichever a span has."""
    for found in ([one.span() for one in _FREQUENCY.finditer(sentence)], [*dates(sentence)], [*days(sentence)]):
        if any(overlaps(one, span) for one in found):
            return found
    of_dimension: dict[str, list[Span]] = {}
    for one in quantities(sentence):
        measured = one.dimension in DIMENSIONS
        counted = next((number.end for number in numbers(sentence[one.start : one.end])), 0)
        value = one.start, one.start + counted if counted and not measured else one.end
        of_dimension.setdefault(one.dimension if measured else "", []).append(value)
    return next((found for found in of_dimension.values() if any(overlaps(one, span) for one in found)), [])


def _contrasted(first: _Member, other: _Member, *, verbs: bool) -> set[str]:
    """Return the words of the first member that correspond to those of another: its last ones, as many."""
    words = _WORD.findall(first.before)[-len(_WORD.findall(other.before)) or len(first.before) :]
    if not verbs:
        words = [word for word in words if not (participle_of(word.lower()) or past_of(word.lower()))]
    return _words(" ".join(words))


def _words(text: str) -> set[str]:
    """Return the terms of a text, and its particles: "turned on", "turned off"."""
    text = _ACRONYMS.sub(r"\1", text)
    return {*name_terms(text)} | ({word.lower() for word in _WORD.findall(text)} & _PARTICLES)
