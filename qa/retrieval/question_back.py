"""Ask back when a question refers to an earlier one, or to a list, and there is none: "When?"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.retrieval.ellipsis import BARE
from qa.retrieval.preamble import without_preamble
from qa.retrieval.query_rewriting import is_standalone, rewrite_question
from qa.retrieval.references import ITEM, PERSON, item
from qa.retrieval.substitution import LINK
from qa.text.function_words import ENGLISH, FUNCTION_WORDS
from qa.text.lexicon import listed
from qa.types import Turn

_MAX_BARE_CHARACTERS = 60
_YEAR = re.compile(rf"{LINK}?(?P<year>(?:in|by|since|until|before|after)\s++\d{{4}})\W*", re.IGNORECASE)
_OF_THE_ASKER = re.compile(r"^(?!.*\b(?:it|this|that|these|those|them|he|she)\b).*\b(?:I|we)\s+\w+", re.IGNORECASE)
_CODE = re.compile(r"`|(?<!\S)--?\w")  # "What does -A do?"
_ASKS_FOR_ITEM = re.compile(
    rf"{LINK}*(?:please\s+)?(?:(?:explain|describe|what\s+is|tell\s+me\s+(?:more\s+)?about)\s+)?{ITEM.pattern}\W*",
    re.IGNORECASE,
)
_NO_ITEMS = "Which one do you mean? No earlier answer has a list with it. Please name it in your question."
_SAYS_NOTHING = FUNCTION_WORDS[ENGLISH] | listed(
    "happen happened mean say tell explain continue go thing exactly elaborate details else please "
    "one first second third last latter former other next"
)
# The first that occurs counts.
_ASKED_BACK = {
    "long": "How long did what last?",
    "much": "How much of what?",
    "whom": "By whom was what done?",
    "when": "When did what happen?",
    "where": "Where did what happen?",
    "why": "Why did what happen?",
    "how": "How did what happen?",
    "who": "Who did what?",
    "more": "More about what?",
    "else": "What else about what?",
    "continue": "More about what?",
    "elaborate": "More about what?",
}


def question_back(question: str, history: Sequence[Turn | str] = ()) -> str | None:
    """Return what to ask back if a question refers to an earlier one, but none is given: "When?".

    After earlier questions, that is one for "the second one" when no answer given lists several.
    """
    if history:
        answers = [turn for turn in history if isinstance(turn, Turn)]
        unlisted = answers and _ASKS_FOR_ITEM.fullmatch(question) and item(answers, question, "") is None
        lost = unlisted and rewrite_question(question, history).joined
        return _NO_ITEMS if lost else None
    # "When do I have to be there?"
    standalone = is_standalone(question) or _OF_THE_ASKER.search(question) is not None
    question = without_preamble(question)
    words = re.findall(r"\w+", question.lower())
    year = _YEAR.fullmatch(question)
    if not words or len(question) > _MAX_BARE_CHARACTERS or (standalone and not year) or _CODE.search(question):
        return None
    if not (year or BARE.fullmatch(question) or set(words) <= _SAYS_NOTHING):
        return None
    asked = next((word for word in _ASKED_BACK if word in words), "")
    back = _ASKED_BACK.get(asked, "What do you mean?")
    if year:
        back = f"What about the time {year['year'].lower()}?"
    elif PERSON.search(question):
        back = "Whom do you mean?"
    return f"{back} There is no earlier question that this can refer to. Please ask the whole question."
