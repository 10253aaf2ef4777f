"""Types and limits of every value in a request, checked before anything else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from numbers import Integral

from qa.errors import QAError, check_type, shortened_value
from qa.text.printable import has_surrogate
from qa.types import Document, Request, Turn

MAX_TURNS = 1_000
"""Maximum items in a history; the web page sends the whole conversation."""
MAX_ANSWER_CHARACTERS = 50_000
"""Maximum length of an earlier answer in a history; a language model may have written it."""
MAX_DOCUMENTS = 10_000
"""Maximum documents that a request can name to search within."""
MAX_ID_CHARACTERS = 1_000
"""Maximum length of a request's id."""


def check_request(request: Request, max_characters: int) -> None:
    """Check the type and size of everything in a request, and that its texts are valid Unicode.

    Parameters
    ----------
    request : Request
    max_characters : int
        Maximum length of the question, of `searched_for`, and of each question in the history.

    Raises
    ------
    QAError
        If something has another type or is too long, or the question or `searched_for` is empty; the message states
        the value and what is expected, or the limit.
    """
    check_type("the request", request, Request, "a Request")
    _check_question("the question", request.question, max_characters)
    if request.searched_for is not None:
        _check_question("the question to search for", request.searched_for, max_characters)
    if request.id is not None:
        _check_text("the id", request.id, MAX_ID_CHARACTERS)
    check_type("the history", request.history, Sequence, "a list")
    if len(request.history) > MAX_TURNS:
        raise QAError(f"the history has {len(request.history)} items; the limit is {MAX_TURNS}")
    for number, turn in enumerate(request.history, start=1):
        check_type(f"item {number} of the history", turn, str | Turn, "a question as text, or a Turn")
        question, answer = (turn, None) if isinstance(turn, str) else (turn.question, turn.answer)
        _check_text(f"item {number} of the history", question, max_characters)
        if answer is not None:
            _check_text(f"the answer in item {number} of the history", answer, MAX_ANSWER_CHARACTERS)
    if request.documents is not None:
        check_type("documents", request.documents, Collection, "a list of document ids")
        if len(request.documents) > MAX_DOCUMENTS:
            found = f"{len(request.documents)} documents are named to search within"
            raise QAError(f"{found}; the limit is {MAX_DOCUMENTS}")
        for name in request.documents:
            check_type("a document to search within", name, str, "its id as text")


def check_count(name: str, count: int) -> None:
    """Check a number of results: a whole number of at least 1, else a `QAError`."""
    check_type(name, count, Integral, "a whole number")
    if count < 1:
        raise QAError(f"{name} is {count}; it must be at least 1")


def check_documents(named: Collection[str] | None, documents: Mapping[str, Document]) -> None:
    """Check the ids of the documents to search within.

    Raises
    ------
    QAError
        If one does not exist.
    """
    for name in named or ():
        if name not in documents:
            known = ", ".join(islice(documents, 10)) or "none"
            raise QAError(f"no document {shortened_value(name)!r} here; known: {known}")


def document_list(documents: Iterable[Document]) -> list[Document]:
    """Return documents as a list; raise a `QAError` if they are one document, or anything else."""
    if isinstance(documents, Document):
        raise QAError("documents is one Document; expected a list: [document]")
    check_type("documents", documents, Iterable, "a list of Documents")
    listed = list(documents)
    for document in listed:
        check_type("an item of documents", document, Document, "a Document, as load_file and load_text return")
    return listed


def _check_question(what: str, question: str, max_characters: int) -> None:
    check_type(what, question, str, "text")
    if not question.strip():
        raise QAError(f"{what} is empty")
    _check_text(what, question, max_characters)


def _check_text(what: str, text: str, max_characters: int) -> None:
    check_type(what, text, str, "text")
    if len(text) > max_characters:
        raise QAError(f"{what} has {len(text)} characters; the limit is {max_characters}")
    if has_surrogate(text):
        raise QAError(f"{what} contains bytes that are not valid text; type it again")
