"""Decide whether a sentence answers a question with yes or no.

"Yes" needs every term of the question in the sentence; the subject may be named around it instead. "No" needs the same
and a negation, or the opposite of a term. Conditions, reported wishes and other numbers leave it undecided.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from math import inf, prod

from qa.answering.questions.limits import Quantity, asked_limit, meets, quantities
from qa.text.lexicon import (
    ANY_AUXILIARY,
    ANY_BE,
    AUXILIARY,
    PREPOSITIONS,
    listed,
    participle_of,
    parts_of_speech,
    past_of,
)
from qa.text.names import names
from qa.text.negation import FORBIDDEN, Negation, negations
from qa.text.numbers import numbers
from qa.text.spans import replaced
from qa.text.tokens import terms

# Synonyms, and their opposites.
_OPTION = re.compile(r"\boptions?\b", re.IGNORECASE)  # has the stem of "optional", which is the opposite of "required"
_OPPOSITES = (
    (
        "allow permit admit admissible accept acceptable legal",
        "forbid forbidden ban prohibit exclude illegal refuse reject",
    ),
    ("require need necessary compulsory obligatory mandatory must", "optional voluntary"),
    ("open", "close closed shut"),
    ("include contain cover comprise", "exclude"),
    ("approve adopt carry pass", "reject refuse"),
    ("rise increase grow", "fall decrease drop shrink decline"),
    ("fast quick faster quicker", "slow slower"),
    ("cheap cheaper", "expensive dear dearer costlier"),
    ("large larger big bigger", "small smaller"),
    ("long longer", "short shorter"),
    ("heavy heavier", "light lighter"),
    ("old older", "young younger"),
    ("win", "lose"),
    ("succeed", "fail"),
    ("possible", "impossible"),
    ("safe", "dangerous"),
    ("public", "private secret"),
    ("alive survive survivor", "dead die died"),
    ("support", "unsupported"),
)
_EMPTY = (
    "ever still really any anyone anybody anything someone actually true exist happen possible currently now today "
    "already yet please also just even able"
)
_HEDGES = re.compile(
    r"\b(?:if|unless|except(?:ed|ing)?|exempt|excluding|apart from|aside from|other than|save for|(?<!not )only|until"
    r"|used to|might|would|could|plans? to|planned to|want(?:s|ed)? (?:to|that)"
    r"|ask(?:s|ed)? (?:for|to)|demand(?:s|ed)?|said|says|claim(?:s|ed)?|den(?:y|ies|ied)|propos(?:e|es|ed)"
    r"|consider(?:s|ed)?|whether|argu(?:e|es|ed)|believ(?:e|es|ed)|hop(?:e|es|ed)|fear(?:s|ed)?|alleg\w+|suggest(?:s|ed)?|discuss(?:ed)?"
    r"|reportedly|perhaps|probably|almost|nearly|hardly|some|most|few|partly|rarely|seldom"
    r"|sometimes|instead(?! of)|unlikely|far from|anything but|against"
    r"|(?:vot|turn)(?:e|es|ed|ing|s) down)\b",
    re.IGNORECASE,
)
_HEDGES_OF_QUANTITIES = re.compile(_HEDGES.pattern.replace("|almost|nearly", ""), re.IGNORECASE)
_CLAUSE_END = re.compile(
    r"[;:.]\s|,?\s(?=(?:but|because|although|though|whereas|while|since(?!\s+(?-i:[A-Z\d]))|so that|as"
    r"|which|unless|until|rather than|instead of)\s)|,\s(?=and\s)",
    re.IGNORECASE,
)
_ASKS = re.compile(
    rf"^\W*(?:so |and |but )?{ANY_AUXILIARY}(?:n['\u2019]?t)?\b|^\W*is it true that\b|\bwhether\b|\bif\b",
    re.IGNORECASE,
)
_PERMITS = re.compile(r"^\W*(?:may|can|could|am i allowed)\b|\ballowed\b|\bpermitted\b", re.IGNORECASE)
_FORBIDS = re.compile(rf"\b(?:{FORBIDDEN}|not allowed|not permitted)\b", re.IGNORECASE)
_NOT_TO_DO = re.compile(rf"\b(?:not|never|don['\u2019]t|no)\b|{_FORBIDS.pattern}", re.IGNORECASE)
_NEEDS_CONSENT = re.compile(
    r"\b(?:requir\w+|needs?|consent|permission|permits? from|approval|authori[sz]ation)\b", re.IGNORECASE
)
_OBLIGES = re.compile(r"^\W*(?:must|should|do(?:es)?\s(?:[\w'\u2019-]+\s){1,4}?(?:have|need)\sto)\b", re.IGNORECASE)
_MUST = re.compile(r"\b(?:must|ha(?:ve|s) to|obliged)\b", re.IGNORECASE)
_MAY = re.compile(r"\b(?:may|can)\b", re.IGNORECASE)
_NO_DUTY = re.compile(r"\b(?:need not|(?:do|does) not (?:have|need) to)\b", re.IGNORECASE)
# "More than ten" and "before 1900" need a comparison; "all" is false if only some are.
_QUANTIFIED = re.compile(
    r"\b(?:all|every|each|both|always|entirely|completely|unanimous\w*|half(?!\s+(?:an?\s+)?(?:hour|day|year)))\b"
    r"|\b(?:more|less|fewer|longer|shorter|older|higher|lower|over|under|above|below|at least|at most|before|after)\b"
    r"(?:\s+\w+){0,2}\s+\d",
    re.IGNORECASE,
)
_UN = re.compile(r"\bun(?!like)(?P<so>[a-z]{3,})\b", re.IGNORECASE)
# "Did prices rise or fall?" is not answered by yes; "Can children of 12 or older enter?" may be.
_ALTERNATIVES = re.compile(r"(?<!\d) or (?!not\b|(?:more|less|later|earlier|over|under)\b)", re.IGNORECASE)
_THAN = re.compile(r"\bthan\b(?!\s+\d)|\bas\s+\w+\s+as\b|\bequally\b", re.IGNORECASE)
# "Before the war" is not "during the war", nor "below the shop" above it.
_RELATIONS = tuple(
    map(listed, ("before after during since until", "above below under over", "inside outside", "left right"))
)
_ALLOWED, _DUTY = "allow", "requir"  # terms
_SIDES_AND_VERB = 3  # terms
_PASSIVE = re.compile(rf"\b{ANY_BE}\b", re.IGNORECASE)
_DENIES = re.compile(rf"\W*(?:but |and )?(?:{AUXILIARY} )?(?:no|not|never|rather than|instead of)\b", re.IGNORECASE)
_DOES = re.compile(r"^\W*(?:do|does|did|has|have|had|will|can|could|may|must)\b", re.IGNORECASE)
# "Is there a mill?" is not answered by one that was, or is planned.
_ASKS_WHETHER_THERE = re.compile(r"^\W*(?:is|are) there\b|^\W*(?:do|does) .+ have\b(?! to\b)", re.IGNORECASE)
_NOT_THERE = re.compile(
    r"\b(?:was|were|had|removed|demolished|destroyed|abolished|withdrawn|scrapped|discontinued|cancell?ed|replaced|lost|stolen"
    r"|sold|closed|former|missing|absent|planned|under construction)\b",
    re.IGNORECASE,
)
_ANSWERED = re.compile(r"(?P<question>[^?]+\?)[*_]*\s+(?P<reply>(?:(?P<yes>yes)|no)\b(?=[,.;:!]))?", re.IGNORECASE)
# "Notes are allowed, laptops are not."
_ARE_NOT = re.compile(
    r"\s(?:is|are|was|were|do|does|did|can|may|must|will|has|have)(?:\snot|n['\u2019]t)[.!]?$", re.IGNORECASE
)
_LAST_CLAUSE = re.compile(r"[,;]\s(?:(?:and|but|while)\s)?|\s(?:but|while)\s")
_CONDITION = re.compile(
    r"\b(?:when(?:ever)?|where|once|unless|until|provided|as long as|subject to|(?<!, )who)\b", re.IGNORECASE
)
_LIMITING = r"with|by|from|between|during|within|above|over|below|under|in|on|(?:before|after)(?! (?:an?|it|the|use)\b)"
_PHRASE = re.compile(
    rf"\b(?P<by>{_LIMITING}|(?<!for )up to|for(?! up to| \d))\s+(?P<to>[^,;:.()]+?)"
    rf"(?=[,;:.()]|$|\s(?:{_LIMITING}|for)\s)",
    re.IGNORECASE,
)
_UNLIMITED = re.compile(r"\b(?:all|any|every|everybody|everyone|whole)\b", re.IGNORECASE)
_NARRATED = re.compile(r"^\W*(?:was|were|did|has|have|had|will|is there|are there)\b", re.IGNORECASE)
_JOINED = re.compile(r"(?:\b(?:and|or)|,)\s+$", re.IGNORECASE)
_SUBJECTLESS = re.compile(
    r"\W*(?:we|you|it|they|he|she|no ?one|nobody|nothing|none|neither|never|do not|don't)\b", re.IGNORECASE
)


@cache
def _meanings() -> dict[str, tuple[str, int]]:
    """Map each term to the first of its synonyms and 1, or to the first of its antonyms and -1."""
    return {
        _base(term): (_base(terms(group[0])[0] if terms(group[0]) else group[0].split()[0]), sign)
        for group in _OPPOSITES
        for sign, words in zip((1, -1), group, strict=True)
        for word in words.split()
        for term in (terms(word) or [word])
    }


def _meaning(term: str) -> tuple[str, int]:
    base = _base(term)
    return _meanings().get(base, (base, 1))


def _base(term: str) -> str:
    """Return the term of an irregular verb's base form: "bought" gives "buy"; others as they are."""
    # "Laid" is a form of "lay", and that one of "lie": each gives the same term.
    for _ in range(2):
        verb = past_of(term) or participle_of(term)
        term = next(iter(terms(verb)), verb) if verb else term
    return term


