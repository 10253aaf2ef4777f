"""Detection of the language of a text by its function words or its script.

Function words are a third to a half of any prose and rarely occur in prose of other languages, so a small share of them
is enough, whatever quotations, names or tables a text contains. No model is needed.
"""

from __future__ import annotations

import re
from collections import Counter

from qa.text.function_words import FUNCTION_WORDS

UNSPACED = frozenset({"ja", "th", "zh"})
"""Languages written without spaces between words."""

WORD = re.compile(r"[^\W_]+(?:_++[^\W_]+)*")
"""A word without the underscores around it, which mark emphasis in Markdown: "max_size", "Black" of "_Black_"."""
UNSPACED_RUN = re.compile(
    r"[\u0e00-\u0e7f\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_KANA, _THAI = re.compile(r"[\u3040-\u30ff]"), re.compile(r"[\u0e00-\u0e7f]")
_LETTER = re.compile(r"[^\W\d_]")

_SAMPLES = 5
_SAMPLE_CHARS = 4_000
_MIN_WORDS = 20
_MIN_WORD_SHARE = 0.15  # of the words of a text that are function words
_MIN_DISTINCT_RATIO = 1.1  # distinct function words per square root of distinct words: "de" alone proves nothing
_MIN_DISTINCT = 5  # function words
_MIN_LEAD = 1.5  # ratio to the function words of any other language
DETECTION = (_SAMPLES, _SAMPLE_CHARS, _MIN_WORDS, _MIN_WORD_SHARE, _MIN_DISTINCT_RATIO, _MIN_DISTINCT, _MIN_LEAD)
"""Parameters of `detect`, on which the terms of documents depend."""


def detect(text: str) -> str:
    """Return the language of a text as an ISO 639-1 code; empty if unknown. Long texts are sampled."""
    step = max(_SAMPLE_CHARS, (len(text) - _SAMPLE_CHARS) // (_SAMPLES - 1))
    sample = " ".join(text[start : start + _SAMPLE_CHARS] for start in range(0, len(text), step)[:_SAMPLES]).lower()
    if unspaced := _unspaced(sample):
        return unspaced
    # "%s", "-d" and "x" belong to no language.
    words = Counter(word for word in WORD.findall(sample) if not (len(word) == 1 and word.isascii()))
    total = sum(count for word, count in words.items() if not word[0].isdecimal())
    found = {language: sum(words[word] for word in known) for language, known in FUNCTION_WORDS.items()}
    (language, most), (_, second) = sorted(found.items(), key=lambda item: -item[1])[:2]
    distinct = sum(word in words for word in FUNCTION_WORDS[language])
    certain = (
        total >= _MIN_WORDS
        and distinct >= max(_MIN_DISTINCT, _MIN_DISTINCT_RATIO * len(words) ** 0.5)
        and most >= _MIN_WORD_SHARE * total
        and most >= _MIN_LEAD * second
    )
    return language if certain else ""


def _unspaced(text: str) -> str:
    found = "".join(UNSPACED_RUN.findall(text))
    if len(found) < _MIN_WORDS or 2 * len(found) < len(_LETTER.findall(text)):
        return ""
    if 2 * len(_THAI.findall(found)) > len(found):
        return "th"
    return "ja" if 10 * len(_KANA.findall(found)) > len(found) else "zh"
