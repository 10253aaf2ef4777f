"""Runs of other systems: answers from a file, a program or a server, scored as our own are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from qa.errors import LanguageModelError, QuestionSetError
from qa.evaluation.batch import resume
from qa.evaluation.datasets.fields import fail, parse_object, preview, text_field
from qa.evaluation.datasets.formats.text import read_lines
from qa.evaluation.datasets.questions import check_against
from qa.evaluation.datasets.types import Question
from qa.evaluation.runs.execution import Outcome
from qa.evaluation.runs.located import Locator, prediction_of
from qa.evaluation.runs.provenance import describe_set
from qa.evaluation.runs.results import Run
from qa.types import Document, JSONObject, Progress

Ask = Callable[[Question], Any]
"""Asks another system, and returns what `prediction_of` reads; raises ValueError if that fails."""


def score_predictions(
    file: str | Path, questions: Sequence[Question], documents: Mapping[str, Document], out: str | Path
) -> Run:
    """Score answers in a file: JSON Lines, each with the id of a question and what `prediction_of` reads.

    Citations are located in the documents, given by id. `out` is a new or empty folder, or a run of the same file and
    set.

    Raises `QuestionSetError` if the file cannot be read or has no answer, or a line is malformed, answers an unknown
    question, or one twice.
    """
    file = Path(file)
    known = {question.id: question for question in questions}
    locator = Locator(documents)
    found: dict[str, JSONObject] = {}
    digest = hashlib.sha256()
    # All before the run begins: a run of a file that is then corrected would be a run of another file.
    for number, line in read_lines(file):
        location = f"{file}, line {number}"
        digest.update(line.encode() + b"\n")
        row = parse_object(line, location)
        name = text_field(row, "id", location)
        if name not in known or name in found:
            problem = "is answered above" if name in found else "is not in the question set"
            fail(location, "id", f"{preview(name)} {problem}")
        found[name] = prediction_of(known[name], row, locator, location)
    if not found:
        raise QuestionSetError(f"{file}: contains no answer; at least 1 is needed")

    def outcomes(missing: Sequence[Question]) -> Generator[Outcome, None, None]:
        for question in missing:
            answer = found.get(question.id)
            yield Outcome(question, answer, None if answer else f"no answer in {file.name}")

    source = {"predictions": file.name, "sha256": digest.hexdigest()}
    return resume(Path(out), _described(questions, documents, source), questions, documents, outcomes, timed=False)


def ask_other(
    ask: Ask,
    questions: Sequence[Question],
    documents: Mapping[str, Document],
    out: str | Path,
    source: Mapping[str, str],
    *,
    strict: bool = False,
    progress: Progress | None = None,
) -> Run:
    """Ask another system the questions that the folder does not answer, and score all answers.

    `source` describes the other system in `run.json`; an earlier run of the same set and source is resumed. The others
    are as for `qa.evaluation.batch.evaluate`.
    """
    locator = Locator(documents)

    def outcomes(missing: Sequence[Question]) -> Generator[Outcome, None, None]:
        for question in missing:
            begun = perf_counter()
            try:
                row = ask(question)
                took = 1000 * (perf_counter() - begun)
                location = f"answer to {preview(question.id)}"
                yield Outcome(question, prediction_of(question, row, locator, location, took))
            except (ValueError, QuestionSetError, LanguageModelError) as error:
                yield Outcome(question, None, str(error))

    description = _described(questions, documents, source)
    return resume(Path(out), description, questions, documents, outcomes, strict=strict, progress=progress)


def _described(
    questions: Sequence[Question], documents: Mapping[str, Document], source: Mapping[str, str]
) -> JSONObject:
    if documents:
        check_against(questions, documents)
    return {**describe_set(questions, documents), "source": dict(source)}
