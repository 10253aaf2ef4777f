"""Held-out questions from SQuAD-format files, on which ranking and confidence are fitted, and a table of thresholds.

Each thirty paragraphs of a set serve as an article. Every question is asked three times: about its article, about the
article without the sentences that contain an accepted answer (a near miss), and about the next article (off-topic).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from qa.answering.reading.scoring import ReaderCoefficients
from qa.fitting.cases import Case, LabelledSpans
from qa.protocols import SpanFeatures
from qa.training.examples import HELD_OUT, Paragraph, mentions, read_paragraphs
from qa.types import Document

THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))
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


def threshold_table(labelled: Sequence[LabelledSpans], coefficients: ReaderCoefficients) -> Iterator[str]:
    """Yield the AUROC of answerable cases against near misses, then the lines of a table.

    For each threshold: the share of answerable cases that are answered with the answer in the first excerpt, and the
    shares of near misses and off-topic cases that are declined.
    """
    from sklearn.metrics import roc_auc_score

    weights = (*coefficients.ranking, coefficients.ranking_passage_score)
    best = [int((one.features @ weights).argmax()) for one in labelled]
    right = np.array([one.right[n] for one, n in zip(labelled, best, strict=True)])
    confidences = np.array(
        [coefficients.confidence_in(SpanFeatures(*one.features[n, :-1])) for one, n in zip(labelled, best, strict=True)]
    )
    kinds = np.array([one.case.kind for one in labelled])
    answerable, near, off = (kinds == kind for kind in ("answerable", "near-miss", "off-topic"))
    area = roc_auc_score(answerable[answerable | near], confidences[answerable | near])
    yield f"{len(labelled)} cases; AUROC, answerable against near misses: {area:.3f}"
    yield "threshold  answered right  near misses declined  off-topic declined"
    for limit in THRESHOLDS:
        answered = (right & (confidences >= limit))[answerable].mean()
        declined, off_declined = ((confidences < limit)[kind].mean() for kind in (near, off))
        yield f"{limit:9.2f}  {answered:14.1%}  {declined:20.1%}  {off_declined:18.1%}"


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
