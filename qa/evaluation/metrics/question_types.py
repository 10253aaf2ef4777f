"""Types of English questions and answers, for breakdowns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.text.dates import is_date
from qa.text.lexicon import AUXILIARY
from qa.text.names import is_name
from qa.text.numbers import is_numeral

_INTERROGATIVE = re.compile(r"\b(how (?:many|much)|how|who|whom|whose|what|which|when|where|why)\b", re.IGNORECASE)
_YES_OR_NO = re.compile(rf"(?:{AUXILIARY}|am|shall|should|may|might|must)\b", re.IGNORECASE)
_SAME_WORD = {"whom": "who", "whose": "who", "how much": "how many"}
_MARKS = ".,;:!?()[]\"'“”\u2018\u2019"
_MAX_NUMBER_WORDS = 6
_MIN_SENTENCE_WORDS = 9


def question_word(question: str) -> str:
    """Return the question word, normalized.

    The first of "who" (also whom, whose), "what", "which", "when", "where", "why", "how many" (also how much) and "how"
    in the question; "yes or no" if it starts with a verb such as "is" or "did"; else "other".
    """
    if _YES_OR_NO.match(question.lstrip()):
        return "yes or no"
    found = _INTERROGATIVE.search(question)
    if found is None:
        return "other"
    word = found[0].lower()
    return _SAME_WORD.get(word, word)


def answer_type(answers: Sequence[str]) -> str:
    """Return the type of the first accepted answer.

    "date" (only words of dates), "number" (at most six words, one a numeral), "sentence" (nine words or more), "name"
    (all words but function words are capitalized), or "phrase".
    """
    if is_date(answers[0]):
        return "date"
    words = [word for word in (word.strip(_MARKS) for word in answers[0].split()) if word]
    if len(words) <= _MAX_NUMBER_WORDS and any(map(is_numeral, words)):
        return "number"
    if len(words) >= _MIN_SENTENCE_WORDS:
        return "sentence"
    return "name" if is_name(words) else "phrase"
