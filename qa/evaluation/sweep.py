"""Run many settings over one question set, and find the best and the chance that it is only luck.

The folder contains a run folder `runs/NAME` for each setting, `indexes` (documents are embedded once for each embedding
model and chunk size), `sweep.json`, `sweep.html` and `settings.toml` with the best settings. Each setting runs in its
own process, so that memory and time are measured separately. An interrupted sweep is resumed.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qa.documents.discovery import find_files
from qa.errors import QAError, QuestionSetError
from qa.evaluation.analysis.guarantee import SETTINGS_FILE
from qa.evaluation.analysis.sweep import (
    SweepResult,
    analyse,
    measure_named,
    settings_toml,
    sweep_to_json,
)
from qa.evaluation.batch import evaluate
from qa.evaluation.datasets.questions import check_against, read_sets
from qa.evaluation.report.comparisons import SWEEP_PAGE, write_sweep
from qa.evaluation.runs.folder import METRICS_FILE, RUN_FILE, check_same, read_object, write_json, writing
from qa.evaluation.runs.provenance import described_questions, described_settings, described_versions
from qa.evaluation.runs.results import read_run
from qa.files import write_file
from qa.output.terminal import echo
from qa.pipeline import QA
from qa.settings import Settings
from qa.types import JSONObject, Progress

RESULT_FILE = "sweep.json"
MAX_SETTINGS = 1_000
"""Limit of settings in a sweep."""

_RUNS, _INDEXES = "runs", "indexes"
_COMMAND = [sys.executable, "-m", "qa.evaluation.sweep"]
_EMBEDDING = ("embedding_model", "backend", "device", "chunk_tokens", "max_file_mb", "allow_unreadable")
_WATCH_SECONDS = 0.2
_MAX_NAME_CHARACTERS = 80
_Value = bool | int | float | str


class Sweep(BaseModel):
    """The content of a sweep's TOML file; paths are relative to its folder."""

    model_config = ConfigDict(extra="forbid", strict=True)

    questions: list[str] = Field(min_length=1)  # question sets
    docs: list[str] = Field(min_length=1)  # files or folders
    measure: str = "correct"  # a share in `qa.evaluation.analysis.compare.COMPARED`, by which the best is chosen
    held_out: float = Field(0.5, ge=0, lt=1)  # share of the questions that are held out to confirm the choice
    answers: Literal["extractive", "llm"] = "extractive"  # as for `qa.evaluation.batch.evaluate`
    grid: dict[str, list[_Value]] = {}  # values by setting; all combinations are tried, the first values first
    settings: list[dict[str, _Value]] = []  # to try before the grid: values by name, none for the defaults


def run_sweep(file: str | Path, out: str | Path, progress: Progress | None = None) -> SweepResult:
    """Run the settings of a sweep that have no finished run in the folder, and compare all.

    The folder is new or empty, or contains an earlier sweep of the same questions and documents. For the file, see
    `Sweep`.

    Raises
    ------
    QAError
        If the file is malformed, or one of the settings cannot be run; names it.
    QuestionSetError
        If the folder contains other files, a run of other questions, documents or settings, or an unfinished sweep of
        other versions.
    """
    out = Path(out)
    sweep, settings = read_sweep(Path(file))
    expected = {"answers": sweep.answers, "questions": described_questions(read_sets(sweep.questions)[0])}
    if not all((out / _RUNS / name / METRICS_FILE).is_file() for name in settings):
        # A sweep must not be half by one version and half by another.
        expected["versions"] = described_versions()
    files = _stamps(sweep.docs)
    _check_folder(out)
    for done, (name, values) in enumerate(settings.items()):
        if progress is not None:
            progress(done, len(settings))
        own = Settings(**values)
        described = {**expected, "settings": described_settings(own, sweep.answers)}
        index = out / _INDEXES / _index_name(files, own)
        if not (_is_finished(out / _RUNS / name, described) and index.is_dir()):
            _run_in_child(sweep, name, values, out)
    if progress is not None:
        progress(len(settings), len(settings))
    runs = {name: read_run(out / _RUNS / name) for name in settings}
    result = analyse(runs, settings, sweep.measure, sweep.held_out)
    write_json(out / RESULT_FILE, sweep_to_json(result))
    with writing(out / SETTINGS_FILE):
        write_file(out / SETTINGS_FILE, settings_toml(result).encode())
    with writing(out / SWEEP_PAGE):
        write_sweep(result, out / SWEEP_PAGE)
    return result


