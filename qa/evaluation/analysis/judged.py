"""A language model's verdicts on a run, shown after their agreement with people's labels."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from qa.evaluation.metrics.bootstrap import Floats, Statistic, bootstrap, point
from qa.evaluation.runs.folder import read_result, write_json

JUDGED_FILE = "judged.json"
"""In the run folder: the attributes of the last `Judged`."""

MIN_USEFUL_KAPPA = 0.6
MIN_LABELS = 20


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two judges agree."""

    labels: int  # cases that both judged
    same: float  # share of them on which they agree
    # Cohen's kappa (Cohen, "A coefficient of agreement for nominal scales", 1960): 1 is full agreement, 0 what chance
    # gives; None where both give one and the same verdict on all.
    kappa: float | None
    interval: list[float] | None  # of kappa: 95% bootstrap


@dataclass(frozen=True, slots=True)
class Judged:
    """A language model's verdicts on the answers of a run."""

    model: str | None  # None if none was asked
    agreement: Agreement | None  # of its verdicts on answers with the labels; None without labels of these answers
    asked: int  # answers that it was asked about
    unread: int  # those on which its reply has no verdict
    right: float | None  # share of the answers judged that it calls correct; None if it judged none
    interval: list[float] | None  # of that share: 95% bootstrap
    # Of the verdicts on generated sentences, given during the run, with the labels; None without such labels
    sentences: Agreement | None = None


def agreement(both: Sequence[tuple[Hashable, Hashable]]) -> Agreement | None:
    """Return the agreement of two judges, given the verdicts of both on each case; None without cases."""
    if not both:
        return None
    statistic = _kappa(both)
    interval = bootstrap({"kappa": statistic}, len(both))["kappa"]
    same = sum(one == other for one, other in both) / len(both)
    return Agreement(len(both), same, point(statistic, len(both)), interval)


def _kappa(both: Sequence[tuple[Hashable, Hashable]]) -> Statistic:
    verdicts = dict.fromkeys(verdict for pair in both for verdict in pair)
    first, second = (np.array([[pair[judge] == verdict for verdict in verdicts] for pair in both]) for judge in (0, 1))
    same = (first & second).any(axis=1).astype(float)

    def statistic(weights: Floats) -> Floats:
        total = weights.sum(axis=1)
        observed = weights @ same / total
        chance = ((weights @ first) * (weights @ second)).sum(axis=1) / total**2
        kappa = np.full(len(weights), np.nan)
        np.divide(observed - chance, 1 - chance, out=kappa, where=chance < 1 - 1e-12)
        return kappa

    return statistic


def write_judged(folder: Path, judged: Judged) -> None:
    """Write `judged.json` into a run folder."""
    write_json(folder / JUDGED_FILE, asdict(judged))


def read_judged(folder: Path) -> Judged | None:
    """Read `judged.json` of a run folder; None if there is none. Raises as `read_result`."""
    return read_result(folder / JUDGED_FILE, Judged, "qa judge")


def judged_to_text(judged: Judged) -> str:
    """Return each agreement, then the figures that depend on it."""
    lines = []
    if judged.model is not None:
        lines.append(agreement_to_text(judged.agreement, "answers"))
        if judged.right is not None:
            between = f" ({judged.interval[0]:.0%} to {judged.interval[1]:.0%})" if judged.interval else ""
            answers = judged.asked - judged.unread
            label = f"Right according to {judged.model}{warning(judged.agreement)}"
            lines.append(f"{label}: {judged.right:.0%}{between} of {answers} answers")
        if judged.unread:
            lines.append(f"No verdict could be read on {judged.unread}")
    if judged.sentences is not None or judged.model is None:
        caution = warning(judged.sentences) if judged.sentences else ""
        lines.append(agreement_to_text(judged.sentences, "sentences") + caution)
    return "\n".join(lines)


def agreement_to_text(found: Agreement | None, things: str) -> str:
    """Return how far verdicts on `things` agree with people's labels, in a line."""
    if found is None:
        return f"Agreement with your labels of {things}: unknown; give some with qa judge --labels"
    kappa = "undefined, since both give one verdict only" if found.kappa is None else f"{found.kappa:.2f}"
    between = f" ({found.interval[0]:.2f} to {found.interval[1]:.2f})" if found.interval else ""
    same = f"same verdict on {found.same:.0%}"
    return f"Agreement with your {found.labels} labels of {things}: Cohen's kappa {kappa}{between}; {same}"


def warning(found: Agreement | None) -> str:
    """Return a warning in brackets about figures with this agreement; empty if there is none."""
    if found is None:
        return " (agreement unknown)"
    if found.labels < MIN_LABELS:
        return f" (agreement uncertain: fewer than {MIN_LABELS} labels)"
    if found.kappa is not None and found.kappa < MIN_USEFUL_KAPPA:
        return " (low agreement: do not rely on it)"
    return ""
