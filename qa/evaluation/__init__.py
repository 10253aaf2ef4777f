"""Question sets, metrics and runs: how well the bot answers questions whose answers are known."""

from qa.evaluation.analysis.compare import Comparison, compare
from qa.evaluation.analysis.risk_control import Calibration, calibrate
from qa.evaluation.batch import evaluate
from qa.evaluation.datasets.answers import contains_answer, normalize_answer
from qa.evaluation.datasets.questions import check_against, read_questions, read_set, read_sets
from qa.evaluation.datasets.types import Evidence, Question
from qa.evaluation.metrics.retrieval import touches
from qa.evaluation.metrics.scores import QuestionScore, is_verbatim, score
from qa.evaluation.metrics.squad import exact_match, token_f1
from qa.evaluation.metrics.summary import MEASURES, Measure, Metrics, summarize
from qa.evaluation.runs.execution import Answerer
from qa.evaluation.runs.results import Run, read_run

load_questions = read_questions  # the same function, by the name that users know from the guide

__all__ = [
    "MEASURES",
    "Answerer",
    "Calibration",
    "Comparison",
    "Evidence",
    "Measure",
    "Metrics",
    "Question",
    "QuestionScore",
    "Run",
    "calibrate",
    "check_against",
    "compare",
    "contains_answer",
    "evaluate",
    "exact_match",
    "is_verbatim",
    "load_questions",
    "normalize_answer",
    "read_questions",
    "read_run",
    "read_set",
    "read_sets",
    "score",
    "summarize",
    "token_f1",
    "touches",
]
