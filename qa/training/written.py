"""Articles written for training and the questions about them -> examples, each a question with one passage.

Their questions avoid the article's words, and a quarter of them ask for what the article does not say. The passages are
those that the retriever finds for each question, so that what is trained on is what is read later: the one that holds
the answer, and its nearest rivals within the same article.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa.evaluation import Question, read_questions
from qa.load import load_paths
from qa.pipeline import QA
from qa.retrieve import Retriever
from qa.training.examples import LONGEST_WINDOW, Example, holds
from qa.training.held_out import Case
from qa.types import Document, Passage

ARTICLES, QUESTIONS = "articles", "questions"
SOURCE = "written"
PASSAGE_TOKENS = (1, 56, 104, 160)
"""Sizes of the passages drawn from; 104 is what is read later. The smallest gives sentences alone, which are too."""
PASSAGES = 6
"""Taken of each question and size, as rivals of the answer."""
RIVALS = 2
"""Drawn for each question in one pass."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one size for a question in its article.

    Attributes
    ----------
    answering : Example or None
        The best passage that holds the marked answer.
    lacking : tuple of Example
        Passages without any accepted answer.
    """

    answering: Example | None
    lacking: tuple[Example, ...]


def draw(by_size: Sequence[Found], generator: random.Random) -> Iterator[Example]:
    """Yield the examples of one pass over a question: passages of one size, with the answer where it was found."""
    found = generator.choice([one for one in by_size if one.answering] or list(by_size))
    if found.answering:
        yield found.answering
    yield from generator.sample(found.lacking, min(RIVALS, len(found.lacking)))


def read_written(folder: Path) -> tuple[list[Document], list[Question]]:
    """Return the articles and questions of a folder with `articles` and `questions`, both in order of name."""
    documents = load_paths([folder / ARTICLES]).documents
    questions = [one for file in sorted((folder / QUESTIONS).glob("*.jsonl")) for one in read_questions(file)]
    return list(documents), questions


def written_examples(folder: Path, bot: QA, seed: int, passes: int) -> list[Example]:
    """Find the passages of all questions and draw examples.

    Parameters
    ----------
    folder : Path
        With `articles` and `questions`, as `data/training/train`.
    bot : QA
        Takes the articles in; what it held is replaced.
    seed : int
    passes : int
        How often to draw from each question's passages.
    """
    documents, questions = read_written(folder)
    bot.replace(documents)
    found = _passages(questions, bot)
    generator = random.Random(f"written {seed}")  # noqa: S311 -- no secret
    return [example for _ in range(passes) for one in found for example in draw(one, generator)]


def written_cases(folder: Path) -> tuple[list[Document], list[Case]]:
    """Return the articles of a folder, and their questions, each asked of its own article and of the next."""
    documents, questions = read_written(folder)
    after = {one.id: other.id for one, other in zip(documents, [*documents[1:], *documents[:1]], strict=True)}
    cases = []
    for question in questions:
        own = question.document or ""
        kind = "answerable" if question.answerable else "near-miss"
        cases.append(Case(question.question, question.answers, (own,), kind, SOURCE))
        cases.append(Case(question.question, question.answers, (after[own],), "off-topic", SOURCE))
    return documents, cases


def _passages(questions: Sequence[Question], bot: QA) -> list[list[Found]]:
    """Return for each question what is found of each size."""
    searches = [(question.question, [question.document or ""]) for question in questions]
    by_size = [Retriever(bot.index, bot.embedder, size).retrieve_many(searches, PASSAGES) for size in PASSAGE_TOKENS]
    return [
        [_found(question, passages) for passages in found] for question, *found in zip(questions, *by_size, strict=True)
    ]


def _found(question: Question, passages: Sequence[Passage]) -> Found:
    texts = dict.fromkeys(passage.text[:LONGEST_WINDOW] for passage in passages)
    return Found(
        next(iter(_answering(question, passages)), None),
        tuple(Example(question.question, text, -1, -1) for text in texts if not holds(text, question.answers)),
    )


def _answering(question: Question, passages: Sequence[Passage]) -> Iterator[Example]:
    """Yield the passages that hold an accepted answer within the evidence, with its place."""
    for passage in passages:
        for evidence in question.evidence:
            low, high = max(0, evidence.start - passage.start), max(0, evidence.end - passage.start)
            for answer in question.answers:
                place = passage.text.find(answer, low, high)
                if place >= 0 and place + len(answer) <= LONGEST_WINDOW:
                    text = passage.text[:LONGEST_WINDOW]
                    yield Example(question.question, text, place, place + len(answer))
