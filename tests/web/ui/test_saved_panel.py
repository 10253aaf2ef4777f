"""The panel of collections: what each act changes and shows, and that it reaches nothing of another user."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from conftest import TermEmbedder

from qa import QA, Settings
from qa.documents.loader import load_text
from qa.web.library.database import LibraryDatabase
from qa.web.library.saved import SavedLibrary
from qa.web.library_registry import LibraryRegistry
from qa.web.server.request_bodies import BodyError, BodyValidator
from qa.web.ui.additions import Outcome

from ..server.gradio_loop import in_a_loop

if TYPE_CHECKING:
    import gradio as gr

    from qa.web.ui.saved_panel import SavedPanel

pytestmark = pytest.mark.slow

BEES, TEA = "Bees dance on the comb.", "Tea reached the harbour in 1650."


class Shown:
    """A page with a persistent library, and its content after each action."""

    def __init__(self, folder: Path) -> None:
        from qa.web.ui.page import build
        from qa.web.ui.saved_panel import SavedPanel

        bot = QA(Settings(answer_threshold=0.0), embedder=TermEmbedder())
        bot.add([load_text(BEES, "Bees")])
        self.database = LibraryDatabase(folder)
        self.registry = LibraryRegistry(bot, database=self.database)
        panels: list[SavedPanel] = []
        listen = SavedPanel.listen

        def listening(panel: SavedPanel, *arguments: Any) -> None:  # noqa: ANN401
            panels.append(panel)
            listen(panel, *arguments)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SavedPanel, "listen", listening)
            self.page: gr.Blocks = in_a_loop(lambda: build(self.registry))
        [self.panel] = panels
        self.key = self.registry.page_opened("page", None)
        self.sent: list[dict[str, Any]] = []

    @property
    def library(self) -> SavedLibrary:
        library = self.registry.open(self.key)
        assert isinstance(library, SavedLibrary)
        return library

    def act(self, act: str, *chosen: str, **data: str) -> str:
        """Do it, take over the key and the conversation that come back, and return the status."""
        event: Any = SimpleNamespace(_data={"act": act, **data})
        asker: Any = SimpleNamespace(headers={})
        updates = self.panel._act(self.sent, self.key, list(chosen), asker, event)
        for component, value in updates.items():
            if component.elem_id == "library-key":
                self.key = value
            elif component.elem_id == "conversation":
                self.sent = value
        return unescape(str(updates.get(self.panel._status, "")))

    def ask(self, question: str) -> None:
        """Save a question and its answer in a new conversation."""
        self.registry.save_turn(self.key, question, self.library.bot.ask(question), [], [])

    @property
    def names(self) -> list[tuple[str, int, int]]:
        return [(each.name, each.articles, each.conversations) for each in self.database.collections.of_user("")]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, warm_sandboxes: Any) -> Iterator[Shown]:  # noqa: ANN401
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qa.web.library_registry.Sandbox", warm_sandboxes)
        shown = Shown(tmp_path_factory.mktemp("library"))
    yield shown
    shown.database.close()


def test_the_list_of_articles_is_sent_now_and_then_while_many_are_added(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [[Outcome("tea", "half read", "working")]] * 50 + [[Outcome("Tea", "added", "added")]]
    monkeypatch.setattr("qa.web.ui.library_panel.add_all", lambda *_: steps)
    monkeypatch.setattr("qa.web.ui.library_panel._SECONDS_BETWEEN_LISTS", (1000.0, 1000.0))
    event: Any = SimpleNamespace(_data={})
    asker: Any = SimpleNamespace(client=None)
    panel = shown.panel._panel
    sent = [updates[panel._outcomes] for updates in panel._add(shown.key, [], asker, event)]
    assert ["half read" in sent[0], "added" in sent[-1], len(sent)] == [True, True, 2]


def test_conversations_are_opened_renamed_deleted_and_restored(shown: Shown) -> None:
    shown.act("create", name="Talks")
    shown.ask("Where do bees dance?")
    [conversation] = shown.database.conversations.search(shown.library.collection)
    shown.act("open", id=conversation.id)
    [exchange] = shown.sent
    assert exchange["question"] == "Where do bees dance?"
    assert "comb" in exchange["shown"]
    assert exchange["saved"].startswith(f"{conversation.id}:")
    shown.act("rename", id=conversation.id, name="Bees <b>")
    heading, listed, _ = shown.panel.rendered(shown.key, shown.sent).values()
    assert "Conversations: 1" in heading.label
    assert 'aria-current="true">Bees &#60;b&#62;<' in listed
    assert "No conversation has these words" in list(shown.panel.rendered(shown.key, shown.sent, "tea").values())[1]
    assert 'data-act="restore"' in shown.act("delete", id=conversation.id)
    assert not shown.sent
    shown.act("restore", id=conversation.id)
    assert [each.name for each in shown.database.conversations.search(shown.library.collection)] == ["Bees <b>"]
    shown.act("new")
    assert not shown.sent


def test_collections_are_created_renamed_deleted_and_restored(shown: Shown) -> None:
    shown.act("create", name="Mine")
    mine = shown.library.collection
    shown.library.add_text(TEA, "Tea")
    shown.act("rename collection", name="Trade")
    assert ("Trade", 1, 0) in shown.names
    status = shown.act("delete collection")
    assert "Deleted Trade." in status
    assert shown.library.collection != mine
    shown.act("restore collection", id=str(mine))
    assert shown.library.collection == mine
    shown.act("create", name="Other")
    other = shown.library.collection
    shown.act("choose", id=str(mine))
    assert "is selected" in shown.act("move", "bees.txt", id=str(other))
    shown.act("move", "tea.txt", id=str(other))
    assert {("Trade", 0, 0), ("Other", 1, 0)} <= set(shown.names)
    assert 'href="collection/' in shown.act("export")

    # Another window may still show the collection: its lists stay as they are.
    key = shown.key
    shown.act("delete collection")
    assert all("value" not in update for update in shown.panel.rendered(key).values())


def test_malformed_requests_and_those_for_another_user_are_refused(shown: Shown) -> None:
    [foreign] = shown.database.collections.of_user("bob")
    before = shown.key
    for asked in (
        {"act": "choose", "id": str(foreign.id)},
        {"act": "restore collection", "id": "9" * 30},
        {"act": "x"},
    ):
        assert "no longer in this library" in shown.act(asked.pop("act"), **asked)
    assert "The name is empty" in shown.act("create", name=" ")
    assert "upload was not found" in shown.act("import", name="missing.zip", path="/etc/passwd")
    assert shown.key == before


def test_only_ones_own_upload_is_imported(shown: Shown) -> None:
    bodies = BodyValidator(shown.page)
    events = shown.page.fns.items()
    number = next(n for n, event in events if event.fn and "imported" in {name for _, name in event.targets})
    event = {"act": "import", "name": "a.zip", "path": "/somewhere"}
    body = json.dumps({"data": [[], "", []], "fn_index": number, "session_hash": "a", "event_data": event}).encode()
    with pytest.raises(BodyError, match="not of a file that you uploaded"):
        bodies.checked("/gradio_api/queue/join", body, lambda _: False)
    assert json.loads(bodies.checked("/gradio_api/queue/join", body, lambda _: True))["event_data"] == event
