"""Classify a question: its kind and, for a short fact, the expected type.

Rules over the wording are tried in order, after an introduction ("can you tell me") is removed. They were written on
one half of `data/training/kinds` and measured on the other; see ``docs/explanation/kinds.md``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from qa.answering.questions.attendance import asked_attendance
from qa.answering.questions.code_names import asks_for_code
from qa.answering.questions.comparison import asks_to_compare
from qa.text.lexicon import (
    ANY_AUXILIARY,
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    MODALS,
    PREPOSITIONS,
    is_base,
    is_known,
    is_only_plural,
    is_participle,
    is_plural,
    is_role,
    listed,
    past_of,
    third_person_of,
)
from qa.text.lines import one_line
from qa.types import Kind

Expected = Literal["person", "place", "date", "number", "money", "duration", "phrase"]
"""The type of a short fact."""
VALUES = frozenset[Expected]({"date", "duration", "money", "number"})
"""Types with a figure."""

_MAX_CHARACTERS = 300  # of a question that are read


@dataclass(frozen=True, slots=True)
class Asked:
    """The kind of a question, and the type that a short answer must have."""

    kind: Kind
    expected: Expected = "phrase"


def _rule(pattern: str) -> re.Pattern[str]:
    # Line breaks and indents are not part of the pattern; spaces within a line are.
    return re.compile(re.sub(r"\n\s*", "", pattern), re.IGNORECASE)


_HOW = r"(?:at |for |to |in |exactly )?how "
_MEASURED = r"(?:many|meny|much|long|far|old|tall|often|soon|quick(?:ly)?|early|late)\b"

_FRAME = _rule(r"""
    (?:(?:so|and|but|ok|okay|well|hi|hello|hey|also|now|please|then)\b[,\s]*
    |(?:can|could|would|will) (?:you|u)(?: please)?\s(?=(?:tell|say|list|name|explain|give|show|describe|define|summ
    |compare)\b)
    |(?:(?:could|can) you give me|do you know|does the (?:text|article|document) say|(?:can|could) you say|i wonder|say
    |(?:please )?(?:tell|show) me(?! about| more| the main| something)|i (?:want|would like|'d like|need) to know
    |i(?: am|'m) (?:wondering|asking|curious)|i (?:don't|do not|dont) (?:understand|know|see))\s)""")
_YES_NO = _rule(rf"""
    ^{ANY_AUXILIARY}(?:n't|nt)?\b|^(?:if|whether)\b
    |, (?:right|correct|true|no|yes|or not|is(?:n't| it)|do(?:es)?n't \w+|was(?:n't| it))\W*$""")
_REASON = _rule(r"""
    ^why\b|\bexplain why\b|\bhow come\b|\bwherefore\b|\bwhat for\b
    |\bwhat (?:has |have )?(?:caused?|causes|prompted|triggered|motivated|made|makes|drove|explains?|led to|leads to
    |brought about|gave rise to)\b
    |\bwhat(?: was| is|'s|s) the (?:main |real |only )?
     (?:reason|cause|purpose|motive|aim|goal|point|use|rationale|explanation|intention|function)\b
    |\b(?:for|from) what (?:reason|purpose|cause)\b|\bon what grounds?\b|\b(?:due|owing|thanks) to what\b
    |\bto what (?:does|do|did|is|was) .*\b(?:attribut|ow|due)|^the (?:reason|cause|purpose) (?:for|of|why)\b""")
_NUMBERED = listed(
    "many meny much tall high deep wide big large heavy fast far old often hot cold thick strong small broad loud steep"
)
_HOW_MANY: dict[str, Expected] = {
    **dict.fromkeys(_NUMBERED, "number"),
    "long": "duration",
    **dict.fromkeys(("expensive", "cheap", "costly"), "money"),
}
_PRICE = (
    r"(?:prices?|fees?|fines?|costs?|charge|deposit|salary|wages?|budget|fare|hourly rate|toll|refund|revenue|profit)"
)
_MONEY = _rule(rf"""
    ^how much (?:do|does|did|will|would|is|are|was|were|must|should|can|has|have)\b
     (?!.*\b(?:weigh|water|time|use|hold|contain|eat|produce|consume|rain|grow|sleep|know)\b)
    |^how much (?:money|rent|tax|interest)\b
    |^how much\b.*\b(?:cost|paid?|earn\w*|spen[dt]|charged?|stolen|owed?|raised)\b
    |\b{_PRICE} (?:of|for|per|is|was|did|does|to)\b(?<!charge of)|\b{_PRICE}\W*$
    |^what (?:does|do|did|will) .*\bcost\b|^(?:what|which) (?:salary|price|fee|sum|amount)\b""")
_DURATION = _rule(r"""
    ^(?:for )?how long\b(?! ago)|^(?:for |in )?how many (?:years?|months?|weeks?|days?|hours?|minutes?|seconds?)\b
    |^how much time\b|\b(?:duration|battery life|notice period|probation period|warranty period|life ?span)\b
    |\blength of the .*(?:period|stay|term|trial|talks)""")
_DATE = _rule(r"""
    ^(?:since |until |till |by |from |exactly )?when\b|^when'?s?\b|^how long ago\b|\b(?:deadline|release date|expiry)\b
    |\b(?:what|which) (?:exact )?(?:date|day|year|month|century|decade|time|season|weekday|hour)\b
    |^(?:what (?:is|was) the |the )?(?:year|date|birthday|month|time) (?:of|for)\b""")
_PLACE = _rule(r"""
    ^(?:from |to )?where(?:abouts|'?s)?\b|^the (?:place|city|town) where\b
    |\b(?:what|which) (?:city|town|country|village|place|room|harbou?r|port|state|county|province|region|island|street
    |continent|location|building|museum|valley|district|site|venue|spot|area|hall|airport|station)\b
    |\bwhat(?: is| was|'?s) the (?:capital|location|venue|birthplace)\b""")
_PERSON = _rule(r"""
    ^(?:by |to |from |with |for )?(?:who|whom|whose|who's)\b
    |^the (?:inventor|author|founder|owner|director|designer|discoverer|painter|composer)\b
    |^(?:what|which) (?:of the two (?:brothers|sisters|men|women)|person|man|woman|king|queen)\b""")
_NUMBER = _rule(r"""
    \b(?:percentage|percent|per cent|share|temperature|speed|voltage|weight|height|depth|width|population|score|number
    |load|capacity|size|age|pressure|distance|area|ratio|rate|frequency|power|volume|turnout|limit|amount|quantity|dose
    |thickness|range)\b""")
_SUPERLATIVE = _rule(r"""
    ^(?:who|which|what|whose|on which|in which)\b.*\b(?:most|least|fewest|worst|(?!(?:interest|request|forest|west|rest
    |test|guest|harvest|protest|contest|arrest|invest|latest|honest|nest|chest|quest|nearest|manifest|suggest|priest)\b)
    \w{2,}est)\b|^(?:the )?\w+est\b""")
_TABLE = _rule(r"""
    \b(?:in|of|from|on) the (?:table|spreadsheet|sheet)\b|\b(?:rows?|columns?)\b
    |\b(?:are|is|members?|items?|things?) (?:in the list|listed)\b
    |\b(?:total|sum|average|the mean|combined|overall|median) |\b(?:altogether|all together|cost together|in total)\b
    |^(?:who|which \w+) came (?:last|first)\b(?!,)
    |^how many (?:of the )?\w+(?: \w+)? (?:cost|have|were|are|weigh|scored|won|had|earn|sold|made)\b
     .*\b(?:more|less|fewer|over|under|before|after|at least|above|below) (?:than )?\d""")
_HOW_OTHER = _rule(r"""
    ^how (?:important|serious|good|bad|well|successful|popular|dangerous|difficult|useful|famous|significant|likely|safe
    |reliable|accurate|effective)\b
    |^how (?:do|does|did|have|has|was|were|is|are|will) .*\b(?:react(?:ed)?|feel|respond(?:ed)?|received|behave
    |taste|look like)\b""")
_STEPS = _rule(r"""
    (?!list|give|name).*\bsteps (?:to|for|in)\b|by (?:what|which) means\b|in (?:what|which) ways?\b
    |how (?:to|(?:do|can|could|should) (?:i|you|we|one)) list\b""")
_PROCESS = _rule(r"""
    ^how\b|\b(?:way|method|procedure|process|recipe) (?:to|for|of|by which|is)\b
    |\bwhat (?:do|should|must|can|shall|does) (?:i|you|we|one|a \w+|the \w+) do\b
    |\bwhat (?:must|should|has to|needs to) be done\b|\bwhat happens (?:when|if|once|after|to)\b
    |\binstructions? (?:for|on|to)\b|\bwalk me through\b
    |^(?!(?:\w+ )?(?:who|what|which|whose|when|where)\b).*\b(?:explain|describe|show|understand) (?:me )?how\b""")
_DEFINITION = _rule(r"""
    \bdefin(?:e|ed as|ition|itions)\b|^how (?:is|are|was) .+ defined\b|\bmeaning of\b|\bmeant by\b
    |^what (?:does|do|did|is|are|was) .+ (?:mean|stand for|signify|refer to)\b|\bwhat does it mean\b
    |\bexplain (?:to me )?(?:the (?:term|concept|word|idea|notion)|what)\b
    |\bthe (?:term|word|abbreviation|acronym|expression)\b|\bwhat (?:exactly|precisely) (?:is|are|was|were)\b
    |^what (?:kind|sort|type) of (?:thing|animal|plant|person|place|creature|organi[sz]ation|tool|bird|object)
     \s(?:is|are|was|were)\b
    |^(?:describe|what(?: is| are| was|'?s)) an? (?!\w+ that\b)[^,]+$""")
_WHO_IS = re.compile(r"[Ww]ho(?:'s| is| was| were| are|s) (?:that )?(?P<whom>.+)$")
_WHAT_IS = _rule(r"^(?:what|wat)(?: is| are| was| were|'?s) (?P<what>.+)$")
_QUALIFIES = listed(
    "of for to in on at by with from that which who when where is are was were did does do has have had called used "
    "like made if during per after before between needed required known so as"
)
# "What are they afraid of?", "What is the debate about?", "What is an example?"
_NO_TERM = listed("about against behind into onto toward towards under he she they we you there his her its example")
_ATTRIBUTES = listed(
    "name title price cost fee fine deadline date number address capital verdict score weight height depth width "
    "colour color length size port password code voltage speed limit period life temperature load population budget "
    "rent deposit salary rate charge percentage share age result outcome default phone email time answer amount total "
    "minimum maximum distance range capacity version language weather value motto theme subject topic penalty turnout "
    "level interval brand model nickname occupation job profession nationality scale unit area volume "
    "estimate forecast discount duration frequency profit loss revenue"
)
_LIST = _rule(r"""
    ^(?:list|enumerate)\b|^name (?!of\b)|\blist (?:of|all|every|the)\b|^examples? of\b
    |^give (?:me )?(?:all|the (?:\w+ )?(?:names|steps|items|rules|tasks|parts)|examples?|a list|every|some|two|three)\b
    |^(?:the )?(?:names|topics|places) (?:of|on|in)\b|\ball (?:the )?(?:places|steps|names|rules|members)\b
    |^what (?:do|does|should|must|can) (?:(?:the |an? )?\w+) (?:have to )?
     (?:need|bring|pack|wear|require|offer|provide)\b(?! to do)
    |^what (?:do|does|can|could|may|might|should|will) .+ (?:include|consist of|come with|contain|comprise|involve)$
    |^what (?:all|else)\b|^who all\b
    |^what (?:is|are|am|was|were) .+ (?:obliged|required|expected|supposed|allowed|permitted) to do\b
    |^what (?:is|are|am|was|were) .+ (?:responsible|liable) for$
    |^what (?:do|does)(?:n't (?:[\w-]+ ){1,3}| (?:[\w-]+ ){1,3}not )(?:cover|include|accept|allow)\b
    |^what (?:do|does (?:an?|the)) (?:[\w-]+ ){1,3}have to (?!know\b|be\b|say\b|do with\b)
    |^what (?:was|were|has been|have been) (?:added|removed|fixed|deprecated) in\b
    |^what is in the (?:box|crate|kit|pack(?:age|et)?|parcel)\b|^what (?:has |have )?changed\b
    |^who (?:took part|participated|signed up|(?:is|are|was|were|sits?|sat) on the)\b
    |^who (?:are|were) (?:the|all|its|his|her) (?:\w+ ){0,2}?(?-i:[a-z-]+s)\b
    |^(?:what|which) (?:two|three|four|five|several|of the (?!two)\w+s were)\b""")
_WHAT_ARE = _rule(
    r"^what (?:are|were) (?:the|my|our|your|his|her|its|their|some|all|other|typical|possible|examples)\b (?P<what>.+)$"
)
_WHAT_IS_DONE = _rule(
    r"^what (?:(?:is|are|was|were)(?:n't| not| never)|(?:can|may|must|should|shall|could)(?:n't| not| never)? be)"
    r" (?!done\b)(\w+)"
)
_WHICH = _rule(r"^(?:\w+ )?(?:which|what|whose) (?:of the )?(?P<words>(?:[\w'-]+ ?){1,5})")
_ARE = _rule(r" (?:are|were) ")
_ONE_OF = _rule(r"^(?:which|what) (?:one )?of (?:the|these|those|our|my) [\w' -]+? (?:is|was|has|does)\b")
_REASONS = _rule(r"(?:what|which) (?:\w+ )?reasons\b")
_VERBS = AUXILIARIES | MODALS
_SUBORDINATES = CONJUNCTIONS - {"and"}  # "What happens if keys are lost?"
_COLLECTIVE = frozenset({"equipment", "clothing", "gear", "people", "species", "things"})
_KNOWN_OF = _rule(r"what (?:is|was) known\b")
_OTHER = _rule(r"""
    ^what (?:happened|happens in|became|is known|was known|was it like|is it like|if|effects?|impact|role|influence
    |can go wrong)\b
    |^(?:tell me (?:about|more|something)|anything|information|opinions?|describe|the life of|more about)\b
    |\bwhat (?:is|are) (?:said|written|stated|mentioned) about\b
    |\bwhat (?:did|does|do|has) .+ (?:say|said|think|thought|tell (?:you|us)|write|argue)\b
    |\b(?:attitude|reactions?|relationship|results?|consequences?|outcome|opinion|view) (?:to|of|on|between|with)\b
    |^under (?:what|which) (?:circumstances|conditions)\b|\bwhat should .+ know\b""")
_ASKS = _rule(r"\b(?:who|whom|whose|what|which|when|where|whats|wat)\b|\bname of\b")
_NAME_OF = _rule(r"\bname of the (\w+)")
_TYPES: tuple[tuple[Expected, re.Pattern[str]], ...] = (
    ("duration", _DURATION),
    ("date", _DATE),
    ("money", _MONEY),
    ("place", _PLACE),
    ("person", _PERSON),
)


def classify(question: str) -> Asked:
    """Return what a question asks for; its kind is "other" if no rule matches.

    Parameters
    ----------
    question : str
        A standalone question in English, possibly misspelt, in lower case or without a question mark. Questions for a
        summary and about the bot are not told from others; `qa.answering.direct_reply` replies to them before.
    """
    words = whole = one_line(question[:_MAX_CHARACTERS]).strip().replace("\u2019", "'").rstrip("?.! ")
    while framed := _FRAME.match(words):
        words = words[framed.end() :]
    words = words or whole
    kind: Kind = next((kind for kind, tells in _RULES if tells(words)), "other")
    return Asked(kind, _expected(words) if kind in {"factoid", "table"} else "phrase")


def _is_list(words: str) -> bool:
    passive = _WHAT_IS_DONE.match(words)
    if _LIST.search(words) or asked_attendance(words) or (passive and is_participle(passive[1].lower())):
        return True
    if several := _WHAT_ARE.match(words):
        return not several["what"][0].isupper()
    which = None if _ONE_OF.match(words) else _WHICH.match(words)
    found = which["words"].lower().split() if which else []
    for index, word in enumerate(found):
        if word in _VERBS | DETERMINERS | PREPOSITIONS | _SUBORDINATES or (index and _is_only_verb(words, word)):
            return False
        following = found[index + 1] if index + 1 < len(found) else ""
        asks = following in {"do", "does", "did", "are", "were"} or (following == "of" and _ARE.search(words))
        plural = is_plural(word) or (word.endswith("s") and len(word) > 3 and not is_known(word))
        if word in _COLLECTIVE or is_only_plural(word) or (not index and asks and plural):
            if not index and (not third_person_of(word, unless_noun=False) or is_base(following)):
                return True
            # "Which firm runs the mill?", "What costs a lot?": it may be a verb.
            past = following.endswith("ed") or past_of(following) is not None
            # "Which town signs name the river?", and not "Which town sports club won?".
            present = index and is_base(following) and not any(map(_is_finite, found[index + 2 :]))
            return past or present or not following or following in _VERBS | PREPOSITIONS | {"am"}
    return False


def _is_finite(word: str) -> bool:
    return word in _VERBS or past_of(word) is not None or third_person_of(word, unless_noun=False) is not None


def _is_only_verb(words: str, word: str) -> bool:
    """Return whether a word is the verb of "Which bus goes to Ry?"; "signs" in "Which signs in Ry are red?" is not."""
    following, *rest = re.split(rf"(?i:\b{word}\b)\s*", words, maxsplit=1)[-1].split() or [""]
    verbs = any(one in _VERBS or (one.islower() and past_of(one)) for one in rest)
    return following in PREPOSITIONS and not verbs and third_person_of(word, unless_noun=False) is not None


def _is_definition(words: str) -> bool:
    if _KNOWN_OF.match(words) or _DEFINITION.search(words):
        return not _KNOWN_OF.match(words)
    if who := _WHO_IS.match(words):
        return _names_somebody(who["whom"].split())
    if what := _WHAT_IS.match(words):
        named = [word.strip("\"'\u201c\u201d").lower() for word in what["what"].split()]
        if len(named) > 5 or _QUALIFIES & {*named[1:]} or _NO_TERM & {*named} or named[-1] in _ATTRIBUTES:
            return False
        if named[0] == "the" and any(word.endswith("'s") for word in named[1:-1]):
            return False  # "the pump's power"
        return not (is_participle(named[-1]) and (len(named) == 1 or named[0] == "the"))
    return False


def _names_somebody(words: list[str]) -> bool:
    """Return whether the words after "Who is" are a name, or a noun that the text may explain: "the Luddites".

    "The treasurer" is somebody whose name is asked for.
    """
    if _QUALIFIES & {word.lower() for word in words}:
        return False
    if words[1:] and words[-1].islower() and (words[-1].endswith("ing") or any(one.endswith("'s") for one in words)):
        return False  # "Who is Ann Lee visiting?", "Who is Ann Lee's first employer?"
    last = words[-1].lower()
    explained = is_plural(last) or not is_known(last) or (len(words) == 3 and words[1][0].isupper())
    return words[0][0].isupper() or (len(words) < 4 and explained and not is_role(last))


def _is_fact(words: str) -> bool:
    if _OTHER.search(words):
        return False
    return any(pattern.search(words) for _, pattern in _TYPES) or bool(
        _ASKS.search(words) or _NUMBER.match(words.removeprefix("the "))
    )


def _how_many(words: str) -> Expected | None:
    how = re.match(rf"{_HOW}(\w+)", words, re.IGNORECASE)
    return _HOW_MANY.get(how[1].lower()) if how else None


def _expected(words: str) -> Expected:
    if role := _NAME_OF.search(words):
        return "person" if is_role(role[1].lower()) else "phrase"
    if asks_for_code(words):
        return "phrase"
    for expected, pattern in _TYPES:
        if pattern.search(words):
            return expected
    which = re.match(r"(?:what|which) (\w+)", words, re.IGNORECASE)
    if which and is_role(which[1].lower()):
        return "person"
    return _how_many(words) or ("number" if _NUMBER.search(words) else "phrase")


_RULES: tuple[tuple[Kind, Callable[[str], object]], ...] = (
    ("comparison", asks_to_compare),
    ("yes_no", _YES_NO.search),
    ("list", _REASONS.match),
    ("reason", _REASON.search),
    ("other", _HOW_OTHER.search),
    ("table", lambda words: _TABLE.search(words) or _SUPERLATIVE.search(words)),
    ("factoid", _rule(_HOW + _MEASURED).match),
    ("process", _STEPS.match),
    ("list", _is_list),
    ("definition", _is_definition),
    ("factoid", _how_many),
    ("process", _PROCESS.search),
    ("factoid", _is_fact),
)
