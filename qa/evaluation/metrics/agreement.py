"""Agreement of two judges beyond chance, for verdicts of any kind."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa.evaluation.metrics.bootstrap import Statistic, bootstrap, point

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two judges agree."""

    labels: int  # cases that both judged
    same: float  # share of them on which they agree
    # Cohen's kappa (Cohen, "A coefficient of agreement for nominal scales", 1960): 1 is full agreement, 0 what chance
    # gives; None where both give one and the same verdict on all.
    kappa: float | None
    interval: list[float] | None  # of kappa: 95% bootstrap


def agreement(one: Sequence[Hashable], other: Sequence[Hashable]) -> Agreement | None:
    """Return the agreement of two judges' verdicts on the same cases; None without cases."""
    if not one:
        return None
    statistic = _kappa(one, other)
    interval = bootstrap({"kappa": statistic}, len(one))["kappa"]
    same = sum(a == b for a, b in zip(one, other, strict=True)) / len(one)
    return Agreement(len(one), same, point(statistic, len(one)), interval)


def _kappa(one: Sequence[Hashable], other: Sequence[Hashable]) -> Statistic:
    import numpy as np

    verdicts = list(dict.fromkeys([*one, *other]))
    first, second = (
        np.array([[value == verdict for verdict in verdicts] for value in given]) for given in (one, other)
    )
    same = (first & second).any(axis=1).astype(float)

    def statistic(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        total = weights.sum(axis=1)
        observed = weights @ same / total
        chance = ((weights @ first) * (weights @ second)).sum(axis=1) / total**2
        kappa = np.full(len(weights), np.nan)
        np.divide(observed - chance, 1 - chance, out=kappa, where=chance < 1 - 1e-12)
        return kappa

    return statistic
