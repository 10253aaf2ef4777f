"""A reply so far -> the answer that it makes: its sentences, their evidence as citations, and marks on them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import takewhile
from typing import NamedTuple

from qa.answering.citations import citation
from qa.claims import Claim, EvidenceSource, Generated
from qa.generation.evidence import EvidenceFinder, says_absent
from qa.generation.facts import unknown_facts
from qa.generation.judge import Judgement, Pair
from qa.generation.quotations import quotations
from qa.generation.reply_parser import CitedSentence, sentences
from qa.generation.sources import Sources, Unit
from qa.protocols import Embedder
from qa.text.lines import one_line
from qa.text.spans import adjoins, overlaps
from qa.types import Answer, Document

NO_EVIDENCE = "nothing in the documents resembles it"
_BARE = re.compile(r"(?:yes|no|ja|nein|oui|non|s\u00ed|si)[.!,]?", re.IGNORECASE)
_MOST_OF_ITEMS = 12  # units of the items of a list that are the evidence of the sentence that announces it


class Excerpt(NamedTuple):
    """A span of a document that is evidence."""

    document_id: str
    start: int
    end: int


class _Found(NamedTuple):
    numbers: tuple[int, ...]
    source: EvidenceSource


class Draft:
    """A generated answer in the making. Evidence is cached, since a reply is parsed from its start.

    Parameters
    ----------
    extractive : Answer
    sources : Sources
        What the model was given.
    embedder : Embedder
    """

    def __init__(self, extractive: Answer, sources: Sources, embedder: Embedder) -> None:
        self._extractive = extractive
        self._sources = sources
        self._finder = EvidenceFinder(sources, embedder)
        self._named: dict[CitedSentence, _Found] = {}
        self.sentences: list[CitedSentence] = []
        self.found: list[_Found] = []

    def read(self, reply: str, *, ended: bool) -> str:
        """Take a reply so far, and return the words of its unfinished sentence.

        The evidence of sentences that name none is searched for when the reply has ended.
        """
        self.sentences, pending = sentences(reply, ended=ended)
        self.found = [self._find(sentence) for sentence in self.sentences]
        if ended:
            for place, sentence in enumerate(self.sentences):
                if self.found[place].source == "none" and not self._is_bare(place):
                    self.found[place] = self._announced(place) or self._search(place, sentence)
        return pending

    @property
    def declines(self) -> bool:
        """Whether all that the reply says is that the documents do not state it."""
        said = [one for one in self.sentences if one.opens != "heading"]
        return bool(said) and all(
            says_absent(one.text) and found.source == "none" for one, found in zip(said, self.found, strict=False)
        )

    def answer(self, generated: Generated, judgements: Sequence[Judgement] | None = None) -> Answer:
        """Return the answer that the reply makes.

        Parameters
        ----------
        generated : Generated
            All but its claims.
        judgements : sequence of Judgement, optional
            On the `pairs`, in their order; none if no judge was asked, or it failed.
        """
        excerpts = self._excerpts()
        judged = iter(judgements or ())
        claims: list[Claim] = []
        for place, (sentence, found) in enumerate(zip(self.sentences, self.found, strict=True)):
            own = [_excerpt(self._sources.units[number - 1]) for number in found.numbers]
            numbers = tuple(
                n for n, one in enumerate(excerpts, start=1) if any(overlap(one, excerpt) for excerpt in own)
            )
            claim = Claim(sentence.text, numbers, evidence=found.source, opens=sentence.opens, number=sentence.number)
            if self._is_bare(place):
                claims.append(claim)
                continue
            if found.numbers:
                judgement = next(judged) if judgements is not None else None
                claim = self._marked(claim, found.numbers, judgement)
            elif generated.judge and sentence.opens != "heading" and not says_absent(sentence.text):
                claim = replace(claim, verdict="unsupported", missing=NO_EVIDENCE)
            claims.append(claim)
            if place and self._is_bare(place - 1):
                claims[-2] = replace(claims[-2], verdict=claim.verdict)
        generated = replace(generated, claims=tuple(claims))
        cited = (
            citation(n, self._sources.documents[name], (start, end), 1.0)
            for n, (name, start, end) in enumerate(excerpts, start=1)
        )
        return replace(
            self._extractive, text=generated.text, reason=None, citations=tuple(cited), generated=generated,
            span=None, form="span", lead="", parts=(),
        )  # fmt: skip

    def pairs(self) -> list[Pair]:
        """Return each sentence that has evidence, with that evidence under its headings.

        A bare "Yes." or "No." says nothing by itself, and is judged with the sentence after it.
        """
        found: list[Pair] = []
        before = ""
        for place, sentence in enumerate(self.sentences):
            if self._is_bare(place):
                before = f"{sentence.text} "
            elif numbers := self.found[place].numbers:
                found.append(Pair(before + sentence.text, self._evidence(numbers)))
                before = ""
        return found

    def _is_bare(self, place: int) -> bool:
        after = self.sentences[place + 1 : place + 2]
        return bool(after) and after[0].opens == "" and _BARE.fullmatch(self.sentences[place].text) is not None

    def _find(self, sentence: CitedSentence) -> _Found:
        if sentence not in self._named:
            self._named[sentence] = _Found(*self._finder.named(sentence))
        return self._named[sentence]

    def _announced(self, place: int) -> _Found | None:
        """Return the evidence of the items that a sentence such as "There are three:" announces."""
        if not self.sentences[place].text.endswith(":"):
            return None
        rest = list(zip(self.sentences, self.found, strict=True))[place + 1 :]
        items = takewhile(lambda one: one[0].opens in {"", "bullet", "step", "code"}, rest)
        numbers = sorted({number for _, found in items for number in found.numbers})[:_MOST_OF_ITEMS]
        return _Found(tuple(numbers), "found") if numbers else None

    def _search(self, place: int, sentence: CitedSentence) -> _Found:
        near = [number for found in self.found[max(0, place - 1) : place + 2] for number in found.numbers]
        return _Found(*self._finder.search(sentence, near))

    def _excerpts(self) -> list[Excerpt]:
        """Return the excerpts of all sentences; those that were searched for come last, so that no number changes."""
        first = sorted(self.found, key=lambda found: found.source == "found")
        own = []
        for found in first:
            touch = partial(_adjoin, documents=self._sources.documents)
            own += merged((_excerpt(self._sources.units[number - 1]) for number in found.numbers), touch)
        return merged(own, overlap)

    def _marked(self, claim: Claim, numbers: Sequence[int], judgement: Judgement | None) -> Claim:
        """Return a claim with its verdict, and with what its evidence does not have."""
        texts = [self._sources.texts[number - 1] for number in numbers]
        quoted = quotations(claim.text, ["\n".join(texts), self._extractive.searched_for])
        missing, verdict = ("", claim.verdict) if judgement is None else (judgement.missing, judgement.verdict)
        titles = {self._sources.documents[self._sources.units[number - 1].document_id].title for number in numbers}
        paths = {self._sources.units[number - 1].path for number in numbers}
        known = [*texts, self._extractive.question, self._extractive.searched_for, *titles, *paths]
        unknown = [] if claim.opens == "code" else unknown_facts(claim.text, known, self._sources.texts)
        if unknown:
            words = ", ".join(dict.fromkeys(claim.text[start:end] for start, end in unknown))
            missing = missing or f"not in the documents: {words}"
        if verdict == "supported" and (unknown or any(one.verdict != "verbatim" for one in quoted)):
            verdict = "partly"
        return replace(claim, verdict=verdict, missing=missing, quotations=quoted)

    def _evidence(self, numbers: Sequence[int]) -> str:
        lines: list[str] = []
        heading = ""
        for number in numbers:
            unit = self._sources.units[number - 1]
            title = one_line(self._sources.documents[unit.document_id].title)
            path = [one for one in unit.path.split(" > ") if one and one != title]
            above = " > ".join([title, *path])
            lines += [f"{above}:"] * (above != heading)
            lines.append(self._sources.texts[number - 1])
            heading = above
        return "\n".join(lines)


def _excerpt(unit: Unit) -> Excerpt:
    return Excerpt(unit.document_id, unit.start, unit.end)


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
