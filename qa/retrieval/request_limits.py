"""Limits on the size of every string and list in a request, checked before anything else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import islice

from qa.errors import QAError
from qa.text.printable import has_surrogate
from qa.types import Document, Request

MAX_TURNS = 1_000
"""Maximum items in a history; the web page sends the whole conversation."""
MAX_ANSWER_CHARACTERS = 50_000
"""Maximum length of an earlier answer in a history; a language model may have written it."""
MAX_DOCUMENTS = 10_000
"""Maximum documents that a request can name to search within."""
MAX_ID_CHARACTERS = 1_000
"""Maximum length of a request's id."""
_MAX_SHOWN_CHARACTERS = 200


def check_request(request: Request, max_characters: int) -> None:
    """Check the size of everything in a request, and that its texts are valid Unicode.

    Parameters
    ----------
    request : Request
    max_characters : int
        Maximum length of the question, of `searched_for`, and of each question in the history.

    Raises
    ------
    QAError
        If something is too long, or the question or `searched_for` is empty; the message states the limit.
    """
    check_question(request.question, max_characters)
    if request.searched_for is not None:
        check_question(request.searched_for, max_characters)
    if request.id is not None:
        _check_text("the id", request.id, MAX_ID_CHARACTERS)
    if len(request.history) > MAX_TURNS:
        raise QAError(f"the history has {len(request.history)} items; the limit is {MAX_TURNS}")
    for number, turn in enumerate(request.history, start=1):
        question, answer = (turn, None) if isinstance(turn, str) else (turn.question, turn.answer)
        _check_text(f"item {number} of the history", question, max_characters)
        if answer is not None:
            _check_text(f"the answer in item {number} of the history", answer, MAX_ANSWER_CHARACTERS)


def check_question(question: str, max_characters: int) -> None:
    """Check a question; see `check_request` for errors."""
    if not question.strip():
        raise QAError("the question is empty")
    _check_text("the question", question, max_characters)


def check_documents(named: Collection[str] | None, documents: Mapping[str, Document]) -> None:
    """Check the ids of the documents to search within.

    Raises
    ------
    QAError
        If there are too many, or one does not exist.
    """
    if named is None:
        return
    if len(named) > MAX_DOCUMENTS:
        raise QAError(f"{len(named)} documents are named to search within; the limit is {MAX_DOCUMENTS}")
    unknown = next((name for name in named if name not in documents), None)
    if unknown is not None:
        shown = unknown if len(unknown) <= _MAX_SHOWN_CHARACTERS else f"{unknown[:_MAX_SHOWN_CHARACTERS]}\u2026"
        raise QAError(f"no document {shown!r} here; known: {', '.join(islice(documents, 10)) or 'none'}")


def _check_text(what: str, text: str, max_characters: int) -> None:
    if len(text) > max_characters:
        raise QAError(f"{what} has {len(text)} characters; the limit is {max_characters}")
    if has_surrogate(text):
        raise QAError(f"{what} contains bytes that are not valid text; type it again")
