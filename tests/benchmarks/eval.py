"""A run of many questions, killed in the middle and resumed, and its metrics: ``make bench-eval``.

10,000 questions over 1,000 short documents, two paragraphs of SQuADShifts each; every one is asked within its document.
Without ``../shared/datasets`` nothing is measured. Then batches are compared with single questions: the same questions
alternately, so that both have the same load of the machine. Memory is read from /proc, so this needs Linux.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter, process_time, sleep

from results import print_table
from served import COMMAND

from qa.evaluation import Question, read_questions
from qa.evaluation.runs.execution import BATCH_QUESTIONS, ask_all
from qa.pipeline import QA

DATASETS = Path(__file__).parents[3] / "shared" / "datasets"
SETS = ("squadshifts_reddit.json", "squadshifts_amazon.json", "squadshifts_new_wiki.json")
PARAGRAPHS = 2
QUESTIONS_EACH = 10
COLD_STARTS = 3


def make_set(folder: Path, most: int) -> int:
    """Write ``docs/``, a file for each document, and ``set.jsonl``; return how many questions there are."""
    entries = []
    for name in SETS:
        for article in json.loads((DATASETS / name).read_text(encoding="utf-8"))["data"]:
            paragraphs = article["paragraphs"]
            entries += [paragraphs[start : start + PARAGRAPHS] for start in range(0, len(paragraphs), PARAGRAPHS)]
    random.Random(0).shuffle(entries)
    (folder / "docs").mkdir()
    lines: list[str] = []
    for number, paragraphs in enumerate(entries):
        asked = [one for paragraph in paragraphs for one in paragraph["qas"] if one["question"].strip()]
        if len(asked) < QUESTIONS_EACH:
            continue
        name = f"{number:05d}.txt"
        (folder / "docs" / name).write_text("\n\n".join(one["context"] for one in paragraphs), encoding="utf-8")
        for position, one in enumerate(asked[:QUESTIONS_EACH]):
            answers = list(dict.fromkeys(answer["text"] for answer in one["answers"]))
            row = {"id": f"{number}-{position}", "question": one["question"], "answers": answers, "document": name}
            lines.append(json.dumps(row) + "\n")
        if len(lines) >= most:
            break
    (folder / "set.jsonl").write_text("".join(lines), encoding="utf-8")
    return len(lines)


class Watched:
    """A `qa eval` process with the number of its answers and its memory over time."""

    def __init__(self, arguments: Sequence[str | Path], predictions: Path) -> None:
        self._predictions = predictions
        self._process = subprocess.Popen([*COMMAND, *map(str, arguments)], stdout=subprocess.DEVNULL)
        self._read = self.answers = 0
        self.memory: list[tuple[int, float]] = []

    def until(self, answers: float) -> None:
        """Watch until the run has that many answers, or the process ends."""
        while self._process.poll() is None and self.answers < answers:
            sleep(0.2)
            if self._predictions.exists():
                with self._predictions.open("rb") as file:
                    file.seek(self._read)
                    new = file.read()
                self._read += len(new)
                self.answers += new.count(b"\n")
            try:
                status = Path(f"/proc/{self._process.pid}/status").read_text()
                resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
            except (OSError, StopIteration):
                # It has just ended.
                continue
            self.memory.append((self.answers, int(resident.split()[1]) * 1024 / 1e6))

    def kill(self) -> None:
        """Kill it with signal 9."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def held(self, answers: float) -> str:
        """Return the memory at the time when the run first had that many answers."""
        return next((f"{megabytes:.0f}" for reached, megabytes in self.memory if reached >= answers), "-")

    def code(self) -> int:
        """Return its exit code."""
        return self._process.wait()


def killed_and_resumed(folder: Path, questions: int, workers: int) -> None:
    """Run the set, kill the run in the middle, resume it, and measure."""
    out = folder / "run"
    predictions = out / "predictions.jsonl"
    asking: list[str | Path] = ["eval", folder / "set.jsonl", "--index", folder / "index", "--out", out]
    arguments = [*asking, "--workers", str(workers)]
    first = Watched(arguments, predictions)
    first.until(questions / 2)
    first.kill()
    kept = predictions.read_bytes().count(b"\n")
    second = Watched(arguments, predictions)
    second.until(float("inf"))
    assert second.code() == 0, "the second pass failed"
    counted = Counter(json.loads(line)["id"] for line in predictions.read_text().splitlines())
    asked = {question.id for question in read_questions(folder / "set.jsonl")}
    metrics = json.loads((out / "metrics.json").read_text())
    rows: list[tuple[str, object]] = [
        ("lost", len(asked - counted.keys())),
        ("twice", sum(number > 1 for number in counted.values())),
        ("failed", metrics["errors"]),
        ("of other questions", len(counted.keys() - asked)),
        ("questions a second, second pass", f"{metrics['questions_per_second']:.1f}"),
    ]
    for name, watched, marks in (
        ("first", first, (0.05, 0.25, 0.49)),
        ("second", second, (0.55, 0.75, 0.98)),
    ):
        at = " / ".join(f"{share:.0%}" for share in marks)
        held = " / ".join(watched.held(share * questions) for share in marks)
        rows.append((f"MB of memory, {name} pass, at {at} of the answers", held))
    rows.append(("most MB of memory, measures and report included", f"{metrics['peak_memory_mb']:.0f}"))
    title = f"{workers} worker(s), killed with signal 9 after {kept:,} of {questions:,} answers, then resumed"
    print_table(("", ""), rows, title)


