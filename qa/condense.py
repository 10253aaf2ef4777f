"""A question in a conversation -> a question that stands alone.

Without a language model: a question that leans on what came before ("When did that happen?", "and in 2014?") is
searched for together with the question it leans on. One that stands alone is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.converse import without_pleasantries
from qa.keyword import terms
from qa.types import Turn

_OPENS_LIKE_MORE = re.compile(r"(?:and|but|so|or|what about|how about)\b", re.IGNORECASE)
_PRONOUN = re.compile(
    r"\b(?:he|she|it|they|him|her|them|his|hers|its|their|theirs)\b"
    r"|\b(?:did|do|does|is|was|were|are|about|of|by|after|before|since)\s+(?:this|that|these|those|then)\b"
    r"|\b(?:this|that|these|those|there|then)\W*$",
    re.IGNORECASE,
)
_FEWEST_TERMS = 2


def condense(question: str, turns: Sequence[Turn | str]) -> str:
    """Return what to search for.

    Parameters
    ----------
    question : str
        The question as asked.
    turns : sequence of Turn or str
        What was asked before in the conversation, oldest first, with the answers where they are known.

    Returns
    -------
    str
        The question itself where it stands alone, else one that does.
    """
    question = without_pleasantries(question)
    history = [turn if isinstance(turn, str) else turn.question for turn in turns]
    if not history or not _depends(question):
        return question
    earlier = next((past for past in reversed(history) if not _depends(past)), history[-1])
    return f"{earlier} {question}"


def _depends(question: str) -> bool:
    if len(terms(question)) < _FEWEST_TERMS or _OPENS_LIKE_MORE.match(question):
        return True
    pronoun = _PRONOUN.search(question)
    # A pronoun that follows two terms or more refers, as a rule, to one of them.
    return pronoun is not None and len(terms(question[: pronoun.start()])) < _FEWEST_TERMS
