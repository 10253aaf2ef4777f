"""Patterns that turn a sentence into questions: precision before recall."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from qa.insights.question_generation.clauses import WORD, Clause, finish, is_standalone, parse, words
from qa.text.dates import MONTHS, TIME_PHRASE, YEAR
from qa.text.lexicon import (
    AGENT_VERBS,
    BE,
    CONJUNCTIONS,
    HAVE,
    MODALS,
    PLACE_PARTICIPLES,
    POINTERS,
    POSSESSIVES,
    PREPOSITIONS,
    RELATIVES,
    inflected,
    is_adverb,
    is_base,
    is_head_noun,
    is_participle,
    is_plural,
    is_role,
    listed,
    participle_of,
    past_of,
)
from qa.text.names import FULL_NAME
from qa.text.numbers import QUALIFIED_AMOUNT, QUALIFIER
from qa.text.units import CURRENCY_SIGNS

_WHEN = re.compile(rf"\s(?:in|on)\s(?P<date>{TIME_PHRASE})(?![\w\u2013-]|,\d|['\u2019]\w|\s(?:to|until)\s\d)")
_WHEN_FIRST = re.compile(
    rf"(?:In|On)\s(?P<date>{TIME_PHRASE}),?\s(?:(?:at|during|with|after|before)\s[^,;:]+,\s)?(?=[A-Za-z])"
)
_CLAUSE_START = re.compile(r"(?:,\s(?:and|but)|;)\s")
_SUBORDINATE = re.compile(r"(?:After|Before|When|Although|While|Until)\s(?P<clause>[^,;:]+)(?=,\s)")
_AFTER_FIRST = re.compile(r"(?:After|Before|When|Although|While|Until|During|By|At|Under|With)\s[^,;:]+,\s")
_BECAUSE_FIRST = re.compile(r"Because\s(?:of\s)?(?P<reason>[^,;:]+),\s")
_ANY_YEAR = re.compile(rf"\b{YEAR}\b")
_WHY = re.compile(r"\s?,?\s(?:because(?:\sof)?|due\sto|so\sthat|in\sorder\sto)\s")
_REASON_END = re.compile(r"[;:]|\s[\u2013\u2014-]\s|\u2014|,\s(?:and|but|so|while|whereas|although|which)\s|\.?$")
_MONEY = rf"[{CURRENCY_SIGNS}]\d+(?:[.,]\d+)*(?:\s(?:million|billion|trillion))?"
_TIME_UNITS = r"(?:seconds|minutes|hours|days|weeks|months|years|decades|centuries)"
_HOW_LONG = re.compile(rf"\sfor\s(?P<answer>{QUALIFIED_AMOUNT}\s{_TIME_UNITS})\b")
_APPOSITION = re.compile(rf"(?P<name>{FULL_NAME})\s?,\s(?P<answer>an?\s(?P<role>[^,;:()]+?))(?=\s?[,;]|\.$|\swho\s)")
_DESCRIBED = re.compile(rf"[Tt]he\s(?P<role>(?:[\w-]+\s)*?[a-z]+)\s(?P<name>{FULL_NAME}|[A-Z][\w-]+)")
_BY = re.compile(
    rf"(?P<before>.*?\sby)\s(?P<name>(?:the\s)?(?:[a-z]+\s)?{FULL_NAME})(?P<after>(?:\s(?:in|at|on|for)\s.*)?)",
    re.DOTALL,
)
_AGENT = re.compile(r"\sby\s.*", re.DOTALL)
_IN_PLACE = re.compile(
    r"(?P<before>\s[a-z]+)\s(?:in|at|on|near)\s(?P<name>(?:the\s)?[A-Z][\w'\u2019-]*(?:\s(?:of\s)?[A-Z][\w'\u2019-]*)*)"
    rf"(?P<after>(?:\s(?:in|on)\s{TIME_PHRASE})?)"
)
_COMPLEMENT = re.compile(r"\s(?P<answer>(?:an?|one\sof\sthe)\s.+)", re.DOTALL)
_ANY_NAME = re.compile(rf"{FULL_NAME}|[A-Z]\w+")
_UNFIT_ANSWER = re.compile(r"[\n\"\u201c\u201d*_`|<>\[\]{}@]")
# "Its" has no referent in a question for the subject.
_UNRESOLVED_POSSESSIVE = re.compile(r"(?:Who|Which|How many(?!.*\s(?:do|does|did)\s))\b.*\b(?:its|their)\b")
MAX_SENTENCE_CHARACTERS = 1_000
"""Longer sentences are skipped: the patterns try each word as the start of a clause."""
_MAX_ANSWER_WORDS = 25
_MAX_DEFINITION_WORDS = 15
_OTHER_CLAUSE = listed("after although as because before if since than though till unless until while")
_NOT_COUNTED = PREPOSITIONS | CONJUNCTIONS | POINTERS | POSSESSIVES | RELATIVES | {"the", "a", "an"}
_PHRASE_END = re.compile(r"\s(?:of|at|in|for|from|with|on|to|by|that|who|whose|made|located|found|used)\b")
_THINGS = listed(
    "album animal area book building castle category church city club code collection company component country "
    "county device disease district drug engine fabric family field film food form fruit game group island "
    "kind lake language law machine magazine material metal method mountain museum novel operation organ organisation "
    "organization part place plant process product programme project region river road school series ship song "
    "species state station structure style substance suburb system technique term theory tool town tree type "
    "university vehicle village virus war weapon word work"
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A question made from one sentence, with the span of the answer in it.

    The kind is what is asked for: "date", "number", "name", "place", "reason" or "definition"; "model" where a language
    model drafted it.
    """

    kind: str
    question: str
    start: int
    end: int


