"""Kinds of questions and answers, told from their words, for breaking the measures down. They know English only."""

from __future__ import annotations

import re
from collections.abc import Sequence

_INTERROGATIVE = re.compile(r"\b(how (?:many|much)|how|who|whom|whose|what|which|when|where|why)\b", re.IGNORECASE)
_YES_OR_NO = re.compile(
    r"(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must)\b",
    re.IGNORECASE,
)
_SAME_WORD = {"whom": "who", "whose": "who", "how much": "how many"}

_SAYS_WHEN = re.compile(
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?|(?:mon|tues|wednes|thurs|fri|satur|sun)day|spring|summer|autumn|winter|"
    r"[12]\d{3}s?|centur(?:y|ies)",
    re.IGNORECASE,
)
_OF_A_DATE = re.compile(
    rf"{_SAYS_WHEN.pattern}|\d{{1,2}}(?:st|nd|rd|th)?|in|on|of|the|or|and|from|to|by|between|before|after|since|until|"
    r"about|around|early|mid|late|morning|afternoon|evening|night|ad|bc|bce|ce",
    re.IGNORECASE,
)
_BETWEEN_PARTS_OF_A_DATE = re.compile(r"[\s.,/\u2013\u2014-]+")
_NUMERAL = re.compile(
    r"\W?\d.*|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|"
    r"millions?|billions?|trillions?|dozens?|half|twice|once)(?:-\w+)?",
    re.IGNORECASE,
)
_SMALL_WORDS = frozenset(["a", "an", "and", "at", "de", "di", "for", "in", "la", "of", "on", "the", "van", "von"])
_MARKS = ".,;:!?()[]\"'“”\u2018\u2019"
_WORDS_OF_A_NUMBER = 6
_WORDS_OF_A_SENTENCE = 9


def question_word(question: str) -> str:
    """Return the word that says what is asked for.

    "who" (also whom, whose), "what", "which", "when", "where", "why", "how many" (also how much) or "how": the first of
    them in the question; "yes or no" for a question that opens with a verb such as "is" or "did"; else "other".
    """
    if _YES_OR_NO.match(question.lstrip()):
        return "yes or no"
    found = _INTERROGATIVE.search(question)
    if found is None:
        return "other"
    word = found[0].lower()
    return _SAME_WORD.get(word, word)


def answer_type(answers: Sequence[str]) -> str:
    """Return what the first accepted answer, of at least one, is.

    "date" (all its words are of dates, one says when), "number" (at most six words, one a numeral), "sentence" (nine
    words or more), "name" (every word but small ones starts with no small letter), or "phrase".
    """
    parts = [part for part in _BETWEEN_PARTS_OF_A_DATE.split(answers[0]) if part]
    if all(map(_OF_A_DATE.fullmatch, parts)) and any(map(_SAYS_WHEN.fullmatch, parts)):
        return "date"
    words = [word for word in (word.strip(_MARKS) for word in answers[0].split()) if word]
    if len(words) <= _WORDS_OF_A_NUMBER and any(map(_NUMERAL.fullmatch, words)):
        return "number"
    if len(words) >= _WORDS_OF_A_SENTENCE:
        return "sentence"
    telling = [word for word in words if word[0].isalpha() and word.lower() not in _SMALL_WORDS]
    return "name" if telling and not any(word[0].islower() for word in telling) else "phrase"
