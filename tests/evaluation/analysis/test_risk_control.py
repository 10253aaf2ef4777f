"""Calibration: thresholds keep their guarantee for any confidence score, and the message where none can."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.handmade import Given, colour_question, write_run
from qa.errors import QAError
from qa.evaluation import Calibration, calibrate, read_run
from qa.evaluation.analysis.guarantee import calibration_to_text, check_settings_file, write_calibration
from qa.evaluation.analysis.risk_control import choose_threshold, fewest_answers, share
from qa.settings import Settings

Floats = np.ndarray[Any, np.dtype[np.float64]]

DATA_SETS = 1000


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write runs quickly: calibration does not read the intervals of their metrics."""
    monkeypatch.setattr("qa.evaluation.metrics.bootstrap.RESAMPLES", 10)


def levels(confidences: Floats) -> Floats:
    """Four levels of error rates; most answers in the highest fiftieth of the confidence range are wrong."""
    return np.select([confidences > 0.98, confidences > 0.6, confidences > 0.3], [0.6, 0.02, 0.06], 0.4)


ERROR_RATES: dict[str, Callable[[Floats], Floats]] = {
    "as the confidence says": lambda confidences: 1 - confidences,
    "fewer than the confidence says": lambda confidences: (1 - confidences) ** 3,
    # Every threshold is false by a hair: the hardest case there is, since any threshold found breaks the promise.
    "the limit and a hair everywhere": lambda confidences: np.full_like(confidences, 0.0501),
    "none at all": np.zeros_like,
    "half, whatever the confidence": lambda confidences: np.full_like(confidences, 0.5),
    "the surest are the worst": lambda confidences: 0.09 * confidences,
    "wrong only among the surest": lambda confidences: np.where(confidences > 0.93, 0.6, 0.01),
    "a cliff just below the limit": lambda confidences: np.where(confidences > 0.6, 0.045, 1.0),
    "up and down": lambda confidences: 0.05 + 0.05 * np.sin(40 * confidences),
    "on four levels": levels,
}
DRAWS: dict[str, Callable[[np.random.Generator, Any], Floats]] = {
    "evenly spread": lambda random, shape: random.random(shape),
    "most sure": lambda random, shape: random.beta(4, 1, shape),
    "few different ones": lambda random, shape: np.round(random.random(shape), 1),
}


def share_of_violations(
    choose: Callable[[Floats, Any, Floats], float | None],
    draw: Callable[[np.random.Generator, Any], Floats],
    error_rate: Callable[[Floats], Floats],
    questions: int,
) -> tuple[int, int]:
    """Return in how many data sets a threshold was found, and in how many it lets more than 5% be wrong."""
    random = np.random.default_rng(20240101)
    # The source distribution: so many samples that they give the true error at any threshold.
    source = np.sort(np.round(draw(random, 50_000), 4))[::-1]
    true_error = np.cumsum(error_rate(source)) / np.arange(1, len(source) + 1)
    confidences = np.round(draw(random, (DATA_SETS, questions)), 4)
    wrong = random.random(confidences.shape) < error_rate(confidences)
    held = round(0.3 * questions)
    found = broken = 0
    for row, outcome in zip(confidences, wrong, strict=True):
        threshold = choose(row[held:], outcome[held:], row[:held])
        if threshold is not None:
            found += 1
            answered = np.searchsorted(-source, -threshold, side="right")
            broken += int(answered > 0 and true_error[answered - 1] > 0.05)
    return found, broken


@pytest.mark.slow
@pytest.mark.parametrize("questions", [120, 800])
@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
@pytest.mark.parametrize("error_rate", ERROR_RATES.values(), ids=ERROR_RATES)
def test_thresholds_break_their_guarantee_no_more_often_than_stated(
    error_rate: Callable[[Floats], Floats], draw: Callable[[np.random.Generator, Any], Floats], questions: int
) -> None:
    def choose(confidences: Floats, wrong: Any, held_out: Floats) -> float | None:  # noqa: ANN401
        return choose_threshold(confidences, wrong, held_out, max_wrong=0.05, confidence=0.9)

    _, broken = share_of_violations(choose, draw, error_rate, questions)
    assert broken <= 0.1 * DATA_SETS


