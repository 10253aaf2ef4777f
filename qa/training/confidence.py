"""The fit of `qa.decide`: a logistic model of "the first excerpt holds an accepted answer" on question sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.cite import cite
from qa.evaluation import Question, holds_answer
from qa.pipeline import QA
from qa.retrieve import Retriever

RIDGE = 0.5


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model and how it does on the questions that it was fitted on.

    Attributes
    ----------
    intercept : float
    weights : tuple of float
        One for each of a span's `evidence`.
    auroc : float
        Chance that an answerable question gets a higher confidence than an unanswerable one.
    answered_right : tuple of (float, float, float)
        For thresholds 0.05 apart: threshold, share of answerable questions answered with the answer in the first
        excerpt, share of unanswerable ones declined.
    """

    intercept: float
    weights: tuple[float, ...]
    auroc: float
    answered_right: tuple[tuple[float, float, float], ...]


def fit(bot: QA, questions: Sequence[Question]) -> Fit:
    """Ask every question and fit.

    Answerable questions whose first excerpt lacks the answer count as wrong, like unanswerable ones.
    """
    from sklearn.metrics import roc_auc_score

    retriever = Retriever(bot.index, bot.embedder, bot.settings.passage_tokens)
    evidence, right, answerable = [], [], []
    for question in questions:
        passages = retriever.retrieve(question.question, bot.settings.passages_read)
        spans = bot.reader.read(question.question, passages)
        first = cite(spans, bot.documents, bot.settings.max_citations, bot.settings.citation_margin)[0]
        evidence.append(spans[0].evidence)
        right.append(question.answerable and holds_answer(first.text, question.answers))
        answerable.append(question.answerable)
    measured, correct, known = np.array(evidence), np.array(right), np.array(answerable)
    intercept, weights = _logistic(measured, correct)
    probability = 1 / (1 + np.exp(-(intercept + measured @ weights)))
    thresholds = [round(0.05 * step, 2) for step in range(1, 20)]
    return Fit(
        intercept=intercept,
        weights=tuple(weights.tolist()),
        auroc=float(roc_auc_score(known, probability)),
        answered_right=tuple(
            (
                limit,
                float((correct & (probability >= limit))[known].mean()),
                float((probability < limit)[~known].mean()),
            )
            for limit in thresholds
        ),
    )


def _logistic(evidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> tuple[float, NDArray[np.float64]]:
    """Fit by maximum likelihood with a weak ridge; no weight below zero, so that more evidence never counts against."""
    from scipy.optimize import minimize

    signs = np.where(correct, 1.0, -1.0)

    def loss(parameters: NDArray[np.float64]) -> float:
        logits = parameters[0] + evidence @ parameters[1:]
        return float(np.logaddexp(0, -signs * logits).sum() + RIDGE * (parameters[1:] ** 2).sum())

    start = np.zeros(evidence.shape[1] + 1)
    found = minimize(loss, start, method="L-BFGS-B", bounds=[(None, None), *[(0, None)] * evidence.shape[1]])
    return float(found.x[0]), found.x[1:]
