"""A scripted language model that answers the sample questions, truly or with one thing changed.

It speaks the protocol on 127.0.0.1 as any other. What it says stands in `answers.jsonl`; behind each sentence it names
the passages of its prompt that hold the question's evidence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripted_model import Reply

from qa.documents.chunking import sentence_spans
from qa.evaluation import Question, read_questions
from qa.types import Document

HERE = Path(__file__).parent
QUESTION_FILES = sorted((HERE.parents[1] / "data" / "questions").glob("*.jsonl"))
_NUMBERED = re.compile(r"^\[(\d+)\] \([^\n]*?\) (.*)$", re.MULTILINE)
_ENOUGH = 40  # characters of the evidence that a passage must hold


@dataclass(frozen=True)
class Statement:
    """An answer to a sample question.

    Attributes
    ----------
    question : Question
    kind : str
        "true", or what was changed: "number", "name" or "negation".
    text : str
    wrong : frozenset of str
        Those of its sentences that are changed.
    """

    question: Question
    kind: str
    text: str
    wrong: frozenset[str]


def statements() -> Iterator[Statement]:
    """Yield every answer, the true one of a question before its changed ones."""
    questions = {question.id: question for file in QUESTION_FILES for question in read_questions(file)}
    for line in (HERE / "answers.jsonl").read_text(encoding="utf-8").splitlines():
        answer = json.loads(line)
        question, true = questions[answer["id"]], answer["true"]
        yield Statement(question, "true", true, frozenset())
        for changed in answer["changed"]:
            wrong = frozenset(_sentences(changed["text"])) - frozenset(_sentences(true))
            yield Statement(question, changed["kind"], changed["text"], wrong)


class Liar:
    """What a `ScriptedModel` says: the statement that was set last.

    Attributes
    ----------
    statement : Statement
    named : tuple of int
        The passages that the last reply named; empty when none of the prompt held the evidence, and it named the first.
    """

    statement: Statement
    named: tuple[int, ...]

    def __init__(self, documents: dict[str, Document]) -> None:
        self._documents = documents

    def __call__(self, body: dict[str, Any]) -> Reply:
        """Return the statement with its marks."""
        prompt = body["messages"][-1]["content"]
        evidence = [
            " ".join(self._documents[each.document].text[each.start : each.end].split())
            for each in self.statement.question.evidence
        ]
        self.named = tuple(
            int(number)
            for number, text in _NUMBERED.findall(prompt)
            if any(each[:_ENOUGH] in text or each[-_ENOUGH:] in text for each in evidence)
        )
        marks = "".join(f"[{number}]" for number in self.named or (1,))
        return Reply(" ".join(f"{sentence} {marks}" for sentence in _sentences(self.statement.text)))


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]