def batches_against_one_by_one(bot: QA, questions: Sequence[Question], workers: Sequence[int], title: str) -> None:
    """Ask the same questions in each way in turns, and print the rates."""

    def asked(batch: Sequence[Question], timed: Collection[str], count: int) -> None:
        for _ in ask_all(bot, batch, timed, always_answer=False, workers=count):
            pass

    def alone(batch: Sequence[Question]) -> None:
        asked(batch, {one.id for one in batch}, 1)

    def together(count: int) -> Callable[[Sequence[Question]], None]:
        return lambda batch: asked(batch, (), count)

    ways = {"one by one": alone} | {f"batches, {count} worker(s)": together(count) for count in workers}
    wall, busy = dict.fromkeys(ways, 0.0), dict.fromkeys(ways, 0.0)
    size = BATCH_QUESTIONS * max(workers)
    alone(questions[:2])
    for start in range(0, len(questions), size):
        for name, ask in ways.items():
            started, used = perf_counter(), process_time()
            ask(questions[start : start + size])
            wall[name] += perf_counter() - started
            busy[name] += process_time() - used
    rows = [
        (
            name,
            f"{len(questions) / wall[name]:.1f}",
            f"{wall['one by one'] / wall[name]:.2f}",
            f"{1000 * busy[name] / len(questions):.0f} ms",
        )
        for name in ways
    ]
    print_table(("asked", "questions a second", "times one by one", "processor time a question"), rows, title)


def score_many(folder: Path, most: int) -> None:
    """Score the run's predictions repeatedly until there are as many as wanted, and print time and memory."""
    from resource import RUSAGE_SELF, getrusage

    from qa.documents.loader import load_paths
    from qa.evaluation.metrics.scores import score
    from qa.evaluation.metrics.summary import summarize
    from qa.evaluation.runs.folder import iterate_predictions

    questions = read_questions(folder / "set.jsonl")
    documents = {document.id: document for document in load_paths(folder / "docs").documents}
    answered = {one["id"]: one for one in iterate_predictions(folder / "run" / "predictions.jsonl", questions)}
    asked = [questions[number % len(questions)] for number in range(most)]
    score(asked[0], answered[asked[0].id], documents)  # loads the word lists
    started = process_time()
    scores = [score(question, answered.get(question.id), documents) for question in asked]
    scored = process_time()
    summarize(scores, asked)
    rows = [
        ("scores", f"{scored - started:.1f} s"),
        ("measures with intervals and breakdowns", f"{process_time() - scored:.1f} s"),
        ("most memory, documents and predictions included", f"{getrusage(RUSAGE_SELF).ru_maxrss / 1000:.0f} MB"),
    ]
    print_table(("", "processor time"), rows, f"Metrics of {most:,} predictions")


def main() -> None:
    """Make the set, run it, and compare the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=10_000)
    parser.add_argument("--metrics", type=int, default=100_000, help="predictions to score")
    parser.add_argument("--score", type=Path, help="score the run in this folder alone")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sample", type=int, default=384, help="questions asked in every way")
    options = parser.parse_args()
    if options.score:
        score_many(options.score, options.metrics)
        return
    if not DATASETS.is_dir():
        print(f"{DATASETS} is not there: nothing to ask")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        questions = make_set(folder, options.questions)
        started = perf_counter()
        subprocess.run(
            [*COMMAND, "index", folder / "docs", "--out", folder / "index"], check=True, stdout=subprocess.DEVNULL
        )
        documents = len(list((folder / "docs").iterdir()))
        print(
            f"{questions:,} questions, {documents:,} documents, indexed in {perf_counter() - started:.0f} s", flush=True
        )

        bot = QA.from_index(folder / "index")
        asked = read_questions(folder / "set.jsonl")
        sample = asked[:: max(1, len(asked) // options.sample)][: options.sample]
        everywhere = [replace(one, document=None) for one in sample]
        for title, chosen in (("each within its document", sample), ("over all documents", everywhere)):
            batches_against_one_by_one(bot, chosen, (1, 2), f"The same {len(chosen)} questions in turns, {title}")
        starts = []
        for one in sample[:COLD_STARTS]:
            started = perf_counter()
            subprocess.run(
                [*COMMAND, "ask", "--index", folder / "index", one.question], check=True, stdout=subprocess.DEVNULL
            )
            starts.append(perf_counter() - started)
        print(f"a `qa ask` for each question: {1 / median(starts):.2f} a second", flush=True)
        killed_and_resumed(folder, questions, options.workers)
        # Apart, so that its memory is its own.
        subprocess.run([sys.executable, __file__, "--score", folder, "--metrics", str(options.metrics)], check=True)


if __name__ == "__main__":
    main()
