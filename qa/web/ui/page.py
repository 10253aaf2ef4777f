"""The page: its layout, and the handlers of its events."""

# Gradio reads the annotations of event handlers at run time, so they are not postponed here.
import json
from typing import Any

import gradio as gr

from qa.settings import Settings
from qa.web.library_registry import LibraryRegistry
from qa.web.server.api import publish
from qa.web.server.auth import user_of
from qa.web.server.gradio_internals import forget_session
from qa.web.ui import messages as chat
from qa.web.ui.chat_handlers import ChatHandlers, Sent, rendered
from qa.web.ui.library import TITLE
from qa.web.ui.library_panel import LibraryPanel, Updates
from qa.web.ui.messages import MAX_QUESTION_CHARACTERS
from qa.web.ui.model_panel import ModelPanel
from qa.web.ui.saved_panel import SavedPanel
from qa.web.ui.scripts import QUIET, RESTORE, SAVE, STATUS_TEMPLATE, WITH_CHOSEN, cancel_first, script
from qa.web.ui.server_functions import ServerFunctions
from qa.web.ui.source_pane import articles_html
from qa.web.ui.welcome import EXPORT_LINKS, placeholder_html

_PARALLEL_QUESTIONS = 4
_PARALLEL_LLM_QUESTIONS = 16  # waiting for a language model's server uses no CPU here
# Deletes uploads that were never added; the others are deleted once they are read.
_DELETE_UPLOADS = (60, 600)  # seconds: how often to look, and how old an upload must be
_SCRIPTS = (
    "source",
    "pdf_page",
    "citation_card",
    "export",
    "search_again",
    "welcome",
    "autoscroll",
    "history",
    "find",
    "pages",
    "edit_question",
    "share",
    "lost_articles",
    "long_paste",
)
_CLEARED = '<p><span>Conversation cleared.</span><a href="#restore" role="button">Undo</a></p>'
# In the browser, so that a question asked at once does not continue the cleared conversation.
_CLEAR = f'(conversation) => [[], conversation, conversation?.length ? {json.dumps(_CLEARED)} : ""]'
_CLEAR_AGAIN = (
    '(conversation) => document.querySelector("#cleared p") && conversation?.length ? [[], conversation, []] : []'
)
# What was typed since the question was sent stays in the box.
_TAKEN = """(conversation, question) => {
  const last = conversation?.at(-1);
  return last?.question === question && !last.shown ? "" : undefined;
}"""
_KEYS = (
    ("Enter", "Ask; with Shift, a new line"),
    ("/", "Go to the question box"),
    ("f", "Find in the article"),
    ("n, p", "In the article: next and previous excerpt"),
    ("Alt + \u2190", "Back to what the article pane showed before"),
    ("Esc", "In the article: back to the answer"),
    ("?", "Show these keys"),
)


def build(registry: LibraryRegistry, *, choose_model: bool = False) -> gr.Blocks:
    """Return the page of the chat, not yet running; call `LibraryRegistry.sweep` regularly.

    With `choose_model`, the page offers a choice of the language model, which applies to everyone.
    """
    settings = registry.shared.settings
    generates = choose_model or bool(settings.llm_model)
    handlers = ChatHandlers(registry, stoppable=generates)

    def page_opened(sent: Sent, known: str, ticked: list[str], request: gr.Request) -> Updates:
        """Return the values of the components that show a visitor's library and conversation."""
        used = registry.page_opened(str(request.session_hash), known, user_of(request, settings))
        # The tab may have kept the conversation of another user, or of a collection that was deleted.
        sent = [] if used != known and registry.collection(known) else sent
        # A question may have been asked before this event arrived.
        kept = chat.interrupted(chat.conversation(sent))
        return {
            **(dict(zip((conversation, chatbot), rendered(kept), strict=True)) if kept else {}),
            key: used,
            chosen: ticked,
            **panel.rendered(registry.library_or_shared(used), ticked),
            **saved.rendered(used, sent),
            source: gr.HTML(library=used),
        }

    async def page_closed(request: gr.Request) -> None:
        registry.page_closed(str(request.session_hash))
        await forget_session(page, str(request.session_hash))

    page: gr.Blocks = gr.Blocks(title=TITLE, fill_width=True, delete_cache=_DELETE_UPLOADS, analytics_enabled=False)
    with page:
        gr.HTML(_tools(), elem_id="tools", apply_default_css=False, js_on_load=script("tools", "focus"))
        key = gr.Textbox(elem_id="library-key", visible=False)
        chosen = gr.JSON([], elem_id="chosen", visible=False)
        conversation = gr.JSON([], elem_id="conversation", visible=False)
        cleared_conversation = gr.JSON([], elem_id="cleared-conversation", visible=False)
        panel = LibraryPanel(registry)
        saved = SavedPanel(registry, handlers.free)
        with gr.Row(elem_id="columns"):
            with gr.Column(elem_id="chat-column", min_width=320):
                chatbot = _chatbot(settings)
                cleared = gr.HTML(
                    "",
                    html_template=STATUS_TEMPLATE,
                    elem_id="cleared",
                    js_on_load=script("cleared"),
                    apply_default_css=False,
                )
                gr.HTML('<div role="alert"></div>', elem_id="announcement", apply_default_css=False)
                panel.asking.render()  # type: ignore[no-untyped-call]
                box = _question_box()
                gr.HTML(EXPORT_LINKS, elem_id="save", apply_default_css=False)
            with gr.Column(elem_id="source-column", min_width=320):
                source = gr.HTML(
                    articles_html(registry.shared.documents),
                    elem_id="source",
                    apply_default_css=False,
                    label="Source",
                    js_on_load=script(*_SCRIPTS),
                    server_functions=ServerFunctions(registry).by_name(),
                    library="",
                )

        # The chatbot shows the conversation and is never an input: a message could name a file of any address.
        inputs, outputs = [conversation, key, chosen], [box, conversation, chatbot, source]
        answers = _answers(handlers, inputs, outputs, cleared)
        chatbot.undo(handlers.undo, [conversation, key], outputs, **QUIET)
        _clearing(answers, chatbot, [conversation, cleared_conversation], cleared)
        chatbot.clear(handlers.clear, [key], [source, box], **QUIET)
        cleared.undone(handlers.restore, [cleared_conversation], [conversation, chatbot, cleared], **QUIET)
        source.judged(handlers.judge, inputs, None, js=WITH_CHOSEN, concurrency_id="ask", **QUIET)
        if choose_model:
            ModelPanel(registry).listen(page, chatbot)
        parts = (conversation, chatbot, key, chosen, source, cleared, box)
        saved.listen(parts, panel, answers, panel.listen(key, chosen))
        opened: dict[str, Any] = {
            "fn": page_opened,
            "inputs": inputs,
            "outputs": [conversation, chatbot, key, chosen, *panel.parts, *saved.parts, source],
            "queue": False,
            **QUIET,
        }
        page.load(js=RESTORE, **opened)
        source.lost(js=WITH_CHOSEN, **opened)
        page.unload(page_closed)
        for changed in (conversation.change, key.change, panel.ticked):
            changed(None, inputs, None, js=SAVE, **QUIET)
        publish(registry)

    page.queue(
        max_size=settings.max_waiting,
        default_concurrency_limit=_PARALLEL_LLM_QUESTIONS if generates else _PARALLEL_QUESTIONS,
        api_open=False,  # otherwise programs could bypass the queue
    )
    return page


