"""Runs of other systems: answers from a file, a program or a server, scored as our own are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from qa.errors import LanguageModelError, QuestionSetError
from qa.evaluation.batch import finish
from qa.evaluation.datasets.fields import parse_object, preview, text_field
from qa.evaluation.datasets.formats.text import read_lines
from qa.evaluation.datasets.questions import check_against
from qa.evaluation.runs.folder import (
    ERRORS_FILE,
    PREDICTIONS_FILE,
    RUN_FILE,
    append_line,
    check_same,
    iterate_predictions,
    open_folder,
    repair_predictions,
    write_json,
)
from qa.evaluation.runs.latency import with_pass
from qa.evaluation.runs.located import Locator, prediction_of
from qa.evaluation.runs.provenance import describe_set

if TYPE_CHECKING:
    from qa.evaluation.datasets.types import Question
    from qa.evaluation.runs.results import Run
    from qa.types import Document, JSONObject, Progress

Ask = Callable[["Question"], Any]
"""Asks another system, and returns what `prediction_of` reads; raises ValueError if that fails."""


def score_predictions(
    file: str | Path, questions: Sequence[Question], documents: Mapping[str, Document], out: str | Path
) -> Run:
    """Score answers in a file: JSON Lines, each with the id of a question and what `prediction_of` reads.

    Citations are located in the documents, given by id. `out` is a new or empty folder, or a run of the same file and
    set.

    Raises
    ------
    QuestionSetError
        If the file cannot be read, or a line is malformed, answers an unknown question, or one twice.
    """
    file = Path(file)
    known = {question.id: question for question in questions}
    rows: dict[str, tuple[str, JSONObject]] = {}
    digest = hashlib.sha256()
    for number, line in read_lines(file):
        location = f"{file}, line {number}"
        digest.update(line.encode() + b"\n")
        row = parse_object(line, location)
        name = text_field(row, "id", location)
        if name not in known or name in rows:
            problem = "is answered above" if name in rows else "is not in the question set"
            raise QuestionSetError(f'{location}, field "id": {preview(name)} {problem}')
        rows[name] = location, row

    def ask(question: Question) -> Any:  # noqa: ANN401 -- any JSON value
        if question.id not in rows:
            raise ValueError(f"no answer in {file.name}")
        return rows[question.id][1]

    source = {"predictions": file.name, "sha256": digest.hexdigest()}
    return ask_other(ask, questions, documents, out, source, locations={name: at for name, (at, _) in rows.items()})


def ask_other(
    ask: Ask,
    questions: Sequence[Question],
    documents: Mapping[str, Document],
    out: str | Path,
    source: Mapping[str, str],
    *,
    locations: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Run:
    """Ask another system the questions that the folder does not answer, and score all answers.

    `source` describes the other system in `run.json`; an earlier run of the same set and source is resumed. `locations`
    are where answers were read, by question id: times are then not measured, and a malformed answer is an error.
    """
    out = Path(out)
    if documents:
        check_against(questions, documents)
    description = {**describe_set(questions, documents), "source": dict(source)}
    earlier = open_folder(out, description)
    check_same(out, ("source",), earlier, description)
    repair_predictions(out / PREDICTIONS_FILE)
    done = {prediction["id"] for prediction in iterate_predictions(out / PREDICTIONS_FILE, questions)}
    (out / ERRORS_FILE).unlink(missing_ok=True)
    locator, started, asked = Locator(documents), perf_counter(), 0
    try:
        for question in questions:
            if question.id in done:
                continue
            begun = perf_counter()
            try:
                row = ask(question)
                took = 1000 * (perf_counter() - begun) if locations is None else None
                location = locations[question.id] if locations else f"answer to {preview(question.id)}"
                append_line(out / PREDICTIONS_FILE, prediction_of(question, row, locator, location, took))
            except (ValueError, QuestionSetError, LanguageModelError) as error:
                if locations and question.id in locations:
                    raise
                failed = {"id": question.id, "question": question.question, "error": str(error)}
                append_line(out / ERRORS_FILE, failed)
            asked += 1
            if progress is not None:
                progress(len(done) + asked, len(questions))
    finally:
        if locations is None:
            write_json(out / RUN_FILE, with_pass(earlier, asked, perf_counter() - started))
    return finish(out, questions, documents)
