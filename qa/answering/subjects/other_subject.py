"""Tell sentences that say the same of another thing, or the opposite.

"Wax is made by glands" does not say how honey is made, "Maps are not sold" not what is sold, and "The lease begins on 1
May" not when it ends.
"""

from __future__ import annotations

import re
from functools import lru_cache

from qa.text.dates import ANY_YEAR, WEEKDAYS
from qa.text.lexicon import ANY_BE, PREPOSITIONS, inflected_from, is_base, is_participle, participle_of
from qa.text.negation import FORBIDDEN, negations
from qa.text.tokens import terms

_PASSIVE = re.compile(rf"\W*how\s+(?:exactly\s+)?{ANY_BE}\s+(?P<rest>.+)", re.IGNORECASE)
_ACTIVE = re.compile(r"\W*how\s+(?:do|does|did|can|could|should|would)\s+(?P<rest>.+)", re.IGNORECASE)
_STATEMENT = re.compile(
    rf"(?<![\w'\u2019-])(?P<subject>[\w'\u2019-]++)\s++{ANY_BE}\s++(?:\w+ly\s++)?(?P<verb>\w++)", re.IGNORECASE
)
# "The fabric" may be the thing that was asked about, under another name.
_KNOWN = re.compile(r"\b(?:the|this|that|these|those|such|it|they|its|their|which|all|both|each|one)\b", re.IGNORECASE)
# "Acme was founded" may tell how the company was founded.
_DETERMINED = re.compile(rf"{_KNOWN.pattern}|\b(?:an?|my|your|our|his|her)\b", re.IGNORECASE)
_FORBIDS = re.compile(rf"\b{FORBIDDEN}\b", re.IGNORECASE)
_ASKS_WHAT_IS_ALLOWED = re.compile(
    rf"\b(?:what|which)\b[^?\n]{{0,100}}?\b{ANY_BE}(?:\s+(?:(?:allowed|permitted)|(?P<forbidden>not\s+(?:allowed|permitted)|{FORBIDDEN})))",
    re.IGNORECASE,
)
_ASKS_WHEN = re.compile(r"\W*(?:(?:on|in) (?:what|which) (?:date|day|year|month)|what time|when)\b", re.IGNORECASE)
_BEGIN = "begin start commence open reopen launch found establish build erect introduce"
_END = "end finish expire terminate close stop cease dissolve abolish demolish destroy"
_OPPOSITES = ((_BEGIN, _END), ("bear", "die"), ("arrive join", "leave depart"), ("buy", "sell"))
_ASKS_OPINION = re.compile(
    r"\W*what\s+(?:do|does|did)\s+(?!.*\b(?:look|sound|taste|feel|smell)\s+like\b)", re.IGNORECASE
)
_OPINION = re.compile(
    r"(?P<not>(?:\bnot|n['\u2019]t|\bnever)\s+(?:\w+ly\s+)?)?"
    r"\b(?:(?P<good>like|love|prais|enjoy)|dislik|hat|criticis|criticiz|complain)(?:e?s|e?d|e|ing)?\b",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"\b(?P<letters>[A-Z]{1,5})[- ]?(?P<number>\d{1,5}[a-z]?)\b|(?<![\w.])(?P<version>\d+(?:\.\d+){2,})(?![\w.])"
)
VERSION = re.compile(r"(?<![\w.])\d+(?:\.\d+)+(?!\w|\.\d)")
"""Matches a version, or a number with decimals."""
# "50 more than in 2022", and not "... than in 2022, when 40 came"
_THAN_YEAR = re.compile(r"\bthan\s+(?:in\s+)?([12]\d{3})\b(?!,?\s+when\b|\s*\()", re.IGNORECASE)
_IN_YEAR = re.compile(r"\bin\s+(?:the\s+year\s+)?([12]\d{3})\b", re.IGNORECASE)
_OF_YEAR = re.compile(r"\b[Tt]he\s[12]\d{3}\s+(?P<what>[^\W\d]{3,}(?:\s[^\W\d]{3,})?)")  # "the 1998 election"
_PART = re.compile(r"(?:\b(section|article|rule|chapter|clause)|\u00a7+)\s?(\d[\w.-]*\b)", re.IGNORECASE)
_WEEKDAY = re.compile(rf"\b({WEEKDAYS})s?\b", re.IGNORECASE)
_RANGE_OF_DAYS = re.compile(
    rf"\b(?:{WEEKDAYS})s?\s*(?:to|until|till|through|[-\u2013])\s*(?:{WEEKDAYS})"
    r"|\b(?:daily|weekdays?|weekends?|every day)\b",
    re.IGNORECASE,
)
_BECAUSE = re.compile(r"\b(?:because(?: of)?|since|due to|owing to)\s(?P<clause>[^,;.]+)", re.IGNORECASE)
_INTENDS = re.compile(
    r"\b(?:plan|intend|hop|want|wish|fail|tr|attempt|refus|declin)(?:e?s|n?ed|ied|ies|y|e)?\b[^.;]{0,60}?\sto\s"
    r"(?!the\b|an?\b|his\b|her\b|its\b|their\b)(?:be\s)?(?P<verb>(?-i:[a-z]+))\b",
    re.IGNORECASE,
)
# "was not |built| in", "never |taught|", "cannot be |booked| in"; "but" or "until" after it gives the answer.
_DENIED_VERB = re.compile(
    r"(?:\b(?:not|never|cannot|no\slonger)|n['\u2019]t)\s(?:\w+ly\s|be\s|been\s|being\s|have\s)*(?P<verb>[a-z]+)\b"
    r"(?!.*(?:[,;:.]\s|\b(?:but|until|till|unless|except|only|than|without)\b))",
    re.IGNORECASE | re.DOTALL,
)
# "Should it not be replaced by |30 June"
_CONDITION = re.compile(r"\b(?:if|unless|whether|should\s(?=\w))", re.IGNORECASE)
_MAX_SUBJECT_CHARACTERS = 30
_MAX_CLAUSE_CHARACTERS = 80  # before a date
_DENIED_TERMS = 3  # after a negation


