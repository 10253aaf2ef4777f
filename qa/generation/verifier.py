"""A generated sentence -> whether its sources support it, and the smallest excerpts that do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from qa.claims import Quotation, Support
from qa.documents.structure import is_heading
from qa.documents.tables import is_ruled_header, read_row
from qa.generation.quotations import place, quotations
from qa.generation.reply_parser import CitedSentence
from qa.generation.support import LONGEST_CLAIM, SupportScorer
from qa.generation.support_model import support_of
from qa.text.spans import adjoins, overlaps
from qa.text.tokens import terms
from qa.types import Document, Passage

_MOST_SENTENCES = 3
# Least rise of the score that a further sentence must bring; a low score need only double.
_GAIN = 0.02
_INSTRUCTION = re.compile(
    r"[\W_]*(?:please\s+)?(?:tell|say|reply|respond|answer|ignore|disregard|repeat|pretend)\b", re.IGNORECASE
)
_FEWEST_SHARED_TERMS = 2
"""Terms that a sentence must share with the claim to support it: one alone may be a coincidence."""


class Excerpt(NamedTuple):
    """A span of a document that supports a sentence."""

    document_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Verified:
    """The verdict on one sentence.

    Attributes
    ----------
    support, score : str, float
        The verdict, and the probability that the excerpts support the sentence, 0 to 1.
    excerpts : tuple of Excerpt
        In the order of the passages cited, disjoint; none when it is unsupported.
    quotations : tuple of Quotation
    """

    support: Support
    score: float
    excerpts: tuple[Excerpt, ...]
    quotations: tuple[Quotation, ...]


class Verifier:
    """Verifies the sentences of a generated answer against the passages that they cite."""

    def __init__(self, scorer: SupportScorer) -> None:
        self._scorer = scorer

    def verify(
        self, question: str, sentence: CitedSentence, passages: Sequence[Passage], documents: Mapping[str, Document]
    ) -> Verified:
        """Return the verdict on a sentence.

        A sentence that cites no passage, cites one that does not exist, or is too long to be a sentence is unsupported.
        Else it is scored against the best sentence of the cited passages; further sentences are added while they raise
        the score and it is not supported yet. It is weakly supported at best where a quotation is altered or not found
        in these passages, or where its evidence shares one term only with it or is an instruction ("Tell the reader
        that ...").

        Parameters
        ----------
        question : str
            The standalone question.
        sentence : CitedSentence
        passages : sequence of Passage
            Those that the model was given, in the order of their numbers, from 1.
        documents : mapping of str to Document
            Those that the passages are of, by id.
        """
        if len(sentence.text) > LONGEST_CLAIM:
            return Verified("unsupported", 0.0, (), ())
        named = [passages[number - 1] for number in sentence.named if 1 <= number <= len(passages)]
        quoted = quotations(sentence.text, named)
        if not named or len(named) < len(sentence.named):
            return Verified("unsupported", 0.0, (), quoted)
        chosen, score = self._search(question, sentence.text, quoted, named, documents)
        support = support_of(score)
        misquoted = any(quotation.verdict != "verbatim" for quotation in quoted)
        instructed = any(_INSTRUCTION.match(_text([one], documents)) for one in chosen)
        if support == "supported" and (misquoted or instructed or _loosely_related(sentence.text, chosen, documents)):
            support = "weakly supported"
        if support == "unsupported":
            return Verified(support, score, (), quoted)
        touch = partial(_adjoin, documents=documents)
        return Verified(support, score, tuple(merged(chosen, touch)), quoted)

    def _search(
        self,
        question: str,
        claim: str,
        quoted: Sequence[Quotation],
        passages: Sequence[Passage],
        documents: Mapping[str, Document],
    ) -> tuple[list[Excerpt], float]:
        """Return the set of sentences that supports the claim best, and its score."""
        candidates = list(dict.fromkeys(_candidates(passages, documents)))
        titles = dict.fromkeys(documents[passage.document_id].title for passage in passages)
        context = ". ".join(titles)
        # The sentences quoted are always shown.
        quoting = list(dict.fromkeys(_quoting(claim, quoted, passages, candidates)))
        chosen: list[Excerpt] = quoting[:_MOST_SENTENCES]
        best = -1.0
        if chosen:
            best = self._scorer.score(question, claim, [_text(chosen, documents)], context)[0]
        while len(chosen) < _MOST_SENTENCES and support_of(max(best, 0.0)) != "supported":
            rest = [candidate for candidate in candidates if candidate not in chosen]
            if not rest:
                break
            together = [sorted([*chosen, one], key=candidates.index) for one in rest]
            scores = self._scorer.score(question, claim, [_text(one, documents) for one in together], context)
            highest = max(range(len(rest)), key=scores.__getitem__)
            if scores[highest] < min(best + _GAIN, 2 * max(best, 0.0)):
                break
            chosen, best = together[highest], scores[highest]
        return chosen, max(best, 0.0)


def _loosely_related(claim: str, excerpts: Sequence[Excerpt], documents: Mapping[str, Document]) -> bool:
    """Return whether one of the sentences shares hardly any term with the claim."""
    own = set(terms(claim))
    fewest = min(_FEWEST_SHARED_TERMS, len(own))
    return any(len(own.intersection(terms(_text([one], documents)))) < fewest for one in excerpts)


def _candidates(passages: Sequence[Passage], documents: Mapping[str, Document]) -> Iterator[Excerpt]:
    for passage in passages:
        text = documents[passage.document_id].text
        for sentence in passage.sentences:
            words = text[sentence.start : sentence.end]
            if not is_heading(words) and not is_ruled_header(words):
                yield Excerpt(passage.document_id, sentence.excerpt_start, sentence.end)


def _quoting(
    claim: str, quoted: Sequence[Quotation], passages: Sequence[Passage], candidates: Sequence[Excerpt]
) -> Iterator[Excerpt]:
    """Yield the sentences that contain the verbatim quotations of a claim."""
    for quotation in quoted:
        for passage in passages if quotation.verdict == "verbatim" else ():
            span = place(claim[quotation.start : quotation.end], passage)
            if span is not None:
                yield from (one for one in candidates if overlap(one, Excerpt(passage.document_id, *span)))
                break


def _text(excerpts: Sequence[Excerpt], documents: Mapping[str, Document]) -> str:
    """Return the text of excerpts; rows of tables have the names of their columns."""
    spans = ((documents[one.document_id], (one.start, one.end)) for one in excerpts)
    return " ".join(read_row(document, span) or document.text[slice(*span)] for document, span in spans)


def merged(excerpts: Iterable[Excerpt], touch: Callable[[Excerpt, Excerpt], bool]) -> list[Excerpt]:
    """Return the excerpts in their order, those that touch as one."""
    done: list[Excerpt] = []
    for excerpt in excerpts:
        touching = [one for one in done if touch(one, excerpt)]
        whole = Excerpt(
            excerpt.document_id,
            min(one.start for one in (*touching, excerpt)),
            max(one.end for one in (*touching, excerpt)),
        )
        done = [whole if touching and one is touching[0] else one for one in done if one not in touching[1:]]
        done += [] if touching else [excerpt]
    return done


def overlap(one: Excerpt, other: Excerpt) -> bool:
    """Return whether two excerpts share a character."""
    return one.document_id == other.document_id and overlaps((one.start, one.end), (other.start, other.end))


def _adjoin(one: Excerpt, other: Excerpt, documents: Mapping[str, Document]) -> bool:
    """Return whether two excerpts overlap, or follow each other within a paragraph."""
    text = documents[one.document_id].text
    return one.document_id == other.document_id and adjoins((one.start, one.end), (other.start, other.end), text)
