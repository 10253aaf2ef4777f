"""Remove what is around a question: "2) Could you tell me who founded the mill, please?"."""

from __future__ import annotations

import re

from qa.text.lexicon import AUXILIARY, is_only_plural, listed
from qa.text.small_talk import without_pleasantries
from qa.text.spans import replaced
from qa.text.tokens import terms

_QUESTION_WORD = re.compile(
    r"\b(?:who|whom|whose|what|when|where|why|how|which|whether|if)(?:['\u2019]s)?\b", re.IGNORECASE
)
_ASKS = re.compile(
    rf"(?:{_QUESTION_WORD.pattern}|{AUXILIARY}\b|(?:should|may|must|list|name|tell|explain|describe|give|summari[sz]e|please)\b)",
    re.IGNORECASE,
)
_SIGN = r"\s\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\u200d\ufe0f\U0001f000-\U0001faff"  # white space and emoji
_SIGNS = re.compile(rf"\A[{_SIGN}]+|(?<![{_SIGN}])(?:[{_SIGN}]|(?<!\w)[:;]-?[()DPp])+\Z")
_QUOTED = re.compile(r"[\"\u201c\u201e\u00ab]([^\"\u201c-\u201f\u00ab\u00bb]+\?)[\"\u201c\u201d\u00bb]\W*")
_OPTIONS = re.compile(r"(?<=\?)\s*\(?a[).:]\s[^?]*?\s\(?b[).:]\s", re.IGNORECASE)  # of a multiple-choice question
_BLANK = re.compile(r"(?<!\w)_{2,}(?!\w)")
_FILL_IN = re.compile(
    r"\A\W*(?:fill in the (?:blank|gap)s?|complete (?:the|this) (?:sentence|statement))\W+", re.IGNORECASE
)
# "Do you know the price?", "State the reason why the library is closed."
_ASKS_FOR = re.compile(
    r"\A\W*(?:please )?(?:(?:(?:can|could|would|will) you (?:please )?)?"
    r"(?:tell (?:me|us)|give(?: me| us)?|state|find(?: out)?|say)|do you know"
    r"|i(?: want|'d like| would like| need) to know)\s+"
    r"(?=(?:the|its|his|her|their)\s(?!(?:\w+\s)?(?:names|steps|items|rules|tasks|parts|articles?|documents?|files?)\b))",
    re.IGNORECASE,
)
# A statement to be checked: "True or false: bees sleep.", "Bees sleep, right?"
_BEFORE_CLAIM = re.compile(
    r"\W*(?:is it (?:really )?(?:true|correct|right|a fact|the case) that"
    r"|(?:true or false|right or wrong|fact or fiction)\b\W*(?:is it true that)?)\s+",
    re.IGNORECASE,
)
_AFTER_CLAIM = re.compile(
    rf"(?:,\s?(?:right|correct|true|{AUXILIARY}(?:n['\u2019]?t)? (?:it|he|she|they|you|there|that(?: so)?))"
    r"|[.,:?][\"\u201d]?\s?(?:\(?true or false\)?|is (?:that|this|it) (?:right|correct|true|so)))\W*\Z",
    re.IGNORECASE,
)
_LABEL = re.compile(r"\W{0,3}(?:(?:q|question)\b\s?\d{0,3}\s?[:.)]|\d{1,3}[.)]|[a-z]\)|[*\u2022>-])\s+", re.IGNORECASE)
_AFTERWARDS = re.compile(
    r"(?:(?<=\w),?\s(?:please|pls|plz)|(?<=[,.!?])\s?(?:thanks|thank you|thx)(?:\s(?:in advance|a lot))?)[.!?]*$",
    re.IGNORECASE,
)
# "I meant the mill": the question before, about something else.
_MEANT = re.compile(
    r"(?:(?:no|nope|sorry|oops|actually|well|ah|but|not that(?: one)?)\b[\s,.!]*+)*+I\s+meant?\b[\s,:]+(?:to\s+ask\s+)?"
    r"(?:about\s+)?",
    re.IGNORECASE,
)
# A pronoun after "Back to the deposit:" refers to that.
_TURNS_TO = re.compile(
    r"(?:(?:and|but|so|no|sorry|now|ok|please|let['\u2019]s)[\s,.]+)*+(?:(?:(?:go|going|come|coming)\s+)?back\s+to"
    r"|return(?:ing)?\s+to|regarding|concerning|as\s+(?:for|to)|(?:(?:what|how)\s+)?about|I\s+meant?)\s+"
    r"(?P<topic>(?:(?:the|his|her|its|their|this|that)\s|(?-i:[A-Z]))[^.,:;?!]{1,60})[.,:;?!]\s+(?P<asked>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_IT = re.compile(r"\b(?:it|he|she|him|(?P<whose>its|his|her(?=\s+[a-z]+)))\b", re.IGNORECASE)
_THEY = re.compile(r"\b(?:they|them|(?P<whose>their))\b", re.IGNORECASE)
_SAYS_THAT_IT_ASKS = listed(
    "tell know wonder wondering question questions idea curious interested explain ask wait way according based answer "
    "find help info information please kindly plz pls thing article articles text texts document documents file files"
)
_AROUND = _SAYS_THAT_IT_ASKS | listed(
    "i i'd i'm i've you your me us we my a an the this that these those is am was be been are do does can could will "
    "would should may like want need to of in on by from for with and so but ok okay well hi hey hello bot happen have "
    "has just maybe quick quickly next last first one more another also let any out about here word short simple "
    "really very wish try trying understand"
)
_MAX_WORDS = 16  # before a question
_WORD = re.compile(r"[\w'\u2019]+")


def without_preamble(question: str) -> str:
    """Return a question without greeting, number in a list, "could you tell me", "please", emoji and options.

    "I meant the mill" becomes "What about the mill", and "Bees eat ___." "Bees eat what?".
    """
    question = _of_topic(without_pleasantries(_SIGNS.sub("", question) or question))
    if quoted := _QUOTED.fullmatch(question):
        question = quoted[1]
    options = _OPTIONS.search(question)
    if options and len(terms(question[: options.start()])) > 1:
        question = question[: options.start()]
    if _BLANK.search(question):
        before, after = _BLANK.split(_FILL_IN.sub("", question), maxsplit=1)
        question = f"{before}{'what' if before.strip() else 'What'}{after}".rstrip(" .?!") + "?"
    label = _LABEL.match(question)
    if label and _ASKS.match(question, label.end()):
        question = question[label.end() :]
    question = _AFTERWARDS.sub("", question)
    if (meant := _MEANT.match(question)) and meant.end() < len(question):
        return (
            question[meant.end() :] if _ASKS.match(question, meant.end()) else f"What about {question[meant.end() :]}"
        )
    asked = _QUESTION_WORD.search(question)
    before = _WORD.findall(question[: asked.start()].lower().replace("\u2019", "'")) if asked else []
    if (
        asked is None
        or not 0 < len(before) <= _MAX_WORDS
        or not _AROUND.issuperset(before)
        or _SAYS_THAT_IT_ASKS.isdisjoint(before)
    ):
        return _ASKS_FOR.sub("", question)
    # "Do you know if dogs are allowed?", but not "I ask: if I lose a key, what happens?"
    condition = asked[0].lower() == "if" and not _QUESTION_WORD.search(question, asked.end())
    return f"whether{question[asked.end() :]}" if condition else question[asked.start() :]


def _of_topic(question: str) -> str:
    """Return "How much was the deposit?" for "Back to the deposit: how much was it?"."""
    turned = _TURNS_TO.fullmatch(question)
    if turned is None:
        return question
    topic = turned["topic"].strip()
    pronoun = (_THEY if is_only_plural(topic.rsplit(maxsplit=1)[-1]) else _IT).search(turned["asked"])
    if pronoun is None:
        return question
    ending = ("'" if topic.endswith("s") else "'s") if pronoun["whose"] else ""
    return replaced(turned["asked"], pronoun.span(), f"{topic}{ending}")


def claim(question: str) -> str | None:
    """Return the statement that a question asks to check: "True or false: bees sleep."; None if there is none."""
    before = _BEFORE_CLAIM.match(question)
    start = before.end() if before else 0
    after = _AFTER_CLAIM.search(question, start)
    stated = question[start : after.start() if after else len(question)].strip(' ?.!"\u201c\u201d')
    return stated if (before or after) and len(terms(stated)) > 1 and not _ASKS.match(stated) else None
