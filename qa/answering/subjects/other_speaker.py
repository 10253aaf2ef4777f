"""Tell what somebody else says: "Ben: No." does not tell what Anna thinks."""

from __future__ import annotations

from qa.answering.questions.statements import asked_statement
from qa.documents.turns import turns
from qa.types import Document


def is_of_another_speaker(question: str, document: Document, offset: int) -> bool:
    """Return whether a question asks what one person says, and a place is in what another one says.

    The person must speak in the document.
    """
    asked = asked_statement(question)
    found = turns(document) if asked else ()
    if asked is None or not any(one.is_by(asked.who) for one in found):
        return False
    return any(one.start <= offset < one.end and not one.is_by(asked.who) for one in found)
