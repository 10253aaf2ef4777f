"""What happens when a visitor asks, asks again, takes back or opens a source."""

# Gradio reads the annotations of event handlers when it runs, so they are not postponed here.
from collections.abc import Iterator
from itertools import count
from typing import Any

import gradio as gr

from qa.converse import reply
from qa.errors import QAError
from qa.types import Request
from qa.web import chat
from qa.web.answer import excerpt_links
from qa.web.cases import keep_case
from qa.web.markup import ARTICLES
from qa.web.pace import paced
from qa.web.quota import visitor_of
from qa.web.source import source_html
from qa.web.visitors import Library, Visitors

Messages = list[dict[str, Any]]
Updates = tuple[Any, ...]


class Conversation:
    """The handlers of the chat and of the source pane.

    Those that answer yield the question box, the conversation and the source pane: the short answer first, or what a
    language model writes as it comes in, then the excerpts.

    Parameters
    ----------
    visitors : Visitors
    stoppable : bool
        Whether answers take so long that the question box offers to stop them.
    """

    def __init__(self, visitors: Visitors, *, stoppable: bool = False) -> None:
        self._visitors = visitors
        self._stoppable = stoppable
        self._versions = count(1)

    def pane(self, links: object, library: Library) -> str:
        """Return what the source pane shows for a link, or for one and those to all excerpts of its answer."""
        # Always a new value: the browser scrolls to the mark again only when something changed.
        return f"{source_html(library.documents, links)}<!-- {next(self._versions)} -->"

    def source(self, sent: object) -> str:
        """Return what the source pane shows for what a browser sent: a mapping with links and the library's key."""
        links, key = (sent.get("links"), sent.get("library")) if isinstance(sent, dict) else (None, None)
        return source_html(self.library(key).documents, links)

    def articles(self, key: str) -> str:
        """Return the list of articles, for the source pane."""
        return self.pane(ARTICLES, self.library(key))

    def library(self, key: object) -> Library:
        """Return the library of a key, or one of the shared documents where the key opens none."""
        try:
            return self._visitors.library(key if isinstance(key, str) else "")
        except QAError:
            return self._visitors.library("")

    def respond(
        self,
        question: str,
        messages: Messages,
        key: str,
        chosen: list[str],
        asker: gr.Request,
        searched_for: str | None = None,
    ) -> Iterator[Updates]:
        """Answer a question, of the documents chosen or of all; `searched_for` is searched in its place."""
        asked = [*messages, *([chat.question_message(question)] if question.strip() else [])]
        yield self._busy(), asked, gr.skip()
        shown: Any = gr.skip()
        try:
            library = self._visitors.library(key)
            # Articles may go while a language model writes about them.
            documents = dict(library.documents)
            titles = [document.title for document in documents.values()]
            if searched_for is None and (small_talk := reply(question, titles)):
                said = chat.reply_message(small_talk)
            else:
                self._visitors.questions.take(visitor_of(asker))
                request = Request(question, chat.earlier_turns(messages), searched_for, _within(library, chosen))
                for newest in paced(library.bot.stream(request)):
                    if newest is None:
                        # Here Gradio sees that a visitor has left, or has had enough.
                        yield gr.skip(), gr.skip(), gr.skip()
                        continue
                    answer = newest
                    yield gr.skip(), [*asked, chat.short_answer_message(answer)], gr.skip()
                links = excerpt_links(answer)
                shown = self.pane(links, library) if links else gr.skip()
                said = chat.answer_message(answer, documents, library.bot.settings.cases_file)
        except QAError as error:
            said = chat.problem_message(str(error))
        yield self._free(), [*asked, said], shown

    def stop(self, messages: Messages) -> tuple[Any, Messages]:
        """Return the question box and the conversation after the answer that was coming in was broken off."""
        return self._free(), chat.broken_off(messages)

    # Gradio alters the updates that it is given, so that each is made anew.
    def _busy(self) -> Any:  # noqa: ANN401
        return gr.update(value="", submit_btn=False, stop_btn="Stop") if self._stoppable else ""

    def _free(self) -> Any:  # noqa: ANN401
        return gr.update(submit_btn=True, stop_btn=False) if self._stoppable else gr.skip()

    def retry(
        self, messages: Messages, key: str, chosen: list[str], asker: gr.Request, event: gr.RetryData
    ) -> Iterator[Updates]:
        """Answer a question again."""
        before, question = _split_at(messages, event.index)
        yield from self.respond(question, before, key, chosen, asker)

    def search_again(
        self, messages: Messages, key: str, chosen: list[str], asker: gr.Request, event: gr.EventData
    ) -> Iterator[Updates]:
        """Answer a question anew, searching for what the visitor made of it."""
        sent = event._data or {}
        position, turn = chat.turn_at(messages, sent.get("turn"))
        if turn is not None:
            text = str(sent.get("text") or "")
            yield from self.respond(turn.question, messages[:position], key, chosen, asker, text)

    def judge(self, messages: Messages, key: str, chosen: list[str], asker: gr.Request, event: gr.EventData) -> None:
        """Keep an answer and the verdict on it as a test case, and say where."""
        sent = event._data or {}
        position, turn = chat.turn_at(messages, sent.get("turn"))
        if turn is None:
            return
        try:
            self._visitors.questions.take(visitor_of(asker))
            library = self._visitors.library(key)
            before, within = chat.earlier_turns(messages[:position]), _within(library, chosen)
            verdict, expected = sent.get("verdict"), sent.get("expected")
            file = keep_case(library.bot, turn.question, before, within, turn.answer, verdict, expected)
        except QAError as error:
            gr.Warning(str(error))
            return
        gr.Info(f"Kept in {file}; qa eval asks it again.")

    def undo(self, messages: Messages, event: gr.UndoData) -> tuple[str, Messages]:
        """Return a question to the box, and the conversation before it."""
        before, question = _split_at(messages, event.index)
        return question, before


def _within(library: Library, chosen: list[str]) -> list[str] | None:
    return [name for name in library.documents if name in (chosen or ())] or None


def _split_at(messages: Messages, index: int | tuple[int, int]) -> tuple[Messages, str]:
    """Return the messages before the user's message at `index`, and its question; that of none is empty."""
    position = index if isinstance(index, int) else index[0]
    if not 0 <= position < len(messages):
        return messages, ""
    return messages[:position], chat.question_of(messages[position])
