"""Quote the example that follows the last answer in its section: "Give me an example"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from qa.answering.citations import citation
from qa.answering.evidence import Reply
from qa.documents.chunking import sentence_spans
from qa.documents.structure import blocks
from qa.retrieval.elaboration import asks_for_example
from qa.text.spans import trim
from qa.types import Document, Request, Span, Turn

_MAX_CHARACTERS = 2_000  # after the start of the cited excerpt
_MARKS = re.compile(r"\b(?:for (?:example|instance)|such as|e\.\s?g\.|an example)|\bexample\W{0,3}:", re.IGNORECASE)


def example_reply(request: Request, documents: Mapping[str, Document]) -> Reply | None:
    """Return the first example in the section after the last answer's excerpt, or in it.

    None if no example is asked for, if the last answer has no excerpt, or if no example follows.

    Parameters
    ----------
    request : Request
    documents : mapping of str to Document
        All articles, by id.
    """
    last = request.history[-1] if request.history else None
    if not isinstance(last, Turn) or not last.cited or not asks_for_example(request.question):
        return None
    name, start, end = last.cited[0]
    document = documents.get(name)
    if document is None or (request.documents is not None and name not in request.documents):
        return None
    found = list(_examples(document, start))
    span = next((one for one in found if one[0] >= end), found[0] if found else None)
    if span is None:
        return None
    return Reply(document.text[slice(*span)], (citation(1, document, span, 1.0),), 1.0, "other", "excerpts", span=span)


def _examples(document: Document, start: int) -> Iterator[Span]:
    """Yield the sentences with examples from an offset to the end of its section."""
    text = document.text
    first = text.rfind("\n", 0, start) + 1
    after = text.find("\n", min(first + _MAX_CHARACTERS, len(text)))
    parsed = [*blocks(document, first, after if after >= 0 else len(text)), None]
    for block, following in pairwise(parsed):
        if block is None or (block.start > start and block.kind == "heading"):
            return
        if block.kind in {"heading", "preformatted", "table"}:
            continue
        for begin, end in sentence_spans(text[block.start : block.end], document.language):
            span = block.start + begin, block.start + end
            if span[1] <= start or not _MARKS.search(text, *span):
                continue
            whole = text[span[1] - 1] == ":" and following is not None and following.kind != "heading"
            # "For example:" and the code or paragraph below it.
            yield trim(text, span[0], following.end) if whole and following else span
