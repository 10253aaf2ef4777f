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


def agreement(both: Sequence[tuple[Hashable, Hashable]]) -> Agreement | None:
    """Return the agreement of two judges, given the verdicts of both on each case; None without cases."""
    if not both:
        return None
    statistic = _kappa(both)
    interval = bootstrap({"kappa": statistic}, len(both))["kappa"]
    same = sum(one == other for one, other in both) / len(both)
    return Agreement(len(both), same, point(statistic, len(both)), interval)


def _kappa(both: Sequence[tuple[Hashable, Hashable]]) -> Statistic:
    import numpy as np

    verdicts = dict.fromkeys(verdict for pair in both for verdict in pair)
    first, second = (np.array([[pair[judge] == verdict for verdict in verdicts] for pair in both]) for judge in (0, 1))
    same = (first & second).any(axis=1).astype(float)

    def statistic(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        total = weights.sum(axis=1)
        observed = weights @ same / total
        chance = ((weights @ first) * (weights @ second)).sum(axis=1) / total**2
        kappa = np.full(len(weights), np.nan)
        np.divide(observed - chance, 1 - chance, out=kappa, where=chance < 1 - 1e-12)
        return kappa

    return statistic
