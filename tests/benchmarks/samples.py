"""The sample question sets, each question asked within its article: ``make evaluate``.

Nothing is fitted on these questions.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from qa.evaluation import Question, evaluate, read_questions
from qa.pipeline import QA

ROOT = Path(__file__).parents[2]
COLUMNS = (
    ("answerable", "answerable"),
    ("answer_in_first_excerpt", "answer in first excerpt"),
    ("answer_in_any_excerpt", "in any excerpt"),
    ("first_citation_hits_evidence", "first excerpt hits evidence"),
    ("f1", "F1"),
    ("declined_answerable", "declined"),
    ("unanswerable", "unanswerable"),
    ("declined_unanswerable", "declined"),
    ("verbatim_citations", "verbatim"),
)


def main() -> None:
    """Ask all sets, with and without declining, and print a table."""
    bot = QA.from_path(ROOT / "data" / "articles")
    files = sorted((ROOT / "data" / "questions").glob("*.jsonl"))
    print("| set | " + " | ".join(title for _, title in COLUMNS) + " |")
    print("|---|" + "---|" * len(COLUMNS))
    everything: list[Question] = []
    for file in files:
        questions = read_questions(file)
        everything += questions
        row(bot, file.stem, questions, always_answer=False)
    for wording in ("direct", "paraphrase"):
        part = [question for question in everything if question.extra.get("wording") == wording]
        row(bot, f"all, {wording} wording", part, always_answer=False)
    row(bot, "all", everything, always_answer=False)
    row(bot, "all, always answering", everything, always_answer=True)


def row(bot: QA, name: str, questions: Sequence[Question], *, always_answer: bool) -> None:
    """Ask the questions and print their line of the table."""
    with tempfile.TemporaryDirectory() as folder:
        metrics = evaluate(bot, tuple(questions), Path(folder) / "run", always_answer=always_answer).metrics
    print(f"| {name} | " + " | ".join(shown(metrics[key]) for key, _ in COLUMNS) + " |", flush=True)


def shown(value: float | None) -> str:
    """Return a share in per cent, a count as it is."""
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{100 * value:.1f}"


if __name__ == "__main__":
    main()
