"""The event handlers of the chat: ask, retry, edit, search again, stop, undo, clear, and judge an answer."""

# Gradio reads the annotations of event handlers at run time, so they are not postponed here.
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import gradio as gr

from qa.errors import QAError
from qa.types import Answer, Document, Request
from qa.web import notices
from qa.web.library_registry import LibraryRegistry
from qa.web.server.auth import user_of
from qa.web.server.rate_limit import visitor_of
from qa.web.ui import messages as chat
from qa.web.ui.answer import answer_html, excerpt_links
from qa.web.ui.markup import ARTICLES
from qa.web.ui.messages import Exchange
from qa.web.ui.source_pane import source_html
from qa.web.ui.test_cases import save_case
from qa.web.ui.throttle import throttled

Sent = list[dict[str, Any]]  # the conversation as the browser sends it
Updates = tuple[Any, ...]


class ChatHandlers:
    """The event handlers of the chat; if `stoppable`, the question box offers to stop an answer.

    Handlers that answer yield updates of the question box, the conversation as data, its messages and the source
    pane: first the short answer, or what a language model has written so far, then the excerpts. A blank question
    changes nothing.
    """

    def __init__(self, registry: LibraryRegistry, *, stoppable: bool = False) -> None:
        self._registry = registry
        self._stoppable = stoppable
        self._versions = count(1)

    def respond(self, question: str, sent: Sent, key: str, chosen: list[str], asker: gr.Request) -> Iterator[Updates]:
        """Answer a question from the chosen documents, or from all."""
        yield from self._respond(question, chat.conversation(sent), key, chosen, asker)

    def retry(
        self, sent: Sent, key: str, chosen: list[str], asker: gr.Request, event: gr.RetryData
    ) -> Iterator[Updates]:
        """Answer a question again."""
        exchanges = chat.conversation(sent)
        before, question = _split_at(exchanges, event.index)
        yield from self._respond(question, before, key, chosen, asker, replaced=exchanges[len(before) :])

    def search_again(
        self, sent: Sent, key: str, chosen: list[str], asker: gr.Request, event: gr.EventData
    ) -> Iterator[Updates]:
        """Answer a question again with the search query that the visitor edited."""
        exchanges, position, text = _edited(sent, event)
        if position is not None and exchanges[position].asked:
            earlier, replaced = exchanges[:position], exchanges[position:]
            yield from self._respond(replaced[0].question, earlier, key, chosen, asker, text, replaced)

    def edit(
        self, sent: Sent, key: str, chosen: list[str], asker: gr.Request, event: gr.EventData
    ) -> Iterator[Updates]:
        """Answer an earlier question that the visitor edited; the answer replaces everything from there on."""
        exchanges, position, text = _edited(sent, event)
        if position is not None:
            earlier, replaced = exchanges[:position], exchanges[position:]
            yield from self._respond(text, earlier, key, chosen, asker, replaced=replaced)

    def _respond(
        self,
        question: str,
        earlier: Sequence[Exchange],
        key: str,
        chosen: list[str],
        asker: gr.Request,
        searched_for: str | None = None,
        replaced: Sequence[Exchange] = (),
    ) -> Iterator[Updates]:
        if not question.strip():
            yield gr.skip(), gr.skip(), gr.skip(), gr.skip()
            return
        yield self._busy(), *rendered([*earlier, Exchange(question)]), gr.skip()
        shown: Any = gr.skip()
        # The page may not have received its key yet.
        key = key or self._registry.first_key(user_of(asker, self._registry.shared.settings))
        try:
            library = self._registry.library(key)
            # Articles may be removed or replaced while the question is answered.
            bot, unread = library.bot, library.unread
            documents = bot.documents
            if len(question) > (limit := bot.settings.max_question_characters):
                raise notices.LONG_QUESTION.error(characters=len(question), limit=limit)
            self._registry.questions.take(visitor_of(asker))
            request = Request(question, chat.earlier_turns(earlier), searched_for, asked_documents(documents, chosen))
            for newest in throttled(bot.stream(request)):
                if newest is None:
                    # Lets Gradio notice that the visitor has left or pressed Stop.
                    yield gr.skip(), gr.skip(), gr.skip(), gr.skip()
                    continue
                answer = newest
                if answer.kind != "about":
                    yield gr.skip(), *rendered([*earlier, chat.being_answered(question, answer, documents)]), gr.skip()
            if answer.kind == "about":
                exchange = chat.replied(question, answer.text or "")
            else:
                served = not any(citation.document in library.added for citation in answer.citations)
                cases = bot.settings.cases_file
                html = answer_html(answer, documents, cases, request.documents, served=served, unread=unread)
                exchange = chat.answered(question, answer, html)
                shown = self._cited([exchange], documents)
            exchange = self._kept(exchange, key, answer, earlier, replaced)
        except QAError as error:
            exchange = chat.failed(question, str(error))
        yield self.free(), *rendered([*earlier, exchange]), shown

    def _kept(
        self, exchange: Exchange, key: str, answer: Answer, earlier: Sequence[Exchange], replaced: Sequence[Exchange]
    ) -> Exchange:
        """Store an exchange instead of `replaced`, if conversations are kept; return it with its stored name."""
        before, after = chat.names(earlier), chat.names(replaced)
        try:
            return replace(exchange, saved=self._registry.save_turn(key, exchange.question, answer, before, after))
        except QAError as error:
            gr.Warning(notices.sentence(str(error)))
            return exchange

    def stop(self, sent: Sent) -> Updates:
        """Return the question box and the conversation after an answer was stopped."""
        return self.free(), *rendered(chat.interrupted(chat.conversation(sent)))

    def judge(self, sent: Sent, key: str, chosen: list[str], asker: gr.Request, event: gr.EventData) -> None:
        """Save an answer and the visitor's verdict on it as a test case."""
        exchanges, judgement = chat.conversation(sent), event._data or {}
        position = chat.question_at(exchanges, judgement.get("turn"))
        if position is None or not exchanges[position].asked:
            return
        judged = exchanges[position]
        try:
            self._registry.questions.take(visitor_of(asker))
            bot = self._registry.library(key).bot
            before, within = chat.earlier_turns(exchanges[:position]), asked_documents(bot.documents, chosen)
            verdict, expected = judgement.get("verdict"), judgement.get("expected")
            file = save_case(bot, judged.question, before, within, judged.answer, verdict, expected)
        except QAError as error:
            gr.Warning(notices.sentence(str(error)))
            return
        gr.Info(notices.CASE_SAVED.sentence(file=file), duration=5)

    def undo(self, sent: Sent, key: str, event: gr.UndoData) -> Updates:
        """Return a question to the box, the conversation before it, and what its last answer cites."""
        exchanges = chat.conversation(sent)
        before, question = _split_at(exchanges, event.index)
        removed = exchanges[len(before) :]
        self._registry.remove_turns(key, chat.names(removed))
        documents = self._registry.library_or_shared(key).documents
        # Small talk had left the source pane as it was.
        shown = self._cited(before, documents) if any(each.asked for each in removed) else gr.skip()
        return question, *rendered(before), shown

    def clear(self, key: str) -> Updates:
        """Return the list of articles for the source pane, and the question box."""
        return self._source(ARTICLES, self._registry.library_or_shared(key).documents), self.free()

    def restore(self, sent: Sent) -> Updates:
        """Return a conversation that was cleared, and withdraw the offer to restore it."""
        return *rendered(chat.interrupted(chat.conversation(sent))), ""

    def _cited(self, exchanges: Sequence[Exchange], documents: Mapping[str, Document]) -> str:
        """Return the source pane with what the last answer cites; without that, the list of articles."""
        last = next((each for each in reversed(exchanges) if each.asked), None)
        cited = last.cited if last and all(name in documents for name, *_ in last.cited[:1]) else ()
        return self._source(excerpt_links(cited) or ARTICLES, documents)

    def _source(self, links: object, documents: Mapping[str, Document]) -> str:
        # Always a new value: the browser scrolls to the mark only when the value changes.
        return f"{source_html(documents, links)}<!-- {next(self._versions)} -->"

    # Gradio changes the updates that it is given, so each is a new object.
    def _busy(self) -> Any:  # noqa: ANN401
        stoppable = self._stoppable and self._registry.shared.generator
        return gr.update(submit_btn=False, stop_btn="Stop") if stoppable else gr.skip()

    def free(self) -> Any:  # noqa: ANN401
        """Return the question box when no answer is being written."""
        return gr.update(submit_btn=True, stop_btn=False) if self._stoppable else gr.skip()


def rendered(exchanges: Sequence[Exchange]) -> Updates:
    """Return a conversation as data, and as the messages that show it."""
    return chat.as_data(exchanges), chat.messages(exchanges)


def _edited(sent: Sent, event: gr.EventData) -> tuple[Sequence[Exchange], int | None, str]:
    """Return the conversation, the position of the exchange that an event is about, and the text in the event."""
    exchanges, data = chat.conversation(sent), event._data or {}
    return exchanges, chat.question_at(exchanges, data.get("turn")), str(data.get("text") or "")


def asked_documents(documents: Container[str], chosen: Sequence[str] | None) -> list[str] | None:
    """Return the ids of the chosen documents that there are, once each; None, for all, if there are none."""
    return [name for name in dict.fromkeys(chosen or ()) if name in documents] or None


def _split_at(exchanges: Sequence[Exchange], index: int | tuple[int, int]) -> tuple[Sequence[Exchange], str]:
    """Return the exchanges before the one at a message's `index`, and its question, or all and an empty one."""
    number = chat.exchange_at(exchanges, index if isinstance(index, int) else index[0])
    return (exchanges, "") if number is None else (exchanges[:number], exchanges[number].question)
