"""Question sets, metrics and runs: how well the bot answers questions whose answers are known."""

from qa.evaluation.metrics import (
    Metrics,
    QuestionScore,
    exact_match,
    holds_answer,
    is_verbatim,
    normalize_answer,
    score,
    summarize,
    token_f1,
    touches,
)
from qa.evaluation.questions import Evidence, Question, check_against, read_questions
from qa.evaluation.runs import Answerer, measure, run, score_run

__all__ = [
    "Answerer",
    "Evidence",
    "Metrics",
    "Question",
    "QuestionScore",
    "check_against",
    "exact_match",
    "holds_answer",
    "is_verbatim",
    "measure",
    "normalize_answer",
    "read_questions",
    "run",
    "score",
    "score_run",
    "summarize",
    "token_f1",
    "touches",
]