def is_of_another(question: str, sentence: str) -> bool:
    """Return whether a sentence says what a question asks ("is made"), but plainly of another thing."""
    asked = _asked(question)
    if asked is None:
        return False
    thing, verb = asked
    return not thing & {*terms(sentence)} and any(
        _verb(match["verb"]) == verb
        and not _KNOWN.search(sentence, max(0, match.start() - _MAX_SUBJECT_CHARACTERS), match.end("subject"))
        for match in _STATEMENT.finditer(sentence)
    )


def is_of_another_code(question: str, text: str) -> bool:
    """Return whether a question names a code such as "E2", "GEO 101" or "2.4.1", and a text only others like it."""
    asked, stated = _codes(question), _codes(text)
    return any(stated.get(kind, codes) - codes and not stated.get(kind, codes) & codes for kind, codes in asked.items())


def is_of_another_year(question: str, sentence: str, above: str) -> bool:
    """Return whether a question asks for something in a year, and a sentence states it only for other years.

    The year may be in `above`, the title and the headings.
    """
    asked, stated, all_stated = *map(_IN_YEAR.findall, (question, sentence)), ANY_YEAR.findall(sentence)
    compared = [] if _THAN_YEAR.search(question) else _THAN_YEAR.findall(sentence)
    if {*asked} & {*compared}:
        return all(all_stated.count(year) == compared.count(year) for year in asked)
    above_too = {*all_stated, *ANY_YEAR.findall(above)}
    return bool(asked and stated) and not {*asked} & above_too and {*all_stated} == {*stated}


def is_of_another_edition(question: str, sentence: str, above: str) -> bool:
    """Return whether a question names a year, and a sentence has only the election, or so, of another year."""
    asked = {*ANY_YEAR.findall(question)}
    if not asked or asked & {*ANY_YEAR.findall(f"{sentence}\n{above}")}:
        return False
    return any(not {*terms(question)}.isdisjoint(terms(one["what"])) for one in _OF_YEAR.finditer(sentence))


def is_of_another_part(question: str, headings: str, text: str) -> bool:
    """Return whether a question names a section by its number, and a text that lacks it is in another such section."""
    asked, stated = ({(unit.lower() or "section", n) for unit, n in _PART.findall(one)} for one in (question, headings))
    pairs = [(number, of) for unit, number in asked for other, of in stated if unit == other]
    return bool(pairs) and not any(f"{of}.".startswith(f"{number}.") or number in text for number, of in pairs)


def is_of_another_weekday(question: str, sentence: str) -> bool:
    """Return whether a question names a day of the week, and a sentence only others, and no range of days."""
    asked, stated = ({day.lower() for day in _WEEKDAY.findall(text)} for text in (question, sentence))
    return bool(asked and stated) and not asked & stated and not _RANGE_OF_DAYS.search(sentence)


def is_of_another_version(question: str, announcement: str) -> bool:
    """Return whether a question names a version, and a heading only others: "5.0" is "5.0.0", and not "5.2.0"."""
    asked, stated = VERSION.findall(question), VERSION.findall(announcement)
    return bool(asked and stated) and not any(f"{one}.".startswith(f"{other}.") for one in stated for other in asked)


def is_opposite(question: str, sentence: str) -> bool:
    """Return whether a sentence denies what a question asks for, or the other way round."""
    asked, stated = _denied(question), _denied(sentence)
    shared = {*terms(question)}.intersection(terms(sentence)) if asked or stated else set()
    return bool(shared & (asked ^ stated)) and not shared & asked & stated


def is_denied(question: str, before: str) -> bool:
    """Return whether the words before a span deny what a question asks: "cannot be booked in" for "be booked"."""
    denied = None if _denied(question) else _DENIED_VERB.search(before)
    if denied is None or _CONDITION.search(before, 0, denied.start()):
        return False
    asked = {term for word in question.rstrip("?!. ").split() for term in (*terms(word), *_verb_terms(word))}
    return not asked.isdisjoint((*terms(denied["verb"]), *_verb_terms(denied["verb"])))


