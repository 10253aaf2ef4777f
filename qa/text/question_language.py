"""Detection of the language of a question, which is too short for `qa.text.languages.detect`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from qa.text.function_words import ENGLISH, FUNCTION_WORDS
from qa.text.languages import WORD
from qa.text.lexicon import is_participle, listed

_SCRIPTS: Mapping[str, re.Pattern[str]] = {
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "zh": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]"),
    "ko": re.compile(r"[\u1100-\u11ff\uac00-\ud7af]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
    "ar": re.compile(r"[\u0600-\u06ff]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
}
_QUESTION_WORDS: Mapping[str, frozenset[str]] = {
    ENGLISH: listed("who whom whose what which when where why how did does are"),
    "de": listed("wer wen wem wessen was wann wo warum wieso wie welche welcher welches wohin woher"),
    "es": listed(
        "qui\u00e9n qui\u00e9nes qu\u00e9 cu\u00e1ndo d\u00f3nde c\u00f3mo cu\u00e1l cu\u00e1nto cu\u00e1ntos"
    ),
    "fr": listed("qui que quel quelle quels quelles quand o\u00f9 pourquoi comment combien est"),
    "it": listed("chi che cosa quando dove perch\u00e9 come quanto quanti quante quale quali"),
    "nl": listed("wie wat wanneer waar waarom hoe welke welk hoeveel"),
    "pt": listed("quem qual quais quando onde como quanto quantos quantas"),
}
_LETTER = re.compile(r"[^\W\d_]")
_MIN_SCRIPT_SHARE = 0.4  # of the letters
_MIN_KANA_SHARE = 0.1  # a Japanese sentence contains Chinese characters too
_MIN_WORDS = 2  # function words of the language
_MIN_WORD_SHARE = 0.25


def question_language(question: str) -> str:
    """Return the language of a question as an ISO 639-1 code; empty if unknown.

    It is recognised by its script, or by at least two function words, more than of any other language.
    """
    letters = len(_LETTER.findall(question))
    for language, script in _SCRIPTS.items():
        if letters and len(script.findall(question)) >= letters * (
            _MIN_KANA_SHARE if language == "ja" else _MIN_SCRIPT_SHARE
        ):
            return language
    words = WORD.findall(question.lower())
    if not words:
        return ""
    if words[0] in _QUESTION_WORDS[ENGLISH]:
        return ENGLISH
    found = {
        language: sum(word in known for word in words) + (words[0] in _QUESTION_WORDS.get(language, ()))
        for language, known in FUNCTION_WORDS.items()
    }
    best = max(found, key=lambda language: found[language])
    if best == "de" and _is_english_was(question):
        return ENGLISH
    others = sorted(count for language, count in found.items() if language != best)
    if found[best] < max(_MIN_WORDS, _MIN_WORD_SHARE * len(words)) or found[best] == others[-1]:
        return ENGLISH if found[ENGLISH] == found[best] and found[best] else ""
    return best


def _is_english_was(question: str) -> bool:
    """Return whether a question with "was", which is German too, is English."""
    # A verb follows the German word, and no name: "Was Hanna born in Bern?", "Was milk sold in Bern?"
    words = WORD.findall(question)
    return words[0].lower() == "was" and (
        (len(words) > 1 and words[1][0].isupper()) or any(map(is_participle, words[1:]))
    )
