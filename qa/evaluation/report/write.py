"""The report of a run: as a page, and as text for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from qa.evaluation.analysis.guarantee import calibration_to_text, read_calibration
from qa.evaluation.analysis.judged import Agreement, agreement_to_text, read_judged, warning
from qa.evaluation.analysis.power import POWER, set_power
from qa.evaluation.metrics.scores import outcome
from qa.evaluation.report import figures, plots
from qa.evaluation.report.page import assets, render, replace_sections
from qa.evaluation.report.plots import Plot
from qa.evaluation.report.rows import page_data
from qa.evaluation.runs.results import Run
from qa.files import write_file
from qa.output.terminal import aligned
from qa.output.text import counted
from qa.types import Document, JSONObject

REPORT_FILE = "report.html"
"""The name of the report in its run folder."""

_SENTENCES = {
    "supported_sentences": "Supported by their evidence",
    "partly_supported_sentences": "Partly supported",
    "unsupported_sentences": "Unsupported",
    "unchecked_sentences": "Not checked",
}


def write_report(run: Run, documents: Mapping[str, Document]) -> Path:
    """Write `report.html` into the run folder, atomically, and return its path.

    The page shows the metrics with their intervals, plots, breakdowns and a table of all questions with answers,
    excerpts and passages. It loads nothing, and contains only the text of the documents that it shows: the
    surroundings of excerpts and evidence, and the first words of passages.

    Raises `OSError` if the folder cannot be written, and `QuestionSetError` if its `calibration.json` or `judged.json`
    is damaged.
    """
    tables, groups = figures.breakdowns(run)
    data = {**page_data(run, documents), "groups": groups}
    path = run.folder / REPORT_FILE
    write_file(
        path, render("report.html", {**assets(["report.css"], ["table.js", "report.js"], data), **_values(run, tables)})
    )
    return path


def run_to_text(run: Run) -> str:
    """Return a summary, all metrics with their 95% intervals, and the path of the report."""
    return "\n".join([figures.summary(run), *_measures(run), "", f"Report: {run.folder / REPORT_FILE}"])


def refresh_sections(run: Run) -> bool:
    """Update the calibration and the verdicts in a written report; result and errors as for `replace_sections`."""
    sections = {"guarantee": _guarantee(run), "judgement": _judgement(run)}
    return replace_sections(run.folder / REPORT_FILE, sections)


def _guarantee(run: Run) -> list[str]:
    calibration = read_calibration(run.folder)
    return calibration_to_text(calibration).splitlines() if calibration else []


def _judgement(run: Run) -> list[JSONObject]:
    """Return agreement with people's labels and then the figures, of verdicts on answers and on sentences."""
    judged = read_judged(run.folder)
    generated = run.metrics.get("generated") or {}
    groups = []
    if judged and judged.right is not None:
        share = figures.formatted({"right": judged.right, "intervals": {"right": judged.interval}}, "right")
        rows = [(f"Right according to {judged.model}", *share)]
        groups.append(_judged(judged.agreement, "answers", judged.asked - judged.unread, rows))
    if generated.get("claim_precision") is not None:
        rows = [(label, *figures.formatted(generated, name)) for name, label in _SENTENCES.items()]
        groups.append(_judged(judged.sentences if judged else None, "sentences", generated["sentences"], rows))
    return groups


def _judged(found: Agreement | None, things: str, count: int, rows: list[tuple[str, str, str]]) -> JSONObject:
    caution = warning(found) if found else ""
    return {"agreement": agreement_to_text(found, things) + caution, "total": f"Of {count:,} {things}", "rows": rows}


def _values(run: Run, tables: list[JSONObject]) -> JSONObject:
    counts = figures.count_outcomes(run.scores)
    shown = [name for name in figures.OUTCOME_LABELS if counts[name] or name in {"right", "wrong"}]
    documents = run.description.get("library", {}).get("documents", len(run.description.get("documents", ())))
    version = run.description.get("versions", {}).get("qa")
    return {
        "name": run.folder.resolve().name or "run",
        "subtitle": [
            f"{counted(len(run.questions), 'question')} about {counted(documents, 'document')}",
            figures.moment(run.description.get("started")),
            f"qa {version}",
        ],
        "summary": figures.summary(run),
        "outcomes_bar": figures.bar(run.scores),
        "outcomes": [
            {"kind": name, "count": f"{counts[name]:,}", "label": figures.OUTCOME_LABELS[name]} for name in shown
        ],
        "headline": figures.headline(run.metrics),
        "resolution": _resolution(run),
        "families": figures.families(run.metrics),
        "plots": list(_plots(run)),
        "guarantee": _guarantee(run),
        "judgement": _judgement(run),
        "breakdowns": tables,
        "choices": _choices(run),
        "made": figures.run_tables(run.description),
    }


