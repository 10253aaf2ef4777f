"""The stated power equals that of the comparison: checked on a thousand simulated pairs of runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evaluation.handmade import Given, colour_question, write_run
from qa.errors import QuestionSetError
from qa.evaluation import Question, compare, read_run
from qa.evaluation.analysis.paired import randomization_test
from qa.evaluation.analysis.power import (
    POWER,
    SIGNIFICANT,
    power_to_text,
    questions_for_share,
    set_power,
    share_power,
    smallest_mean,
    smallest_share,
)
from qa.evaluation.metrics.bootstrap import bootstrap, weighted_mean

PAIRS = 1000


@pytest.mark.slow
@pytest.mark.parametrize(("questions", "changed"), [(222, 0.10), (60, 0.3)])
def test_the_power_of_a_share_is_that_of_simulated_runs(questions: int, changed: float) -> None:
    smallest = smallest_share(changed, questions)
    assert smallest is not None
    random = np.random.default_rng(1)
    gain, loss = (changed + smallest) / 2, (changed - smallest) / 2
    gains = random.choice([1.0, -1.0, 0.0], p=[gain, loss, 1 - changed], size=(PAIRS, questions))
    # The comparison's own draws are the same for every pair.
    intervals = bootstrap({str(at): weighted_mean(row.tolist()) for at, row in enumerate(gains)}, questions)
    found = 0
    for at, row in enumerate(gains):
        before = np.stack([row < 0, np.ones(questions)], axis=1)
        after = np.stack([row > 0, np.ones(questions)], axis=1)
        low, _ = intervals[str(at)] or (0, 0)
        found += low > 0 and randomization_test(before, after) <= SIGNIFICANT
    assert found / PAIRS == pytest.approx(share_power(smallest, changed, questions), abs=0.02)
    assert share_power(smallest, changed, questions) == pytest.approx(POWER, abs=0.001)


@pytest.mark.slow
def test_the_power_of_a_mean_is_that_of_simulated_intervals() -> None:
    random, questions, spread = np.random.default_rng(2), 150, 0.4
    smallest = smallest_mean(spread / questions**0.5)
    assert smallest is not None
    gains = random.normal(smallest, spread, size=(3 * PAIRS, questions))
    intervals = bootstrap({str(at): weighted_mean(row.tolist()) for at, row in enumerate(gains)}, questions)
    found = sum(interval is not None and interval[0] > 0 for interval in intervals.values())
    assert found / len(gains) == pytest.approx(POWER, abs=0.02)


def test_more_questions_resolve_less_and_too_few_nothing() -> None:
    assert smallest_share(0.0, 5) is None
    needed = questions_for_share(0.02, 0.1)
    assert smallest_share(0.1, needed) == pytest.approx(0.02, abs=0.0002)
    assert needed > questions_for_share(0.05, 0.1)
    assert smallest_mean(1e-17) is None, "equal differences, but for rounding"


def test_a_set_a_run_and_a_comparison_state_the_difference_they_resolve(tmp_path: Path) -> None:
    questions = [colour_question(f"q{at}", "red", tag="rare" if at < 5 else "common") for at in range(60)]
    right = {question.id: Given("red") for question in questions}
    first = write_run(tmp_path / "a", questions, right | {"q0": Given("blue")})
    second = write_run(tmp_path / "b", questions, right)
    unknown, known = set_power(questions), set_power(questions, read_run(first))
    measure = {one.name: one for one in known.measures}["right"]
    assert measure.questions == 60
    # Nearly all right: fewer results can change than if half were.
    assert (measure.smallest or 1) < ({one.name: one for one in unknown.measures}["right"].smallest or 0)
    assert [(one.label, one.smallest) for one in known.slices if one.name == "tag" and not one.readable] == [
        ("rare", None)
    ]
    assert '  tag: "rare" (5): none' in power_to_text(known)
    difference = {one.name: one for one in compare(first, second).measures}["right"]
    assert difference.smallest == pytest.approx(smallest_share(1 / 60, 60))
    with pytest.raises(QuestionSetError, match='does not ask "other"'):
        set_power([Question("other", "?")], read_run(first))
