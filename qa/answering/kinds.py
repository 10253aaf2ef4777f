"""Question -> its kind, which says what reply is expected."""

from __future__ import annotations

from qa.answering.citations import asks_for_several
from qa.types import Kind


def kind_of(question: str) -> Kind:
    """Return the kind of a question; "other" where it is not known."""
    return "list" if asks_for_several(question) else "other"
