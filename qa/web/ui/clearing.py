"""The notice that offers to restore a conversation after it was cleared."""

import json
from typing import Any

import gradio as gr

from qa.web.ui import messages as chat
from qa.web.ui.chat_handlers import ChatHandlers, Sent, rendered
from qa.web.ui.scripts import QUIET, script

_NOTICE = '<p><span>Conversation cleared.</span><a href="#restore" role="button">Undo</a></p>'
# In the browser, so that a question asked at once does not continue the cleared conversation.
_CLEAR = f'(conversation) => [[], conversation, conversation?.length ? {json.dumps(_NOTICE)} : ""]'


class ClearedNotice:
    """The notice and the cleared conversation, created in the current layout; an empty notice withdraws the offer."""

    def __init__(self) -> None:
        self._conversation = gr.JSON([], elem_id="cleared-conversation", visible=False)
        self.notice = gr.HTML("", elem_id="cleared", js_on_load=script("cleared"), apply_default_css=False)

    def listen(
        self, handlers: ChatHandlers, chatbot: gr.Chatbot, conversation: gr.JSON, key: gr.Textbox, source: gr.HTML
    ) -> None:
        """Show the notice when the conversation is cleared."""
        chatbot.clear(None, [conversation], [conversation, self._conversation, self.notice], js=_CLEAR, **QUIET)
        chatbot.clear(handlers.clear, [key], [source], **QUIET)
        self.notice.undone(_restored, [self._conversation], [conversation, chatbot, self.notice], **QUIET)


def _restored(sent: Sent) -> tuple[Any, ...]:
    return *rendered(chat.conversation(sent)), ""
