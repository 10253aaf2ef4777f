"""Comparison with LangChain, LlamaIndex, Haystack and txtai: ``make bench-peers``.

All embed with the same weights and are given the same texts and questions. Each system cuts texts in its own way, and
again takes the pieces that this project cuts (that time is not counted). Each task is a separate process: to index, to
give the first result of a saved index, and to search. Systems alternate, and each finished turn is appended to a file,
so that the same command resumes where it stopped. The table is made from that file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from corpora import CORPORA, DATASETS, Corpus

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
OURS = "Cited QA"
SYSTEMS = (OURS, "LangChain", "LlamaIndex", "Haystack", "txtai")
OWN, SAME = "its own", f"those of {OURS}"
TURNS = [(system, OWN) for system in SYSTEMS] + [(system, SAME) for system in SYSTEMS[1:]]
TITLES = {
    "chunking": "Chroma's two documents",
    "articles": "48 articles of SQuADShifts",
    "paragraphs": "10,000 paragraphs, each a document",
}
COLUMNS = (
    "system, pieces",
    "turns",
    "index, s / processor",
    "tokens a second",
    f"its time / {OURS}'s",
    "peak MB, index / search",
    "MB on disk",
    "start to first result, s",
    "search, ms, median / 95th / processor",
    f"{OURS}'s / its time",
    "recall@5",
    "characters of the 5",
)
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HAYSTACK_TELEMETRY_ENABLED": "False"}

Figures = dict[str, Any]


def take_turn(system: str, python: str, work: Path, model: Path, corpus: Corpus, folder: Path) -> Figures:
    """Have one system index, answer first, and search; return its figures."""
    indexed, _ = _task(system, "index", python, work, model, folder)
    _, first = _task(system, "first", python, work, model, folder)
    searched, _ = _task(system, "search", python, work, model, folder)
    middle, late = np.percentile(searched["milliseconds"], [50, 95])
    return {
        "index_s": indexed["seconds"],
        "index_processor_s": indexed["processor"],
        "index_mb": indexed["peak_mb"],
        "disk_mb": sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6,
        "first_s": first,
        "search_ms": middle,
        "search_p95_ms": late,
        "search_processor_ms": 1000 * searched["processor"] / len(searched["found"]),
        "search_mb": searched["peak_mb"],
        "recall": corpus.recall(searched["found"]),
        "characters": float(np.mean([sum(len(text) for _, text in found) for found in searched["found"]])),
    }


def _task(system: str, task: str, python: str, work: Path, model: Path, folder: Path) -> tuple[Figures, float]:
    """Return the figures of a task, and the seconds from the start of its process to these."""
    command = [python, str(HERE / "systems.py"), system, task, str(work), str(model), str(folder)]
    environment = {**os.environ, **OFFLINE, "PYTHONPATH": str(ROOT)}
    started = perf_counter()
    # A library's messages on stderr are shown only if it fails.
    with tempfile.TemporaryFile("w+") as errors:
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True) as process:
            assert process.stdout is not None
            lines = iter(process.stdout)
            line = next((line for line in lines if line.startswith("{")), None)
            seconds = perf_counter() - started
            process.stdout.read()
        errors.seek(0)
        if line is None or process.returncode:
            raise SystemExit(f"{system} failed at {task}:\n{errors.read()[-3000:]}")
    figures: Figures = json.loads(line)
    return figures, seconds


def table(lines: Sequence[Figures], corpus: str) -> str:
    """Return the medians of a corpus, with the ratios to this project of the same repetition and their spread."""
    rows = [line for line in lines if line["corpus"] == corpus]
    ours = {line["repetition"]: line for line in rows if line["system"] == OURS}

    def ratio(of: Sequence[Figures], of_ours: Callable[[Figures, Figures], float]) -> str:
        values = [of_ours(line, ours[line["repetition"]]) for line in of if line["repetition"] in ours]
        if not values:
            return "-"
        return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"

    shown = [
        f"\n{TITLES[corpus]}: {rows[0]['tokens']:,} tokens, {rows[0]['questions']} questions\n",
        f"| {' | '.join(COLUMNS)} |",
        "|---" * len(COLUMNS) + "|",
    ]
    for system, pieces in TURNS:
        of = [line for line in rows if (line["system"], line["pieces"]) == (system, pieces)]
        if not of:
            continue
        middle = {name: median(line[name] for line in of) for name in of[0] if isinstance(of[0][name], float)}
        cells = [
            f"{system}, {pieces}",
            str(len(of)),
            f"{middle['index_s']:.1f} / {middle['index_processor_s']:.1f}",
            f"{of[0]['tokens'] / middle['index_s']:,.0f}",
            ratio(of, lambda it, own: it["index_s"] / own["index_s"]),
            f"{middle['index_mb']:,.0f} / {middle['search_mb']:,.0f}",
            f"{middle['disk_mb']:.1f}",
            f"{middle['first_s']:.1f}",
            f"{middle['search_ms']:.1f} / {middle['search_p95_ms']:.1f} / {middle['search_processor_ms']:.1f}",
            ratio(of, lambda it, own: own["search_ms"] / it["search_ms"]),
            f"{100 * middle['recall']:.1f}",
            f"{middle['characters']:,.0f}",
        ]
        shown.append(f"| {' | '.join(cells)} |")
    return "\n".join(shown)


def main() -> None:
    """Take the turns that are not in the file yet, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("python", help="the interpreter of the other systems' environment")
    parser.add_argument("model", type=Path, help="a folder of all-MiniLM-L6-v2, for the other systems")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--corpora", nargs="*", default=list(CORPORA), choices=CORPORA)
    parser.add_argument("--systems", nargs="*", default=list(SYSTEMS), choices=SYSTEMS)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "peers.jsonl")
    options = parser.parse_args()
    if not DATASETS.is_dir():
        print(f"{DATASETS} is not there: nothing to compare on")
        return
    options.out.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.loads(line) for line in options.out.read_text().splitlines()] if options.out.exists() else []
    done = {(line["corpus"], line["repetition"], line["system"], line["pieces"]) for line in lines}
    for name in options.corpora:
        corpus = CORPORA[name]()
        questions, tokens = [asked.question for asked in corpus.questions], corpus.tokens
        with tempfile.TemporaryDirectory() as temporary:
            work = {pieces: Path(temporary, f"{number}.json") for number, pieces in enumerate((OWN, SAME))}
            for pieces, file in work.items():
                given = corpus.pieces() if pieces == SAME else None
                file.write_text(
                    json.dumps({"documents": corpus.documents, "pieces": given, "questions": questions}),
                    encoding="utf-8",
                )
            for repetition in range(options.repetitions):
                for system, pieces in TURNS:
                    if system not in options.systems or (name, repetition, system, pieces) in done:
                        continue
                    python = sys.executable if system == OURS else options.python
                    folder = Path(temporary, f"{repetition} {system} {pieces}")
                    figures = take_turn(system, python, work[pieces], options.model, corpus, folder)
                    line = {
                        "corpus": name,
                        "repetition": repetition,
                        "system": system,
                        "pieces": pieces,
                        "tokens": tokens,
                        "questions": len(questions),
                        **figures,
                        "load": os.getloadavg()[0],
                    }
                    lines.append(line)
                    with options.out.open("a", encoding="utf-8") as file_out:
                        file_out.write(json.dumps(line) + "\n")
                    print(f"{name} {repetition} {system}, {pieces}: {figures['index_s']:.1f} s", flush=True)
        print(table(lines, name), flush=True)


if __name__ == "__main__":
    main()
