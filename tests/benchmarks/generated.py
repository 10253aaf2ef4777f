"""The sample questions, extractive and phrased by a model that tells the truth, compared: ``make bench-generated``.

The scripted model gives every answerable question its true answer, written by hand, and finds no answer to the others.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from results import print_table

from qa.evaluation import compare, evaluate, read_sets
from qa.evaluation.analysis.comparison_text import comparison_to_text
from qa.generation.prompt import NOT_STATED
from qa.pipeline import QA
from qa.settings import Settings

ROOT = Path(__file__).parents[2]
MEASURES = {
    "answer_in_first_excerpt": "answer in the first excerpt",
    "declined_answerable": "declined, though answerable",
    "declined_unanswerable": "declined, as unanswerable",
    "exact_match": "exact match",
    "f1": "F1",
    "fell_back": "fell back to the extractive answer",
}
_QUESTION = re.compile(r"^Question: (.*)$", re.MULTILINE)


def main() -> None:
    """Ask, and print the figures of the generated run and its comparison with the extractive one."""
    sys.path.insert(0, str(ROOT / "tests"))
    from llm.liar import QUESTION_FILES, Liar, statements
    from scripted_model import Reply, ScriptedModel

    articles = ROOT / "data" / "articles"
    liar = Liar(dict(QA.from_path(articles).documents))
    true = {statement.question.question: statement for statement in statements() if statement.kind == "true"}

    def reply(body: dict[str, Any]) -> Reply:
        question = _QUESTION.findall(body["messages"][-1]["content"])[-1]
        if question not in true:
            return Reply(NOT_STATED)
        liar.statement = true[question]
        return liar(body)

    questions, _ = read_sets(QUESTION_FILES)
    with ScriptedModel(reply) as server, TemporaryDirectory() as folder:
        bot = QA.from_path(articles, settings=Settings(llm_model="truthful", llm_url=server.url))
        extractive = evaluate(bot, questions, Path(folder, "extractive"))
        generated = evaluate(bot, questions, Path(folder, "generated"), answers="llm")
        both = (extractive.metrics, generated.metrics)
        rows = [(name, *(f"{100 * (of[key] or 0):.1f}" for of in both)) for key, name in MEASURES.items()]
        print_table(("per cent", "extractive", "phrased"), rows)
        print(comparison_to_text(compare(extractive, generated)))


if __name__ == "__main__":
    main()
