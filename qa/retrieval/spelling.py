"""Correct misspelt words of a question to words of the documents.

The words that a slip away from an unknown word are looked up in the index (Norvig 2007, "How to write a spelling
corrector"), so that every index can do it. A slip is a pair of letters swapped, a letter missing or doubled, or another
vowel: other edits turn rare words into common ones, such as "krill" into "kill".
"""

from __future__ import annotations

import re
from dataclasses import replace

from qa.index.base import Index
from qa.index.bm25 import question_terms
from qa.retrieval.query_rewriting import RewrittenQuestion
from qa.retrieval.spelling_variants import variants
from qa.text.function_words import ENGLISH, FUNCTION_WORDS
from qa.text.lexicon import is_known, listed
from qa.text.question_language import question_language
from qa.text.tokenizer import encoding
from qa.text.tokens import terms

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_VOWELS = frozenset("aeiouy")
_WORD = re.compile(r"(?<![\w'\u2019.@/-])[A-Za-z]{4,30}(?![\w@/-]|\.\w|['\u2019]t\b)")
_MAX_UNKNOWN = 6  # with more, a text is hardly a misspelt question
_QUESTION_WORDS = listed(
    "what which when where whose whom does many much about after because before between could during should their would"
)
# Shorter words have too many others near them; "Jansen" is not a misspelt "Janssen".
_MIN_LETTERS = 5
_MIN_LETTERS_IF_MISSING = 6
_MIN_LETTERS_IF_OTHER = 7
_MIN_LETTERS_OF_NAME = 7
_CONTRACTIONS = listed("hadnt wont whos wheres whens hows thats theres")  # others are function words
_NUMBER = re.compile(r"(?<![\w.,])\d{4,9}(?![\w,]|\.\d)")
_LOOKED_AT = 5  # chunks with a term


def with_spelling(rewritten: RewrittenQuestion, index: Index) -> RewrittenQuestion:
    """Return what is searched for and asked with its misspelt words corrected."""
    searched_for = corrected(rewritten.searched_for, index)
    same = rewritten.asked == rewritten.searched_for
    asked = searched_for if same else corrected(rewritten.asked, index)
    return replace(rewritten, asked=asked, searched_for=searched_for)


def corrected(question: str, index: Index) -> str:
    """Return an English question with its misspelt words replaced by the words of the documents that they stand for.

    Words of the lexicon or of the documents are not changed, nor common names. "1008" becomes "1,008" and "licence"
    "license" if the documents have it only so.
    """
    question = _NUMBER.sub(lambda found: _as_written(found[0], index), question, count=_MAX_UNKNOWN)
    question = _WORD.sub(lambda found: _as_spelt(found[0], index), question)
    unknown = [found for found in _WORD.finditer(question) if not _is_known(found[0].lower())]
    if not 0 < len(unknown) <= _MAX_UNKNOWN or question_language(question) not in {"", ENGLISH}:
        return question
    for found in reversed(unknown):
        word, before = found[0], question[: found.start()]
        is_name = word[0].isupper() and bool(before.strip()) and not question.isupper()
        if meant := _meant(word.lower(), index, is_name=is_name):
            meant = meant.upper() if word.isupper() else meant.capitalize() if word[0].isupper() else meant
            question = f"{before}{meant}{question[found.end() :]}"
    return question


def _is_known(word: str) -> bool:
    return word in FUNCTION_WORDS[ENGLISH] or is_known(word) or word in _CONTRACTIONS


def _is_common(word: str) -> bool:
    return len(encoding().encode_ordinary(f" {word}")) == 1


def _meant(word: str, index: Index, *, is_name: bool) -> str | None:
    """Return the word that a misspelt lower-case word stands for; None if there is no such word, or several."""
    count = index.keyword.document_frequencies
    if any(count(each)[term] for each in question_terms(index.keyword, word).values() for term in each):
        return None
    near = _near(word)
    if not is_name and (meant := next((each for each in near if each in _QUESTION_WORDS), None)):
        return meant
    if _is_common(word.capitalize()) or len(word) < (_MIN_LETTERS_OF_NAME if is_name else _MIN_LETTERS):
        return None
    term_of = {each: term for each in near for term in terms(each)}
    counts = count(dict.fromkeys(term_of.values()))
    found = [each for each, term in term_of.items() if counts[term]]
    surer = [each for each in term_of if sorted(each) == sorted(word) or len(each) != len(word)]
    if not found and not is_name and len(word) >= _MIN_LETTERS_IF_MISSING:
        # The documents may say it in other words: a common word is meant.
        found = [each for each in surer if _is_common(each) and is_known(each)]
    if len({term_of[each] for each in found}) != 1:
        return None
    if not is_name and (meant := next(filter(is_known, found), None)):
        return meant
    # A name with another vowel is another name.
    names = (each for each in found if each in surer)
    return next((each for each in names if _occurs(each.capitalize(), [term_of[each]], index)), None)


def _as_written(number: str, index: Index) -> str:
    """Return a number with commas if the documents have it only with them."""
    grouped = f"{int(number):,}"
    counts = index.keyword.document_frequencies([number, *grouped.split(",")])
    known = not counts.pop(number) and all(counts.values())
    return grouped if known and _occurs(grouped, grouped.split(","), index) else number


def _as_spelt(word: str, index: Index) -> str:
    """Return a lower-case word in the other of its British and American spellings if the documents have only that."""
    found = {term: each for each in variants(word) for term in terms(each)} if word.islower() else {}
    if not found:
        return word
    counts = index.keyword.document_frequencies([*found, *(own := terms(word))])
    if any(counts[term] for term in own):
        return word
    return next((each for term, each in found.items() if counts[term]), word)


def _near(word: str) -> list[str]:
    """Return the words a slip away, the likeliest slips first; the first letter is rarely wrong."""
    cuts = [(word[:n], word[n:]) for n in range(1, len(word) + 1)]
    swapped = [f"{before}{after[1]}{after[0]}{after[2:]}" for before, after in cuts if len(after) > 1]
    single = [f"{before}{before[-1]}{after}" for before, after in cuts]
    doubled = [f"{before}{after[1:]}" for before, after in cuts if after.startswith(before[-1])]
    near = [*swapped, *single, *doubled]
    if len(word) >= _MIN_LETTERS_IF_MISSING or word.startswith("w"):
        near += [f"{before}{letter}{after}" for before, after in cuts for letter in _LETTERS]
    if len(word) >= _MIN_LETTERS_IF_OTHER:
        near += [f"{before}{vowel}{after[1:]}" for before, after in cuts if after[:1] in _VOWELS for vowel in "aeiouy"]
    return list(dict.fromkeys(near))


def _occurs(text: str, its_terms: list[str], index: Index) -> bool:
    """Return whether the documents contain a name or number itself, not only its terms."""
    rows, _ = index.keyword.search(its_terms, _LOOKED_AT)
    return any(re.search(rf"\b{text}\b", index.chunk(row).text) for row in rows.tolist())