@cache
def _empty() -> frozenset[str]:
    """Return the terms that do not change the meaning of a question."""
    return frozenset(term for word in listed(_EMPTY) for term in (terms(word) or [word]))


def polarity(question: str, sentence: str, above: str, passage: str) -> bool | None:
    """Return whether a sentence says yes (True) or no (False) to a question; None if it does neither clearly.

    The title and headings above it may name what it is about, and its passage may name the subject.
    """
    if _ALTERNATIVES.search(question):
        return None
    question, sentence = (_UN.sub(_not_so, text) for text in (question, sentence))
    around = f"{above}\n{passage}"
    if answered := _ANSWERED.match(sentence):
        if answered["reply"]:
            same = _polarity(question, _ASKS.sub(" ", answered["question"], count=1), above, around)
            return None if same is None else same == bool(answered["yes"])
        sentence = sentence[answered.end() :]
    asked = _ASKS.sub(" ", question, count=1)
    if (end := _ARE_NOT.search(sentence)) and (cuts := [*_LAST_CLAUSE.finditer(sentence, 0, end.start())]):
        before = sentence[: cuts[-1].start()]
        wanted, stated = _signed(asked), _signed(before)
        others = _signed(sentence[cuts[-1].end() : end.start()]).keys() - stated.keys()
        if wanted.keys() & others:
            sign = prod(stated.get(term, 0) * wanted[term] for term in wanted.keys() - others)
            plain = not _HEDGES.search(sentence) and not negations(f"{before} {asked}")
            return sign < 0 if plain and sign and not _QUANTIFIED.search(question) else None
        sentence = before
    if limit := asked_limit(asked):
        return _within(limit, question, sentence, around)
    if _PERMITS.search(question):
        # "Never use a lead longer than 5 metres" is about one of 10 metres.
        for one in quantities(question):
            limit = next((other for other in quantities(sentence) if other.is_limit and _is_within(one, other)), None)
            if limit:
                says = _polarity(_without(question, one), _without(sentence, limit), above, around)
                return None if says and limit.most == inf else says
    return _polarity(question, sentence, above, around)


