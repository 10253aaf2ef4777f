"""Who was at a meeting and who was not, as minutes record it: "Present: ...", "Apologies: ..."."""

from __future__ import annotations

import re

PRESENT, ABSENT = "<present>", "<absent>"
"""The terms for all words that say who was at a meeting, and who was not."""

_LABELS = {
    PRESENT: re.compile(
        r"\W*(?:(?:the following )?(?:(?:also|members|those|people|others) )?(?:were )?)?"
        r"(?:(?:in )?attendance|attend(?:ed|ees|ing)|participants|present)\W*",
        re.IGNORECASE,
    ),
    ABSENT: re.compile(
        r"\W*(?:apologies(?: for absence| received| from){0,2}|regrets|absen(?:ce|t|tees)(?: members)?)\W*",
        re.IGNORECASE,
    ),
}
_WHO = r"\W*(?:who|(?:which|what)(?: \w+){1,2}?)(?: all| else)? "
_AT = r"(?: (?:at|from|in|to))?(?: (?:the|this|that))?"
_MEETING = r" (?:assembly|meeting|session)\b"
_OF_MEETING = rf"{_AT}(?: [\w'-]+){{0,2}}{_MEETING}"
_OF_WHICH = rf"(?:{_AT}(?P<which>(?: [\w'-]+){{0,2}}){_MEETING})?"
_QUESTIONS = {
    ABSENT: re.compile(
        rf"{_WHO}(?:apologi[sz]ed|sent (?:their )?apologies|(?:was|were) (?:absent|missing|not (?:present|there))"
        r"|(?:could ?n[o']t|could not|did ?n't|did not|was ?n't able to|(?:was|were) (?:unable|not able) to)"
        rf" (?:attend|be (?:present|there)|come|make it|take part)|missed(?={_OF_MEETING}))\b{_OF_WHICH}",
        re.IGNORECASE,
    ),
    PRESENT: re.compile(
        rf"{_WHO}(?:attended|(?:was|were) (?:in attendance|present|there)"
        rf"|(?:came|took part|was|were)(?={_OF_MEETING}))\b{_OF_WHICH}",
        re.IGNORECASE,
    ),
}


def labelled_attendance(label: str) -> str | None:
    """Return the term that a heading or label says, `PRESENT` or `ABSENT`; None for any other heading."""
    return next((term for term, labels in _LABELS.items() if labels.fullmatch(label)), None)


def asked_attendance(question: str) -> tuple[str, str] | None:
    """Return the term that a question asks for, `PRESENT` or `ABSENT`, and the rest of it; None for other questions.

    The rest of "Who attended the board meeting on 14 May?" is " board on 14 May?".
    """
    words = question.replace("\u2019", "'")
    found = ((term, asks.match(words)) for term, asks in _QUESTIONS.items())
    return next(((term, f"{one['which'] or ''}{words[one.end() :]}") for term, one in found if one), None)
