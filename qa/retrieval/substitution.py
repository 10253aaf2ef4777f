"""Ask the question before about something else: "And a drone?", "And the children?", "And swimming?"."""

from __future__ import annotations

import re

from qa.text.lexicon import (
    AUXILIARIES,
    AUXILIARY,
    OPENS_A_QUESTION,
    POINTERS,
    PREPOSITIONS,
    RELATIVES,
    gerund_of,
    is_adverb,
    is_base,
    is_noun,
    is_only_plural,
    listed,
)
from qa.text.spans import replaced
from qa.text.topic import phrases, topic
from qa.text.verbatim import whole_words

LINK = r"(?:(?:and|but|so|or|what about|how about)\b[\s,]*)"
"""Matches what links a question to the one before."""
_SUPERLATIVE = re.compile(r"the\s(?:most|least|[a-z]{3,}+(?<=est))\b")
OPEN_A_QUESTION = AUXILIARIES | RELATIVES
OPEN_A_PHRASE = PREPOSITIONS - {"of"}
_THAT_OF = re.compile(rf"{LINK}?(?:that|those)\s+of\s+(?P<thing>[^?]+?)\W*", re.IGNORECASE)
_WHOSE = re.compile(rf"{LINK}?(?:his|her|its|their)\s+(?P<noun>\w+(?:\s+\w+)?)\W*", re.IGNORECASE)
# "And a drone?", "What about China?": the same question about something else.
_ANOTHER = re.compile(
    rf"(?i:{LINK}){{1,2}}(?P<thing>(?:an?|the)(?:\s[a-z]+){{1,2}}(?:\sof\s(?:(?:an?|the)\s)?\w+)?|(?:the\s)?[A-Z]\w+(?:\s(?:[A-Z]\w+|\d+))?|[a-z]+)(?:'s)?\W*"
)
_NAMED = re.compile(r"(?:[Tt]he\s)?[A-Z]\S*(?:\s[A-Z]\S*)*(?:\s\d+)?")
_NAMES = re.compile(r"[A-Z]\w*(?:\s[A-Z]\w*)*(?=\s[a-z])")
_DETERMINED = re.compile(r"(?:an?|the)\s", re.IGNORECASE)
_SUBJECT_PRONOUN = re.compile(rf"\b{AUXILIARY}\s+(?P<pronoun>he|she|it|(?P<many>they))\b", re.IGNORECASE)
_MAX_WORDS_AFTER_PRONOUN = 2  # more may name something else that the fragment replaces
_EITHER = re.compile(r"\sor\s(?P<other>\S+(?:\s\S+){0,2})$")
_CODE = re.compile(r"\b[A-Z]+\d+\b")
_ORDINAL = re.compile(r"the (?:first|second|third|fourth|fifth|last)\b")
_COUNTED = re.compile(r"how (?:many|much) (?P<noun>[a-z]+)", re.IGNORECASE)
_OWNED = re.compile(r"(?P<asks>who)\s(?P<be>is|are|was|were)\s(?P<owner>[^?]+?'s)\s\w+", re.IGNORECASE)
_THE_NOUN = re.compile(rf"{LINK}+the\s(?P<noun>[a-z]+)\W*", re.IGNORECASE)
# "How do I install it on Ubuntu?", "Who pays for gas and electricity?"
_LAST_OBJECT = re.compile(
    rf"\s(?P<preposition>{'|'.join(sorted(OPEN_A_PHRASE))})\s(?!the\b|an?\b|my\b|your\b)(?P<object>\w+(?:\s(?:\d[\d.]*|and\s\w+))?)$",
    re.IGNORECASE,
)
_OF_A_VERB = frozenset({"for", "with", "without", "from", "to", "about", "against"})
# "When can I drive after the operation?"
_MAY_I = re.compile(
    rf"(?P<asks>(?:[^?]*?\s)?{OPENS_A_QUESTION}\s(?:i|we|you|one))\s(?P<verb>\w+)\b\s?(?P<rest>[^?]*)", re.IGNORECASE
)
_DOING = re.compile(rf"{LINK}+(?P<verb>[a-z]+)\b(?P<rest>[^?]*+)[?\s]*+", re.IGNORECASE)
_MAX_DOING_WORDS = 4
# "And the price?" asks for something of the same thing.
ATTRIBUTES = listed(
    "year date day time age name place address reason cause result price cost fee number size length height width "
    "depth weight speed area colour color population meaning end beginning start first second third last other others "
    "rest same"
)


