"""The conversation as data, which the browser stores and sends with each event, and as messages of the chatbot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from qa.output.text import phrased
from qa.retrieval.request_limits import MAX_ANSWER_CHARACTERS, MAX_TURNS
from qa.text.lines import one_line
from qa.types import Answer, Document, Turn
from qa.web import notices
from qa.web.ui.answer import short_answer_html, stopped_html
from qa.web.ui.markup import escape

MAX_QUESTION_CHARACTERS = 20_000
"""Limit of the question box; a question over `Settings.max_question_characters` is refused with a message."""
_MAX_UNFOLDED_CHARACTERS = 600  # in a question
_MAX_HTML_CHARACTERS = 400_000
_MAX_EXCHANGES = 2_000
_MAX_CITED = 20

Message = dict[str, Any]  # as Gradio's chatbot shows it


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and the reply to it. Only questions that were `asked` can be referred to by follow-ups."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    question: Annotated[str, Field(max_length=MAX_QUESTION_CHARACTERS)]  # as typed; may be empty
    shown: Annotated[str, Field(max_length=_MAX_HTML_CHARACTERS)] = ""  # the reply as HTML
    answer: Annotated[str, Field(max_length=MAX_ANSWER_CHARACTERS)] | None = None  # as text
    asked: bool = False  # whether the articles were searched
    cited: Annotated[tuple[tuple[str, int, int], ...], Field(max_length=_MAX_CITED)] = ()  # spans
    # Replaces `shown` if the reply is stopped now
    if_stopped: Annotated[str, Field(max_length=_MAX_HTML_CHARACTERS)] | None = None
    saved: Annotated[str, Field(max_length=100)] = ""  # name of the stored turn


Conversation = Annotated[tuple[Exchange, ...], Field(max_length=_MAX_EXCHANGES)]


@cache
def _adapter() -> TypeAdapter[tuple[Exchange, ...]]:
    return TypeAdapter(Conversation)


def conversation(sent: object) -> tuple[Exchange, ...]:
    """Return the conversation that a browser sent; raises a `QAError` if it is malformed, or too long."""
    try:
        return _adapter().validate_python(sent or ())
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in problem["loc"]) or "conversation"
        raise notices.INVALID_CONVERSATION.error(where=where, problem=problem["msg"]) from None


def as_data(exchanges: Sequence[Exchange]) -> list[dict[str, Any]]:
    """Return a conversation as the browser stores it."""
    return [asdict(exchange) for exchange in exchanges]


def messages(exchanges: Sequence[Exchange]) -> list[Message]:
    """Return the messages that show a conversation."""
    return [message for exchange in exchanges for message in _messages(exchange)]


def exchange_at(exchanges: Sequence[Exchange], message: int) -> int | None:
    """Return the position of the exchange that a message belongs to; None if there is none."""
    positions = [position for position, exchange in enumerate(exchanges) for _ in _messages(exchange)]
    return positions[message] if 0 <= message < len(positions) else None


def names(exchanges: Sequence[Exchange]) -> list[str]:
    """Return the names of the stored turns of a conversation."""
    return [exchange.saved for exchange in exchanges if exchange.saved]


def question_at(exchanges: Sequence[Exchange], number: object) -> int | None:
    """Return the position of the exchange of the question `number`, counted from 0; None if there is none."""
    shown = [position for position, exchange in enumerate(exchanges) if exchange.question]
    return shown[number] if isinstance(number, int) and 0 <= number < len(shown) else None


def earlier_turns(exchanges: Sequence[Exchange]) -> list[Turn]:
    """Return the latest questions and answers, oldest first, as many as a request may have."""
    asked = [exchange for exchange in exchanges if exchange.asked][-MAX_TURNS:]
    return [Turn(exchange.question, exchange.answer, exchange.cited) for exchange in asked]


def replied(question: str, reply: str) -> Exchange:
    """Return an exchange of small talk."""
    return Exchange(question, f'<p class="reply">{escape(reply)}</p>')


def failed(question: str, problem: str) -> Exchange:
    """Return an exchange whose question could not be asked."""
    return Exchange(question, f'<p class="problem">{escape(notices.sentence(problem))}</p>')


def answered(question: str, answer: Answer, shown: str) -> Exchange:
    """Return an exchange with an answer, which `shown` renders."""
    cited = tuple((citation.document, citation.start, citation.end) for citation in answer.citations[:_MAX_CITED])
    return Exchange(question, shown, _to_text(answer), asked=True, cited=cited)


def being_answered(question: str, answer: Answer, documents: Mapping[str, Document]) -> Exchange:
    """Return an exchange with the short answer, or what a language model has written so far."""
    writing = answered(question, answer, short_answer_html(answer, documents))
    generated = phrased(answer)
    return replace(writing, if_stopped=stopped_html(generated, answer.citations)) if generated else writing


def interrupted(exchanges: Sequence[Exchange]) -> tuple[Exchange, ...]:
    """Return a conversation in which a reply that was being written is stopped."""
    return tuple(
        exchange if exchange.if_stopped is None else replace(exchange, shown=exchange.if_stopped, if_stopped=None)
        for exchange in exchanges
    )


def _to_text(answer: Answer) -> str | None:
    if generated := phrased(answer):
        return " ".join(one_line(claim.text) for claim in generated.shown_claims)[:MAX_ANSWER_CHARACTERS] or None
    return None if answer.text is None else one_line(answer.short or answer.text)[:MAX_ANSWER_CHARACTERS]


def _messages(exchange: Exchange) -> list[Message]:
    # The chatbot would change white space in a plain string.
    question = escape(exchange.question)
    if len(exchange.question) > _MAX_UNFOLDED_CHARACTERS:
        # Its label is in the stylesheet, so that copying the question leaves it out.
        fold = '<details class="fold"><summary></summary></details>'
        question = f'<div class="long"><p>{question}</p></div>{fold}'
    parts = [("user", question), ("assistant", exchange.shown)]
    return [{"role": role, "content": [{"type": "text", "text": text}]} for role, text in parts if text]