def test_a_point_estimate_violates_the_guarantee_far_more_often() -> None:
    """Shows that the test above can fail: the lowest threshold whose observed error is within the limit."""

    def choose(confidences: Floats, wrong: Any, _held_out: Floats) -> float | None:  # noqa: ANN401
        order = np.argsort(-confidences)
        within = np.flatnonzero(np.cumsum(wrong[order]) / np.arange(1, len(order) + 1) <= 0.05)
        return float(confidences[order][within[-1]]) if len(within) else None

    _, broken = share_of_violations(choose, DRAWS["evenly spread"], ERROR_RATES["up and down"], 220)
    assert broken > 0.3 * DATA_SETS


@pytest.mark.parametrize(
    ("name", "questions", "at_least"),
    [
        ("none at all", 100, 0.95),
        ("fewer than the confidence says", 1500, 0.95),
    ],
)
def test_thresholds_are_found_where_there_are_any(name: str, questions: int, at_least: float) -> None:
    def choose(confidences: Floats, wrong: Any, held_out: Floats) -> float | None:  # noqa: ANN401
        return choose_threshold(confidences, wrong, held_out, max_wrong=0.05, confidence=0.9)

    successes, _ = share_of_violations(choose, DRAWS["evenly spread"], ERROR_RATES[name], questions)
    assert successes >= at_least * DATA_SETS


# --- the threshold by hand


def test_the_lowest_threshold_is_taken_before_the_first_that_fails() -> None:
    held_out = np.array([0.9, 0.7, 0.5, 0.3])
    confidences = np.repeat([0.95, 0.75, 0.55, 0.35], 100)
    wrong = np.zeros(400, dtype=bool)
    # The sequence starts at 0.7, where the root of 22 times 400 is nearly reached, and goes down to 0.
    assert choose_threshold(confidences, wrong, held_out, max_wrong=0.1, confidence=0.9) == 0
    wrong[350:390] = True
    assert choose_threshold(confidences, wrong, held_out, max_wrong=0.1, confidence=0.9) == 0.49995
    wrong[200:240] = True
    assert choose_threshold(confidences, wrong, held_out, max_wrong=0.1, confidence=0.9) == 0.69995
    # All together would pass; but the sequence ends where it first fails.
    wrong[:] = False
    wrong[:25] = True
    assert choose_threshold(confidences, wrong, held_out, max_wrong=0.1, confidence=0.9) is None


def test_a_question_that_is_never_answered_counts_neither_way() -> None:
    held_out = np.array([0.9, -1.0])
    confidences = np.concatenate([np.full(50, 0.95), np.full(50, -1.0)])
    wrong = confidences < 0
    assert choose_threshold(confidences, wrong, held_out, max_wrong=0.05, confidence=0.9) == 0
    # Forty answers are too few; declined questions do not count.
    assert choose_threshold(confidences[10:], wrong[10:], held_out, max_wrong=0.05, confidence=0.9) is None


@given(st.floats(0.001, 0.9), st.floats(0.01, 0.999))
def test_the_fewest_answers_pass_and_one_less_does_not(max_wrong: float, confidence: float) -> None:
    fewest = fewest_answers(max_wrong, confidence)
    assert (1 - max_wrong) ** fewest <= (1 - confidence) * (1 + 1e-9)
    assert (1 - max_wrong) ** (fewest - 1) >= (1 - confidence) * (1 - 1e-9)


@pytest.mark.slow
@given(st.integers(0, 60), st.integers(0, 60))
def test_an_interval_is_that_of_clopper_and_pearson(count: int, others: int) -> None:
    from scipy.stats import binomtest

    total = count + others
    interval = share(count, total)
    if total:
        expected = binomtest(count, total).proportion_ci(0.95, "exact")
        assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))
    else:
        assert (interval.low, interval.high) == (0, 1)


# --- a run


def run_of(folder: Path, size: int, wrong_below: float, *, always_answer: bool = True, declined: int = 0) -> Path:
    """Write a run with evenly spread confidences, wrong answers below one of them, and then declined questions."""
    questions = [colour_question(f"q{number}", "red") for number in range(size)]
    answers = {
        question.id: Given("red" if number / size >= wrong_below else "blue", round(number / size, 4))
        for number, question in enumerate(questions)
    }
    others = [colour_question(f"d{number}", "red") for number in range(declined)]
    answers |= {question.id: Given(None, 0.0) for question in others}
    return write_run(folder, [*questions, *others], answers, always_answer=always_answer)


