"""Cut articles into chunks as they are embedded, each with its sentences and questions.

A question goes with the sentences that answer it, which are the positives. The other sentences of its chunk, and those
of the chunks next to it, are hard negatives, so that neighbouring chunks of an article stay together as a group.
"""

from __future__ import annotations

import random
from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import tokenizers

from qa.documents.chunking import split
from qa.evaluation import read_set
from qa.index.builder import chunk_text
from qa.settings import Settings
from qa.training.examples import HELD_OUT, Paragraph, read_paragraphs
from qa.types import Chunk, Document, Span

MAX_QUESTION_TOKENS = 48
GROUP_CHUNKS = 8
"""Limit of chunks in a group."""
JOINED_PARAGRAPHS = 8
"""Paragraphs without a common title that are joined to an article; in QAMR, each is one sentence."""
CROWDED, CROWDED_QUESTIONS = 20, 4
"""Of a paragraph with more questions than the first number, only the second number is used."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The word pieces of a question, and the sentences of its chunk that answer it."""

    ids: array[int]
    answering: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """The word pieces of a chunk, the span of each sentence in them, and its questions."""

    ids: array[int]
    sentences: tuple[Span, ...]
    questions: tuple[Asked, ...]


Group = tuple[Context, ...]
"""Neighbouring chunks of one article."""


@dataclass(frozen=True, slots=True)
class Article:
    """A document, and the questions about it, each with the spans that answer it."""

    document: Document
    questions: tuple[tuple[str, tuple[Span, ...]], ...]


def paragraph_articles(file: Path) -> list[Article]:
    """Read a SQuAD-format file, each paragraph as an article; every tenth is held out, as for the reader."""
    return [_article(f"{file.stem}/{number}", [one]) for number, one in enumerate(_kept(file))]


def joined_articles(file: Path) -> list[Article]:
    """Read a SQuAD-format file, joining the paragraphs of each title, and the others eight at a time."""
    by_title: dict[str, list[Paragraph]] = defaultdict(list)
    for paragraph in _kept(file):
        by_title[paragraph.title].append(paragraph)
    alone = [run[0] for run in by_title.values() if len(run) == 1]
    runs = [(title, run) for title, run in by_title.items() if len(run) > 1]
    runs += [("", alone[first : first + JOINED_PARAGRAPHS]) for first in range(0, len(alone), JOINED_PARAGRAPHS)]
    return [_article(f"{file.stem}/{number}", run, title) for number, (title, run) in enumerate(runs)]


def written_articles(folder: Path) -> list[Article]:
    """Read articles written for training and the questions that they answer."""
    questions, documents = read_set(folder)
    asked: dict[str, list[tuple[str, tuple[Span, ...]]]] = defaultdict(list)
    for question in questions:
        if question.answerable and question.document:
            spans = tuple((one.start, one.end) for one in question.evidence)
            asked[question.document].append((question.question, spans))
    return [Article(document, tuple(asked[document.id])) for document in documents]


def make_groups(articles: Iterable[Article], tokenizer: tokenizers.Tokenizer) -> list[Group]:
    """Cut articles into chunks as an index does, and group neighbours, without groups that lack questions.

    Only the truncation of the tokenizer is used.
    """
    budget, found = Settings().chunk_tokens, []
    for article in articles:
        contexts = [_context(article, chunk, tokenizer) for chunk in split(article.document, budget)]
        parts = -(-len(contexts) // GROUP_CHUNKS)
        size = -(-len(contexts) // max(parts, 1))
        cut = [tuple(contexts[first : first + size]) for first in range(0, len(contexts), max(size, 1))]
        found += [group for group in cut if any(context.questions for context in group)]
    return found


def _context(article: Article, chunk: Chunk, tokenizer: tokenizers.Tokenizer) -> Context:
    embedded = chunk_text(article.document, chunk)
    offset = len(embedded.before)
    encoding = tokenizer.encode(embedded.before + embedded.text)
    spans = [(offset + start, offset + end) for start, end in embedded.spans]
    sentences = [span for span in _word_pieces(encoding.offsets, spans) if span]
    questions = []
    for question, evidence in article.questions:
        answering = tuple(
            position
            for position, (start, end) in enumerate(chunk.sentences[: len(sentences)])
            if any(start < last and first < end for first, last in evidence)
        )
        if answering:
            questions.append(Asked(array("H", tokenizer.encode(question).ids[:MAX_QUESTION_TOKENS]), answering))
    return Context(array("H", encoding.ids), tuple(sentences), tuple(questions))


def _word_pieces(offsets: Sequence[Span], spans: Sequence[Span]) -> list[Span | None]:
    """Return the word pieces in each span of a text; None if the text was truncated before it."""
    inside = [[n for n, (first, last) in enumerate(offsets) if first < end and last > start] for start, end in spans]
    return [(numbers[0], numbers[-1] + 1) if numbers else None for numbers in inside]


def _kept(file: Path) -> list[Paragraph]:
    return [one for number, one in enumerate(read_paragraphs(file)) if number % HELD_OUT != HELD_OUT - 1]


def _article(name: str, paragraphs: Sequence[Paragraph], title: str = "") -> Article:
    generator = random.Random(name)  # noqa: S311 -- no secret
    text = f"# {title}\n\n" if title else ""
    asked = []
    for paragraph in paragraphs:
        questions = list(paragraph.questions)
        if len(questions) > CROWDED:
            questions = generator.sample(questions, CROWDED_QUESTIONS)
        for question, answers in questions:
            spans = dict.fromkeys((len(text) + start, len(text) + start + len(answer)) for answer, start in answers)
            asked.append((question, tuple(spans)))
        text += f"{paragraph.text}\n\n"
    return Article(Document(name, text, title, source=name), tuple(asked))
