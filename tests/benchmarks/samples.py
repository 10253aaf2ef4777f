"""The sample question sets, each question asked within its article: ``make evaluate``.

Nothing is fitted on these questions.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from results import print_table

from qa.evaluation import Question, evaluate, read_questions
from qa.evaluation.metrics.summary import Metrics
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
    sets = {file.stem: read_questions(file) for file in sorted((ROOT / "data" / "questions").glob("*.jsonl"))}
    everything = [question for questions in sets.values() for question in questions]
    for wording in ("direct", "paraphrase"):
        sets[f"all, {wording} wording"] = tuple(one for one in everything if one.extra.get("wording") == wording)
    measured = {name: measure(bot, questions) for name, questions in {**sets, "all": everything}.items()}
    always = measured["all, always answering"] = measure(bot, everything, always_answer=True)
    direct, paraphrased, whole = (measured[f"all{part}"] for part in (", direct wording", ", paraphrase wording", ""))
    summary = [
        ("answerable, direct wording", direct, "declined_answerable"),
        ("answerable, paraphrased", paraphrased, "declined_answerable"),
        ("answerable, all", whole, "declined_answerable"),
        ("answerable, all, with `--always-answer`", always, "declined_answerable"),
    ]
    rows = [(name, shown(of["answer_in_first_excerpt"]), shown(of[declined])) for name, of, declined in summary]
    rows.append(("unanswerable", "-", shown(whole["declined_unanswerable"])))
    print_table(("", "answer in the first excerpt", "declined"), rows, "Summary, per cent")
    titles = ("set", *(title for _, title in COLUMNS))
    each = [(name, *(shown(of[key]) for key, _ in COLUMNS)) for name, of in measured.items()]
    print_table(titles, each, "Each set, per cent")


def measure(bot: QA, questions: Sequence[Question], *, always_answer: bool = False) -> Metrics:
    """Ask the questions and return the measures."""
    with tempfile.TemporaryDirectory() as folder:
        return evaluate(bot, tuple(questions), Path(folder) / "run", always_answer=always_answer).metrics


def shown(value: float | None) -> str:
    """Return a share in per cent, a count as it is."""
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{100 * value:.1f}"


if __name__ == "__main__":
    main()