def _not_so(word: re.Match[str]) -> str:
    """Return "not suitable" for "unsuitable"; "until" and "united" as they are."""
    adjectives = all("ADJ" in parts_of_speech(one.lower()) for one in (word[0], word["so"]))
    return f"not {word['so']}" if adjectives else word[0]


def forbids(question: str, announcement: str) -> bool:
    """Return whether a question asks what is allowed and a heading or line forbids: "For two weeks do not"."""
    return bool(_PERMITS.search(question) and _NOT_TO_DO.search(announcement))


def _within(limit: Quantity, question: str, sentence: str, around: str) -> bool | None:
    """Return whether the quantity in a sentence is within the limit that a question asks about."""
    asked = _ASKS.sub(" ", question, count=1)
    others = _without(asked, limit)
    same = next((one for one in quantities(sentence) if one.is_limit and _is_same(one, limit)), None)
    if same:
        # The sentence is about the same limit: "Lorries over 20 tonnes cannot be carried".
        return _polarity(f"Is {others}", _without(sentence, same), "", around)
    wanted = _signed(others)
    clause = _clause(sentence, wanted)
    met = meets(limit, clause)
    if met is None or negations(clause) or negations(asked) or not wanted:
        return None
    agrees = _has_terms(wanted, _signed(clause), sentence, around) and _names_agree(others, sentence, around)
    return met if agrees and not _HEDGES_OF_QUANTITIES.search(clause) else None


