"""The page: layout, and what happens on each event."""

# Gradio reads the annotations of event handlers when it runs, so they are not postponed here.
from collections.abc import Iterator
from itertools import count
from typing import Any

import gradio as gr
from gradio.events import api

from qa.errors import QAError
from qa.pipeline import QA
from qa.render import answer_to_json
from qa.types import JSONObject
from qa.web import chat
from qa.web.answer import excerpt_links
from qa.web.assets import script
from qa.web.markup import ARTICLES, escape
from qa.web.source import articles_html, source_html

TITLE = "Cited QA"
EXAMPLES = {
    "china-russia-partnership.md": "Which fighter jets did China buy?",
    "honeybee-colony.md": "How many eggs can a queen lay in a day?",
    "transatlantic-cable.md": "Who had made his fortune in paper?",
}
"""Questions to start with, each shown only when the document it is about is loaded."""

_TITLES_SHOWN = 3
_WAITING_QUESTIONS = 64
_QUESTIONS_AT_ONCE = 4

_Messages = list[dict[str, Any]]


def build(bot: QA) -> gr.Blocks:
    """Return the chat, not yet running.

    Parameters
    ----------
    bot : QA
        Its documents may change while the chat runs.

    Returns
    -------
    gradio.Blocks
    """
    versions = count(1)

    def pane(request: object) -> str:
        # Always a new value: the browser scrolls to the mark again only when something changed.
        return f"{source_html(bot.documents, request)}<!-- {next(versions)} -->"

    def load_source(request: Any) -> str:  # noqa: ANN401 -- whatever the browser sent
        return source_html(bot.documents, request)

    def respond(question: str, messages: _Messages) -> Iterator[tuple[Any, ...]]:
        """Yield the question box, the conversation and the source pane: the short answer first, then its excerpts."""
        asked = [*messages, *([chat.question_message(question)] if question.strip() else [])]
        yield "", asked, gr.skip()
        try:
            history = chat.earlier_questions(messages, bot.settings.max_question_characters)
            answer = bot.ask(question, history=history)
        except QAError as error:
            yield gr.skip(), [*asked, chat.problem_message(str(error))], gr.skip()
            return
        yield gr.skip(), [*asked, chat.short_answer_message(answer)], gr.skip()
        shown = gr.skip()
        if links := excerpt_links(answer):
            shown = pane(links)
        yield gr.skip(), [*asked, chat.answer_message(answer, bot.documents)], shown

    def respond_to_example(messages: _Messages, example: gr.SelectData) -> Iterator[tuple[Any, ...]]:
        yield from respond(str(example.value["text"]), messages)

    def retry(messages: _Messages, event: gr.RetryData) -> Iterator[tuple[Any, ...]]:
        before, question = _split_at(messages, event.index)
        yield from respond(question, before)

    def undo(messages: _Messages, event: gr.UndoData) -> tuple[str, _Messages]:
        before, question = _split_at(messages, event.index)
        return question, before

    def ask(question: str, history: list[str] | None = None, documents: list[str] | None = None) -> dict[str, Any]:
        """Answer a question with exact excerpts.

        Parameters: the question; the questions asked before it, oldest first; ids of the documents to ask, all if none.
        """
        return _ask(bot, question, history, documents)

    page: gr.Blocks = gr.Blocks(title=TITLE, fill_width=True)
    with page:
        gr.HTML(_masthead(bot), elem_id="masthead", apply_default_css=False)
        with gr.Row(elem_id="columns"):
            with gr.Column(elem_id="chat-column", min_width=320):
                chatbot = gr.Chatbot(
                    elem_id="chat",
                    label="Conversation",
                    show_label=False,
                    container=False,
                    height=None,
                    layout="bubble",
                    latex_delimiters=[],
                    buttons=[],
                    allow_tags=False,
                    placeholder="<h2>Ask the articles</h2><p>Every answer shows the excerpts it rests on.</p>",
                    examples=[{"text": text} for name, text in EXAMPLES.items() if name in bot.documents],
                )
                box = gr.Textbox(
                    elem_id="question",
                    label="Question",
                    show_label=False,
                    container=False,
                    placeholder="Ask a question",
                    lines=1,
                    max_lines=6,
                    autofocus=True,
                    submit_btn=True,
                )
            with gr.Column(elem_id="source-column", min_width=320):
                source = gr.HTML(
                    articles_html(bot.documents),
                    elem_id="source",
                    apply_default_css=False,
                    label="Source",
                    js_on_load=script(),
                    server_functions=[load_source],
                )

        everything = [box, chatbot, source]
        box.submit(respond, [box, chatbot], everything, show_progress_on=chatbot, api_visibility="private")
        chatbot.example_select(
            respond_to_example, [chatbot], everything, show_progress_on=chatbot, api_visibility="private"
        )
        chatbot.retry(retry, [chatbot], everything, show_progress_on=chatbot, api_visibility="private")
        chatbot.undo(undo, [chatbot], [box, chatbot], show_progress="hidden", api_visibility="private")
        chatbot.clear(lambda: pane(ARTICLES), None, [source], show_progress="hidden", api_visibility="private")
        api(ask, api_name="ask")

    page.queue(max_size=_WAITING_QUESTIONS, default_concurrency_limit=_QUESTIONS_AT_ONCE)
    return page


def _ask(bot: QA, question: object, history: object, documents: object) -> JSONObject:
    """Answer a question from the network, whose types nobody has checked.

    Raises
    ------
    gradio.Error
        If a value is of the wrong type, or the bot cannot ask it; carries the message alone.
    """
    if not isinstance(question, str):
        raise gr.Error("question must be a string", print_exception=False)
    earlier, within = _strings("history", history), _strings("documents", documents)
    try:
        return answer_to_json(bot.ask(question, history=earlier or (), documents=within))
    except QAError as error:
        raise gr.Error(str(error), print_exception=False) from None


def _strings(name: str, values: object) -> list[str] | None:
    if values is None:
        return None
    if isinstance(values, list) and all(isinstance(value, str) for value in values):
        return values
    raise gr.Error(f"{name} must be a list of strings", print_exception=False)


def _split_at(messages: _Messages, index: int | tuple[int, int]) -> tuple[_Messages, str]:
    """Return the messages before the user's message at `index`, and its question; that of none is empty."""
    position = index if isinstance(index, int) else index[0]
    if not 0 <= position < len(messages):
        return messages, ""
    return messages[:position], chat.question_of(messages[position])


def _masthead(bot: QA) -> str:
    titles = [f"<em>{escape(document.title)}</em>" for document in bot.documents.values()]
    more = [f"{len(titles) - _TITLES_SHOWN} more"] if len(titles) > _TITLES_SHOWN else []
    articles = " \u00b7 ".join([*titles[:_TITLES_SHOWN], *more]) or "no article yet"
    return f"<header><h1>{TITLE}</h1><p>Ask, and get the exact excerpts that answer, from: {articles}</p></header>"
