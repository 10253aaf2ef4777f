"""Replies from the entry of an option or the like: "What does --verbose do?", "What is the default of --mode?"."""

from __future__ import annotations

import re

from qa.answering.citations import citation
from qa.answering.evidence import Evidence, Reply
from qa.answering.questions.code_names import asked_code, asked_label
from qa.documents.option_entries import entries
from qa.types import Form

_CONFIDENCE = 0.85
_DEFAULT = re.compile(
    r"\bdefault(?:\s+[\w-]+){0,3}?(?:s\s+to|\s+is|,\s+this\s+is\s+set\s+to|:|=)\s*"
    r"(?P<value>\"[^\"\n]*\"|'[^'\n]*'|`[^`\n]+`|[^\s\"'`)\],;]+?)(?=[.,;)\]]*(?:\s|$))",
    re.IGNORECASE,
)


def entry_reply(evidence: Evidence) -> Reply | None:
    """Return the description, or the default, of the option or the like that a question asks about."""
    code, attribute = asked_code(evidence.question), asked_label(evidence.question)
    if not code or attribute not in {"", "default"}:
        return None
    for document_id in dict.fromkeys(passage.document_id for passage in evidence.passages):
        document = evidence.documents[document_id]
        for entry in entries(document.text, code):
            value = _DEFAULT.search(document.text, *entry.whole) if attribute else None
            if attribute and value is None:
                continue
            span = value.span("value") if value else entry.description
            cited = (citation(1, document, entry.whole, 1.0),)
            form: Form = "span" if value else "excerpts"
            return Reply(document.text[slice(*span)], cited, _CONFIDENCE, evidence.asked.kind, form, span=span)
    return None
