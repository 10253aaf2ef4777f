"""Make training examples from SQuAD-format question sets, each a question with one window of text.

More than a third of the examples have no answer: the paragraph with its answering sentences cut out, another paragraph
that keyword search ranks high, or the question with one of its names or numbers replaced. Without them, a reader finds
an answer everywhere. Each pass over the questions draws other windows, other annotators' answers, other negatives.
"""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import bm25s
import numpy as np

from qa.documents.chunking import sentence_spans
from qa.text.names import names
from qa.text.numbers import numbers
from qa.text.tokens import terms
from qa.types import Span

WINDOW_SIZES = (250, 420, 600, 800)
"""Limits of characters in a window; one is drawn for each example."""
MAX_WINDOW_CHARACTERS = 900
CUT_OUT_SHARE = 0.40
RETRIEVED_SHARE = 0.30
EXCHANGED_SHARE = 0.25
"""Of the questions with a name or number after the first word, if the paragraph contains another."""
HARD_NEGATIVES = 4
HELD_OUT = 10
"""The questions of every tenth paragraph are kept out of training, to fit the confidence on."""
CROWDED_CONTEXTS = 12
"""Limit of questions about a paragraph in one pass; QAMR has over thirty about one sentence."""


class Example(NamedTuple):
    """A question, a window of text, and the span of the answer in it; (-1, -1) if there is none."""

    question: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, its sentences, its questions with (answer, start) pairs, and the article's title."""

    text: str
    sentences: tuple[Span, ...]
    questions: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]
    title: str = ""


def make_examples(files: Sequence[Path], seed: int, passes: int = 1) -> list[Example]:
    """Read SQuAD-format files and make examples from all questions, in a fixed random order that the seed decides.

    The examples of one pass over the questions come before those of the next.
    """
    sets = [_Set(read_paragraphs(file)) for file in files]
    examples = []
    for number in range(passes):
        generator = random.Random(f"{seed} {number}")  # noqa: S311 -- no secret
        drawn = [example for one in sets for example in one.examples(generator)]
        generator.shuffle(drawn)
        examples += drawn
    return examples


