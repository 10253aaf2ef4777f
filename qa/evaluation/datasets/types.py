"""Core types of question sets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from qa.errors import QuestionSetError


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of the document with this id that contains the answer; code points, end exclusive."""

    document: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a set."""

    id: str  # unique in its set
    question: str
    answers: tuple[str, ...] = ()  # accepted short answers; empty if none are known or it is unanswerable
    answerable: bool = True  # whether the documents answer the question; if not, it should be declined
    history: tuple[str, ...] = ()  # earlier questions of the conversation, oldest first
    document: str | None = None  # id of the document to ask within; None for all documents
    evidence: tuple[Evidence, ...] = ()  # spans that contain the answer; empty if unknown
    # Other columns of the line, unchanged
    extra: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the lists: the characters of a text would be taken for its items."""
        for name in ("answers", "history", "evidence"):
            value = getattr(self, name)
            if isinstance(value, str):
                raise QuestionSetError(f"question {self.id!r}: {name} is {value!r}; expected a list: ({value!r},)")
