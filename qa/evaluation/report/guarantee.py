"""The section on a calibrated threshold: its guarantee, and the shares observed on held-out questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.errors import QuestionSetError
from qa.evaluation.analysis.guarantee import CALIBRATION_FILE
from qa.evaluation.report.figures import DASH
from qa.evaluation.report.page import replace_section
from qa.files import read_regular

if TYPE_CHECKING:
    from qa.types import JSONObject

_MAX_BYTES = 1_000_000


def guarantee(folder: Path) -> JSONObject | None:
    """Return the values of the template from the folder's `calibration.json`; None without the file.

    Raises
    ------
    QuestionSetError
        If the file is damaged.
    """
    path = folder / CALIBRATION_FILE
    if not path.exists():
        return None
    try:
        calibration = json.loads(read_regular(path, _MAX_BYTES))
        limit = f"at most {_percent(calibration['max_wrong'])}"
        rows = [
            _row(label, calibration[part], limit)
            for label, part in (("Held out, not used to find it", "held_out"), ("Used to find it", "learned"))
        ]
        kept = calibration["held_out"]["wrong"]["low"] <= calibration["max_wrong"]
        sentence = (
            f"With answer_threshold = {calibration['threshold']}, {limit} of the answers given are wrong, with "
            f"confidence {_percent(calibration['confidence'])}."
        )
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise QuestionSetError(f"{path}: damaged; delete it, or repeat qa calibrate") from error
    note = (
        "The held-out answers are consistent with the guarantee. It holds for questions drawn like those of the set."
        if kept
        else "The held-out answers violate the guarantee by more than chance explains: do not rely on it."
    )
    return {"sentence": sentence, "rows": rows, "note": note}


def refresh_guarantee(report: Path) -> None:
    """Update the section of a report from the `calibration.json` beside it; errors as for `guarantee`."""
    replace_section(report, "guarantee", guarantee(report.parent))


def _row(label: str, observed: JSONObject, limit: str) -> JSONObject:
    answered, wrong = observed["answered"], observed["wrong"]
    return {
        "label": label,
        "answered": f"{answered['count']:,} of {answered['total']:,}",
        "wrong": f"{_percent(wrong['count'] / wrong['total'])} ({wrong['count']:,})" if wrong["total"] else DASH,
        "interval": f"{_percent(wrong['low'])}{DASH}{_percent(wrong['high'])}" if wrong["total"] else "",
        "limit": limit,
    }


def _percent(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    return f"{round(100 * value, 1):g}%"
