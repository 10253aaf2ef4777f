"""Metrics of a question set. Shares are between 0 and 1, and None over nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from qa.evaluation.datasets.types import Question
from qa.evaluation.metrics.bootstrap import Statistic, WeightedMean, bootstrap, percentile, point, weighted_mean
from qa.evaluation.metrics.scores import QuestionScore
from qa.evaluation.metrics.selective import (
    auroc,
    calibration_error,
    confusion,
    reliability,
    risk_coverage_area,
    risk_coverage_curve,
)
from qa.evaluation.metrics.slices import groupings
from qa.types import JSONObject

Metrics = dict[str, Any]
"""Result of `summarize`, and content of `metrics.json`."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric of single questions whose mean is a metric of the set."""

    name: str  # key in `metrics.json`
    label: str  # name in reports
    value: Callable[[QuestionScore], float | None]  # of a question; None if not applicable
    weight: Callable[[QuestionScore], float] | None = None  # of a question in the mean; 1 if None
    higher_is_better: bool = True

    def statistic(self, scores: Sequence[QuestionScore]) -> WeightedMean:
        """Return the mean over the scores as a statistic."""
        weights = None if self.weight is None else list(map(self.weight, scores))
        return weighted_mean(list(map(self.value, scores)), weights)


def _plain(name: str, label: str) -> Measure:
    return Measure(name, label, attrgetter(name))


MEASURES = (
    _plain("exact_match", "exact match"),
    _plain("f1", "F1"),
    _plain("answer_in_first_excerpt", "answer in the first excerpt"),
    _plain("answer_in_any_excerpt", "answer in any excerpt"),
    _plain("right", "right when answered"),
    Measure(
        "declined_answerable",
        "declined, though answerable",
        lambda score: score.declined if score.answerable else None,
        higher_is_better=False,
    ),
    Measure(
        "declined_unanswerable",
        "declined, as unanswerable",
        lambda score: None if score.answerable else score.declined,
    ),
    _plain("first_citation_hits_evidence", "evidence hit by the first citation"),
    _plain("any_citation_hits_evidence", "evidence hit by any citation"),
    _plain("citation_precision", "citation precision"),
    _plain("citation_recall", "citation recall"),
    Measure(
        "verbatim_citations",
        "verbatim citations",
        lambda score: score.verbatim_citations / score.citations if score.citations else None,
        weight=lambda score: score.citations,
    ),
    _plain("passage_recall_at_1", "passage recall@1"),
    _plain("passage_recall_at_5", "passage recall@5"),
    _plain("passage_recall_at_10", "passage recall@10"),
    Measure("mrr", "MRR", attrgetter("reciprocal_rank")),
    _plain("ndcg_at_10", "nDCG@10"),
    _plain("character_recall", "recall in characters"),
    _plain("character_precision", "precision in characters"),
    _plain("character_iou", "IoU in characters"),
    _plain("item_recall", "items of lists found"),
    _plain("polarity_given", "yes or no given"),
    _plain("polarity_right", "yes or no right, of those given"),
    _plain("both_sides", "both sides of comparisons cited"),
    _plain("cell_exact", "cell of a table exact"),
)
"""Metrics that are means over questions, in the order of reports."""


def _of_generated(name: str, label: str, part: str, whole: str = "", *, higher_is_better: bool = False) -> Measure:
    """Return the mean of part / whole over the generated answers, weighted by whole, which is 1 by default.

    Both are names of attributes of a `GeneratedScore`.
    """

    def weight(score: QuestionScore) -> float:
        return float(getattr(score.generated, whole) if whole else 1) if score.generated else 0.0

    def value(score: QuestionScore) -> float | None:
        total = weight(score)
        return getattr(score.generated, part) / total if total else None

    return Measure(name, label, value, weight, higher_is_better)


GENERATED_MEASURES = (
    _of_generated("fell_back", "generated answer not shown", "fell_back"),
    _of_generated("model_declined", "declined by the model", "declined"),
    _of_generated("supported_sentences", "supported sentences", "supported", "sentences", higher_is_better=True),
    _of_generated("partly_supported_sentences", "partly supported sentences", "partly", "sentences"),
    _of_generated(
        "claim_precision", "supported, of the sentences judged", "supported", "judged", higher_is_better=True
    ),
    _of_generated("fact_recall", "accepted facts in the answer", "facts_found", "facts", higher_is_better=True),
    _of_generated("unsupported_sentences", "unsupported sentences", "unsupported", "sentences"),
    _of_generated("unchecked_sentences", "sentences not checked", "not_checked", "sentences"),
    _of_generated("found_evidence", "sentences whose evidence was searched for", "found", "sentences"),
    _of_generated("verbatim_quotations", "verbatim quotations", "verbatim", "quotations", higher_is_better=True),
    _of_generated("altered_quotations", "altered quotations", "altered", "quotations"),
    _of_generated("not_found_quotations", "quotations not found", "not_found", "quotations"),
    _of_generated("calls", "calls of an answer", "calls"),
    _of_generated("prompt_tokens", "tokens of a prompt", "prompt_tokens"),
    _of_generated("answer_tokens", "tokens of an answer", "answer_tokens"),
)
"""The same for generated answers."""

BREAKDOWN_MEASURES = tuple(
    measure
    for measure in MEASURES
    if measure.name
    in {
        "exact_match",
        "f1",
        "answer_in_first_excerpt",
        "right",
        "declined_answerable",
        "declined_unanswerable",
        "first_citation_hits_evidence",
        "passage_recall_at_5",
    }
)
"""Metrics of each group in a breakdown."""


