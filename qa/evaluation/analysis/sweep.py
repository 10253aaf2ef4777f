"""Find the best of many settings, and the chance that its lead is only luck.

The best is chosen on one part of the questions and confirmed on the held-out rest. The chance of luck is the p-value of
the paired test against the first settings, times the number of settings compared with these (Bonferroni).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import inf

from qa.errors import QAError, QuestionSetError
from qa.evaluation.analysis.compare import COMPARED
from qa.evaluation.analysis.gates import check_known
from qa.evaluation.analysis.paired import Difference, paired_differences
from qa.evaluation.analysis.power import SIGNIFICANT
from qa.evaluation.metrics.bootstrap import bootstrap, point
from qa.evaluation.metrics.scores import QuestionScore
from qa.evaluation.metrics.summary import Measure
from qa.evaluation.runs.results import Run
from qa.output.terminal import aligned
from qa.output.text import counted
from qa.types import JSONObject

_AMOUNTS = {"calls", "prompt_tokens", "answer_tokens", "latency_ms_mean"}


@dataclass(frozen=True, slots=True)
class Tried:
    """One of the settings of a sweep, with its results."""

    name: str
    values: JSONObject  # settings that are not the defaults, by name
    quality: float  # the measure by which the best is chosen, over all questions
    low: float  # of its 95% interval
    high: float
    milliseconds: float | None  # median time of a question
    peak_mb: float | None  # memory of its process
    metrics: JSONObject = field(repr=False)  # content of its `metrics.json`
    fastest: bool = False  # whether it is on the Pareto front of quality and time
    leanest: bool = False  # whether it is on that of quality and memory

    @property
    def title(self) -> str:
        """The values, or "defaults"."""
        return ", ".join(f"{name}={value}" for name, value in self.values.items()) or "defaults"


@dataclass(frozen=True, slots=True)
class SweepResult:
    """The settings tried, and which is best."""

    measure: str  # key of the measure by which the best was chosen
    label: str  # its name
    tried: tuple[Tried, ...]  # in the order of the sweep
    best: str  # name of the best, on the questions that were not held out
    chosen_on: int  # questions in each part
    confirmed_on: int
    gain: Difference | None  # of the best over the first, on the first part; None if the first is the best
    luck: float | None  # p-value of the gain, corrected for the number of comparisons
    confirmation: Difference | None  # of the best over the first, on the held-out questions

    @property
    def winner(self) -> Tried:
        """The best."""
        return next(one for one in self.tried if one.name == self.best)

    @property
    def verdict(self) -> str:
        """Whether the best is better than the first, in one or two sentences."""
        first, chosen_on = self.tried[0].title, counted(self.chosen_on, "question")
        if self.gain is None or self.luck is None:
            return f"None of the settings does better than the first, {first}, on {chosen_on}."
        by = f"{100 * self.gain.difference:+.1f} points of {self.label}"
        text = f"{self.winner.title} is the best of {len(self.tried)}: {by} over {first} on {chosen_on}"
        text += f" (chance that it is only luck, corrected for {len(self.tried) - 1} comparisons: {self.luck:.2g})."
        if self.confirmation is None:
            return f"{text} Nothing was held out to confirm it."
        held = self.confirmation
        text += f" On {counted(self.confirmed_on, 'held-out question')} it is {100 * held.difference:+.1f} points"
        text += f" ({100 * held.low:+.1f} to {100 * held.high:+.1f}, p {held.p_value:.2g})"
        if self.luck <= SIGNIFICANT and held.verdict == "better":
            return f"{text}: confirmed."
        smallest = "" if held.smallest is None else f" of less than {100 * held.smallest:.1f} points"
        return f"{text}: not confirmed, and a difference{smallest} would not be found."


def analyse(
    runs: Mapping[str, Run], settings: Mapping[str, JSONObject], measure_name: str, held_out: float
) -> SweepResult:
    """Compare the runs of a sweep with the first; runs and settings are given by the same names.

    `measure_name` is the key of a share in `COMPARED`, and the best is confirmed on the share `held_out` of the
    questions.

    Raises `QAError` if the measure is unknown, with a list of the known ones, or has no value.
    """
    measure = measure_named(measure_name)
    if len({run.description["questions"]["sha256"] for run in runs.values()}) > 1:
        raise QuestionSetError("the runs of the sweep ask different questions; choose another --out")
    tried = _with_fronts([_tried(name, settings[name], run, measure) for name, run in runs.items()], measure)
    held = {score.id for score in next(iter(runs.values())).scores if _is_held_out(score.id, held_out)}
    kept = {name: [score for score in run.scores if score.id not in held] for name, run in runs.items()}
    rest = {name: [score for score in run.scores if score.id in held] for name, run in runs.items()}
    first = next(iter(runs))
    # The first of equals.
    best = max(kept, key=lambda name: _quality(kept[name], measure))
    gain = _difference(kept[first], kept[best], measure) if best != first else None
    return SweepResult(
        measure=measure.name,
        label=measure.label,
        tried=tried,
        best=best,
        chosen_on=len(kept[first]),
        confirmed_on=len(rest[first]),
        gain=gain,
        luck=None if gain is None else min(1.0, (len(runs) - 1) * gain.p_value),
        confirmation=_difference(rest[first], rest[best], measure) if gain else None,
    )


def measure_named(name: str) -> Measure:
    """Return a share of `COMPARED`; raises a `QAError` that lists them if there is none of this name."""
    known = {measure.name: measure for measure in COMPARED if measure.name not in _AMOUNTS}
    check_known("measure", name, known)
    return known[name]


def _tried(name: str, values: JSONObject, run: Run, measure: Measure) -> Tried:
    statistic = measure.statistic(run.scores)
    value = point(statistic, len(run.scores))
    interval = bootstrap({"": statistic}, len(run.scores))[""]
    if value is None or interval is None:
        raise QAError(f'measure: "{measure.name}" has no value over these questions; choose another')
    metrics = run.metrics
    memory, time = metrics.get("peak_memory_mb"), metrics.get("latency_ms_median")
    return Tried(name, values, value, interval[0], interval[1], time, memory, metrics)


def _quality(scores: Sequence[QuestionScore], measure: Measure) -> float:
    """Return the measure so that higher is better; the lowest if it has no value over these questions."""
    value = point(measure.statistic(scores), len(scores))
    return -inf if value is None else value if measure.higher_is_better else -value


def _with_fronts(tried: Sequence[Tried], measure: Measure) -> tuple[Tried, ...]:
    """Return the settings, marked where they are on a Pareto front."""
    sign = 1 if measure.higher_is_better else -1

    def on_front(one: Tried, cost: str) -> bool:
        costs = [(sign * other.quality, getattr(other, cost)) for other in tried]
        quality, own = sign * one.quality, getattr(one, cost)
        known = [pair for pair in costs if pair[1] is not None and pair != (quality, own)]
        return own is not None and not any(better >= quality and less <= own for better, less in known)

    return tuple(replace(one, fastest=on_front(one, "milliseconds"), leanest=on_front(one, "peak_mb")) for one in tried)


def _is_held_out(name: str, share: float) -> bool:
    """Decide by the id, so that a question stays in its part when the set grows."""
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:6]) < share * 2**48


def _difference(before: Sequence[QuestionScore], after: Sequence[QuestionScore], measure: Measure) -> Difference | None:
    return next(iter(paired_differences(before, after, [measure])), None) if before else None


def settings_toml(result: SweepResult) -> str:
    """Return the settings of the best as a settings file."""
    # JSON's strings, numbers and booleans are TOML's.
    values = (f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in result.winner.values.items())
    return "\n".join([f"# Made by qa sweep. {' '.join(result.verdict.split())}", *values, ""])


def sweep_to_json(result: SweepResult) -> JSONObject:
    """Return the result as JSON, without the metrics, which are in the run folders."""
    values = asdict(result)
    tried = [{name: value for name, value in one.items() if name != "metrics"} for one in values.pop("tried")]
    return {**values, "verdict": result.verdict, "settings": tried}


def sweep_to_text(result: SweepResult) -> str:
    """Return the settings as a table, and the verdict on the best."""
    head = ("settings", result.measure, "95% interval", "median ms", "peak MB", "Pareto front")
    rows = [head, *map(sweep_cells, result.tried)]
    return "\n".join([*aligned(rows, "<>>>><"), "", result.verdict])


def sweep_cells(one: Tried) -> tuple[str, ...]:
    """Return name, quality, interval, time, memory and the costs of whose Pareto front settings are part, as text."""
    fronts = [word for word, on in (("time", one.fastest), ("memory", one.leanest)) if on]
    return (
        one.title,
        f"{one.quality:.3f}",
        f"{one.low:.3f} to {one.high:.3f}",
        "-" if one.milliseconds is None else f"{one.milliseconds:,.0f}",
        "-" if one.peak_mb is None else f"{one.peak_mb:,.0f}",
        ", ".join(fronts),
    )