def permits_otherwise(question: str, sentence: str) -> bool:
    """Return whether a question asks what is allowed and a sentence says what is not, or the other way round."""
    asked = _ASKS_WHAT_IS_ALLOWED.search(question)
    if asked is None:
        return False
    denied = bool(negations(sentence)) or _FORBIDS.search(sentence) is not None
    return denied is not (asked["forbidden"] is not None)


def is_opposite_event(question: str, before: str) -> bool:
    """Return whether a question asks when something ends and the words before a date say that it begins, or so."""
    if not _ASKS_WHEN.match(question):
        return False
    asked = {term for word in question.split() for term in _verb(word.strip("?.,!"))}
    verbs = filter(inflected_from, re.findall(r"[a-z]+", before[-_MAX_CLAUSE_CHARACTERS:]))
    # The last verb counts: "It opened as a school in |1901", not "is open until |18:00".
    last = [one for one in map(set, map(_verb, verbs)) if any(one & stated for stated, _ in _opposites())][-1:]
    return any(one & stated and asked & other and not asked & stated for one in last for stated, other in _opposites())


def is_of_consequence(question: str, sentence: str) -> bool:
    """Return whether a sentence names what is asked about as the reason for something else.

    "Because the shop is closed, parcels are left next door" does not say why the shop is closed.
    """
    asked = {*terms(question)}
    return any(asked <= {*terms(one["clause"])} for one in _BECAUSE.finditer(sentence)) if asked else False


def is_only_intended(question: str, sentence: str) -> bool:
    """Return whether a question asks what was done, and a sentence has it only planned: "Lund hoped to be crowned"."""
    intended = [one["verb"].lower() for one in _INTENDS.finditer(sentence)]
    words = question.lower().rstrip("?!. ").split()
    if not intended or _INTENDS.search(question) or {*words} & {"will", "would"}:
        return False
    past = {word for word in words if is_base(word)} if "did" in words else {*filter(None, map(inflected_from, words))}
    verbs = [verb for verb in (participle_of(one) or one for one in intended) if verb in past]
    said = [word for word in re.findall(r"[a-z]+", sentence.lower()) if {word, inflected_from(word)} & {*verbs}]
    return bool(verbs) and len(said) == len(verbs)


def is_opposite_opinion(question: str, before: str) -> bool:
    """Return whether a question asks what somebody dislikes, and the words before a span say that it is liked.

    The last verb of liking or disliking counts. The reverse is the same.
    """
    asked = [*_OPINION.finditer(question)] if _ASKS_OPINION.match(question) else []
    stated = [*_OPINION.finditer(before)] if asked else []
    return bool(stated) and _is_good(stated[-1]) is not _is_good(asked[-1])


def _is_good(opinion: re.Match[str]) -> bool:
    return (opinion["good"] is not None) is (opinion["not"] is None)


def _verb_terms(word: str) -> list[str]:
    return terms(inflected_from(word) or "")


@lru_cache(maxsize=1)
def _opposites() -> list[tuple[frozenset[str], frozenset[str]]]:
    """Return the terms of opposite events; they are not stemmed on import, which would take longer."""
    both = [*_OPPOSITES, *(pair[::-1] for pair in _OPPOSITES)]
    return [(frozenset(terms(one)), frozenset(terms(other))) for one, other in both]


def _codes(text: str) -> dict[str, set[str]]:
    """Return the numbers of the codes in a text by the letters before them."""
    found: dict[str, set[str]] = {}
    for code in _CODE.finditer(text):
        letters = (code["letters"] or "").lower()
        found.setdefault(letters, set()).add(code["number"] or code["version"])
    return found


@lru_cache(maxsize=100)  # the question is the same for each sentence
def _denied(text: str) -> frozenset[str]:
    return frozenset(term for one in negations(text) for term in one.terms[:_DENIED_TERMS])


@lru_cache(maxsize=100)  # the same for each sentence
def _asked(question: str) -> tuple[set[str], list[str]] | None:
    """Return the terms of the thing, and the verb, of "How is honey made?" or "How do bees make honey?"."""
    passive = _PASSIVE.match(question)
    match = passive or _ACTIVE.match(question)
    words = re.findall(r"[\w'\u2019-]+", match["rest"]) if match else []
    is_verb = is_participle if passive else is_base
    index = next((n for n in range(1, len(words)) if is_verb(words[n].lower())), None)
    if index is None:
        return None
    after = words[index + 1 :]
    end = next((n for n, word in enumerate(after) if word.lower() in PREPOSITIONS), len(after))
    thing = " ".join(words[:index] if passive else after[:end])
    found = set() if _DETERMINED.match(thing) else {*terms(thing)}
    return (found, _verb(words[index])) if found else None


def _verb(word: str) -> list[str]:
    return terms(participle_of(word.lower()) or word)
