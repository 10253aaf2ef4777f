"""A sentence made into questions for its own facts, to see whether the reader finds the same facts in an excerpt.

In the manner of QAGS (Wang et al. 2020) and FEQA (Durmus et al. 2020), but no model writes the questions: a question
word takes the place of a number or a name ("John Hart designed the bridge" becomes "who designed the bridge?"). It
catches facts that the excerpt holds, but of something else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isnan

import numpy as np
from numpy.typing import NDArray

from qa.answering.reader import MAX_SPAN_TOKENS
from qa.models.span_model import TokenScores
from qa.text.names import Name
from qa.text.numbers import Number
from qa.types import Span

Fact = Number | Name
"""What a sentence says that can be checked word by word."""
LEAST_MARGIN, MOST_MARGIN = -8.0, 4.0
"""What a margin is held to, in units of the reader's scores: beyond, it says no more."""
MOST_BESIDE = 300
"""Characters of a sentence on each side of a fact that the reader is told: it takes 320 word pieces in all."""
_PLACE_BEFORE = re.compile(r"\b(?:in|at|near)\s(?:the\s)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """A question for the reader.

    Attributes
    ----------
    text : str
    wanted : sequence of (int, int)
        Spans of the excerpt, one of which it should find.
    rivals : sequence of (int, int)
        Those that it should not: other facts of the same kind.
    """

    text: str
    wanted: Sequence[Span]
    rivals: Sequence[Span]

    def margins(self, answer: TokenScores) -> tuple[float, float]:
        """Return how far the best wanted answer is above the best rival, and above the best of all.

        Where the excerpt has nothing wanted, "not answered here" stands in its place: a sentence about "he" does not
        contradict a name, one about somebody else does.
        """
        scores = _span_scores(answer)
        wanted, rivals = _touching(answer, self.wanted), _touching(answer, self.rivals)
        rival = _highest(scores[rivals & ~wanted])
        if not wanted.any():
            return _held(answer.no_answer - rival), 0.0
        alone = _highest(scores[wanted & ~rivals])
        return _held(alone - rival), _held(_highest(scores[wanted]) - _highest(scores))


def asking(claim: str, fact: Fact) -> str:
    """Return the claim as a question for one of its facts."""
    before = claim[max(0, fact.start - MOST_BESIDE) : fact.start]
    if isinstance(fact, Number):
        word = "what year" if fact.kind == "year" else "how many"
    else:
        word = "where" if _PLACE_BEFORE.search(before) else "what" if before.strip() else "who"
    return f"{before}{word}{claim[fact.end : fact.end + MOST_BESIDE]}".rstrip(" .") + "?"


def _span_scores(answer: TokenScores) -> NDArray[np.float32]:
    """Return the score of each span of tokens, by its first and its last."""
    together = answer.scores[:, 0][:, np.newaxis] + answer.scores[:, 1][np.newaxis, :]
    count = len(answer.offsets)
    length = np.arange(count)[np.newaxis, :] - np.arange(count)[:, np.newaxis]
    return np.where((length >= 0) & (length < MAX_SPAN_TOKENS), together, -np.inf).astype(np.float32)


def _touching(answer: TokenScores, spans: Sequence[Span]) -> NDArray[np.bool_]:
    """Return which spans of tokens, by first and last, touch one of the spans of the text."""
    inside = np.zeros(len(answer.offsets), dtype=bool)
    for start, end in spans:
        inside |= (answer.offsets[:, 0] < end) & (answer.offsets[:, 1] > start)
    before = np.concatenate([[0], np.cumsum(inside)])
    touching: NDArray[np.bool_] = before[np.newaxis, 1:] > before[:-1, np.newaxis]
    return touching


def _highest(scores: NDArray[np.float32]) -> float:
    return float(scores.max(initial=-inf))


def _held(margin: float) -> float:
    # Of two that are not there the difference is none.
    return 0.0 if isnan(margin) else min(max(margin, LEAST_MARGIN), MOST_MARGIN)
