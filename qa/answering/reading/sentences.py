"""Sentences of passages as evidence that the reader did not choose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qa.answering.reading.scoring import span_features
from qa.documents.tables import is_content, read_passage
from qa.protocols import AnswerSpan
from qa.types import Passage, SentenceMatch

_PRONOUN = re.compile(r"(?:he|she|it|they|his|her|its|their|this|these)\b", re.IGNORECASE)
_NUMBERING = re.compile(r"\W*\d+(?:[.)]\s|(?:\.\d+)+\W)")
_SOURCES = re.compile(r"(?:references|citations|footnotes|works cited|bibliography)\b", re.IGNORECASE)
_CITED = re.compile(r"\b(?:Retrieved|Archived from|Accessed) |\bdoi\b|\bISBN\b|\bet al\b|\bpp?\. ?\d|\((?:19|20)\d\d\)")
_QUESTION = re.compile(r"\?[*_\"')\]\u201d]*(?:\(#[^()\s]*\))?\Z")  # also as a link to where it is answered
_NOT_READ = -30.0
"""Margin of a sentence that was not read."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage, with its text; the cells of a table row are preceded by the names of their columns."""

    passage: Passage
    match: SentenceMatch
    text: str

    @property
    def named_in(self) -> str:
        """The text in which its subject is named: after a leading pronoun, the paragraph up to it as well."""
        if not _PRONOUN.match(self.text):
            return self.text
        before = self.passage.text[: self.match.start - self.passage.start]
        return before[before.rfind("\n") + 1 :] + self.text

    @property
    def score(self) -> float:
        """Cosine plus the share of the question's terms."""
        return self.match.similarity + self.match.overlap

    def span(self, start: int | None = None, end: int | None = None) -> AnswerSpan:
        """Return it as an answer span; by default the whole sentence."""
        return AnswerSpan(
            document_id=self.passage.document_id,
            start=self.match.start if start is None else start,
            end=self.match.end if end is None else end,
            excerpt_start=self.match.excerpt_start,
            excerpt_end=self.match.end,
            score=self.score,
            features=span_features((_NOT_READ, _NOT_READ, _NOT_READ), self.match, self.passage),
            passage_score=self.passage.score,
            confidence=0.0,
        )


def is_answer_candidate(passage: Passage, sentence: SentenceMatch) -> bool:
    """Return whether a sentence of a passage can be an answer.

    A question, an image, a heading or a bibliographic reference cannot. In plain text, a line with a number may look
    like a heading without being one.
    """
    if _SOURCES.match(passage.heading) and _CITED.search(passage.text):
        return False
    text = _text_of(passage, sentence)
    is_heading = passage.headings == text or passage.headings.endswith(f": {text}")
    numbered = is_heading and re.search(r"\d", _NUMBERING.sub("", text, count=1))
    return is_content(text) and not (is_heading and not numbered) and not _QUESTION.search(text)


class Overlaps:
    """Compares the overlap of each sentence that can be an answer, and that of its passage, with those of the others.

    An overlap is a share of the question's terms.

    Parameters
    ----------
    passages : sequence of Passage
        All that were found for the question.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        candidates = [
            (sentence.overlap, passage.overlap)
            for passage in passages
            for sentence in passage.sentences
            if is_answer_candidate(passage, sentence)
        ]
        self._highest = [sorted(values, reverse=True)[:2] for values in zip(*candidates, strict=True)]

    def leads(self, sentence: SentenceMatch, passage: Passage) -> tuple[float, float]:
        """Return by how much the overlaps of a candidate and of its passage exceed the highest of the others."""
        first, second = map(_lead, (sentence.overlap, passage.overlap), self._highest)
        return first, second


def _lead(value: float, highest: Sequence[float]) -> float:
    """Return a value minus the highest of the others, given the two highest of all; 0 without another."""
    return value - highest[value == highest[0]] if len(highest) > 1 else 0.0


def sentences(passages: Sequence[Passage], *, headings: bool = False) -> Iterator[Sentence]:
    """Yield the sentences of passages that can be answers, in order, or all of them with the headings."""
    for passage in passages:
        for match in passage.sentences:
            if headings or is_answer_candidate(passage, match):
                span = match.start, match.end
                text = read_passage(passage, span).text if match.cells else _text_of(passage, match)
                yield Sentence(passage, match, text)


def _text_of(passage: Passage, sentence: SentenceMatch) -> str:
    return passage.text[sentence.start - passage.start : sentence.end - passage.start]
