"""Tell whose value a sentence states: "The deposit for the hall is 50 euros" does not tell that for a flat."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise, takewhile

from qa.answering.tables.words import measure_terms, name_terms
from qa.text.lexicon import BE, CONJUNCTIONS, PREPOSITIONS, inflected_from, listed, participle_of
from qa.text.numbers import AMOUNT, is_numeral, numbers
from qa.text.spans import trim
from qa.text.tokens import terms
from qa.text.topic import topic
from qa.types import Span

_ATTRIBUTE = re.compile(
    r"\b(?!(?:much|many|one|out)\b)(?P<what>[a-z]+)\s+(?P<of>for|of)\s+"
    r"(?:(?:an?|the|my|our|your)\s+(?P<whose>[\w-]+(?:\s[\w-]+)*)|(?P<bare>[a-z]+)\W*$)",
    re.IGNORECASE,
)
_STATED = re.compile(rf"\b([a-z]+\s+(?:for|of))\s+(?!\d|{AMOUNT}|(?:it|them|him|her|which|whom)\b)[a-z]", re.IGNORECASE)
# The name that a question ends with: "How long is the Velmora?"
_NAME = re.compile(r"\bthe (?P<name>(?-i:[A-Z])[\w-]*(?: (?-i:[A-Z])[\w-]*)*)\W*$", re.IGNORECASE)
_SUBJECT = re.compile(
    r"(?:(?P<before>[\w-]+)\s+)?\b[Tt]he (?P<name>[A-Z][\w-]*(?: [A-Z][\w-]*)*),?\s+(?:is|was|has|had|[a-z]+(?:s|ed))\b"
)
_NUMBERED = re.compile(r"\b(?P<name>[A-Z][a-z]+) (?P<number>\d{1,4})\b")
_MEASURED = re.compile(r"\W*(?:(?:what|which) colou?r|how [a-z]+) (?:is|are|was|were)\s", re.IGNORECASE)
# The subject of the clause of a value: "its lamp glows |blue".
_PART = re.compile(
    r"\b(?:its|his|her|their) (?:[a-z-]+ ){0,2}?(?P<part>[a-z-]+) (?:are|were|was|[a-z]+s|[a-z]+ed)(?: [a-z]+){0,3} \Z",
    re.IGNORECASE,
)
_HOW_FAR = re.compile(r"\W*how far(?: away)? (?:is|are|was|were) (?P<ends>.+)", re.IGNORECASE)
_WHO = re.compile(
    r"\W*who\s+(?:(?:has|have|had|first|originally)\s+)*(?!was\b|were\b)(?P<verb>[a-z]+)\b", re.IGNORECASE
)
_BREAK = re.compile(r"[;.]|\bby\b")
_MAX_NAME_CHARACTERS = 40  # before the name found, after "by": "by the mayor, |Henrik Soll|"
_MAX_CHARACTERS = 500  # of a sentence that are read
# Work on one thing that is commonly done by different people.
_ROLES = (
    ("write", "direct", "edit", "illustrate", "translate", "conduct", "photograph"),
    ("open", "design", "pay"),
    *(("found", verb) for verb in ("run", "lead", "own", "manage")),
)
_CLAUSE = re.compile(r"[,;]\s+(?:and\s+|but\s+|while\s+)?|\s+and\s+|\s+while\s+")
_MAIN_CLAUSE = re.compile(r";\s+|,?\s+(?:while|whereas)\s+|,?\s+and\s+(?=(?:its|their|his|her)\s)")
_MIN_TERMS = 2
_MAX_WORDS = 7
_NOTHING = listed("nothing none")
_WORD = re.compile(r"[\w-]+")
_RANKED = re.compile(r"\b(?:vice|deputy|assistant|acting|lieutenant(?=.governor))[- ](?P<role>\w+)")
# "Long-term disability" is not short-term disability.
_CONTRARY = tuple(
    re.compile(rf"\b(?:(?P<one>{one})|(?P<other>{other}))[\s-]+(?P<noun>[a-z]+)", re.IGNORECASE)
    for one, other in (
        ("long[- ]term", "short[- ]term"),
        ("full[- ]time", "part[- ]time"),
        ("primary", "secondary"),
        ("minimum", "maximum"),
        ("upper", "lower"),
        ("front", "rear|back"),
        ("left", "right"),
        ("indoor", "outdoor"),
        ("internal", "external"),
        ("domestic", "foreign|international"),
        ("gross", "net"),
        ("northern", "southern"),
        ("eastern", "western"),
        ("junior", "senior"),
        ("male", "female"),
    )
)


def is_of_another_attribute(question: str, sentence: str, above: str) -> bool:
    """Return whether a sentence has a deposit, as asked for, but only that of something else.

    What the question names must not be in `above`, the title and the headings, either.
    """
    asked = _ATTRIBUTE.search(question)
    if asked is None or (asked["whose"] and _WHO.match(question)):
        return False
    words = (asked["whose"] or asked["bare"]).split()
    named = list(takewhile(lambda word: word.lower() not in PREPOSITIONS | CONJUNCTIONS | BE, words))
    stated = (one.rsplit(maxsplit=1) for one in _STATED.findall(sentence))
    is_stated = any(of == asked["of"] and terms(one) == terms(asked["what"]) for one, of in stated)
    return is_stated and {*terms(" ".join(named[-1:]))}.isdisjoint(terms(f"{sentence}\n{above}"))


def is_of_another_number(question: str, sentence: str) -> bool:
    """Return whether a question asks about the Bel 8, and a sentence names only the Bel 6."""
    asked, stated = ({*_NUMBERED.findall(each)} for each in (question, sentence))
    return not asked & stated and not {name for name, _ in asked}.isdisjoint(name for name, _ in stated)


def is_of_part(question: str, before: str) -> bool:
    """Return whether a question asks how old or what colour something is, and a value is that of a part or relative.

    "Its lamp glows |blue" does not give the colour of the thing; "Its colour is |blue" does.
    """
    asked, part = _MEASURED.match(question), _PART.search(before)
    named = {*terms(part["part"])} if part else set()
    return asked is not None and bool(named) and named.isdisjoint({*terms(question)} | measure_terms())


def is_of_another_distance(question: str, said: str) -> bool:
    """Return whether a question asks how far something is, and a text names neither end: only another place."""
    asked = _HOW_FAR.match(question)
    ends = {*terms(asked["ends"])} if asked else set()
    return bool(ends) and ends.isdisjoint(terms(said))


def is_of_another_name(question: str, before: str) -> bool:
    """Return whether a question ends in a name, and another name is the subject in the words before a value."""
    asked = _NAME.search(question)
    if asked is None or {*_WORD.findall(asked["name"])} & {*_WORD.findall(before)}:
        return False
    subjects = _SUBJECT.finditer(before[-_MAX_CHARACTERS:])
    return any(one["before"] not in PREPOSITIONS - {"of"} for one in subjects)


def is_done_by_another(question: str, before: str, sentence: str) -> bool:
    """Return whether a question asks who wrote something, and the words before a name say who illustrated it."""
    asked, (head, by, title) = _WHO.match(question), before[-_MAX_CHARACTERS:].rpartition(" by ")
    if asked is None or not by or len(title) > _MAX_NAME_CHARACTERS:
        return False
    verb = inflected_from(asked["verb"])
    done = {participle_of(word.lower()) for word in _WORD.findall(_BREAK.split(head)[-1])} - {None}
    if verb is None or not done or verb in done:
        return False
    others = {participle_of(word.lower()) for word in _WORD.findall(sentence)}
    return verb in others or any(verb in roles and not done.isdisjoint(roles) for roles in _ROLES)


def elliptic_value(question: str, text: str, span: Span, sentence: Span) -> Span:
    """Return the value of a clause that has no verb and no unit: "60" in "Adults pay 120 euros, students 60".

    The span is returned unless only that clause has what the question names.
    """
    asked = {*name_terms(question)} - {"one"} if numbers(text[slice(*span)]) else set()
    for words, end, before in _bare_values(text, span[1], sentence):
        if asked & {*name_terms(" ".join(words[:-1]))} - {*name_terms(before)}:
            return end - len(words[-1]), end
    return span


def is_of_another_clause(question: str, text: str, span: Span, sentence: Span) -> bool:
    """Return whether the question is about another clause than the span's: "The mill is of oak; its axle is |of iron|".

    That is also so if the other clauses are values of other things, and the question names none of them.
    """
    asked = {*name_terms(question)}
    edges = [sentence[0], *(one.end() for one in _MAIN_CLAUSE.finditer(text, *sentence)), sentence[1]]
    named = [(asked & {*name_terms(text[first:last])}, first <= span[0] < last) for first, last in pairwise(edges)]
    if not any(here for here, own in named if own) and any(len(here) >= _MIN_TERMS for here, _ in named):
        return True
    about = topic(question)
    if about is None or not (about.plural or about.text.startswith(("a ", "an "))):
        return False
    unnamed = not {*name_terms(about.text)} & {*name_terms(text[slice(*sentence)])}
    return unnamed and len(list(_bare_values(text, span[1], sentence))) > 1


def _bare_values(text: str, start: int, sentence: Span) -> Iterator[tuple[list[str], int, str]]:
    """Yield the words, end and text before each clause that ends with a value without unit: "students 60"."""
    for after in _CLAUSE.finditer(text, start, min(sentence[1], start + _MAX_CHARACTERS)):
        following = _CLAUSE.search(text, after.end(), sentence[1])
        first, last = trim(text, after.end(), following.start() if following else sentence[1])
        clause = text[first:last].rstrip(".;,")
        words = clause.split()
        bare = 1 < len(words) <= _MAX_WORDS and (is_numeral(words[-1]) or words[-1] in _NOTHING)
        if bare and words[-2].lower() not in PREPOSITIONS:
            yield words, first + len(clause), text[sentence[0] : after.start()]


def is_of_another_rank(question: str, sentence: str) -> bool:
    """Return whether a question asks for the vice-chair, and a sentence has only the chair, or the other way round."""
    asked, stated = ({one["role"] for one in _RANKED.finditer(text.lower())} for text in (question, sentence))
    if not asked and not stated:
        return False
    plain_asked, plain_stated = (_RANKED.sub("", text.lower()) for text in (question, sentence))
    # "Lee, who became editor after months as acting editor" has both.
    return any(_has_word(plain_stated, role) for role in asked - stated) or any(
        _has_word(plain_asked, role) and not _has_word(plain_stated, role) for role in stated - asked
    )


def is_contrary(question: str, sentence: str) -> bool:
    """Return whether a question is about the primary caregiver, and a sentence only about the secondary one, or so."""
    for contrary in _CONTRARY:
        asked = [*contrary.finditer(question)]
        sides, nouns = {one["one"] is not None for one in asked}, {one["noun"].lower() for one in asked}
        if len(sides) != 1:
            continue
        stated = {one["one"] is not None for one in contrary.finditer(sentence) if one["noun"].lower() in nouns}
        if stated and not stated & sides:
            return True
    return False


def _has_word(text: str, word: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(word)}\b", text) is not None
