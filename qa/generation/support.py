"""A generated sentence and excerpts -> the probability that each excerpt supports it.

No second language model is asked. The features of a logistic model are: the words of the sentence that the excerpt has,
or similar ones by their embeddings; numbers and names that are missing; negations on one side only; and whether the
reader, asked for a fact of the sentence, finds the same in the excerpt (see `qa.generation.qa_consistency`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray

from qa.generation.qa_consistency import MOST_MARGIN, Fact, Query, to_cloze_question
from qa.generation.support_model import WEAKLY_SUPPORTED, SupportFeatures, support_probabilities
from qa.models.span_model import SpanModel
from qa.protocols import Embedder
from qa.text.names import Name, TokenSet, capitals, names
from qa.text.negation import negations
from qa.text.numbers import Number, numbers
from qa.text.spans import gap
from qa.text.tokens import terms
from qa.types import Span, Vectors

MOST_FACTS = 6
"""Most numbers and names of a sentence that the reader is asked for."""
MOST_COMPARED = 100
"""Most numbers and names of a sentence that is checked at all."""
LONGEST_CLAIM, LONGEST_EXCERPT = 2_000, 10_000
"""Characters of what is checked at all: the time grows with the product of the two lengths."""
NEAR = 3
"""Most terms between the two of a bigram in the excerpt."""
MOST_KNOWN_WORDS = 10_000
_BEST_READING = (MOST_MARGIN, 0.0)
_FRAME = re.compile(
    r"according to (?:the|this) \w+,\s"
    r"|(?:the|this) (?:article|passage|text|source|excerpt) (?:says|states|notes|explains) that\s",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
# A model that says "for two reasons" has counted them itself.
_SUMMING_UP = re.compile(
    r"\s(?:\w+\s)?(?:reasons|things|ways|ideas|kinds|types|sorts|examples|tips|factors|points|uses|options|conditions)\b"
    r"|\s(?:of\s(?:them|these|those|the)|others)\b",
    re.IGNORECASE,
)


class SupportScorer:
    """Scores how well excerpts support a sentence; may be used from several threads.

    Parameters
    ----------
    embedder : Embedder
    span_model : SpanModel
    """

    def __init__(self, embedder: Embedder, span_model: SpanModel) -> None:
        self._embedder = embedder
        self._span_model = span_model
        self._known: dict[str, Vectors] = {}

    def score(self, question: str, claim: str, excerpts: Sequence[str], context: str = "") -> list[float]:
        """Return for each excerpt the probability that it supports the claim, 0 to 1; 1 where it is the claim verbatim.

        It is 0 where the claim or the excerpt is longer than `LONGEST_CLAIM` or `LONGEST_EXCERPT`, or the claim has
        more numbers and names than `MOST_COMPARED`.

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
        scores = np.zeros(len(excerpts))
        if len(claim) > LONGEST_CLAIM or len(numbers(claim)) + len(names(claim)) > MOST_COMPARED:
            return scores.tolist()
        rows = [row for row, excerpt in enumerate(excerpts) if len(excerpt) <= LONGEST_EXCERPT]
        read = [excerpts[row] for row in rows]
        features = self.features(question, claim, read, context, WEAKLY_SUPPORTED)
        found = support_probabilities(features)
        plain = _plain(_FRAME.sub("", claim))
        scores[rows] = np.where([_plain(excerpt) == plain for excerpt in read], 1.0, found)
        return scores.tolist()

    def features(
        self, question: str, claim: str, excerpts: Sequence[str], context: str = "", least: float = 0.0
    ) -> NDArray[np.float64]:
        """Return the `SupportFeatures` of each excerpt, shape (excerpts, features).

        Where the score stays below `least` whatever the reader says, it is not asked, and its best values are put in.
        The other parameters are as of `score`.
        """
        if not excerpts:
            return np.zeros((0, len(SupportFeatures._fields)))
        sentence = _Claim(question, _FRAME.sub("", claim), capitals((question, context, *excerpts)))
        texts = [_Excerpt(excerpt, context) for excerpt in excerpts]
        vectors = self._vectors([word for text in texts for word in sentence.unmatched_terms(text)])
        rows = np.array([(*sentence.features(text, vectors), *_BEST_READING) for text in texts])
        open_ = np.flatnonzero(support_probabilities(rows) >= least).tolist()
        queries = [sentence.queries(texts[row]) for row in open_]
        pairs = [(query.text, excerpts[row]) for row, asked in zip(open_, queries, strict=True) for query in asked]
        answers = iter(self._span_model.score(pairs) if pairs else ())
        for row, asked in zip(open_, queries, strict=True):
            found = [query.margins(next(answers)) for query in asked]
            if found:
                rows[row, -2:] = np.mean(found, axis=0)[0], np.min(found, axis=0)[1]
        return rows

    def _vectors(self, words: Sequence[str]) -> dict[str, Vectors]:
        """Return a vector for each word; they are cached, since the sentences of an answer share their words."""
        known = self._known if len(self._known) < MOST_KNOWN_WORDS else {}
        new = [word for word in dict.fromkeys(words) if word not in known]
        self._known = known | dict(zip(new, self._embedder.embed(new), strict=True)) if new else known
        return self._known


