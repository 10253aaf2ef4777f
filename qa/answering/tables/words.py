"""The words of a question and of the names of rows and columns, and the measures that words ask for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from qa.text.dates import with_days_as_words
from qa.text.lexicon import participle_of, past_of
from qa.text.negation import negations
from qa.text.tokens import terms

ASKS_FOR = {
    "price": "price cost fee rate charge fare rent dearer cheaper costlier",
    "weight": "weight mass heavy heavier lighter weigh",
    "height": "height tall taller high higher lower",
    "length": "length long longer shorter",
    "age": "age old older young younger",
    "speed": "speed fast faster quick quicker slower",
    "population": "population inhabitants people live",
    "area": "area size large larger big bigger smaller",
    "diameter": "diameter large larger big bigger small smaller wide wider",
    "year": "year when date",
    "time": "time when start begin",
    "winner": "winner won champion who",
    "place": "place where city town location venue",
    "depth": "depth deep deeper",
    "duration": "duration long longer shorter time days hours minutes seconds weeks months years",
    "temperature": "temperature hot warm cold heat",
    "frequency": "frequency often",
    "energy": "energy calories kcal",
    "noise": "noise loud louder quiet quieter noisy",
    "meaning": "meaning mean description does",
}
"""Words that ask for a measure, by the measure."""
_EVENTS = {
    "start": "start begin open appoint join found launch build birth bear",
    "end": "end leave finish close retire expire resign depart die death",
}
"""Words for what dates tell, each the opposite of the other."""
WORD = re.compile(r"[^\W_]+")
_FIRST_NAME = re.compile(r"[A-Z]\w{2,}(?=\s)")
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_SINGULAR = {"children": "child", "men": "man", "women": "woman", "people": "person", "feet": "foot"}


def words_of(text: str) -> list[str]:
    """Return the words in lower case; the day of a date is one: "10 Nov" and "November 10" are "10november"."""
    return WORD.findall(with_days_as_words(text).lower())


def excludes(question: str, name: str) -> bool:
    """Return whether a question is about what is without the thing named: "without battery", "not paid"."""
    denied = _denied(question)
    return bool(denied) and bool(denied & {*terms(name)} - {one.terms[0] for one in negations(name)})


@lru_cache(maxsize=100)  # the question is the same for each name
def _denied(question: str) -> frozenset[str]:
    return frozenset(one.terms[0] for one in negations(question) if not one.terms[0].isdigit())


def name_terms(text: str) -> list[str]:
    """Return the terms of a text with verbs in their base form, and nouns in the singular: "kept" is "keep"."""
    words = (_SINGULAR.get(word, word) for word in words_of(text))
    return terms(" ".join(past_of(word) or participle_of(word) or word for word in words))


def is_another_number(name: frozenset[str], asked: set[str]) -> bool:
    """Return whether a name and the question have different numbers: "CS 30" is not "CS 90"."""
    mine, others = ({term for term in each if term[0].isdigit()} for each in (name, asked))
    return bool(mine and others) and not mine & others


def is_called(question: str, name: str) -> bool:
    """Return whether a question has the first word of a name, and no other name with that word: "the Corva"."""
    word = _FIRST_NAME.match(name)
    return word is not None and re.search(rf"\b{word[0]}(?!\w|\s[A-Z\d])", question) is not None


@cache
def measure_terms() -> frozenset[str]:
    """Return the terms that ask for a measure: "heavy", "long"."""
    return frozenset(terms(" ".join(ASKS_FOR.values())))


def meant_terms(question: str) -> set[str]:
    """Return the terms of the measures that a question asks for: "weight" for "How heavy is ...?"."""
    words = {*WORD.findall(question.lower())}
    return {
        term for meaning, meant in ASKS_FOR.items() if words & {*meant.split()} for term in terms(f"{meaning} {meant}")
    }


def names_agent(name: frozenset[str], asked: set[str]) -> bool:
    """Return whether a column's name is the agent of a verb in the question: "writers" for "Who wrote it?"."""
    return any(f"{term.rstrip('e')}{suffix}" in name for term in asked for suffix in ("er", "or"))


def same_event(name: frozenset[str], asked: set[str]) -> bool | None:
    """Return whether a column of dates and a question are about the same event; None if either is about none.

    The end date is asked for by "When did she leave?", and the start date is not.
    """
    named, wanted = ([event for event in _events() if _events()[event] & each] for each in (name, asked))
    return bool({*named} & {*wanted}) if named and wanted else None


@cache
def _events() -> dict[str, frozenset[str]]:
    return {event: frozenset(name_terms(words)) for event, words in _EVENTS.items()}


def is_of_asked_year(question: str, label: str) -> bool:
    """Return whether the only years that a column names are those asked for: "Year ended May 31, 2023"."""
    named = {*_YEAR.findall(label)}
    return bool(named) and named <= {*_YEAR.findall(question)}


def of_asked_years(question: str, labels: Sequence[str], columns: list[int]) -> list[int]:
    """Return the columns without those that compare the year asked for with another, if one is of that year alone.

    Beside "2024" and "2023", "2024 vs. 2023" has the change.
    """
    own = {column for column in columns if is_of_asked_year(question, labels[column])}
    asked = {*_YEAR.findall(question)} if own else set()
    return [column for column in columns if column in own or asked.isdisjoint(_YEAR.findall(labels[column]))]
