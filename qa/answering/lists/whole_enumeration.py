"""Extend an answer that is the first item of an enumeration to all of it: "|the library| and the hall"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from qa.answering.lists.enumerations import enumeration, has_verb
from qa.answering.questions.asked_terms import asked_noun, stated_count
from qa.protocols import AnswerSpan
from qa.text.lexicon import is_only_plural
from qa.text.tokens import terms
from qa.types import Span

# "Who is the chair?" and "What is the result?" ask for one.
_ASKS_FOR_ONE = re.compile(
    r"\W*(?:who|what|where)(?:'s|\s+(?:is|was))\s+(?:the|an?|his|her|its|their)\b", re.IGNORECASE
)
_CONJUNCTION = re.compile(r"\b(?:and|or|as well as)\b")


def whole_enumeration(question: str, text: str, best: AnswerSpan, span: Span) -> Span:
    """Return the span of the enumeration that begins with a span; the span itself if the question asks for one thing.

    "Who helps with the feeding?" asks for all of "the father and the older sisters". A reader that chose a later item
    passed over the earlier ones.
    """
    best = replace(best, start=span[0], end=span[1])
    items = enumeration(text, best)
    if items and items[0][0] > span[1] and "(" not in text[span[1] : items[0][0]]:
        # "several |events|, such as storms and floods"
        return span[0], items[-1][1]
    noun = asked_noun(question).lower().split()
    if _ASKS_FOR_ONE.match(question) or (noun and not is_only_plural(noun[-1])):
        return span
    if stated_count(question) not in {None, len(items)}:
        return span
    if len(items) < 2 or not items[0][0] <= span[0] < items[0][1] or not _is_certain(text, items):
        return span
    asked, in_items = {*terms(question)}, [{*terms(text[slice(*item)])} for item in items]
    # "Who came from York?" asks for one of "Ann from York and Bo from Ry".
    restricted = any(0 < sum(term in own for own in in_items) < len(items) for term in asked)
    return span if restricted else (span[0], max(span[1], items[-1][1]))


def _is_certain(text: str, items: Sequence[Span]) -> bool:
    """Return whether items cannot be clauses or appositions: "They met in Ry, and Ann Lee left"."""
    last = text[items[-2][1] : items[-1][0]]
    if not _CONJUNCTION.search(last) or (len(items) == 2 and last.lstrip().startswith((",", ";"))):
        return False
    return not any(has_verb(text[slice(*item)].partition(" ")[2]) for item in items)
