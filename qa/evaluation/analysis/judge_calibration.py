"""Labelled pairs of claim and evidence -> the threshold of a judge that runs in this process."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from qa.errors import ModelError, QAError, QuestionSetError
from qa.evaluation.analysis.guarantee import calibration_to_text
from qa.evaluation.analysis.risk_control import Calibration, Outcome, Phrases, calibrate_outcomes
from qa.evaluation.datasets.fields import fail, preview, text_field
from qa.evaluation.datasets.formats.text import read_objects
from qa.generation.cross_encoder import CrossEncoderJudge, JudgeThreshold
from qa.generation.judge import Pair, runs_in_process
from qa.models.coefficients import read_coefficients
from qa.settings import Settings
from qa.types import Progress

_BATCH = 64
PHRASES = Phrases(
    setting="threshold",
    wrong="of the sentences called supported are not",
    answers="verdicts",
    questions="pairs",
    given="called supported",
    source="file",
)


class LabelledPair(NamedTuple):
    """A claim and its evidence, and whether the evidence supports it."""

    pair: Pair
    supported: bool


def read_pairs(file: Path) -> list[LabelledPair]:
    """Read a JSONL file of objects with `claim`, `evidence` and `supported`.

    Raises `QuestionSetError` if it cannot be read, has no pairs, or a line is not such an object; names the line
    and the field.
    """
    found: list[LabelledPair] = []
    for location, row in read_objects(file):
        if not isinstance(row.get("supported"), bool):
            fail(location, "supported", f"expected true or false, got {preview(row.get('supported'))}")
        pair = Pair(text_field(row, "claim", location), text_field(row, "evidence", location))
        found.append(LabelledPair(pair, row["supported"]))
    if not found:
        raise QuestionSetError(f"{file}: has no pairs; give lines of claim, evidence and supported")
    return found


def in_process_judge(settings: Settings) -> CrossEncoderJudge:
    """Return the judge to calibrate, without a threshold fitted before.

    Raises `QAError` if the settings name none that runs in this process.
    """
    if not runs_in_process(settings):
        raise QAError(
            f"QA_JUDGE={settings.judge}: runs on a server, and only a judge in this process has a threshold; set"
            " QA_JUDGE to a cross-encoder, such as nli:FOLDER"
        )
    return CrossEncoderJudge(settings.model_copy(update={"judge_calibration": ""}))


def calibrate_judge(
    judge: CrossEncoderJudge,
    pairs: Sequence[LabelledPair],
    *,
    max_wrong: float,
    confidence: float = 0.9,
    progress: Progress | None = None,
) -> Calibration:
    """Find the lowest threshold at which at most `max_wrong` of the sentences called supported are not.

    As `qa.evaluation.analysis.risk_control.calibrate` does for answers, with three of ten pairs held out.

    Raises `QAError` if a share is not between 0 and 1, and `ModelError` if the model cannot be loaded.
    """
    scores: list[float] = []
    for start in range(0, len(pairs), _BATCH):
        if progress is not None:
            progress(start, len(pairs))
        scores += judge.scores([one.pair for one in pairs[start : start + _BATCH]])
    if progress is not None:
        progress(len(pairs), len(pairs))
    outcomes = [
        Outcome(f"{one.pair.claim}\n{one.pair.evidence}", score, not one.supported)
        for one, score in zip(pairs, scores, strict=True)
    ]
    return calibrate_outcomes(outcomes, max_wrong=max_wrong, confidence=confidence, phrases=PHRASES)


def check_threshold_file(path: Path) -> None:
    """Raise a `QAError` if a file exists and is not the threshold of a judge: it would be lost."""
    try:
        if path.exists():
            read_coefficients(path, JudgeThreshold)
    except ModelError:
        raise QAError(f"{path}: exists and is not the threshold of a judge; choose another --out") from None


def threshold_of(judge: CrossEncoderJudge, calibration: Calibration, file: Path, pairs: int) -> JudgeThreshold:
    """Return what is kept of a calibration; raises `QAError` if it found no threshold."""
    if calibration.threshold is None:
        raise QAError(calibration_to_text(calibration, PHRASES))
    return JudgeThreshold(
        fitted_on=str(file),
        date=datetime.now(UTC).date(),
        command=shlex.join(["qa", *sys.argv[1:]]),
        judge=judge.name,
        weights=judge.weights,
        threshold=calibration.threshold,
        max_wrong=calibration.max_wrong,
        confidence=calibration.confidence,
        pairs=pairs,
    )
