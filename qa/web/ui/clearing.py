"""The notice that offers to restore a conversation after it was cleared."""

from typing import Any

import gradio as gr

from qa.web.ui import messages as chat
from qa.web.ui.chat_handlers import ChatHandlers, Sent, rendered
from qa.web.ui.scripts import script

_NOTICE = '<p><span>Conversation cleared.</span><a href="#restore" role="button">Undo</a></p>'


class ClearedNotice:
    """The notice and the cleared conversation, created in the current layout of a `gradio.Blocks`."""

    def __init__(self) -> None:
        self._conversation = gr.JSON([], elem_id="cleared-conversation", visible=False)
        self._notice = gr.HTML("", elem_id="cleared", js_on_load=script("cleared"), apply_default_css=False)

    def listen(
        self, handlers: ChatHandlers, chatbot: gr.Chatbot, conversation: gr.JSON, key: gr.Textbox, source: gr.HTML
    ) -> None:
        """Show the notice when the conversation is cleared."""
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        outputs = [conversation, source, self._conversation, self._notice]

        def clear(sent: Sent, key: str) -> tuple[Any, ...]:
            return *handlers.clear(key), sent, _NOTICE if sent else ""

        chatbot.clear(clear, [conversation, key], outputs, **quiet)
        self._notice.undone(_restored, [self._conversation], [conversation, chatbot, self._notice], **quiet)


def _restored(sent: Sent) -> tuple[Any, ...]:
    return *rendered(chat.conversation(sent)), ""
