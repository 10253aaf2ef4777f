"""A reply, complete or partial -> the answer that it makes: sentences, their evidence as citations, and marks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import takewhile

from qa.answering.citations import citations_of
from qa.claims import Claim, EvidenceSource, Generation, Quotation
from qa.generation.evidence import EvidenceFinder, states_nothing
from qa.generation.facts import unknown_facts
from qa.generation.judge import Judgement, Pair
from qa.generation.quotations import quotations
from qa.generation.reply_parser import CitedSentence, sentences
from qa.generation.sources import Sources
from qa.protocols import Embedder
from qa.text.function_words import ENGLISH
from qa.text.lines import one_line
from qa.text.question_language import question_language
from qa.text.spans import adjoins, joined
from qa.types import Answer, Span

NO_EVIDENCE = "nothing in the documents resembles it"
_BARE = re.compile(r"(?:yes|no|ja|nein|oui|non|s\u00ed|si)(?:[.!,]?|(, [^\n]{1,30}))", re.IGNORECASE)
_GOES_ON = re.compile(r"(?:that|this|these|those|so|thus|hence|therefore|in (?:total|all))\b", re.IGNORECASE)
_LIKE_NUMBER = re.compile(r"\bS\s?\d")  # "the S1 line"
_MAX_LIST_EVIDENCE = 12  # units of a list that are the evidence of the sentence that announces it


class Draft:
    """A generated answer while it is written.

    Evidence and marks are cached, since each partial reply is parsed from its start.
    """

    def __init__(self, extractive: Answer, sources: Sources, embedder: Embedder) -> None:
        self._extractive = extractive
        self._sources = sources
        self._finder = EvidenceFinder(sources, embedder)
        self._cited = cache(self._finder.cited)
        self._marks = cache(self._find_marks)
        self._evidence: list[tuple[int, ...]] = []
        self._following: list[tuple[int, ...]] = []
        self._searched: set[int] = set()
        texts = [text for one in sources.documents.values() for text in (one.title, one.text)]
        self._bare = not any(map(_LIKE_NUMBER.search, [extractive.question, extractive.searched_for, *texts]))
        self._english = True
        self.sentences: list[CitedSentence] = []

    def read(self, reply: str, *, ended: bool, truncated: bool = False) -> str:
        """Parse a reply so far, and return the text of its unfinished sentence.

        Once the reply has ended, evidence is searched for sentences that cite none. The unfinished sentence of one that
        was truncated is left out.
        """
        self.sentences, partial = sentences(reply, ended=ended and not truncated, bare=self._bare)
        self._english = self._is_english()
        self._evidence = [self._cited(sentence) for sentence in self.sentences]
        # What announces a list comes after its items.
        for announces in (False, True) if ended else ():
            self._following = self._find_following()
            for index in range(len(self.sentences)):
                if self._announces(index) == announces and not self._evidence[index] and not self._is_bare(index):
                    self._search_evidence(index)
        self._following = self._find_following()
        return "" if truncated else partial

    def _search_evidence(self, index: int) -> None:
        """Search the evidence of a sentence that cites none."""
        before = self._evidence[index - 1] if index else ()
        found = self._announced(index) or self._finder.search(self.sentences[index], self._near(index))
        named = before if _GOES_ON.match(self.sentences[index].text) else ()
        self._evidence[index] = tuple(sorted({*found, *named}))
        self._searched.add(index)

    @property
    def declines(self) -> bool:
        """Whether the reply says only that the documents do not state it."""
        statements = [pair for pair in self._with_evidence() if pair[0].opens != "heading"]
        return bool(statements) and all(states_nothing(sentence) and not numbers for sentence, numbers in statements)

    def answer(self, generated: Generation, judgements: Sequence[Judgement] = ()) -> Answer:
        """Return the answer that the reply makes.

        `generated` has everything but the claims. There is a judgement on each of `pairs`, or none without a judge.
        """
        excerpts = self._excerpts()
        judged = iter(judgements)

        def excerpts_of(numbers: Sequence[int]) -> tuple[int, ...]:
            return tuple(
                n for n, (first, last) in enumerate(excerpts, start=1) if any(first <= one <= last for one in numbers)
            )

        claims: list[Claim] = []
        for index, (sentence, numbers) in enumerate(self._with_evidence()):
            cited = excerpts_of(numbers)
            source: EvidenceSource = "none" if not numbers else "found" if index in self._searched else "cited"
            claim = Claim(sentence.text, cited, evidence=source, opens=sentence.opens, number=sentence.number)
            if self._is_bare(index):
                pass
            elif numbers:
                claim = self._marked(claim, numbers, next(judged, Judgement("not_checked")))
            elif generated.judge and self._needs_evidence(index):
                near = self._near(index)
                judgement = next(judged, Judgement("not_checked")) if near else Judgement("unsupported")
                if judgement.verdict in {"supported", "partly"}:
                    claim = replace(claim, citations=excerpts_of(near), evidence="found")
                    claim = self._marked(claim, near, judgement)
                else:
                    claim = replace(claim, verdict="unsupported", missing=NO_EVIDENCE)
            claims.append(claim)
            if index and self._is_bare(index - 1):
                claims[-2] = replace(claims[-2], verdict=claim.verdict)
        generated = replace(generated, claims=tuple(claims))
        units = self._sources.units
        ends = ((units[first - 1], units[last - 1]) for first, last in excerpts)
        cited_spans = ((self._sources.documents[one.document_id], (one.start, last.end)) for one, last in ends)
        citations = citations_of(cited_spans, 1.0)
        return replace(
            self._extractive, text=generated.text, reason=None, citations=citations, generated=generated,
            span=None, form="span", lead="", parts=(),
        )  # fmt: skip

    def pairs(self) -> list[Pair]:
        """Return each sentence that has evidence, with that evidence under its headings.

        A bare "Yes." or "Yes, you can." is judged together with the sentence after it. One that nothing in the sources
        resembles may follow from the evidence of its neighbours: "She died at 73" from two dates.
        """
        found: list[Pair] = []
        before = ""
        for index, (sentence, numbers) in enumerate(self._with_evidence()):
            if self._is_bare(index):
                before = f"{sentence.text} "
                continue
            given = numbers or (self._near(index) if self._needs_evidence(index) else ())
            if given:
                found.append(Pair(before + sentence.text, self._under_headings(given)))
            before = ""
        return found

    def _with_evidence(self, start: int = 0) -> Iterator[tuple[CitedSentence, tuple[int, ...]]]:
        return ((self.sentences[index], self._evidence[index]) for index in range(start, len(self.sentences)))

    def _near(self, index: int) -> tuple[int, ...]:
        """Return the evidence of the sentence before, and the next evidence in the paragraph, ascending."""
        before = self._evidence[index - 1] if index else ()
        return tuple(sorted({*before, *self._following[index]}))

    def _find_following(self) -> list[tuple[int, ...]]:
        """Return for each sentence the next evidence in its paragraph, in one pass from the end."""
        found: list[tuple[int, ...]] = []
        following: tuple[int, ...] = ()
        for sentence, numbers in zip(reversed(self.sentences), reversed(self._evidence), strict=True):
            found.append(following)
            following = () if sentence.opens else numbers or following
        return found[::-1]

    def _needs_evidence(self, index: int) -> bool:
        """Return whether a sentence without evidence is struck; a search in another language finds little."""
        sentence = self.sentences[index]
        states = sentence.opens != "heading" and not states_nothing(sentence) and not self._announces(index)
        return states and (self._english or bool(sentence.cited))

    def _is_bare(self, index: int) -> bool:
        sentence, *after = self.sentences[index : index + 2]
        bare = _BARE.fullmatch(sentence.text)
        return bool(bare and after and not (sentence.cited and (bare[1] or after[0].opens)))

    def _announces(self, index: int) -> bool:
        """Return whether a sentence announces others, as "There are three:" does; alone, it says nothing."""
        return self.sentences[index].text.endswith(":")

    def _is_english(self) -> bool:
        """Return whether capitals mark names; in German, for example, every noun has one."""
        prose = " ".join(sentence.text for sentence in self.sentences if sentence.opens != "code")
        asked = self._extractive.question
        return {question_language(text) for text in (asked, prose, f"{asked} {prose}")} <= {ENGLISH, ""}

    def _announced(self, index: int) -> tuple[int, ...]:
        """Return the evidence of the items that a sentence such as "There are three:" announces."""
        if not self._announces(index):
            return ()
        items = takewhile(lambda one: one[0].opens in {"", "bullet", "step", "code"}, self._with_evidence(index + 1))
        return tuple(sorted({number for _, numbers in items for number in numbers})[:_MAX_LIST_EVIDENCE])

    def _excerpts(self) -> list[Span]:
        """Return the first and last number of each excerpt; those of all sentences that overlap are one.

        The excerpts that were searched for come last, so that no citation number changes.
        """
        order = sorted(range(len(self._evidence)), key=lambda index: index in self._searched)
        runs = [run for index in order for run in self._runs(self._evidence[index])]
        return sorted(joined(runs), key=lambda one: next(n for n, run in enumerate(runs) if one[0] <= run[0] <= one[1]))

    def _runs(self, numbers: Sequence[int]) -> list[Span]:
        """Return the first and last of ascending numbers whose units follow one another within a paragraph."""
        found: list[Span] = []
        for number in numbers:
            first = found.pop()[0] if found and found[-1][1] == number - 1 and self._follows(number) else number
            found.append((first, number))
        return found

    def _follows(self, number: int) -> bool:
        before, unit = self._sources.units[number - 2 : number]
        text = self._sources.documents[unit.document_id].text
        return before.document_id == unit.document_id and adjoins(
            (before.start, before.end), (unit.start, unit.end), text
        )

    def _marked(self, claim: Claim, numbers: Sequence[int], judgement: Judgement) -> Claim:
        """Return a claim with its verdict, and with what its evidence lacks."""
        quoted, unknown = self._marks(claim.text, tuple(numbers), claim.opens == "code", self._english)
        verdict, missing = judgement.verdict, judgement.missing
        if unknown and not missing:
            words = ", ".join(dict.fromkeys(claim.text[start:end] for start, end in unknown))
            missing = f"not in its excerpts: {words}"
        if verdict == "supported" and (unknown or any(one.verdict != "verbatim" for one in quoted)):
            verdict = "partly"
        return replace(claim, verdict=verdict, missing=missing, quotations=quoted)

    def _find_marks(
        self, text: str, numbers: Sequence[int], is_code: bool, english: bool
    ) -> tuple[tuple[Quotation, ...], list[Span]]:
        """Return the quotations of a claim, and the spans of its numbers and names that its evidence lacks."""
        texts = [self._sources.texts[number - 1] for number in numbers]
        units = [self._sources.units[number - 1] for number in numbers]
        headings = {words for unit in units for words in (self._sources.documents[unit.document_id].title, unit.path)}
        known = [*texts, self._extractive.question, self._extractive.searched_for, *headings]
        quoted = quotations(text, ["\n".join(texts), self._extractive.searched_for])
        return quoted, [] if is_code else unknown_facts(text, known, self._sources.texts, english=english)

    def _under_headings(self, numbers: Sequence[int]) -> str:
        lines: list[str] = []
        heading = ""
        for number in numbers:
            unit = self._sources.units[number - 1]
            title = one_line(self._sources.documents[unit.document_id].title)
            above = " > ".join(filter(None, dict.fromkeys([title, *unit.path.split(" > ")])))
            lines += [f"{above}:"] * (above != heading) + [self._sources.texts[number - 1]]
            heading = above
        return "\n".join(lines)
