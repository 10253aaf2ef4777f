"""Operations on spans of a text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qa.types import Span


def trim(text: str, start: int, end: int) -> Span:
    """Return the span without surrounding white space; a span of only white space becomes empty."""
    part = text[start:end]
    words = part.strip()
    start += len(part) - len(part.lstrip()) if words else 0
    return start, start + len(words)


def replaced(text: str, span: Span, words: str) -> str:
    """Return a text with other words in place of a span."""
    return f"{text[: span[0]]}{words}{text[span[1] :]}"


def gap(one: Span, other: Span) -> int:
    """Return the number of characters between two spans; negative if they overlap."""
    return max(one[0] - other[1], other[0] - one[1])


def overlaps(one: Span, other: Span) -> bool:
    """Return whether two non-empty spans share a character."""
    return gap(one, other) < 0


def adjoins(one: Span, other: Span, text: str) -> bool:
    """Return whether two spans overlap or are adjacent within a paragraph."""
    (_, end), (start, _) = sorted((one, other))
    between = text[end:start]
    return not between.strip() and "\n" not in between


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, with touching and overlapping ones merged."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found
