"""Quote the clause that a question names by its number."""

from __future__ import annotations

import re
from collections.abc import Iterable

from qa.answering.citations import citation
from qa.answering.evidence import Reply
from qa.text.spans import trim
from qa.text.tokens import terms
from qa.types import Document

_ASKED = re.compile(
    r"\W*(?:what\s+(?:does|is|are|do)|quote|cite|show(?:\s+me)?|read(?:\s+me)?)\s+(?:in\s+|the\s+text\s+of\s+)?"
    r"(?:clause|section|paragraph|article|rule)\s+(?P<number>\d+(?:\.\d+)*)"
    r"(?:\s+of\s+(?:the|this)\s+(?P<document>[^?]{1,80}?))?(?:\s+(?:say|about|mean))?\W*",
    re.IGNORECASE,
)
_END = re.compile(r"\n[ \t>*-]*(?:\n|\d+\.\d)")
_END_OF_WHOLE = re.compile(r"\n[ \t>*-]*(?:\n|\d+\.\s)")  # of a clause such as "3."


def clause_reply(question: str, documents: Iterable[Document]) -> Reply | None:
    """Return the clause that starts with the number; None unless exactly one document has it.

    Of several documents, those count whose titles have the words of "Clause 4.3 of the cleaning agreement".
    """
    asked = _ASKED.fullmatch(question)
    if asked is None:
        return None
    whole = "." not in asked["number"]
    starts = re.compile(rf"^[ \t>*-]*{re.escape(asked['number'])}\.{'' if whole else '?'}\s+(?=\S)", re.MULTILINE)
    # A number that several lists have names no clause.
    found = [
        (document, first)
        for document in documents
        if (first := starts.search(document.text)) and not (whole and starts.search(document.text, first.end()))
    ]
    if asked["document"] and len(found) > 1:
        named = {*terms(asked["document"])}
        found = [(document, first) for document, first in found if named <= {*terms(document.title)}]
    if len(found) != 1:
        return None
    ((document, first),) = found
    end = (_END_OF_WHOLE if whole else _END).search(document.text, first.end())
    span = trim(document.text, first.start(), end.start() if end else len(document.text))
    words = first.end(), span[1]
    cited = (citation(1, document, span, 1.0),)
    return Reply(document.text[slice(*words)], cited, 1.0, "other", "excerpts", span=words)