def _without(text: str, quantity: Quantity) -> str:
    return replaced(text, (quantity.start, quantity.end), " ")


def _is_within(one: Quantity, limit: Quantity) -> bool:
    return one.dimension == limit.dimension and limit.least <= one.least and one.most <= limit.most


def _is_same(one: Quantity, other: Quantity) -> bool:
    return (one.dimension, one.least, one.most) == (other.dimension, other.least, other.most)


def _polarity(question: str, sentence: str, above: str, around: str) -> bool | None:
    asked = _ASKS.sub(" ", question, count=1)
    wanted = _signed(asked)
    clause = _clause(sentence, wanted)
    found = _signed(clause)
    duty = {_DUTY: 1} if _OBLIGES.search(question) else {}
    if duty and _MUST.search(clause):
        wanted = {term: value for term, value in wanted.items() if term != _DUTY}
    # What is denied in general is denied for each case: "Drones are forbidden" at the museum, too.
    general = 1 < len(found) < len(wanted) and found.keys() <= wanted.keys() <= found.keys() | _signed(above).keys()
    if not (
        wanted
        and not _QUANTIFIED.search(question)
        # Two values in a sentence are not compared by its words.
        and not (_THAN.search(question) and not _THAN.search(clause))
        and (general or _has_terms(wanted, found, sentence, around))
        and _names_agree(question, sentence, around)
        and _numbers_agree(asked, clause)
        and all(hedge.lower() in question.lower() for hedge in _HEDGES.findall(clause))
        and not _differs_in_relation(question, clause)
        and not _is_swapped(question, asked, clause, [*wanted], [*found])
        and not (_ASKS_WHETHER_THERE.match(question) and _NOT_THERE.search(clause))
        and not (_OBLIGES.search(question) and _MAY.search(clause))
        and not (_PERMITS.search(question) and (_NO_DUTY.search(clause) or _NEEDS_CONSENT.search(clause)))
        and not (not _NARRATED.match(question) and _is_restricted(wanted, asked, sentence, clause, above))
    ):
        return None
    if (than := clause.find(" than ")) >= 0 and any(
        found.get(term, value) != value and term not in _signed(clause[:than]) for term, value in wanted.items()
    ):
        # "Larger than in younger ones" does not deny that it is larger in older ones.
        return None
    sign = 1
    for term, value in (wanted | duty).items():
        sign *= found.get(term, value) * value
    if _PERMITS.search(question) and _FORBIDS.search(clause) and _ALLOWED not in wanted:
        sign = -sign
    denials, asked_denials = _not_shared([one for one in negations(clause) if not one.until], negations(asked))
    if denials:
        denied = {_meaning(term)[0] for one in denials for term in one.terms}
        if len(denials) > 1 or denied.isdisjoint(wanted | duty):
            return None
        sign = -sign
    says = (-sign if asked_denials else sign) > 0
    return None if general and says and not _has_terms(wanted, found, sentence, around) else says


def _differs_in_relation(question: str, clause: str) -> bool:
    """Return whether a question has a word for time or place that is another one in the clause: "before", "during"."""
    asked, stated = ({*re.findall(r"\w+", text.lower())} for text in (question, clause))
    return any(asked & words and stated & words and not asked & stated & words for words in _RELATIONS)


def _is_swapped(question: str, asked: str, clause: str, wanted: Sequence[str], stated: Sequence[str]) -> bool:
    """Return whether the sides are swapped: "Lin beat Berg" for "Did Berg beat Lin?"."""
    before, than, after = clause.partition(" than ")
    if than and _THAN.search(question):
        return wanted[0] in _signed(after) and wanted[0] not in _signed(before)
    if not _DOES.match(question) or len(wanted) < _SIDES_AND_VERB or _PASSIVE.search(clause):
        return False
    first, last = wanted[0], wanted[-1]
    if not {first, last} <= {*stated} or stated.index(last) > stated.index(first):
        return False
    return not any(_is_after_preposition(text, last) for text in (asked, clause))


