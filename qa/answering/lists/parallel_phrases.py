"""Find phrases with one conjunction that are listed in a sentence: "if it rains, if it snows or if you are ill"."""

from __future__ import annotations

import re

from qa.protocols import AnswerSpan
from qa.text.spans import trim
from qa.types import Span

_INTRODUCING = re.compile(r"\b(if|when|because|that|whether|who)\s")


def parallel_phrases(text: str, span: AnswerSpan) -> tuple[Span, ...]:
    """Return the phrases around a span that begin with the same conjunction, in order; empty without any."""
    first = _INTRODUCING.search(text, *span.excerpt)
    if first is None or span.start < first.start():
        return ()
    again = re.compile(rf"(?:[,;]\s++(?:(?:and|or)\s++)?|(?<!\s)\s++(?:and|or)\s++)(?={first[1]}\s)")
    cuts = [*again.finditer(text, first.end(), span.excerpt_end)]
    if not cuts or not cuts[-1][0].strip(" ,;\n"):
        return ()
    end = first.start() + len(text[first.start() : span.excerpt_end].rstrip().rstrip(".!?"))
    edges = [first.start(), *(edge for cut in cuts for edge in cut.span()), end]
    return tuple(trim(text, *edges[index : index + 2]) for index in range(0, len(edges), 2))
