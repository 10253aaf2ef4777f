"""Resolve pronouns, "the second one" and "the firm you mentioned" in a follow-up from the turns before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from qa.retrieval.substitution import LINK
from qa.text.dates import is_date
from qa.text.lexicon import (
    AUXILIARIES,
    AUXILIARY,
    BE,
    DO,
    PREPOSITIONS,
    is_known,
    is_noun,
    is_only_plural,
    is_role,
    listed,
    past_of,
    third_person_of,
)
from qa.text.names import FULL_NAME
from qa.text.numbers import is_numeral
from qa.text.spans import replaced
from qa.text.topic import phrases, topic
from qa.types import Turn

PERSON = re.compile(
    r"\b(?:(?P<whose>his|her(?=\s+(?!(?:in|at|on|to|for|by|from|with|and|or|after|before|an?|the)\b)\w))|he|she|him|her)\b",
    re.IGNORECASE,
)
_WHO_IS = re.compile(rf"[Ww]ho\s+(?:is|was)\s+(?P<name>{FULL_NAME}|[A-Z]\w+)\W*")
_SURNAME = re.compile(r"[A-Z][a-z]{2,}")
_ASKS_FOR_A_PERSON = re.compile(r"(?:who|whom|(?:which|what)(?:\s\w+){0,3}?\s(?P<role>\w+))\b", re.IGNORECASE)
_NAMES_A_ROLE = re.compile(rf"{LINK}*(?:the|its|their|his|her)\s(?:\w+\s){{0,2}}?(?P<role>\w+)\W*", re.IGNORECASE)
# The lookbehind keeps a long word from taking quadratic time.
_NAME = re.compile(rf"(?<![\w'\u2019.-]){FULL_NAME}")
# A role may precede a name: "the Austrian zoologist Karl von Frisch".
_ROLE = r"(?:(?:[a-z]+|[A-Z]\w+(?=\s+[a-z]))\s+){0,5}"
_ANSWER_NAMES = tuple(re.compile(rf"{_ROLE}(?P<name>{name})\W*") for name in (FULL_NAME, r"[A-Z][a-z]\w+"))
_TITLES: Mapping[str, bool] = {
    **dict.fromkeys(("mrs", "ms", "miss", "queen", "lady", "princess", "sister", "dame", "madame"), True),
    **dict.fromkeys(("mr", "king", "lord", "sir", "father", "prince", "brother", "monsieur", "herr"), False),
}
_WOMEN = (
    "agnes alice amy ann anne annie beatrice betty brigitte carmen carol caroline catherine charlotte christine "
    "claire daisy deborah doris dorothy edith eleanor elisabeth elizabeth ellen emily esther eve florence frances "
    "gertrude grace hannah harriet heidi helen ines ingrid irene isabel jane janet jennifer joan josephine judith "
    "julie karen kate katherine lily louise lucy mabel margaret margarete marie marion mary maud mildred miriam "
    "mirjam nancy pauline rachel rose ruth sally sarah sophie susan wendy"
)
_MEN = (
    "adam adolf ahmed akira alan albert alberto alexander alfred andreas andrew anthony anton antonio arnold arthur "
    "august benjamin bernard bernhard bill bob boris brian bruce carl carlos charles christian christopher claude "
    "colin cyrus daniel david dennis dmitri donald edgar edmund eduard edward elia emil enrique eric ernest ernst "
    "erwin eugene ezra felix ferdinand francis francisco frank franz fred frederick friedrich fritz geoffrey georg "
    "george gerald gerhard giovanni giuseppe gregory guglielmo gustav hans harold harry heinrich henri henry herbert "
    "hermann howard hugo ian ilya ivan jack jacob jacques james jan jean jim joe johann john jonas jonathan jose "
    "josef joseph joshua juan jules julius karl keith kenneth klaus konrad krishna kurt lars leo leonard leonardo "
    "louis luca ludwig luigi luis manfred marco mario mark martin matthew mattia max michael miguel misha mohammed "
    "mustafa nathan nicholas nicola nikita nikolai olaf oleg oliver oscar otto owen pablo patrick paul pavel pedro "
    "per peter philip pierre piet rafael ralph raymond richard robert roger roland ronald rudolf samuel sasha sean "
    "sebastian sergei simon stefan stephen steven sven theodor theodore thomas tim tom tomasz victor viktor vito "
    "vladimir walter werner wilhelm william"
)
_FIRST_NAMES = {**dict.fromkeys(listed(_WOMEN), True), **dict.fromkeys(listed(_MEN), False)}
_NO_PERSONS = listed(
    "university college institute company corporation bank museum hospital school street road square hotel house "
    "hall party congress parliament council committee court society association union agency office department "
    "ministry war battle treaty act stone tower bridge castle church cathedral palace island islands river lake "
    "sea ocean mountain mountains city town county station airport prize award tour cup academy press times "
    "herald north south east west eastern western northern southern great new saint world states kingdom republic "
    "britain england scotland ireland wales france germany italy spain portugal russia china japan india america "
    "canada australia austria hungary poland netherlands belgium sweden norway denmark finland switzerland greece "
    "turkey egypt israel iran iraq brazil mexico argentina chile peru ukraine europe asia africa beijing moscow "
    "washington london paris rome berlin telegraph railway line club team band orchestra choir theatre gallery "
    "garden gardens park works factory"
)
_NAMED = _NO_PERSONS | listed("firm organisation organization country ship book film product place programme program")
_BETWEEN_ITEMS = re.compile(r"[,;]|\band\b")
_ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1, "latter": -1, "former": 0}
# "the second reminder" is no item of an answer; "the latter need" can be one.
ITEM = re.compile(
    rf"\bthe\s+(?P<which>{'|'.join(_ORDINALS)}|other)\b(?:\s+one\b|\s+of\s+(?:them|these|those|the\s+two)\b"
    rf"|(?=\W*$|'s\b|\s+(?:{AUXILIARY}|{'|'.join(sorted(PREPOSITIONS))})\b)|(?<=[rR])(?<!other)(?=\s+[a-z]+\b(?!\s+(?:of|in)\b)))",
    re.IGNORECASE,
)
_ONLY_ITEM = re.compile(rf"{LINK}*{ITEM.pattern}\W*", re.IGNORECASE)
MENTIONED = re.compile(
    r"\bthe\s+(?P<what>\w+)\s+(?:that\s+|which\s+|whom?\s+)?(?:you|we|i)\s+(?:had\s+|just\s+)?"
    r"(?:mentioned|named|talked\s+about|spoke\s+of|asked\s+about|started\s+with|began\s+with)"
    r"(?:\s+(?P<first>(?:at\s+)?first|at\s+the\s+(?:start|beginning))|\s+(?:before|earlier|above|just\s+now))?\b",
    re.IGNORECASE,
)
_MEASURE = re.compile(
    r"the\s(?:price|cost|fee|size|length|height|width|depth|weight|speed|area|age|name|colou?r|address)\sof\s(?P<thing>.+)",
    re.IGNORECASE,
)
_REFERS = re.compile(
    r"(?:people|(?:i|you|we|one)(?:\s.*)?|(?:his|her|its|their|this|that|these|those)\s.*)$", re.IGNORECASE
)
_ASKS_WHAT = re.compile(r"(?:which\b|what\s+(?:is|was|are|were)\s+(?:the|its|their|his|her)\b)", re.IGNORECASE)
_ASKS_FOR_A_THING = re.compile(rf"(?:(?:{'|'.join(sorted(PREPOSITIONS))})\s+)?(?:which|what|who|whom)\b", re.IGNORECASE)
# "Which bridge crosses the river?", "Which missile did China buy?"
_WHICH = re.compile(
    rf"(?:which|what)\s(?P<noun>(?!(?:{AUXILIARY})\b)\w+)\s(?P<verb>\w+)(?P<rest>.*?)[?\s]*", re.IGNORECASE
)
_TITLE = re.compile(r"The(?:\s[A-Z]\S+)+")
_BY_MEANS = re.compile(r"(?:by|with|in|on|using)\s+(?P<what>(?:an?|the)\s.+)", re.IGNORECASE)
_MAKES = re.compile(
    r"\b(?:buil[dt]|design(?:ed)?|invent(?:ed)?|wr[io]te|written|made|constructed|dug|painted|composed|sewed|sewn)\b",
    re.IGNORECASE,
)
# What nobody makes: "Who built it?" after "How did they cross the river?" is about something else.
_NOT_MADE = listed(
    "river stream lake sea ocean strait mountain hill valley coast desert forest wood marsh bay gulf war battle storm "
    "flood country region north south east west sun moon night winter summer"
)
_PLACE = re.compile(r"(?:in|at|on|near|from|to)\s+", re.IGNORECASE)
_MAX_WORDS = 8  # of an answer that a pronoun may refer to
_MAX_TURNS_BACK = 4  # to a thing, or to an answer with several items


def is_female(pronoun: re.Match[str]) -> bool:
    """Return whether a pronoun found by `PERSON` is "she" or "her"."""
    return pronoun[0].lower() in {"she", "her"}


def person(turns: Sequence[Turn], female: bool, known: Mapping[str, bool]) -> str | None:
    """Return the last person named whose sex fits, or is unknown; `known` has the sex by name.

    None if the last turn that may have named the person asks for one, and its answer is not known.
    """
    for turn in reversed(turns):
        sexes = {name: known.get(name, _sex(name)) for name in _persons(turn)}
        for fitting in (female, None):
            if name := next((name for name, sex in sexes.items() if sex is fitting), None):
                return name
        if not turn.answer and turn.question[:3].lower() == "who":
            return None
    return None


def _persons(turn: Turn) -> Iterator[str]:
    """Yield the persons named in the answer to a question for a person, those in the question, then any other."""
    if (asked := _WHO_IS.fullmatch(turn.question)) and _may_be_a_person(asked["name"]):
        yield asked["name"]
    asks = _ASKS_FOR_A_PERSON.match(turn.question)
    asks = asks or _NAMES_A_ROLE.fullmatch(turn.question)
    asks_for_one = asks and (asks["role"] is None or is_role(asks["role"].lower()))
    answer = turn.answer or ""
    named = next(filter(None, (pattern.fullmatch(answer) for pattern in _ANSWER_NAMES)), None)
    in_answer = {found[0].rstrip(".,").removesuffix("'s") for found in _NAME.finditer(answer)}
    # In a whole sentence the person is clear only if it names just one.
    one = {name for name in ({named["name"]} if named and asks_for_one else in_answer) if _may_be_a_person(name)}
    if asks_for_one and len(one) == 1:
        yield from one
    for found in _NAME.finditer(turn.question, 1):
        if _may_be_a_person(found[0].rstrip(".,")):
            yield found[0].removesuffix("'s")
    if len(one) == 1 and not named:
        yield from one
    # "Where does Fravel work?", but not "What does NATO want?"
    about = topic(turn.question)
    if about and _SURNAME.fullmatch(about.text) and _may_be_a_person(about.text):
        yield about.text
    # Of several in a short answer, "she" is the only woman. An answer that is nothing but a name can be a place.
    short = len(answer.split()) <= _MAX_WORDS and not (named and named.start("name") == 0)
    for sex in (True, False) if short else ():
        of_sex = [name for name in sorted(in_answer) if _sex(name) is sex and _may_be_a_person(name)]
        if len(of_sex) == 1:
            yield from of_sex


def _may_be_a_person(name: str) -> bool:
    words = [word.lower().strip(".'\u2019") for word in name.split()]
    # "The Salt Year" is a title.
    if set(words) & _NO_PERSONS or words[0] == "the" or name.isupper():
        return False
    return not all(map(is_known, words))


def _sex(name: str) -> bool | None:
    """Return whether a name is a woman's (True) or a man's (False) by title or first name; None if unknown."""
    first = name.partition(" ")[0].lower().rstrip(".")
    return _TITLES.get(first, _FIRST_NAMES.get(first, True if " " in name and first.endswith("a") else None))


def thing(turns: Sequence[Turn], question: str = "", *, plural: bool) -> str | None:
    """Return what "it" or "they" in a question refers to: the last answer or noun phrase that agrees in number.

    The answer comes first if the turn asks what something is, or is about a person. If it is not known, "the bridge
    that crosses the river" refers to the answer to "Which bridge crosses the river?". None if nothing else can.
    """
    makes = _MAKES.search(question) is not None
    for turn in reversed(turns[-_MAX_TURNS_BACK:]):
        # "The price of a pass": "it" is the pass.
        noted = [
            replace(one, text=measured["thing"]) if (measured := _MEASURE.match(one.text)) else one
            for one in phrases(turn.question)
        ]
        first = noted[0].text if topic(turn.question) else None
        agree = [one for one in noted if one.plural == plural and not _REFERS.match(one.text)]
        if makes:
            agree = [one for one in agree if one.text.partition(" of ")[0].split()[-1].lower() not in _NOT_MADE]
        named = [one.text for one in agree if plural or not _is_person(one.text)]
        about = [one for one in named[:1] if one == first]
        answer = answered(turn, plural=plural) or ""
        asked = _WHICH.fullmatch(turn.question) if not answer else None
        if asked and _is_noun(asked["noun"]) and is_only_plural(asked["noun"]) == plural:
            described = _described(asked)
            if described or asked["verb"].lower() in DO:
                return described
        defined = turn.question.lower().startswith(("what is a", "what was a", "what are"))
        new = _ASKS_WHAT.match(turn.question) or (answer.startswith(("a ", "an ")) and not defined)
        # "the engineer of the company" is a person, but the company is a thing.
        owners = [one.text.rpartition(" of ")[2] for one in noted if not plural and " of " in one.text]
        found = [answer, *about] if new else [*about, answer]
        means = [_BY_MEANS.sub(r"\g<what>", turn.answer or "")] if makes and not plural else []
        if best := next(filter(None, [*found, *named, *owners, *means]), None):
            return best
    return None


def _described(asked: re.Match[str]) -> str | None:
    """Return "the bridge that crosses the river"; None if the question does not ask for its subject."""
    verb = asked["verb"].lower()
    finite = verb not in DO and (verb in BE or _is_finite(verb))
    return f"the {asked['noun']} that {asked['verb']}{asked['rest']}" if finite else None


def _is_noun(word: str) -> bool:
    """Return whether a word after "which" or "what" is a noun, unlike those of "what lay" and "what happens"."""
    return is_noun(word.lower()) and not _is_finite(word.lower())


def _is_finite(verb: str) -> bool:
    return bool(past_of(verb) or third_person_of(verb, unless_noun=False))


def _is_person(phrase: str) -> bool:
    """Return whether a phrase is the name of a person, or has a role: "the admiral Luca Doria"."""
    if _TITLE.fullmatch(phrase):
        return False
    named = _NAME.fullmatch(phrase) is not None and _may_be_a_person(phrase)
    return named or phrase.lower() in _FIRST_NAMES or any(map(is_role, phrase.rpartition("'s ")[2].lower().split()))


def answered(turn: Turn, *, plural: bool) -> str | None:
    """Return the answer of a turn if it names a thing, or several with `plural`."""
    answer = (turn.answer or "").strip()
    words = answer.split()
    if not words or len(words) > _MAX_WORDS or AUXILIARIES & {*words} or not _ASKS_FOR_A_THING.match(turn.question):
        return None
    several = re.search(r"\band\b", answer) is not None or is_only_plural(words[-1].strip(".,").lower())
    named = words[0][0].isupper() or words[0].lower() in {"the", "a", "an"} or (several and len(words) < 3)
    if "\n" in answer or is_date(answer) or is_numeral(words[0]) or not named:
        return None
    person_asked = turn.question[:3].lower() == "who"
    return answer if several == plural and (plural or not person_asked) else None


def place(turns: Sequence[Turn]) -> str | None:
    """Return where "there" is: the last answer to "where"."""
    for turn in reversed(turns):
        if turn.answer and turn.question[:5].lower() == "where" and len(turn.answer.split()) <= _MAX_WORDS:
            return turn.answer if _PLACE.match(turn.answer) else f"in {turn.answer}"
    return None


def item(turns: Sequence[Turn], question: str, earlier: str) -> str | None:
    """Replace "the second one" or "the latter" in a question by that item of the last answer with several.

    "And the other one?" asks the earlier question about that item, if it names one of them.
    """
    asked = ITEM.search(question)
    items = next(filter(None, (_items(turn.answer or "") for turn in reversed(turns[-_MAX_TURNS_BACK:]))), [])
    if asked is None or not items:
        return None
    which = asked["which"].lower()
    if which in {"other", "former", "latter"} and len(items) != 2:
        return None
    if which == "other":
        # That of two which the last turn did not name.
        left = [one for one in items if one not in f"{turns[-1].question} {turns[-1].answer}"]
        found = left[0] if len(left) == 1 else None
    else:
        position = _ORDINALS[which]
        found = items[position] if position < len(items) else None
    named = [one for one in items if one in earlier] if _ONLY_ITEM.fullmatch(question) else []
    if found and len(named) == 1:
        return earlier.replace(named[0], found)
    return replaced(question, asked.span(), found) if found else None


def is_ordinal(word: str) -> bool:
    """Return whether a word counts items: "second"."""
    return word in _ORDINALS


def _items(answer: str) -> list[str]:
    """Return the items of an answer that consists of several; none of a whole sentence."""
    parts = answer.splitlines() if "\n" in answer else _BETWEEN_ITEMS.split(answer.strip().rstrip("."))
    items = [part.strip() for part in parts if part.strip()]
    long = any(len(one.split()) > _MAX_WORDS for one in items)
    return [] if len(items) < 2 or long or AUXILIARIES & {*answer.split()} else items


def mentioned(turns: Sequence[Turn], question: str) -> str | None:
    """Replace "the company you mentioned first" in a question by what it refers to, or by "the company"."""
    asked = MENTIONED.search(question)
    if asked is None:
        return None
    what, order = asked["what"].lower(), list(turns if asked["first"] else reversed(turns))
    if is_role(what):
        sex = {"woman": True, "man": False}.get(what)
        found = [name for turn in order for name in _persons(turn) if sex in {None, _sex(name)}]
    else:
        about = [one for turn in order for one in (*(each.text for each in phrases(turn.question)), turn.answer or "")]
        short = [one for one in about if 0 < len(one.split()) <= _MAX_WORDS and "\n" not in one]
        # "Which firm was founded in Leeds?" is answered by a firm.
        asking = [turn for turn in order if turn.question.lower().startswith((f"which {what} ", f"what {what} "))]
        found = [turn.answer for turn in asking if turn.answer in short and turn.answer]
        found += [one for one in short if what in one.lower().split()]
        if what in _NAMED:
            found += [one for one in short if one[0].isupper() and not _REFERS.match(one) and not _is_person(one)]
    return replaced(question, asked.span(), found[0] if found else f"the {asked['what']}")
