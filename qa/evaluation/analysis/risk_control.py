"""Risk control: a threshold with a guarantee that at most a given share of the answers is wrong.

The threshold is found by Learn-then-Test with fixed-sequence testing (Angelopoulos, Bates, Candès, Jordan and Lei,
"Learn then Test: Calibrating Predictive Algorithms to Achieve Risk Control", 2021, https://arxiv.org/abs/2110.01052).
The guarantee holds for any finite number of questions and any confidence score, good or not, if future questions are
like those of the set: drawn independently from the same source.

For a fixed threshold, each answer is wrong with the same probability, so the number of wrong answers, given the number
of answers, is binomial, and its lower tail is a valid p-value for "more than `max_wrong` are wrong". Thresholds are
tested from high to low, each at level ``1 - confidence``, up to the first that fails. The guarantee is violated only if
the first false threshold of the sequence passes, which has at most that probability. The sequence must not depend on
the questions tested, so it is made from the confidences of the held-out questions, whose outcomes are used only for the
check at the end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count as counting
from math import ceil, log, log1p, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qa.errors import QAError, check_type
from qa.evaluation.metrics.scores import QuestionScore
from qa.evaluation.runs.results import Run

HELD_OUT_SHARE = 0.3
"""Share of the questions held out for the check."""

# Confidences have four decimals: half a step lower includes all equal ones.
_HALF_STEP = 0.00005
_NEVER_ANSWERED = -1.0
_SMALLEST_SHARE = 0.000001  # a smaller one would need millions of questions


class Outcome(NamedTuple):
    """The result of a question, or of another case; the confidence is negative if it is declined at any threshold."""

    id: str
    confidence: float
    wrong: bool


class Phrases(NamedTuple):
    """How a calibration is put into words."""

    setting: str = "answer_threshold"
    wrong: str = "of the answers given are wrong"
    answers: str = "answers"
    questions: str = "questions"
    given: str = "answered"
    source: str = "set"


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its exact 95% interval (Clopper-Pearson), which is 0 to 1 if `total` is 0."""

    count: int
    total: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Observed:
    """Shares observed at a threshold: the answers given, of the questions, and the wrong ones, of the answers."""

    answered: Share
    wrong: Share


@dataclass(frozen=True, slots=True)
class Calibration:
    """A calibrated threshold, and the shares observed with it."""

    max_wrong: float  # guaranteed limit of the share of wrong answers
    confidence: float  # probability that the guarantee holds for a threshold found in this way
    threshold: float | None  # lowest confidence at which to answer; None if no threshold has the guarantee
    problem: str | None  # why there is no threshold, and what would help
    learned: Observed | None  # on the questions used to find the threshold
    held_out: Observed | None  # on the others
    left_out: int  # questions not used: failed ones, and those without a known right answer


def calibrate(run: Run, *, max_wrong: float, confidence: float = 0.9) -> Calibration:
    """Find the lowest threshold at which at most `max_wrong` of the answers given are wrong.

    An answer to an unanswerable question counts as wrong. Three of ten questions, chosen by the hash of their ids, are
    held out.

    Parameters
    ----------
    run : Run
        With `always_answer`, so that the outcome at every threshold is known.
    max_wrong : float
        Largest share of wrong answers, between 0 and 1.
    confidence : float
        Probability of the guarantee, between 0 and 1.

    Returns
    -------
    Calibration
        Without a threshold if the set is too small or the goal out of reach.

    Raises
    ------
    QAError
        If the run is of another system or was made without `always_answer`, or a share is not between 0 and 1.
    """
    check_type("the run", run, Run, "a Run; read_run reads it from its folder")
    if run.description.get("answers") == "other":
        raise QAError(
            f"{run.folder}: is a run of another system, to which answer_threshold does not apply; choose another"
        )
    if run.description.get("always_answer") is not True:
        raise QAError(
            f"{run.folder}: was run without --always-answer, so the outcome of declined questions is unknown; repeat"
            " qa eval with --always-answer and another --out"
        )
    outcomes = [_outcome(score) for score in run.scores if score.right is not None or score.declined]
    left_out = len(run.scores) - len(outcomes)
    return calibrate_outcomes(outcomes, max_wrong=max_wrong, confidence=confidence, left_out=left_out)


def calibrate_outcomes(
    outcomes: Sequence[Outcome],
    *,
    max_wrong: float,
    confidence: float,
    left_out: int = 0,
    phrases: Phrases = Phrases(),  # noqa: B008 -- immutable
) -> Calibration:
    """Find the lowest threshold at which at most `max_wrong` are wrong; as `calibrate`, for any outcomes."""
    for name, value, example in (("max_wrong", max_wrong, "0.05 for 5%"), ("confidence", confidence, "0.9 for 90%")):
        check_type(name, value, int | float, f"a number, for example {example}")
        if not _SMALLEST_SHARE <= value <= 1 - _SMALLEST_SHARE:
            limits = f"from {_SMALLEST_SHARE:f} to {1 - _SMALLEST_SHARE:f}"
            raise QAError(f"{name} is {value:g}; it must be between 0 and 1 ({limits}), for example {example}")
    # The hash of an id is independent of the outcome.
    mixed = sorted(outcomes, key=lambda one: hashlib.sha256(one.id.encode()).digest())
    first = _held_out(len(mixed))
    held, learned = _Cases.of(mixed[:first]), _Cases.of(mixed[first:])
    threshold = choose_threshold(*learned, held.confidences, max_wrong=max_wrong, confidence=confidence)
    if threshold is None:
        problem = _problem(learned, held, max_wrong, confidence, phrases)
        return Calibration(max_wrong, confidence, None, problem, None, None, left_out)
    parts = learned.observed(threshold), held.observed(threshold)
    return Calibration(max_wrong, confidence, threshold, None, *parts, left_out)


