"""The threshold at which the answers given keep a promise: at most so many wrong, with so much confidence.

The threshold is found by Learn-then-Test with fixed-sequence testing (Angelopoulos, Bates, Candès, Jordan and Lei,
"Learn then Test: Calibrating Predictive Algorithms to Achieve Risk Control", 2021, https://arxiv.org/abs/2110.01052).
It holds for every finite number of questions and however the confidence is made, be it good or useless, as long as the
questions to come are like those of the set: drawn independently from the same source.

Why it holds. Fix a threshold. Of the questions that it answers each is wrong with the same chance, the error rate at
that threshold; so, given how many are answered, the number of wrong ones is binomial, and the binomial tail is a valid
p-value of "more than `max_wrong` are wrong". Thresholds are tested from high to low, each at the full level
``1 - confidence``, up to the first that fails: to break the promise, the first false threshold of the sequence must
pass, and that happens with at most that chance. For this the sequence must not depend on the questions tested. It is
made from the confidences of the held-out questions, whose outcomes are used for nothing but the check at the end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count as counting
from math import ceil, log, log1p, sqrt
from typing import TYPE_CHECKING

from qa.errors import QAError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qa.evaluation.metrics.scores import QuestionScore
    from qa.evaluation.runs.results import Run

HELD_OUT_SHARE = 0.3
"""Share of the questions kept for the check."""

# Predictions carry four decimals: a threshold half a step lower answers exactly those that are at least as sure.
_HALF_STEP = 0.00005
_NEVER_ANSWERED = -1.0


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with the exact interval.

    Attributes
    ----------
    count, total : int
    low, high : float
        Clopper-Pearson interval of the share, with 95% confidence; 0 and 1 when `total` is 0.
    """

    count: int
    total: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Observed:
    """What a threshold does.

    Attributes
    ----------
    answered : Share
        Of the questions.
    wrong : Share
        Of the answers given.
    """

    answered: Share
    wrong: Share


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was learned from a run, and how it fares on questions that were not used for it.

    Attributes
    ----------
    max_wrong : float
        Promised: at most this share of the answers given is wrong.
    confidence : float
        Chance that a threshold found in this way keeps the promise.
    threshold : float or None
        Least confidence at which to answer; None when no threshold can be promised.
    problem : str or None
        Why there is no threshold, and what would help.
    learned : Observed or None
        What the threshold does on the questions that it was learned from.
    held_out : Observed or None
        What it does on the held-out ones, with which the promise is to be compared.
    left_out : int
        Questions that say nothing: failed ones, and those of which the set does not tell what is right.
    """

    max_wrong: float
    confidence: float
    threshold: float | None
    problem: str | None
    learned: Observed | None
    held_out: Observed | None
    left_out: int


def calibrate(run: Run, *, max_wrong: float, confidence: float = 0.9) -> Calibration:
    """Find the lowest threshold at which at most `max_wrong` of the answers given are wrong.

    An answer to a question that has none counts as wrong. Three of ten questions, chosen by the hash of their ids, are
    held out.

    Parameters
    ----------
    run : Run
        Made with `always_answer`, so that the outcome at every threshold is known.
    max_wrong : float
        Largest share of wrong answers among those given, between 0 and 1.
    confidence : float
        Chance with which the promise is to hold, between 0 and 1.

    Returns
    -------
    Calibration
        Without a threshold where the set is too small or the goal out of reach.

    Raises
    ------
    QAError
        When the run was made without `always_answer`, or a share is not between 0 and 1.
    """
    for name, value in (("max_wrong", max_wrong), ("confidence", confidence)):
        if not 0 < value < 1:
            raise QAError(f"{name} is {value:g}; it must lie between 0 and 1, for example 0.05 for 5%")
    if run.description.get("always_answer") is not True:
        raise QAError(
            f"{run.folder}: was run without --always-answer, so that nobody knows whether what it declined would have"
            " been right; run qa eval again with --always-answer and another --out"
        )
    scores = [score for score in run.scores if score.right is not None or score.declined]
    held, learned = _split(scores)
    threshold = choose_threshold(
        _confidences(learned), _wrong(learned), _confidences(held), max_wrong=max_wrong, confidence=confidence
    )
    return Calibration(
        max_wrong=max_wrong,
        confidence=confidence,
        threshold=threshold,
        problem=_problem(learned, held, max_wrong, confidence) if threshold is None else None,
        learned=None if threshold is None else _observed(learned, threshold),
        held_out=None if threshold is None else _observed(held, threshold),
        left_out=len(run.scores) - len(scores),
    )


def choose_threshold(
    confidences: NDArray[np.float64],
    wrong: NDArray[np.bool_],
    held_out: NDArray[np.float64],
    *,
    max_wrong: float,
    confidence: float,
) -> float | None:
    """Return the threshold that keeps the promise, or None; see the module for the method.

    Parameters
    ----------
    confidences : float array, shape (n,)
        Of the questions learned from; negative for one that is never answered.
    wrong : bool array, shape (n,)
        Whether their answers are wrong.
    held_out : float array, shape (m,)
        Confidences of the held-out questions.
    max_wrong, confidence : float
        As for `calibrate`.
    """
    import numpy as np

    thresholds = _thresholds(held_out, len(confidences), fewest_answers(max_wrong, confidence))
    answered, wrong_among = _counts(confidences, wrong, thresholds)
    passes = _tail(wrong_among, answered, max_wrong) <= 1 - confidence
    passed = len(passes) if passes.all() else int(np.argmin(passes))
    return float(thresholds[passed - 1]) if passed else None


def fewest_answers(max_wrong: float, confidence: float) -> int:
    """Return how many answers, all of them right, it takes at least to make the promise."""
    return ceil(log(1 - confidence) / log1p(-max_wrong))


def share(count: int, total: int) -> Share:
    """Return a share with its Clopper-Pearson interval (Clopper and Pearson, Biometrika 26, 1934)."""
    from scipy.stats import binomtest

    interval = binomtest(count, total).proportion_ci(0.95, "exact") if total else (0.0, 1.0)
    return Share(count, total, *map(float, interval))


def _split(scores: Sequence[QuestionScore]) -> tuple[list[QuestionScore], list[QuestionScore]]:
    """Return the held-out scores and those to learn from: the same for the same ids, in whatever order they come."""
    # The hash of an id says nothing about how its question went.
    mixed = sorted(scores, key=lambda score: hashlib.sha256(score.id.encode()).digest())
    middle = _held_out(len(mixed))
    return mixed[:middle], mixed[middle:]


def _held_out(questions: int) -> int:
    return round(HELD_OUT_SHARE * questions)


def _thresholds(held_out: NDArray[np.float64], learned: int, fewest: int) -> NDArray[np.float64]:
    """Return the thresholds to test, falling, without a look at the questions to learn from."""
    import numpy as np

    surest = np.sort(held_out[held_out >= 0])[::-1]
    # A sequence that starts where too few are answered ends at once; one that starts low leaves out the surest answers.
    # So it starts between the fewest answers that can pass and all of them, halfway in proportion.
    expected = min(1.0, sqrt(fewest / max(learned, 1)))
    start = min(ceil(expected * (len(held_out) + 1)) - 1, len(surest))
    thresholds = np.unique(np.maximum(surest[start:] - _HALF_STEP, 0.0))[::-1]
    return np.round(np.append(thresholds, 0.0), 5).astype(np.float64)


def _counts(
    confidences: NDArray[np.float64], wrong: NDArray[np.bool_], thresholds: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many are answered at each threshold, and how many of these wrongly."""
    import numpy as np

    order = np.argsort(-confidences)
    answered = np.searchsorted(-confidences[order], -thresholds, side="right")
    return answered, np.concatenate([[0], np.cumsum(wrong[order])])[answered]