class _Excerpt:
    """An excerpt, analysed once for all facts of a claim."""

    def __init__(self, text: str, context: str) -> None:
        self.text = text
        order = terms(text)
        self.terms = {*order, *terms(context)}
        self.near = {(one, other) for n, one in enumerate(order) for other in order[max(0, n - NEAR) : n + NEAR + 1]}
        self.words = _words(text)
        self.tokens = TokenSet(f"{context}\n{text}")
        self.numbers = numbers(text)
        self.values = {value for number in self.numbers for value in number.values}
        self.names = names(text)
        self.negations = negations(text)
        self.until = "until" in text.lower()

    @cached_property
    def spans(self) -> dict[str, list[Span]]:
        """The spans of each word."""
        found: dict[str, list[Span]] = {}
        for match in _WORD.finditer(self.text):
            found.setdefault(match[0], []).append(match.span())
        return found

    @cached_property
    def _token_sets(self) -> dict[str, TokenSet]:
        return {word: TokenSet(word) for word in self.spans}

    def spans_of(self, fact: Fact) -> list[Span]:
        """Return the spans of a fact, of a name those of any of its words."""
        if isinstance(fact, Number):
            return [(one.start, one.end) for one in self.numbers if set(one.values) & set(fact.values)]
        found = (
            self.spans[word] for word, looked_up in self._token_sets.items() if looked_up.missing_fraction(fact) < 1
        )
        return sorted(span for spans in found for span in spans)


