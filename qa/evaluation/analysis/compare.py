"""Compare two runs over the same questions: metrics, flipped questions, changed settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import starmap
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.errors import QuestionSetError
from qa.evaluation.analysis.paired import Difference, paired_differences
from qa.evaluation.datasets.fields import preview
from qa.evaluation.metrics.kinds import FACTS, ITEMS
from qa.evaluation.metrics.scores import is_correct, outcome
from qa.evaluation.metrics.summary import GENERATED_MEASURES, MEASURES, Measure, Metrics, summarize
from qa.evaluation.runs.folder import differing
from qa.evaluation.runs.results import Run, read_run

if TYPE_CHECKING:
    import pandas as pd

    from qa.evaluation.datasets.types import Question
    from qa.evaluation.metrics.scores import QuestionScore
    from qa.types import JSONObject

COMPARED = (
    *MEASURES,
    *GENERATED_MEASURES,
    Measure("correct", "right, or rightly declined", is_correct),
    Measure("failed", "failed", lambda score: score.failed, higher_is_better=False),
    Measure("latency_ms_mean", "mean time in milliseconds", attrgetter("latency_ms"), higher_is_better=False),
)
"""Measures compared: the means over questions in `metrics.json`, and three more."""

OUTCOMES = ("right", "declined", "unjudged", "wrong", "failed")
"""Outcomes of a question; see `qa.evaluation.metrics.scores.outcome`."""

_EXAMPLES = 3
# Time and speed of the run, and its questions, which are compared one by one.
_NOT_CHANGES = {"started", "asking", "questions"}


@dataclass(frozen=True, slots=True)
class Flip:
    """A question with another outcome, one of `OUTCOMES`; the short answers are None if declined or failed."""

    id: str
    question: str
    answerable: bool
    before: str
    after: str
    answer_before: str | None
    answer_after: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """A setting, version, model or document that differs; None where it is missing."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences between two runs."""

    folder_a: Path  # of the first run
    folder_b: Path  # of the second run
    questions: int  # number of questions compared
    left_out_a: int  # questions of the first run that the second does not ask
    left_out_b: int  # the reverse
    measures: tuple[Difference, ...]  # those of `COMPARED` that have a value in both runs
    flips: tuple[Flip, ...] = field(repr=False)  # lost right answers first; of one kind, in the order of the set
    changes: tuple[Change, ...] = field(repr=False)
    # Over the questions compared; see `qa.evaluation.metrics.summary.summarize`
    metrics_a: Metrics = field(repr=False)
    metrics_b: Metrics = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row for each measure, indexed by its name."""
        import pandas as pd

        return pd.DataFrame([measure.to_json() for measure in self.measures]).set_index("name")


def compare(run_a: Run | str | Path, run_b: Run | str | Path, *, common: bool = False) -> Comparison:
    """Compare two runs question by question.

    Parameters
    ----------
    run_a, run_b : Run, str or Path
        The first and the second run, or their folders.
    common : bool
        Compare runs of different question sets over the questions they share: equal id, text, history, document, and
        expected answer, items and facts. Otherwise such runs are refused.

    Raises
    ------
    QuestionSetError
        If a folder contains no finished run, the question sets differ, or they share no question.
    """
    before = run_a if isinstance(run_a, Run) else read_run(run_a)
    after = run_b if isinstance(run_b, Run) else read_run(run_b)
    shared = _shared(before, after)
    left_out = len(before.questions) - len(shared), len(after.questions) - len(shared)
    if any(left_out) and not (common and shared):
        raise QuestionSetError(_refusal(before, after, shared, common=common))
    scores_a, scores_b = _scores(before, shared), _scores(after, shared)
    # By id, so that swapped runs get the same random numbers.
    by_id_a, by_id_b = (sorted(scores, key=attrgetter("id")) for scores in (scores_a, scores_b))
    return Comparison(
        folder_a=before.folder,
        folder_b=after.folder,
        questions=len(shared),
        left_out_a=left_out[0],
        left_out_b=left_out[1],
        measures=tuple(paired_differences(by_id_a, by_id_b, COMPARED)),
        flips=tuple(_flips(shared, scores_a, scores_b, before, after)),
        changes=tuple(_changes(before.description, after.description)),
        metrics_a=before.metrics if not any(left_out) else summarize(scores_a, shared),
        metrics_b=after.metrics if not any(left_out) else summarize(scores_b, shared),
    )


def _shared(before: Run, after: Run) -> list[Question]:
    """Return the questions that both runs ask alike, in the order of the first."""
    others = {question.id: _without_tags(question) for question in after.questions}
    return [question for question in before.questions if others.get(question.id) == _without_tags(question)]


def _without_tags(question: Question) -> Question:
    """Return a question without the extra columns that change neither the question nor what is right."""
    return replace(question, extra={name: question.extra.get(name) for name in (ITEMS, FACTS)})


def _refusal(before: Run, after: Run, shared: Sequence[Question], *, common: bool) -> str:
    same = {question.id for question in shared}
    ids = dict.fromkeys(question.id for question in (*before.questions, *after.questions) if question.id not in same)
    counts = (
        f"{before.folder} asks {len(before.questions)} questions, {after.folder} asks {len(after.questions)},"
        f" and {len(shared)} of them are the same"
    )
    if common or not shared:
        return f"{counts}; there is nothing to compare"
    examples = ", ".join(preview(name) for name in list(ids)[:_EXAMPLES])
    return f"{counts} (not, for example, {examples}); use --common to compare only those"


def _scores(run: Run, questions: Sequence[Question]) -> list[QuestionScore]:
    scores = {score.id: score for score in run.scores}
    return [scores[question.id] for question in questions]


def _flips(
    questions: Sequence[Question], scores_a: Sequence[QuestionScore], scores_b: Sequence[QuestionScore], *runs: Run
) -> list[Flip]:
    flips = []
    for question, score_a, score_b in zip(questions, scores_a, scores_b, strict=True):
        was, became = outcome(score_a), outcome(score_b)
        if was != became:
            answers = (run.predictions.get(question.id, {}).get("answer") for run in runs)
            flips.append(Flip(question.id, question.question, question.answerable, was, became, *answers))
    return sorted(flips, key=lambda flip: (OUTCOMES.index(flip.before), -OUTCOMES.index(flip.after)))


def _changes(before: JSONObject, after: JSONObject) -> Iterator[Change]:
    """Yield the differences between two descriptions of runs, of mappings one for each key."""
    # Another system has none of our settings.
    skipped = _NOT_CHANGES if before.get("settings") and after.get("settings") else {*_NOT_CHANGES, "settings"}
    names = (name for name in dict.fromkeys([*before, *after]) if name not in skipped)
    yield from starmap(Change, differing(names, before, after))
