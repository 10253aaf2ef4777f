"""The run folder on disk: what was run, the answers so far, and files that are never half written."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from qa.errors import QuestionSetError
from qa.evaluation.fields import shown
from qa.evaluation.generated import is_generated

if TYPE_CHECKING:
    from qa.evaluation.questions import Question
    from qa.types import JSONObject

RUN_FILE = "run.json"
PREDICTIONS_FILE = "predictions.jsonl"
METRICS_FILE = "metrics.json"
ERRORS_FILE = "errors.jsonl"
QUESTIONS_FILE = "questions.jsonl"
SCORES_FILE = "scores.jsonl"

_COMPARED = ("answers", "settings", "embedder", "reader", "always_answer", "questions", "documents")
# These decide where the web chat listens, and whom it serves how much; nothing about answers.
_SETTINGS_WITHOUT_EFFECT = re.compile(r"host|port|host_names|index_seconds|login_file|cases_file|visitors?(_\w+)?")
_DIFFERENCES_SHOWN = 5
_PARTIAL_SUFFIX = ".partial"
_PREDICTION_TYPES = {
    "id": str,
    "question": str,
    "answer": str | None,
    "abstained": bool,
    "confidence": int | float,
    "citations": list,
    "passages": list,
    "timings_ms": dict,
}
_CITATION_TYPES = {"document": str, "start": int, "end": int, "text": str}
_PASSAGE_TYPES = {"document": str, "start": int, "end": int}


def open_folder(out: Path, description: JSONObject) -> JSONObject:
    """Make the folder that of the run described, or check that it already is.

    Parameters
    ----------
    out : Path
        A new or empty folder, or that of an earlier run.
    description : dict
        What goes into `run.json`: settings, versions and fingerprints.

    Returns
    -------
    dict
        The content of `run.json`: the description, or that of the earlier run.

    Raises
    ------
    QuestionSetError
        When `out` is a file, holds other things, or holds a damaged run or one of other questions, documents or
        settings. Versions are left to `check_same`.
    """
    run_path = out / RUN_FILE
    if out.exists() and not out.is_dir():
        raise QuestionSetError(f"{out}: is a file, and a run needs a folder; choose another --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        # What is left of a run.json whose writing was interrupted does no harm.
        others = sorted(path.name for path in out.iterdir() if path.name != RUN_FILE + _PARTIAL_SUFFIX)
    except OSError as error:
        reason = f"cannot be used as a run folder: {error.strerror}"
        raise QuestionSetError(f"{out}: {reason}; choose another --out") from error
    if RUN_FILE not in others:
        if others:
            raise QuestionSetError(f"{out}: holds other things ({others[0]}) and no {RUN_FILE}; choose another --out")
        write_json(run_path, description)
        return description
    try:
        earlier = json.loads(run_path.read_bytes())
    except (OSError, ValueError) as error:
        raise QuestionSetError(f"{run_path}: damaged or not readable; choose another --out") from error
    if not isinstance(earlier, dict) or "started" not in earlier:
        raise QuestionSetError(f"{run_path}: does not describe a run; choose another --out")
    earlier = with_answers(earlier)
    if lacking := [name for name in description if name not in earlier]:
        listed = ", ".join(lacking)
        raise QuestionSetError(f"{run_path}: is of another version, which noted no {listed}; choose another --out")
    check_same(out, _COMPARED, earlier, description)
    return earlier


def with_answers(description: JSONObject) -> JSONObject:
    """Return the content of `run.json` with "answers", which runs did not note while all of them were extractive."""
    return {"answers": "extractive", **description}


def check_same(out: Path, names: Sequence[str], earlier: JSONObject, now: JSONObject) -> None:
    """Check that two descriptions of a run agree in the fields named.

    Raises
    ------
    QuestionSetError
        Naming the folder, the first five values that differ, and what to do.
    """
    differences = []
    for name in names:
        before, after = earlier[name], now[name]
        if not isinstance(before, dict) or not isinstance(after, dict):
            before, after = {"": before}, {"": after}
        for key in dict.fromkeys([*before, *after]):
            ignored = name == "settings" and _SETTINGS_WITHOUT_EFFECT.fullmatch(key)
            if before.get(key) != after.get(key) and not ignored:
                label = f"{name}: {key}" if key else name
                differences.append(f"{label} (was {shown(before.get(key))}, now {shown(after.get(key))})")
    if differences:
        lines = differences[:_DIFFERENCES_SHOWN]
        if len(differences) > len(lines):
            lines.append(f"and {len(differences) - len(lines)} more")
        listed = "\n  ".join(lines)
        raise QuestionSetError(
            f"{out}: holds a run of something else; choose another --out. It differs in:\n  {listed}"
        )


def mend_predictions(path: Path) -> None:
    """Make the last line of an interrupted `predictions.jsonl` whole: end it when only its line end lacks, else cut it.

    A missing file is left missing.
    """
    if not path.exists():
        return
    data = path.read_bytes()
    start = data.rfind(b"\n") + 1
    last = data[start:]
    if not last:
        return
    with path.open("r+b") as file:
        if _is_json(last):
            file.seek(0, os.SEEK_END)
            file.write(b"\n")
        else:
            file.truncate(start)


def iterate_predictions(path: Path, questions: Sequence[Question]) -> Iterator[JSONObject]:
    """Yield the answers in a `predictions.jsonl`, one at a time, in the order of the file.

    Parameters
    ----------
    path : Path
        The file; a missing one holds no answers.
    questions : sequence of Question
        Those that were asked.

    Raises
    ------
    QuestionSetError
        Naming the line that is damaged, answers another question, or answers one for the second time.
    """
    if not path.exists():
        return
    unanswered = {question.id: question.question for question in questions}
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            prediction: Any = json.loads(line) if _is_json(line) else None
            problem = _problem(prediction, unanswered)
            if problem:
                raise QuestionSetError(f"{path}, line {number}: {problem}; delete the line or choose another --out")
            del unanswered[prediction["id"]]
            yield prediction


def append_line(path: Path, value: Mapping[str, Any]) -> None:
    """Append a JSON object as one line of ASCII, and hand it to the operating system before returning."""
    # ASCII, since texts may hold U+2028 and the like, which many readers of lines take for line ends.
    with path.open("ab") as file:
        file.write(json.dumps(value, allow_nan=False).encode("ascii") + b"\n")


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file at once: whoever reads it sees the old content or the new, never a part."""
    with _replacing(path) as file:
        file.write(json.dumps(value, indent=2, allow_nan=False).encode("ascii") + b"\n")


