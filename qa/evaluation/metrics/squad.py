"""SQuAD's metrics of short answers.

Exact match and token F1 are those of SQuAD: Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of
Text" (EMNLP 2016, https://arxiv.org/abs/1606.05250), with the handling of no-answer questions of Rajpurkar, Jia and
Liang, "Know What You Don't Know" (ACL 2018, https://arxiv.org/abs/1806.03822), as in the official evaluation scripts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from qa.evaluation.datasets.answers import accepted, normalize_answer


def exact_match(prediction: str, answers: Sequence[str]) -> float:
    """Return 1.0 when the normalized prediction equals a normalized accepted answer, else 0.0 (SQuAD's "exact").

    The prediction is empty for none; without accepted answers, this is right.
    """
    return float(normalize_answer(prediction) in accepted(answers))


def token_f1(prediction: str, answers: Sequence[str]) -> float:
    """Return the best F1 of shared words between the prediction and an accepted answer, 0 to 1 (SQuAD's "f1").

    Words are those of the normal form, counted as often as they occur. If either side has no words, the value is 1 when
    both have none, else 0. Parameters as for `exact_match`.
    """
    predicted = normalize_answer(prediction).split()
    return max(_f1(predicted, answer.split()) for answer in accepted(answers))


def _f1(predicted: Sequence[str], accepted: Sequence[str]) -> float:
    if not predicted or not accepted:
        return float(not predicted and not accepted)
    shared = (Counter(predicted) & Counter(accepted)).total()
    # Equals 2PR / (P + R) with precision P = shared / predicted and recall R = shared / accepted.
    return 2 * shared / (len(predicted) + len(accepted))
