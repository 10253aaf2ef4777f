"""A sentence that a language model wrote, and excerpts -> the probability that each excerpt supports it.

No second language model is asked. A logistic model weighs what can be measured: how alike the two are (the embedder and
the terms they share), whether the excerpt holds the sentence's numbers and names and denies what it denies, and whether
the reader, asked for a number or a name of the sentence, finds it in the excerpt. The last follows QAGS (Wang et al.
2020) and FEQA (Durmus et al. 2020), but no question is generated: a question word takes the place of the fact.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from math import exp

import numpy as np
from numpy.typing import NDArray

from qa.claims import Support
from qa.facts import Name, Number, Words, affirmed, capitals, names, negations, numbers
from qa.keyword import terms
from qa.read import MAX_SPAN_TOKENS
from qa.span_model import SpanModel, TokenScores
from qa.types import Embedder

SUPPORTED = 0.7
"""Least score of a sentence that is shown as supported."""
WEAKLY_SUPPORTED = 0.3
"""Least score of a sentence that is shown at all."""
INTERCEPT = -4.5
WEIGHTS = (4.0, 3.0, 1.5, -4.0, -3.0, -1.0, -3.0, -3.0, 0.5, 0.3)
"""One for each measure, in the order of `Measures`."""
MOST_FACTS = 6
"""Numbers and names of a sentence that the reader is asked for."""
_LEAST_AGREEMENT = -6.0
_YEAR = re.compile(r"1\d{3}|20\d{2}")
_PLACE_BEFORE = re.compile(r"\b(?:in|at|near)\s(?:the\s)?$", re.IGNORECASE)


def support_of(score: float) -> Support:
    """Return the word for a score."""
    if score >= SUPPORTED:
        return "supported"
    return "weakly supported" if score >= WEAKLY_SUPPORTED else "unsupported"


class SupportScorer:
    """Scores how well excerpts support a sentence.

    Parameters
    ----------
    embedder : Embedder
    span_model : SpanModel
    """

    def __init__(self, embedder: Embedder, span_model: SpanModel) -> None:
        self._embedder = embedder
        self._span_model = span_model

    def score(self, question: str, claim: str, excerpts: Sequence[str], context: str = "") -> list[float]:
        """Return for each excerpt the probability that it supports the claim, 0 to 1.

        Parameters
        ----------
        question : str
            What the claim was written to answer.
        claim : str
            One sentence.
        excerpts : sequence of str
            Verbatim text, a few sentences each.
        context : str
            Title and headings of the document: names there need not be repeated in an excerpt.
        """
        logits = INTERCEPT + self.measures(question, claim, excerpts, context) @ np.array(WEIGHTS)
        return [1.0 / (1.0 + exp(-logit)) for logit in logits.tolist()]

    def measures(self, question: str, claim: str, excerpts: Sequence[str], context: str = "") -> NDArray[np.float64]:
        """Return what `score` weighs, shape (excerpts, measures); parameters as there."""
        if not excerpts:
            return np.zeros((0, len(WEIGHTS)))
        stated = _Claim(question, claim, capitals((question, context, *excerpts)))
        vectors = self._embedder.embed([claim, *excerpts])
        cosines = vectors[1:] @ vectors[0]
        compared = [stated.compared(excerpt, context) for excerpt in excerpts]
        asked = [stated.asked(excerpt) for excerpt in excerpts]
        pairs = [(query, excerpt) for queries, excerpt in zip(asked, excerpts, strict=True) for query, _ in queries]
        answers = iter(self._span_model.score(pairs) if pairs else ())
        rows = []
        for cosine, others, queries in zip(cosines, compared, asked, strict=True):
            found = [_agreement(next(answers), spans) for _, spans in queries]
            rows.append((float(cosine), *others, min(found[1:], default=0.0), found[0]))
        return np.array(rows)


@dataclass(frozen=True, slots=True)
class _Fact:
    """A number or a name of a claim, and the claim as a question for it."""

    what: Number | Name
    query: str


class _Claim:
    def __init__(self, question: str, text: str, known: frozenset[str]) -> None:
        self._question = question
        self._terms = frozenset(terms(text))
        self._new = self._terms - set(terms(question))
        self._numbers = [number for number in numbers(text) if number.values != (1.0,)]
        self._names = names(text, known)
        self._denied = negations(text)
        self._affirmed = frozenset(affirmed(text))
        asked_of = Words(question)
        self._new_names = [name for name in self._names if asked_of.lacking(name)]
        facts: list[Number | Name] = [*self._numbers, *self._names]
        self._facts = [_Fact(fact, _asking(text, fact)) for fact in islice(facts, MOST_FACTS)]

    def compared(self, excerpt: str, context: str) -> tuple[float, ...]:
        """Return all measures of an excerpt that need no model."""
        held = set(terms(f"{excerpt} {context}"))
        values = {value for number in numbers(excerpt) for value in number.values}
        words = Words(f"{context}\n{excerpt}")
        lacking = [name for name in self._names if words.lacking(name)]
        return (
            _share(self._terms, held),
            _share(self._new, held),
            min(2, sum(not values.intersection(number.values) for number in self._numbers)),
            min(2, sum(name in self._new_names for name in lacking)),
            min(2, sum(name not in self._new_names for name in lacking)),
            *self._contradicted(excerpt),
        )

    def _contradicted(self, excerpt: str) -> tuple[float, float]:
        """Return whether it denies what the excerpt does not, and whether the excerpt denies what it says."""
        denied = negations(excerpt)
        alone = any(not any(own & other for other in denied) for own in self._denied)
        against = max((len(other & self._affirmed) / len(other) for other in denied if other), default=0.0)
        return float(alone), against

    def asked(self, excerpt: str) -> list[tuple[str, list[tuple[int, int]]]]:
        """Return questions for the reader, and the spans of the excerpt that it should find for each.

        The first is the user's, whose answer the claim should hold.
        """
        asked = [(self._question, _spans_of(excerpt, self._new))]
        for fact in self._facts:
            spans = _spans_of_fact(excerpt, fact.what)
            if spans:
                asked.append((fact.query, spans))
        return asked


def _share(wanted: frozenset[str], held: set[str]) -> float:
    return len(wanted & held) / len(wanted) if wanted else 1.0


def _asking(claim: str, fact: Number | Name) -> str:
    """Return the claim with a question word in place of the fact."""
    words, before = claim[fact.start : fact.end], claim[: fact.start]
    if isinstance(fact, Number):
        word = "what year" if _YEAR.fullmatch(words) else "how many"
    else:
        word = "where" if _PLACE_BEFORE.search(before) else "who" if not before.strip() else "what"
    return f"{before}{word}{claim[fact.end :]}".rstrip(" .") + "?"


def _spans_of(excerpt: str, wanted: frozenset[str]) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"\w+", excerpt) if wanted.intersection(terms(match[0]))]


def _spans_of_fact(excerpt: str, fact: Number | Name) -> list[tuple[int, int]]:
    if isinstance(fact, Number):
        return [(one.start, one.end) for one in numbers(excerpt) if set(one.values) & set(fact.values)]
    return [
        match.span()
        for match in re.finditer(r"\w+", excerpt)
        if not Words(match[0]).lacking(fact) or match[0].lower() in fact.words
    ]


def _agreement(answer: TokenScores, spans: Sequence[tuple[int, int]]) -> float:
    """Return how far the best answer that touches one of the spans lies below the best of all: 0 where it is that."""
    count = len(answer.offsets)
    if not count or not spans:
        return _LEAST_AGREEMENT
    wanted = np.array([any(start < end_ and begin < stop for begin, end_ in spans) for start, stop in answer.offsets])
    before = np.concatenate([[0], np.cumsum(wanted)])
    together = answer.scores[:, 0][:, np.newaxis] + answer.scores[:, 1][np.newaxis, :]
    length = np.arange(count)[np.newaxis, :] - np.arange(count)[:, np.newaxis]
    together = np.where((length >= 0) & (length < MAX_SPAN_TOKENS), together, -np.inf)
    touching = before[np.newaxis, 1:] > before[:-1, np.newaxis]
    best = float(together[touching].max(initial=-np.inf))
    return max(best - float(together.max()), _LEAST_AGREEMENT)
