"""Tell sentences about another place than the question names: "In Aure, shops close at six" tells nothing of Lund."""

from __future__ import annotations

import re
from itertools import pairwise

from qa.text.dates import MONTHS, WEEKDAYS

_PLACE = r"(?-i:[A-Z])[\w'\u2019.-]*(?:\s(?:of\s(?:the\s)?|and\s)?(?-i:[A-Z])[\w'\u2019.-]*)*"
_ASKED = re.compile(
    rf"\b(?:in|at|near)\s+(?:the\s+)?(?P<name>{_PLACE})"
    rf"|\b(?:does|do|did)\s+(?:the\s+)?(?P<owner>{_PLACE})\s+have\b",
    re.IGNORECASE,
)
# "As well, in Aure, shops close at six."
_OPENS = re.compile(rf"\W*(?:[\w ]{{1,30}},\s+)?(?:in|at|near)\s+(?:the\s+)?(?P<name>{_PLACE}),\s", re.IGNORECASE)
_CONTRASTED = re.compile(
    rf"\b(?:while|whereas|but|and|by\s+contrast|in\s+contrast),?\s+(?:in|at|near)\s+(?:the\s+)?(?P<name>{_PLACE}),?\s",
    re.IGNORECASE,
)
_TIME = re.compile(rf"\b(?:{MONTHS}|{WEEKDAYS}|\d+|spring|summer|autumn|winter|easter|christmas)\b", re.IGNORECASE)
_INITIAL = re.compile(r"\b[A-Z]")
_WORD = re.compile(r"\w{2,}")


def is_elsewhere(question: str, sentence: str, above: str, text: str, before: str) -> bool:
    """Return whether a sentence opens with another place than that of the question, which is elsewhere in the text.

    A place that the text does not name may be around that of the sentence. That asked for may be in `above`, the title
    and the headings. `before` is the sentence up to a value: of "In Aure 20 came, whereas in Lund 300 came", only the
    clause with the value counts.
    """
    edges = [0, *(one.start() for one in _CONTRASTED.finditer(sentence)), len(sentence)]
    clause = next(sentence[start:end] for start, end in pairwise(edges) if len(before) < end or end == len(sentence))
    opens = _CONTRASTED.match(clause) or _OPENS.match(clause)
    if opens is None or _TIME.search(opens["name"]):
        return False
    asked = [one["name"] or one["owner"] for one in _ASKED.finditer(question)]
    asked = [name.strip(".") for name in asked if not _TIME.search(name)]
    near = f"{clause}\n{above}"
    return bool(asked) and all(
        name in text and name not in near and not _is_short(name, near) and not _is_short(opens["name"], name)
        for name in asked
    )


def _is_short(name: str, text: str) -> bool:
    """Return whether a name is of the initials of a place in a text, as "UK" and "U.K." are."""
    short = name.replace(".", "")
    return short.isupper() and any(
        "".join(_INITIAL.findall(one[0])) == short
        for one in re.finditer(_PLACE, text)
        if len(_WORD.findall(one[0])) > 1
    )
