"""A reply -> the answer of the pipeline."""

from __future__ import annotations

from qa.answering.evidence import Reply
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
    """Return the answer that gives a reply, without passages, or one that declines with the reply's confidence.

    Parameters
    ----------
    reply : Reply or None
    request : Request
    searched_for : str
    timings_ms : dict of str to float
    given : bool
        Whether the reply is given.
    kind : str
        What is asked for, where it is not.
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
