"""Question sets, metrics and runs: how well the bot answers questions whose answers are known."""

from qa.evaluation.answers import exact_match, holds_answer, normalize_answer, token_f1
from qa.evaluation.asking import Answerer
from qa.evaluation.calibrate import Calibration, calibrate
from qa.evaluation.compare import Comparison, compare
from qa.evaluation.metrics import QuestionScore, is_verbatim, score
from qa.evaluation.questions import Evidence, Question, check_against, read_questions, read_set, read_sets
from qa.evaluation.ranking import touches
from qa.evaluation.results import Run, read_run
from qa.evaluation.runs import evaluate, measure, run, score_run
from qa.evaluation.summary import MEASURES, Measure, Metrics, summarize

load_questions = read_questions

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
    "evaluate",
    "exact_match",
    "holds_answer",
    "is_verbatim",
    "load_questions",
    "measure",
    "normalize_answer",
    "read_questions",
    "read_run",
    "read_set",
    "read_sets",
    "run",
    "score",
    "score_run",
    "summarize",
    "token_f1",
    "touches",
]
