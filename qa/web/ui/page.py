"""The page: layout, and what happens on each event."""

# Gradio reads the annotations of event handlers when it runs, so they are not postponed here.
from typing import Any

import gradio as gr

from qa.pipeline import QA
from qa.settings import Settings
from qa.web.libraries import Visitors
from qa.web.server.api import publish
from qa.web.server.memory import forget, keep_no_statistics
from qa.web.ui import messages as chat
from qa.web.ui.assets import script
from qa.web.ui.client_calls import Pane
from qa.web.ui.conversation import Conversation, Sent, drawn
from qa.web.ui.library_events import Panel
from qa.web.ui.markup import escape
from qa.web.ui.messages import LONGEST_QUESTION, broken_off
from qa.web.ui.session import RESTORE, SAVE, WITH_CHOSEN
from qa.web.ui.source_pane import articles_html
from qa.web.ui.welcome import SAVING, placeholder_html

TITLE = "Cited QA"
_TITLES_SHOWN = 3
_QUESTIONS_AT_ONCE = 4
_PHRASED_AT_ONCE = 16  # those that wait for a language model's server take nothing meanwhile
# What was uploaded is deleted once it is read; this is for uploads that nothing came of.
_UPLOADS_DELETED = (60, 600)  # looked for so often, and deleted at that age, in seconds


def build(bot: QA, visitors: Visitors | None = None) -> gr.Blocks:
    """Return the chat, not yet running.

    Parameters
    ----------
    bot : QA
        Its documents are shared by all visitors, and may change while the chat runs.
    visitors : Visitors, optional
        The libraries of the visitors; by default made here. Whoever makes them should let them `sweep` now and then.

    Returns
    -------
    gradio.Blocks
    """
    visitors = visitors or Visitors(bot)
    phrasing = bool(bot.settings.llm_model)
    talk = Conversation(visitors, stoppable=phrasing)

    pane = Pane(bot, talk.library)

    # Gradio names what the page's script calls by the name of the function.
    def load_source(sent: Any) -> str:  # noqa: ANN401 -- whatever the browser sent
        return talk.source(sent)

    def load_sheet(sent: Any) -> str:  # noqa: ANN401
        return pane.sheet(sent)

    def suggest(sent: Any) -> str:  # noqa: ANN401
        return pane.suggestions(sent)

    def save(sent: Any) -> str:  # noqa: ANN401
        return pane.saved(sent)

    def arrive(sent: Sent, key: str, chosen: list[str], request: gr.Request) -> tuple[Any, ...]:
        """Return the conversation, the key, the panel and the source pane of a page that was just opened."""
        key = visitors.arrive(str(request.session_hash), key)
        library = talk.library(key)
        # Whoever asked before this is done keeps what was said.
        kept = broken_off(chat.conversation(sent))
        shown = drawn(kept) if kept else (gr.skip(), gr.skip())
        return *shown, key, chosen, *panel.drawn(library, chosen), gr.HTML(library=key)

    async def leave(request: gr.Request) -> None:
        session = str(request.session_hash)
        visitors.leave(session)
        await forget(page, session)

    page: gr.Blocks = gr.Blocks(title=TITLE, fill_width=True, delete_cache=_UPLOADS_DELETED)
    with page:
        gr.HTML(_masthead(bot), elem_id="masthead", apply_default_css=False)
        key = gr.Textbox(elem_id="library-key", visible=False)
        chosen = gr.JSON([], elem_id="chosen", visible=False)
        conversation = gr.JSON([], elem_id="conversation", visible=False)
        panel = Panel(visitors)
        with gr.Row(elem_id="columns"):
            with gr.Column(elem_id="chat-column", min_width=320):
                chatbot, box = _chat(bot.settings)
                gr.HTML(SAVING, elem_id="save", apply_default_css=False)
            with gr.Column(elem_id="source-column", min_width=320):
                source = gr.HTML(
                    articles_html(bot.documents),
                    elem_id="source",
                    apply_default_css=False,
                    label="Source",
                    js_on_load=script(),
                    server_functions=[load_source, load_sheet, suggest, save],
                    library="",
                )

        # The chatbot shows the conversation and is never read: what it holds could be files of any address.
        chatting, answered = [conversation, key, chosen], [box, conversation, chatbot, source]
        private: dict[str, Any] = {"api_visibility": "private"}
        answering = {**private, "show_progress_on": chatbot, "concurrency_id": "ask"}
        coming = [
            box.submit(talk.respond, [box, *chatting], answered, js=WITH_CHOSEN, **answering),
            chatbot.retry(talk.retry, chatting, answered, js=WITH_CHOSEN, **answering),
            source.searched(talk.search_again, chatting, answered, js=WITH_CHOSEN, **answering),
        ]
        quiet = {**private, "show_progress": "hidden"}
        box.stop(talk.stop, [conversation], [box, conversation, chatbot], cancels=coming, **quiet)
        chatbot.undo(talk.undo, [conversation], [box, conversation, chatbot], **quiet)
        chatbot.clear(talk.clear, [key], [conversation, source], **quiet)
        source.judged(talk.judge, chatting, None, js=WITH_CHOSEN, concurrency_id="ask", **quiet)
        panel.listen(key, chosen)
        arrived = [conversation, chatbot, key, chosen, *panel.parts, source]
        page.load(arrive, chatting, arrived, js=RESTORE, queue=False, **quiet)
        page.unload(leave)
        for changed in (conversation.change, key.change, panel.ticked):
            changed(None, chatting, None, js=SAVE, **quiet)
        publish(visitors)

    at_once = _PHRASED_AT_ONCE if phrasing else _QUESTIONS_AT_ONCE
    # Not to be asked past the queue.
    page.queue(max_size=bot.settings.max_waiting, default_concurrency_limit=at_once, api_open=False)
    keep_no_statistics(page)
    return page


def _chat(settings: Settings) -> tuple[gr.Chatbot, gr.Textbox]:
    """Return the conversation's messages and the question box, made where the page is being built."""
    chatbot = gr.Chatbot(
        elem_id="chat",
        label="Conversation",
        show_label=False,
        container=False,
        height=None,
        layout="bubble",
        latex_delimiters=[],
        autoscroll=False,
        buttons=[],
        allow_tags=False,
        placeholder=placeholder_html(settings),
    )
    box = gr.Textbox(
        elem_id="question",
        label="Question",
        show_label=False,
        container=False,
        placeholder="Ask a question",
        lines=1,
        max_lines=6,
        max_length=LONGEST_QUESTION,
        autofocus=True,
        submit_btn=True,
    )
    return chatbot, box


def _masthead(bot: QA) -> str:
    titles = [f"<em>{escape(document.title)}</em>" for document in bot.documents.values()]
    more = [f"{len(titles) - _TITLES_SHOWN} more"] if len(titles) > _TITLES_SHOWN else []
    articles = " \u00b7 ".join([*titles[:_TITLES_SHOWN], *more]) or "no articles yet"
    promise = "Ask a question and get the exact excerpts that answer it, from:"
    return f"<header><h1>{TITLE}</h1><p>{promise} {articles}</p></header>"