def _tail(wrong: NDArray[np.int64], answered: NDArray[np.int64], max_wrong: float) -> NDArray[np.float64]:
    """Return the chance of so few wrong answers if each were wrong with the chance `max_wrong`."""
    from scipy.special import bdtr

    tail: NDArray[np.float64] = bdtr(wrong, answered, max_wrong)
    return tail


def _confidences(scores: Sequence[QuestionScore]) -> NDArray[np.float64]:
    import numpy as np

    # What is declined even with --always-answer had nothing to answer with.
    return np.array(
        [_NEVER_ANSWERED if score.confidence is None or score.declined else score.confidence for score in scores],
        dtype=np.float64,
    )


def _wrong(scores: Sequence[QuestionScore]) -> NDArray[np.bool_]:
    import numpy as np

    return np.array([score.right is False for score in scores], dtype=bool)


def _observed(scores: Sequence[QuestionScore], threshold: float) -> Observed:
    answered = _confidences(scores) >= threshold
    given = int(answered.sum())
    return Observed(share(given, len(scores)), share(int((_wrong(scores) & answered).sum()), given))


def _problem(
    learned: Sequence[QuestionScore], held: Sequence[QuestionScore], max_wrong: float, confidence: float
) -> str:
    """Say why there is no threshold: too few questions, or too many wrong answers."""
    from scipy.stats import binomtest

    promise = f"at most {100 * max_wrong:.3g}% wrong answers with confidence {100 * confidence:.3g}%"
    fewest = fewest_answers(max_wrong, confidence)
    start = _thresholds(_confidences(held), len(learned), fewest)[:1]
    answered, wrong = (int(counts[0]) for counts in _counts(_confidences(learned), _wrong(learned), start))
    if answered < fewest:
        whole_set = next(size for size in counting(fewest) if size - _held_out(size) >= fewest)
        return (
            f"the set is too small: to promise {promise} takes at least {fewest} answers without a single wrong one to"
            f" learn from, and here are {answered}, beside {len(held)} questions held out for the check; a set needs at"
            f" least {whole_set} questions, all answered right, and more where some answers are wrong"
        )
    reached = binomtest(wrong, answered, alternative="less").proportion_ci(confidence).high
    return (
        f"the goal is out of reach: of the {answered} surest answers {wrong} are wrong, too many to promise {promise};"
        f" what they bear out is --max-wrong {ceil(100 * reached) / 100:g}"
    )
