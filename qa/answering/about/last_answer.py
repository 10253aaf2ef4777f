"""Reply to doubts about the last answer, and to requests for its source, with where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qa.text.lines import one_line, shortened
from qa.text.small_talk import questions_answer
from qa.types import Document, Turn

_MAX_EXCERPT_CHARACTERS = 400
_MAX_ANSWER_CHARACTERS = 100


def last_answer(message: str, history: Sequence[Turn | str], documents: Mapping[str, Document]) -> str | None:
    """Return where the last answer comes from, if a message only doubts it or asks for that: "Where does it say so?".

    None for any other message, and if the last answer is not known.

    Parameters
    ----------
    message : str
        As typed.
    history : sequence of Turn or str
        The conversation so far, oldest first.
    documents : mapping of str to Document
        All articles, by id.
    """
    last = history[-1] if history else None
    if not isinstance(last, Turn) or not questions_answer(message):
        return None
    question = shortened(one_line(last.question), _MAX_ANSWER_CHARACTERS)
    if last.answer is None:
        return f"I have given no answer to \u201c{question}\u201d. Please ask it in other words."
    cited = last.cited[0] if last.cited else None
    document = documents.get(cited[0]) if cited else None
    if cited is None or document is None:
        return None
    excerpt = shortened(one_line(document.text[cited[1] : cited[2]]), _MAX_EXCERPT_CHARACTERS)
    return (
        f"My answer to \u201c{question}\u201d is taken from \u201c{document.title}\u201d: \u201c{excerpt}\u201d "
        "This is a word-for-word copy. Whether it answers your question is a judgement, and can be wrong: see the "
        "confidence."
    )
