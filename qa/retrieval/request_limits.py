"""The limits of a request: every string and list has one, checked before anything else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import islice

from qa.errors import QAError
from qa.text.printable import has_surrogate
from qa.types import Document, Request

MOST_TURNS = 1_000
"""Items of a history; a web page sends the whole conversation."""
LONGEST_ANSWER = 50_000
"""Characters of an earlier answer in a history; a language model's may be long."""
MOST_DOCUMENTS = 10_000
"""Documents that a request names to search within."""
LONGEST_ID = 1_000
"""Characters of a request's own id."""
_SHOWN = 200  # characters of an unknown document's id in a message


def check_request(request: Request, longest_question: int) -> None:
    """Check the length of everything in a request, and that its texts are valid Unicode.

    Parameters
    ----------
    request : Request
    longest_question : int
        Most characters of the question, of what is searched for in its place, and of each question of the history.

    Raises
    ------
    QAError
        If something is too long, or the question or `searched_for` is empty; names what, its length and the limit.
    """
    check_question(request.question, longest_question)
    if request.searched_for is not None:
        check_question(request.searched_for, longest_question)
    if request.id is not None:
        _check_text("the id", request.id, LONGEST_ID)
    if len(request.history) > MOST_TURNS:
        raise QAError(f"the history has {len(request.history)} items; the limit is {MOST_TURNS}")
    for number, turn in enumerate(request.history, start=1):
        question, answer = (turn, None) if isinstance(turn, str) else (turn.question, turn.answer)
        _check_text(f"item {number} of the history", question, longest_question)
        if answer is not None:
            _check_text(f"the answer in item {number} of the history", answer, LONGEST_ANSWER)


def check_question(question: str, longest: int) -> None:
    """Check a question; errors as of `check_request`."""
    if not question.strip():
        raise QAError("the question is empty")
    _check_text("the question", question, longest)


def check_documents(named: Collection[str] | None, documents: Mapping[str, Document]) -> None:
    """Check the ids of the documents to search within.

    Raises
    ------
    QAError
        If there are too many, or one is not known.
    """
    if named is None:
        return
    if len(named) > MOST_DOCUMENTS:
        raise QAError(f"{len(named)} documents are named to search within; the limit is {MOST_DOCUMENTS}")
    unknown = next((name for name in named if name not in documents), None)
    if unknown is not None:
        shown = unknown if len(unknown) <= _SHOWN else f"{unknown[:_SHOWN]}\u2026"
        raise QAError(f"no document {shown!r} here; known: {', '.join(islice(documents, 10)) or 'none'}")


def _check_text(what: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise QAError(f"{what} has {len(text)} characters; the limit is {longest}")
    if has_surrogate(text):
        raise QAError(f"{what} contains bytes that are not valid text; type it again")
