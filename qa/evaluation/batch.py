"""Run a question set and keep the outcome in a folder that can be resumed and measured again.

The folder holds `run.json` (what was run: settings, versions, fingerprints; and under "asking" how many questions took
how long), `predictions.jsonl` (one answer a line, in the form of ``qa ask --json``, appended as it goes) and, once all
is asked, `questions.jsonl` (the set as asked), `scores.jsonl` (one `QuestionScore` a line, in the order of the set) and
`metrics.json`, which `report.html` shows. Questions that raised an error are listed in `errors.jsonl`; they are asked
again when the run is repeated. `qa.evaluation.runs.results.read_run` reads it all back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from qa.errors import QAError
from qa.evaluation.datasets.fields import shown
from qa.evaluation.datasets.formats.jsonl import question_to_json
from qa.evaluation.datasets.questions import Question, check_against
from qa.evaluation.metrics.scores import QuestionScore, score, score_to_json
from qa.evaluation.metrics.summary import Metrics, summarize
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
    mend_predictions,
    open_folder,
    read_object,
    with_answers,
    write_json,
    write_lines,
    writing,
)
from qa.evaluation.runs.latency import speed, with_pass
from qa.evaluation.runs.provenance import describe
from qa.evaluation.runs.ray import Elsewhere
from qa.evaluation.runs.results import Run, read_run

if TYPE_CHECKING:
    from qa.types import Document, Progress


def run(
    bot: Answerer,
    questions: Sequence[Question],
    out: str | Path,
    *,
    always_answer: bool = False,
    strict: bool = False,
    workers: int | None = None,
    answers: Answers = "extractive",
    elsewhere: Elsewhere | None = None,
    progress: Progress | None = None,
) -> Metrics:
    """Ask every question that the folder does not yet answer, then measure all answers.

    At most 200 questions, evenly spread over the set, are asked first and one at a time: the latency is of these. The
    others follow in batches. Where a language model phrases the answers, every question is asked by itself, as many at
    once as there are workers, and the latency is of all.

    An interrupted run goes on after the answers already there; a half-written last line is cut off and its question
    asked again. A finished run is measured anew without asking anything. An error while asking one question is written
    to `errors.jsonl` and counted, and the run goes on; model and index errors end it, since they would meet every
    question. One folder serves one run at a time.

    Parameters
    ----------
    bot : Answerer
    questions : sequence of Question
        With ids of their own, as `read_questions` gives them.
    out : str or Path
        The run folder: a new or empty one, or that of an earlier run of the same.
    always_answer : bool
        Answer even below the threshold.
    strict : bool
        Stop at the first question that raises an error.
    workers : int, optional
        Batches asked side by side: more lets one be searched for while another is read. Answers and their order do not
        depend on it. Default: `qa.evaluation.runs.execution.WORKERS`.
    answers : str
        "extractive", or "llm": phrased by the language model that the settings name. Where it fails the extractive
        answer stands, which is counted and is no error.
    progress : callable, optional
        Called with (questions done, questions in all): before any is asked, and after each.

    Returns
    -------
    dict
        The measures of `qa.evaluation.metrics.summary.summarize`, as written to `metrics.json`, with
        ``questions_per_second`` (over all passes that were not killed, the loading of models included) and
        ``peak_memory_mb`` (of the process).

    Raises
    ------
    QuestionSetError
        When the questions do not fit the documents, or `out` cannot be used: a file, a folder of other things, a
        damaged run, a run of other questions, documents or settings, or an unfinished run of other versions.
    QAError
        When `strict` and a question raised an error, or the settings name no language model that is to answer.
    ModelError, IndexFolderError
        When the bot cannot work at all.
    """
    from qa.evaluation.report import REPORT_FILE, write_report

    out = Path(out)
    workers = WORKERS[answers] if workers is None else workers
    if workers < 1:
        raise QAError(f"workers is {workers}; it must be at least 1")
    if answers == "llm" and not bot.settings.llm_model:
        raise QAError("no language model is set to phrase the answers; set QA_LLM_MODEL, and QA_LLM_URL to its server")
    check_against(questions, bot.documents)
    description = describe(bot, questions, always_answer=always_answer, answers=answers)
    earlier = open_folder(out, description)
    mend_predictions(out / PREDICTIONS_FILE)
    answered = {prediction["id"] for prediction in iterate_predictions(out / PREDICTIONS_FILE, questions)}
    missing = [question for question in questions if question.id not in answered]
    if missing:
        # Half a run by one version and half by another would be measured as if it were one.
        check_same(out, ("versions",), earlier, description)
    # What failed in an earlier pass is asked again in this one.
    (out / ERRORS_FILE).unlink(missing_ok=True)
    if progress is not None:
        progress(len(answered), len(questions))
    if missing:
        (out / METRICS_FILE).unlink(missing_ok=True)
        started, asked = perf_counter(), 0

        def note_pass() -> None:
            # An interrupted pass counts too; of one that was killed, neither questions nor time do.
            write_json(out / RUN_FILE, with_pass(earlier, asked, perf_counter() - started))

        try:
            timed = timed_questions(questions) if answers == "extractive" else ()
            outcomes = ask_all(
                bot,
                missing,
                timed,
                always_answer=always_answer,
                workers=workers,
                answers=answers,
                elsewhere=elsewhere.ask(description, always_answer=always_answer, answers=answers)
                if elsewhere
                else None,
            )
            with closing(outcomes):
                for outcome in outcomes:
                    _keep(outcome, out)
                    asked += 1
                    if outcome.problem and strict:
                        name = shown(outcome.question.id)
                        raise QAError(f"{out}: question {name} failed: {outcome.problem}; stopped, since strict")
                    if progress is not None:
                        progress(len(answered) + asked, len(questions))
        except BaseException:
            # Where the disk is full this fails too, and what ended the pass is what is to be said.
            with suppress(QAError):
                note_pass()
            raise
        note_pass()
    scores = score_run(out, questions, bot.documents)
    metrics = summarize(scores, questions) | speed(read_object(out / RUN_FILE))
    write_lines(out / QUESTIONS_FILE, map(question_to_json, questions))
    write_lines(out / SCORES_FILE, map(score_to_json, scores))
    # Last, since a folder with metrics.json is a finished run.
    write_json(out / METRICS_FILE, metrics)
    with writing(out / REPORT_FILE):
        write_report(read_run(out), bot.documents)
    return metrics


def evaluate(
    bot: Answerer,
    questions: Sequence[Question],
    out: str | Path,
    *,
    always_answer: bool = False,
    strict: bool = False,
    workers: int | None = None,
    answers: Answers = "extractive",
    elsewhere: Elsewhere | None = None,
    progress: Progress | None = None,
) -> Run:
    """Run a question set as `run` does, and return the whole of it; parameters and errors as there."""
    run(
        bot,
        questions,
        out,
        always_answer=always_answer,
        strict=strict,
        workers=workers,
        answers=answers,
        elsewhere=elsewhere,
        progress=progress,
    )
    return read_run(out)


def measure(out: str | Path, questions: Sequence[Question], documents: Mapping[str, Document]) -> Metrics:
    """Compute the measures of a run from its `predictions.jsonl`, asking and writing nothing.

    Parameters
    ----------
    out : str or Path
        The run folder.
    questions : sequence of Question
        Those that were asked; one without a prediction counts as an error.
    documents : mapping of str to Document
        The loaded documents by id.

    Returns
    -------
    dict
        As `run` returns it.

    Raises
    ------
    QuestionSetError
        When a prediction is damaged or answers another question, or `run.json` is damaged or missing.
    """
    return summarize(score_run(out, questions, documents), questions) | speed(read_object(Path(out) / RUN_FILE))


def score_run(
    out: str | Path, questions: Sequence[Question], documents: Mapping[str, Document]
) -> tuple[QuestionScore, ...]:
    """Score every question of a run, in the order of the set; parameters and errors as for `measure`."""
    by_id = {question.id: question for question in questions}
    scores = {
        prediction["id"]: score(by_id[prediction["id"]], prediction, documents)
        for prediction in iterate_predictions(Path(out) / PREDICTIONS_FILE, questions)
    }
    # In a batch no question has a time that a person would wait.
    every = with_answers(read_object(Path(out) / RUN_FILE))["answers"] == "llm"
    timed = timed_questions(questions)
    return tuple(
        found if every or question.id in timed else replace(found, latency_ms=None)
        for question in questions
        for found in [scores.get(question.id) or score(question, None, documents)]
    )


def _keep(outcome: Outcome, out: Path) -> None:
    """Append an answer, or what went wrong, to the run folder."""
    from qa.output.text import answer_to_json

    if outcome.answer is not None:
        append_line(out / PREDICTIONS_FILE, answer_to_json(outcome.answer))
    else:
        question = outcome.question
        row = {"id": question.id, "question": question.question, "error": outcome.problem}
        append_line(out / ERRORS_FILE, row)
