"""An in-process judge, a real cross-encoder with random weights: labels, threshold and calibration."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from pathlib import Path

import pytest
from tiny_models import save_judge

from qa.errors import ModelError, QAError, QuestionSetError
from qa.evaluation.analysis.guarantee import calibration_to_text
from qa.evaluation.analysis.judge_calibration import (
    PHRASES,
    calibrate_judge,
    in_process_judge,
    read_pairs,
    threshold_of,
)
from qa.generation.cross_encoder import CrossEncoderJudge
from qa.generation.judge import Pair, make_judge
from qa.models.coefficients import save_coefficients
from qa.models.sample_texts import SENTENCES
from qa.settings import Settings

pytestmark = pytest.mark.slow
PAIRS = [Pair(claim, evidence) for claim, evidence in pairwise(SENTENCES)][:12]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_judge(tmp_path_factory.mktemp("judge"))


def judge_of(folder: Path | str, **more: object) -> CrossEncoderJudge:
    judge = make_judge(Settings.model_validate({"llm_model": "m", "judge": f"nli:{folder}", **more}))
    assert isinstance(judge, CrossEncoderJudge)
    return judge


def test_the_probability_is_that_of_the_label_for_entailment(model: Path) -> None:
    from sentence_transformers import CrossEncoder

    encoder = CrossEncoder(str(model), device="cpu")
    read = [(one.evidence, one.claim) for one in PAIRS]
    expected = encoder.predict(read, apply_softmax=True, show_progress_bar=False)[:, 1]
    scores = judge_of(model).scores(PAIRS)
    assert scores == pytest.approx(expected.tolist(), abs=1e-5)
    middle = sorted(scores)[6]
    verdicts = [one.verdict for one in judge_of(model, judge_threshold=middle).judge("", PAIRS).judgements]
    assert verdicts == ["supported" if score >= middle else "unsupported" for score in scores]
    assert len(set(verdicts)) == 2


def test_labels_are_known_by_name_or_refused(tmp_path: Path) -> None:
    unnamed = save_judge(tmp_path / "two", ("LABEL_0", "LABEL_1"))
    scores = judge_of(unnamed).scores(PAIRS)
    from sentence_transformers import CrossEncoder

    softmax = CrossEncoder(str(unnamed), device="cpu").predict(
        [(one.evidence, one.claim) for one in PAIRS], apply_softmax=True, show_progress_bar=False
    )
    assert scores == pytest.approx(softmax[:, 1].tolist(), abs=1e-5)
    with pytest.raises(ModelError, match="none of its labels is entailment: label_0, label_1, label_2"):
        judge_of(save_judge(tmp_path / "three", ("LABEL_0", "LABEL_1", "LABEL_2"))).scores(PAIRS)


def test_code_that_comes_with_a_model_runs_only_if_allowed(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    import sentence_transformers

    def loaded(name: str, *, device: str | None, trust_remote_code: bool) -> None:
        asked.append(trust_remote_code)
        raise OSError(f"no {name} on {device}")

    monkeypatch.setattr(sentence_transformers, "CrossEncoder", loaded)
    for more in ({}, {"judge_trust_remote_code": True}):
        with pytest.raises(ModelError, match="cannot be loaded"):
            judge_of(model, **more).scores(PAIRS)
    assert asked == [False, True]


def labelled(path: Path, model: Path, pairs: int, wrong: float) -> Path:
    """Write pairs that the model's own order separates, except for a share of wrong labels."""
    drawn = random.Random(3)
    claims = [f"{drawn.choice(SENTENCES)} {number}." for number in range(pairs)]
    evidence = [drawn.choice(SENTENCES) for _ in claims]
    scores = judge_of(model).scores([Pair(*one) for one in zip(claims, evidence, strict=True)])
    middle = sorted(scores)[pairs // 2]
    rows = [
        {"claim": claim, "evidence": text, "supported": (score >= middle) != (drawn.random() < wrong)}
        for claim, text, score in zip(claims, evidence, scores, strict=True)
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def test_a_fitted_threshold_keeps_its_limit_and_goes_with_its_model(model: Path, tmp_path: Path) -> None:
    file = labelled(tmp_path / "pairs.jsonl", model, 300, 0.02)
    judge, pairs = in_process_judge(Settings(judge=f"nli:{model}", judge_calibration="left-over")), read_pairs(file)
    found = calibrate_judge(judge, pairs, max_wrong=0.1)
    assert found.threshold is not None
    assert found.held_out is not None
    # The guarantee is for future questions; among some dozens, more may be wrong by chance.
    assert found.held_out.wrong.low <= 0.1
    assert "at most 10% of the sentences called supported are not, with confidence 90%" in calibration_to_text(
        found, PHRASES
    )
    kept = threshold_of(judge, found, file, len(pairs))
    save_coefficients(tmp_path / "judge.json", kept)
    fitted = json.loads((tmp_path / "judge.json").read_text(encoding="utf-8"))
    assert (fitted["judge"], fitted["fitted_on"], fitted["pairs"]) == (str(model), str(file), 300)

    used = judge_of(model, judge_calibration=str(tmp_path / "judge.json"), judge_threshold=1.0)
    verdicts = used.judge("", [one.pair for one in pairs]).judgements
    wrong = [one.supported for one, verdict in zip(pairs, verdicts, strict=True) if verdict.verdict == "supported"]
    assert len(wrong) > 50
    assert wrong.count(False) == sum(seen.wrong.count for seen in (found.learned, found.held_out) if seen)

    with pytest.raises(ModelError, match=r"judge\.json: was fitted to .*, but QA_JUDGE is 'other'"):
        judge_of("other", judge_calibration=str(tmp_path / "judge.json"))
    other = kept.model_copy(update={"weights": "0" * 64})
    save_coefficients(tmp_path / "other.json", other)
    with pytest.raises(ModelError, match="its weights are not those that the threshold was fitted to"):
        judge_of(model, judge_calibration=str(tmp_path / "other.json")).scores(PAIRS)
    with pytest.raises(ModelError, match="qa calibrate --judge"):
        judge_of(model, judge_calibration=str(tmp_path / "none.json"))


def test_no_threshold_is_made_up(model: Path, tmp_path: Path) -> None:
    judge = CrossEncoderJudge(Settings(judge=f"nli:{model}"))
    few = calibrate_judge(judge, read_pairs(labelled(tmp_path / "few.jsonl", model, 20, 0)), max_wrong=0.05)
    assert few.threshold is None
    assert "at least 45 verdicts are needed" in calibration_to_text(few, PHRASES)
    noise = calibrate_judge(judge, read_pairs(labelled(tmp_path / "noise.jsonl", model, 100, 0.5)), max_wrong=0.05)
    assert noise.threshold is None
    assert "out of reach" in calibration_to_text(noise, PHRASES)
    with pytest.raises(QAError, match="QA_JUDGE=same: runs on a server"):
        in_process_judge(Settings(judge="same"))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"claim": "a", "evidence": "b"}', 'line 1, field "supported": expected true or false, got null'),
        ('{"claim": "a", "evidence": "b", "supported": 1}', 'field "supported"'),
        ('{"claim": "", "evidence": "b", "supported": true}', 'field "claim": expected a non-empty string'),
        ('{"claim": "a", "supported": true}', 'field "evidence": missing'),
        ("[]", "expected a JSON object"),
        ("", "has no pairs"),
    ],
)
def test_a_line_that_is_no_pair_is_named(tmp_path: Path, line: str, problem: str) -> None:
    (tmp_path / "pairs.jsonl").write_text(line, encoding="utf-8")
    with pytest.raises(QuestionSetError, match=problem):
        read_pairs(tmp_path / "pairs.jsonl")
