"""Handmade run folders: all questions are about one small document, and the outcomes are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qa.evaluation import Question, score, summarize
from qa.evaluation.datasets.formats.jsonl import write_questions
from qa.evaluation.runs.folder import write_json, write_lines
from qa.types import Document

WORDS = "red blue <b>green</b>"
DOCUMENTS = {"colours.md": Document("colours.md", WORDS, "Colours", "colours.md")}


@dataclass(frozen=True)
class Given:
    """An answer, which is one of the words of the document, or None if the bot declined."""

    answer: str | None
    confidence: float = 0.9
    milliseconds: float = 10.0


def colour_question(name: str, *answers: str, answerable: bool = True, **extra: Any) -> Question:  # noqa: ANN401
    return Question(name, f"Which colour is {name}?", answers=answers, answerable=answerable, extra=extra)


def write_run(
    folder: Path,
    questions: Sequence[Question],
    given: Mapping[str, Given],
    *,
    always_answer: bool = False,
    **settings: object,
) -> Path:
    """Write a run folder as `qa eval` does; a question missing from `given` failed."""
    folder.mkdir(parents=True)
    predictions = {
        question.id: _prediction(question, given[question.id]) for question in questions if question.id in given
    }
    scores = [score(question, predictions.get(question.id), DOCUMENTS) for question in questions]
    write_questions(folder / "questions.jsonl", questions)
    write_lines(folder / "predictions.jsonl", predictions.values())
    failed = [question for question in questions if question.id not in given]
    if failed:
        rows = [{"id": question.id, "question": question.question, "error": "ValueError: no"} for question in failed]
        write_lines(folder / "errors.jsonl", rows)
    write_lines(folder / "scores.jsonl", map(asdict, scores))
    write_json(folder / "metrics.json", summarize(scores, questions))
    description = {
        "started": f"2024-01-01T00:00:0{len(folder.name) % 10}+00:00",
        "versions": {"qa": "0.1.0"},
        "settings": {"answer_threshold": 0.5, **settings},
        "embedder": "terms 64",
        "always_answer": always_answer,
        "questions": {"count": len(questions), "sha256": "0" * 64},
        "documents": {"colours.md": "1" * 64},
    }
    write_json(folder / "run.json", description)
    return folder


def _prediction(question: Question, given: Given) -> dict[str, Any]:
    start = WORDS.index(given.answer) if given.answer is not None else 0
    span = {"document": "colours.md", "start": start, "end": start + len(given.answer or "")}
    cited = [{"n": 1, **span, "text": given.answer, "page": None, "score": 1.0}]
    return {
        "id": question.id,
        "question": question.question,
        "searched_for": question.question,
        "answer": given.answer,
        "abstained": given.answer is None,
        "reason": None if given.answer is not None else "No answer found in these articles.",
        "confidence": given.confidence,
        "citations": cited if given.answer is not None else [],
        "passages": [{"document": "colours.md", "start": 0, "end": len(WORDS), "score": 1.0}],
        "timings_ms": {"retrieve": 1.0, "read": 1.0, "total": given.milliseconds},
    }