def write_lines(path: Path, values: Iterable[Mapping[str, Any]]) -> None:
    """Write JSON objects, one a line of ASCII, at once as `write_json` does."""
    with _replacing(path) as file:
        for value in values:
            file.write(json.dumps(value, allow_nan=False).encode("ascii") + b"\n")


def read_object(path: Path) -> JSONObject:
    """Read a JSON object.

    Raises
    ------
    QuestionSetError
        Naming the file that cannot be read or holds something else.
    """
    try:
        value: Any = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise QuestionSetError(f"{path}: damaged or not readable; repeat qa eval with the same --out") from error
    if not isinstance(value, dict):
        raise QuestionSetError(f"{path}: expected a JSON object; repeat qa eval with the same --out")
    return value


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write, which takes the place of the one at `path` once all is on disk."""
    partial = path.with_name(path.name + _PARTIAL_SUFFIX)
    with partial.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _problem(prediction: Any, unanswered: Mapping[str, str]) -> str | None:  # noqa: ANN401 -- any JSON value
    """Return what keeps a line from being the answer of a question that is not yet answered; None when it is one."""
    if not isinstance(prediction, dict) or not _has_types(prediction, _PREDICTION_TYPES):
        return "damaged"
    if damaged := _damaged(prediction):
        return f"damaged {damaged}"
    if prediction["id"] not in unanswered:
        return f"answers {shown(prediction.get('id'))}, which is not in the question set or answered further up"
    if prediction["question"] != unanswered[prediction["id"]]:
        return f"answers another question than the set's {shown(prediction['id'])}"
    return None


def _damaged(prediction: JSONObject) -> str | None:
    """Return the part of an answer that cannot be measured; None when all can."""
    for name, types in (("citations", _CITATION_TYPES), ("passages", _PASSAGE_TYPES)):
        if not all(isinstance(span, dict) and _has_types(span, types) for span in prediction[name]):
            return name
    times = prediction["timings_ms"]
    if "total" not in times or not all(isinstance(time, int | float) for time in times.values()):
        return "timings"
    generated = prediction.get("generated")
    return None if generated is None or is_generated(generated) else "words of a language model"


def _has_types(value: Mapping[str, Any], types: Mapping[str, Any]) -> bool:
    return all(name in value and isinstance(value[name], kind) for name, kind in types.items())