def drafts(sentence: str, names: frozenset[str], persons: frozenset[str] = frozenset()) -> Iterator[Draft]:
    """Yield the questions that a sentence, without white space around it, answers.

    One of more than `MAX_SENTENCE_CHARACTERS` characters answers none. `names` are words that keep their capital at the
    start of a sentence; `persons` are those of them that are known to be of persons.
    """
    for draft in _all(sentence, names, persons) if len(sentence) <= MAX_SENTENCE_CHARACTERS else ():
        answer = sentence[draft.start : draft.end]
        if (
            is_standalone(draft.question)
            and not _UNRESOLVED_POSSESSIVE.match(draft.question)
            and answer.strip() == answer
            and 0 < len(words(answer)) <= _MAX_ANSWER_WORDS
            and not _UNFIT_ANSWER.search(answer)
            and answer.lower() not in draft.question.lower()
        ):
            yield draft


def persons_in(sentences: Iterable[str]) -> frozenset[str]:
    """Return the names described as persons' ("the priest John Roe"), in full and by their last word."""
    persons: set[str] = set()
    for sentence in sentences:
        if len(sentence) > MAX_SENTENCE_CHARACTERS:
            continue
        for found in (*_APPOSITION.finditer(sentence), *_DESCRIBED.finditer(sentence)):
            if is_role(_head(found["role"])):
                persons |= {found["name"], found["name"].split()[-1]}
    return frozenset(persons)


def _all(sentence: str, names: frozenset[str], persons: frozenset[str]) -> Iterator[Draft]:
    yield from _apposition(sentence, names)
    subordinate = _SUBORDINATE.match(sentence)
    if subordinate is not None:
        # The prefix ends where the clause does, at its comma.
        clause = parse(sentence[: subordinate.end()], subordinate.start("clause"), names)
        if clause is not None:
            yield from _when(clause)
    first_date, first_reason = _WHEN_FIRST.match(sentence), _BECAUSE_FIRST.match(sentence)
    after_first = (found.end() for found in (first_date, first_reason, _AFTER_FIRST.match(sentence)) if found)
    starts = {0, *after_first, *(found.end() for found in _CLAUSE_START.finditer(sentence))}
    for start in sorted(starts):
        clause = parse(sentence, start, names)
        if clause is None:
            continue
        if first_date is not None and start == first_date.end() and not _has_date(clause.rest):
            yield Draft("date", clause.asked("When"), *first_date.span("date"))
        if first_reason is not None and start == first_reason.end():
            yield Draft("reason", clause.asked("Why"), *first_reason.span("reason"))
        yield from _why(sentence, clause)
        yield from _which(sentence, clause)
        yield from _who(clause, persons)
        yield from _how_many_subject(clause)
        yield from _how_many(clause)
        yield from _how_much(clause)
        yield from _how_long(clause)
        yield from _when(clause)
        yield from _where(clause)
        yield from _what(clause)


def _when(clause: Clause) -> Iterator[Draft]:
    found = _WHEN.search(clause.rest)
    if found is None:
        return
    before, after = clause.rest[: found.start()], clause.rest[found.end() :]
    if clause.verb != "had" and _is_adjunct(before, after, clause) and not _has_date(before, after):
        if clause.verb in BE and any(map(is_participle, words(before)[:2])):
            # Nobody asks "When was the roof repaired by local builders?" who does not know it.
            before, after = (_AGENT.sub("", part) for part in (before, after))
        yield _answered("date", clause.asked("When", before + after), clause, found, "date")


