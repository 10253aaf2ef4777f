"""Run a question set in a folder from which the run can be resumed and measured again.

The folder contains `run.json` (settings, versions and fingerprints; under "asking", how many questions took how long),
`predictions.jsonl` (one answer a line, in the form of ``qa ask --json``, appended as it goes) and, once all questions
are asked, `questions.jsonl` (the set as asked), `scores.jsonl` (one `QuestionScore` a line, in the order of the set),
`metrics.json` and `report.html`. Questions that raised an error are listed in `errors.jsonl` and asked again when the
run is repeated. `qa.evaluation.runs.results.read_run` reads the folder.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from time import perf_counter

from qa.errors import QAError, check_type
from qa.evaluation.datasets.fields import preview
from qa.evaluation.datasets.formats.jsonl import question_to_json
from qa.evaluation.datasets.questions import check_against
from qa.evaluation.datasets.types import Question
from qa.evaluation.metrics.scores import QuestionScore, score
from qa.evaluation.metrics.summary import Metrics, add_cost, summarize
from qa.evaluation.report import REPORT_FILE, write_report
from qa.evaluation.runs.execution import WORKERS, Answerer, Answers, Outcome, ask_all, timed_questions
from qa.evaluation.runs.folder import (
    ERRORS_FILE,
    METRICS_FILE,
    PREDICTIONS_FILE,
    QUESTIONS_FILE,
    RUN_FILE,
    SCORES_FILE,
    append_line,
    check_same,
    iterate_predictions,
    open_folder,
    read_object,
    repair_lines,
    write_json,
    write_lines,
    writing,
)
from qa.evaluation.runs.provenance import describe
from qa.evaluation.runs.ray import RemoteExecutor
from qa.evaluation.runs.results import Run, read_run
from qa.files import as_path
from qa.index.lock import write_lock
from qa.retrieval.request_limits import check_count
from qa.types import Document, JSONObject, Progress


def evaluate(
    bot: Answerer,
    questions: Sequence[Question],
    out: str | Path,
    *,
    always_answer: bool = False,
    strict: bool = False,
    workers: int | None = None,
    answers: Answers = "extractive",
    executor: RemoteExecutor | None = None,
    progress: Progress | None = None,
) -> Run:
    """Ask the questions that the folder does not answer yet, then measure all answers.

    First, up to 200 questions evenly spread over the set are asked one at a time: latencies are theirs. The others
    follow in batches. With a language model, each question is asked separately, `workers` at a time, and all latencies
    count.

    An interrupted run is resumed after the last complete answer. A finished run is measured again without asking
    anything. A question that raises an error is written to `errors.jsonl` and counted; errors of the models or of the
    index end the run, since they would affect every question. While it runs, the folder is locked.

    Parameters
    ----------
    bot : Answerer
    questions : sequence of Question
        With unique ids, as `read_questions` returns them.
    out : str or Path
        The run folder: a new or empty one, or an earlier run of the same set.
    always_answer : bool
        Answer even below the threshold.
    strict : bool
        Stop at the first question that raises an error.
    workers : int, optional
        Batches asked at the same time. Answers and their order do not depend on it. Default:
        `qa.evaluation.runs.execution.WORKERS`.
    answers : str
        "extractive", or "llm" for answers by the language model of the settings. If it fails, the extractive answer is
        used; this is counted, but is not an error.
    executor : RemoteExecutor, optional
        Asks the batches in other processes.
    progress : callable, optional
        Called with (questions done, questions in total): before the first, and after each.

    Returns
    -------
    Run
        Its metrics are those from `qa.evaluation.metrics.summary.summarize` and ``questions_per_second`` (over all
        passes that were not killed, the loading of models included) and ``peak_memory_mb`` (of the process).

    Raises
    ------
    QuestionSetError
        If the questions do not fit the documents, or `out` cannot be used: it is a file, contains other files or a
        damaged run, or a run of other questions, documents or settings, or an unfinished run of other versions.
    QAError
        If `strict` and a question raised an error, or if the settings name no language model for "llm".
    ModelError, IndexFolderError
        If the bot cannot work at all, or another process writes the folder.
    """
    out = as_path("the run folder", out)
    check_type("the bot", bot, Answerer, "a QA, as QA.from_path returns it")
    if answers not in WORKERS:
        raise QAError(f"answers is {answers!r}; expected one of {', '.join(WORKERS)}")
    workers = WORKERS[answers] if workers is None else workers
    check_count("workers", workers)
    if answers == "llm" and not bot.settings.llm_model:
        raise QAError("no language model is configured; set QA_LLM_MODEL, and QA_LLM_URL to its server")
    check_against(questions, bot.documents)
    if not questions:
        raise QAError("the questions are an empty list; at least 1 is needed")
    description = describe(bot, questions, always_answer=always_answer, answers=answers)
    ask = partial(
        ask_all,
        bot,
        timed=timed_questions(questions) if answers == "extractive" else (),
        always_answer=always_answer,
        workers=workers,
        answers=answers,
        ask_batches=executor.ask(description, always_answer=always_answer, answers=answers) if executor else None,
    )
    return resume(out, description, questions, bot.documents, ask, strict=strict, progress=progress)


def resume(
    out: Path,
    description: JSONObject,
    questions: Sequence[Question],
    documents: Mapping[str, Document],
    ask: Callable[[list[Question]], Generator[Outcome, None, None]],
    *,
    timed: bool = True,
    strict: bool = False,
    progress: Progress | None = None,
) -> Run:
    """Ask the questions that the folder of the described run does not answer, then measure all answers.

    Without `timed`, the pass does not count towards the run's throughput. The others are as for `evaluate`.
    """
    earlier = open_folder(out, description)
    # Two runs at once would answer every question twice.
    with write_lock(out):
        repair_lines(out / PREDICTIONS_FILE)
        answered = {prediction["id"] for prediction in iterate_predictions(out / PREDICTIONS_FILE, questions)}
        missing = [question for question in questions if question.id not in answered]
        if missing and "source" not in description:
            # A run must not be half by one version and half by another.
            check_same(out, ("versions",), earlier, description)
        # What failed in an earlier pass is asked again.
        (out / ERRORS_FILE).unlink(missing_ok=True)
        if progress is not None:
            progress(len(answered), len(questions))
        if missing:
            (out / METRICS_FILE).unlink(missing_ok=True)
            started, asked = perf_counter(), 0

            def record_pass() -> None:
                # Interrupted passes count, killed ones do not.
                if timed:
                    write_json(out / RUN_FILE, _with_pass(earlier, asked, perf_counter() - started))

            try:
                with closing(ask(missing)) as outcomes:
                    for outcome in outcomes:
                        _append(out, outcome)
                        asked += 1
                        if outcome.problem and strict:
                            problem = f"question {preview(outcome.question.id)} failed: {outcome.problem}"
                            raise QAError(f"{out}: {problem}; stopped because of strict")
                        if progress is not None:
                            progress(len(answered) + asked, len(questions))
            except BaseException:
                # With a full disk this fails too, and would hide what ended the pass.
                with suppress(QAError):
                    record_pass()
                raise
            record_pass()
        return _finish(out, questions, documents)


def _append(out: Path, outcome: Outcome) -> None:
    """Append an answer to the predictions of a run, or what failed to its errors."""
    question, answer, problem = outcome
    if answer is None:
        append_line(out / ERRORS_FILE, {"id": question.id, "question": question.question, "error": problem})
    else:
        append_line(out / PREDICTIONS_FILE, answer)


def _finish(out: Path, questions: Sequence[Question], documents: Mapping[str, Document]) -> Run:
    """Measure the answers in a run folder, and write metrics, scores and report."""
    description = read_object(out / RUN_FILE)
    scores = _scores(out, description, questions, documents)
    metrics = add_cost(summarize(scores, questions) | _throughput(description), description["settings"])
    write_lines(out / QUESTIONS_FILE, map(question_to_json, questions))
    write_lines(out / SCORES_FILE, map(asdict, scores))
    # Last, since a folder with metrics.json is a finished run.
    write_json(out / METRICS_FILE, metrics)
    finished = read_run(out)
    with writing(out / REPORT_FILE):
        write_report(finished, documents)
    return finished


def _scores(
    out: Path, description: JSONObject, questions: Sequence[Question], documents: Mapping[str, Document]
) -> list[QuestionScore]:
    """Score the questions of a run, in the order of the set; one without a prediction counts as an error."""
    predictions = {one["id"]: one for one in iterate_predictions(out / PREDICTIONS_FILE, questions)}
    scores = [score(question, predictions.get(question.id), documents) for question in questions]
    if description["answers"] != "extractive":
        return scores
    # The time of a question in a batch is not what a user would wait.
    timed = timed_questions(questions)
    return [one if one.id in timed else replace(one, latency_ms=None) for one in scores]


def _with_pass(description: JSONObject, questions: int, seconds: float) -> JSONObject:
    """Return the content of `run.json` with another pass added under "asking".

    Questions that failed, and the time in which models were loaded, are included.
    """
    before = _asked(description)
    peaks = [peak for peak in (before["peak_memory_mb"], _peak_memory_mb()) if peak is not None]
    now = {
        "questions": before["questions"] + questions,
        "seconds": before["seconds"] + seconds,
        "peak_memory_mb": max(peaks, default=None),
    }
    return {**description, "asking": now}


def _throughput(description: JSONObject) -> Metrics:
    """Return "questions_per_second" and "peak_memory_mb" over all passes in a `run.json`; None if unknown."""
    asked = _asked(description)
    rate = asked["questions"] / asked["seconds"] if asked["seconds"] else None
    return {"questions_per_second": rate, "peak_memory_mb": asked["peak_memory_mb"]}


def _peak_memory_mb() -> float | None:
    """Return the peak memory of this process in megabytes (1,000,000 bytes); None on Windows."""
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # In bytes on macOS, in units of 1024 bytes elsewhere.
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6


def _asked(description: JSONObject) -> JSONObject:
    # Early runs recorded none.
    return {"questions": 0, "seconds": 0.0, "peak_memory_mb": None, **description.get("asking", {})}
