"""Tell sentences about another place than the question names: "In Aure, shops close at six" tells nothing of Lund."""

from __future__ import annotations

import re

from qa.text.dates import MONTHS, WEEKDAYS

_PLACE = r"(?-i:[A-Z])[\w'\u2019.-]*(?:\s(?:of\s(?:the\s)?|and\s)?(?-i:[A-Z])[\w'\u2019.-]*)*"
_ASKED = re.compile(rf"\b(?:in|at|near)\s+(?:the\s+)?(?P<name>{_PLACE})", re.IGNORECASE)
_OPENS = re.compile(rf"\W*(?:in|at|near)\s+(?:the\s+)?(?P<name>{_PLACE}),\s", re.IGNORECASE)
_TIME = re.compile(rf"\b(?:{MONTHS}|{WEEKDAYS}|\d+|spring|summer|autumn|winter|easter|christmas)\b", re.IGNORECASE)
_INITIAL = re.compile(r"\b[A-Z]")
_WORD = re.compile(r"\w{2,}")


def is_elsewhere(question: str, sentence: str, above: str, text: str) -> bool:
    """Return whether a sentence opens with another place than that of the question, which is elsewhere in the text.

    A place that the text does not name may be around that of the sentence. That asked for may be in `above`, the title
    and the headings.
    """
    opens = _OPENS.match(sentence)
    if opens is None or _TIME.search(opens["name"]):
        return False
    asked = [one["name"].strip(".") for one in _ASKED.finditer(question) if not _TIME.search(one["name"])]
    near = f"{sentence}\n{above}"
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