def _has_date(*texts: str) -> bool:
    return any(_WHEN.search(text) or _ANY_YEAR.search(text) for text in texts)


def _is_adjunct(before: str, after: str, clause: Clause) -> bool:
    """Return whether the text between these two positions is an adjunct of the clause's own verb."""
    following, preceding = words(after)[:1], words(before)[-1:]
    return (
        not _has_verb(before, clause)
        and not (following and following[0] not in PREPOSITIONS)
        and not (preceding and preceding[0] in PREPOSITIONS | CONJUNCTIONS)
    )


def _has_verb(text: str, clause: Clause) -> bool:
    found = words(text)
    if clause.auxiliary:
        found = found[1:]
    return any(
        word in BE | HAVE | MODALS | RELATIVES | _OTHER_CLAUSE
        or (past_of(word) is not None and not is_participle(word))
        or (word == "to" and is_base(following))
        for word, following in pairwise([*found, ""])
    )


def _why(sentence: str, clause: Clause) -> Iterator[Draft]:
    # The reason must follow right after the clause, whole.
    found = _WHY.match(sentence, clause.end)
    if found is not None and clause.rest.strip() and not _WHY.search(sentence, found.end()):
        # "The secret is to be early so that ..." has no reason.
        if {"cause", "reason"} & set(words(clause.subject)) or (clause.verb in BE and words(clause.rest)[0] == "to"):
            return
        end = _REASON_END.search(sentence, found.end())
        if end is not None:
            yield Draft("reason", clause.asked("Why"), found.end(), end.start())


def _how_many_subject(clause: Clause) -> Iterator[Draft]:
    number = re.match(rf"{QUALIFIED_AMOUNT}(?=\s)", clause.subject, re.IGNORECASE)
    if number is None:
        return
    counted = clause.subject[number.end() :]
    share = re.match(r"\sper\s?cent(?=\sof\s)", counted)
    if share is not None:
        question = _without_subject(f"What percentage{counted[share.end() :]}", clause)
        yield Draft("number", question, clause.subject_start, clause.subject_start + number.end() + share.end())
    elif is_plural(_last(counted)) and words(counted)[0] not in PREPOSITIONS:
        end = clause.subject_start + number.end()
        yield Draft("number", _without_subject(f"How many{counted}", clause), clause.subject_start, end)


def _how_many(clause: Clause) -> Iterator[Draft]:
    # "had contained 98 words": a main verb goes between; "had 98 words": none does.
    main = r"\s[a-z]+" if clause.auxiliary else ""
    found = re.match(rf"(?P<verb>{main})\s(?P<answer>{QUALIFIED_AMOUNT})\s", clause.rest)
    verb = found["verb"].strip() if found else ""
    if found is None or (verb and not (is_participle(verb) or is_base(verb))):
        return
    counted, after = _counted(clause.rest[found.end() :])
    after = re.sub(r"^\sor\s(?:more|fewer|less)\b", "", after)
    if counted and words(after)[:1] not in (["and"], ["or"], ["to"]):
        question = clause.asked(f"How many {counted}", f"{found['verb']}{after}")
        yield _answered("number", question, clause, found, "answer")


def _counted(text: str) -> tuple[str, str]:
    """Return what is counted ("coats of gutta-percha") and what follows; empty when that is ambiguous."""
    end = 0
    last = ""
    for match in WORD.finditer(text):
        word = match[0].lower()
        if text[end : match.start()].strip():
            break
        if word == "of" and last and is_plural(last):
            end = match.end()
            continue
        if word in _NOT_COUNTED or is_adverb(word):
            break
        end, last = match.end(), word
    counted = text[:end]
    head = _last(counted.split(" of ")[0])
    fit = is_plural(head) and head != "times" and not counted.endswith(" of")
    return (counted, text[end:]) if fit else ("", text)


def _how_much(clause: Clause) -> Iterator[Draft]:
    found = re.match(rf"\s(?P<answer>{QUALIFIER}{_MONEY})(?=\s|$)", clause.rest)
    if found is None or clause.auxiliary:
        return
    after = clause.rest[found.end() :]
    if not words(after) or words(after)[0] in PREPOSITIONS:
        yield _answered("number", clause.asked("How much", after), clause, found, "answer")


