"""SQuAD's measures of short answers.

Exact match and token F1 are those of SQuAD: Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of
Text" (EMNLP 2016, https://arxiv.org/abs/1606.05250), with the handling of no-answer questions of Rajpurkar, Jia and
Liang, "Know What You Don't Know" (ACL 2018, https://arxiv.org/abs/1806.03822), as in the official evaluation scripts.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

from qa.verbatim import whole_words

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalize_answer(text: str) -> str:
    """Return the text in SQuAD's normal form.

    Lower case, without ASCII punctuation, without the articles "a", "an" and "the", with single spaces, as
    ``normalize_answer`` of the official SQuAD evaluation scripts does.
    """
    without_punctuation = text.lower().translate(_WITHOUT_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", without_punctuation).split())


def exact_match(prediction: str, answers: Sequence[str]) -> float:
    """Return 1.0 when the normalised prediction equals a normalised accepted answer, else 0.0 (SQuAD's "exact").

    Parameters
    ----------
    prediction : str
        The short answer; empty for none.
    answers : sequence of str
        Accepted answers; none given means that the right prediction is empty.
    """
    return float(normalize_answer(prediction) in _accepted(answers))


def token_f1(prediction: str, answers: Sequence[str]) -> float:
    """Return the best F1 of shared words between the prediction and an accepted answer, 0 to 1 (SQuAD's "f1").

    Words are those of the normal form, counted as often as they stand there. Where either side has no words, the
    value is 1 when both have none, else 0.

    Parameters
    ----------
    prediction : str
        The short answer; empty for none.
    answers : sequence of str
        Accepted answers; none given means that the right prediction is empty.
    """
    predicted = normalize_answer(prediction).split()
    return max(_f1(predicted, answer.split()) for answer in _accepted(answers))


def holds_answer(text: str, answers: Sequence[str]) -> bool:
    """Return whether an accepted answer stands in the text as whole words, both in SQuAD's normal form.

    The normal form joins words across punctuation ("China's" becomes "chinas"), so that "China" is not held by
    "China's". An answer without words in normal form is never held.
    """
    normal_text = normalize_answer(text)
    return any(whole_words(answer, normal_text) is not None for answer in _accepted(answers))


def _accepted(answers: Sequence[str]) -> list[str]:
    """Return the answers in normal form without empty ones; one empty answer when none is left, as SQuAD does."""
    return [normal for normal in map(normalize_answer, answers) if normal] or [""]


def _f1(predicted: Sequence[str], accepted: Sequence[str]) -> float:
    if not predicted or not accepted:
        return float(not predicted and not accepted)
    shared = (Counter(predicted) & Counter(accepted)).total()
    # Equals 2PR / (P + R) with precision P = shared / predicted and recall R = shared / accepted.
    return 2 * shared / (len(predicted) + len(accepted))
