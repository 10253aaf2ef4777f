"""The history of many runs: each measure, and each question, over time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from qa.errors import QAError, QuestionSetError
from qa.evaluation.datasets.questions import read_questions
from qa.evaluation.metrics.scores import is_correct
from qa.evaluation.runs.folder import (
    METRICS_FILE,
    QUESTIONS_FILE,
    RUN_FILE,
    SCORES_FILE,
    affects_answers,
    check_files,
    read_object,
)
from qa.evaluation.runs.results import read_scores
from qa.output.text import counted
from qa.types import JSONObject

MAX_RUNS = 1_000
"""Limit of runs that are read; the latest ones count."""

CHANGES = ("flaky", "broken", "fixed")
"""What a question can be, as attributes of `QuestionHistory`."""

_MAX_DEPTH = 4  # levels of folders below the given one


@dataclass(frozen=True, slots=True)
class PastRun:
    """A finished run, without its answers."""

    name: str  # its path relative to the given folder
    started: str  # as `run.json` says, in ISO 8601
    version: str  # of the project
    question_set: str  # number of questions and the start of their digest; equal for equal sets
    differs: str  # its settings and models, as far as they differ between runs
    metrics: JSONObject = field(repr=False)  # content of `metrics.json`
    # By id and text of each question, whether it was answered right or rightly declined
    correct: dict[tuple[str, str], bool | None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class QuestionHistory:
    """The results of a question in the runs that ask it."""

    id: str
    question: str
    correct: tuple[bool | None, ...]  # in the order of the runs; None where it was not asked, or not judged
    summary: str  # such as "right in 3 of 5 runs, broke at after"
    flaky: bool  # whether it changed twice or more
    broken: bool  # whether it is wrong now and was right before
    fixed: bool  # the reverse


@dataclass(frozen=True, slots=True)
class History:
    """Runs, oldest first, their questions, and why some folders could not be read."""

    folder: Path
    runs: tuple[PastRun, ...]
    questions: tuple[QuestionHistory, ...]
    left_out: tuple[str, ...]

    @property
    def question_sets(self) -> list[str]:
        """The different question sets, in the order of the runs."""
        return list(dict.fromkeys(run.question_set for run in self.runs))

    @property
    def summary(self) -> str:
        """How many runs, question sets and questions there are, and how many of these changed."""
        changed = (f"{sum(getattr(one, tag) for one in self.questions)} {tag}" for tag in CHANGES)
        runs, sets = counted(len(self.runs), "run"), counted(len(self.question_sets), "question set")
        return f"{runs} of {sets}, {counted(len(self.questions), 'question')}: {', '.join(changed)}"


def read_history(folder: str | Path) -> History:
    """Read all runs in a folder and its subfolders.

    Raises `QuestionSetError` if the folder does not exist or contains no finished run.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise QuestionSetError(f"{folder}: no such folder; create runs with: qa eval --out {folder / 'NAME'}")
    found, left_out = [], []
    for path in _run_folders(folder):
        try:
            found.append(_read(folder, path))
        except QAError as error:
            left_out.append(str(error))
    if not found:
        if left_out:
            raise QuestionSetError(left_out[0])
        raise QuestionSetError(f"{folder}: contains no finished run; create one with: qa eval --out {folder / 'NAME'}")
    found.sort(key=lambda one: (one[0].started, one[0].name))
    found = found[-MAX_RUNS:]
    differing = _differing([description for _, description in found])
    runs = tuple(replace(run, differs=differs) for (run, _), differs in zip(found, differing, strict=True))
    return History(folder, runs, tuple(_histories(runs)), tuple(left_out))


def _run_folders(folder: Path) -> Iterator[Path]:
    """Yield the folders that contain a finished run; links are not followed."""
    for root, folders, files in os.walk(folder):
        path = Path(root)
        folders.sort()
        if len(path.relative_to(folder).parts) >= _MAX_DEPTH:
            folders.clear()
        if RUN_FILE in files and METRICS_FILE in files:
            folders.clear()
            yield path


def _read(folder: Path, path: Path) -> tuple[PastRun, JSONObject]:
    """Return a run that is not yet compared with the others, and the content of its `run.json`."""
    check_files(path)
    description, correct = read_object(path / RUN_FILE), {}
    # Early runs have neither.
    if (path / QUESTIONS_FILE).is_file() and (path / SCORES_FILE).is_file():
        questions = read_questions(path / QUESTIONS_FILE)
        scores = read_scores(path / SCORES_FILE, questions)
        correct = {(one.id, one.question): is_correct(score) for one, score in zip(questions, scores, strict=True)}
    asked = description.get("questions", {})
    run = PastRun(
        name=os.path.relpath(path, folder),
        started=str(description.get("started", "")),
        version=str(description.get("versions", {}).get("qa", "")),
        question_set=f"{asked.get('count', '?')} questions, {str(asked.get('sha256', ''))[:8]}",
        differs="",
        metrics=read_object(path / METRICS_FILE),
        correct=correct,
    )
    return run, description


def _differing(descriptions: Sequence[JSONObject]) -> list[str]:
    """Return for each description the values that are not the same in all."""
    systems = [{name: one.get(name) for name in ("answers", "source")} for one in descriptions]
    settings = list(map(_settings, descriptions))
    varied = [*_varied(systems), *_varied(list(filter(None, settings)))]
    flat = [system | own for system, own in zip(systems, settings, strict=True)]
    return [", ".join(f"{name}={_shown(one[name])}" for name in varied if one.get(name) is not None) for one in flat]


def _settings(description: JSONObject) -> JSONObject:
    """Return the models and settings that affect answers; none of another system."""
    settings = description.get("settings") or {}
    models = ("embedder", "reader", "always_answer") if settings else ()
    return {name: description.get(name) for name in models} | {
        name: value for name, value in settings.items() if affects_answers(name)
    }


def _varied(rows: Sequence[JSONObject]) -> list[str]:
    """Return the names of the values that are not the same in all rows."""
    names = dict.fromkeys(name for row in rows for name in row)
    return [name for name in names if len({_shown(row.get(name)) for row in rows}) > 1]


def _shown(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _histories(runs: Sequence[PastRun]) -> Iterator[QuestionHistory]:
    names = [run.name for run in runs]
    for key in dict.fromkeys(key for run in runs for key in run.correct):
        correct = tuple(run.correct.get(key) for run in runs)
        yield question_history(*key, correct, names)


def question_history(id: str, question: str, correct: Sequence[bool | None], names: Sequence[str]) -> QuestionHistory:  # noqa: A002
    """Return the history of a question from its results in the named runs."""
    known = [(right, name) for right, name in zip(correct, names, strict=True) if right is not None]
    changes = [(now, name) for (before, _), (now, name) in pairwise(known) if before != now]
    text = f"right in {sum(right for right, _ in known)} of {counted(len(known), 'run')}"
    if changes:
        text += f", {'fixed' if changes[-1][0] else 'broke'} at {changes[-1][1]}"
    return QuestionHistory(
        id=id,
        question=question,
        correct=tuple(correct),
        summary=text if known else "not judged",
        flaky=len(changes) > 1,
        broken=bool(changes) and not changes[-1][0],
        fixed=bool(changes) and changes[-1][0],
    )
