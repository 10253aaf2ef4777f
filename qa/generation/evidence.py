"""A sentence of a reply -> the numbered units that are its evidence: those it cites, quotes, or resembles most."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from math import log

import numpy as np

from qa.generation.quotations import normal, quoted_spans
from qa.generation.reply_parser import CitedSentence
from qa.generation.sources import ABSENT, Sources
from qa.protocols import Embedder
from qa.text.tokens import terms
from qa.types import Vectors

_MAX_FOUND = 3
_MAX_EMBEDDED = 60  # units whose vectors are compared with a sentence: those that share most terms with it
_MAX_EMBEDDED_CHARACTERS = 1_000  # of a unit
_MIN_SCORE = 0.45  # cosine similarity plus the share of the sentence's terms, weighted by their IDF
_NEAR_BONUS = 0.2  # for units that the sentences before and after cite
_MIN_SIMILARITY = 0.55  # of a unit that shares no term with the sentence
_MAX_MARGIN = 0.25  # by which the score of a further unit may be below the best one
_MIN_QUOTED_WORDS = 3  # a shorter quotation may come from anywhere
_MIN_COPIED_WORDS = 5  # of a sentence that cites another unit
# "The documents do not state when it closed." "It cannot be determined from the text." "I could not find it."
_DOCUMENTS = r"\b(?:documents?|articles?|texts?|passages?|sources?|sections?|pages?|files?|reports?|excerpts?|context"
_TOLD = r"(?:information|mention|details?|figures?|dates?|reference|indication|statement)"
_ABSENCE = re.compile(
    rf"{_DOCUMENTS}|they|it)\b[^.]{{0,60}}?"
    r"\b(?:do(?:es)?\s+not|don't|doesn't|never|nowhere|gives?\s+no|contains?\s+no|has\s+no|have\s+no)\b[^.]{0,40}?"
    r"\b(?:say|state|mention|give|name|specify|explain|tell|contain|describe|provide|indicate|include|list|cover"
    rf"|report|{_TOLD})\b"
    r"|\A\W*not[ _]stated\b"
    r"|\b(?:is|are|was|were)\s+not\s+(?:stated|mentioned|given|specified|said|explained|named|described|provided)\b"
    rf"|\bno\s+(?:\w+\s+)?{_TOLD}\b[^.]{{0,100}}{_DOCUMENTS})\b"
    r"|\b(?:not\s+possible|impossible|unable|cannot|can't|could\s+not|couldn't)\s+(?:to\s+)?(?:be\s+)?"
    r"(?:determined?|answer(?:ed)?|say|said|tell|found|find)\b"
    r"|\A\W*(?:(?:sorry|unfortunately)\W+)?I\b[^.]{0,20}(?:\bnot|n't)\b[^.]{0,20}\b(?:find|have|know|see)\b",
    re.IGNORECASE,
)
# "Let me know if you need more." "If you like, I can list them." "This answer is based on the documents."
_REMARK = re.compile(
    r"\A\W*(?:(?:please )?(?:let me know|feel free)|(?:I )?hope (?:this|that|it) (?:helps|answers)"
    r"|would you like (?:me|more|to)\b|do you want me\b|is there anything else\b"
    r"|if (?:you|there)\b[^.]{0,80}\b(?:let me know|I can|I could|I'd be|I will|I'll|feel free|please ask|just ask)\b"
    r"|(?:note\W+)?(?:this|the|all|above)\b[\w ]{0,30}\b(?:answer|response|information|summary)\b[\w ]{0,20}"
    r" (?:based|drawn|taken|from)\b)",
    re.IGNORECASE,
)
# A sentence that cites ABSENT must contain one of these: an invention that cites ABSENT would not.
_NEGATION = re.compile(
    r"\b(?:not?|none|never|nicht|kein\w*|ne|pas|aucun\w*|ning\w+|nada|non|nessun\w*|niet|geen|n\u00e3o|nenhum\w*|inte"
    r"|ikke|nie)\b|n['\u2019]|[^\x00-\u024f\u2000-\u20ff]",
    re.IGNORECASE,
)


class EvidenceFinder:
    """Finds the evidence of the sentences of one reply; nothing is embedded unless a sentence cites nothing."""

    def __init__(self, sources: Sources, embedder: Embedder) -> None:
        self._sources = sources
        self._embedder = embedder
        self._vectors: dict[int, Vectors] = {}

    def cited(self, sentence: CitedSentence) -> tuple[int, ...]:
        """Return the numbers of the units that a sentence cites, ascending, and of those that it copies.

        Small models copy sentences, and give them the numbers of others.
        """
        cited = {number for number in sentence.cited if 1 <= number <= len(self._sources.units)}
        if sentence.opens == "heading":
            return tuple(sorted(cited))
        quoted = [] if cited else [sentence.text[start:end] for start, end in quoted_spans(sentence.text)]
        found = set(cited)
        for words in (normal(one).strip(" .,;:!?") for one in (*quoted, sentence.text)):
            if len(words.split()) >= (_MIN_COPIED_WORDS if cited else _MIN_QUOTED_WORDS):
                copied = [n for n, text in enumerate(self._normal, start=1) if words in text]
                found.update(() if cited.intersection(copied) else copied[:_MAX_FOUND])
        return tuple(sorted(found))

    @cached_property
    def _normal(self) -> list[str]:
        return [normal(text) for text in self._sources.texts]

    @cached_property
    def _terms(self) -> list[set[str]]:
        return [set(terms(text)) for text in self._sources.texts]

    @cached_property
    def _frequencies(self) -> Counter[str]:
        return Counter(term for own in self._terms for term in own)

    def search(self, sentence: CitedSentence, near: Sequence[int]) -> tuple[int, ...]:
        """Return the numbers of the units that a sentence resembles most, ascending.

        Units in `near`, which the sentences before and after it cite, come first.
        """
        if sentence.opens == "heading" or not self._sources.units or states_nothing(sentence):
            return ()
        count = len(self._sources.units)
        weights = {term: log(1 + count / (1 + self._frequencies[term])) for term in set(terms(sentence.text))}
        total = sum(weights.values()) or 1.0
        shares = np.array([sum(weights[term] for term in own.intersection(weights)) / total for own in self._terms])
        close = {number - 1 for number in near}
        order = sorted(range(count), key=lambda index: (index not in close, -shares[index], index))[:_MAX_EMBEDDED]
        missing = [index for index in order if index not in self._vectors]
        texts = [self._sources.texts[index][:_MAX_EMBEDDED_CHARACTERS] for index in missing]
        vector, *vectors = self._embedder.embed([sentence.text[:_MAX_EMBEDDED_CHARACTERS], *texts])
        self._vectors.update(zip(missing, vectors, strict=True))
        similar = {index: float(self._vectors[index] @ vector) for index in order}
        scores = {
            index: similar[index] + float(shares[index]) + _NEAR_BONUS * (index in close)
            for index in order
            if shares[index] or similar[index] >= _MIN_SIMILARITY
        }
        best = sorted(scores, key=lambda index: (-scores[index], index))[:_MAX_FOUND]
        least = max(_MIN_SCORE, scores[best[0]] - _MAX_MARGIN) if best else 0.0
        return tuple(sorted(index + 1 for index in best if scores[index] >= least))


def states_nothing(sentence: CitedSentence) -> bool:
    """Return whether a sentence needs no evidence: it says what is not in the documents, or remarks on the answer."""
    marked = set(sentence.cited) == {ABSENT} and _NEGATION.search(sentence.text)
    text = sentence.text.replace("\u2019", "'")
    return bool(marked or _ABSENCE.search(text) or _REMARK.match(text))
