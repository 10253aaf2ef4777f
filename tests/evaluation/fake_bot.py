"""A bot without models that a run can ask, with its document and questions."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qa.claims import Generation
from qa.evaluation import Evidence, Question
from qa.settings import Settings
from qa.types import Answer, Citation, Document, Request, Turn

TEXT = "China bought 24 jets.\u2028Russia sold them."
QUESTIONS = (
    Question("q1", "Who bought?", answers=("China",), document="jets.md", evidence=(Evidence("jets.md", 0, 21),)),
    Question("q2", "Who flew them?", answerable=False, history=("Who bought?",)),
    Question("q3", "Wer verkaufte sie, Rußland?", answers=("Russia",)),
)


def jets(text: str = TEXT, name: str = "jets.md") -> dict[str, Document]:
    return {name: Document(id=name, text=text, title="Jets", source=f"somewhere/{name}")}


def settings_with(**changes: Any) -> Settings:  # noqa: ANN401
    return Settings(**changes)


@dataclass(frozen=True)
class FakeModel:
    fingerprint: str


class FakeBot:
    """Cites a sentence of its only document, declines "Who flew them?", and records the questions."""

    def __init__(
        self,
        documents: Mapping[str, Document] | None = None,
        settings: Settings | None = None,
        embedder: str = "fake-1",
        reader: str = "fake-2",
    ) -> None:
        self.documents = documents or jets()
        self.settings = settings or settings_with()
        self.embedder = FakeModel(embedder)
        self.reader = FakeModel(reader)
        self.batches: list[list[str | None]] = []
        self.calls: list[dict[str, Any]] = []
        self.phrased: list[str | None] = []
        self.before_answer: Callable[[str | None], None] = lambda _id: None

    def fail(self, error: Exception, *only: str) -> None:
        """Raise an error instead of each answer, or of the answers to the questions in `only`."""

        def before_answer(question_id: str | None) -> None:
            if not only or question_id in only:
                raise error

        self.before_answer = before_answer

    def excerpt(self, document: Document, start: int, end: int) -> str:
        return document.text[start:end]

    @property
    def asked(self) -> list[str | None]:
        """The questions asked, in order, without the one that only loads the models."""
        again = self.batches[:1] == self.batches[1:2]
        return [name for batch in self.batches[again:] for name in batch]

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn | str] = (),
        documents: Collection[str] | None = None,
        always_answer: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> Answer:
        request = Request(question, history, documents=documents, id=id)
        answer = self.answer(request, always_answer=always_answer)
        self.phrased.append(id)
        return replace(answer, generated=self.generated(request), timings_ms={**answer.timings_ms, "generate": 1500.0})

    def generated(self, request: Request) -> Generation | None:  # noqa: ARG002
        return None

    def ask_many(self, requests: Sequence[Request], *, always_answer: bool = False) -> list[Answer]:
        self.batches.append([request.id for request in requests])
        return [self.answer(request, always_answer=always_answer) for request in requests]

    def answer(self, request: Request, *, always_answer: bool = False) -> Answer:
        self.calls.append({"history": request.history, "documents": request.documents, "always_answer": always_answer})
        self.before_answer(request.id)
        question = request.question
        document = next(iter(self.documents.values()))
        declined = question == "Who flew them?" and not always_answer
        start, end = (0, 21) if "bought" in question else (0, len(document.text))
        excerpt = self.excerpt(document, start, end)
        return Answer(
            question=question,
            searched_for=question,
            text=None if declined else "China",
            reason="No answer found in these articles." if declined else None,
            confidence=0.2 if declined else 0.9,
            citations=() if declined else (Citation(1, document.id, start, end, excerpt, None, 1.5),),
            passages=(),
            timings_ms={"retrieve": 1.0, "read": 2.0, "total": 3.0},
            id=request.id,
        )


class LyingBot(FakeBot):
    def excerpt(self, document: Document, start: int, end: int) -> str:
        return super().excerpt(document, start, end).replace("24", "42")


def answers_alone(metrics: dict[str, Any]) -> dict[str, Any]:
    """The measures that do not depend on the speed of the machine."""
    return {name: value for name, value in metrics.items() if name not in {"questions_per_second", "peak_memory_mb"}}


def lines(out: Path, name: str = "predictions.jsonl") -> list[Any]:
    return [json.loads(line) for line in (out / name).read_text(encoding="utf-8").splitlines()]
