"""The language of a text, told by its function words or its script.

Function words are a third to a half of any prose and hardly occur in that of another language, so a small share of a
text tells its language, whatever quotations, names or tables it has. No model is loaded for it.
"""

from __future__ import annotations

import re
from collections import Counter

from qa.text.function_words import FUNCTION_WORDS

UNSPACED = frozenset({"ja", "th", "zh"})
"""Languages that are written without spaces between words."""

WORD = re.compile(r"\w+")
UNSPACED_RUN = re.compile(
    r"[\u0e00-\u0e7f\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_KANA, _THAI = re.compile(r"[\u3040-\u30ff]"), re.compile(r"[\u0e00-\u0e7f]")
_LETTER = re.compile(r"[^\W\d_]")

_SAMPLES = 5
_SAMPLE = 4_000  # characters
_LEAST_WORDS = 20
_LEAST_SHARE = 0.15  # of the words of a text that are function words of its language
_LEAST_DISTINCT = 1.1  # of them, times the square root of that of all distinct words; "de" alone tells nothing
_FEWEST_DISTINCT = 5
_LEAST_LEAD = 1.5  # how many times those of any other language
DETECTION = (_SAMPLES, _SAMPLE, _LEAST_WORDS, _LEAST_SHARE, _LEAST_DISTINCT, _FEWEST_DISTINCT, _LEAST_LEAD)
"""The parameters of `detect`; the terms of a document depend on them."""


def detect(text: str) -> str:
    """Return the language of a text, as an ISO 639-1 code; empty where it is another one, or cannot be told.

    A long text is judged by samples.
    """
    step = max(_SAMPLE, (len(text) - _SAMPLE) // (_SAMPLES - 1))
    sample = " ".join(text[start : start + _SAMPLE] for start in range(0, len(text), step)[:_SAMPLES]).lower()
    if unspaced := _unspaced(sample):
        return unspaced
    # "%s", "-d" and "x" are of no language.
    words = Counter(word for word in WORD.findall(sample) if not (len(word) == 1 and word.isascii()))
    total = sum(count for word, count in words.items() if not word[0].isdecimal())
    found = {language: sum(words[word] for word in known) for language, known in FUNCTION_WORDS.items()}
    (language, most), (_, second) = sorted(found.items(), key=lambda item: -item[1])[:2]
    distinct = sum(word in words for word in FUNCTION_WORDS[language])
    certain = (
        total >= _LEAST_WORDS
        and distinct >= max(_FEWEST_DISTINCT, _LEAST_DISTINCT * len(words) ** 0.5)
        and most >= _LEAST_SHARE * total
        and most >= _LEAST_LEAD * second
    )
    return language if certain else ""


def _unspaced(text: str) -> str:
    found = "".join(UNSPACED_RUN.findall(text))
    if len(found) < _LEAST_WORDS or 2 * len(found) < len(_LETTER.findall(text)):
        return ""
    if 2 * len(_THAI.findall(found)) > len(found):
        return "th"
    return "ja" if 10 * len(_KANA.findall(found)) > len(found) else "zh"
