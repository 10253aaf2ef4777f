"""The coefficients and thresholds of `qa.support`, fitted on statements about paragraphs kept from the reader.

A statement is scored as the verifier scores it: against the sentences of its paragraph and pairs of them, the best
one taken. So a changed statement counts with the excerpt that comes nearest to supporting it, and a true
one with the best of those that hold its evidence. Which is the best depends on the weights, so that they are fitted
several times over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from qa.keyword import terms
from qa.support import SupportScorer, probabilities
from qa.training.statements import Statement

MOST_SINGLE, MOST_PAIRS = 3, 2
"""Sentences of a paragraph, and pairs of them, that are measured: those that share the most terms with it."""
ROUNDS = 5
OTHER_SHARE = 0.3
"""What a true statement with an excerpt that does not hold its evidence counts; it may support it all the same."""
CHANGED_PASSED = 0.03
TRUE_STRUCK = 0.03
"""Shares of statements that the thresholds are set to, on paragraphs kept from the fit."""
KINDS = ("number", "name", "negation")


@dataclass(frozen=True, slots=True)
class Measured:
    """A statement with what was measured of the excerpts that may support it.

    Attributes
    ----------
    statement : Statement
    measures : float array, shape (excerpts, measures)
    holds : bool array, shape (excerpts,)
        Whether an excerpt holds the evidence.
    """

    statement: Statement
    measures: NDArray[np.float64]
    holds: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A logistic model of support, and the thresholds of its words.

    Attributes
    ----------
    intercept : float
    weights : tuple of float
        One for each measure.
    supported, weakly_supported : float
        Least probability of each.
    """

    intercept: float
    weights: tuple[float, ...]
    supported: float = 0.5
    weakly_supported: float = 0.5

    def probabilities(self, measures: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability of support for rows of measures."""
        return probabilities(measures, self.intercept, self.weights)


def measure(scorer: SupportScorer, statement: Statement) -> Measured:
    """Measure the excerpts of the statement's paragraph that the verifier may come to, and one without the evidence."""
    sentences = statement.sentences
    wanted = set(terms(statement.text))
    held = [wanted & set(terms(sentence)) for sentence in sentences]
    single = sorted(range(len(sentences)), key=lambda n: -len(held[n]))
    pairs = sorted(combinations(range(len(sentences)), 2), key=lambda pair: -len(held[pair[0]] | held[pair[1]]))
    without = [n for n in single[MOST_SINGLE:] if n != statement.evidence][:1]
    chosen = [*((n,) for n in single[:MOST_SINGLE] + without), *pairs[:MOST_PAIRS]]
    excerpts = [" ".join(sentences[n] for n in numbers) for numbers in chosen]
    measures = scorer.measures(statement.question, statement.text, excerpts, statement.context)
    return Measured(statement, measures, np.array([statement.evidence in numbers for numbers in chosen]))


def fit(measured: Sequence[Measured]) -> Fitted:
    """Fit the weights: a true statement with its evidence, against changed ones, and true ones without it."""
    from sklearn.linear_model import LogisticRegression

    # To begin with, the excerpt that holds the most words is the best.
    found = Fitted(0.0, (1.0, *[0.0] * (measured[0].measures.shape[1] - 1)))
    for _ in range(ROUNDS):
        rows, labels, counts = [], [], []
        for one in measured:
            likely = found.probabilities(one.measures)
            true = one.statement.change == "true"
            for label, among in ((1, one.holds), (0, ~one.holds)) if true else ((0, np.ones_like(one.holds)),):
                if among.any():
                    rows.append(one.measures[int(np.where(among, likely, -1).argmax())])
                    labels.append(label)
                    counts.append(OTHER_SHARE if true and not label else 1.0)
        scale = np.std(rows, axis=0) + 1e-9
        model = LogisticRegression(max_iter=5000).fit(np.array(rows) / scale, labels, sample_weight=counts)
        found = Fitted(float(model.intercept_[0]), tuple((model.coef_[0] / scale).tolist()))
    return found


def with_thresholds(fitted: Fitted, measured: Sequence[Measured]) -> Fitted:
    """Return the model with the thresholds that let pass, and strike, the shares wanted of statements not fitted on."""
    best = np.array([fitted.probabilities(one.measures).max() for one in measured])
    true = np.array([one.statement.change == "true" for one in measured])
    supported = float(np.quantile(best[~true], 1 - CHANGED_PASSED))
    weakly = float(np.quantile(best[true], TRUE_STRUCK))
    return Fitted(fitted.intercept, fitted.weights, supported, min(supported, weakly))


def table(fitted: Fitted, measured: Sequence[Measured]) -> Iterator[str]:
    """Yield a row for each kind of statement: its number, AUROC against the true ones, the shares of each verdict."""
    from sklearn.metrics import roc_auc_score

    kinds = np.array([one.statement.change for one in measured])
    best = np.array([fitted.probabilities(one.measures).max() for one in measured])
    true, answer = kinds == "true", np.array([one.statement.made_of == "answer" for one in measured])
    elsewhere = [one.measures[~one.holds] for one in measured if one.statement.change == "true" and not one.holds.all()]
    false = {
        "changed": best[~true],
        **{f"changed: {kind}": best[kinds == kind] for kind in KINDS},
        "true, held to other sentences": np.array([fitted.probabilities(one).max() for one in elsewhere]),
    }
    auroc = {
        name: f"{roc_auc_score([1] * true.sum() + [0] * len(scores), [*best[true], *scores]):.3f}"
        for name, scores in false.items()
    }
    yield "| statements | number | AUROC | supported | weakly | unsupported |"
    yield "|---|---|---|---|---|---|"
    for name, scores in {"true": best[true], "true: question and answer": best[true & answer], **false}.items():
        supported, kept = (float((scores >= least).mean()) for least in (fitted.supported, fitted.weakly_supported))
        shares = f"{supported:.1%} | {kept - supported:.1%} | {1 - kept:.1%}"
        yield f"| {name} | {len(scores)} | {auroc.get(name, '')} | {shares} |"