def read_paragraphs(file: Path) -> list[Paragraph]:
    """Read a SQuAD-format file; questions without an accepted answer are left out."""
    paragraphs = []
    for article in json.loads(file.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            text = paragraph["context"]
            questions = tuple(
                (
                    question["question"],
                    tuple((answer["text"], int(answer["answer_start"])) for answer in question["answers"]),
                )
                for question in paragraph["qas"]
                if question["question"].strip() and question["answers"]
            )
            sentences = tuple(sentence_spans(text)) or ((0, len(text)),)
            paragraphs.append(Paragraph(text, sentences, questions, article.get("title", "").replace("_", " ")))
    return paragraphs


class _Set:
    """The paragraphs of one file, with keyword search over them."""

    def __init__(self, paragraphs: Sequence[Paragraph]) -> None:
        self._paragraphs = paragraphs
        self._keyword = bm25s.BM25()
        self._keyword.index([terms(paragraph.text) or [""] for paragraph in paragraphs], show_progress=False)

    def examples(self, generator: random.Random) -> Iterator[Example]:
        for number, paragraph in enumerate(self._paragraphs):
            if number % HELD_OUT == HELD_OUT - 1:
                continue
            questions = list(paragraph.questions)
            if len(questions) > CROWDED_CONTEXTS:
                questions = generator.sample(questions, CROWDED_CONTEXTS)
            for question, answers in questions:
                yield from self._examples_of(number, paragraph, question, answers, generator)

    def _examples_of(
        self,
        number: int,
        paragraph: Paragraph,
        question: str,
        answers: Sequence[tuple[str, int]],
        generator: random.Random,
    ) -> Iterator[Example]:
        text, start = generator.choice(answers)
        end = start + len(text)
        first, last = _window(paragraph, start, end, generator)
        if paragraph.text[start:end] == text and last - first <= MAX_WINDOW_CHARACTERS:
            yield Example(question, paragraph.text[first:last], start - first, end - first)
            if generator.random() < EXCHANGED_SHARE and (other := _exchanged(question, paragraph.text, generator)):
                yield Example(other, paragraph.text[first:last], -1, -1)
        accepted = {answer for answer, _ in answers}
        if generator.random() < CUT_OUT_SHARE and (lacking := _without_answer(paragraph, accepted, start, generator)):
            yield Example(question, lacking, -1, -1)
        if generator.random() < RETRIEVED_SHARE and (wrong := self._retrieved(number, question, accepted, generator)):
            yield Example(question, wrong, -1, -1)

    def _retrieved(self, own: int, question: str, accepted: set[str], generator: random.Random) -> str | None:
        """Return a window of another paragraph that ranks high for the question, without an accepted answer."""
        wanted: list[str] = [term for term in terms(question) if term in self._keyword.vocab_dict]
        if not wanted:
            return None
        scores = self._keyword.get_scores(wanted)
        ranked: list[int] = np.argsort(-scores, kind="stable")[: 2 * HARD_NEGATIVES].tolist()
        wrong = [n for n in ranked if n != own and scores[n] > 0 and not mentions(self._paragraphs[n].text, accepted)][
            :HARD_NEGATIVES
        ]
        if not wrong:
            return None
        paragraph = self._paragraphs[generator.choice(wrong)]
        start, end = max(
            paragraph.sentences, key=lambda span: len(set(wanted) & set(terms(paragraph.text[span[0] : span[1]])))
        )
        first, last = _window(paragraph, start, end, generator)
        return paragraph.text[first:last][:MAX_WINDOW_CHARACTERS]


def mentions(text: str, answers: Collection[str]) -> bool:
    """Return whether the text contains one of the answers, in any case, even within a word."""
    return any(answer.lower() in text.lower() for answer in answers)


def _exchanged(question: str, text: str, generator: random.Random) -> str | None:
    """Return the question with a name or number replaced by another of its kind from the text."""
    own, others = _facts(question), _facts(text)
    if not own:
        return None
    start, end, kind = generator.choice(own)
    written = question[start:end]
    fit = sorted(
        other
        for other in {text[first:last] for first, last, other_kind in others if other_kind == kind}
        if other not in question and written not in other
    )
    return question[:start] + generator.choice(fit) + question[end:] if fit else None


def _facts(text: str) -> list[tuple[int, int, str]]:
    """Return spans and kinds of the names in a text, except at its start, and of numbers in digits."""
    found = [(name.start, name.end, "name") for name in names(text) if name.start]
    return found + [(one.start, one.end, one.kind) for one in numbers(text) if text[one.start].isdigit()]


def _window(paragraph: Paragraph, start: int, end: int, generator: random.Random) -> Span:
    """Return the span of whole sentences around a span, grown at random sides up to a random size."""
    sentences, size = paragraph.sentences, generator.choice(WINDOW_SIZES)
    first = max((n for n, sentence in enumerate(sentences) if sentence[0] <= start), default=0)
    last = max((n for n, sentence in enumerate(sentences) if sentence[0] < end), default=first)
    while True:
        before = first > 0 and sentences[last][1] - sentences[first - 1][0] <= size
        after = last + 1 < len(sentences) and sentences[last + 1][1] - sentences[first][0] <= size
        if not before and not after:
            return sentences[first][0], sentences[last][1]
        if before and (not after or generator.random() < 0.5):
            first -= 1
        else:
            last += 1


def _without_answer(paragraph: Paragraph, accepted: set[str], near: int, generator: random.Random) -> str | None:
    """Return the sentences nearest to `near` without an accepted answer, joined."""
    lacking = [span for span in paragraph.sentences if not mentions(paragraph.text[span[0] : span[1]], accepted)]
    kept: list[Span] = []
    size = generator.choice(WINDOW_SIZES)
    for start, end in sorted(lacking, key=lambda span: abs(span[0] - near)):
        if kept and sum(last - first for first, last in kept) + end - start > size:
            break
        kept.append((start, end))
    return " ".join(paragraph.text[start:end].strip() for start, end in sorted(kept))[:MAX_WINDOW_CHARACTERS] or None
