"""Make examples from articles written for training, each a question with one passage.

The questions avoid the words of the article, and the article does not answer a quarter of them. The passages are those
that the retriever finds for each question, as in use: the one with the answer, and hard negatives from the same
article. An existing reader chooses the negatives that it is most confident of.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

from qa.answering.reading.reader import best_span
from qa.evaluation import Question, read_set
from qa.models.span_model import SpanModel, TokenScores
from qa.pipeline import QA
from qa.retrieval.hybrid import Retriever
from qa.training.examples import MAX_WINDOW_CHARACTERS, Example, mentions
from qa.types import Passage

PASSAGE_TOKENS = (56, 104, 160)
"""Sizes of passages to draw from; the middle one is read in use."""
PASSAGES = 6
"""Passages retrieved for each question and size."""
NEGATIVES = 2
"""Hard negatives per question and pass; if a reader chooses, one fewer for an answerable question."""
HIGHEST_MARGIN = 5.0
"""A hard negative with a larger margin is left out, since it may answer in other words."""


@dataclass(frozen=True, slots=True)
class Written:
    """The passages of a question with the answer marked, one of each size, and those without it."""

    answering: tuple[Example, ...]
    negatives: tuple[Example, ...]
    answerable: bool

    def draw(self, generator: random.Random) -> Iterator[Example]:
        """Yield the examples of one pass."""
        if self.answering:
            yield generator.choice(self.answering)
        yield from generator.sample(self.negatives, min(NEGATIVES, len(self.negatives)))

    def hard_negatives(self, reader: SpanModel) -> Written:
        """Return a copy with only the negatives that the reader is most confident of."""
        scores = reader.score([(one.question, one.text) for one in self.negatives])
        margins = [_margin(each) for each in scores]
        surest_first = sorted(range(len(margins)), key=lambda number: -margins[number])
        if self.answerable:
            taken = [number for number in surest_first if margins[number] < HIGHEST_MARGIN][: NEGATIVES - 1]
        else:
            taken = surest_first[:NEGATIVES]
        return replace(self, negatives=tuple(self.negatives[number] for number in taken))


def written_examples(
    folder: Path, bot: QA, seed: int, passes: int, reader: SpanModel | None = None, articles: int | None = None
) -> list[Example]:
    """Find the passages of all questions in a folder such as `data/training/train`, and draw examples in some passes.

    The documents of the bot are replaced by the articles, of which `articles` are drawn; all if None. The reader
    chooses the negatives; without it, they are drawn at random.
    """
    questions, documents = read_set(folder)
    if articles is not None:
        documents = tuple(random.Random(seed).sample(documents, articles))  # noqa: S311 -- no secret
        names = {document.id for document in documents}
        questions = tuple(question for question in questions if question.document in names)
    bot.replace(documents)
    found = _passages(questions, bot)
    if reader:
        found = [one.hard_negatives(reader) for one in found]
    generator = random.Random(f"written {seed}")  # noqa: S311 -- no secret
    return [example for _ in range(passes) for one in found for example in one.draw(generator)]


def _passages(questions: Sequence[Question], bot: QA) -> list[Written]:
    searches = [(question.question, [question.document or ""]) for question in questions]
    by_size = [Retriever(bot.index, bot.embedder, size).retrieve_many(searches, PASSAGES) for size in PASSAGE_TOKENS]
    return [_written(question, passages) for question, *passages in zip(questions, *by_size, strict=True)]


def _written(question: Question, by_size: Sequence[Sequence[Passage]]) -> Written:
    answering = [example for passages in by_size for example in _answering(question, passages)[:1]]
    texts = {passage.text[:MAX_WINDOW_CHARACTERS]: None for passages in by_size for passage in passages}
    lacking = [Example(question.question, text, -1, -1) for text in texts if not mentions(text, question.answers)]
    return Written(tuple(answering), tuple(lacking), question.answerable)


def _margin(scores: TokenScores) -> float:
    """Return the margin of the best span over "not answered here"."""
    return best_span(scores.scores)[2] - scores.no_answer if len(scores.scores) else -inf


def _answering(question: Question, passages: Sequence[Passage]) -> list[Example]:
    """Return examples for the passages with an accepted answer within the evidence."""
    found = []
    for passage in passages:
        for evidence in question.evidence:
            low, high = max(0, evidence.start - passage.start), max(0, evidence.end - passage.start)
            for answer in question.answers:
                start = passage.text.find(answer, low, high)
                if start >= 0 and start + len(answer) <= MAX_WINDOW_CHARACTERS:
                    text = passage.text[:MAX_WINDOW_CHARACTERS]
                    found.append(Example(question.question, text, start, start + len(answer)))
    return found