def _is_after_preposition(text: str, term: str) -> bool:
    """Return whether a preposition precedes a term, with at most two words between them: "on Sundays"."""
    words = re.findall(r"[\w'\u2019-]+", text.lower())
    at = next((n for n, word in enumerate(words) if term in _signed(word)), 0)
    return any(word in PREPOSITIONS for word in words[max(0, at - 3) : at])


def _not_shared(these: Sequence[Negation], others: Sequence[Negation]) -> tuple[list[Negation], list[Negation]]:
    """Return the negations of each without those of both: question and sentence may say "without a ticket"."""
    shared = {one.terms[0] for one in these} & {one.terms[0] for one in others}
    left, right = ([one for one in each if one.terms[0] not in shared] for each in (these, others))
    return left, right


def _is_restricted(wanted: Mapping[str, int], asked: str, sentence: str, clause: str, above: str) -> bool:
    """Return whether a rule is only for some, or on a condition, that the question does not name.

    "Blue Badge holders park free" is no answer to "Is parking free?", nor is "Parking is free after 6 p.m.".
    """
    conditions = {one[0].lower() for one in _CONDITION.finditer(sentence, max(0, sentence.find(clause)))}
    phrases = [(one["by"], one["to"], _signed(one["to"]).keys()) for one in _PHRASE.finditer(clause)]
    named = {by for by, _, to in phrases if to & wanted.keys()}
    limited = (to and by not in named and not _UNLIMITED.search(text) for by, text, to in phrases)
    # "Mandatory for lot 3 and advised for lots 1 and 2"
    numbered = next((text for _, text, _ in phrases if numbers(text)), asked)
    if not all(one in asked.lower() for one in conditions) or any(limited) or not _numbers_agree(asked, numbered):
        return True
    words = re.finditer(r"[\w-]+", clause)
    first = next((word.start() for word in words if _signed(word[0]).keys() & wanted.keys()), 0)
    before = clause[clause.rfind("\n", 0, first) + 1 : first]
    if _SUBJECTLESS.match(before) or _JOINED.search(before) or ", who " in clause:
        return False
    return any(not term[0].isdigit() for term in _signed(before).keys() - _signed(above).keys())


def _has_terms(wanted: Mapping[str, int], found: Mapping[str, int], sentence: str, around: str) -> bool:
    """Return whether a clause has all terms; a pronoun may replace a name that is nearby."""
    missing = [term for term in wanted if term not in found]
    if not missing:
        return True
    named = _SUBJECTLESS.match(sentence) is not None and missing[0] in _signed(around)
    return named and len(missing) == 1 and len(wanted) > 1 and missing[0] != [*wanted][-1]


def _signed(text: str) -> dict[str, int]:
    """Return the terms of a text in order, each mapped to its first synonym and a sign, -1 for an antonym."""
    found: dict[str, int] = {}
    for term in terms(_OPTION.sub("setting", text)):
        if term not in _empty():
            found.setdefault(*_meaning(term))
    return found


def _clause(sentence: str, wanted: Mapping[str, int]) -> str:
    """Return the clause with most of the terms, joined with one beside it that only denies: "a cat but no dog"."""
    clauses = [clause for clause in _CLAUSE_END.split(sentence) if clause.strip()]
    if not clauses:
        return sentence
    counts = [len(wanted.keys() & _signed(clause).keys()) for clause in clauses]
    index = counts.index(max(counts))
    following = clauses[index + 1] if index + 1 < len(clauses) else ""
    if counts[index] == len(wanted):
        return clauses[index]
    if index and _DENIES.match(clauses[index]):
        return f"{clauses[index - 1]}, {clauses[index]}"
    return f"{clauses[index]}, {following}" if _DENIES.match(following) else clauses[index]


def _names_agree(question: str, sentence: str, around: str) -> bool:
    """Return whether the sentence has the names of the question, or a pronoun and no other name."""
    asked = {word for name in names(question[:1].lower() + question[1:]) for word in name.words}
    here = {word for name in names(sentence) for word in name.words}
    if asked <= {*re.findall(r"[\w-]+", sentence.lower())}:
        return True
    pronoun = re.match(r"\W*(?:we|he|she|it|they|his|her|its|their|no|the)\b", sentence, re.IGNORECASE)
    return pronoun is not None and not here - asked and asked <= {*re.findall(r"[\w-]+", around.lower())}


def _numbers_agree(asked: str, clause: str) -> bool:
    found = [value for number in numbers(clause) for value in number.values]
    return all(any(value in found for value in number.values) for number in numbers(asked))
