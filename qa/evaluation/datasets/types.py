"""The nouns of a question set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span that holds the answer, in the document of that id; in code points, 0 <= start < end, end exclusive."""

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
        Accepted short answers, any of which is right; empty when none are known or the question has no answer.
    answerable : bool
        False when the documents do not answer the question, so that declining is right.
    history : tuple of str
        The questions asked before in the same conversation, oldest first.
    document : str or None
        Id of the only document to ask within; None for the whole library.
    evidence : tuple of Evidence
        Where the answer stands; empty when not known.
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
