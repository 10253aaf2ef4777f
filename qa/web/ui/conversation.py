"""What happens when a visitor asks, asks again, takes back or opens a source."""

# Gradio reads the annotations of event handlers when it runs, so they are not postponed here.
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import gradio as gr

from qa.errors import QAError
from qa.text.small_talk import reply
from qa.types import Request
from qa.web.libraries import Library, Visitors
from qa.web.server.rate_limit import visitor_of
from qa.web.ui import messages as chat
from qa.web.ui.answer import answer_html, excerpt_links
from qa.web.ui.markup import ARTICLES
from qa.web.ui.messages import Exchange
from qa.web.ui.source_pane import source_html
from qa.web.ui.test_cases import keep_case
from qa.web.ui.throttle import paced

Sent = list[dict[str, Any]]  # the conversation as the browser sends it
Updates = tuple[Any, ...]


class Conversation:
    """The handlers of the chat and of the source pane.

    Those that answer yield the question box, the conversation as data and as messages, and the source pane: the short
    answer first, or what a language model writes as it comes in, then the excerpts.

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
        sent: Sent,
        key: str,
        chosen: list[str],
        asker: gr.Request,
    ) -> Iterator[Updates]:
        """Answer a question, of the documents chosen or of all."""
        yield from self._respond(question, chat.conversation(sent), key, chosen, asker)

    def _respond(
        self,
        question: str,
        earlier: Sequence[Exchange],
        key: str,
        chosen: list[str],
        asker: gr.Request,
        searched_for: str | None = None,
    ) -> Iterator[Updates]:
        question = question if question.strip() else ""
        yield self._busy(), *drawn([*earlier, Exchange(question)]), gr.skip()
        shown: Any = gr.skip()
        try:
            library = self._visitors.library(key)
            # Articles may go while a language model writes about them.
            documents = dict(library.documents)
            titles = [document.title for document in documents.values()]
            if searched_for is None and (small_talk := reply(question, titles)):
                exchange = chat.replied(question, small_talk)
            else:
                self._visitors.questions.take(visitor_of(asker))
                request = Request(question, chat.earlier_turns(earlier), searched_for, _within(library, chosen))
                for newest in paced(library.bot.stream(request)):
                    if newest is None:
                        # Here Gradio sees that a visitor has left, or has had enough.
                        yield gr.skip(), gr.skip(), gr.skip(), gr.skip()
                        continue
                    answer = newest
                    yield gr.skip(), *drawn([*earlier, chat.being_answered(question, answer)]), gr.skip()
                links = excerpt_links(answer)
                shown = self.pane(links, library) if links else gr.skip()
                html = answer_html(answer, documents, library.bot.settings.cases_file)
                exchange = chat.answered(question, answer, html)
        except QAError as error:
            exchange = chat.failed(question, str(error))
        yield self._free(), *drawn([*earlier, exchange]), shown

    def stop(self, sent: Sent) -> Updates:
        """Return the question box and the conversation after the answer that was coming in was broken off."""
        return self._free(), *drawn(chat.broken_off(chat.conversation(sent)))

    # Gradio alters the updates that it is given, so that each is made anew.
    def _busy(self) -> Any:  # noqa: ANN401
        return gr.update(value="", submit_btn=False, stop_btn="Stop") if self._stoppable else ""

    def _free(self) -> Any:  # noqa: ANN401
        return gr.update(submit_btn=True, stop_btn=False) if self._stoppable else gr.skip()

    def retry(
        self, sent: Sent, key: str, chosen: list[str], asker: gr.Request, event: gr.RetryData
    ) -> Iterator[Updates]:
        """Answer a question again."""
        before, question = _split_at(chat.conversation(sent), event.index)
        yield from self._respond(question, before, key, chosen, asker)

    def search_again(
        self, sent: Sent, key: str, chosen: list[str], asker: gr.Request, event: gr.EventData
    ) -> Iterator[Updates]:
        """Answer a question anew, searching for what the visitor made of it."""
        exchanges, made = chat.conversation(sent), event._data or {}
        position = chat.question_at(exchanges, made.get("turn"))
        if position is not None and exchanges[position].asked:
            text = str(made.get("text") or "")
            yield from self._respond(exchanges[position].question, exchanges[:position], key, chosen, asker, text)

    def judge(self, sent: Sent, key: str, chosen: list[str], asker: gr.Request, event: gr.EventData) -> None:
        """Keep an answer and the verdict on it as a test case, and say where."""
        exchanges, said = chat.conversation(sent), event._data or {}
        position = chat.question_at(exchanges, said.get("turn"))
        if position is None or not exchanges[position].asked:
            return
        judged = exchanges[position]
        try:
            self._visitors.questions.take(visitor_of(asker))
            library = self._visitors.library(key)
            before, within = chat.earlier_turns(exchanges[:position]), _within(library, chosen)
            verdict, expected = said.get("verdict"), said.get("expected")
            file = keep_case(library.bot, judged.question, before, within, judged.answer, verdict, expected)
        except QAError as error:
            gr.Warning(str(error))
            return
        gr.Info(f"Saved in {file}; run it with qa eval.")

    def undo(self, sent: Sent, event: gr.UndoData) -> Updates:
        """Return a question to the box, and the conversation before it."""
        before, question = _split_at(chat.conversation(sent), event.index)
        return question, *drawn(before)

    def clear(self, key: str) -> Updates:
        """Return an empty conversation, and the list of articles for the source pane."""
        return [], self.articles(key)


def drawn(exchanges: Sequence[Exchange]) -> Updates:
    """Return a conversation as data, and as the messages that show it."""
    return chat.as_data(exchanges), chat.messages(exchanges)


def _within(library: Library, chosen: list[str]) -> list[str] | None:
    return [name for name in library.documents if name in (chosen or ())] or None


def _split_at(exchanges: Sequence[Exchange], index: int | tuple[int, int]) -> tuple[Sequence[Exchange], str]:
    """Return the exchanges before that of the message at `index`, and its question; that of none is empty."""
    number = chat.exchange_at(exchanges, index if isinstance(index, int) else index[0])
    return (exchanges, "") if number is None else (exchanges[:number], exchanges[number].question)
