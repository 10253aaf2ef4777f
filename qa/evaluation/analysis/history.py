"""Many runs in the order of time: how measures and single questions fared."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.errors import QAError, QuestionSetError
from qa.evaluation.datasets.questions import read_questions
from qa.evaluation.metrics.scores import is_correct
from qa.evaluation.runs.folder import (
    METRICS_FILE,
    QUESTIONS_FILE,
    RUN_FILE,
    SCORES_FILE,
    check_files,
    read_object,
    with_answers,
)
from qa.evaluation.runs.results import read_scores

if TYPE_CHECKING:
    from qa.types import JSONObject

MOST_RUNS = 1_000
"""Runs that are read, the latest."""

_DEEPEST = 4  # folders below the one named


@dataclass(frozen=True, slots=True)
class PastRun:
    """A finished run, without its answers.

    Attributes
    ----------
    name : str
        Its path below the folder named.
    started : str
        As `run.json` says, in ISO 8601.
    version : str
        Of the project.
    question_set : str
        Number of questions and the start of their digest: equal sets have equal ones.
    differs : str
        Settings and models that are not the same in all runs.
    metrics : dict
        The content of `metrics.json`.
    correct : dict of (str, str) to bool or None
        By id and text of each question, whether it was answered right or rightly declined.
    """

    name: str
    started: str
    version: str
    question_set: str
    differs: str
    metrics: JSONObject = field(repr=False)
    correct: dict[tuple[str, str], bool | None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class QuestionHistory:
    """How a question fared in the runs that ask it.

    Attributes
    ----------
    id, question : str
    correct : tuple of bool or None
        In the order of the runs; None where it was not asked, or not judged.
    summary : str
        Such as "right in 3 of 5 runs, broke at after".
    flaky : bool
        Whether it changed twice or more.
    broken, mended : bool
        Whether it is wrong now and was right before, or the other way round.
    """

    id: str
    question: str
    correct: tuple[bool | None, ...]
    summary: str
    flaky: bool
    broken: bool
    mended: bool


@dataclass(frozen=True, slots=True)
class History:
    """Runs, the oldest first, their questions, and the folders that could not be read with the reason."""

    folder: Path
    runs: tuple[PastRun, ...]
    questions: tuple[QuestionHistory, ...]
    left_out: tuple[str, ...]


def read_history(folder: str | Path) -> History:
    """Read all runs in a folder and the folders below.

    Raises
    ------
    QuestionSetError
        If there is no such folder, or no finished run in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise QuestionSetError(f"{folder}: no such folder; create runs with: qa eval --out {folder / 'NAME'}")
    found: list[tuple[Path, JSONObject, JSONObject, dict[tuple[str, str], bool | None]]] = []
    left_out = []
    for path in _run_folders(folder):
        try:
            found.append((path, *_read(path)))
        except QAError as error:
            left_out.append(str(error))
    if not found:
        raise QuestionSetError(f"{folder}: contains no finished run; create one with: qa eval --out {folder / 'NAME'}")
    found.sort(key=lambda one: (str(one[1].get("started", "")), str(one[0])))
    found = found[-MOST_RUNS:]
    differing = _differing([description for _, description, _, _ in found])
    runs = tuple(
        PastRun(
            name=os.path.relpath(path, folder),
            started=str(description.get("started", "")),
            version=str(description.get("versions", {}).get("qa", "")),
            question_set=_set_name(description),
            differs=differs,
            metrics=metrics,
            correct=correct,
        )
        for (path, description, metrics, correct), differs in zip(found, differing, strict=True)
    )
    return History(folder, runs, tuple(_histories(runs)), tuple(left_out))


def _run_folders(folder: Path) -> Iterator[Path]:
    """Yield the folders that contain a finished run; links are not followed."""
    for root, folders, files in os.walk(folder):
        path = Path(root)
        folders.sort()
        if len(path.relative_to(folder).parts) >= _DEEPEST:
            folders.clear()
        if RUN_FILE in files and METRICS_FILE in files:
            folders.clear()
            yield path


def _read(path: Path) -> tuple[JSONObject, JSONObject, dict[tuple[str, str], bool | None]]:
    check_files(path)
    description, metrics = with_answers(read_object(path / RUN_FILE)), read_object(path / METRICS_FILE)
    # Early runs have neither.
    if not (path / QUESTIONS_FILE).is_file() or not (path / SCORES_FILE).is_file():
        return description, metrics, {}
    questions = read_questions(path / QUESTIONS_FILE)
    scores = read_scores(path / SCORES_FILE, questions)
    judged = {
        (question.id, question.question): is_correct(score) for question, score in zip(questions, scores, strict=True)
    }
    return description, metrics, judged


def _set_name(description: JSONObject) -> str:
    asked = description.get("questions", {})
    return f"{asked.get('count', '?')} questions, {str(asked.get('sha256', ''))[:8]}"


def _differing(descriptions: Sequence[JSONObject]) -> list[str]:
    """Return for each description what is not the same in all."""
    flat = [
        {name: description.get(name) for name in ("answers", "embedder", "reader", "always_answer", "source")}
        | dict(description.get("settings", {}))
        for description in descriptions
    ]
    names = dict.fromkeys(name for one in flat for name in one)
    varied = [name for name in names if len({_shown(one.get(name)) for one in flat}) > 1]
    return [", ".join(f"{name}={_shown(one[name])}" for name in varied if one.get(name) is not None) for one in flat]


def _shown(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _histories(runs: Sequence[PastRun]) -> Iterator[QuestionHistory]:
    names = [run.name for run in runs]
    for key in dict.fromkeys(key for run in runs for key in run.correct):
        correct = tuple(run.correct.get(key) for run in runs)
        yield question_history(*key, correct, names)


def question_history(id: str, question: str, correct: Sequence[bool | None], names: Sequence[str]) -> QuestionHistory:  # noqa: A002
    """Return how a question fared, given whether it was right in each of the runs named."""
    known = [(right, name) for right, name in zip(correct, names, strict=True) if right is not None]
    changes = [(now, name) for (before, _), (now, name) in pairwise(known) if before != now]
    text = f"right in {sum(right for right, _ in known)} of {len(known)} run{'s' * (len(known) != 1)}"
    if changes:
        text += f", {'mended' if changes[-1][0] else 'broke'} at {changes[-1][1]}"
    return QuestionHistory(
        id=id,
        question=question,
        correct=tuple(correct),
        summary=text if known else "not judged",
        flaky=len(changes) > 1,
        broken=bool(changes) and not changes[-1][0],
        mended=bool(changes) and changes[-1][0],
    )
