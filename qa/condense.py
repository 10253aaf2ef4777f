"""A question in a conversation -> a question that stands alone.

Without a language model: a question that leans on what came before ("When did that happen?", "and in 2014?") is
searched for together with the question it leans on. One that stands alone is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.keyword import terms

_LEANS = re.compile(
    r"^(?:and|but|so|or|why|how so|what about|how about)\b"
    r"|\b(?:he|she|it|they|him|her|them|his|hers|its|their|theirs|that|those|these|this|there|then)\b",
    re.IGNORECASE,
)
_FEWEST_TERMS = 2


def condense(question: str, history: Sequence[str]) -> str:
    """Return what to search for.

    Parameters
    ----------
    question : str
        The question as asked.
    history : sequence of str
        The questions asked before in the conversation, oldest first.

    Returns
    -------
    str
        The question itself, or the last earlier question that stands alone followed by it.
    """
    if not history or not _depends(question):
        return question
    earlier = next((past for past in reversed(history) if not _depends(past)), history[-1])
    return f"{earlier} {question}"


def _depends(question: str) -> bool:
    return len(terms(question)) < _FEWEST_TERMS or bool(_LEANS.search(question))
