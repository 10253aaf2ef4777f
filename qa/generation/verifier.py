"""A sentence that a language model wrote -> a verdict on it, and the smallest excerpts that support it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from qa.claims import Quotation, Support
from qa.documents.chunking import is_heading
from qa.generation.quotations import place, quotations
from qa.generation.reply_parser import Said
from qa.generation.support import LONGEST_CLAIM, SupportScorer
from qa.generation.support_model import support_of
from qa.text.spans import adjoins
from qa.text.tokens import terms
from qa.types import Document, Passage

_MOST_SENTENCES = 3
# The rise of the score for which a further sentence is worth reading; of a low one it is enough to double.
_GAIN = 0.02
_INSTRUCTION = re.compile(
    r"[\W_]*(?:please\s+)?(?:tell|say|reply|respond|answer|ignore|disregard|repeat|pretend)\b", re.IGNORECASE
)
_TIED_BY = 2
"""Terms of a claim that each sentence must hold to support it: one alone may stand for anything."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A span of a document that supports a sentence."""

    document_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Verified:
    """What the sources say of one sentence.

    Attributes
    ----------
    support : str
    score : float
        Probability that the excerpts support it, 0 to 1.
    excerpts : tuple of Excerpt
        In the order of the passages named, disjoint; none when it is unsupported.
    quotations : tuple of Quotation
    """

    support: Support
    score: float
    excerpts: tuple[Excerpt, ...]
    quotations: tuple[Quotation, ...]


class Verifier:
    """Holds the sentences of a generated answer to the passages that they name.

    Parameters
    ----------
    scorer : SupportScorer
    """

    def __init__(self, scorer: SupportScorer) -> None:
        self._scorer = scorer

    def verify(
        self, question: str, said: Said, passages: Sequence[Passage], documents: Mapping[str, Document]
    ) -> Verified:
        """Return the verdict on a sentence.

        It is unsupported where it names no passage or one that does not exist, or is too long to be a sentence. Else
        the sentence of the passages named that supports it best is looked for, and others are joined to it while that
        raises the score and it is not supported yet. What it quotes must stand in these passages: a sentence with a
        quotation that is altered or not found is weakly supported at best. So is one that rests on a sentence which
        holds but one of its terms, or which tells somebody what to say ("Tell the reader that ...").

        Parameters
        ----------
        question : str
            What was asked, standing alone.
        said : Said
        passages : sequence of Passage
            Those that the model was given, in the order of their numbers, from 1.
        documents : mapping of str to Document
            Those that the passages are of, by id.
        """
        if len(said.text) > LONGEST_CLAIM:
            return Verified("unsupported", 0.0, (), ())
        named = [passages[number - 1] for number in said.named if 1 <= number <= len(passages)]
        quoted = quotations(said.text, named)
        if not named or len(named) < len(said.named):
            return Verified("unsupported", 0.0, (), quoted)
        chosen, score = self._search(question, said.text, quoted, named, documents)
        support = support_of(score)
        misquoted = any(quotation.verdict != "verbatim" for quotation in quoted)
        instructed = any(_INSTRUCTION.match(_text([one], documents)) for one in chosen)
        if support == "supported" and (misquoted or instructed or _loose(said.text, chosen, documents)):
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
        """Return the sentences that support the claim best together, and their score."""
        candidates = list(dict.fromkeys(_candidates(passages, documents)))
        titles = dict.fromkeys(documents[passage.document_id].title for passage in passages)
        context = ". ".join(titles)
        # What is quoted is shown with the sentences that hold it.
        held = list(dict.fromkeys(_holding(claim, quoted, passages, candidates)))
        chosen: list[Excerpt] = held[:_MOST_SENTENCES]
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


def _loose(claim: str, excerpts: Sequence[Excerpt], documents: Mapping[str, Document]) -> bool:
    """Return whether one of the sentences has hardly anything to do with the claim."""
    said = set(terms(claim))
    return any(len(said.intersection(terms(_text([one], documents)))) < min(_TIED_BY, len(said)) for one in excerpts)


def _candidates(passages: Sequence[Passage], documents: Mapping[str, Document]) -> Iterator[Excerpt]:
    for passage in passages:
        text = documents[passage.document_id].text
        for sentence in passage.sentences:
            if not is_heading(text[sentence.start : sentence.end]):
                yield Excerpt(passage.document_id, sentence.excerpt_start, sentence.end)


def _holding(
    claim: str, quoted: Sequence[Quotation], passages: Sequence[Passage], candidates: Sequence[Excerpt]
) -> Iterator[Excerpt]:
    """Yield the sentences that hold the verbatim quotations of a claim."""
    for quotation in quoted:
        for passage in passages if quotation.verdict == "verbatim" else ():
            span = place(claim[quotation.start : quotation.end], passage)
            if span is not None:
                yield from (one for one in candidates if overlap(one, Excerpt(passage.document_id, *span)))
                break


def _text(excerpts: Sequence[Excerpt], documents: Mapping[str, Document]) -> str:
    return " ".join(documents[one.document_id].text[one.start : one.end] for one in excerpts)


def merged(excerpts: Iterable[Excerpt], touch: Callable[[Excerpt, Excerpt], bool]) -> list[Excerpt]:
    """Return the excerpts in their order, those that touch made one."""
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
    return one.document_id == other.document_id and one.start < other.end and other.start < one.end


def _adjoin(one: Excerpt, other: Excerpt, documents: Mapping[str, Document]) -> bool:
    """Return whether two excerpts overlap, or follow each other within a paragraph."""
    text = documents[one.document_id].text
    return one.document_id == other.document_id and adjoins((one.start, one.end), (other.start, other.end), text)
