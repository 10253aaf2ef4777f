"""Questions for the facts of a claim, to check whether the reader finds the same facts in an excerpt.

In the manner of QAGS (Wang et al. 2020) and FEQA (Durmus et al. 2020), but no model writes the questions: a question
word takes the place of a number or a name ("John Hart designed the bridge" becomes "who designed the bridge?"). It
catches facts that are in the excerpt but belong to something else.
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
"""What can be checked word by word in a claim."""
LEAST_MARGIN, MOST_MARGIN = -8.0, 4.0
"""Bounds that a margin is clamped to, in units of the reader's scores."""
MOST_AROUND = 300
"""Characters kept on each side of a fact: the reader takes 320 word pieces in all."""
_PLACE_BEFORE = re.compile(r"\b(?:in|at|near)\s(?:the\s)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """A question for the reader.

    Attributes
    ----------
    text : str
    expected, distractors : sequence of (int, int)
        Spans of the excerpt: of the fact, one of which it should find, and of other facts of the same kind.
    """

    text: str
    expected: Sequence[Span]
    distractors: Sequence[Span]

    def margins(self, answer: TokenScores) -> tuple[float, float]:
        """Return the margins of the best expected answer over the best distractor, and over the best answer of all.

        Where the excerpt does not have the fact, "not answered here" counts as expected: a sentence about "he" does
        not contradict a name, one about somebody else does.
        """
        scores = _span_scores(answer)
        expected, distractors = _touching(answer, self.expected), _touching(answer, self.distractors)
        distractor = _highest(scores[distractors & ~expected])
        if not expected.any():
            return _clamp(answer.no_answer - distractor), 0.0
        alone = _highest(scores[expected & ~distractors])
        return _clamp(alone - distractor), _clamp(_highest(scores[expected]) - _highest(scores))


def to_cloze_question(claim: str, fact: Fact) -> str:
    """Return the claim as a question, a question word in place of one of its facts."""
    before = claim[max(0, fact.start - MOST_AROUND) : fact.start]
    if isinstance(fact, Number):
        word = "what year" if fact.kind == "year" else "how many"
    else:
        word = "where" if _PLACE_BEFORE.search(before) else "what" if before.strip() else "who"
    return f"{before}{word}{claim[fact.end : fact.end + MOST_AROUND]}".rstrip(" .") + "?"


def _span_scores(answer: TokenScores) -> NDArray[np.float32]:
    """Return the score of each span of tokens, by its first and its last."""
    together = answer.scores[:, 0][:, np.newaxis] + answer.scores[:, 1][np.newaxis, :]
    count = len(answer.offsets)
    length = np.arange(count)[np.newaxis, :] - np.arange(count)[:, np.newaxis]
    return np.where((length >= 0) & (length < MAX_SPAN_TOKENS), together, -np.inf).astype(np.float32)


def _touching(answer: TokenScores, spans: Sequence[Span]) -> NDArray[np.bool_]:
    """Return which spans of tokens, by first and last, overlap one of the spans of the text."""
    inside = np.zeros(len(answer.offsets), dtype=bool)
    for start, end in spans:
        inside |= (answer.offsets[:, 0] < end) & (answer.offsets[:, 1] > start)
    before = np.concatenate([[0], np.cumsum(inside)])
    touching: NDArray[np.bool_] = before[np.newaxis, 1:] > before[:-1, np.newaxis]
    return touching


def _highest(scores: NDArray[np.float32]) -> float:
    return float(scores.max(initial=-inf))


def _clamp(margin: float) -> float:
    # Two that are missing do not differ.
    return 0.0 if isnan(margin) else min(max(margin, LEAST_MARGIN), MOST_MARGIN)