def found(folder: Path, max_wrong: float = 0.05, confidence: float = 0.9) -> Calibration:
    return calibrate(read_run(folder), max_wrong=max_wrong, confidence=confidence)


def test_a_threshold_is_learned_and_checked_on_other_questions(tmp_path: Path) -> None:
    calibration = found(run_of(tmp_path / "run", 400, 0.4))
    assert calibration.problem is None
    assert calibration.threshold is not None
    # Wrong below 0.4, so that at most 5% of those above 0.37 are wrong; the bound is on the safe side of it.
    assert 0.36 < calibration.threshold < 0.45
    assert calibration.learned is not None
    assert calibration.held_out is not None
    assert (calibration.learned.answered.total, calibration.held_out.answered.total) == (280, 120)
    for observed in (calibration.learned, calibration.held_out):
        assert observed.wrong.total == observed.answered.count
        assert observed.wrong.low <= observed.wrong.count / observed.wrong.total <= observed.wrong.high
    # The binomial tail of the learning half confirms the guarantee.
    wrong, answered = calibration.learned.wrong.count, calibration.learned.wrong.total
    assert sum(comb(answered, k) * 0.05**k * 0.95 ** (answered - k) for k in range(wrong + 1)) <= 0.1


@pytest.mark.slow
def test_the_outcomes_of_held_out_questions_change_nothing_but_the_check(tmp_path: Path) -> None:
    run = read_run(run_of(tmp_path / "run", 400, 0.4))
    before = calibrate(run, max_wrong=0.05)
    held_out = 0
    for position in range(200, 400, 4):
        scores = list(run.scores)
        scores[position] = replace(scores[position], right=False)
        after = calibrate(replace(run, scores=tuple(scores)), max_wrong=0.05)
        if after.learned == before.learned:
            held_out += 1
            assert after.threshold == before.threshold
            assert after.held_out is not None
            assert before.held_out is not None
            assert after.held_out.wrong.count == before.held_out.wrong.count + 1
    assert 10 <= held_out <= 25


def test_an_answer_to_an_unanswerable_question_is_wrong(tmp_path: Path) -> None:
    questions = [colour_question(f"q{number}", "red") for number in range(200)]
    questions += [colour_question(f"u{number}", answerable=False) for number in range(200)]
    answers = {question.id: Given("red") for question in questions}
    folder = write_run(tmp_path / "run", questions, answers, always_answer=True)
    calibration = found(folder)
    assert calibration.threshold is None
    assert calibration.problem is not None
    assert "out of reach" in calibration.problem


def test_failed_and_unjudged_questions_are_left_out_and_counted(tmp_path: Path) -> None:
    questions = [colour_question(f"q{number}", "red") for number in range(100)]
    unjudged = [colour_question("unjudged")]
    failed = [colour_question("failed", "red")]
    answers = {question.id: Given("red") for question in (*questions, *unjudged)}
    folder = write_run(tmp_path / "run", [*questions, *unjudged, *failed], answers, always_answer=True)
    calibration = found(folder)
    assert calibration.left_out == 2
    assert calibration.learned is not None
    assert calibration.learned.answered.total == 70
    assert "left out 2 questions" in calibration_to_text(calibration)


def test_a_question_declined_at_any_threshold_counts_only_for_coverage(tmp_path: Path) -> None:
    calibration = found(run_of(tmp_path / "run", 200, 0.0, declined=100))
    assert calibration.threshold is not None
    assert calibration.learned is not None
    assert calibration.learned.answered.total == 210
    assert calibration.learned.answered.count < 160


def test_the_order_of_the_set_does_not_matter(tmp_path: Path) -> None:
    questions = [colour_question(f"q{number}", "red") for number in range(200)]
    answers = {q.id: Given("red" if number > 70 else "blue", number / 200) for number, q in enumerate(questions)}
    forward = write_run(tmp_path / "forward", questions, answers, always_answer=True)
    backward = write_run(tmp_path / "backward", questions[::-1], answers, always_answer=True)
    assert found(forward) == found(backward)


