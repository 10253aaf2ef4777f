"""SQuAD-format question sets -> training examples, each a question with one window of text.

A third of the examples have no answer: a part of the same paragraph that lacks it, or another paragraph that keyword
search ranks high for the question. Without them a reader finds an answer everywhere.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import bm25s
import numpy as np

from qa.keyword import terms
from qa.split import sentence_spans

WINDOW_SIZES = (250, 420, 420, 600, 600)
"""Most characters in a window; one is drawn for each example."""
LONGEST_WINDOW = 900
SAME_PARAGRAPH_SHARE = 0.30
RETRIEVED_SHARE = 0.32
HARD_NEGATIVES = 4


@dataclass(frozen=True, slots=True)
class Example:
    """A question, a window of text, and the answer's span in the window; (-1, -1) when it is not there."""

    question: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Paragraph:
    text: str
    sentences: tuple[tuple[int, int], ...]
    questions: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]


def make_examples(files: Sequence[Path], seed: int) -> list[Example]:
    """Read SQuAD-format files and make examples of all their questions, in a fixed random order.

    Parameters
    ----------
    files : sequence of Path
    seed : int
        Equal seeds and files give equal examples.
    """
    generator = random.Random(seed)  # noqa: S311 -- no secret
    examples = [example for file in files for example in _examples_of(_paragraphs(file), generator)]
    generator.shuffle(examples)
    return examples


def _paragraphs(file: Path) -> list[_Paragraph]:
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
            paragraphs.append(_Paragraph(text, tuple(sentence_spans(text)) or ((0, len(text)),), questions))
    return paragraphs


def _examples_of(paragraphs: Sequence[_Paragraph], generator: random.Random) -> Iterator[Example]:
    keyword = bm25s.BM25()
    keyword.index([terms(paragraph.text) or [""] for paragraph in paragraphs], show_progress=False)
    for number, paragraph in enumerate(paragraphs):
        for question, answers in paragraph.questions:
            text, start = max(answers, key=answers.count)
            end = start + len(text)
            if paragraph.text[start:end] == text:
                first, last = _window(paragraph, start, end, generator)
                if last - first <= LONGEST_WINDOW:
                    yield Example(question, paragraph.text[first:last], start - first, end - first)
            draw = generator.random()
            accepted = {answer for answer, _ in answers}
            negative = None
            if draw < SAME_PARAGRAPH_SHARE:
                negative = _without_answer(paragraph, accepted, generator)
            elif draw < SAME_PARAGRAPH_SHARE + RETRIEVED_SHARE:
                negative = _retrieved(paragraphs, number, keyword, question, accepted, generator)
            if negative:
                yield Example(question, negative[:LONGEST_WINDOW], -1, -1)


def _window(paragraph: _Paragraph, start: int, end: int, generator: random.Random) -> tuple[int, int]:
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


def _without_answer(paragraph: _Paragraph, accepted: set[str], generator: random.Random) -> str | None:
    """Return neighbouring sentences of the paragraph that hold no accepted answer."""
    lacking = [
        not any(answer in paragraph.text[start:end] for answer in accepted) for start, end in paragraph.sentences
    ]
    candidates = [n for n, lacks in enumerate(lacking) if lacks]
    if not candidates:
        return None
    first = last = generator.choice(candidates)
    size = generator.choice(WINDOW_SIZES)
    while (
        last + 1 < len(lacking)
        and lacking[last + 1]
        and paragraph.sentences[last + 1][1] - paragraph.sentences[first][0] <= size
    ):
        last += 1
    return paragraph.text[paragraph.sentences[first][0] : paragraph.sentences[last][1]]


def _retrieved(
    paragraphs: Sequence[_Paragraph],
    own: int,
    keyword: bm25s.BM25,
    question: str,
    accepted: set[str],
    generator: random.Random,
) -> str | None:
    """Return a window of another paragraph that ranks high for the question and holds no accepted answer."""
    wanted: list[str] = [term for term in terms(question) if term in keyword.vocab_dict]
    if not wanted:
        return None
    scores = keyword.get_scores(wanted)
    ranked: list[int] = np.argsort(-scores, kind="stable")[: 2 * HARD_NEGATIVES].tolist()
    wrong = [
        n
        for n in ranked
        if n != own and scores[n] > 0 and not any(answer.lower() in paragraphs[n].text.lower() for answer in accepted)
    ][:HARD_NEGATIVES]
    if not wrong:
        return None
    paragraph = paragraphs[generator.choice(wrong)]
    start, end = max(
        paragraph.sentences, key=lambda span: len(set(wanted) & set(terms(paragraph.text[span[0] : span[1]])))
    )
    first, last = _window(paragraph, start, end, generator)
    return paragraph.text[first:last]
