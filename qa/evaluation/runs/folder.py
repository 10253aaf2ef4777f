"""Files of a run folder: description, answers so far, results; all written atomically or line by line."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from qa.errors import QAError, QuestionSetError
from qa.evaluation.datasets.fields import preview, shortened
from qa.evaluation.datasets.types import Question
from qa.evaluation.runs.schema import MetricsFile, Prediction, RunFile, problem_of
from qa.files import PARTIAL_SUFFIX, check_regular, open_regular, read_regular, replacing
from qa.index.lock import LOCK_FILE
from qa.types import JSONObject

T = TypeVar("T")

RUN_FILE = "run.json"
PREDICTIONS_FILE = "predictions.jsonl"
METRICS_FILE = "metrics.json"
ERRORS_FILE = "errors.jsonl"
QUESTIONS_FILE = "questions.jsonl"
SCORES_FILE = "scores.jsonl"

_COMPARED = ("answers", "settings", "embedder", "reader", "always_answer", "questions", "library", "documents")
# Settings of the web chat, of connections and of prices, which do not affect answers.
_WITHOUT_EFFECT = re.compile(
    r"host|host_names|port|library|library_mb|login_file|cases_file|shutdown_seconds|log_level|log_format"
    r"|max_visitors|max_waiting|(per_visitor|total|visitor)_\w+"
    r"|milvus_index|index_timeout_seconds|llm_prompt_price|llm_answer_price"
)
_DIFFERENCES_SHOWN = 5
_MAX_OBJECT_BYTES = 64_000_000
_MAX_RESULT_BYTES = 1_000_000
_MAX_LINE_BYTES = 16_000_000
_MAX_LINES_BYTES = 1_000_000_000
_OBJECTS = (RUN_FILE, METRICS_FILE)
_LINES = (PREDICTIONS_FILE, ERRORS_FILE, QUESTIONS_FILE, SCORES_FILE)
_LINE_TOO_LONG = f"has {_MAX_LINE_BYTES:,} bytes or more"


def open_folder(out: Path, description: JSONObject) -> JSONObject:
    """Create a run folder, or check that it contains the same run; return the content of `run.json`.

    Raises `QuestionSetError` if `out` is a file, contains other files, a damaged run, or a run of other questions,
    documents or settings. Versions are not compared.
    """
    run_path = out / RUN_FILE
    if out.exists() and not out.is_dir():
        raise QuestionSetError(f"{out}: not a folder; choose another --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        # A killed run leaves these.
        others = sorted({path.name for path in out.iterdir()} - {RUN_FILE + PARTIAL_SUFFIX, LOCK_FILE})
    except OSError as error:
        reason = f"cannot be used as a run folder: {error.strerror}"
        raise QuestionSetError(f"{out}: {reason}; choose another --out") from error
    if RUN_FILE not in others:
        if others:
            raise QuestionSetError(
                f"{out}: not a run folder (unexpected file {others[0]}, no {RUN_FILE}); choose another --out"
            )
        write_json(run_path, description)
        return description
    check_files(out)
    earlier = read_object(run_path)
    if "started" not in earlier:
        raise QuestionSetError(f"{run_path}: does not describe a run; choose another --out")
    if lacking := [name for name in description if name not in earlier]:
        listed = ", ".join(lacking)
        problem = "is of another version, or does not score another system as this one does"
        raise QuestionSetError(f"{run_path}: {problem}: it has no {listed}; choose another --out")
    if set(others) <= {RUN_FILE, ERRORS_FILE}:
        # Stopped before the first answer, as by a command that could not be started.
        write_json(run_path, description)
        return description
    check_same(out, (*_COMPARED, "source"), earlier, description)
    return earlier


def check_same(out: Path, names: Sequence[str], earlier: JSONObject, now: JSONObject) -> None:
    """Raise a `QuestionSetError` if two descriptions of a run differ in these fields; lists the first five values."""
    differences = [
        f"{label} (was {preview(before)}, now {preview(after)})"
        for label, before, after in differing(names, earlier, now)
    ]
    if differences:
        listed = "\n  ".join(shortened(differences, _DIFFERENCES_SHOWN))
        raise QuestionSetError(f"{out}: contains a different run; choose another --out. Differences:\n  {listed}")


def differing(names: Iterable[str], before: JSONObject, after: JSONObject) -> Iterator[tuple[str, Any, Any]]:
    """Yield the label and both values of what differs in these fields of two descriptions; of mappings, each key.

    Settings that do not affect answers are left out.
    """
    for name in names:
        a, b = before.get(name), after.get(name)
        if not isinstance(a, dict) or not isinstance(b, dict):
            a, b = {"": a}, {"": b}
        for key in dict.fromkeys([*a, *b]):
            if a.get(key) != b.get(key) and (name != "settings" or affects_answers(key)):
                yield f"{name}: {key}" if key else name, a.get(key), b.get(key)


def affects_answers(setting: str) -> bool:
    """Return whether a setting can affect the answers of a run."""
    return not _WITHOUT_EFFECT.fullmatch(setting)


def repair_lines(path: Path) -> None:
    """Repair a file of JSON Lines after an interrupted write: add a missing line end, or cut off a partial line."""
    if not path.exists():
        return
    with writing(path), open_regular(path, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _MAX_LINE_BYTES))
        end = file.read(_MAX_LINE_BYTES)
        last = end[end.rfind(b"\n") + 1 :]
        if len(last) == _MAX_LINE_BYTES:
            raise QuestionSetError(f"{path}: {_LINE_TOO_LONG}; choose another --out")
        if last and parsed(last) is not None:
            file.seek(0, os.SEEK_END)
            file.write(b"\n")
        elif last:
            file.truncate(size - len(last))


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file of a run folder, numbered from 1.

    Raises `QuestionSetError` if it cannot be read, is not a regular file, or a line is too long.
    """
    try:
        with open_regular(path) as file:
            for number, line in enumerate(iter(lambda: file.readline(_MAX_LINE_BYTES), b""), start=1):
                if len(line) == _MAX_LINE_BYTES:
                    raise QuestionSetError(f"{path}, line {number}: {_LINE_TOO_LONG}; choose another --out")
                yield number, line
    except OSError as error:
        raise QuestionSetError(f"{path}: cannot be read ({error.strerror}); choose another --out") from error


