"""A comparison as text, Markdown and JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby

from qa.evaluation.analysis.compare import Change, Comparison, Flip
from qa.evaluation.analysis.paired import Difference
from qa.evaluation.datasets.fields import preview, shortened
from qa.output.terminal import aligned
from qa.output.text import counted
from qa.types import JSONObject

MIN_P_SHOWN = 0.0001
"""Smaller p-values are shown as less than this."""

MAX_CHANGES = 20
"""Changes listed, at most."""

MAX_FLIPS = 50
"""Flipped questions listed in Markdown, at most: comments have a limit."""

_HEAD = ("measure", "before", "after", "change", "95% interval", "p", "finds from")


def comparison_to_json(comparison: Comparison) -> JSONObject:
    """Return the comparison as JSON, with the verdict on each measure."""
    measures = [measure.to_json() for measure in comparison.measures]
    folders = {"folder_a": str(comparison.folder_a), "folder_b": str(comparison.folder_b)}
    return {**asdict(comparison), **folders, "measures": measures}


def comparison_to_text(comparison: Comparison) -> str:
    """Return the measures as a table, the flipped questions, and the changes."""
    return "\n".join(
        [
            headline(comparison),
            "",
            *aligned([(*_HEAD, ""), *map(cells, comparison.measures)], "<>>>>>><"),
            "",
            "p: paired randomization test. Neither p nor the intervals are corrected for the number of measures.",
            "finds from: the smallest change that such a comparison detects in 80% of cases.",
            "",
            f"Flipped: {len(comparison.flips) or 'none'}",
            *_flips(comparison.flips),
            "",
            f"Changed: {len(comparison.changes) or 'nothing recorded'}",
            *(f"  {line}" for line in shortened(list(map(change_to_text, comparison.changes)), MAX_CHANGES)),
        ]
    )


def comparison_to_markdown(comparison: Comparison) -> str:
    """Return the comparison as GitHub-flavoured Markdown, for a pull request; text from the runs is code."""
    differing = [measure for measure in comparison.measures if measure.verdict != "same"]
    rows = [(*_HEAD, "verdict"), *map(cells, differing)]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    marked = [line.replace("| worse |", "| **worse** |").replace("| better |", "| **better** |") for line in lines]
    same = len(comparison.measures) - len(differing)
    flips = [
        f"{way}: {_code(preview(flip.id))} {_code(preview(flip.question))}"
        for way, group in flip_groups(comparison.flips)
        for flip in group
    ]
    return "\n".join(
        [
            f"**{counted(comparison.questions, 'question')} compared**: {_code(str(comparison.folder_a))} → "
            f"{_code(str(comparison.folder_b))}",
            "",
            *([marked[0], f"|{' --- |' * len(rows[0])}", *marked[1:]] if differing else []),
            *([""] if differing else []),
            f"Measures that are the same: {same}.",
            "",
            f"<details><summary>Questions flipped: {len(comparison.flips)}</summary>",
            "",
            *(f"- {line}" for line in shortened(flips, MAX_FLIPS)),
            "",
            "</details>",
            "",
            f"<details><summary>Settings, versions and documents that differ: {len(comparison.changes)}</summary>",
            "",
            *(f"- {_code(change_to_text(change))}" for change in comparison.changes[:MAX_CHANGES]),
            "",
            "</details>",
        ]
    )


def _code(text: str) -> str:
    """Return a text as inline code, in which nothing is markup, a link or a mention."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {' '.join(text.split())} {fence}"


def headline(comparison: Comparison) -> str:
    """Return the runs compared and the number of questions."""
    text = f"{comparison.folder_a} -> {comparison.folder_b}: {counted(comparison.questions, 'question')} compared"
    if comparison.left_out_a or comparison.left_out_b:
        text += f" (left out: {comparison.left_out_a} of the first run, {comparison.left_out_b} of the second)"
    return text


def flip_groups(flips: Sequence[Flip]) -> Iterator[tuple[str, list[Flip]]]:
    """Yield the flips with the same outcomes together, and these outcomes as text."""
    for (before, after), group in groupby(flips, key=lambda flip: (flip.before, flip.after)):
        yield f"{before} -> {after}", list(group)


def change_to_text(change: Change) -> str:
    """Return a change as text; of a document, only whether its text differs."""
    before, after = preview(change.before), preview(change.after)
    if change.name.startswith("documents: "):
        before, after = ("no" if value is None else "one text" for value in (change.before, change.after))
        after = "another" if (before, after) == ("one text", "one text") else after
    return f"{change.name}: {before} -> {after}"


def format_p(measure: Difference) -> str:
    """Return the p-value with four decimals."""
    return f"{measure.p_value:.4f}" if measure.p_value >= MIN_P_SHOWN else f"<{MIN_P_SHOWN}"


def cells(measure: Difference) -> tuple[str, ...]:
    """Return the cells of a measure's row: name, both values, change, interval, p, resolution, verdict."""
    digits = 1 if max(abs(measure.before), abs(measure.after)) > 10 else 3
    return (
        measure.name,
        f"{measure.before:.{digits}f}",
        f"{measure.after:.{digits}f}",
        f"{measure.difference:+.{digits}f}",
        f"{measure.low:+.{digits}f} to {measure.high:+.{digits}f}",
        format_p(measure),
        "" if measure.smallest is None else f"{measure.smallest:.{digits}f}",
        measure.verdict,
    )


def _flips(flips: Sequence[Flip]) -> Iterator[str]:
    for way, group in flip_groups(flips):
        yield f"  {way} ({len(group)})"
        for flip in group:
            note = "" if flip.answerable else " (unanswerable)"
            # As JSON on one line, so that no answer can control the terminal.
            before, after = (
                "(none)" if text is None else preview(text) for text in (flip.answer_before, flip.answer_after)
            )
            yield f"    {preview(flip.id)} {preview(flip.question)}{note}: {before} -> {after}"
