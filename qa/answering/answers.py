"""Turn a reply into the `Answer` that the pipeline returns."""

from __future__ import annotations

from qa.answering.about.bot_replies import Library, about
from qa.answering.evidence import Reply
from qa.answering.replies.clauses import names_clause
from qa.types import NOT_FOUND, Answer, Kind, Request


def answer_of(
    reply: Reply | None,
    request: Request,
    searched_for: str,
    timings_ms: dict[str, float],
    *,
    given: bool = True,
    kind: Kind = "other",
) -> Answer:
    """Return a reply as an answer without passages, or an answer that declines with the reply's confidence.

    Parameters
    ----------
    reply : Reply or None
    request : Request
    searched_for : str
    timings_ms : dict of str to float
    given : bool
        False declines.
    kind : str
        Kind of an answer that declines.
    """
    if reply is None or not given:
        confidence = reply.confidence if reply else 0.0
        return Answer(
            request.question, searched_for, None, NOT_FOUND, confidence, (), (), timings_ms, request.id, kind=kind
        )
    return Answer(
        question=request.question,
        searched_for=searched_for,
        text=reply.text,
        reason=None,
        confidence=reply.confidence,
        citations=reply.citations,
        passages=(),
        timings_ms=timings_ms,
        id=request.id,
        span=reply.span,
        kind=reply.kind,
        form=reply.form,
        lead=reply.lead,
        parts=reply.parts,
    )


def about_if_declined(answer: Answer, request: Request, library: Library) -> Answer:
    """Return the reply to a question such as "Is it free?" if the articles do not answer it; else the answer."""
    is_answered = answer.text is not None and answer.confidence >= library.settings.answer_threshold
    if is_answered or names_clause(request.question):
        return answer
    text = about(request.searched_for or request.question, library, first=not request.history, declined=True)
    if text is None:
        return answer
    reply = Reply(f"{NOT_FOUND} About Cited QA: {text}" if library.documents else text, (), 1.0, "about")
    return answer_of(reply, request, request.question, answer.timings_ms)
