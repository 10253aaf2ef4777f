"""Requests to go on about the last answer: "Tell me more", "Explain that", "Give me an example", "In short?"."""

from __future__ import annotations

import re

from qa.retrieval.references import answered, person
from qa.text.lexicon import POINTERS
from qa.text.small_talk import questions_answer
from qa.text.topic import topic
from qa.types import Turn

_ASKS = r"(?:(?:please|and|but|ok|so|now|just|(?:can|could|would|will) you)\s+)*"
_THAT = r"(?:it|that|this|them|these|those)"
_ANSWER = r"(?:that|(?:that|this|the|your)\s+(?:last\s+)?answer)"
_MORE = re.compile(
    rf"{_ASKS}(?:tell me more|more|go on|continue|elaborate|say more|what else|anything else|what about {_THAT})"
    rf"(?:\s+(?:please|(?:about|on) {_THAT}|details?))*\W*",
    re.IGNORECASE,
)
_EXPLAIN = re.compile(
    rf"{_ASKS}(?:explain(?:\s+(?:it|that|this|your answer))?(?:\s+(?:to me|further|again|please|in (?:more )?detail))*"
    r"|what do you mean(?:\s+by (?:that|this))?|what does (?:that|this) mean)\W*",
    re.IGNORECASE,
)
_SHORTER = re.compile(
    rf"{_ASKS}(?:say (?:it|that)\s+)?(?:(?:make (?:it|that) )?(?:briefly|short(?:er)?|simpler)"
    r"|in\s+(?:short|brief|other words|simple words|simple terms|a sentence))\W*",
    re.IGNORECASE,
)
_IN_ONE_LINE = r"\s+(?:in|to|into)\s+(?:a|one|two|three|a few)\s+(?:short\s+)?(?:lines?|sentences?|words?)"
_SUMMARY_OF_ANSWER = re.compile(
    rf"{_ASKS}(?:(?:summari[sz]e|shorten|condense)\s+{_ANSWER}(?:{_IN_ONE_LINE})?"
    rf"|(?:summari[sz]e|put|say|shorten)\s+(?:it|that|this){_IN_ONE_LINE}|shorten\s+(?:it|this))\W*",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(
    rf"{_ASKS}(?:(?:give|show)\s+(?:me\s+|us\s+)?)?(?:(?:is|are)\s+there\s+)?(?:do you have\s+|what(?:'s|\s+is)\s+)?"
    rf"(?:(?:an|one|any|some|another|a few)\s+)?examples?(?:\s+(?:of|for)\s+{_THAT})?(?:\s+please)?\W*"
    r"|(?:(?:like|as)\s+what|such\s+as(?:\s+what)?|(?:as\s+)?for\s+(?:example|instance))\W*",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"(?:please\s+)?(?:tell\s+(?:me|us)\s+(?:more\s+)?about|explain|describe)\s+(?P<about>[^?]+?)\W*", re.IGNORECASE
)


def asks_to_elaborate(question: str) -> bool:
    """Return whether a question only asks for more, or for less, of what was answered last."""
    return any(each.fullmatch(question) for each in (_MORE, _EXPLAIN)) or asks_again(question)


def asks_again(question: str) -> bool:
    """Return whether a question asks for the last answer in another way: an example, its source, or in one line."""
    in_short = any(each.fullmatch(question) for each in (_SHORTER, _SUMMARY_OF_ANSWER))
    return in_short or asks_for_example(question) or questions_answer(question)


def asks_for_example(question: str) -> bool:
    """Return whether a question only asks for an example: "For instance?"."""
    return _EXAMPLE.fullmatch(question) is not None


def elaborated(question: str, before: Turn, latest: Turn) -> str | None:
    """Return the standalone question for a request to elaborate; None for any other.

    Parameters
    ----------
    question : str
    before : Turn
        The latest standalone question, with its answer.
    latest : Turn
        The last turn.
    """
    if not before.question or not asks_to_elaborate(question):
        return None
    if asks_again(question):
        return before.question
    told, about = _TELLS.fullmatch(before.question), topic(before.question)
    said = (answered(before, plural=False) or answered(before, plural=True)) if _EXPLAIN.fullmatch(question) else None
    subject = about.text if about and about.text.lower() not in POINTERS else None
    named = said or (told["about"] if told else person([latest], False, {}) or subject)
    return f"Tell me more about {named}" if named else before.question if _EXPLAIN.fullmatch(question) else None
