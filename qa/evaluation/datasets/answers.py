"""Accepted answers in SQuAD's normal form."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from functools import lru_cache

from qa.errors import QuestionSetError, check_type
from qa.text.verbatim import whole_words

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalize_answer(text: str) -> str:
    """Return the text in SQuAD's normal form.

    Lower case, without ASCII punctuation, without the articles "a", "an" and "the", with single spaces, as
    ``normalize_answer`` of the official SQuAD evaluation scripts does.
    """
    check_type("the text", text, str, "text")
    without_punctuation = text.lower().translate(_WITHOUT_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", without_punctuation).split())


def contains_answer(text: str, answers: Sequence[str]) -> bool:
    """Return whether the text contains an accepted answer as whole words, both in SQuAD's normal form.

    The normal form joins words across punctuation: "China's" becomes "chinas" and does not contain "China". An answer
    without words in normal form is never contained.
    """
    normal_text = normalize_answer(text)
    # Most texts do not contain the answer at all; `in` rejects these much faster.
    return any(answer in normal_text and whole_words(answer, normal_text) is not None for answer in accepted(answers))


def accepted(answers: Sequence[str]) -> Sequence[str]:
    """Return the answers in normal form without empty ones; one empty answer if none is left, as in SQuAD."""
    if isinstance(answers, str):
        raise QuestionSetError(f"answers is {answers!r}; expected a list: [{answers!r}]")
    return _accepted(tuple(answers))


# The answers of a question are compared with several texts, one after the other.
@lru_cache(maxsize=16)
def _accepted(answers: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(normal for normal in map(normalize_answer, answers) if normal) or ("",)
