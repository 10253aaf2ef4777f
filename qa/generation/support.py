"""A sentence that a language model wrote, and excerpts -> the probability that each excerpt supports it.

No second language model is asked. A logistic model weighs what can be measured: whether the excerpt holds the words of
the sentence, or others that the embedder finds like them; whether it holds its numbers and names, and denies what it
denies; and whether the reader, asked for a fact of the sentence, finds the same in the excerpt (see
`qa.generation.qa_consistency`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray

from qa.generation.qa_consistency import MOST_MARGIN, Fact, Query, asking
from qa.generation.support_model import WEAKLY_SUPPORTED, SupportFeatures, support_probabilities
from qa.models.span_model import SpanModel
from qa.text.names import Name, TokenSet, capitals, names
from qa.text.negation import negations
from qa.text.numbers import Number, numbers
from qa.text.spans import gap
from qa.text.tokens import terms
from qa.types import Embedder, Span, Vectors

MOST_FACTS = 6
"""Numbers and names of a sentence that the reader is asked for."""
MOST_COMPARED = 100
"""Numbers and names of a sentence that is checked at all."""
LONGEST_CLAIM, LONGEST_EXCERPT = 2_000, 10_000
"""Characters of what is checked at all: the work grows with the length of the one times that of the other."""
NEAR = 3
"""Terms by which two that stand together may be apart."""
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
        """Return for each excerpt the probability that it supports the claim, 0 to 1; 1 where it says it word for word.

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
        measures = self.measures(question, claim, read, context, WEAKLY_SUPPORTED)
        found = support_probabilities(measures)
        said = _plain(_FRAME.sub("", claim))
        scores[rows] = np.where([_plain(excerpt) == said for excerpt in read], 1.0, found)
        return scores.tolist()

    def measures(
        self, question: str, claim: str, excerpts: Sequence[str], context: str = "", least: float = 0.0
    ) -> NDArray[np.float64]:
        """Return the `SupportFeatures` of each excerpt, shape (excerpts, features).

        The reader is not asked where, whatever it said, the score would stay below `least`: what would be best stands
        for what it says. The other parameters are as of `score`.
        """
        if not excerpts:
            return np.zeros((0, len(SupportFeatures._fields)))
        held = _Claim(question, _FRAME.sub("", claim), capitals((question, context, *excerpts)))
        texts = [_Excerpt(excerpt, context) for excerpt in excerpts]
        vectors = self._vectors([word for text in texts for word in held.unlike(text)])
        rows = np.array(
            [
                (*held.likeness(text, vectors), held.together(text), *held.compared(text), *_BEST_READING)
                for text in texts
            ]
        )
        open_ = np.flatnonzero(support_probabilities(rows) >= least).tolist()
        queries = [held.queries(texts[row]) for row in open_]
        pairs = [(query.text, excerpts[row]) for row, asked in zip(open_, queries, strict=True) for query in asked]
        answers = iter(self._span_model.score(pairs) if pairs else ())
        for row, asked in zip(open_, queries, strict=True):
            found = [query.margins(next(answers)) for query in asked]
            if found:
                rows[row, -2:] = np.mean(found, axis=0)[0], np.min(found, axis=0)[1]
        return rows

    def _vectors(self, words: Sequence[str]) -> dict[str, Vectors]:
        """Return a vector for each word; they are kept, since the sentences of an answer share their words."""
        known = self._known if len(self._known) < MOST_KNOWN_WORDS else {}
        new = [word for word in dict.fromkeys(words) if word not in known]
        self._known = known | dict(zip(new, self._embedder.embed(new), strict=True)) if new else known
        return self._known


class _Excerpt:
    """What is read off an excerpt once for all that it is asked."""

    def __init__(self, text: str, context: str) -> None:
        self.text = text
        order = terms(text)
        self.terms = {*order, *terms(context)}
        self.near = {(one, other) for n, one in enumerate(order) for other in order[max(0, n - NEAR) : n + NEAR + 1]}
        self.words = _words(text)
        self.held = TokenSet(f"{context}\n{text}")
        self.numbers = numbers(text)
        self.values = {value for number in self.numbers for value in number.values}
        self.names = names(text)
        self.denials = negations(text)
        self.until = "until" in text.lower()

    @cached_property
    def spans(self) -> dict[str, list[Span]]:
        """Where each word stands."""
        found: dict[str, list[Span]] = {}
        for match in _WORD.finditer(self.text):
            found.setdefault(match[0], []).append(match.span())
        return found

    @cached_property
    def _looked_up(self) -> dict[str, TokenSet]:
        return {word: TokenSet(word) for word in self.spans}

    def spans_of(self, fact: Fact) -> list[Span]:
        """Return where a fact stands, a name by any of its words."""
        if isinstance(fact, Number):
            return [(one.start, one.end) for one in self.numbers if set(one.values) & set(fact.values)]
        found = (
            self.spans[word] for word, looked_up in self._looked_up.items() if looked_up.missing_fraction(fact) < 1
        )
        return sorted(span for spans in found for span in spans)


