"""Questions that a fragment makes of the question before it: "Why?", "And to Toulon?", "And which missiles?"."""

from __future__ import annotations

import re
from collections.abc import Mapping

from qa.retrieval.substitution import ATTRIBUTES, LINK, OPEN_A_PHRASE, OPEN_A_QUESTION, of_something_else
from qa.text.dates import ANY_YEAR
from qa.text.lexicon import (
    AUXILIARIES,
    AUXILIARY,
    BE,
    DO,
    MODALS,
    OPENS_A_QUESTION,
    PREPOSITIONS,
    inflected,
    is_base,
    is_noun,
    is_only_plural,
    is_participle,
    participle_of,
    parts_of_speech,
    past_of,
    third_person_of,
)
from qa.text.spans import replaced
from qa.text.topic import Topic, topic
from qa.text.verbatim import whole_words

LINKS = re.compile(rf"^{LINK}+", re.IGNORECASE)
"""Matches what links a question to the one before: "and", "but what about"."""
BARE = re.compile(
    rf"{LINK}?(?P<word>why|when|where|how|(?:by|with|to|for|from)\s+whom|(?:of|from|with|by|for|about)\s+what"
    r"|from\s+where|since\s+when|until\s+when|(?:for\s+)?how\s+long|for\s+how\s+much|how\s+(?:often|far)"
    r"|in\s+(?:which|what)\s+year|at\s+what\s+time)(?:\s+(?:then|so|(?P<not>not)|exactly|(?:did|was)\s+(?:that|this|it)(?:\s+happen)?))?\W*",
    re.IGNORECASE,
)
_WHICH = re.compile(rf"{LINK}?(?P<word>(?:in|on|at|by|with|from|for|to)\s+(?:which|what)\s+\w+)\W*", re.IGNORECASE)
_WHY_SO = re.compile(rf"{LINK}?(?P<word>why)(?P<so>\s+so\s+\w+)\W*", re.IGNORECASE)
_HOW_MANY = re.compile(rf"{LINK}?how\s+many(?:\s+(?:are|were)\s+there)?\W*", re.IGNORECASE)
_HOW_MUCH = re.compile(rf"{LINK}?how\s+much(?:\s+(?:exactly|then|is\s+it|does\s+it\s+cost))?\W*", re.IGNORECASE)
_COSTS = re.compile(
    r"(?P<costs>do|does|did|will|would)(?P<rest>\s.+\scost)(?:\s(?:anything|money|something|much))?"
    r"|what\sis\s(?P<thing>(?:the|an?)\s.+)",
    re.IGNORECASE | re.DOTALL,
)
_OF_NO_OBJECT = re.compile(rf"who\s\w+(?:\s(?:{'|'.join(sorted(PREPOSITIONS))})\s.+)?", re.IGNORECASE)
_WHICH_ONES = re.compile(r"(?:which|what)\s+(?P<noun>(?:\w+\s){0,2}?(?P<last>\w+))(?=\s)", re.IGNORECASE)
_ANOTHER_YEAR = re.compile(
    rf"{LINK}*(?:in\s+)?the\s+(?:(?P<before>year\s+before|(?:previous|preceding)\s+year)|year\s+after"
    r"|(?:next|following)\s+year)(?:\s+that)?\W*",
    re.IGNORECASE,
)
_ONLY_YEAR = re.compile(rf"{LINK}+(?P<year>[12]\d{{3}})\W*", re.IGNORECASE)
# A question that is a whole statement without its question word: "When did the cable break?", "At what speed ...?".
_OF_A_STATEMENT = re.compile(
    r"(?:(?:why|when|where|how(?:\s+(?:long|often|far))?|(?:at|by|for|from|in|until)\s+(?:what|which)(?:\s\w+){1,2}?)"
    rf"\s+)?(?P<rest>{OPENS_A_QUESTION}\s.+)",
    re.IGNORECASE | re.DOTALL,
)
# "Which fighter jets did China buy?", and without an auxiliary "Which ship laid the cable?". In "Which data set finds
# the leak?", the verb is what precedes the article.
_ASKED_FOR = (
    r"(?:who|whom|what|(?:what|which)(?:\s(?!that\b|which\b|who\b)\w+){1,3}?"
    rf"(?=\s(?:(?!{'|'.join(sorted(PREPOSITIONS))}\b)\w+\s(?:the|an?)|{AUXILIARY})\b)"
    r"|(?:what|which)(?:\s(?!that\b|which\b|who\b)\w+){1,3}?)\s++"
)
_ASKS_FOR = re.compile(
    rf"(?:{_ASKED_FOR}(?P<auxiliary>{AUXILIARY})\s++|{_ASKED_FOR}(?:first\s++)?)(?P<rest>(?P<verb>\w+)(?:\s.+)?)",
    re.IGNORECASE | re.DOTALL,
)
# "And which missiles?": its object is another one.
_OTHER_OBJECT = re.compile(rf"{LINK}?(?P<asked>(?:which|what)(?P<object>(?:\s[\w-]+){{1,3}}))\W*", re.IGNORECASE)
_OF_AN_OBJECT = re.compile(
    rf"(?:which|what)(?:\s[\w-]+){{1,3}}?\s++(?P<rest>(?:{'|'.join(DO | MODALS)})\s.+)", re.IGNORECASE
)
_OF_THE_DOER = frozenset({"why", "how", "since when", "until when", "how long", "for how long", "how much"})
_MAX_NAME_CHARACTERS = 60
_MAX_PHRASE_WORDS = 6
_ONES = frozenset({"one", "ones"})
_POINTERS = frozenset({"that", "this", "then", "it", "them", "those", "these"})
_SAME_KIND = (
    frozenset({"with", "without"}),
    frozenset({"in", "on", "at", "after", "before", "during", "by", "since", "until", "under"}),
)