def read_sweep(path: Path) -> tuple[Sweep, dict[str, JSONObject]]:
    """Read a sweep's file; also return all its settings by the name of their run folder.

    Raises `QAError` if it cannot be read, is malformed, or has an unknown measure or setting or an invalid value;
    says which.
    """
    try:
        sweep = Sweep.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise QAError(f"{path}: cannot be read as a sweep: {error.strerror}; check the path") from None
    except ValidationError as error:
        raise QAError(f"{path}: {_problem(error)}") from None
    except (ValueError, RecursionError) as error:
        raise QAError(f"{path}: is not TOML: {error}") from None
    if any(not values for values in sweep.grid.values()):
        raise QAError(f"{path}: grid: a setting has no value; give each at least one")
    # Counted first: the combinations of a few long lists do not fit in memory.
    count = len(sweep.settings) + (math.prod(map(len, sweep.grid.values())) if sweep.grid else 0)
    if not 2 <= count <= MAX_SETTINGS:
        raise QAError(f"{path}: has {count:,} settings; 2 to {MAX_SETTINGS:,} are needed, under [grid] or [[settings]]")
    combined = product(*sweep.grid.values()) if sweep.grid else ()
    listed: list[JSONObject] = [*sweep.settings, *(dict(zip(sweep.grid, values, strict=True)) for values in combined)]
    try:
        measure_named(sweep.measure)
    except QAError as error:
        raise QAError(f"{path}: {error}") from None
    # First, so that an invalid variable is not taken for an entry of the file.
    Settings.from_environment()
    for values in listed:
        for name, value in values.items():
            field = Settings.model_fields.get(name)
            if field is None:
                raise QAError(f"{path}: settings: {name}: there is no such entry; remove it")
            if field.exclude:
                raise QAError(f"{path}: settings: {name}: is never written to a file; set QA_{name.upper()} instead")
            if isinstance(value, bool) and field.annotation is not bool:
                # Pydantic would accept it as 0 or 1.
                raise QAError(f"{path}: settings: {name}: a number or text is needed, not {str(value).lower()}")
        try:
            Settings(**values)
        except ValidationError as error:
            raise QAError(f"{path}: settings: {_problem(error)}") from None
    located = {name: [str(path.parent / one) for one in getattr(sweep, name)] for name in ("questions", "docs")}
    return sweep.model_copy(update=located), {setting_name(values): values for values in listed}


def setting_name(values: JSONObject) -> str:
    """Return a name for settings that is valid for a folder; equal settings have equal names."""
    whole = ",".join(f"{name}={value}" for name, value in values.items()) or "defaults"
    name = re.sub(r"[^\w.,=-]", "_", whole)[:_MAX_NAME_CHARACTERS].strip(".")
    if name != whole:
        name += "-" + hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:8]
    return name


def _problem(error: ValidationError) -> str:
    first: Any = error.errors(include_url=False, include_context=False)[0]
    location = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        return f"{location}: there is no such entry; remove it"
    value = "" if first["type"] == "missing" else f" = {first['input']}"
    return f"{location}{value}: {first['msg']}"


def _check_folder(out: Path) -> None:
    """Check that a folder is new, empty, or from an earlier sweep."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        others = [path.name for path in out.iterdir()]
    except OSError as error:
        raise QuestionSetError(f"{out}: cannot be used for a sweep: {error.strerror}; choose another --out") from None
    if others and _RUNS not in others:
        raise QuestionSetError(f"{out}: not the folder of a sweep (unexpected file {others[0]}); choose another --out")
    with writing(out / _RUNS):
        (out / _RUNS).mkdir(exist_ok=True)


def _is_finished(run: Path, expected: JSONObject) -> bool:
    """Return whether a folder has a finished run; raise a `QuestionSetError` if it is another than expected."""
    if not (run / METRICS_FILE).is_file():
        return False
    check_same(run, list(expected), read_object(run / RUN_FILE), expected)
    return True


def _run_in_child(sweep: Sweep, name: str, values: JSONObject, out: Path) -> None:
    """Run one setting in a child process, which ends with this one."""
    given = {**sweep.model_dump(include={"questions", "docs", "answers"}), "name": name, "values": values}
    with subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            _, stderr = process.communicate(json.dumps({**given, "out": str(out)}))
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        why = stderr.strip().splitlines()[-1] if stderr.strip() else f"exit code {process.returncode}"
        raise QAError(f"{name}: {why}; finished settings are kept: repeat the command to resume")


def _run_here(given: dict[str, Any]) -> None:
    """Run the setting that the parent process sent."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            sleep(_WATCH_SECONDS)
        os._exit(1)

    Thread(target=watch, daemon=True).start()
    settings = Settings(**given["values"])
    questions, _ = read_sets(given["questions"])
    out = Path(given["out"])
    index = out / _INDEXES / _index_name(_stamps(given["docs"]), settings)
    if given.get("embed"):
        bot = QA.from_path(*given["docs"], settings=settings)
        check_against(questions, bot.documents)
        partial = index.with_name(f"{index.name}.{os.getpid()}")
        partial.parent.mkdir(exist_ok=True)
        bot.save(partial)
        partial.rename(index)
        return
    if not index.is_dir():
        # In another process, so that the memory for embedding does not count as memory for asking.
        done = subprocess.run(_COMMAND, input=json.dumps({**given, "embed": True}), text=True, check=False)  # noqa: S603
        if done.returncode:
            sys.exit(done.returncode)
    evaluate(QA.from_index(index, settings=settings), questions, out / _RUNS / given["name"], answers=given["answers"])


def _stamps(docs: Sequence[str]) -> list[tuple[str, int, int]]:
    """Return path, size and time of change of each file, archives included."""
    paths = sorted({file.path for file in find_files(docs)[0]})
    return [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]


def _index_name(files: Sequence[tuple[str, int, int]], settings: Settings) -> str:
    """Return a name that changes with the files and with the settings that their vectors depend on."""
    named = [getattr(settings, name) for name in _EMBEDDING]
    return hashlib.sha256(json.dumps([files, named]).encode()).hexdigest()[:16]


if __name__ == "__main__":
    try:
        _run_here(json.loads(sys.stdin.read()))
    except QAError as problem:
        echo(str(problem), err=True)
        sys.exit(2)
