"""The coefficients and thresholds of `qa.generation.support_model`, fitted on statements about held-out paragraphs.

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

from qa.generation.support import SupportScorer
from qa.generation.support_model import probabilities
from qa.text.tokens import terms
from qa.training.statements import Statement

MOST_SINGLE, MOST_PAIRS = 3, 2
"""Sentences of a paragraph, and pairs of them, that are measured: those that share the most terms with it."""
ROUNDS = 5
OTHER_SHARE = 0.3
"""Weight of a true statement with an excerpt without its evidence, which may support it all the same."""
CHANGED_PASSED = 0.03
TRUE_STRUCK = 0.03
"""Shares of statements that the thresholds are set to, scored by models that are not fitted on their paragraphs."""
FOLDS = 4
KINDS = ("number", "name", "negation")


@dataclass(frozen=True, slots=True)
class Measured:
    """A statement, the features of excerpts, shape (excerpts, features), and which of them have the evidence."""

    statement: Statement
    features: NDArray[np.float64]
    evident: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A logistic model of support: its intercept, and a weight for each measure."""

    intercept: float
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """A statement with the score of its best excerpt, and of the best without the evidence, where there is one."""

    statement: Statement
    best: float
    elsewhere: float | None


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
    features = scorer.features(statement.question, statement.text, excerpts, statement.context)
    return Measured(statement, features, np.array([statement.evidence in numbers for numbers in chosen]))


def fit(measured: Sequence[Measured]) -> Fitted:
    """Fit the weights: a true statement with its evidence, against changed ones, and true ones without it."""
    from sklearn.linear_model import LogisticRegression

    # To begin with, the excerpt with the most words of the statement is the best.
    found = Fitted(0.0, (1.0, *[0.0] * (measured[0].features.shape[1] - 1)))
    for _ in range(ROUNDS):
        rows, labels, counts = [], [], []
        for one in measured:
            likely = probabilities(one.features, found.intercept, found.weights)
            true = one.statement.change == "true"
            for label, among in ((1, one.evident), (0, ~one.evident)) if true else ((0, np.ones_like(one.evident)),):
                if among.any():
                    rows.append(one.features[int(np.where(among, likely, -1).argmax())])
                    labels.append(label)
                    counts.append(OTHER_SHARE if true and not label else 1.0)
        scale = np.std(rows, axis=0) + 1e-9
        model = LogisticRegression(max_iter=5000).fit(np.array(rows) / scale, labels, sample_weight=counts)
        found = Fitted(float(model.intercept_[0]), tuple((model.coef_[0] / scale).tolist()))
    return found


def scored(fitted: Fitted, measured: Sequence[Measured]) -> list[Scored]:
    """Return the scores that a model gives."""
    found = []
    for one in measured:
        likely = probabilities(one.features, fitted.intercept, fitted.weights)
        elsewhere = None if one.evident.all() else float(likely[~one.evident].max())
        found.append(Scored(one.statement, float(likely.max()), elsewhere))
    return found


def cross_scored(folds: Sequence[Sequence[Measured]]) -> list[Scored]:
    """Return the scores of each fold by a model that is fitted on the others."""
    return [
        one
        for held, fold in enumerate(folds)
        for one in scored(fit([other for n, fold in enumerate(folds) if n != held for other in fold]), fold)
    ]


def thresholds(statements: Sequence[Scored]) -> tuple[float, float]:
    """Return the least scores of *supported* and *weakly supported* that let pass, and strike, the shares wanted."""
    changed = [one.best for one in statements if one.statement.change != "true"]
    true = [one.best for one in statements if one.statement.change == "true"]
    supported = float(np.quantile(changed, 1 - CHANGED_PASSED))
    return supported, min(supported, float(np.quantile(true, TRUE_STRUCK)))


def table(statements: Sequence[Scored], supported: float, weakly_supported: float) -> Iterator[str]:
    """Yield a row for each kind of statement: its number, AUROC against the true ones, the shares of each verdict."""
    from sklearn.metrics import roc_auc_score

    kinds = np.array([one.statement.change for one in statements])
    best = np.array([one.best for one in statements])
    true, answer = kinds == "true", np.array([one.statement.made_of == "answer" for one in statements])
    elsewhere = [one.elsewhere for one in statements if one.statement.change == "true" and one.elsewhere is not None]
    false = {
        "changed": best[~true],
        **{f"changed: {kind}": best[kinds == kind] for kind in KINDS},
        "true, against other sentences": np.array(elsewhere),
    }
    auroc = {
        name: f"{roc_auc_score([1] * true.sum() + [0] * len(scores), [*best[true], *scores]):.3f}"
        for name, scores in false.items()
    }
    yield "| statements | number | AUROC | supported | weakly | unsupported |"
    yield "|---|---|---|---|---|---|"
    for name, scores in {"true": best[true], "true: question and answer": best[true & answer], **false}.items():
        passed, kept = (float((scores >= least).mean()) for least in (supported, weakly_supported))
        shares = f"{passed:.1%} | {kept - passed:.1%} | {1 - kept:.1%}"
        yield f"| {name} | {len(scores)} | {auroc.get(name, '')} | {shares} |"