@pytest.mark.parametrize(
    ("size", "max_wrong", "needed"), [(60, 0.05, "64"), (300, 0.01, "328"), (1, 0.5, "6"), (0, 0.5, "6")]
)
def test_too_small_a_set_names_the_number_needed(tmp_path: Path, size: int, max_wrong: float, needed: str) -> None:
    folder = run_of(tmp_path / "run", size, 0.0, declined=1)
    problem = found(folder, max_wrong).problem
    assert problem is not None
    assert "too small" in problem
    assert f"at least {needed} questions" in problem


@pytest.mark.parametrize(("max_wrong", "needed"), [(0.05, 64), (0.01, 328), (0.5, 6)])
def test_a_set_of_the_stated_size_is_enough_where_all_are_right(tmp_path: Path, max_wrong: float, needed: int) -> None:
    assert found(run_of(tmp_path / "enough", needed, 0.0), max_wrong).threshold is not None
    assert found(run_of(tmp_path / "one less", needed - 1, 0.0), max_wrong).threshold is None


def test_a_goal_out_of_reach_names_one_that_is_possible(tmp_path: Path) -> None:
    folder = run_of(tmp_path / "run", 400, 0.95)
    problem = found(folder).problem
    assert problem is not None
    assert "out of reach" in problem
    reached = float(problem.rsplit(" ", 1)[1])
    assert found(folder, min(0.99, reached + 0.01)).threshold is not None


def test_a_tiny_limit_is_answered_at_once(tmp_path: Path) -> None:
    problem = found(run_of(tmp_path / "run", 100, 0.0), 1e-6).problem or ""
    assert "at least 2302584 answers are needed" in problem
    assert "use a set of at least 3289406 questions" in problem


def test_no_limit_is_advised_that_would_be_refused(tmp_path: Path) -> None:
    problem = found(run_of(tmp_path / "run", 400, 1.0)).problem or ""
    assert problem.endswith("too few of the answers are right for any limit")


def test_a_run_that_may_decline_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QAError, match="without --always-answer"):
        found(run_of(tmp_path / "run", 100, 0.0, always_answer=False))


@pytest.mark.parametrize("value", [0, 1, -0.1, 5, float("nan"), 1e-7, 1e-320])
def test_a_share_outside_its_limits_is_refused(tmp_path: Path, value: float) -> None:
    folder = run_of(tmp_path / "run", 100, 0.0)
    with pytest.raises(QAError, match=r"max_wrong is .*between 0 and 1"):
        found(folder, value)
    with pytest.raises(QAError, match=r"confidence is .*between 0 and 1"):
        found(folder, 0.05, value)


# --- the settings file


def test_the_settings_file_sets_the_threshold_and_says_where_it_comes_from(tmp_path: Path) -> None:
    folder = run_of(tmp_path / "a\nrun", 400, 0.4)
    calibration = found(folder)
    path = tmp_path / "new" / "settings.toml"
    write_calibration(path, calibration, read_run(folder))
    assert Settings.from_environment(path).answer_threshold == calibration.threshold
    text = path.read_text(encoding="utf-8")
    assert "guaranteed: at most 5% of the answers given are wrong, with confidence 90%" in text
    assert "held out 120 questions" in text
    assert "a\\nrun" in text
    written = json.loads((folder / "calibration.json").read_bytes())
    assert written["threshold"] == calibration.threshold
    assert written["held_out"]["wrong"]["total"] == calibration.held_out.wrong.total  # type: ignore[union-attr]
    check_settings_file(path)


@pytest.mark.parametrize("content", ["chunk_tokens = 80\n", "not toml", "answer_threshold = 0.5\nport = 1\n"])
def test_a_file_with_other_content_is_not_overwritten(tmp_path: Path, content: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(QAError, match="choose another --out"):
        check_settings_file(path)


def test_a_violated_guarantee_is_reported(tmp_path: Path) -> None:
    calibration = found(run_of(tmp_path / "run", 400, 0.4))
    assert calibration.held_out is not None
    assert "violate the guarantee" not in calibration_to_text(calibration)
    broken = replace(calibration.held_out, wrong=share(30, 70))
    assert "violate the guarantee" in calibration_to_text(replace(calibration, held_out=broken))