def _answers(handlers: ChatHandlers, inputs: list[Any], outputs: list[Any], cleared: gr.HTML) -> list[Any]:
    """Connect the events that answer, and the one that stops them; return those that answer.

    The outputs are the question box, the conversation, its messages and the source pane. A question leaves the box once
    it is in the conversation, and withdraws the offer to restore a `cleared` one.
    """
    box, conversation, chatbot, source = outputs
    # Before the listener that answers: Gradio runs the listeners of an event one after the other.
    box.submit(None, None, cleared, js='() => ""', **QUIET)
    answering: dict[str, Any] = {
        "api_visibility": "private",
        "show_progress_on": chatbot,
        "concurrency_id": "ask",
        "js": WITH_CHOSEN,
    }
    # By default, Gradio drops an event whose handler still runs; this one then waits, with what is in the box.
    answers = [
        box.submit(handlers.respond, [box, *inputs], outputs, trigger_mode="always_last", **answering),
        chatbot.retry(handlers.retry, inputs, outputs, **answering),
    ]
    for event, handler in ((source.searched, handlers.search_again), (source.edited, handlers.edit)):
        cancel_first(event, answers)
        answers.append(event(handler, inputs, outputs, **answering))
    conversation.change(None, [conversation, box], box, js=_TAKEN, **QUIET)
    cancel_first(box.stop, answers)
    box.stop(handlers.stop, [conversation], [box, conversation, chatbot], **QUIET)
    return answers


def _clearing(answers: list[Any], chatbot: gr.Chatbot, kept: list[gr.JSON], cleared: gr.HTML) -> None:
    """Connect the events that clear the conversation; it is cleared again if a cancelled answer brings it back.

    Gradio shows what an answer still sends until the server has confirmed that it is cancelled.
    """
    cancel_first(chatbot.clear, answers)
    chatbot.clear(None, kept[:1], [*kept, cleared], js=_CLEAR, **QUIET)
    for answer in answers:
        answer.then(None, kept[:1], [*kept, chatbot], js=_CLEAR_AGAIN, **QUIET)


def _chatbot(settings: Settings) -> gr.Chatbot:
    return gr.Chatbot(
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


def _question_box() -> gr.Textbox:
    return gr.Textbox(
        elem_id="question",
        label="Question",
        show_label=False,
        container=False,
        placeholder="Ask a question",
        lines=1,
        max_lines=6,
        max_length=MAX_QUESTION_CHARACTERS,
        autofocus=True,
        submit_btn=True,
    )


def _tools() -> str:
    """Return the choice of the theme and the help on the keyboard, as HTML."""
    rows = "".join(f"<dt><kbd>{key}</kbd></dt><dd>{does}</dd>" for key, does in _KEYS)
    return (
        '<div class="tools"><label>Theme <select><option value="system">System</option>'
        '<option value="light">Light</option><option value="dark">Dark</option></select></label>'
        '<button type="button" class="keys" title="Keyboard (?)" aria-haspopup="dialog">Keyboard</button>'
        f'<dialog aria-labelledby="keys-name"><form method="dialog"><h2 id="keys-name">Keyboard</h2><dl>{rows}</dl>'
        '<p><label><input type="checkbox"> Use the keys /, f and ?</label></p><button>Close</button></form>'
        "</dialog></div>"
    )
