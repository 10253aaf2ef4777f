"""Parse a question that compares two things."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from qa.text.lexicon import (
    BE,
    HAVE,
    OPENS_A_QUESTION,
    is_base,
    is_comparative,
    is_noun,
    is_only_plural,
    is_participle,
    listed,
    parts_of_speech,
)
from qa.text.lines import one_line
from qa.text.numbers import is_numeral
from qa.text.tokens import terms

_MAX_CHARACTERS = 300  # of a question that are read: the patterns take more than linear time
_MARK = "\0"  # after each comparative, so that "number" is not taken for one
_PREPOSITION = r"(?:because of|of|for|in|on|at|from|to|with|by|under|during)"
_PARTS = {
    "A": r"(?P<one>.+?)",
    "B": r"(?P<other>.+?)",
    "AUX": rf"(?P<auxiliary>{OPENS_A_QUESTION})",
    "MORE": rf"\w+{_MARK}",
    "ASKS": rf"(?:which|who|whom|what|how(?= {OPENS_A_QUESTION})|how many|how much|when|where)",
    "BY": _PREPOSITION,
    "CONTRAST": r"(?:(?:as )?compared (?:to|with)|in (?:comparison|contrast) (?:to|with)|as opposed to|unlike)",
}


def _form(pattern: str) -> re.Pattern[str]:
    """Compile a form of question, with the sides A and B; the names of the parts are in capitals."""
    pattern = re.sub(r"(?<![A-Z])(?:[A-Z]{2,}|[AB])(?![A-Za-z])", lambda name: _PARTS[name[0]], pattern)
    return re.compile(pattern, re.IGNORECASE)


_MORE_THAN = "is A more than B"
_YES_NO = {
    _MORE_THAN: _form(
        r"AUX A (?:(?<! or )MORE(?! or )(?: \S+){0,4}? than|as \S+(?: \S+)? as|\w+ something \w+ (?:than|from)) B"
    ),
    "are A and B equally": _form(r"AUX A and B (?:both|equally|the same|have (?:the same|different))\b.*"),
}
_CONTRASTED = "how is A compared with B"
_FORMS = {
    "compare what A with what B": _form(r"(?:compare|contrast) what A (?:with|to|and) what B"),
    "compare how A and B do it": _form(
        r"(?:compare|contrast) (?:how|what|when|where|why) A and (?P<other>(?:the )?[\w-]+) .+"
    ),
    "when did A and when did B": _form(
        r"(?P<asks>(?:\w+ )?ASKS)(?:(?: \w+){0,2}? AUX(?: there)?)? A,? and "
        rf"(?!which (?!.*\b{OPENS_A_QUESTION}\b))(?P=asks)(?:(?: \w+){{0,2}}? {OPENS_A_QUESTION})? (?P<other>.+)"
    ),
    "how do A and B differ": _form(
        r"(?:.*?\bAUX |ASKS )A and B,? (?:differ|compare|have in common|(?:\w+ )?(?:alike|similar))\b.*"
    ),
    "how does A differ from B": _form(r".*?\bAUX A (?:compare|differ(?:s|ed)?) (?:from|to|with|than|against) B"),
    "how is A different from B": _form(
        r".*?\b(?P<auxiliary>is|are|was|were) A (?:different(?:ly)? (?:from|to|than)|unlike) B"
    ),
    "difference between A and B": _form(
        r"(?!how (?!AUX)).*\b(?:differ|similar|compar|contrast|distin)\w+ (?:.* )?between A and B"
    ),
    "compare A with B": _form(
        r".*?\b(?:compar(?:e|ing|ison of)|contrast|how similar are) A (?:and|to|with|from|against|versus) B"
    ),
    "what separates A from B": _form(r".*?\b(?:separates?|distinguish(?:es)?) A from B"),
    "what sets A apart from B": _form(r".*?\b(?:sets?|makes?) A (?:apart|different) from B"),
    "advantages of A over B": _form(r".*?\badvantages? (?:do|does|did|has|of) A (?:have |has )?over B"),
    "which of A and B is more": _form(
        r"(?:which|who) of (?:the two,? )?A (?:and|or) B (?:AUX|[a-z]+(?:s|ed)) .*MORE.*"
    ),
    "A or B: which is more": _form(
        r"(?!BY )(?P<one>[^,:]+?) (?:or|versus|and(?=[^,]+:)) (?P<other>[^,:]+?) ?[,:] (?:ASKS|AUX)\b.+"
    ),
    "which is more, A or B": _form(r".*MORE.*[,:] (?:in \w+,? )?(?P<one>[^,:]+?) or B"),
    "which of the two, A and B": _form(r".*\b(?:two|them|differ)\b.*[,:] (?P<one>[^,:]+?) (?:or|and) B"),
    "which is more A or B": _form(r"(?:which|who|what|what's|AUX) (?:.* )?MORE (?!than )A or (?!MORE(?: than|$))B"),
    "is A or B more": _form(r"AUX A or B MORE(?: .*)?"),
    "A versus B": _form(r"(?:.*\bAUX )?(?P<one>[^,:]+?) (?:versus|as against) (?P<other>[^,:]+)"),
    "how long in A and in B": _form(r"how (?!AUX\b|to\b)\w+ .+ BY A and BY B"),
    "respective duties of A and B": _form(r".*\brespective .+ of A and B"),
    _CONTRASTED: _form(r"(?:what happens to |.*?\bAUX (?:(?:I|you|we|one) \w+ )?)?A,? CONTRAST B"),
}
"""Forms of questions about two sides, tried in order after those that ask for yes or no."""
_MARKED = {
    "who does it, A or B, compared": _form(r".*[,:] (?P<one>[^,:]+?) (?:or|and) B"),
    "what do A and B do, compared": _form(r".*?\bAUX (?:there )?A and B"),
}
"""Forms that compare two sides only if the question ends in "compared"."""
_WITH_VERB = {
    _MORE_THAN, "when did A and when did B", "how is A different from B", "is A or B more", "A versus B",
    _CONTRASTED, *_MARKED,
}  # fmt: skip
"""Forms in which a verb may follow a side."""
_COMPARED_LAST = re.compile(r",? respectively$|, ?compared$|,? compared with each other$", re.IGNORECASE)
_TAIL = re.compile(
    r",? (?:(?:in|with) (?:terms|respect|regard) (?:of|to)|when it comes to|and how|which|or the other way|or vice"
    r"|(?:is|are|was|were) \S+$).*",
    re.IGNORECASE,
)
_OPEN = re.compile(rf"how {OPENS_A_QUESTION}\b|(?:what|who) (?:is|are|was|were|happens|happened)\b", re.IGNORECASE)
_NOT_A_COMPARISON = re.compile(
    r"(?:.*\bexplain )?why\b|how come\b|for what reason|(?:is|are|was|were) (?:there|the)\b.*\bdifferences?\b",
    re.IGNORECASE,
)
"""Wordings that ask for a reason, or whether there is a difference."""
_WORDING = re.compile(
    r"(?:compare|contrast)\b|.+, compared$|.+ compared with each other$|.+\bor the other way a?round\b"
    r"|(?!by how|how (?!do|does|did|is|are|was|were)|who|when|where|which).*(?:\bdifferences\b"
    r"|\bdifference(?: between|$)|\bdiffers?\b|\bdifferent (?:from|to|than)\b|^how .* compare\b|\bin common\b"
    r"|(?<!-)\balike\b|\bsimilarit(?:y|ies)\b|\bpros and cons\b)",
    re.IGNORECASE,
)
"""Wordings that ask to compare, whether or not the question names two sides."""
_UNNAMED = listed("i you he she it they them we there what how when where who whether")
_CONTEXT = listed(
    "year years month months week weeks day days decade decades century centuries ago before earlier previous "
    "previously last now today usual normal average expected others other rest whole full total beginning start "
    "elsewhere ones"
)
"""Words of what a fact is compared with that is no other side: "compared with last year"."""
_SHARED = re.compile(r"(?P<what>.+? of|.+s for) (?P<side>.+)", re.IGNORECASE)
_AGAIN = re.compile(rf"(?:(?:that|those|(?:the )?ones?) )?(?P<by>{_PREPOSITION}) (?P<side>.+)", re.IGNORECASE)
_LEADING = re.compile(rf"^(?:(?:that|those) of|between|more|less|{_PREPOSITION}) ", re.IGNORECASE)
_ADDED = re.compile(r" (?:in|on|at|by|as|for|when|after|before|during|under|against|with) .+$", re.IGNORECASE)
_OWNED = re.compile(r"(?P<side>[A-Z].*?)(?:'s|(?<=s)')(?: (?P<what>.+))?")
_ORDINALS = listed("first second third fourth fifth last next upper lower old new left right former latter")
_NUMBER = re.compile(r"[\d.]+")
_EACH = frozenset({"one", "other", "that", "those"})


@dataclass(frozen=True, slots=True)
class Compared:
    """The two sides of a comparison as the question names them, and what it asks about both."""

    sides: tuple[str, str]
    asked: str

    def query(self, side: int) -> str:
        """Return a query for one side."""
        return f"{self.asked} {self.sides[side]}".strip()


def compared(question: str) -> Compared | None:
    """Return the sides of a comparison; None if the question does not name two."""
    return _parsed(question, {**_YES_NO, **_FORMS})


def asks_to_compare(question: str) -> bool:
    """Return whether a question asks to describe two sides: not for yes or no, a reason or one fact about one."""
    if _NOT_A_COMPARISON.match(question):
        return False
    return _parsed(question, _FORMS) is not None or _WORDING.match(question) is not None


def _parsed(question: str, forms: Mapping[str, re.Pattern[str]]) -> Compared | None:
    words = one_line(question[:_MAX_CHARACTERS]).replace("\u2019", "'").replace(_MARK, "").strip(" ?.!")
    last = _COMPARED_LAST.search(words)
    words = re.sub(r"\bvs\b\.?", "versus", words[: last.start()] if last else words, flags=re.IGNORECASE)
    marked = re.sub(r"\w+", lambda word: f"{word[0]}{_MARK * is_comparative(word[0].lower())}", words)
    for name, form in {**forms, **(_MARKED if last else {})}.items():
        if (found := form.fullmatch(marked)) and (sides := _sides(name, found)):
            return sides
    return None


def _sides(name: str, found: re.Match[str]) -> Compared | None:
    """Return the sides of a question of a form; None if one of them is not named."""
    parts = {part: (text or "").replace(_MARK, "") for part, text in found.groupdict().items()}
    one, other, auxiliary = parts["one"], parts["other"], parts.get("auxiliary", "").lower()
    tail = _TAIL.search(other)
    other, beside = (other[: tail.start()], tail[0]) if tail else (other, "")
    if _UNNAMED & {one.lower().split()[0], *other.lower().split()}:
        return None
    if name in {_MORE_THAN, _CONTRASTED} and not _is_side(other, one):
        return None
    if name == _CONTRASTED and (_LEADING.match(other) or not _OPEN.match(found.string)):
        # "How dense are the grains compared with water?" asks for one fact.
        return None
    between = re.sub(r"^,? (?:and|or|versus)\b", "", found.string[found.end("one") : found.start("other")])
    outside = found.string[: found.start("one")], between, beside, found.string[found.end("other") :]
    asked = " ".join(outside).replace(_MARK, "")
    if name in _WITH_VERB and auxiliary and found.start("auxiliary") < found.start("one"):
        one, other, asked = _without_verb(one, other, asked, is_participle if auxiliary in BE | HAVE else is_base)
    one, other, asked = _without_shared(one.strip(" ,"), other.strip(" ,"), asked)
    if not terms_of(one) or not (terms_of(other) or other.split()[-1:] == ["one"]):
        return None
    return Compared(_with_shared_noun(one, other), " ".join(asked.split()))


def _is_side(other: str, one: str) -> bool:
    """Return whether something is named with which a first side is compared: not five, and not last year."""
    words = _plain(_LEADING.sub("", other)).lower().split()[:2]
    # "better than one of nylon" and "than the one for guests", but not "more than one guest"
    is_counted = other.lower().startswith("one ") and is_noun(words[-1]) and not re.fullmatch(_PREPOSITION, words[-1])
    is_number = is_numeral(words[0]) and (words[0] != "one" or is_counted)
    counted = is_number and other.rsplit(maxsplit=1)[-1] not in one.split()
    return not counted and not _CONTEXT & {*words}


def _without_verb(one: str, other: str, asked: str, is_verb: Callable[[str], bool]) -> tuple[str, str, str]:
    """Return the sides up to the verb of the first, or else of the second; what follows is asked about both."""
    for side in (one, other):
        words = side.split()
        for n, (before, word) in enumerate(pairwise(words), start=1):
            follows = n + 1 < len(words) and is_verb(words[n + 1].lower())
            if is_verb(word.lower()) and _ends_subject(before) and not follows:
                rest = " ".join(words[n:])
                cut = re.compile(rf" {re.escape(word)}\b.*")
                return cut.sub("", one, count=1), cut.sub("", other, count=1), f"{asked} {rest}"
    return one, other, asked


def _ends_subject(word: str) -> bool:
    """Return whether a word can be the last one before a verb."""
    named = is_noun(word) and "ADJ" not in parts_of_speech(word) if word[0].islower() else True
    return named and bool(terms(word)) and not word.endswith("'s")


def _without_shared(one: str, other: str, asked: str) -> tuple[str, str, str]:
    """Return both sides without the words that apply to both, and the question with those words added."""
    if "," in one:
        # "the two candidates, Petrov and Whitlock"
        before, one = one.rsplit(",", 1)
        asked = f"{asked} {before}"
    owned = _OWNED.fullmatch(one), _OWNED.fullmatch(other)
    if owned[0] and owned[1]:
        # "Petrov's and Whitlock's plans"
        return owned[0]["side"], owned[1]["side"], f"{asked} {owned[1]['what'] or owned[0]['what'] or ''}"
    again = _AGAIN.fullmatch(other)
    if again and (joined := re.fullmatch(rf"(?P<what>.*\b){again['by']} (?P<side>.+)", one, re.IGNORECASE)):
        # "the fee for adults higher than for juniors", "the freight of May with that of June"
        asked, one, other = f"{asked} {joined['what']}", joined["side"], again["side"]
    elif (shared := _SHARED.fullmatch(one)) and "'s " not in other and not _SHARED.fullmatch(other):
        # "the notice periods of the tenant and the landlord"
        asked, one = f"{asked} {shared['what']}", shared["side"]
    added = _ADDED.search(other)
    if added and not _ADDED.search(one) and other[: added.start()].split()[-1] not in one.split():
        # "the baguette and the pumpernickel after a week"
        asked, other = f"{asked} {added[0].strip()}", other[: added.start()]
    return _LEADING.sub("", one), _LEADING.sub("", other), asked


def _with_shared_noun(one: str, other: str) -> tuple[str, str]:
    """Return both sides with the noun that only one of them has."""
    one, other = _plain(one), _plain(other)
    noun, last = one.split()[-1], other.split()[-1]
    are_names = one[0].isupper() and other[0].isupper() and not last[0].isupper()
    alike = are_names or "ADJ" in parts_of_speech(one.lower())
    if len(one.split()) == 1 and len(other.split()) == 2 and alike and one != last:
        # "the full and the reduced membership", "the first and the second telescope", "the Basic and the Pro plan"
        one = f"{one} {last}"
    elif last.lower() in _EACH:
        # "the new cinema or the old one"
        other = f"{other.rsplit(' ', 1)[0]} {noun}"
    elif other.lower() in _ORDINALS and noun.lower() not in _ORDINALS:
        # "the first mirror or the second"
        other = f"{other} {noun}"
    elif _NUMBER.fullmatch(last) and _NUMBER.fullmatch(noun) and len(other.split()) < len(one.split()):
        # "versions 1 and 2"
        named = " ".join(word.removesuffix("s") if is_only_plural(word) else word for word in one.split()[:-1])
        one, other = f"{named} {noun}", f"{named} {last}"
    return one, other


def terms_of(text: str) -> set[str]:
    """Return the terms of a text, "other", and single letters that name things: "strain A"."""
    return {*terms(text), *re.findall(r"(?<=[^\W\d_] )[A-Z]\b|\bother\b", text)}


def _plain(side: str) -> str:
    return re.sub(r"^(?:both |either )?(?:the|an?) ", "", side.strip(), flags=re.IGNORECASE).strip(" \"'")
