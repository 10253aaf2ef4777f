"""Answer -> chat message, and chat messages -> the turns so far."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from qa.render import one_line
from qa.types import Answer, Document, Turn
from qa.web.answer import answer_html, short_answer_html
from qa.web.markup import escape

_SHORT_ANSWER = re.compile(r'<p class="short">([^<]*) <a class="cite"')
_CLAIMS = re.compile(r'<p class="claims">(.*?)</p>')
_NOT_SAID = re.compile(r' ?<(del|small|a)\b.*?</\1>|<span class="pending">.*?</span>|<[^>]*>')
_PENDING = re.compile(r' ?<span class="pending">[^<]*</span>')
_WRITING = re.compile(r'<p class="writing">[^<]*</p>')
_STOPPED = '<p class="stopped">Stopped before its end</p>'

Message = dict[str, Any]
"""A message as Gradio's chatbot gives and takes it."""


def message(role: str, content: str) -> Message:
    """Return a message; a plain string in its place would have its white space altered by the chatbot."""
    return {"role": role, "content": [{"type": "text", "text": content}]}


def question_message(question: str) -> Message:
    """Return the user's own message, shown as typed."""
    return message("user", escape(question))


def question_of(entry: Message) -> str:
    """Return the question that a user's message holds."""
    return html.unescape(_text(entry))


def earlier_turns(messages: Sequence[Message]) -> list[Turn]:
    """Return what was asked in a conversation and answered or declined, oldest first; small talk is left out."""
    return [turn for turn in map(_turn, messages, messages[1:]) if turn]


def turn_at(messages: Sequence[Message], number: object) -> tuple[int, Turn | None]:
    """Return where the question of a number stands, counted from 0 among the questions, and what came of it.

    The turn is None where there is no such question, or no answer follows it.
    """
    asked = [position for position, entry in enumerate(messages) if entry["role"] == "user"]
    if not isinstance(number, int) or not 0 <= number < len(asked):
        return len(messages), None
    position = asked[number]
    pair = messages[position : position + 2]
    return position, _turn(*pair) if len(pair) == 2 else None


def reply_message(reply: str) -> Message:
    """Return what is said to small talk."""
    return message("assistant", f'<p class="reply">{escape(reply)}</p>')


def problem_message(problem: str) -> Message:
    """Return what to tell a user whose question could not be asked."""
    return message("assistant", f'<p class="problem">{escape(problem[:1].upper() + problem[1:])}.</p>')


def short_answer_message(answer: Answer) -> Message:
    """Return the answer as it first appears, without its excerpts."""
    return message("assistant", short_answer_html(answer))


def answer_message(answer: Answer, documents: Mapping[str, Document], cases_file: str = "") -> Message:
    """Return an answer with its excerpts or, where there is none, with the nearest passages."""
    return message("assistant", answer_html(answer, documents, cases_file))


def broken_off(messages: Sequence[Message]) -> list[Message]:
    """Return a conversation in which nothing is being written any more; words of a sentence without an end go."""
    return [
        message("assistant", _WRITING.sub(_STOPPED, _PENDING.sub("", _text(entry)))) if _is_writing(entry) else entry
        for entry in messages
    ]


def _turn(asked: Message, told: Message) -> Turn | None:
    shown = _text(told)
    if asked["role"] != "user" or 'class="answer"' not in shown:
        return None
    if claims := _CLAIMS.search(shown):
        said = one_line(html.unescape(_NOT_SAID.sub("", claims[1])))
        return Turn(question_of(asked), said or None)
    answer = _SHORT_ANSWER.search(shown)
    return Turn(question_of(asked), html.unescape(answer[1]) if answer else None)


def _is_writing(entry: Message) -> bool:
    return entry["role"] == "assistant" and _WRITING.search(_text(entry)) is not None


def _text(entry: Message) -> str:
    return "".join(part.get("text", "") for part in entry["content"])
