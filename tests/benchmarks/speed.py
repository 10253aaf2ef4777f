"""Speed and memory, as a user sees them: ``make bench``.

Each figure is measured in separate processes, so that none warms up another. The corpora are the two of
``../shared/datasets/chunking`` if that folder is there, else the sample articles. If the question sets beside it are
there, a library of 10,000 passages is made of their paragraphs.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from results import print_table
from served import COMMAND

ROOT = Path(__file__).parents[2]
CORPORA = ROOT.parent / "shared" / "datasets" / "chunking"
ARTICLES = ROOT / "data" / "articles"
COLD_STARTS = 5
SETS = sorted((ROOT.parent / "shared" / "datasets").glob("*.json"))
LARGE = 10_000
"""Passages of the large library."""


def index(paths: list[Path], out: Path) -> None:
    """Time the making of an index in this process; the model is loaded before the clock starts."""
    from qa.documents.chunking import count_tokens
    from qa.documents.loader import load_paths
    from qa.pipeline import QA

    bot = QA()
    bot.embedder.embed(["warm-up"])
    documents = load_paths(paths).documents
    started = perf_counter()
    bot.replace(documents)
    bot.save(out)
    seconds = perf_counter() - started
    tokens = sum(count_tokens(document.text) for document in documents)
    report({"tokens": tokens, "passages": len(bot.index), "seconds": seconds, "tokens_per_second": tokens / seconds})


def index_sets(out: Path) -> None:
    """Make an index of the paragraphs of all question sets, each a document, up to a number of passages."""
    from qa.pipeline import QA
    from qa.types import Document

    bot = QA()
    texts = dict.fromkeys(
        paragraph["context"]
        for file in SETS
        for article in json.loads(file.read_text(encoding="utf-8"))["data"]
        for paragraph in article["paragraphs"]
    )
    documents = [Document(f"{n}.txt", text, f"{n}", f"{n}.txt") for n, text in enumerate(texts)]
    for start in range(0, len(documents), 500):
        bot.add(documents[start : start + 500])
        if len(bot.index) >= LARGE:
            break
    bot.save(out)
    report({"documents": len(bot.documents), "passages": len(bot.index)})


def ask(folder: Path) -> None:
    """Time every sample question on a saved index, once each after three warm-up questions."""
    from qa.pipeline import QA

    bot = QA.from_index(folder)
    questions = [
        json.loads(line)["question"]
        for file in sorted((ROOT / "data" / "questions").glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    for question in questions[:3]:
        bot.ask(question)
    answers = [bot.ask(question) for question in questions]
    report(
        {
            "questions": len(answers),
            **{
                f"{stage}_ms_{name}": float(np.percentile([answer.timings_ms[stage] for answer in answers], percent))
                for stage in ("retrieve", "read", "total")
                for name, percent in (("median", 50), ("p95", 95))
            },
        }
    )


def report(figures: dict[str, float]) -> None:
    """Print figures and this process's peak memory as JSON."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({**figures, "peak_memory_mb": peak}))


def in_its_own_process(stage: str, *arguments: Path) -> dict[str, float]:
    """Run a stage of this file and return its figures."""
    done = subprocess.run(
        [sys.executable, __file__, stage, *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=True
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def timed(*arguments: str | Path) -> float:
    """Return the seconds that one `qa` command takes, from its start to its end."""
    started = perf_counter()
    subprocess.run([*COMMAND, *map(str, arguments)], stdout=subprocess.DEVNULL, check=True)
    return perf_counter() - started


def cold_start(index: Path) -> float:
    """Return the median seconds until a new process has given its first answer."""
    return median(timed("ask", "--index", index, "Which fighter jets did China buy?") for _ in range(COLD_STARTS))


def main() -> None:
    """Measure everything and print it."""
    corpora = sorted(CORPORA.glob("*.md"))
    if not corpora:
        print(f"{CORPORA} is not there: indexing the sample articles instead")
        corpora = sorted(ARTICLES.glob("*.md"))
    with tempfile.TemporaryDirectory() as folder:
        indexed = in_its_own_process("index", Path(folder, "corpora"), *corpora)
        samples = in_its_own_process("index", Path(folder, "samples"), ARTICLES)
        libraries = {f"samples, {samples['passages']:,} chunks": Path(folder, "samples")}
        if SETS:
            large = in_its_own_process("index-sets", Path(folder, "large"))
            libraries[f"paragraphs of question sets, {large['passages']:,} chunks"] = Path(folder, "large")
        asked = [in_its_own_process("ask", path) for path in libraries.values()]
        stages = {"a question": "total", "its retrieval": "retrieve", "its reading": "read"}
        rows = [
            (
                f"{name}, median / 95th percentile, ms",
                *(f"{one[f'{stage}_ms_median']:.1f} / {one[f'{stage}_ms_p95']:.1f}" for one in asked),
            )
            for name, stage in stages.items()
        ]
        rows.append(
            ("process start to the first answer, s", *(f"{cold_start(path):.1f}" for path in libraries.values()))
        )
        rows.append(("peak memory, MB", *(f"{one['peak_memory_mb']:.0f}" for one in asked)))
        print_table(("", *libraries), rows, "The sample questions")
    rows = [
        ("tokens", f"{indexed['tokens']:,}"),
        ("seconds", f"{indexed['seconds']:.1f}"),
        ("tokens a second", f"{indexed['tokens_per_second']:,.0f}"),
        ("peak memory, MB", f"{indexed['peak_memory_mb']:.0f}"),
    ]
    print_table(("", ""), rows, f"Indexing {', '.join(path.name for path in corpora)}")
    print(f"`qa --help` takes {1000 * median(timed('--help') for _ in range(COLD_STARTS)):.0f} ms.")


if __name__ == "__main__":
    if sys.argv[1:2] == ["index"]:
        index([Path(argument) for argument in sys.argv[3:]], Path(sys.argv[2]))
    elif sys.argv[1:2] == ["index-sets"]:
        index_sets(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["ask"]:
        ask(Path(sys.argv[2]))
    else:
        main()