def iterate_predictions(path: Path, questions: Sequence[Question]) -> Iterator[JSONObject]:
    """Yield the answers in a `predictions.jsonl`, one at a time, in the order of the file; a missing one is empty.

    Raises `QuestionSetError` if a line is damaged, answers another question, or answers one again; names the line.
    """
    if not path.exists():
        return
    unanswered = {question.id: question.question for question in questions}
    for number, line in numbered_lines(path):
        prediction = parsed(line)
        problem = _problem(prediction, unanswered)
        if problem:
            raise QuestionSetError(f"{path}, line {number}: {problem}; delete the line or choose another --out")
        del unanswered[prediction["id"]]
        yield prediction


def append_line(path: Path, value: Mapping[str, Any]) -> None:
    """Append a JSON object as one line of ASCII, and flush it to the operating system."""
    # ASCII, since many line readers take U+2028 and the like for line ends.
    with writing(path), open_regular(path, "ab") as file:
        file.write(json.dumps(value, allow_nan=False).encode("ascii") + b"\n")


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file atomically."""
    with writing(path), replacing(path) as file:
        file.write(json.dumps(value, indent=2, allow_nan=False).encode("ascii") + b"\n")


def write_lines(path: Path, values: Iterable[Mapping[str, Any]]) -> None:
    """Write JSON objects atomically, one a line of ASCII."""
    with writing(path), replacing(path) as file:
        for value in values:
            file.write(json.dumps(value, allow_nan=False).encode("ascii") + b"\n")


def read_object(path: Path) -> JSONObject:
    """Read `run.json` or `metrics.json`.

    Raises `QuestionSetError` if it cannot be read or does not match `qa.evaluation.runs.schema`; names the file and
    the field.
    """
    is_run = path.name == RUN_FILE
    # Metrics can be computed again.
    advice = "choose another run folder" if is_run else "repeat qa eval with the same --out"
    try:
        value: Any = json.loads(read_regular(path, _MAX_OBJECT_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        why = f" ({error.strerror})" if isinstance(error, OSError) else ""
        raise QuestionSetError(f"{path}: damaged or not readable{why}; {advice}") from error
    if not isinstance(value, dict):
        raise QuestionSetError(f"{path}: {'does not describe a run' if is_run else 'expected a JSON object'}; {advice}")
    if damaged := problem_of(RunFile if is_run else MetricsFile, value):
        raise QuestionSetError(f"{path}: damaged ({damaged}); {advice}")
    # Early runs, all extractive, do not record it.
    return {"answers": "extractive", **value} if is_run else value


def read_result(path: Path, kind: type[T], command: str) -> T | None:
    """Read the dataclass that a command wrote into the folder; None if there is no such file.

    Raises `QuestionSetError` if the file is damaged.
    """
    if not path.exists():
        return None
    try:
        return TypeAdapter(kind).validate_json(read_regular(path, _MAX_RESULT_BYTES), strict=True)
    except (OSError, ValueError) as error:
        raise QuestionSetError(f"{path}: damaged; delete it, or repeat {command}") from error


def check_files(folder: Path) -> None:
    """Raise a `QuestionSetError` if a file of a run is not a regular file of limited size."""
    for name in (*_OBJECTS, *_LINES):
        path = folder / name
        try:
            check_regular(path)
            large = name != PREDICTIONS_FILE and path.exists() and path.stat().st_size > _MAX_LINES_BYTES
        except OSError as error:
            raise QuestionSetError(f"{path}: cannot be read ({error.strerror}); choose another run folder") from error
        if large:
            raise QuestionSetError(
                f"{path}: is over the limit of {_MAX_LINES_BYTES:,} bytes; choose another run folder"
            )


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an `OSError` while a file is written into a `QAError` that says what to do."""
    try:
        yield
    except OSError as error:
        raise QAError(
            f"{path}: cannot be written ({error.strerror or error}); free some space or check its folder, then repeat"
            " the command: answers so far are kept"
        ) from error


def parsed(line: bytes) -> Any:  # noqa: ANN401 -- any JSON value
    """Return the JSON value of a line; None if it is none."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _problem(prediction: Any, unanswered: Mapping[str, str]) -> str | None:  # noqa: ANN401 -- any JSON value
    """Return why a line is not a valid answer to an unanswered question; None if it is."""
    if not isinstance(prediction, dict):
        return "damaged (not a JSON object)"
    if problem := problem_of(Prediction, prediction):
        return f"damaged ({problem})"
    if prediction["id"] not in unanswered:
        return f"answers {preview(prediction.get('id'))}, which is not in the question set or is already answered above"
    if prediction["question"] != unanswered[prediction["id"]]:
        return f"differs from the set in the question of {preview(prediction['id'])}"
    return None