def of_something_else(earlier: str, fragment: str) -> str | None:
    """Return the earlier question about what the fragment names; None if it names nothing that fits."""
    return (
        _of_same_owner(earlier, fragment)
        or _of_another(earlier, fragment)
        or _of_whose(earlier, fragment)
        or _of_doing(earlier, fragment)
    )


def _of_another(earlier: str, fragment: str) -> str | None:
    """Ask the earlier question about something else, if the fragment only names that."""
    if (of := _THAT_OF.fullmatch(fragment)) and " of " in earlier:
        return f"{earlier.rpartition(' of ')[0]} of {of['thing']}?"
    other = _ANOTHER.fullmatch(fragment)
    if other is None:
        return None
    if counterpart := _counterpart(earlier, other["thing"]) or _last_object(earlier, other["thing"]):
        return _with_other(earlier, counterpart, other["thing"])
    pronoun, last = _SUBJECT_PRONOUN.search(earlier), other["thing"].rsplit(maxsplit=1)[-1].lower()
    if pronoun is None or last in ATTRIBUTES or is_only_plural(last) != bool(pronoun["many"]):
        return None
    if len(earlier[pronoun.end() :].split()) > _MAX_WORDS_AFTER_PRONOUN:
        # "And wallets?" after "What do they do with keys?"
        return None
    # "And the baker?" after "When did she start?"
    return f"{replaced(earlier, pronoun.span('pronoun'), other['thing'])}?"


def _of_same_owner(earlier: str, fragment: str) -> str | None:
    """Ask for another relation of the same owner: "And the children?" after "Who is Ann Lee's husband?"."""
    owned, other = _OWNED.fullmatch(earlier), _THE_NOUN.fullmatch(fragment)
    noun = other["noun"].lower() if other else ""
    if owned is None or not noun or noun in ATTRIBUTES or not is_noun(noun):
        return None
    be = owned["be"].lower()
    if is_only_plural(noun):
        be = {"is": "are", "was": "were"}.get(be, be)
    return f"{owned['asks']} {be} {owned['owner']} {noun}?"


def _last_object(earlier: str, thing: str) -> str | None:
    """Return the object of the preposition that a question ends with, if a bare noun can replace it: "on Ubuntu"."""
    found = _LAST_OBJECT.search(earlier)
    last = thing.rsplit(maxsplit=1)[-1].lower()
    if found is None or _DETERMINED.match(thing) or last in ATTRIBUTES | OPEN_A_QUESTION | POINTERS:
        return None
    named = found["object"][0].isupper()
    typed_small = named and thing.islower() and not is_adverb(last)
    # "What about rain?" after "at night" names no other time.
    of_a_verb = not named and found["preposition"].lower() in _OF_A_VERB
    return found["object"] if typed_small or (of_a_verb and is_noun(last) and not thing[0].isupper()) else None


def _of_doing(earlier: str, fragment: str) -> str | None:
    """Ask whether another thing can be done: "And swimming?", "And drink tea?" after "When may I drive again?"."""
    asked, doing = _MAY_I.fullmatch(earlier), _DOING.fullmatch(fragment)
    if asked is None or doing is None:
        return None
    first, rest = doing["verb"].lower(), doing["rest"].strip(" .!,")
    verb = gerund_of(first) or (first if rest and is_base(first) and not PREPOSITIONS & {first} else None)
    if verb is None or not is_base(asked["verb"].lower()) or len(rest.split()) > _MAX_DOING_WORDS:
        return None
    when = next((n for n, word in enumerate(asked["rest"].split()) if word.lower() in OPEN_A_PHRASE), None)
    after = asked["rest"].split()[when:] if when is not None else []
    return f"{' '.join([asked['asks'], verb, *rest.split(), *after])}?"


