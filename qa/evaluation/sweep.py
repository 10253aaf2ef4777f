"""Run many settings over one question set, and find the best and the chance that it is only luck.

The folder contains a run folder `runs/NAME` for each setting, `indexes` (documents are embedded once for each embedding
model and chunk size), `sweep.json`, `sweep.html` and `settings.toml` with the best settings. Each setting runs in its
own process, so that memory and time are measured separately. An interrupted sweep is resumed.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING, Any

from qa.errors import QAError, QuestionSetError
from qa.evaluation.analysis.sweep import SETTINGS_FILE, SweepResult, analyse, settings_toml, sweep_to_json
from qa.evaluation.datasets.questions import check_against, read_sets
from qa.evaluation.runs.folder import METRICS_FILE, write_json, writing
from qa.evaluation.runs.results import read_run
from qa.evaluation.runs.sweep_file import Sweep, read_sweep
from qa.files import write_file
from qa.output.terminal import echo

if TYPE_CHECKING:
    from qa.types import Progress

RESULT_FILE = "sweep.json"
_EMBEDDING = ("embedding_model", "backend", "device", "chunk_tokens")
_WATCH_SECONDS = 0.2


def run_sweep(file: str | Path, out: str | Path, progress: Progress | None = None) -> SweepResult:
    """Run the settings of a sweep that have no finished run in the folder, and compare all.

    The folder is new or empty, or contains an earlier sweep. For the file, see
    `qa.evaluation.runs.sweep_file.Sweep`.

    Raises
    ------
    QAError
        If the file is malformed, or one of the settings cannot be run; names it.
    """
    from qa.evaluation.report.sweep import SWEEP_PAGE, write_sweep

    out = Path(out)
    sweep, settings = read_sweep(Path(file))
    _check_folder(out)
    for done, (name, values) in enumerate(settings.items()):
        if progress is not None:
            progress(done, len(settings))
        if not (out / "runs" / name / METRICS_FILE).is_file():
            _run_apart(sweep, name, values, out)
    if progress is not None:
        progress(len(settings), len(settings))
    runs = {name: read_run(out / "runs" / name) for name in settings}
    result = analyse(runs, settings, sweep.measure, sweep.held_out)
    write_json(out / RESULT_FILE, sweep_to_json(result))
    with writing(out / SETTINGS_FILE):
        write_file(out / SETTINGS_FILE, settings_toml(result).encode())
    with writing(out / SWEEP_PAGE):
        write_sweep(result, out / SWEEP_PAGE)
    return result


def _check_folder(out: Path) -> None:
    """Check that a folder is new, empty, or from an earlier sweep."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        others = [path.name for path in out.iterdir()]
        (out / "runs").mkdir(exist_ok=True)
    except OSError as error:
        raise QuestionSetError(f"{out}: cannot be used for a sweep: {error.strerror}; choose another --out") from None
    if others and "runs" not in others:
        raise QuestionSetError(f"{out}: not the folder of a sweep (unexpected file {others[0]}); choose another --out")


def _run_apart(sweep: Sweep, name: str, values: dict[str, Any], out: Path) -> None:
    """Run one setting in a child process, which ends with this one."""
    given = {
        "name": name,
        "values": values,
        "out": str(out),
        "questions": sweep.questions,
        "docs": sweep.docs,
        "answers": sweep.answers,
    }
    command = [sys.executable, "-m", "qa.evaluation.sweep"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            _, stderr = process.communicate(json.dumps(given))
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        why = stderr.strip().splitlines()[-1] if stderr.strip() else f"exit code {process.returncode}"
        raise QAError(f"{name}: {why}; finished settings are kept: repeat the command to resume")


def _run_here(given: dict[str, Any]) -> None:
    """Run the setting that the parent process sent."""
    from qa.evaluation.batch import evaluate
    from qa.pipeline import QA
    from qa.settings import Settings

    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            sleep(_WATCH_SECONDS)
        os._exit(1)

    Thread(target=watch, daemon=True).start()
    settings = Settings(**given["values"])
    questions, _ = read_sets(given["questions"])
    out = Path(given["out"])
    index = out / "indexes" / _index_name(given["docs"], settings)
    if not index.is_dir() and not given.get("embed"):
        # In another process, so that the memory for embedding does not count as memory for asking.
        command = [sys.executable, "-m", "qa.evaluation.sweep"]
        done = subprocess.run(command, input=json.dumps({**given, "embed": True}), text=True, check=False)  # noqa: S603
        if done.returncode:
            sys.exit(done.returncode)
    if given.get("embed"):
        bot = QA.from_path(*given["docs"], settings=settings)
        check_against(questions, bot.documents)
        partial = index.with_name(f"{index.name}.{os.getpid()}")
        partial.parent.mkdir(exist_ok=True)
        bot.save(partial)
        partial.rename(index)
        return
    evaluate(QA.from_index(index, settings=settings), questions, out / "runs" / given["name"], answers=given["answers"])


def _index_name(docs: Sequence[str], settings: Any) -> str:  # noqa: ANN401 -- Settings, which is slow to import
    """Return a name that changes with the documents and with the settings that their vectors depend on."""
    from qa.documents.discovery import files_by_id

    files = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files_by_id(docs).values()]
    named = [getattr(settings, name) for name in _EMBEDDING]
    return hashlib.sha256(json.dumps([sorted(files), named]).encode()).hexdigest()[:16]


if __name__ == "__main__":
    try:
        _run_here(json.loads(sys.stdin.read()))
    except QAError as problem:
        echo(str(problem), err=True)
        sys.exit(2)
