"""Answer -> chat message, and chat messages -> the questions asked so far.

A message is one line of HTML without a line end, which Markdown leaves alone.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from qa.render import NOT_FOUND, confidence_in_words, one_line
from qa.types import Answer, Citation, Document, Passage
from qa.web.markup import escape, span_href

Message = dict[str, Any]
"""A message as Gradio's chatbot gives and takes it."""

PASSAGES_SHOWN = 3
_LONGEST_GLIMPSE = 280  # characters of a passage that is shown without being a citation
_HEADING_LINE = re.compile(r"^#{1,6}[^\S\n]+.*\n", re.MULTILINE)


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
    return message("assistant", f'<div class="answer">{_short_answer(answer)}</div>')


def answer_message(answer: Answer, documents: Mapping[str, Document]) -> Message:
    """Return an answer with its excerpts or, where there is none, with the nearest passages."""
    parts = [_short_answer(answer)]
    if answer.searched_for != answer.question:
        parts.append(f'<p class="searched">Searched for: {escape(one_line(answer.searched_for))}</p>')
    parts += [_excerpt(citation, documents, answer.text or "") for citation in answer.citations]
    if answer.abstained and answer.passages:
        nearest = "".join(_nearest(passage, documents) for passage in answer.passages[:PASSAGES_SHOWN])
        parts.append(f'<details class="nearest"><summary>Nearest passages</summary><ul>{nearest}</ul></details>')
    words = confidence_in_words(answer.confidence)
    copy = '<a class="copy" href="#copy" role="button" title="Copy this answer">Copy</a>'
    parts.append(f'<p class="confidence">Confidence: {words} ({answer.confidence:.2f}) {copy}</p>')
    return message("assistant", f'<div class="answer">{"".join(parts)}</div>')


def _short_answer(answer: Answer) -> str:
    if answer.text is None:
        return f'<p class="short">{escape(answer.reason or NOT_FOUND)}</p>'
    mark = f" {_number(answer.citations[0])}" if answer.citations else ""
    return f'<p class="short">{escape(one_line(answer.text))}{mark}</p>'


def _excerpt(citation: Citation, documents: Mapping[str, Document], short: str) -> str:
    """Return an excerpt with the words of the short answer emphasised where it is a part of it."""
    text = escape(citation.text)
    if citation.n == 1 and short and short != citation.text and short in citation.text:
        before, after = citation.text.split(short, 1)
        text = f"{escape(before)}<strong>{escape(short)}</strong>{escape(after)}"
    page = f'<span class="page">page {citation.page}</span>' if citation.page else ""
    return (
        f'<blockquote class="excerpt">{text}</blockquote>'
        f'<p class="place">{_number(citation)} <span class="title">{escape(documents[citation.document].title)}</span>'
        f'{page}<span class="verdict">{citation.verdict}</span></p>'
    )


def _number(citation: Citation) -> str:
    href = span_href("cite", citation.document, citation.start, citation.end)
    return f'<a class="cite" href="{href}" title="Show source {citation.n}">[{citation.n}]</a>'


def _nearest(passage: Passage, documents: Mapping[str, Document]) -> str:
    text = one_line(_HEADING_LINE.sub("", passage.text))
    if len(text) > _LONGEST_GLIMPSE:
        text = text[:_LONGEST_GLIMPSE].rsplit(" ", 1)[0] + " \u2026"
    href = span_href("passage", passage.document_id, passage.start, passage.end)
    page = f", page {passage.page}" if passage.page else ""
    title = escape(documents[passage.document_id].title)
    return f'<li>{escape(text)} <a class="nearby" href="{href}" title="Show this passage">{title}{page}</a></li>'