class _Claim:
    """A claim, and what of it an excerpt can be held to."""

    def __init__(self, question: str, text: str, known: frozenset[str]) -> None:
        self._text = text
        # "One" counts nothing where it stands for something said before.
        self._numbers = [number for number in numbers(text) if text[number.start : number.end].lower() != "one"]
        self._names = [name for name in names(text, known) if not _within(name, self._numbers)]
        self._counts = {number for number in self._numbers if _SUMMING_UP.match(text, number.end)}
        self._facts: list[Fact] = [*self._numbers, *self._names]
        asked = _Excerpt(question, "")
        self._asked_facts = {
            fact for fact in self._facts if fact not in self._counts and self._lacking(asked, fact) == 0
        }
        self._new_terms = set(terms(text)) - asked.terms
        self._terms_of_facts = {term for fact in self._facts for term in terms(text[fact.start : fact.end])}
        beyond = list(text)
        for fact in self._facts:
            beyond[fact.start : fact.end] = " " * (fact.end - fact.start)
        self._words = _words("".join(beyond))
        self._denials = negations(text)
        self._until = "until" in text.lower()
        self._affirmed = set(terms(text)) - {term for denial in self._denials for term in denial.terms}

    def unlike(self, excerpt: _Excerpt) -> list[str]:
        """Return the words to be embedded: those that the excerpt lacks, and those that it has."""
        lacking = [word for word, term in self._words.items() if term not in excerpt.terms]
        return [*lacking, *excerpt.words] if lacking else []

    def likeness(self, excerpt: _Excerpt, vectors: dict[str, Vectors]) -> tuple[float, float]:
        """Return how far the excerpt holds the words that are no facts, and the least held of those not asked with."""
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

    def together(self, excerpt: _Excerpt) -> float:
        """Return the share of the pairs of terms next to each other that stand near each other in the excerpt."""
        return _mean([float(pair in excerpt.near) for pair in pairwise(terms(self._text))], 0.0)

    def compared(self, excerpt: _Excerpt) -> tuple[float, ...]:
        """Return the measures from the numbers that the excerpt lacks to the words that stand nearer to a rival."""
        # A fact of the question may be called "it" in the excerpt.
        new = {fact: self._lacking(excerpt, fact) for fact in self._facts if fact not in self._asked_facts}
        own = [denial for denial in self._denials if excerpt.until or not denial.until]
        theirs = [
            denial
            for denial in excerpt.denials
            if (self._until or not denial.until) and not any(denial.matches(one) for one in self._denials)
        ]
        return (
            min(2.0, sum(share for fact, share in new.items() if isinstance(fact, Number))),
            min(2.0, sum(share for fact, share in new.items() if isinstance(fact, Name))),
            float(any(not any(denial.matches(other) for other in excerpt.denials) for denial in own)),
            max((len(self._affirmed.intersection(one.terms)) / len(one.terms) for one in theirs), default=0.0),
            max((self._astray(excerpt, fact) for fact in self._facts), default=0.0),
        )

    def queries(self, excerpt: _Excerpt) -> list[Query]:
        """Return questions for the reader, one for each fact that the excerpt holds or has a rival of."""
        found = []
        # There is no plain question for a rank.
        facts = (fact for fact in self._facts if isinstance(fact, Name) or fact.kind != "rank")
        for fact in islice(facts, MOST_FACTS):
            wanted, rivals = excerpt.spans_of(fact), self._rivals(excerpt, fact)
            if wanted or rivals:
                found.append(Query(asking(self._text, fact), wanted, rivals))
        return found

    def _lacking(self, excerpt: _Excerpt, fact: Fact) -> float:
        if isinstance(fact, Number):
            if fact in self._counts and not any(_SUMMING_UP.match(excerpt.text, one.end) for one in excerpt.numbers):
                return 0.0
            return float(not excerpt.values.intersection(fact.values))
        return excerpt.held.missing_fraction(fact)

    def _rivals(self, excerpt: _Excerpt, fact: Fact) -> list[Span]:
        """Return where other facts of the same kind stand, names of the claim left out."""
        if isinstance(fact, Number):
            others = [
                one for one in excerpt.numbers if one.kind == fact.kind and not set(one.values) & set(fact.values)
            ]
            return [(one.start, one.end) for one in others]
        own = {word for name in self._names for word in name.words}
        return [(one.start, one.end) for one in excerpt.names if not own.intersection(one.words)]

    def _astray(self, excerpt: _Excerpt, fact: Fact) -> float:
        """Return the share of the two words beside a fact that stand nearer to a rival of it in the excerpt."""
        wanted, rivals = excerpt.spans_of(fact), self._rivals(excerpt, fact)
        if not wanted or not rivals:
            return 0.0
        beside = {*terms(self._text[: fact.start])[-1:], *terms(self._text[fact.end :])[:1]}
        beside -= self._terms_of_facts
        places: dict[str, list[Span]] = {term: [] for term in beside}
        for word, spans in excerpt.spans.items():
            for term in beside.intersection(terms(word)):
                places[term] += spans
        nearer = [_distance(at, rivals) - _distance(at, wanted) for at in places.values() if at]
        return _mean([float(distance < 0) for distance in nearer], 0.0)


def _within(name: Name, found: Sequence[Number]) -> bool:
    return any(number.start <= name.start and name.end <= number.end for number in found)


def _plain(text: str) -> str:
    """Return the text with single spaces, whatever its case, without the sign at its end."""
    return " ".join(text.split()).casefold().rstrip(".!?")


def _words(text: str) -> dict[str, str]:
    """Return the words that carry a subject, in lower case, with their terms."""
    found = ((word, terms(word)) for word in _WORD.findall(text.lower()))
    return {word: stemmed[0] for word, stemmed in found if stemmed}


def _distance(some: Sequence[Span], others: Sequence[Span]) -> int:
    """Return the fewest characters between a span of the one and a span of the other."""
    return min(gap(one, other) for one in some for other in others)


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default
