"""Other systems and this one on the sample questions: ``make bench-other-answers``.

Each system cuts, embeds and searches each article in its own way, with the same embedding model, all-MiniLM-L6-v2. No
language model is used: a system returns its five best passages, the first of which counts as its answer, and
it never declines. They are scored by `qa eval --predictions`, in the same way as its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
NAMES = ("LangChain", "LlamaIndex", "Haystack")
COLUMNS = {
    "first_citation_hits_evidence": "evidence in the first excerpt",
    "mrr": "MRR",
    "passage_recall_at_5": "recall@5",
    "character_precision": "precision in characters",
    "f1": "F1",
    "declined_unanswerable": "declined, of unanswerable",
    "verbatim_citations": "verbatim",
}


def give_answers(name: str, work: Path, model: str) -> None:
    """Write the answers of another system, in its own environment."""
    from systems import SYSTEMS  # type: ignore[import-not-found,unused-ignore]

    given = json.loads(work.read_text(encoding="utf-8"))
    with work.with_suffix(".jsonl").open("w", encoding="utf-8") as out, tempfile.TemporaryDirectory() as temporary:
        for number, (document, text) in enumerate(given["documents"].items()):
            system = SYSTEMS[name](model)
            system.index([(document, text)], Path(temporary, str(number)))
            system.open(Path(temporary, str(number)))
            for question in given["questions"]:
                if question["document"] != document:
                    continue
                started = perf_counter()
                found = [{"text": passage, "document": document} for _, passage in system.search(question["question"])]
                row: dict[str, Any] = {"id": question["id"], "contexts": found, "seconds": perf_counter() - started}
                # A passage is shown whole, and its text is the answer.
                out.write(json.dumps({**row, "answer": found[0]["text"] if found else None}) + "\n")


def score_all(python: str, model: str) -> None:
    """Ask all systems, and print the table."""
    from qa import QA
    from qa.documents.loader import load_paths
    from qa.evaluation import Run, evaluate, read_sets
    from qa.evaluation.datasets.formats.jsonl import question_to_json
    from qa.evaluation.other_systems import score_predictions
    from qa.settings import Settings

    sys.path.insert(0, str(HERE.parent))
    from results import print_table

    questions, _ = read_sets(sorted(ROOT.glob("data/questions/*.jsonl")))
    documents = {one.id: one for one in load_paths([ROOT / "data" / "articles"]).documents}
    work = {
        "documents": {name: document.text for name, document in documents.items()},
        "questions": [question_to_json(question) for question in questions],
    }
    runs: dict[str, Run] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HAYSTACK_TELEMETRY_ENABLED": "False"}
        others = {}
        for name in NAMES:
            file = folder / f"{name}.json"
            file.write_text(json.dumps(work), encoding="utf-8")
            command = [python, str(HERE / "answers.py"), name, str(file), model]
            others[name] = subprocess.Popen(command, env={**os.environ, **offline}, stdout=subprocess.DEVNULL)
        for name, settings in {
            "Cited QA": Settings(),
            "Cited QA, same embedding model": Settings(embedding_model=model),
        }.items():
            bot = QA.from_path(ROOT / "data" / "articles", settings=settings)
            runs[name] = evaluate(bot, questions, folder / name)
        for name, process in others.items():
            if process.wait():
                raise SystemExit(f"{name} failed")
            runs[name] = score_predictions(folder / f"{name}.jsonl", questions, documents, folder / name)
        rows = []
        for name, run in runs.items():
            lengths = [len(given["citations"][0]["text"]) for given in run.predictions.values() if given["citations"]]
            cells = [_cell(run.metrics, measure) for measure in COLUMNS]
            rows.append((name, *cells, f"{sum(lengths) / len(lengths):,.0f}"))
    title = f"{len(questions)} questions, each asked within its article; per cent, with 95% intervals"
    print_table(("system", *COLUMNS.values(), "characters of the first"), rows, title)


def _cell(metrics: dict[str, Any], name: str) -> str:
    value, interval = metrics[name], metrics["intervals"][name]
    if interval is None or interval[0] == interval[1]:
        return f"{100 * value:.1f}"
    return f"{100 * value:.1f} ({100 * interval[0]:.1f} to {100 * interval[1]:.1f})"


if __name__ == "__main__":
    if sys.argv[1] in NAMES:
        give_answers(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
    else:
        score_all(*sys.argv[1:])
