"""Tell who does something from whom it is done to, where from where to, and a person from a relative.

"Lund was succeeded by Roe" does not say that Lund succeeded anybody.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from qa.text.lexicon import ANY_BE, PREPOSITIONS, inflected_from, is_base, listed
from qa.types import Span

_WHO = re.compile(
    r"\W*who\s+(?:(?:has|have|had|first|originally|finally|later)\s+)*(?P<verb>[a-z]+)\s+\w", re.IGNORECASE
)
_WHOM = re.compile(r"\W*whom?\s+(?:did|does|do)\s+(?P<rest>.+)", re.IGNORECASE)
# Who marries somebody is married to them.
_MUTUAL = listed("marry meet fight divorce join date befriend know be have do")
_PASSIVE = re.compile(rf"\b{ANY_BE}\s+(?:(?:\w+ly|later|then|soon|also)\s+)?\Z", re.IGNORECASE)
_BY = re.compile(r"[^.;]{0,80}?\bby\s", re.IGNORECASE)
_OBJECT = re.compile(r"(?:\s+[a-z-]+){0,4}\s+")
# "There lived a smith" and "a moor on which live the Lake people" have the subject after the verb.
_INVERTED = re.compile(r"\b(?:there|here|where|(?:on|in|at|from|under|near|among|behind) which)\s+\Z", re.IGNORECASE)
_SUBJECT = re.compile(r",?\s+(?:(?:then|later|also|who|has|had|have|[a-z]+ly)\s+)*")
_BROKEN = re.compile(r"[.;:]|,\s+(?:and|but|while)\s")
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
_MAX_CHARACTERS = 500  # of a sentence that are read

_ASKS_TO = re.compile(
    r"\W*(?:where|what place|which \w+)\b.*\b(?:going|heading|headed|bound|travell?ing|flying|sailing|moving"
    r"|fl(?:y|ew)|go|travel|sail|move|head)(?:\s+to)?\W*$",
    re.IGNORECASE,
)
_ASKS_FROM = re.compile(r"\W*(?:where|what place|which \w+)\b.*\bfrom\W*$", re.IGNORECASE)
_DIRECTION = re.compile(r"(?P<word>\w*)\s*\b(?P<way>from|to)\s+(?:the\s+)?\Z", re.IGNORECASE)
_OF_NO_DIRECTION = listed("native unique limited restricted confined endemic indigenous peculiar back")  # before "to"
_SIDE = re.compile(r"\b(inside|in|outside|out\sof|above|below|before|after)\s(?:of\s)?(?:the|an?)\s([\w-]+)")
_WAYS = {"inside": "in", "outside": "out of"}
_PAIRS = (("in", "out of"), ("above", "below"), ("before", "after"))
_OPPOSITE_WAYS = dict([*_PAIRS, *(pair[::-1] for pair in _PAIRS)])

_EVENT = re.compile(r"\W*(?:how|when|where|why)\s+(?:did|does|do|was|were|is|are)\s+(?P<rest>.+)", re.IGNORECASE)
_KINSHIP = (
    "father|mother|brother|sister|son|daughter|wife|husband|uncle|aunt"
    "|grandfather|grandmother|cousin|nephew|niece|widow"
)
_OF_RELATIVE = re.compile(
    rf"\b(?:his|her|their)\s+(?:[a-z-]+\s+)?(?P<who>{_KINSHIP}|parents|children|grand\w+"
    r"|(?:brother|sister|son|daughter|cousin|nephew|niece)s)\s+(?:(?:had|has|have|was|were)\s+)?(?P<verb>[a-z]+)",
    re.IGNORECASE,
)
# "He was buried in the abbey of his wife Ann": "he" is not Ann, as he is in "He lies beside his wife Ann".
_RELATIVE_NAMED = re.compile(
    rf"(?<!with )(?<!beside )(?<!to )\b(?:his|her)\s+(?:[a-z-]+\s+)?(?:{_KINSHIP})s?,?\s+(?P<name>[A-Z][\w-]+)"
)
_DOES = re.compile(r"\b(?P<who>[Hh]e|[Ss]he|[A-Z][\w-]+)\s+(?:was\s+|had\s+|is\s+)?(?:\w+ly\s+)?(?P<verb>[a-z]+)")


class _Event(NamedTuple):
    """A verb in a sentence, whether it is passive, and where it is."""

    span: Span
    passive: bool


def is_swapped(question: str, text: str, span: Span, sentence: Span) -> bool:
    """Return whether a question asks who did something, and a span of a sentence is whom it was done to.

    "Who did Lund succeed?" is the reverse.
    """
    whom = _WHOM.match(question)
    agent = None if whom else _WHO.match(question)
    verb = _base(agent["verb"]) if agent else _verb_after_subject(whom)
    if verb is None or verb in _MUTUAL:
        return False
    swapped = _is_patient if agent else _is_agent
    events = _events(text, (sentence[0], min(sentence[1], sentence[0] + _MAX_CHARACTERS)), verb)
    return bool(events) and all(swapped(text, span, one, sentence[1]) for one in events)


def is_opposite_direction(question: str, before: str) -> bool:
    """Return whether a question asks where somebody goes, and a place follows "from", or the other way round."""
    to, origin = _ASKS_TO.match(question), _ASKS_FROM.match(question)
    way = _DIRECTION.search(before[-_MAX_CHARACTERS:]) if to or origin else None
    if way is None or way["word"].lower() in _OF_NO_DIRECTION:
        return False
    return way["way"].lower() == ("from" if to else "to")


def is_opposite_side(question: str, clause: str) -> bool:
    """Return whether a question asks of what is out of something, and a clause only of what is in it, or so."""
    asked, said = (
        {(_WAYS.get(way, way), noun) for way, noun in _SIDE.findall(text.lower())} for text in (question, clause)
    )
    return any((_OPPOSITE_WAYS[way], noun) in said and (way, noun) not in said for way, noun in asked)


def is_of_relative(question: str, sentence: str) -> bool:
    """Return whether a question asks how somebody died, and a sentence only says that of the father, or so."""
    asked = _EVENT.match(question)
    if asked is None:
        return False
    relatives = [one for one in _OF_RELATIVE.finditer(sentence) if one["who"].lower() not in question.lower()]
    is_named = any(one["name"] in question for one in _RELATIVE_NAMED.finditer(sentence))
    if not relatives and not is_named and "where " not in sentence:
        return False
    verbs = {_base(word) for word in _WORD.findall(asked["rest"])[1:]} - {None}
    done = [verb for word in _WORD.findall(sentence) if (verb := _base(word)) in verbs]
    shared = [verb for one in relatives if (verb := _base(one["verb"])) in verbs]
    if shared:
        return len(shared) == sum(verb in shared for verb in done)
    others = [one for one in _DOES.finditer(sentence) if _base(one["verb"]) in verbs and one["who"] not in question]
    return len(done) == len(others) == 1 and (is_named or sentence.endswith("where ", 0, others[0].start()))


def _events(text: str, sentence: Span, verb: str) -> list[_Event]:
    """Return where a sentence has a verb that some subject precedes."""
    found = [one.span() for one in _WORD.finditer(text, *sentence) if _base(one[0]) == verb]
    passive = [_PASSIVE.search(text, sentence[0], start) is not None for start, _ in found]
    return [_Event(*each) for each in zip(found, passive, strict=True) if text[sentence[0] : each[0][0]].strip(" #*->")]


def _is_patient(text: str, span: Span, event: _Event, end: int) -> bool:
    """Return whether a span is the object of an active verb, or the subject of a passive one."""
    by = _BY.match(text, event.span[1], end)
    if event.passive:
        between = text[span[1] : event.span[0]]
        return by is not None and span[1] <= event.span[0] and not _BROKEN.search(between)
    if _INVERTED.search(text, max(0, event.span[0] - _MAX_CHARACTERS), event.span[0]):
        return False
    between = text[event.span[1] : span[0]]
    plain = _OBJECT.fullmatch(between) is not None and PREPOSITIONS.isdisjoint(between.lower().split())
    return plain and not (by and by.end() <= span[0])


def _is_agent(text: str, span: Span, event: _Event, end: int) -> bool:
    """Return whether a span is the subject of an active verb, or follows the "by" of a passive one."""
    by = _BY.match(text, event.span[1], end)
    if by and event.span[1] < span[0]:
        return by.end() <= span[0] and _OBJECT.fullmatch(f" {text[by.end() : span[0]]}") is not None
    before = not event.passive and span[1] <= event.span[0]
    return before and _SUBJECT.fullmatch(text, span[1], event.span[0]) is not None


def _verb_after_subject(asked: re.Match[str] | None) -> str | None:
    """Return the verb of "Lund succeed as mayor": the first base form after the first word."""
    words = asked["rest"].split()[1:] if asked else []
    return next((word for word in (each.strip("?.,!") for each in words) if is_base(word)), None)


def _base(word: str) -> str | None:
    """Return the base form of a verb in the past, the third person or its base form."""
    return inflected_from(word) or (word.lower() if is_base(word.lower()) else None)
