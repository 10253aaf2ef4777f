"""Search for words in a text regardless of the white space between them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

_WORD_CHARACTER = re.compile(r"\w")
_WRITTEN = re.compile(r"\S+")


def spans(words: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield the span of each occurrence of the words, even within longer words; spans may overlap."""
    wanted = " ".join(words.split())
    if not wanted:
        return
    found = list(_WRITTEN.finditer(text))
    written = [match[0] for match in found]
    joined = " ".join(written)
    # Start of each piece in the text with single spaces.
    starts = list(accumulate((len(piece) + 1 for piece in written), initial=0))

    def offset(position: int) -> int:
        piece = bisect_right(starts, position) - 1
        return found[piece].start() + position - starts[piece]

    at = joined.find(wanted)
    while at >= 0:
        yield offset(at), offset(at + len(wanted) - 1) + 1
        at = joined.find(wanted, at + 1)


def whole_words(words: str, text: str) -> tuple[int, int] | None:
    """Return the first span of the words as whole words of the text; None if there is none."""
    for start, end in spans(words, text):
        if not _WORD_CHARACTER.search(text[start - 1 : start] + text[end : end + 1]):
            return start, end
    return None