def summarize(records: Sequence[QuestionScore], questions: Sequence[Question] = ()) -> Metrics:
    """Compute the metrics of a question set.

    Parameters
    ----------
    records : sequence of QuestionScore
        One per question.
    questions : sequence of Question, optional
        The same questions in the same order; their extra columns become breakdowns.

    Returns
    -------
    dict
        Counts: ``questions``, ``answerable``, ``unanswerable``, ``with_answers`` and ``with_evidence`` (answerable
        questions that have them), ``errors`` (questions without an answer) and ``citations``.

        Means of the `MEASURES`, each over the questions to which it applies: see `QuestionScore`.

        Confidence, see `qa.evaluation.metrics.selective`: ``confidence_auroc`` (answerable against unanswerable
        questions), and over the answers given ``risk_coverage_area`` and ``expected_calibration_error``: in a run that
        may decline, only for confidences above the threshold.

        Milliseconds, over the questions answered one at a time: ``latency_ms_median``, ``latency_ms_p95`` and
        ``latency_ms_p99`` (linear interpolation).

        ``intervals``: the 95% bootstrap interval ``[low, high]`` of each of the above but the counts.
        ``confusion``, ``risk_coverage`` and ``reliability``: see `qa.evaluation.metrics.selective`.
        ``breakdowns``: by grouping (see `qa.evaluation.metrics.slices`), then group: ``questions``, ``errors``, the
        `BREAKDOWN_MEASURES` and their ``intervals``.
        ``generated``, only with a language model: see `summarize_generated`.
    """
    confidences = [record.confidence for record in records]
    right = [record.right for record in records]
    latencies = [record.latency_ms for record in records]
    statistics = {measure.name: measure.statistic(records) for measure in MEASURES} | {
        "confidence_auroc": auroc(confidences, [record.answerable for record in records]),
        "risk_coverage_area": risk_coverage_area(confidences, right),
        "expected_calibration_error": calibration_error(confidences, right),
        "latency_ms_median": percentile(latencies, 50),
        "latency_ms_p95": percentile(latencies, 95),
        "latency_ms_p99": percentile(latencies, 99),
    }
    return {
        "questions": len(records),
        "answerable": sum(record.answerable for record in records),
        "unanswerable": sum(not record.answerable for record in records),
        "with_answers": sum(record.exact_match is not None for record in records),
        "with_evidence": sum(record.any_citation_hits_evidence is not None for record in records),
        "errors": sum(record.failed for record in records),
        "citations": sum(record.citations for record in records),
        **_with_intervals(statistics, len(records)),
        "confusion": confusion(records),
        "risk_coverage": risk_coverage_curve(confidences, right),
        "reliability": reliability(confidences, right),
        "breakdowns": {
            name: {group: _group([records[row] for row in rows]) for group, rows in groups.items()}
            for name, groups in groupings(records, questions).items()
        },
        **({"generated": summarize_generated(records)} if any(record.generated for record in records) else {}),
    }


def summarize_generated(records: Sequence[QuestionScore]) -> Metrics:
    """Compute the metrics of generated answers.

    Returns
    -------
    dict
        Counts: ``asked`` (questions put to the model), ``shown`` (its answer is), ``declined`` (it found none),
        ``failed`` (the rest), ``sentences``, ``quotations``, and of the whole run ``tokens_sent``, ``tokens_received``,
        ``tokens`` (both) and ``seconds``.

        ``fallbacks``: answers that are not shown, by reason, the most frequent first.

        The `GENERATED_MEASURES`: ``fell_back`` and tokens over the questions asked, the others over all sentences and
        quotations. Then ``generate_seconds_median`` and ``generate_seconds_p95`` of a question.

        ``intervals``: the 95% bootstrap interval of each of the above but the counts.
    """
    found = [record.generated for record in records if record.generated]
    reasons = Counter(one.fallback for one in found if one.fallback is not None)
    seconds = [record.generated.seconds if record.generated else None for record in records]
    statistics = {measure.name: measure.statistic(records) for measure in GENERATED_MEASURES} | {
        "generate_seconds_median": percentile(seconds, 50),
        "generate_seconds_p95": percentile(seconds, 95),
    }
    return {
        "asked": len(found),
        "shown": sum(not one.fell_back for one in found),
        "declined": sum(one.declined for one in found),
        "failed": sum(one.fell_back and not one.declined for one in found),
        "tokens": sum(one.prompt_tokens + one.answer_tokens for one in found),
        "tokens_sent": sum(one.prompt_tokens for one in found),
        "tokens_received": sum(one.answer_tokens for one in found),
        "seconds": sum(one.seconds or 0.0 for one in found),
        "sentences": sum(one.sentences for one in found),
        "quotations": sum(one.quotations for one in found),
        "fallbacks": dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        **_with_intervals(statistics, len(records)),
    }


def add_cost(metrics: Metrics, settings: Mapping[str, Any]) -> Metrics:
    """Return metrics with the ``cost`` of the tokens of a run, where its settings name a price."""
    generated = metrics.get("generated")
    prices = [settings.get(name) or 0.0 for name in ("llm_prompt_price", "llm_answer_price")]
    if not generated or not any(prices):
        return metrics
    tokens = (generated["tokens_sent"], generated["tokens_received"])
    cost = sum(price * count / 1_000_000 for price, count in zip(prices, tokens, strict=True))
    return {**metrics, "generated": {**generated, "cost": cost}}


def _group(scores: Sequence[QuestionScore]) -> JSONObject:
    statistics = {measure.name: measure.statistic(scores) for measure in BREAKDOWN_MEASURES}
    return {
        "questions": len(scores),
        "errors": sum(score.failed for score in scores),
        **_with_intervals(statistics, len(scores)),
    }


def _with_intervals(statistics: Mapping[str, Statistic], questions: int) -> JSONObject:
    values = {name: point(statistic, questions) for name, statistic in statistics.items()}
    return {**values, "intervals": bootstrap(statistics, questions)}
