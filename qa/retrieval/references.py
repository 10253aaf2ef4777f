"""Resolve pronouns and "the second one" in a follow-up from the turns before, latest first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from qa.text.dates import is_date
from qa.text.lexicon import AUXILIARIES, is_known, is_only_plural, is_role, listed
from qa.text.names import FULL_NAME
from qa.text.numbers import is_numeral
from qa.text.topic import topic
from qa.types import Turn

_PERSON = re.compile(
    r"\b(?:(?P<whose>his|her(?=\s+(?!(?:in|at|on|to|for|by|from|with|and|or|after|before)\b)\w))|(?P<who>he|she|him|her))\b",
    re.IGNORECASE,
)
_WHO_IS = re.compile(rf"[Ww]ho\s+(?:is|was)\s+(?P<name>{FULL_NAME})\W*")
_FEMALE = frozenset({"she", "her"})
_ASKS_FOR_A_PERSON = re.compile(r"(?:who|whom|(?:which|what)(?:\s\w+){0,3}?\s(?P<role>\w+))\b", re.IGNORECASE)
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
    "ada agnes alice amelia amy ana andrea angela anita ann anna anne annie anya barbara beatrice bertha betty "
    "brigitte carla carmen carol caroline catherine cecilia charlotte christina christine claire clara dana daisy "
    "deborah diana dora doris dorothy edith elena eleanor elisabeth eliza elizabeth ella ellen elsa emily emma "
    "esther eva eve fatima florence frances gertrude grace greta hannah harriet heidi helen helena ida ines ingrid "
    "irene isabel isabella jane janet jennifer jessica joan johanna josephine judith julia julie karen kate "
    "katherine laura lena lily linda lisa louise lucy lydia mabel magdalena margaret margarete margarita maria "
    "marie marion martha mary matilda maud maya mildred mirjam miriam monica nancy natalia nina nora olga olivia "
    "patricia paula pauline petra rachel rebecca rosa rose ruth sally sandra sara sarah sofia sonia sophia sophie "
    "stella susan susanna sylvia teresa theresa ursula valentina vera victoria virginia wendy"
)
_MEN = (
    "adam adolf ahmed alan albert alberto alexander alfred andreas andrew anthony anton antonio arnold arthur "
    "august benjamin bernard bernhard bill bob boris brian bruce carl carlos charles christian christopher claude "
    "colin cyrus daniel david dennis dmitri donald edgar edmund eduard edward emil enrique eric ernest ernst erwin "
    "eugene felix ferdinand francis francisco frank franz fred frederick friedrich fritz geoffrey georg george "
    "gerald gerhard giovanni giuseppe gregory guglielmo gustav hans harold harry heinrich henri henry herbert "
    "hermann howard hugo ian ivan jack jacob jacques james jan jean jim joe johann john jonathan jose josef joseph "
    "juan jules julius karl keith kenneth klaus konrad kurt lars leo leonard leonardo louis ludwig luigi luis "
    "manfred marco mario mark martin matthew max michael miguel mohammed nathan nicholas nikolai oleg olaf oliver "
    "oscar otto owen pablo patrick paul pavel pedro per peter philip pierre rafael ralph raymond richard robert "
    "roger roland ronald rudolf samuel sebastian sergei simon stefan stephen steven sven theodor theodore thomas "
    "tim tom victor viktor vladimir walter werner wilhelm william"
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
_BETWEEN_ITEMS = re.compile(r"[,;]|\band\b")
_ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1, "latter": -1, "former": 0}
_THE_NTH = re.compile(
    rf"\bthe\s+(?P<which>{'|'.join(_ORDINALS)})(?:\s+one)?\b(?!\s+[a-z]+\s+(?:of|in)\b)", re.IGNORECASE
)
_PLACE = re.compile(r"(?:in|at|on|near|from|to)\s+", re.IGNORECASE)
_MAX_WORDS = 8  # of an answer that a pronoun may refer to
_ASKERS = frozenset({"i", "you", "we", "one", "people"})


@dataclass(frozen=True, slots=True)
class Pronoun:
    """A pronoun for a person: its span, and whether it is possessive and feminine."""

    start: int
    end: int
    whose: bool
    female: bool


def person_pronoun(question: str) -> Pronoun | None:
    """Return the first pronoun for a person in a question; None without one."""
    found = _PERSON.search(question)
    if found is None:
        return None
    return Pronoun(found.start(), found.end(), found["whose"] is not None, found[0].lower() in _FEMALE)


def person(turns: Sequence[Turn], female: bool, known: Mapping[str, bool]) -> str | None:
    """Return the last person named whose sex fits, or is unknown; `known` has the sex by name."""
    for turn in reversed(turns):
        sexes = {name: known.get(name, _sex(name)) for name in _persons(turn)}
        for fitting in (female, None):
            if name := next((name for name, sex in sexes.items() if sex is fitting), None):
                return name
    return None


def _persons(turn: Turn) -> Iterator[str]:
    """Yield the persons named in the answer to a question for a person, then those in the question."""
    if (asked := _WHO_IS.fullmatch(turn.question)) and _may_be_a_person(asked["name"]):
        yield asked["name"]
    asks = _ASKS_FOR_A_PERSON.match(turn.question)
    if turn.answer and asks and (asks["role"] is None or is_role(asks["role"].lower())):
        named = next(filter(None, (pattern.fullmatch(turn.answer) for pattern in _ANSWER_NAMES)), None)
        if named and _may_be_a_person(named["name"]):
            yield named["name"]
        elif not named:
            # In a whole sentence the person is clear only if it names just one.
            in_sentence = {found[0].rstrip(".,").removesuffix("'s") for found in _NAME.finditer(turn.answer)}
            persons = [name for name in in_sentence if _may_be_a_person(name)]
            if len(persons) == 1:
                yield persons[0]
    for found in _NAME.finditer(turn.question, 1):
        if _may_be_a_person(found[0].rstrip(".,")):
            yield found[0].removesuffix("'s")


def _may_be_a_person(name: str) -> bool:
    words = [word.lower().strip(".'\u2019") for word in name.split()]
    if set(words) & _NO_PERSONS or name.isupper():
        return False
    return not all(map(is_known, words))


def _sex(name: str) -> bool | None:
    """Return whether a name is a woman's (True) or a man's (False) by title or first name; None if unknown."""
    first = name.partition(" ")[0].lower().rstrip(".")
    return _TITLES.get(first, _FIRST_NAMES.get(first))


def thing(turns: Sequence[Turn], *, plural: bool) -> str | None:
    """Return what "it" or "they" refers to: the last answer or topic that agrees in number.

    The answer comes first if the turn asks what something is, else the topic of the question.
    """
    for turn in reversed(turns):
        about, answer = topic(turn.question), answered(turn, plural=plural)
        if about and not plural and any(map(is_role, about.text.lower().split())):
            about = None  # "the admiral Luca Doria" is not "it"
        asked = about.text if about and about.plural == plural and about.text.lower() not in _ASKERS else None
        if found := (answer or asked) if _ASKS_WHAT.match(turn.question) else (asked or answer):
            return found
    return None


_ASKS_WHAT = re.compile(r"(?:which\b|what\s+(?:is|was|are|were)\s+(?:the|a|an|its|their|his|her)\b)", re.IGNORECASE)
_ASKS_FOR_A_THING = re.compile(r"(?:which|what|who|whom)\b", re.IGNORECASE)


def answered(turn: Turn, *, plural: bool) -> str | None:
    """Return the answer of a turn if it names a thing, or several with `plural`."""
    answer = (turn.answer or "").strip()
    words = answer.split()
    if not words or len(words) > _MAX_WORDS or AUXILIARIES & {*words} or not _ASKS_FOR_A_THING.match(turn.question):
        return None
    if is_date(answer) or is_numeral(words[0]) or not (words[0][0].isupper() or words[0].lower() in {"the", "a", "an"}):
        return None
    several = re.search(r"\band\b", answer) is not None or is_only_plural(words[-1].strip(".,").lower())
    person_asked = turn.question[:3].lower() == "who"
    return answer if several == plural and (plural or not person_asked) else None


def place(turns: Sequence[Turn]) -> str | None:
    """Return where "there" is: the last answer to "where"."""
    for turn in reversed(turns):
        if turn.answer and turn.question[:5].lower() == "where" and len(turn.answer.split()) <= _MAX_WORDS:
            return turn.answer if _PLACE.match(turn.answer) else f"in {turn.answer}"
    return None


def nth(turns: Sequence[Turn], question: str) -> str | None:
    """Replace "the second one" in a question by that item of the last answer."""
    asked = _THE_NTH.search(question)
    answer = turns[-1].answer if turns else None
    if asked is None or answer is None:
        return None
    answer = answer.strip().rstrip(".")
    parts = answer.splitlines() if "\n" in answer else _BETWEEN_ITEMS.split(answer)
    items = [item.strip() for item in parts if item.strip()]
    position = _ORDINALS[asked["which"].lower()]
    if len(items) < 2 or position >= len(items):
        return None
    return f"{question[: asked.start()]}{items[position]}{question[asked.end() :]}"