class _Claim:
    """A claim, analysed once for all excerpts."""

    def __init__(self, question: str, text: str, known: frozenset[str]) -> None:
        self._text = text
        # "One" is no number where it refers to something before.
        self._numbers = [number for number in numbers(text) if text[number.start : number.end].lower() != "one"]
        self._names = [name for name in names(text, known) if not _within(name, self._numbers)]
        self._counts = {number for number in self._numbers if _SUMMING_UP.match(text, number.end)}
        self._facts: list[Fact] = [*self._numbers, *self._names]
        asked = _Excerpt(question, "")
        self._asked_facts = {
            fact for fact in self._facts if fact not in self._counts and self._missing_fraction(asked, fact) == 0
        }
        self._new_terms = set(terms(text)) - asked.terms
        self._terms_of_facts = {term for fact in self._facts for term in terms(text[fact.start : fact.end])}
        beyond = list(text)
        for fact in self._facts:
            beyond[fact.start : fact.end] = " " * (fact.end - fact.start)
        self._words = _words("".join(beyond))
        self._negations = negations(text)
        self._until = "until" in text.lower()
        self._affirmed = set(terms(text)) - {term for negation in self._negations for term in negation.terms}

    def unmatched_terms(self, excerpt: _Excerpt) -> list[str]:
        """Return the words to be embedded: the missing ones and, if any, those of the excerpt."""
        lacking = [word for word, term in self._words.items() if term not in excerpt.terms]
        return [*lacking, *excerpt.words] if lacking else []

    def features(self, excerpt: _Excerpt, vectors: dict[str, Vectors]) -> tuple[float, ...]:
        """Return the features that need no reader, in the order of `SupportFeatures`."""
        return (*self.similarities(excerpt, vectors), self.bigram_overlap(excerpt), *self.mismatches(excerpt))

    def similarities(self, excerpt: _Excerpt, vectors: dict[str, Vectors]) -> tuple[float, float]:
        """Return the mean similarity of the words that are no facts, and the lowest of those not in the question."""
        near, new = [], []
        lacking = any(term not in excerpt.terms for term in self._words.values())
        theirs = np.stack([vectors[other] for other in excerpt.words]) if lacking and excerpt.words else None
        for word, term in self._words.items():
            held = 1.0 if term in excerpt.terms else 0.0
            if not held and theirs is not None:
                held = max(0.0, float((theirs @ vectors[word]).max()))
            near.append(held)
            if term in self._new_terms:
                new.append(held)
        if not near and not self._facts:
            return 0.0, 0.0
        return _mean(near, 1.0), min(new, default=1.0)

    def bigram_overlap(self, excerpt: _Excerpt) -> float:
        """Return the share of the bigrams of the claim whose terms are near each other in the excerpt."""
        return _mean([float(pair in excerpt.near) for pair in pairwise(terms(self._text))], 0.0)

    def mismatches(self, excerpt: _Excerpt) -> tuple[float, ...]:
        """Return the features from missing numbers to words nearer to a distractor."""
        # A fact of the question may be called "it" in the excerpt.
        new = {fact: self._missing_fraction(excerpt, fact) for fact in self._facts if fact not in self._asked_facts}
        own = [negation for negation in self._negations if excerpt.until or not negation.until]
        theirs = [
            negation
            for negation in excerpt.negations
            if (self._until or not negation.until) and not any(negation.matches(one) for one in self._negations)
        ]
        return (
            min(2.0, sum(share for fact, share in new.items() if isinstance(fact, Number))),
            min(2.0, sum(share for fact, share in new.items() if isinstance(fact, Name))),
            float(any(not any(negation.matches(other) for other in excerpt.negations) for negation in own)),
            max((len(self._affirmed.intersection(one.terms)) / len(one.terms) for one in theirs), default=0.0),
            max((self._misattached(excerpt, fact) for fact in self._facts), default=0.0),
        )

    def queries(self, excerpt: _Excerpt) -> list[Query]:
        """Return questions for the reader, one for each fact that the excerpt has, or has a distractor of."""
        found = []
        # There is no plain question for a rank.
        facts = (fact for fact in self._facts if isinstance(fact, Name) or fact.kind != "rank")
        for fact in islice(facts, MOST_FACTS):
            expected, distractors = excerpt.spans_of(fact), self._distractors(excerpt, fact)
            if expected or distractors:
                found.append(Query(to_cloze_question(self._text, fact), expected, distractors))
        return found

    def _missing_fraction(self, excerpt: _Excerpt, fact: Fact) -> float:
        if isinstance(fact, Number):
            if fact in self._counts and not any(_SUMMING_UP.match(excerpt.text, one.end) for one in excerpt.numbers):
                return 0.0
            return float(not excerpt.values.intersection(fact.values))
        return excerpt.tokens.missing_fraction(fact)

    def _distractors(self, excerpt: _Excerpt, fact: Fact) -> list[Span]:
        """Return the spans of other facts of the same kind, names of the claim left out."""
        if isinstance(fact, Number):
            others = [
                one for one in excerpt.numbers if one.kind == fact.kind and not set(one.values) & set(fact.values)
            ]
            return [(one.start, one.end) for one in others]
        own = {word for name in self._names for word in name.words}
        return [(one.start, one.end) for one in excerpt.names if not own.intersection(one.words)]

    def _misattached(self, excerpt: _Excerpt, fact: Fact) -> float:
        """Return the share of the two words next to a fact that are nearer to a distractor of it in the excerpt."""
        expected, distractors = excerpt.spans_of(fact), self._distractors(excerpt, fact)
        if not expected or not distractors:
            return 0.0
        beside = {*terms(self._text[: fact.start])[-1:], *terms(self._text[fact.end :])[:1]}
        beside -= self._terms_of_facts
        places: dict[str, list[Span]] = {term: [] for term in beside}
        for word, spans in excerpt.spans.items():
            for term in beside.intersection(terms(word)):
                places[term] += spans
        nearer = [_distance(at, distractors) - _distance(at, expected) for at in places.values() if at]
        return _mean([float(distance < 0) for distance in nearer], 0.0)


def _within(name: Name, found: Sequence[Number]) -> bool:
    return any(number.start <= name.start and name.end <= number.end for number in found)


def _plain(text: str) -> str:
    """Return the text in lower case with single spaces, without control characters and its final punctuation."""
    one_line = " ".join(text.split())
    return "".join(filter(str.isprintable, one_line)).casefold().rstrip(".!?")


def _words(text: str) -> dict[str, str]:
    """Return the words that carry a subject, in lower case, with their terms."""
    found = ((word, terms(word)) for word in _WORD.findall(text.lower()))
    return {word: stemmed[0] for word, stemmed in found if stemmed}


def _distance(some: Sequence[Span], others: Sequence[Span]) -> int:
    """Return the fewest characters between a span of the one and a span of the other."""
    return min(gap(one, other) for one in some for other in others)


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default
