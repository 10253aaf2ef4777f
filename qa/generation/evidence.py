"""A sentence of a reply -> the numbered units that are its evidence: those it names, quotes, or resembles most."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from math import log

import numpy as np

from qa.claims import EvidenceSource
from qa.generation.quotations import normal, quoted_spans
from qa.generation.reply_parser import CitedSentence
from qa.generation.sources import Sources
from qa.protocols import Embedder
from qa.text.tokens import terms
from qa.types import Vectors

_MOST_FOUND = 3
_MOST_EMBEDDED = 60  # units whose vectors are compared with a sentence: those that share its terms
_LONGEST_EMBEDDED = 1_000  # characters of a unit that are embedded
_LEAST = 0.45  # similarity and share of the terms together, below which nothing is evidence
_LEAST_ALONE = 0.55  # similarity of a unit that shares no term with the sentence
_MARGIN = 0.25  # by which a further unit may be below the best one
_LEAST_QUOTED = 3  # words of a quotation that tells where it is from
# "The documents do not state when it closed."
_ABSENCE = re.compile(
    r"\b(?:documents?|articles?|texts?|passages?|sources?|sections?|pages?|files?|reports?|they|it)\b[^.]{0,60}?"
    r"\b(?:do(?:es)?\s+not|don't|doesn't|never|nowhere|gives?\s+no|contains?\s+no|has\s+no|have\s+no)\b[^.]{0,40}?"
    r"(?:\b(?:say|state|mention|give|name|specify|explain|tell|contain|describe|provide|indicate|include|list|cover"
    r"|report|information|details?|figures?|dates?)\b)"
    r"|\b(?:is|are|was|were)\s+not\s+(?:stated|mentioned|given|specified|said|explained|named|described|provided)\b",
    re.IGNORECASE,
)


class EvidenceFinder:
    """Finds the evidence of the sentences of one reply; vectors are computed when a sentence names nothing."""

    def __init__(self, sources: Sources, embedder: Embedder) -> None:
        self._sources = sources
        self._embedder = embedder
        self._vectors: dict[int, Vectors] = {}

    def named(self, sentence: CitedSentence) -> tuple[tuple[int, ...], EvidenceSource]:
        """Return the numbers of the units that a sentence names or quotes, ascending, and whether there are any."""
        named = [number for number in sentence.named if 1 <= number <= len(self._sources.units)]
        found = tuple(sorted(named)) or (() if sentence.opens == "heading" else self._quoting(sentence))
        return found, "cited" if found else "none"

    def search(self, sentence: CitedSentence, near: Sequence[int]) -> tuple[tuple[int, ...], EvidenceSource]:
        """Return the numbers of the units that a sentence resembles most, ascending, and whether there are any.

        Parameters
        ----------
        sentence : CitedSentence
        near : sequence of int
            Units that the sentences next to it name.
        """
        if sentence.opens == "heading" or not self._sources.units or says_absent(sentence.text):
            return (), "none"
        found = self._search(sentence.text, near)
        return found, "found" if found else "none"

    def _quoting(self, sentence: CitedSentence) -> tuple[int, ...]:
        """Return the units that contain the quotations of a sentence, or all of it."""
        quoted = [sentence.text[start:end] for start, end in quoted_spans(sentence.text)]
        words = [normal(one).strip(" .,;:!?") for one in (*quoted, sentence.text)]
        found: list[int] = []
        for one in words:
            if len(one.split()) >= _LEAST_QUOTED:
                found += [n for n, text in enumerate(self._normal, start=1) if one in text][:_MOST_FOUND]
        return tuple(sorted(set(found)))

    @cached_property
    def _normal(self) -> list[str]:
        return [normal(text) for text in self._sources.texts]

    @cached_property
    def _terms(self) -> list[set[str]]:
        return [set(terms(text)) for text in self._sources.texts]

    @cached_property
    def _frequencies(self) -> Counter[str]:
        return Counter(term for own in self._terms for term in own)

    def _search(self, text: str, near: Sequence[int]) -> tuple[int, ...]:
        """Return the units that a sentence resembles most, by its terms and by its meaning."""
        count = len(self._sources.units)
        weights = {term: log(1 + count / (1 + self._frequencies[term])) for term in set(terms(text))}
        total = sum(weights.values()) or 1.0
        shares = np.array([sum(weights[term] for term in own.intersection(weights)) / total for own in self._terms])
        close = {number - 1 for number in near}
        order = sorted(range(count), key=lambda place: (place not in close, -shares[place], place))[:_MOST_EMBEDDED]
        missing = [place for place in order if place not in self._vectors]
        texts = [self._sources.texts[place][:_LONGEST_EMBEDDED] for place in missing]
        vector, *vectors = self._embedder.embed([text[:_LONGEST_EMBEDDED], *texts])
        self._vectors.update(zip(missing, vectors, strict=True))
        similar = {place: float(self._vectors[place] @ vector) for place in order}
        scores = {
            place: similar[place] + float(shares[place]) if shares[place] or similar[place] >= _LEAST_ALONE else 0.0
            for place in order
        }
        best = sorted(scores, key=lambda place: (-scores[place], place))
        least = max(_LEAST, scores[best[0]] - _MARGIN)
        return tuple(sorted(place + 1 for place in best[:_MOST_FOUND] if scores[place] >= least))


def says_absent(text: str) -> bool:
    """Return whether a sentence says that the documents do not state something, for which there is no evidence."""
    return _ABSENCE.search(text) is not None
