"""Follow-ups of conversations, with and without rewriting: ``make bench-conversations``.

The earlier answers of a conversation are the bot's own short answers. The conversations are those of
``data/conversations.jsonl`` over the sample articles, and those beside this file over seventeen articles of the
held-out training data (news, manuals, a policy, a report and others), over documents of the training half and over
the five short texts in ``conversations_texts``. The share is that of follow-ups whose first excerpt touches the
evidence; nothing is declined. The conversations tagged "development" were read while the rewriting was developed,
those tagged "held" were not.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa.documents.loader import load_paths
from qa.evaluation import Evidence, Question, read_questions, touches
from qa.pipeline import QA
from qa.types import Answer, Document, Turn

ROOT = Path(__file__).parents[2]
WAYS = ("without rewriting", "rewritten from the questions", "rewritten from questions and answers")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A follow-up asked in one way."""

    question: Question
    way: str
    answer: Answer

    @property
    def right(self) -> bool:
        first = self.answer.citations[:1]
        return any(touches(Evidence(c.document, c.start, c.end), self.question.evidence) for c in first)


def held(bot: QA, questions: Iterable[Question]) -> list[Outcome]:
    """Ask every follow-up in every way."""
    outcomes = []
    answered: dict[tuple[str, ...], tuple[Turn, ...]] = {(): ()}

    def turns(history: tuple[str, ...]) -> tuple[Turn, ...]:
        if history not in answered:
            before = turns(history[:-1])
            answered[history] = (*before, Turn(history[-1], bot.ask(history[-1], history=before).text))
        return answered[history]

    for question in questions:
        histories: tuple[Sequence[Turn | str], ...] = ((), question.history, turns(question.history))
        for way, history in zip(WAYS, histories, strict=True):
            answer = bot.ask(question.question, history=history, always_answer=True)
            outcomes.append(Outcome(question, way, answer))
    return outcomes


def main() -> None:
    """Print the table, and with ``--show development`` what became of each follow-up of that half."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", metavar="TAG", help="print each follow-up with this tag")
    shown = parser.parse_args().show
    for name, path, documents in _sets():
        bot = QA()
        bot.add(documents)
        questions = [one for one in read_questions(path) if one.answerable]
        outcomes = held(bot, questions)
        tags = list(dict.fromkeys(tag for question in questions for tag in question.extra["tags"]))
        print(f"\n{name}\n\n| follow-ups | number | {' | '.join(WAYS)} |")
        print("|---|---|" + "---|" * len(WAYS))
        for tag in tags:
            of_tag = [outcome for outcome in outcomes if tag in outcome.question.extra["tags"]]
            shares = [share(outcome for outcome in of_tag if outcome.way == way) for way in WAYS]
            print(f"| {tag} | {len(of_tag) // len(WAYS)} | " + " | ".join(f"{one:.1%}" for one in shares) + " |")
        for outcome in outcomes:
            asked = outcome.question
            if shown in asked.extra["tags"] and outcome.way == WAYS[-1]:
                print(
                    f"{'right' if outcome.right else 'WRONG'} {asked.id} {' / '.join(asked.history)} / {asked.question}"
                )
                print(f"      {outcome.answer.searched_for} -> {outcome.answer.text}")


def _sets() -> Iterator[tuple[str, Path, list[Document]]]:
    """Yield the name of each set, its file and the articles that are asked."""
    yield (
        "Sample articles",
        ROOT / "data" / "conversations.jsonl",
        list(load_paths([ROOT / "data" / "articles"]).documents),
    )
    for name, file, split in (
        ("Other articles", "conversations.jsonl", "held-out"),
        ("Documents", "conversations_documents.jsonl", "documents-train"),
    ):
        path = Path(__file__).with_name(file)
        asked = {span.document for question in read_questions(path) for span in question.evidence}
        lines = (ROOT / "data" / "training" / split / "articles.jsonl").read_text(encoding="utf-8").splitlines()
        written = [one for one in map(json.loads, lines) if one["id"] in asked]
        yield name, path, [Document(one["id"], one["text"], one["title"], one["id"]) for one in written]
    texts = Path(__file__).with_name("conversations_texts")
    yield "Short texts", texts.with_suffix(".jsonl"), list(load_paths([texts]).documents)


def share(outcomes: Iterable[Outcome]) -> float:
    """Return the share of right ones."""
    rights = [outcome.right for outcome in outcomes]
    return sum(rights) / len(rights)


if __name__ == "__main__":
    main()
