"""Answer -> chat message, and chat messages -> the questions asked so far."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from qa.types import Answer, Document
from qa.web.answer import answer_html, short_answer_html
from qa.web.markup import escape

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
    return html.unescape("".join(part.get("text", "") for part in entry["content"]))


def earlier_questions(messages: Sequence[Message], longest: int) -> list[str]:
    """Return the questions of a conversation, oldest first, without those that were too long to be asked."""
    questions = [question_of(entry) for entry in messages if entry["role"] == "user"]
    return [question for question in questions if len(question) <= longest]


def problem_message(problem: str) -> Message:
    """Return what to tell a user whose question could not be asked."""
    return message("assistant", f'<p class="problem">{escape(problem[:1].upper() + problem[1:])}.</p>')


def short_answer_message(answer: Answer) -> Message:
    """Return the answer as it first appears, without its excerpts."""
    return message("assistant", short_answer_html(answer))


def answer_message(answer: Answer, documents: Mapping[str, Document]) -> Message:
    """Return an answer with its excerpts or, where there is none, with the nearest passages."""
    return message("assistant", answer_html(answer, documents))
