"""Sections of the report: summary, headline metrics, all metrics, breakdowns and settings, formatted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from qa.evaluation.datasets.fields import preview
from qa.evaluation.metrics.scores import QuestionScore, outcome
from qa.evaluation.metrics.slices import groupings
from qa.evaluation.metrics.summary import GENERATED_MEASURES, MEASURES, Metrics
from qa.evaluation.report.plots import outcome_bar
from qa.evaluation.runs.folder import affects_answers
from qa.evaluation.runs.results import Run
from qa.output.text import counted
from qa.types import JSONObject

MAX_ROWS = 50
"""Limit of rows in a breakdown or a list of settings."""

DASH = "\N{EN DASH}"
"""Between the ends of an interval, and for a missing value."""

OUTCOME_LABELS = {
    "right": "right",
    "wrong": "wrong",
    "unjudged": "answered, not judged",
    "declined": "declined needlessly",
    "rightly": "declined rightly",
    "failed": "failed",
}

LABELS = {measure.name: measure.label for measure in (*MEASURES, *GENERATED_MEASURES)} | {
    "confidence_auroc": "AUROC of the confidence",
    "risk_coverage_area": "area under risk-coverage",
    "expected_calibration_error": "expected calibration error",
    "latency_ms_median": "median time",
    "latency_ms_p95": "95th percentile of the time",
    "latency_ms_p99": "99th percentile of the time",
    "questions_per_second": "questions per second",
    "peak_memory_mb": "peak memory",
    "generate_seconds_median": "median time for an answer",
    "generate_seconds_p95": "95th percentile of that time",
}
"""Labels of metrics."""
_FORMATS = {
    name: form
    for form, names in {
        "{:.2f}": "f1 mrr ndcg_at_10 character_iou confidence_auroc risk_coverage_area expected_calibration_error",
        "{:.1f}": "calls",
        "{:,.0f}": "prompt_tokens answer_tokens",
        "{:,.1f}": "questions_per_second",
        "{:,.0f} MB": "peak_memory_mb",
        "{:,.1f} s": "generate_seconds_median generate_seconds_p95",
    }.items()
    for name in names.split()
}
"""Formats of values; latencies have their own, and all others are shares: 85%."""

LANGUAGE_MODEL = "Language model"

FAMILIES = {
    title: names.split()
    for title, names in {
        "Answers": "exact_match f1 right answer_in_first_excerpt answer_in_any_excerpt",
        "Excerpts": "first_citation_hits_evidence any_citation_hits_evidence citation_precision citation_recall "
        "verbatim_citations",
        "Kinds of questions": "item_recall polarity_given polarity_right both_sides cell_exact",
        "Passages": "passage_recall_at_1 passage_recall_at_5 passage_recall_at_10 mrr ndcg_at_10 character_recall "
        "character_precision character_iou",
        "Declining and confidence": "declined_unanswerable declined_answerable confidence_auroc risk_coverage_area "
        "expected_calibration_error",
        LANGUAGE_MODEL: " ".join(measure.name for measure in GENERATED_MEASURES)
        + " generate_seconds_median generate_seconds_p95",
        "Speed": "latency_ms_median latency_ms_p95 latency_ms_p99 questions_per_second peak_memory_mb",
    }.items()
}
"""Metrics by kind, in the order of the report."""

_OF_MODEL = {"its answer is shown": "shown", "it found none": "declined", "it failed": "failed"}
_HEADLINE_LABELS = {
    "first_citation_hits_evidence": "Evidence in first excerpt",
    "declined_unanswerable": "Declined rightly",
    "declined_answerable": "Declined needlessly",
    "verbatim_citations": "Verbatim excerpts",
    "latency_ms_median": "Median time",
}
_COLUMNS = {
    "right": "right when answered",
    "f1": "F1",
    "first_citation_hits_evidence": "evidence hit",
    "declined_answerable": "declined needlessly",
}
_GROUPINGS = {
    "question_word": "question word",
    "answer_type": "answer type",
    "answer_kind": "kind of question, as the answer names it",
}


@dataclass(frozen=True, slots=True)
class FormattedMetric:
    """A value with its interval, as text, and how to read it.

    The interval is its ends joined by a dash; empty where there is none.
    """

    label: str
    value: str
    interval: str = ""
    note: str = ""


def summary(run: Run) -> str:
    """Return a summary of the run in two or three sentences."""
    counts = count_outcomes(run.scores)
    answered = counts["right"] + counts["wrong"] + counts["unjudged"]
    declined = counts["declined"] + counts["rightly"]
    sentence = f"It answered {answered:,} of {counted(counts.total(), 'question')}"
    if judged := counts["right"] + counts["wrong"]:
        whose = "the answers" if judged == answered else f"the {judged:,} answers that can be judged"
        sentence += f"; {counts['right']:,} of {whose} {'is' if counts['right'] == 1 else 'are'} right"
    elif answered:
        sentence += ", but the set has neither accepted answers nor evidence to judge the answers by"
    sentences = [sentence]
    if declined:
        verb = "has" if counts["rightly"] == 1 else "have"
        sentences.append(f"It declined {declined:,}, of which {counts['rightly']:,} {verb} no answer in the documents")
    if generated := run.metrics.get("generated"):
        counts_of_model = ", ".join(f"{name} {generated[key]:,}" for name, key in _OF_MODEL.items() if generated[key])
        sentences.append(f"The language model was asked {generated['asked']:,} times: {counts_of_model}")
        took = f"It took about {generated['tokens']:,} tokens"
        took += f" and {generated['seconds']:,.0f} s" if "seconds" in generated else ""
        sentences.append(took + (f", for {generated['cost']:,.4g}" if "cost" in generated else "") + " in all")
    if counts["failed"]:
        failed = f"{counted(counts['failed'], 'question')} failed with an error"
        sentences.append(
            f"{failed}, the first with {preview(next(iter(run.errors.values())))}" if run.errors else failed
        )
    return " ".join(f"{sentence}." for sentence in sentences)


def headline(metrics: Metrics) -> list[FormattedMetric]:
    """Return the headline metrics that apply."""
    alone = "" if "generated" in metrics or metrics.get("questions_per_second") is None else "asked alone; "
    notes = {
        "right": "the first excerpt contains an accepted answer, or overlaps the evidence",
        "f1": "words shared with an accepted answer; 0 when declined",
        "exact_match": "the same as an accepted answer; 0 when declined",
        "first_citation_hits_evidence": f"of {counted(metrics['with_evidence'], 'question')} with evidence",
        "declined_unanswerable": f"of {counted(metrics['unanswerable'], 'question')} without an answer",
        "declined_answerable": f"of {counted(metrics['answerable'], 'question')} with an answer",
        "verbatim_citations": f"of {counted(metrics['citations'], 'excerpt')}",
        "latency_ms_median": f"{alone}95% within {_value('latency_ms_p95', metrics.get('latency_ms_p95'))}",
    }
    return _formatted(metrics, notes, _HEADLINE_LABELS)


def families(metrics: Metrics) -> list[JSONObject]:
    """Return all metrics that apply, as "title" and "metrics" of each kind."""
    generated = metrics.get("generated", {"intervals": {}, "fallbacks": {}})
    values = {**metrics, **generated, "intervals": {**metrics["intervals"], **generated["intervals"]}}
    found = [
        {"title": title, "metrics": _formatted(values, dict.fromkeys(names, ""))} for title, names in FAMILIES.items()
    ]
    reasons = [FormattedMetric(_capital(reason), f"{count:,}") for reason, count in generated["fallbacks"].items()]
    found.append({"title": "Why generated answers are not shown", "metrics": reasons})
    return [family for family in found if family["metrics"]]


def count_outcomes(scores: Iterable[QuestionScore]) -> Counter[str]:
    """Count the outcomes by their keys in `OUTCOME_LABELS`."""
    return Counter("rightly" if score.declined and not score.answerable else outcome(score) for score in scores)


def bar(scores: Iterable[QuestionScore]) -> Markup:
    """Return the outcomes of some questions as a bar in SVG."""
    counts = count_outcomes(scores)
    return outcome_bar({name: counts[name] for name in OUTCOME_LABELS})


def breakdowns(run: Run) -> tuple[list[JSONObject], list[JSONObject]]:
    """Return the breakdowns, and their groups, by which the table of questions can be filtered.

    Returns
    -------
    list of dict
        "title", "columns" (labels by name), "left_out" (number of groups not shown) and "rows", each with "label",
        "cells" (value and interval by column), "bar" and "group" (position in the second list).
    list of dict
        "label" and "members", the positions of its questions.
    """
    tables: list[JSONObject] = []
    groups: list[JSONObject] = []
    for name, members_of in groupings(run.scores, run.questions).items():
        measured = run.metrics["breakdowns"].get(name, {})
        shown = [group for group in members_of if group in measured][:MAX_ROWS]
        columns = [column for column in _COLUMNS if any(measured[group].get(column) is not None for group in shown)]
        rows = []
        title = _GROUPINGS.get(name, name)
        for group in shown:
            values = measured[group]
            cells = {"questions": (f"{values['questions']:,}", "")} | {
                column: formatted(values, column) for column in columns
            }
            scores = [run.scores[position] for position in members_of[group]]
            rows.append({"label": group, "cells": cells, "bar": bar(scores), "group": len(groups)})
            groups.append({"label": f"{title}: {group}", "members": list(members_of[group])})
        tables.append(
            {
                "title": title,
                "columns": {"questions": "questions"} | {column: _COLUMNS[column] for column in columns},
                "rows": rows,
                "left_out": len(members_of) - len(rows),
            }
        )
    return tables, groups


def run_tables(description: JSONObject) -> list[JSONObject]:
    """Return `run.json` as tables: "title", "rows" of name and value, and "wide" if values are long.

    Settings that do not affect answers are left out.
    """
    single = {name: value for name, value in description.items() if not isinstance(value, dict)}
    tables = []
    for name, values in {"run": single, **description}.items():
        if isinstance(values, dict) and values:
            rows = [
                (key if name == "documents" else _spaced(key), _plain(value))
                for key, value in values.items()
                if name != "settings" or affects_answers(key)
            ]
            if len(rows) > MAX_ROWS:
                rows = [*rows[:MAX_ROWS], ("", f"and {len(rows) - MAX_ROWS:,} more in run.json")]
            wide = any(len(value) > 40 for _, value in rows)
            tables.append({"title": _spaced(name).capitalize(), "rows": rows, "wide": wide})
    return sorted(tables, key=lambda table: bool(table["wide"]))


def moment(text: Any) -> str:  # noqa: ANN401 -- any JSON value
    """Return an ISO 8601 time as text, in UTC; any other value as it is."""
    try:
        when = datetime.fromisoformat(text).astimezone(UTC)
    except (TypeError, ValueError):
        return _plain(text)
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


def formatted(metrics: Metrics, name: str) -> tuple[str, str]:
    """Return a metric and its interval as text."""
    return _value(name, metrics.get(name)) or DASH, _interval(name, metrics["intervals"].get(name))


def _formatted(metrics: Metrics, notes: Mapping[str, str], labels: Mapping[str, str] = LABELS) -> list[FormattedMetric]:
    return [
        FormattedMetric(
            label=_capital(labels.get(name, LABELS[name])),
            value=_value(name, metrics[name]),
            interval=_interval(name, metrics["intervals"].get(name)),
            note=note,
        )
        for name, note in notes.items()
        if metrics.get(name) is not None
    ]


def _value(name: str, value: float | None) -> str:
    if value is None:
        return ""
    if name.startswith("latency_ms"):
        return f"{value:,.0f} ms" if value < 10_000 else f"{value / 1000:,.1f} s"
    form = _FORMATS.get(name)
    return f"{100 * value:.0f}%" if form is None else form.format(value)


def _interval(name: str, interval: Sequence[float] | None) -> str:
    if interval is None:
        return ""
    low, high = (_value(name, limit) for limit in interval)
    # An interval of no width, for example of a share of 100%, would suggest certainty.
    if low == high:
        return ""
    unit = next((unit for unit in ("%", " ms", " s") if low.endswith(unit) and high.endswith(unit)), "")
    return f"{low.removesuffix(unit)}{DASH}{high}"


def _capital(text: str) -> str:
    # Not a name such as nDCG.
    return text if text[1:2].isupper() else text[0].upper() + text[1:]


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _plain(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:,.10g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
