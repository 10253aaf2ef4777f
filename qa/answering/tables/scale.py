"""Find the scale that a table states for its figures: thousands, or millions of euros."""

from __future__ import annotations

import re

from qa.text.dates import is_date
from qa.types import Document, Span

# In brackets, "(in thousands, except percentages)", or at the start of a line or cell, "Dollars in millions".
_SCALE = re.compile(
    r"(?:^|[(|])[ \t]*(?P<scale>(?:(?:all|amounts?|figures?|values?|stated|expressed|(?:us\s)?dollars|euros|pounds"
    r"|[A-Z]{3}|[$\u20ac\u00a3])\s)*in\s(?:[\w$\u20ac\u00a3]+\s)?(?:thousand|million|billion)s?\b[^()|\n]{0,80})",
    re.IGNORECASE | re.MULTILINE,
)
_FIGURE = re.compile(r"[($\u20ac\u00a3\s-]*\d[\d,.\s]*\)?")
_MAX_DISTANCE = 300  # characters before a table


def scale_note(document: Document, figure: Span) -> str:
    """Return a note that quotes the scale of a figure, as stated above its table or column; empty if none is stated."""
    words, table = document.text[slice(*figure)], document.tables.at(figure[0])
    if table is None or not _FIGURE.fullmatch(words) or is_date(words):
        return ""
    last = max((other.end for other in document.tables if other.end <= table.start), default=0)
    stated = [document.text[max(last, table.start - _MAX_DISTANCE) : table.start]]
    own = sum(end <= figure[0] for _, end in table.row_at(figure[0]).cells)
    for row in table.header():
        cells = [document.text[start:end] for start, end in row]
        stated += [cell for n, cell in enumerate(cells) if n in {0, own} or _SCALE.match(cell)]
    scales = [*_SCALE.finditer("\n".join(stated))]
    return f"The table says \u201c{scales[-1]['scale'].strip()}\u201d" if scales else ""
