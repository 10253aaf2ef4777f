"""Held-out questions of SQuAD-format files, to fit ranking and confidence to.

The paragraphs of a set, in runs of thirty, serve as articles. Every question is asked twice within its article: as it
is, and with the sentences that have an accepted answer cut out, which leaves near misses. A third time it is
asked of the next article, which is about something else.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from qa.fitting.cases import Case
from qa.training.examples import HELD_OUT, Paragraph, mentions, read_paragraphs
from qa.types import Document

ARTICLE_PARAGRAPHS = 30
MOST_PARAGRAPHS = 600
"""Taken of each set: embedding them is what takes time."""


def held_out(files: Sequence[Path], most: int) -> tuple[list[Document], list[Case]]:
    """Return documents and cases made of SQuAD-format files, of each file's questions at most so many."""
    documents: list[Document] = []
    cases: list[Case] = []
    for file in files:
        paragraphs = read_paragraphs(file)[:MOST_PARAGRAPHS]
        names = [f"{file.stem}/{number}" for number in range(len(paragraphs))]
        documents += [_document(name, paragraph.text) for name, paragraph in zip(names, paragraphs, strict=True)]
        asked = [
            (number, position)
            for number in range(HELD_OUT - 1, len(paragraphs), HELD_OUT)
            for position in range(len(paragraphs[number].questions))
        ]
        for number, position in random.Random(0).sample(asked, min(most, len(asked))):  # noqa: S311 -- no secret
            for cut, case in _cases(paragraphs, names, number, position, file.stem):
                documents += cut
                cases.append(case)
    return documents, cases


def _cases(
    paragraphs: Sequence[Paragraph], names: Sequence[str], number: int, position: int, source: str
) -> Iterator[tuple[list[Document], Case]]:
    first = number // ARTICLE_PARAGRAPHS * ARTICLE_PARAGRAPHS
    article = range(first, min(first + ARTICLE_PARAGRAPHS, len(names)))
    after = [(article.stop + offset) % len(names) for offset in range(ARTICLE_PARAGRAPHS)]
    question, marked = paragraphs[number].questions[position]
    answers = tuple(dict.fromkeys(answer for answer, _ in marked))
    yield [], Case(question, answers, tuple(names[n] for n in article), "answerable", source)
    kept = [
        paragraphs[number].text[start:end]
        for start, end in paragraphs[number].sentences
        if not mentions(paragraphs[number].text[start:end], answers)
    ]
    others = tuple(names[n] for n in article if n != number and not mentions(paragraphs[n].text, answers))
    rest = _document(f"{names[number]} without {position}", " ".join(kept) or "Nothing.")
    yield [rest], Case(question, answers, (*others, rest.id), "near-miss", source)
    elsewhere = tuple(names[n] for n in after if not mentions(paragraphs[n].text, answers))
    if elsewhere:
        yield [], Case(question, answers, elsewhere, "off-topic", source)


def _document(name: str, text: str) -> Document:
    return Document(id=name, text=text, title=name, source=name)