def choose_threshold(
    confidences: NDArray[np.float64],
    wrong: NDArray[np.bool_],
    held_out: NDArray[np.float64],
    *,
    max_wrong: float,
    confidence: float,
) -> float | None:
    """Return the threshold with the guarantee, or None; the method is described in the module.

    Parameters
    ----------
    confidences, wrong : float array, bool array, shape (n,)
        Of the questions used to find it, and whether their answers are wrong. A confidence is negative if the question
        is declined at any threshold.
    held_out : float array, shape (m,)
        Confidences of the held-out questions.
    max_wrong, confidence : float
        As for `calibrate`.
    """
    from scipy.special import bdtr

    thresholds = _thresholds(held_out, len(confidences), fewest_answers(max_wrong, confidence))
    answered, wrong_among = _counts(confidences, wrong, thresholds)
    # The probability of at most so many wrong answers, each with probability `max_wrong`.
    passes = bdtr(wrong_among, answered, max_wrong) <= 1 - confidence
    passed = len(passes) if passes.all() else int(np.argmin(passes))
    return float(thresholds[passed - 1]) if passed else None


def fewest_answers(max_wrong: float, confidence: float) -> int:
    """Return the smallest number of answers, all right, with which a guarantee is possible."""
    return ceil(log(1 - confidence) / log1p(-max_wrong))


def share(count: int, total: int) -> Share:
    """Return a share with its Clopper-Pearson interval (Clopper and Pearson, Biometrika 26, 1934)."""
    return Share(count, total, 1 - _at_most(total - count, total, 0.975), _at_most(count, total, 0.975))


def _at_most(count: int, total: int, confidence: float) -> float:
    """Return the upper limit of a share, one-sided (Clopper and Pearson)."""
    from scipy.special import betaincinv

    return float(betaincinv(count + 1, total - count, confidence)) if count < total else 1.0


class _Cases(NamedTuple):
    """Outcomes as arrays of shape (n,)."""

    confidences: NDArray[np.float64]
    wrong: NDArray[np.bool_]

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> _Cases:
        confidences = np.array([one.confidence for one in outcomes], dtype=np.float64)
        return cls(confidences, np.array([one.wrong for one in outcomes], dtype=bool))

    def observed(self, threshold: float) -> Observed:
        answered = self.confidences >= threshold
        given = int(answered.sum())
        return Observed(share(given, len(answered)), share(int((self.wrong & answered).sum()), given))


def _held_out(questions: int) -> int:
    return round(HELD_OUT_SHARE * questions)


def _thresholds(held_out: NDArray[np.float64], learned: int, fewest: int) -> NDArray[np.float64]:
    """Return the thresholds to test, from high to low; they depend on held-out questions only."""
    highest = np.sort(held_out[held_out >= 0])[::-1]
    # A sequence that starts with too few answers fails at once; one that starts low misses high thresholds. It starts
    # at the geometric mean of the fewest answers that can pass and all answers.
    expected = min(1.0, sqrt(fewest / max(learned, 1)))
    start = min(ceil(expected * (len(held_out) + 1)) - 1, len(highest))
    thresholds = np.unique(np.maximum(highest[start:] - _HALF_STEP, 0.0))[::-1]
    return np.round(np.append(thresholds, 0.0), 5).astype(np.float64)


def _counts(
    confidences: NDArray[np.float64], wrong: NDArray[np.bool_], thresholds: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the number of answers at each threshold, and of wrong ones among them."""
    order = np.argsort(-confidences)
    answered = np.searchsorted(-confidences[order], -thresholds, side="right")
    return answered, np.concatenate([[0], np.cumsum(wrong[order])])[answered]


def _outcome(score: QuestionScore) -> Outcome:
    # Declined even with --always-answer: there was no candidate.
    never = score.confidence is None or score.declined
    return Outcome(score.id, _NEVER_ANSWERED if never else score.confidence or 0.0, score.right is False)


def _problem(learned: _Cases, held: _Cases, max_wrong: float, confidence: float, phrases: Phrases) -> str:
    """Return why there is no threshold: too few questions, or too many wrong answers."""
    answers, questions = phrases.answers, phrases.questions
    goal = f"at most {100 * max_wrong:.3g}% wrong {answers} with confidence {100 * confidence:.3g}%"
    fewest = fewest_answers(max_wrong, confidence)
    start = _thresholds(held.confidences, len(learned.wrong), fewest)[:1]
    answered, wrong = (int(counts[0]) for counts in _counts(*learned, start))
    if answered < fewest:
        least = int(fewest / (1 - HELD_OUT_SHARE)) - 2
        whole_set = next(size for size in counting(least) if size - _held_out(size) >= fewest)
        return (
            f"the set is too small: to guarantee {goal}, at least {fewest} {answers} are needed, all right, and"
            f" there are {answered} (with {len(held.wrong)} {questions} held out for the check); use a set of at least"
            f" {whole_set} {questions}, or more if some {answers} are wrong"
        )
    reached = ceil(100 * _at_most(wrong, answered, confidence)) / 100
    advice = f"use --max-wrong {reached:g}" if reached < 1 else f"too few of the {answers} are right for any limit"
    return (
        f"the goal is out of reach: of the {answered} most confident {answers} {wrong} are wrong, too many to"
        f" guarantee {goal}; {advice}"
    )
