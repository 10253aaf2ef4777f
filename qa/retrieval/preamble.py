"""Remove the words around a question: "2) Could you tell me who founded the mill, please?"."""

from __future__ import annotations

import re

from qa.text.lexicon import AUXILIARY, listed
from qa.text.small_talk import without_pleasantries

_QUESTION_WORD = re.compile(
    r"\b(?:who|whom|whose|what|when|where|why|how|which|whether|if)(?:['\u2019]s)?\b", re.IGNORECASE
)
_ASKS = re.compile(
    rf"(?:{_QUESTION_WORD.pattern}|{AUXILIARY}\b|(?:should|may|must|list|name|tell|explain|describe|give|summari[sz]e|please)\b)",
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
_SAYS_THAT_IT_ASKS = listed(
    "tell know wonder wondering question questions idea curious interested explain ask wait way according based answer "
    "find info information please kindly plz pls thing article articles text texts document documents file files"
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
    """Return a question without greeting, number in a list, "could you tell me" and "please".

    "I meant the mill" becomes "What about the mill".
    """
    question = without_pleasantries(question)
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
        return question
    # "Do you know if dogs are allowed?", but not "I ask: if I lose a key, what happens?"
    condition = asked[0].lower() == "if" and not _QUESTION_WORD.search(question, asked.end())
    return f"whether{question[asked.end() :]}" if condition else question[asked.start() :]
