"""Core types of question sets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of the document with this id that contains the answer; code points, end exclusive."""

    document: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a set.

    Attributes
    ----------
    id, question : str
        The id is unique in its set.
    answers : tuple of str
        Accepted short answers; empty if none are known or the question is unanswerable.
    answerable : bool
        Whether the documents answer the question; if not, it should be declined.
    history : tuple of str
        Earlier questions of the conversation, oldest first.
    document : str or None
        Id of the document to ask within; None for all documents.
    evidence : tuple of Evidence
        Spans that contain the answer; empty if unknown.
    extra : dict
        Other columns of the line, unchanged.
    """

    id: str
    question: str
    answers: tuple[str, ...] = ()
    answerable: bool = True
    history: tuple[str, ...] = ()
    document: str | None = None
    evidence: tuple[Evidence, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)
