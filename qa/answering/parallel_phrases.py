"""Find phrases of one form that are listed in a sentence: "if it rains, if it snows or if you are ill"."""

from __future__ import annotations

import re

from qa.protocols import AnswerSpan
from qa.text.lexicon import PREPOSITIONS
from qa.text.spans import trim
from qa.types import Span

_MIN_ITEMS = 3
_SEMICOLON = re.compile(r"(?<!\s)\s*+;\s++(?:and\s++)?")
_INTRODUCING = re.compile(r"\b(if|when|because|that|whether|who)\s")


def parallel_phrases(text: str, span: AnswerSpan) -> tuple[Span, ...]:
    """Return the phrases around a span, in order; empty without any.

    They begin with the same conjunction, or are separated by semicolons and begin with the same preposition.
    """
    return _with_conjunction(text, span) or _in_semicolons(text, span)


def _with_conjunction(text: str, span: AnswerSpan) -> tuple[Span, ...]:
    first = _INTRODUCING.search(text, span.excerpt_start, span.excerpt_end)
    if first is None or span.start < first.start():
        return ()
    again = re.compile(rf"(?:[,;]\s++(?:(?:and|or)\s++)?|(?<!\s)\s++(?:and|or)\s++)(?={first[1]}\s)")
    cuts = [*again.finditer(text, first.end(), span.excerpt_end)]
    if not cuts or not cuts[-1][0].strip(" ,;\n"):
        return ()
    return _between(text, first.start(), [cut.span() for cut in cuts], span.excerpt_end)


def _in_semicolons(text: str, span: AnswerSpan) -> tuple[Span, ...]:
    cuts = [cut.span() for cut in _SEMICOLON.finditer(text, span.excerpt_start, span.excerpt_end)]
    if len(cuts) < _MIN_ITEMS - 1:
        return ()
    word = text[cuts[-1][1] : span.excerpt_end].partition(" ")[0]
    start = text.find(f" {word} ", span.excerpt_start, cuts[0][0]) + 1
    alike = word in PREPOSITIONS and all(text.startswith(f"{word} ", end) for _, end in cuts)
    return _between(text, start, cuts, span.excerpt_end) if start and alike and span.start >= start else ()


def _between(text: str, start: int, cuts: list[Span], end: int) -> tuple[Span, ...]:
    """Return the spans between cuts, the last one without the full stop."""
    end = start + len(text[start:end].rstrip().rstrip(".!?"))
    edges = [start, *(edge for cut in cuts for edge in cut), end]
    return tuple(trim(text, *edges[index : index + 2]) for index in range(0, len(edges), 2))
