"""A finished run, read from its folder."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from qa.errors import QuestionSetError
from qa.evaluation.datasets.questions import read_questions
from qa.evaluation.datasets.types import Question
from qa.evaluation.metrics.scores import QuestionScore
from qa.evaluation.metrics.summary import Metrics
from qa.evaluation.runs.folder import (
    ERRORS_FILE,
    METRICS_FILE,
    PREDICTIONS_FILE,
    QUESTIONS_FILE,
    RUN_FILE,
    SCORES_FILE,
    check_files,
    iterate_predictions,
    numbered_lines,
    parsed,
    read_object,
)
from qa.files import as_path

if TYPE_CHECKING:
    import pandas as pd

    from qa.types import JSONObject

_NEEDED = (RUN_FILE, METRICS_FILE, QUESTIONS_FILE, SCORES_FILE)


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: questions, answers, scores and metrics."""

    folder: Path
    description: JSONObject = field(repr=False)  # content of `run.json`; see `qa.evaluation.batch`
    questions: tuple[Question, ...] = field(repr=False)  # the set as asked
    predictions: dict[str, JSONObject] = field(repr=False)  # answers by question id; a failed question has none
    errors: dict[str, str] = field(repr=False)  # messages by the id of the failed question
    scores: tuple[QuestionScore, ...] = field(repr=False)  # one for each question, in the order of the set
    metrics: Metrics = field(repr=False)  # content of `metrics.json`; see `qa.evaluation.batch.evaluate`

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row for each question, indexed by its id.

        Columns: "question", "answer" (None when declined or failed), "error", the attributes of `QuestionScore`, then
        the question set's extra columns under "extra." and their names.
        """
        import pandas as pd

        rows = [
            {
                "question": question.question,
                "answer": self.predictions.get(question.id, {}).get("answer"),
                "error": self.errors.get(question.id),
                **asdict(score),
                **{f"extra.{name}": value for name, value in question.extra.items()},
            }
            for question, score in zip(self.questions, self.scores, strict=True)
        ]
        return pd.DataFrame(rows).set_index("id")


def read_run(folder: str | Path) -> Run:
    """Read a finished run from its folder.

    Raises
    ------
    QuestionSetError
        If a file is missing, damaged, or does not fit the others; names it.
    """
    folder = as_path("the run folder", folder)
    if not folder.is_dir():
        raise QuestionSetError(f"{folder}: no such folder; create a run with: qa eval --out {folder}")
    if not any((folder / name).exists() for name in (RUN_FILE, PREDICTIONS_FILE)):
        raise QuestionSetError(f"{folder}: is not a run folder: it has no {RUN_FILE}; choose one that qa eval wrote")
    for name in _NEEDED:
        if not (folder / name).is_file():
            raise QuestionSetError(f"{folder / name}: missing: the run is not finished; repeat qa eval")
    check_files(folder)
    questions = read_questions(folder / QUESTIONS_FILE)
    predictions_path = folder / PREDICTIONS_FILE
    predictions = {prediction["id"]: prediction for prediction in iterate_predictions(predictions_path, questions)}
    return Run(
        folder=folder,
        description=read_object(folder / RUN_FILE),
        questions=questions,
        predictions=predictions,
        errors=_read_errors(folder / ERRORS_FILE),
        scores=read_scores(folder / SCORES_FILE, questions),
        metrics=read_object(folder / METRICS_FILE),
    )


def _read_errors(path: Path) -> dict[str, str]:
    errors = {}
    for number, line in numbered_lines(path) if path.exists() else ():
        row = parsed(line)
        if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not isinstance(row.get("error"), str):
            raise QuestionSetError(f"{path}, line {number}: damaged; repeat qa eval with the same --out")
        errors[row["id"]] = row["error"]
    return errors


def read_scores(path: Path, questions: tuple[Question, ...]) -> tuple[QuestionScore, ...]:
    """Read the scores of a run, one for each question; errors as for `read_run`."""
    adapter, scores = TypeAdapter(QuestionScore), []
    for number, line in numbered_lines(path):
        try:
            scores.append(adapter.validate_json(line))
        except ValidationError:
            problem = "damaged or of another version; repeat qa eval with the same --out"
            raise QuestionSetError(f"{path}, line {number}: {problem}") from None
    if [score.id for score in scores] != [question.id for question in questions]:
        raise QuestionSetError(f"{path}: does not fit {QUESTIONS_FILE}; repeat qa eval with the same --out")
    return tuple(scores)
