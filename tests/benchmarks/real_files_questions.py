"""Ask our own questions about real documents: ``make campaign-real-questions DIR=...``.

`real_files_questions.jsonl` names the document of each question, the package that ships it and its path there; DIR
contains the documents under those names. Each question is asked within its document, then of all documents at once. It
is right if the first excerpt contains the answer. A document that cannot be loaded has no right answers.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from results import print_table

from qa import QA
from qa.documents.loader import load_paths
from qa.errors import QAError
from qa.evaluation.datasets.answers import contains_answer

QUESTIONS = Path(__file__).with_name("real_files_questions.jsonl")
Row = dict[str, Any]


def main() -> None:
    """Ask everything in both ways, and print the shares and what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--index", type=Path, metavar="INDEX", help="an index that `qa index` made of the folder")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write the outcome of each question, as JSON lines")
    parser.add_argument("--before", type=Path, metavar="FILE", help="outcomes of an earlier run, to show beside these")
    options = parser.parse_args()
    questions = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    if options.index:
        bot = QA.from_index(options.index)
    else:
        bot = QA()
        bot.replace(load_paths(options.folder).documents)
    texts = {name: document.text for name, document in bot.documents.items()}
    rows = [asked(bot, texts, question) for question in questions]
    if options.keep:
        options.keep.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    before = [json.loads(line) for line in options.before.read_text().splitlines()] if options.before else []
    if before:
        print(f"The first of two figures was measured at {options.before.stem}.")
    print_tables(rows, before)


def asked(bot: QA, texts: dict[str, str], question: Row) -> Row:
    """Ask a question within its document and of all, and return what came of it."""
    row = {name: question[name] for name in ("id", "kind", "document", "question", "answers")}
    text = texts.get(question["document"])
    row["in the text"] = text is not None and contains_answer(text, question["answers"])
    for way, documents in (("within", [question["document"]]), ("all", None)):
        row[way] = "not loaded" if text is None else ""
        if text is None:
            continue
        with suppress(QAError):
            answer = bot.ask(question["question"], documents=documents)
            excerpt = answer.citations[0].text if answer.citations else ""
            found = [texts[one.document_id][one.start : one.end] for one in answer.passages]
            row[f"{way}: answer"] = answer.text
            row[f"{way}: excerpt"] = excerpt[:500]
            if contains_answer(excerpt, question["answers"]):
                row[way] = "right"
            elif not row["in the text"]:
                row[way] = "not in the text"
            elif not any(contains_answer(passage, question["answers"]) for passage in found):
                row[way] = "not retrieved"
            else:
                row[way] = "other excerpt" if excerpt else "declined"
    return row


def print_tables(rows: list[Row], before: list[Row]) -> None:
    """Print the share of right answers by kind of document, and the causes of the others; earlier figures first."""
    sides = [side for side in (before, rows) if side]

    def both(kind: str | None, way: str, outcome: str) -> str:
        return " → ".join(str(counted(side, kind, way, outcome)) for side in sides)

    kinds = sorted({row["kind"] for row in rows})
    table = [
        (
            kind or "**in all**",
            len({row["document"] for row in rows if kind in {row["kind"], None}}),
            sum(kind in {row["kind"], None} for row in rows),
            both(kind, "within", "right"),
            both(kind, "all", "right"),
        )
        for kind in [*kinds, None]
    ]
    print_table(("document", "documents", "questions", "right within it", "right among all"), table, "Questions")
    causes = ("right", "not loaded", "not in the text", "not retrieved", "other excerpt", "declined")
    print_table(
        ("outcome", "within the document", "among all documents"),
        [(cause, both(None, "within", cause), both(None, "all", cause)) for cause in causes],
        "Outcomes",
    )


def counted(rows: Iterable[Row], kind: str | None, way: str, outcome: str) -> int:
    """Return how many questions about a kind of document had an outcome."""
    return sum(row[way] == outcome for row in rows if kind in {row["kind"], None})


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    main()