def _resolution(run: Run) -> str:
    """Return which changes a comparison with another run of the set would detect."""
    found = next((one for one in set_power(run.questions, run).measures if one.name == "right"), None)
    if found is None or found.smallest is None:
        return ""
    points = f"{100 * found.smallest:.0f} points or more in {found.label}"
    return f"A comparison with another run of this set detects changes of {points}, in {POWER:.0%} of cases."


def _choices(run: Run) -> list[JSONObject]:
    counts = Counter(map(outcome, run.scores))
    names = ["right", "wrong", "declined", "failed", *(["unjudged"] if counts["unjudged"] else [])]
    labels = {"unjudged": "Not judged"}
    return [{"value": "all", "label": "All", "count": f"{len(run.scores):,}"}] + [
        {"value": name, "label": labels.get(name, name.capitalize()), "count": f"{counts[name]:,}"} for name in names
    ]


def _plots(run: Run) -> Iterator[Plot]:
    """Yield the title, drawing and caption of each plot that the run has values for."""
    metrics = run.metrics
    if points := metrics["risk_coverage"]:
        always = bool(run.description.get("always_answer"))
        threshold = run.description.get("settings", {}).get("answer_threshold", 0.0)
        # A run that may decline gave every answer of the curve.
        given = [
            (point["coverage"], point["risk"]) for point in points if not always or point["threshold"] >= threshold
        ]
        caption = (
            f"Share of wrong answers when only the most confident are given. Area {metrics['risk_coverage_area']:.3f}; "
            "lower is better."
        )
        curve = [(point["coverage"], point["risk"]) for point in points]
        label = "at the threshold" if always else "this run"
        words = f"{caption} Of all answers, {curve[-1][1]:.0%} are wrong."
        yield "Risk and coverage", plots.risk_coverage(curve, given[-1] if given else None, label, words), caption
    bins = [(bin_["confidence"], bin_["right"], bin_["answers"]) for bin_ in metrics["reliability"] if bin_["answers"]]
    if bins:
        caption = (
            "Share of right answers against the confidence stated; on the dotted line the two agree. Bars: how many "
            f"answers. Expected calibration error {metrics['expected_calibration_error']:.3f}."
        )
        spoken = [f"At confidence {confidence:.2f}, {right:.0%} of {count} right." for confidence, right, count in bins]
        yield "Reliability of the confidence", plots.reliability(bins, " ".join([caption, *spoken])), caption
    times = [score.latency_ms for score in run.scores if score.latency_ms is not None]
    if times:
        names = {"median": "latency_ms_median", "95%": "latency_ms_p95", "99%": "latency_ms_p99"}
        marks = {label: metrics[name] for label, name in names.items()}
        alone = "" if run.description.get("answers") in {"llm", "other"} else " asked one at a time"
        half, most, nearly_all = (f"{value:,.0f} ms" for value in marks.values())
        caption = (
            f"Of {len(times):,} questions{alone}, half were answered within {half}, 95% within {most}, "
            f"99% within {nearly_all}."
        )
        yield "Time to answer", plots.latency(times, marks, caption), caption


def _measures(run: Run) -> Iterator[str]:
    families = figures.families(run.metrics)
    judged = read_judged(run.folder)
    # A terminal may lack the dash.
    rows = [
        (metric.label, metric.value, metric.interval.replace(figures.DASH, " to "))
        for family in families
        for metric in family["metrics"]
    ]
    lines = iter(aligned(rows, "<><"))
    for family in families:
        yield ""
        yield family["title"]
        if family["title"] == figures.LANGUAGE_MODEL and run.metrics["generated"].get("claim_precision") is not None:
            yield f"  {agreement_to_text(judged.sentences if judged else None, 'sentences')}"
        yield from (f"  {line}" for line in islice(lines, len(family["metrics"])))
