"""Question and passages -> answer spans.

A span's margin over its passage's no-answer score is comparable between passages. To it is added what the retriever
measured of the sentence and its passage, since each catches what the other misses.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qa.span_model import SpanModel, TokenScores
from qa.split import is_heading
from qa.types import AnswerSpan, Passage

MAX_SPAN_TOKENS = 30
RANKING = (0.362, 3.780, 0.546, 2.419, 2.593, 5.492)
"""What a unit of each measure counts in the order of spans: the five of `AnswerSpan.evidence`, and the passage's score.

Fitted by `make fit-coefficients`."""
_LEAST_MARGIN = -30.0


class SpanReader:
    """Finds the best span of every sentence.

    Parameters
    ----------
    model : SpanModel
    """

    def __init__(self, model: SpanModel) -> None:
        self._model = model

    @property
    def fingerprint(self) -> str:
        """That of the model; see `SpanModel`."""
        return self._model.fingerprint

    def read(self, question: str, passages: Sequence[Passage]) -> list[AnswerSpan]:
        """Return what `read_many` returns for one question."""
        return self.read_many([(question, passages)])[0]

    def read_many(self, questions: Sequence[tuple[str, Sequence[Passage]]]) -> list[list[AnswerSpan]]:
        """Return for each question the best span of every sentence that is not a heading, best first.

        Equal scores keep the order of passages and of sentences.

        Parameters
        ----------
        questions : sequence of (str, sequence of Passage)

        Raises
        ------
        ModelError
            If the model is missing or cannot be loaded.
        """
        pairs = [(question, passage.text) for question, passages in questions for passage in passages]
        scores = iter(self._model.score(pairs) if pairs else ())
        found = [
            [span for passage in passages for span in _passage_spans(passage, next(scores))]
            for _, passages in questions
        ]
        return [sorted(spans, key=lambda span: -span.score) for spans in found]


def _passage_spans(passage: Passage, model: TokenScores) -> list[AnswerSpan]:
    offsets = model.offsets + passage.start
    spans = []
    for sentence in passage.sentences:
        if is_heading(passage.text[sentence.start - passage.start : sentence.end - passage.start]):
            continue
        inside = (offsets[:, 0] >= sentence.start) & (offsets[:, 1] <= sentence.end)
        start, end, margin = sentence.start, sentence.end, _LEAST_MARGIN
        if inside.any():
            first, last, best = best_span(model.scores[inside])
            start, end = int(offsets[inside][first, 0]), int(offsets[inside][last, 1])
            margin = max(best - model.no_answer, _LEAST_MARGIN)
        evidence = (margin, sentence.similarity, sentence.overlap, passage.similarity, passage.overlap)
        spans.append(
            AnswerSpan(
                document_id=passage.document_id,
                start=start,
                end=end,
                excerpt_start=sentence.excerpt_start,
                excerpt_end=sentence.end,
                score=sum(weight * value for weight, value in zip(RANKING, (*evidence, passage.score), strict=True)),
                evidence=evidence,
                passage_score=passage.score,
            )
        )
    return spans


def best_span(scores: NDArray[np.float32], most: int = MAX_SPAN_TOKENS) -> tuple[int, int, float]:
    """Return (first token, last token, score) of the best span.

    Parameters
    ----------
    scores : float array, shape (tokens, 2)
        Start and end scores.
    most : int
        Most tokens in a span.
    """
    count = len(scores)
    together = scores[:, 0][:, np.newaxis] + scores[:, 1][np.newaxis, :]
    length = np.arange(count)[np.newaxis, :] - np.arange(count)[:, np.newaxis]
    together = np.where((length >= 0) & (length < most), together, -np.inf)
    first, last = np.unravel_index(int(together.argmax()), together.shape)
    return int(first), int(last), float(together[first, last])