def completed(earlier: str, answer: str | None, fragment: str) -> str | None:
    """Return the earlier question with what a fragment such as "Why?" changes; None if it is no fragment.

    The earlier question is standalone; its answer may be unknown.
    """
    earlier = earlier.strip().rstrip("?.! ")
    if bare := BARE.fullmatch(fragment) or _WHICH.fullmatch(fragment) or _WHY_SO.fullmatch(fragment):
        return _qualified(_with_word(earlier, answer, bare["word"].capitalize()), bare.groupdict())
    if _HOW_MANY.fullmatch(fragment):
        return _counted(earlier)
    if _HOW_MUCH.fullmatch(fragment) and (asked := _COSTS.fullmatch(earlier)):
        return (
            f"How much {asked['costs'].lower()}{asked['rest']}?" if asked["costs"] else f"How much is {asked['thing']}?"
        )
    if _HOW_MUCH.fullmatch(fragment) and _OF_NO_OBJECT.fullmatch(earlier):
        return _with_word(earlier, answer, "How much")
    if year := _ANOTHER_YEAR.fullmatch(fragment):
        return _of_another_year(earlier, -1 if year["before"] else 1)
    if year := _ONLY_YEAR.fullmatch(fragment):
        fragment = f"in {year['year']}"
    return _with_phrase(earlier, fragment) or of_something_else(earlier, fragment)


def of_other_object(earlier: str, fragment: str) -> str | None:
    """Ask for another object of the earlier question's verb: "And which missiles?" after "Which jets did China buy?".

    None if the fragment does not name one. The object may have another role: "and which country?" asks from where.
    """
    earlier = earlier.strip().rstrip("?.! ")
    other, asked = _OTHER_OBJECT.fullmatch(fragment), _OF_AN_OBJECT.fullmatch(earlier)
    words = other["object"].lower().split() if other else []
    if other is None or asked is None or not is_noun(words[-1]) or (ATTRIBUTES | OPEN_A_QUESTION | _ONES) & {*words}:
        return None
    before = words[:-1]
    # "And what caused delays?", "and which teams play?", "what about teams?"
    if words[0] in PREPOSITIONS or not all(
        parts_of_speech(word) & {"NOUN", "ADJ"} and not is_only_plural(word) for word in before
    ):
        return None
    return f"{other['asked'][0].upper()}{other['asked'][1:]} {asked['rest']}?"


def _qualified(question: str | None, parts: Mapping[str, str | None]) -> str | None:
    """Return a question with what follows "why" in "Why not?" and "Why so late?"."""
    if question and parts.get("not"):
        return _negated(question)
    return f"{question[:-1]}{so}?" if question and (so := parts.get("so")) else question


def _negated(question: str) -> str:
    """Return "Why was the bridge not built?" for "Why was the bridge built?"."""
    about = topic(question)
    span = whole_words(about.text, question) if about else None
    return replaced(question, (span[1], span[1]), " not") if span and " not " not in question else question


def _counted(earlier: str) -> str | None:
    """Ask how many: "Which jets did China buy?" and "Can I borrow pumps?" name what is counted."""
    if (asked := _WHICH_ONES.match(earlier)) and is_only_plural(asked["last"].lower()):
        return f"How many {asked['noun']}{earlier[asked.end() :]}?"
    words = earlier.split()
    if words[0].lower() not in AUXILIARIES or not is_only_plural(words[-1].lower()) or not is_base(words[-2].lower()):
        return None
    return f"How many {words[-1]} {words[0].lower()} {' '.join(words[1:-1])}?"


def _of_another_year(earlier: str, step: int) -> str | None:
    """Ask about the year before or after the only one in the earlier question."""
    years = ANY_YEAR.findall(earlier)
    return f"{ANY_YEAR.sub(str(int(years[0]) + step), earlier)}?" if len(years) == 1 else None


