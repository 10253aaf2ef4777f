"""Fit coefficients on two thirds of a set's documents, and measure their quality on the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

from qa.answering.reading.reader import SpanReader
from qa.answering.reading.scoring import ReaderCoefficients
from qa.errors import QuestionSetError
from qa.evaluation import Metrics, Question, QuestionScore, score, summarize
from qa.evaluation.metrics.scores import document_of
from qa.evaluation.report.figures import LABELS
from qa.evaluation.runs.execution import ask_all
from qa.fitting.cases import cases_of, label
from qa.fitting.coefficients import fit_coefficients
from qa.output.terminal import aligned
from qa.pipeline import QA
from qa.types import Progress

if TYPE_CHECKING:
    from qa.models.span_model import SpanModel

MEASURED_EVERY = 3
"""Every third document is kept for measuring; the others are used to fit."""
MIN_QUESTIONS = {"fit to": {"answerable": 60, "unanswerable": 20}, "measure on": {"answerable": 20, "unanswerable": 10}}
"""Minimum of questions in each part."""
METRICS = (
    "answer_in_first_excerpt",
    "f1",
    "confidence_auroc",
    "declined_answerable",
    "declined_unanswerable",
    "expected_calibration_error",
)
"""The metrics reported."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Questions to fit on and questions to measure on, about different documents."""

    fitted: tuple[Question, ...]
    measured: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """Fitted coefficients, with the `METRICS` of the old and the new coefficients on the other questions."""

    coefficients: ReaderCoefficients
    before: Metrics
    after: Metrics


def split(questions: Sequence[Question], source: str) -> Parts:
    """Split a question set by document; if it is about one, by question. `source` is its name in messages.

    Questions with a history, and answerable ones with neither answers nor evidence, are left out.

    Raises `QuestionSetError` if a part has too few questions.
    """
    usable = [one for one in questions if not one.history and (one.answers or one.evidence or not one.answerable)]
    documents = [document_of(question) for question in usable]
    if len({name for name in documents if name is not None}) < 2:
        documents = [None] * len(usable)
    keys = [(name, question.id if name is None else "") for name, question in zip(documents, usable, strict=True)]
    held_out = set(list(dict.fromkeys(keys))[1::MEASURED_EVERY])
    parts = Parts(
        tuple(question for key, question in zip(keys, usable, strict=True) if key not in held_out),
        tuple(question for key, question in zip(keys, usable, strict=True) if key in held_out),
    )
    for (purpose, fewest), part in zip(MIN_QUESTIONS.items(), (parts.fitted, parts.measured), strict=True):
        for kind, least in fewest.items():
            found = sum(question.answerable == (kind == "answerable") for question in part)
            if found < least:
                raise QuestionSetError(
                    f"{source}: has {found} {kind} questions to {purpose}, at least {least} are needed, and a third of"
                    " the documents is kept to measure on; add questions"
                )
    return parts


def fit(bot: QA, model: SpanModel, parts: Parts, *, source: str, command: str, progress: Progress | None = None) -> Fit:
    """Fit ranking and confidence, and measure them.

    The bot has the documents, and a reader of the model with the old coefficients. `source` and `command`, recorded
    with the coefficients, are the questions and the command that fits them again.
    """
    cases = list(cases_of(parts.fitted, bot.documents, source))
    whole = len(cases) + 2 * len(parts.measured)

    asked = count(1)

    def advance(*_: int) -> None:
        if progress:
            progress(next(asked), whole)

    labelled = label(bot, cases, advance)
    fitted_on = f"{len(parts.fitted)} questions of {source}"
    fitted = fit_coefficients(
        labelled,
        fitted_on=fitted_on,
        command=command,
        reader=model.fingerprint,
        embedder=bot.embedder.fingerprint,
    )
    reader = SpanReader(model, lambda: fitted)
    after = QA(bot.settings, embedder=bot.embedder, reader=reader, generator=bot.generator, index=bot.index)
    return Fit(fitted, *(_measure(one, parts.measured, advance) for one in (bot, after)))


def _measure(bot: QA, questions: Sequence[Question], progress: Progress) -> Metrics:
    """Return the metrics of all questions; answers below the threshold count as declined."""
    scores: list[QuestionScore] = []
    for outcome in ask_all(bot, questions, (), always_answer=True, workers=1):
        found = score(outcome.question, outcome.answer, bot.documents)
        declined = found.confidence is not None and found.confidence < bot.settings.answer_threshold
        scores.append(replace(found, declined=declined))
        progress(len(scores), len(questions))
    metrics = summarize(scores)
    return {name: metrics[name] for name in METRICS}


def fit_to_text(found: Fit) -> str:
    """Return the quality before and after as a table."""
    rows = [("", "before", "after")]
    rows += [(LABELS[name], _shown(name, found.before[name]), _shown(name, found.after[name])) for name in METRICS]
    return "\n".join(aligned(rows, "<>>"))


def _shown(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1%}" if name.startswith(("answer", "declined")) else f"{value:.3f}"
