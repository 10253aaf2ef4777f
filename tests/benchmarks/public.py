"""Public question sets, if their files are there: ``make bench-public PUBLIC=folder SAMPLE=500``.

``docs/benchmarks/public.md`` names the files. Of each set as many questions as asked for are taken, evenly spread, each
within its document where the set says so. A set without its files is reported as not run.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from public_sets import SETS, Loaded, found
from results import print_table

from qa.cli.opening import open_corpus
from qa.evaluation import Question, evaluate

COLUMNS = {
    "exact_match": "EM",
    "f1": "F1",
    "first_citation_hits_evidence": "evidence in the first excerpt",
    "passage_recall_at_5": "recall@5",
    "declined_answerable": "declined, of answerable",
    "declined_unanswerable": "declined, of unanswerable",
}


def measured(loaded: Loaded, sample: int) -> list[str]:
    """Ask an even sample of the questions, and return the cells of a row."""
    step = max(1, len(loaded.questions) // sample)
    chosen = loaded.questions[::step][:sample]
    with tempfile.TemporaryDirectory() as folder:
        run = evaluate(open_corpus(_needed(loaded, chosen), None), chosen, Path(folder, "run"))
    metrics = run.metrics
    asked = f"{len(chosen):,} of {len(loaded.questions):,}"
    return [asked, f"{len(loaded.documents):,}", *(_cell(metrics, name) for name in COLUMNS)]


def _needed(loaded: Loaded, chosen: list[Question]) -> list[Any]:
    """Return the documents that are asked about; all, where one question is asked over all."""
    named = {question.document for question in chosen}
    return [one for one in loaded.documents if None in named or one.id in named]


def _cell(metrics: dict[str, Any], name: str) -> str:
    value, interval = metrics.get(name), metrics.get("intervals", {}).get(name)
    if value is None:
        return "-"
    return f"{value:.3f} ({interval[0]:.3f} to {interval[1]:.3f})" if interval else f"{value:.3f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sample", type=int, default=500, help="questions of each set")
    options = parser.parse_args()
    rows = []
    for one in SETS:
        paths = found(options.folder, one)
        # XQuAD is a set for each language.
        for part in [[path] for path in paths] if one.name == "XQuAD" else [paths]:
            name = f"{one.name}, {part[0].suffixes[0][1:]}" if one.name == "XQuAD" else one.name
            cells = measured(one.load(part), options.sample) if part else ["not run"] + ["-"] * (len(COLUMNS) + 1)
            rows.append([name, *cells])
        if not paths and one.name == "XQuAD":
            rows.append([one.name, "not run", *["-"] * (len(COLUMNS) + 1)])
    print_table(("set", "questions", "documents", *COLUMNS.values()), rows, "Public question sets")


if __name__ == "__main__":
    main()