def _counterpart(earlier: str, thing: str) -> str | None:
    """Return what a question asks about that is of the same form as another thing: "the E4 error" for "E1"."""
    about, either = topic(earlier), _EITHER.search(earlier)
    if either and _alike(either["other"], thing):
        return either["other"]
    for form in (_CODE, _SUPERLATIVE):
        if form.fullmatch(thing) and (same := list(form.finditer(earlier))):
            return same[0][0] if len(same) == 1 else None
    if ordinal := _ORDINAL.match(thing):
        other = _ORDINAL.search(earlier)
        numbered = f"{other[0]}{thing[ordinal.end() :]}" if other else ""
        return numbered if numbered and numbered in earlier else None
    # "And the motor?" after "the weight of the pump" asks for its weight, but "and the baker?" after "Who is the
    # manager of the shop?" for another person.
    noted = [about] if about and about.text.lower() not in POINTERS else [*phrases(earlier)]
    whole = [one.text for one in noted if one.text.lower() not in POINTERS]
    owners = [re.split(" of |'s ", one)[-1 if " of " in one else 0] for one in whole]
    order = [*whole, *owners] if earlier.lower().startswith("who") or " of " in thing else [*owners, *whole]
    if found := next((one for one in order if _alike(one, thing)), None):
        return found
    if about and _DETERMINED.match(about.text) and thing[0].isupper():
        # "And Intensive?" after "How long does the Eco programme take?"
        names = _NAMES.findall(about.text)
        return names[0] if len(names) == 1 else None
    counted = _COUNTED.match(earlier)
    return counted["noun"] if counted and _alike(counted["noun"], thing) else None


def _alike(one: str, other: str) -> bool:
    """Return whether both phrases have an article ("a queen"), both are names, both bare plurals or singulars."""
    words = other.split()
    last = words[-1]
    # "AND WHICH MISSILES?" names nothing.
    if last in ATTRIBUTES | OPEN_A_QUESTION or {words[0].lower(), last.lower()} & RELATIVES:
        return False
    if _NAMED.fullmatch(one) and _NAMED.fullmatch(other):
        return True
    if _DETERMINED.match(one) or _DETERMINED.match(other):
        return bool(_DETERMINED.match(one) and _DETERMINED.match(other))
    if one[0].isupper() or other[0].isupper():
        return one[0].isupper() and other[0].isupper()
    return is_only_plural(last) == is_only_plural(one.rsplit(maxsplit=1)[-1])


def _of_whose(earlier: str, fragment: str) -> str | None:
    """Ask the earlier question about "his assistant" instead of him."""
    asked, about = _WHOSE.fullmatch(fragment), topic(earlier)
    if asked is None or about is None:
        return None
    if " of " in about.text:
        # "What about its price?" after "What is the weight of the pump?"
        whose = f"the {asked['noun']} of {about.text.rpartition(' of ')[2]}"
    elif about.text[0].isupper() and not about.plural:
        whose = f"{about.text}'s {asked['noun']}"
    else:
        return None
    return _with_other(earlier, about.text, whose)


def _with_other(earlier: str, phrase: str, other: str) -> str | None:
    """Ask the earlier question with another phrase; "art" is not one in "start"."""
    # "the other one" replaces "the second one", though the phrase is "the second".
    span = whole_words(f"{phrase} one" if other.endswith(" one") else phrase, earlier) or whole_words(phrase, earlier)
    return f"{replaced(earlier, span, other)}?" if span else None