def _with_word(earlier: str, answer: str | None, word: str) -> str | None:
    """Ask the earlier question with another question word; what it asked for is its answer."""
    if statement := _OF_A_STATEMENT.fullmatch(earlier):
        rest = statement["rest"]
        return f"{word} {rest[0].lower()}{rest[1:]}?"
    asked = _ASKS_FOR.fullmatch(earlier)
    if asked is None:
        return None
    sentence = answer and (len(answer) > _MAX_NAME_CHARACTERS or AUXILIARIES & {*answer.split()} or ";" in answer)
    passive = _in_passive(earlier, asked, word)
    # When something was done can be asked without naming who did it, which the answer may have wrong.
    if not answer or sentence or (passive and _is_done_once(earlier, asked) and word.lower() not in _OF_THE_DOER):
        return passive
    answer, rest, verb = " ".join(answer.split()), asked["rest"], asked["verb"].lower()
    auxiliary = (asked["auxiliary"] or "").lower()
    if not auxiliary:
        # "Who laid the cable?", "Who maintains it?"
        past, present = past_of(verb), third_person_of(verb, unless_noun=False)
        auxiliary = "did" if past else "do" if " and " in answer else "does"
        return f"{word} {auxiliary} {answer} {past or present}{rest[len(verb) :]}?" if past or present else None
    if auxiliary not in DO and (is_participle(verb) or (auxiliary not in BE and is_base(verb))):
        return f"{word} {auxiliary} {answer} {rest}?"
    return None if auxiliary in BE else _with_object(f"{word} {auxiliary}", rest, answer)


def _is_done_once(earlier: str, asked: re.Match[str]) -> bool:
    """Return whether something was done to what a question is about: "Who laid the cable?"."""
    about, done = topic(earlier), asked["rest"][len(asked["verb"]) :].strip()
    return bool(about and done.startswith(about.text) and not asked["auxiliary"] and past_of(asked["verb"].lower()))


def _in_passive(earlier: str, asked: re.Match[str], word: str) -> str | None:
    """Ask without what the question asked for: "Who laid the cable?" and "When?" ask when the cable was laid."""
    auxiliary, verb = (asked["auxiliary"] or "").lower(), asked["verb"].lower()
    perfect = auxiliary in {"has", "have", "had"}
    present = None if auxiliary or past_of(verb) else third_person_of(verb, unless_noun=False)
    lemma = verb if auxiliary in MODALS and is_base(verb) else None if auxiliary and not perfect else past_of(verb)
    lemma = participle_of(verb) if perfect else lemma or present
    participle = next(iter(inflected(lemma, "VBN")), None) if lemma else None
    rest, about = asked["rest"][len(verb) :].strip(), topic(earlier)
    if participle is None or asked["rest"] == earlier:
        return None
    if word == "How much":
        return f"{word} {'is' if present else 'was'} {' '.join([participle, *rest.split()])}?"
    if rest.startswith("that ") and not auxiliary:
        return f"{word} {'is' if present else 'was'} it {participle} {rest}?"
    if about is None and rest.isalpha() and is_noun(rest.lower()):
        about = Topic(rest, is_only_plural(rest))
    after = rest.removeprefix(about.text).split() if about else []
    if about is None or not rest.startswith(about.text) or (after and after[0].lower() not in PREPOSITIONS):
        return None
    be = ("are" if about.plural else "is") if present else "were" if about.plural else "was"
    be = auxiliary if auxiliary in MODALS else be
    done = f"be {participle}" if auxiliary in MODALS else participle
    return f"{word} {be} {about.text} {done}{rest.removeprefix(about.text)}?"


def _with_object(opening: str, rest: str, answer: str) -> str | None:
    """Add the answer after the verb: "What did she study?" and "Where?" ask where she studied mathematics."""
    about = topic(f"{opening} {rest}")
    words = rest.removeprefix(about.text).split() if about and rest.startswith(about.text) else []
    if about is None or not words or "VERB" not in parts_of_speech(words[0].lower()):
        return None
    if words[0] == "do" and is_base(answer.partition(" ")[0].lower()):
        # "What do bees do in winter?" is answered by a verb.
        return f"{opening} {' '.join([about.text, answer, *words[1:]])}?"
    position = next((n for n in range(1, len(words)) if words[n] != "to" and words[n - 1] != "to"), len(words))
    if words[-1].lower() in PREPOSITIONS:
        position = len(words)
    return f"{opening} {' '.join([about.text, *words[:position], answer, *words[position:]])}?"


def _with_phrase(earlier: str, fragment: str) -> str | None:
    """Replace the last phrase of the same kind in the earlier question, or append it: "to Toulon"."""
    words = LINKS.sub("", fragment).strip().rstrip("?.!, ").split()
    first = words[0].lower() if words else ""
    kind = next((each for each in _SAME_KIND if first in each), PREPOSITIONS & {first})
    lower = {word.lower() for word in words[1:]}
    if not kind or not 2 <= len(words) <= _MAX_PHRASE_WORDS or lower <= _POINTERS or lower & OPEN_A_QUESTION:
        return None
    phrase, asked = [first, *words[1:]], earlier.split()
    at = [n for n, word in enumerate(asked[:-1]) if n and word.lower() in kind]
    if not at:
        return f"{' '.join([*asked, *phrase])}?"
    start = next((n for n in reversed(at) if asked[n].lower() == first), at[-1])
    ends = (n for n in range(start + 1, len(asked)) if asked[n].lower() in OPEN_A_PHRASE)
    return f"{' '.join([*asked[:start], *phrase, *asked[next(ends, len(asked)) :]])}?"
