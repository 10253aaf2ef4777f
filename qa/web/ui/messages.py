"""The conversation as data, which the browser keeps and sends with each event, and the messages that show it.

What comes back from a browser is read by `conversation`, never from the HTML that was shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from qa.errors import QAError
from qa.output.text import phrased
from qa.retrieval.request_limits import LONGEST_ANSWER, MOST_TURNS
from qa.text.lines import one_line
from qa.types import Answer, Turn
from qa.web.ui.answer import short_answer_html, stopped_html
from qa.web.ui.markup import escape

LONGEST_QUESTION = 20_000
"""Characters that the question box takes. What is longer than a question may be is refused with a message."""
_LONGEST_HTML = 400_000
_MOST_EXCHANGES = 2_000

Message = dict[str, Any]
"""A message as Gradio's chatbot shows it."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and the reply to it.

    Attributes
    ----------
    question : str
        As typed; empty where the question box was.
    shown : str
        The reply as HTML; empty while there is none.
    answer : str or None
        The short answer in words; None where none was given.
    asked : bool
        Whether the articles were asked, which a follow-up builds upon; not so for small talk and problems.
    if_stopped : str or None
        What replaces `shown` when the reply is stopped now; None when nothing is being written.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    question: Annotated[str, Field(max_length=LONGEST_QUESTION)]
    shown: Annotated[str, Field(max_length=_LONGEST_HTML)] = ""
    answer: Annotated[str, Field(max_length=LONGEST_ANSWER)] | None = None
    asked: bool = False
    if_stopped: Annotated[str, Field(max_length=_LONGEST_HTML)] | None = None


Conversation = Annotated[tuple[Exchange, ...], Field(max_length=_MOST_EXCHANGES)]


@cache
def _adapter() -> TypeAdapter[tuple[Exchange, ...]]:
    return TypeAdapter(Conversation)


def conversation(sent: object) -> tuple[Exchange, ...]:
    """Return a conversation that came back from a browser.

    Raises
    ------
    QAError
        If it is not one, or a part of it is too long.
    """
    try:
        return _adapter().validate_python(sent or ())
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in problem["loc"]) or "conversation"
        raise QAError(f"invalid conversation: {where}: {problem['msg']}; reload the page") from None


def as_data(exchanges: Sequence[Exchange]) -> list[dict[str, Any]]:
    """Return a conversation as the browser keeps it."""
    return [asdict(exchange) for exchange in exchanges]


def messages(exchanges: Sequence[Exchange]) -> list[Message]:
    """Return the messages that show a conversation."""
    return [message for exchange in exchanges for message in _messages(exchange)]


def exchange_at(exchanges: Sequence[Exchange], message: int) -> int | None:
    """Return which exchange the message of an index belongs to; None where there is none."""
    first = 0
    for number, exchange in enumerate(exchanges):
        last = first + len(_messages(exchange))
        if first <= message < last:
            return number
        first = last
    return None


def question_at(exchanges: Sequence[Exchange], number: object) -> int | None:
    """Return which exchange the question of a number begins, counted from 0 among those shown; None where none does."""
    shown = [position for position, exchange in enumerate(exchanges) if exchange.question]
    return shown[number] if isinstance(number, int) and 0 <= number < len(shown) else None


def earlier_turns(exchanges: Sequence[Exchange]) -> list[Turn]:
    """Return what was asked of the articles and answered or declined, oldest first, as many as a request may have."""
    return [Turn(exchange.question, exchange.answer) for exchange in exchanges if exchange.asked][-MOST_TURNS:]


def replied(question: str, reply: str) -> Exchange:
    """Return an exchange of small talk."""
    return Exchange(question, f'<p class="reply">{escape(reply)}</p>')


def failed(question: str, problem: str) -> Exchange:
    """Return an exchange whose question could not be asked."""
    return Exchange(question, f'<p class="problem">{escape(problem[:1].upper() + problem[1:])}.</p>')


def answered(question: str, answer: Answer, shown: str) -> Exchange:
    """Return an exchange with an answer that is shown as `shown`."""
    return Exchange(question, shown, _in_words(answer), asked=True)


def being_answered(question: str, answer: Answer) -> Exchange:
    """Return an exchange with the answer as it first appears, or as a language model has written it so far."""
    writing = answered(question, answer, short_answer_html(answer))
    generated = phrased(answer)
    return replace(writing, if_stopped=stopped_html(generated, answer.citations)) if generated else writing


def broken_off(exchanges: Sequence[Exchange]) -> tuple[Exchange, ...]:
    """Return a conversation in which nothing is being written any more."""
    return tuple(
        exchange if exchange.if_stopped is None else replace(exchange, shown=exchange.if_stopped, if_stopped=None)
        for exchange in exchanges
    )


def _in_words(answer: Answer) -> str | None:
    if generated := phrased(answer):
        return " ".join(one_line(claim.text) for claim in generated.kept) or None
    return None if answer.text is None else one_line(answer.text)


def _messages(exchange: Exchange) -> list[Message]:
    # A plain string in place of the list of parts would have its white space altered by the chatbot.
    parts = [("user", escape(exchange.question)), ("assistant", exchange.shown)]
    return [{"role": role, "content": [{"type": "text", "text": text}]} for role, text in parts if text]
