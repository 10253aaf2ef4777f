"""The item of a list that states an amount: "100 g of sugar" below "Kvass", if asked how much sugar kvass needs."""

from __future__ import annotations

import re
from functools import cache
from itertools import takewhile

from qa.answering.evidence import Evidence, Reply
from qa.answering.reading.sentences import sentences
from qa.protocols import AnswerSpan
from qa.text.lexicon import AUXILIARIES, MODALS, POINTERS, PREPOSITIONS, third_person_of
from qa.text.lines import LIST_MARK
from qa.text.spans import trim
from qa.text.tokens import terms
from qa.types import Span

_AMOUNT_OF = re.compile(r"\W*how (?:much|many)\s+(?P<noun>[a-z][^?]*)", re.IGNORECASE)
_TIME_OF = re.compile(r"\W*how long\s", re.IGNORECASE)
# Words of such a question that name nothing.
_IDLE = (
    "much many long need needed require required use used take takes go goes add added put make makes contain contains "
    "have call calls last recipe included"
)
_NUMBER = r"[*_~(]*[\d\u00bc-\u00be\u2150-\u215e]"
# "Sugar: 100 g", and in a list "Sugar 100 g", but not "Room 4".
_LABELLED = re.compile(rf"(?P<label>[^\d:|]{{1,40}}?)(?P<colon>:[*_]*)?\s+(?P<value>{_NUMBER}[^\n:]*)")
_WITH_UNIT = re.compile(r"\W*\d\S*\s?[^\W\d]")
_COUNTED = re.compile(rf"(?P<value>{_NUMBER}[^\n:]*)")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_GOES_ON = re.compile(r"\s+[^\W\d_]")
_MAX_WORDS = 12  # of an item that is no sentence
_MAX_NOUN_WORDS = 3


def listed_amount_reply(evidence: Evidence) -> Reply | None:
    """Return the only item of a list that states the amount or duration asked for.

    With the headings and the title above it, the item has all that the question names.
    """
    amount, duration = _AMOUNT_OF.match(evidence.question), _TIME_OF.match(evidence.question)
    noun = {*terms(" ".join(_noun(amount["noun"])))} if amount else set()
    if not noun and duration is None:
        return None
    asked = {*terms(evidence.question)} - _idle()
    found: list[tuple[AnswerSpan, set[str]]] = []
    for sentence in sentences(evidence.passages):
        text = sentence.passage.text
        offset, end = sentence.passage.start, sentence.match.end - sentence.passage.start
        mark = LIST_MARK.match(text, sentence.match.start - offset, end)
        first = mark.end() if mark else sentence.match.start - offset
        if sentence.match.cells or len(text[first:end].split()) > _MAX_WORDS or text.endswith(".", first, end):
            continue
        span = _stated(text, (first, end), noun, asked, counted=mark is not None)
        title = {*terms(evidence.documents[sentence.passage.document_id].title)}
        if span and asked - noun <= title | {*terms(f"{sentence.passage.headings} {text[first:end]}")}:
            found.append((sentence.span(span[0] + offset, span[1] + offset), title))
    # "Banana pancakes" are not meant by "pancakes" if there is a recipe for these.
    exact = [one for one in found if one[1] and one[1] <= asked] or found
    return evidence.value(exact[0][0]) if len(exact) == 1 else None


def _stated(text: str, item: Span, noun: set[str], asked: set[str], *, counted: bool) -> Span | None:
    """Return the amount that an item states: the value of "Sugar: 100 g", or all of "100 g of sugar"."""
    labelled = _LABELLED.fullmatch(text, *item)
    if labelled:
        label = terms(labelled["label"])
        is_value = labelled["colon"] or (counted and _WITH_UNIT.match(labelled["value"]))
        # "Fermentation time" is how long it ferments.
        fits = label and (label[-1] in noun if noun else {*label} - {*terms("time")} <= asked and len(label) > 1)
        return _without_marks(text, labelled.span("value")) if is_value and fits else None
    if not noun or not counted or not _COUNTED.fullmatch(text, *item):
        return None
    words = [one for one in _WORD.finditer(text, *item) if {*terms(one[0])} & noun]
    # "3 eggs, beaten" are eggs, "1 egg yolk" is not.
    is_head = words and noun <= {*terms(text[slice(*item)])} and not _GOES_ON.match(text, words[-1].end(), item[1])
    return trim(text, *item) if is_head else None


def _without_marks(text: str, span: Span) -> Span:
    words = text[slice(*span)]
    return span[0] + len(words) - len(words.lstrip("*_ ")), span[0] + len(words.rstrip("*_ "))


def _noun(words: str) -> list[str]:
    """Return the words of a question up to its verb or to a preposition."""
    ends = AUXILIARIES | MODALS | PREPOSITIONS | POINTERS
    return list(
        takewhile(
            lambda word: (
                word.lower() not in ends and not third_person_of(word.lower()) and not {*terms(word)} & _idle()
            ),
            words.split()[: _MAX_NOUN_WORDS + 1],
        )
    )


@cache
def _idle() -> frozenset[str]:
    return frozenset(terms(_IDLE))
