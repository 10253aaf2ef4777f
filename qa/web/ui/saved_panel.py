"""The panel of collections and conversations: components and event handlers."""

# Gradio reads the annotations of event handlers at run time, so they are not postponed here.
from collections.abc import Callable
from typing import Any

import gradio as gr

from qa.errors import QAError
from qa.web import notices
from qa.web.library.collection_registry import CollectionRegistry
from qa.web.library.sqlite_file import row_id
from qa.web.library.transfer import import_collection
from qa.web.library_registry import LibraryRegistry
from qa.web.server.auth import user_of
from qa.web.ui import messages as chat
from qa.web.ui.additions import take_upload_file
from qa.web.ui.chat_handlers import Sent, rendered
from qa.web.ui.library_panel import LibraryPanel, Updates
from qa.web.ui.saved import (
    CONVERSATIONS_TEMPLATE,
    MAX_LISTED,
    collections_html,
    conversations_html,
    download_html,
    panel_label,
    problem_html,
    reopened,
    undo_html,
)
from qa.web.ui.scripts import QUIET, STATUS_TEMPLATE, WITH_CHOSEN, WITH_WORDS, cancel_first, html_part
from qa.web.ui.source_pane import articles_html


class SavedPanel:
    """The panel, created in the current layout of a `gradio.Blocks`; empty if nothing is stored.

    `free` returns the question box when no answer is being written.
    """

    def __init__(self, registry: LibraryRegistry, free: Callable[[], Any]) -> None:
        self._registry = registry
        self._free = free
        if registry.collections is None:
            return
        with gr.Accordion("Conversations", open=False, elem_id="saved") as self._heading:
            with gr.Row():
                with gr.Column(min_width=320):
                    self._words = gr.Textbox(elem_id="conversation-words", visible=False)
                    self._conversations = html_part("", "conversations", "saved", html_template=CONVERSATIONS_TEMPLATE)
                with gr.Column(min_width=320):
                    self._collections = html_part("", "collections", "saved")
            self._status = html_part("", "saved-status", "saved", html_template=STATUS_TEMPLATE)

    @property
    def parts(self) -> list[Any]:
        """The components that `rendered` returns values for."""
        return [self._heading, self._conversations, self._collections] if self._registry.collections else []

    def rendered(self, key: str, sent: Sent = (), words: str = "") -> Updates:  # type: ignore[assignment]
        """Return the values of `parts` for the collection of a key; no changes if it was deleted in another window."""
        collection = self._registry.collection(key)
        user = None if collection is None else self._saved.database.collections.user_of(collection)
        if collection is None or user is None:
            return {part: gr.skip() for part in self.parts}
        database = self._saved.database
        collections = database.collections.of_user(user)
        [current] = [each for each in collections if each.id == collection]
        conversations = database.conversations.search(collection, words, MAX_LISTED + 1)
        return {
            self._heading: gr.Accordion(label=panel_label(current)),
            self._conversations: conversations_html(conversations, _opened(sent), words),
            self._collections: collections_html(collections, collection),
        }

    @property
    def _saved(self) -> CollectionRegistry:
        assert self._registry.collections  # noqa: S101 -- there are no events otherwise
        return self._registry.collections

    def listen(
        self,
        page: tuple[gr.JSON, gr.Chatbot, gr.Textbox, gr.JSON, gr.HTML, gr.HTML, gr.Textbox],
        panel: LibraryPanel,
        answers: list[Any],
        changes: list[Any],
    ) -> None:
        """Connect the panel to the parts of the page; its lists are updated after the events `answers` and `changes`.

        The parts are the conversation, its messages, the key, the chosen articles, the source pane, the notice that a
        conversation was cleared, and the question box. An answer is cancelled when another conversation is shown.
        """
        if self._registry.collections is None:
            return
        self._page, self._panel = page, panel
        conversation, _, key, chosen, *_ = page
        inputs = [conversation, key, chosen]
        outputs = [*page, *panel.parts, *self.parts, self._status]
        # Every event is handled, in order, even if another one is still being handled.
        acting = {
            **QUIET,
            "js": WITH_CHOSEN,
            "trigger_mode": "multiple",
            "concurrency_id": "saved",
            "concurrency_limit": 1,
        }
        for part in (self._conversations, self._collections, self._status):
            part.acted(self._act, inputs, outputs, **acting)
            cancel_first(part.switched, answers)
            part.switched(self._act, inputs, outputs, **acting)
        imported = self._collections.imported
        cancel_first(imported, answers)
        imported(self._act, inputs, outputs, **{**acting, "concurrency_id": "add"})
        for change in (*answers, *changes):
            change.then(self.rendered, [key, conversation, self._words], self.parts, js=WITH_WORDS, **QUIET)

    def _act(self, sent: Sent, key: str, chosen: list[str], asker: gr.Request, event: gr.EventData) -> Updates:
        asked = event._data or {}
        key = key or self._registry.first_key(user_of(asker, self._registry.shared.settings))
        acts: dict[str, Callable[..., Updates]] = {
            "search": self._search,
            "new": self._begin,
            "open": self._open,
            "rename": self._change,
            "delete": self._delete,
            "restore": self._change,
            "choose": self._choose,
            "create": self._create,
            "rename collection": self._change,
            "delete collection": self._delete_collection,
            "restore collection": self._restore_collection,
            "move": self._move,
            "export": self._export,
            "import": self._import,
        }
        try:
            collection = self._registry.collection(key)
            act = acts.get(asked.get("act", ""))
            if collection is None or act is None:
                raise notices.GONE.error()
            return act(collection, asked, key=key, sent=sent, chosen=chosen)
        except QAError as error:
            return {self._status: problem_html(notices.sentence(str(error)))}

    def _search(self, _: int, asked: dict[str, str], *, key: str, sent: Sent, **__: object) -> Updates:
        return {self._conversations: self.rendered(key, sent, _words(asked))[self._conversations]}

    def _begin(self, _: int, asked: dict[str, str], *, key: str, **__: object) -> Updates:
        return {
            **self._cleared(key),
            **self.rendered(key, words=_words(asked)),
            self._heading: gr.Accordion(open=False),
            self._status: "",
        }

    def _open(self, collection: int, asked: dict[str, str], *, key: str, **_: object) -> Updates:
        name, library = asked.get("id", ""), self._registry.library(key)
        turns = self._saved.database.conversations.turns(collection, name)
        exchanges = reopened(name, turns, library.documents, library.added, self._registry.shared.settings.cases_file)
        data, shown = rendered(exchanges)
        return {
            **self._begin(collection, asked, key=key),
            **dict(zip(self._page, (data, shown), strict=False)),
            **self.rendered(key, data, _words(asked)),
            self._heading: gr.Accordion(open=False),
        }

    def _change(self, collection: int, asked: dict[str, str], *, key: str, sent: Sent, **_: object) -> Updates:
        """Rename or restore a conversation, or rename the collection."""
        database, conversation, name = self._saved.database, asked.get("id", ""), asked.get("name", "")
        match asked["act"]:
            case "rename":
                database.conversations.rename(collection, conversation, name)
            case "restore":
                database.conversations.restore(collection, conversation)
            case "rename collection":
                self._saved.user_of(collection)
                database.collections.rename(collection, name)
        return {**self.rendered(key, sent, _words(asked)), self._status: ""}

    def _delete(self, collection: int, asked: dict[str, str], *, key: str, sent: Sent, **_: object) -> Updates:
        name = asked.get("id", "")
        self._saved.database.conversations.delete(collection, name)
        cleared = self._cleared(key) if _opened(sent) == name else {}
        return {
            **cleared,
            **self.rendered(key, sent, _words(asked)),
            self._status: undo_html("the conversation", "restore", name),
        }

    def _choose(self, collection: int, asked: dict[str, str], **_: object) -> Updates:
        return self._shown(self._own(collection, asked), asked)

    def _create(self, collection: int, asked: dict[str, str], **_: object) -> Updates:
        user = self._saved.user_of(collection)
        return self._shown(self._saved.database.collections.create(user, asked.get("name", "")), asked)

    def _delete_collection(self, collection: int, asked: dict[str, str], **_: object) -> Updates:
        user, name = self._saved.user_of(collection), self._saved.name_of(collection)
        self._saved.database.collections.delete(collection)
        self._saved.close(collection)
        last = self._saved.database.collections.of_user(user)[-1]
        return {**self._shown(last.id, asked), self._status: undo_html(name, "restore collection", collection)}

    def _restore_collection(self, collection: int, asked: dict[str, str], **_: object) -> Updates:
        deleted = row_id(asked.get("id", ""))
        self._saved.database.collections.restore(deleted, self._saved.user_of(collection))
        return self._shown(deleted, asked)

    def _move(self, collection: int, asked: dict[str, str], *, key: str, sent: Sent, chosen: list[str]) -> Updates:
        library, to = self._saved.library(collection), self._saved.library(self._own(collection, asked))
        own = [name for name in chosen or () if name in library.added]
        if not own:
            raise notices.NOTHING_TO_MOVE.error()
        for name in own:
            library.move(name, to)
        lists = self.rendered(key, sent, _words(asked))
        return {**self._panel.rendered(library, []), **lists, self._status: ""}

    def _export(self, collection: int, _: dict[str, str], **__: object) -> Updates:
        return {self._status: download_html(self._saved.ticket(collection), self._saved.name_of(collection))}

    def _import(self, collection: int, asked: dict[str, str], **_: object) -> Updates:
        name = asked.get("name", "")
        if problem := asked.get("problem"):
            raise QAError(f"{name}: {problem}")
        with take_upload_file(asked.get("path", ""), name) as file:
            user = self._saved.user_of(collection)
            new = import_collection(self._saved.database, user, file, name, self._registry.shared)
        return self._shown(new, asked)

    def _own(self, collection: int, asked: dict[str, str]) -> int:
        """Return the collection that the event names, which must belong to the same user."""
        other = row_id(asked.get("id", ""))
        if self._saved.database.collections.user_of(other) != self._saved.user_of(collection):
            raise notices.GONE.error()
        return other

    def _shown(self, collection: int, asked: dict[str, str]) -> Updates:
        """Return the updates that show a collection, without a conversation."""
        key = self._saved.key(collection)
        return {
            **self._cleared(key),
            **self._panel.rendered(self._registry.library(key), []),
            **self.rendered(key, words=_words(asked)),
            self._status: "",
        }

    def _cleared(self, key: str) -> Updates:
        library = self._registry.library(key)
        source = gr.HTML(articles_html(library.documents), library=key)
        return dict(zip(self._page, ([], [], key, [], source, "", self._free()), strict=True))


def _opened(sent: Sent) -> str:
    """Return the id of the conversation on the page; empty if it is not stored."""
    names = chat.names(chat.conversation(sent))
    return names[-1].partition(":")[0] if names else ""


def _words(asked: dict[str, str]) -> str:
    """Return what is in the search box; every act sends it, so that the list stays as searched."""
    return asked.get("words", "")