def _how_long(clause: Clause) -> Iterator[Draft]:
    found = _HOW_LONG.search(clause.rest)
    if found is None:
        return
    before, after = clause.rest[: found.start()], clause.rest[found.end() :]
    if _is_adjunct(before, after, clause):
        yield _answered("number", clause.asked("How long", before + after), clause, found, "answer")


def _which(sentence: str, clause: Clause) -> Iterator[Draft]:
    found = _DESCRIBED.match(sentence, clause.subject_start)
    # The name must end the subject.
    if found is None or found[0].lower() != clause.subject.lower() or re.search(r"\d", found["role"]):
        return
    described = words(found["role"])
    if is_head_noun(_last(found["role"])) and not any(word in PREPOSITIONS | CONJUNCTIONS for word in described):
        yield Draft("name", _without_subject(f"Which {found['role']}", clause), *found.span("name"))


def _without_subject(question_words: str, clause: Clause) -> str:
    return finish(f"{question_words} {clause.adverb} {clause.verb}{clause.rest}")


def _who(clause: Clause, persons: frozenset[str]) -> Iterator[Draft]:
    subject = clause.subject
    if subject in persons or (re.fullmatch(_ANY_NAME, subject) and clause.base in AGENT_VERBS):
        start = clause.subject_start
        yield Draft("name", _without_subject("Who", clause), start, start + len(subject))
    found = _BY.fullmatch(clause.rest) if clause.verb in BE else None
    if found is not None:
        made = next((word for word in words(found["before"]) if not is_adverb(word)), "")
        verb = participle_of(made)
        if verb in AGENT_VERBS and not _has_verb(found["before"], clause):
            # "Who built the mill in 1786?", not "Who was the mill built in 1786 by?"
            adverbs, _, between = found["before"].removesuffix("by").partition(made)
            active = inflected(verb, "VBD" if clause.past else "VBZ")[0]
            asked = finish(f"Who {clause.adverb} {adverbs} {active} {clause.subject} {between} {found['after']}")
            yield _answered("name", asked, clause, found, "name")


def _apposition(sentence: str, names: frozenset[str]) -> Iterator[Draft]:
    for found in _APPOSITION.finditer(sentence):
        if not is_role(_head(found["role"])):
            continue
        past = any(word in {"was", "were", "had"} or past_of(word) for word in words(sentence))
        yield Draft("definition", f"Who {'was' if past else 'is'} {found['name']}?", *found.span("answer"))
        after = re.match(r"\s?,\s", sentence[found.end() :])
        if found.start() == 0 and after is not None and len(words(found["role"])) <= 6:
            own = names | set(found["name"].split())
            clause = parse(f"{found['name']} {sentence[found.end() + after.end() :]}", 0, own)
            if clause is not None:
                yield Draft("name", _without_subject(f"Which {found['role']}", clause), *found.span("name"))


def _where(clause: Clause) -> Iterator[Draft]:
    found = _IN_PLACE.fullmatch(clause.rest) if clause.verb in BE else None
    if found is None or found["before"].strip() not in PLACE_PARTICIPLES or re.search(MONTHS, found["name"]):
        return
    yield _answered("place", clause.asked("Where", found["before"] + found["after"]), clause, found, "name")


def _what(clause: Clause) -> Iterator[Draft]:
    found = _COMPLEMENT.fullmatch(clause.rest) if clause.verb in {"is", "was"} else None
    if found is None or len(words(clause.subject)) > 5 or len(words(found["answer"])) > _MAX_DEFINITION_WORDS:
        return
    # "What was the result?" fits any article.
    if re.fullmatch(r"the\s\S+", clause.subject):
        return
    head = _head(found["answer"])
    bare_name = re.fullmatch(r"(?:[A-Z][\w'\u2019.-]*\s?)+", clause.subject) is not None
    person = is_role(head)
    if person and not bare_name:
        return
    if person or head in _THINGS or (is_head_noun(head) and not bare_name):
        question = finish(f"{'Who' if person else 'What'} {clause.verb} {clause.subject}")
        yield _answered("definition", question, clause, found, "answer")


def _head(phrase: str) -> str:
    """Return the noun that a phrase is about: "biologist" of "a biologist at Cornell University"."""
    return _last(_PHRASE_END.split(phrase)[0])


def _last(text: str) -> str:
    """Return the last word in lower case; an empty string if there is none."""
    return words(text)[-1] if words(text) else ""


def _answered(kind: str, question: str, clause: Clause, found: re.Match[str], group: str) -> Draft:
    """Return a draft whose answer was found in the rest of a clause."""
    return Draft(kind, question, clause.start + found.start(group), clause.start + found.end(group))
