"""A calibration as text, and as a settings file."""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict
from pathlib import Path

from qa.errors import QAError
from qa.evaluation.analysis.risk_control import Calibration, Observed, Phrases, Share
from qa.evaluation.runs.folder import read_result, write_json
from qa.evaluation.runs.results import Run

CALIBRATION_FILE = "calibration.json"
"""In the run folder: the attributes of the last `Calibration` that found a threshold."""

SETTINGS_FILE = "settings.toml"
"""Name of the settings file, in the folder of a run or of a sweep."""


def calibration_to_text(calibration: Calibration, phrases: Phrases = Phrases()) -> str:  # noqa: B008 -- immutable
    """Return in a few lines what is guaranteed and what was observed, or why nothing can be guaranteed."""
    learned, held_out = calibration.learned, calibration.held_out
    if calibration.threshold is None or learned is None or held_out is None:
        return f"no threshold: {calibration.problem}"
    cases = phrases.questions
    lines = [
        f"{phrases.setting} = {calibration.threshold}",
        f"guaranteed: at most {_percent(calibration.max_wrong)} {phrases.wrong},"
        f" with confidence {_percent(calibration.confidence)}",
        f"learned from {learned.answered.total} {cases}: {_observed(learned, phrases.given)}",
        f"held out {held_out.answered.total} {cases}: {_observed(held_out, phrases.given)}",
    ]
    if held_out.wrong.low > calibration.max_wrong:
        lines.append(f"the held-out {cases} violate the guarantee by more than chance explains: do not rely on it")
    if calibration.left_out:
        lines.append(f"left out {calibration.left_out} questions that failed or have no known right answer")
    lines.append(f"the guarantee holds for {cases} drawn like those of the {phrases.source}; ranges are 95% intervals")
    return "\n".join(lines)


def check_settings_file(path: Path) -> None:
    """Raise a `QAError` if a settings file contains other settings, which would be lost, or is something else."""
    if not path.exists():
        return
    try:
        others = sorted(tomllib.loads(path.read_text(encoding="utf-8")).keys() - {"answer_threshold"})
    except (OSError, ValueError):
        raise QAError(f"{path}: exists and is not a settings file; choose another --out") from None
    if others:
        raise QAError(f"{path}: also sets {others[0]}, which would be lost; choose another --out")


def write_calibration(path: Path, calibration: Calibration, run: Run) -> None:
    """Write the settings file, and `calibration.json` into the run folder.

    Raises `QAError` if there is no threshold, and `OSError` if the settings file cannot be written.
    """
    if calibration.threshold is None:
        raise QAError(calibration_to_text(calibration))
    # As JSON, since the name of a folder may contain a line end.
    lines = [
        f"# Made by qa calibrate from the run {json.dumps(str(run.folder))}.",
        *(f"# {line}" for line in calibration_to_text(calibration).splitlines()[1:]),
        "# With another model, other documents or questions of another kind, calibrate again.",
        f"answer_threshold = {calibration.threshold}",
        "",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")
    write_json(run.folder / CALIBRATION_FILE, asdict(calibration))


def read_calibration(folder: Path) -> Calibration | None:
    """Read `calibration.json` of a run folder; None if there is none. Raises as `read_result`."""
    return read_result(folder / CALIBRATION_FILE, Calibration, "qa calibrate")


def _observed(observed: Observed, given: str) -> str:
    return f"{_share(observed.answered)} {given}, {_share(observed.wrong)} of these wrong"


def _share(share: Share) -> str:
    if not share.total:
        return "none"
    return f"{_percent(share.count / share.total)} ({share.count}; {_percent(share.low)} to {_percent(share.high)})"


def _percent(value: float) -> str:
    return f"{100 * value:.3g}%"
