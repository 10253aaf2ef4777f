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
from qa.web.ui.scripts import QUIET, RESTORE, SAVE, STATUS_TEMPLATE, WITH_CHOSEN, cancel_first, html_part
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
    page: gr.Blocks = gr.Blocks(title=TITLE, fill_width=True, delete_cache=_DELETE_UPLOADS, analytics_enabled=False)
    with page:
        parts = _Page(page, registry, generates=generates)
        if choose_model:
            ModelPanel(registry).listen(page, parts.chatbot)
        parts.listen()
        publish(registry)
    page.queue(
        max_size=settings.max_waiting,
        default_concurrency_limit=_PARALLEL_LLM_QUESTIONS if generates else _PARALLEL_QUESTIONS,
        api_open=False,  # otherwise programs could bypass the queue
    )
    return page


class _Page:
    """The parts of a page, created in its layout; an answer can be stopped if a language model `generates` it."""

    def __init__(self, page: gr.Blocks, registry: LibraryRegistry, *, generates: bool) -> None:
        self._page = page
        self._registry = registry
        self._handlers = ChatHandlers(registry, stoppable=generates)
        html_part(_tools(), "tools", "tools", "focus")
        self._key = gr.Textbox(elem_id="library-key", visible=False)
        self._chosen = gr.JSON([], elem_id="chosen", visible=False)
        self._conversation = gr.JSON([], elem_id="conversation", visible=False)
        self._cleared_conversation = gr.JSON([], elem_id="cleared-conversation", visible=False)
        self._panel = LibraryPanel(registry)
        self._saved = SavedPanel(registry, self._handlers.free)
        with gr.Row(elem_id="columns"):
            with gr.Column(elem_id="chat-column", min_width=320):
                self.chatbot = _chatbot(registry.shared.settings)
                self._cleared = html_part("", "cleared", "cleared", html_template=STATUS_TEMPLATE)
                html_part('<div role="alert"></div>', "announcement")
                self._panel.asking.render()  # type: ignore[no-untyped-call]
                self._box = _question_box()
                html_part(EXPORT_LINKS, "save")
            with gr.Column(elem_id="source-column", min_width=320):
                self._source = html_part(
                    articles_html(registry.shared.documents),
                    "source",
                    *_SCRIPTS,
                    label="Source",
                    server_functions=ServerFunctions(registry).by_name(),
                    library="",
                )

    def listen(self) -> None:
        """Connect the parts of the page to the handlers of their events."""
        conversation, chatbot, key, chosen = self._conversation, self.chatbot, self._key, self._chosen
        handlers, panel, saved, source = self._handlers, self._panel, self._saved, self._source
        # The chatbot shows the conversation and is never an input: a message could name a file of any address.
        inputs, outputs = [conversation, key, chosen], [self._box, conversation, chatbot, source]
        answers = self._listen_for_questions(inputs, outputs)
        chatbot.undo(handlers.undo, [conversation, key], outputs, **QUIET)
        self._listen_for_clearing(answers)
        source.judged(handlers.judge, inputs, None, js=WITH_CHOSEN, concurrency_id="ask", **QUIET)
        parts = (conversation, chatbot, key, chosen, source, self._cleared, self._box)
        saved.listen(parts, panel, answers, panel.listen(key, chosen))
        opened: dict[str, Any] = {
            "fn": self.page_opened,
            "inputs": inputs,
            "outputs": [conversation, chatbot, key, chosen, *panel.parts, *saved.parts, source],
            "queue": False,
            **QUIET,
        }
        self._page.load(js=RESTORE, **opened)
        source.lost(js=WITH_CHOSEN, **opened)
        self._page.unload(self.page_closed)
        for changed in (conversation.change, key.change, panel.ticked):
            changed(None, inputs, None, js=SAVE, **QUIET)

    def _listen_for_questions(self, inputs: list[Any], outputs: list[Any]) -> list[Any]:
        """Connect the events that answer, and the one that stops them; return those that answer.

        A question leaves the box once it is in the conversation, and withdraws the offer to restore a cleared one.
        """
        box, conversation, chatbot, source = outputs
        handlers = self._handlers
        # Before the listener that answers: Gradio runs the listeners of an event one after the other.
        box.submit(None, None, self._cleared, js='() => ""', **QUIET)
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

    def _listen_for_clearing(self, answers: list[Any]) -> None:
        """Connect the events that clear and restore the conversation.

        It is cleared again if a cancelled answer brings it back: Gradio shows what an answer still sends until the
        server has confirmed that it is cancelled.
        """
        conversation, chatbot, cleared, handlers = self._conversation, self.chatbot, self._cleared, self._handlers
        kept = [conversation, self._cleared_conversation]
        cancel_first(chatbot.clear, answers)
        chatbot.clear(None, conversation, [*kept, cleared], js=_CLEAR, **QUIET)
        for answer in answers:
            answer.then(None, conversation, [*kept, chatbot], js=_CLEAR_AGAIN, **QUIET)
        chatbot.clear(handlers.clear, self._key, [self._source, self._box], **QUIET)
        cleared.undone(handlers.restore, self._cleared_conversation, [conversation, chatbot, cleared], **QUIET)

    def page_opened(self, sent: Sent, known: str, ticked: list[str], request: gr.Request) -> Updates:
        """Return the values of the components that show a visitor's library and conversation."""
        registry = self._registry
        used = registry.page_opened(str(request.session_hash), known, user_of(request, registry.shared.settings))
        # The tab may have kept the conversation of another user, or of a collection that was deleted.
        sent = [] if used != known and registry.collection(known) else sent
        # A question may have been asked before this event arrived.
        kept = chat.interrupted(chat.conversation(sent))
        return {
            **(dict(zip((self._conversation, self.chatbot), rendered(kept), strict=True)) if kept else {}),
            self._key: used,
            self._chosen: ticked,
            **self._panel.rendered(registry.library_or_shared(used), ticked),
            **self._saved.rendered(used, sent),
            self._source: gr.HTML(library=used),
        }

    async def page_closed(self, request: gr.Request) -> None:
        self._registry.page_closed(str(request.session_hash))
        await forget_session(self._page, str(request.session_hash))


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
