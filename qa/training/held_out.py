"""Held-out questions from SQuAD-format files, on which ranking and confidence are fitted.

Each thirty paragraphs of a set serve as an article. Every question is asked three times: about its article, about the
article without the sentences that contain an accepted answer (a near miss), and about the next article (off-topic).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from qa.fitting.cases import Case
from qa.training.examples import HELD_OUT, Paragraph, mentions, read_paragraphs
from qa.types import Document

ARTICLE_PARAGRAPHS = 30
MAX_PARAGRAPHS = 600
"""Limit for each set, since embedding takes time."""


def held_out(files: Sequence[Path], most: int) -> tuple[list[Document], list[Case]]:
    """Return documents and cases from SQuAD-format files, for at most `most` questions of each file."""
    documents: list[Document] = []
    cases: list[Case] = []
    for file in files:
        paragraphs = read_paragraphs(file)[:MAX_PARAGRAPHS]
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
