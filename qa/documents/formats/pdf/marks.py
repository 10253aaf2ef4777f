"""Patterns in the text of a line: bullets, item numbers, captions, ends of sentences."""

from __future__ import annotations

import re

_BULLETS = "\u2022\u25aa\u25cf\u25e6\u2023\u25a0\u25a1\u25cb\u2043\u2219\u25b6\u27a2\u2713\u2756\uf000-\uf0ff"
BULLET = re.compile(f"[{_BULLETS}]$")
BULLET_ITEM = re.compile(rf"[{_BULLETS}\u00b7]\s+(?=\S)")
DASH_ITEM = re.compile(r"[-*\u2013\u2014]\s+(?=\S)")
NUMBER_ITEM = re.compile(r"(?:\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)]|\[\d{1,3}\])\s+\S")
# A bullet, or the number of an item or section, with nothing after it.
LABEL = re.compile(
    rf"(?:[{_BULLETS}*\u2013-]|\(?(?:\d{{1,3}}|[a-zA-Z]|[ivx]{{1,4}})[.)]|(?:\d{{1,3}}\.)+\d{{1,3}}\.?|\[\d{{1,3}}\])$"
)
# A dot leader, as in a table of contents.
LEADER = re.compile(r"(?:\s?\.){4,}\s*")
EQUATION_NUMBER = re.compile(r"\([A-Z]?\.?\d{1,3}(?:\.\d{1,3})*[a-z]?\)$")
CAPTION = re.compile(
    r"(?i:Figure|Fig\.|Table|Abbildung|Tabelle|Figura|Tableau|Tabla)\s*(?:[A-Z]?\d+|[IVX]+)(?:[.-]\d+)*"
    r"(?:[.:]|\s*(?:[A-Z(]|$))"
)
_SENTENCE_END = re.compile(
    r"(?:[.!?:\u2026\u3002\uff01\uff1f]['\"\u2019\u201d\u00bb)\]]*|[^\W\d][.!?]['\"\u2019\u201d)]*\d{1,3})$"
)
_MAX_SENTENCE_END_CHARS = 8  # full stop, quotation marks, brackets, footnote number


def ends_sentence(text: str) -> bool:
    """Return whether a line ends with the end of a sentence, possibly followed by a footnote number."""
    return _SENTENCE_END.search(text[-_MAX_SENTENCE_END_CHARS:]) is not None
