"""Collections and conversations as HTML, and stored conversations as exchanges."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

from qa.output.text import counted
from qa.types import Document
from qa.web import notices
from qa.web.library.answers import readable_answer, with_missing
from qa.web.library.collections import Collection
from qa.web.library.conversations import StoredConversation, StoredTurn
from qa.web.library.sqlite_file import MAX_NAME_CHARACTERS
from qa.web.ui import messages as chat
from qa.web.ui.answer import answer_html
from qa.web.ui.markup import escape
from qa.web.ui.messages import Exchange

MAX_LISTED = 50  # conversations in the list; a search finds the others
CONVERSATIONS_TEMPLATE = (
    '<div class="find"><label class="hidden" for="search-words">Search conversations</label>'
    '<input id="search-words" type="search" placeholder="Search conversations" autocomplete="off" '
    'maxlength="200">'
    '<button type="button" data-act="new">New conversation</button></div>${value}'
)
"""The list of conversations, below a search box."""


def panel_label(collection: Collection) -> str:
    """Return the heading of the panel."""
    return f"Conversations: {collection.conversations:,} in {collection.name}"


def conversations_html(conversations: Sequence[StoredConversation], opened: str = "", words: str = "") -> str:
    """Return a list of conversations; `opened` is the id of the one on the page.

    The page's script restores the searched words to the search box.
    """
    searched = f'data-words="{escape(words)}"'
    if not conversations:
        hint = "No conversation has these words." if words.strip() else "No conversations yet."
        return f'<p class="hint" {searched}>{hint}</p>'
    more = '<p class="hint">Search to find earlier ones.</p>' if len(conversations) > MAX_LISTED else ""
    items = "".join(_conversation(each, opened) for each in conversations[:MAX_LISTED])
    return f'<ul class="conversations" {searched}>{items}</ul>{more}'


def _conversation(conversation: StoredConversation, opened: str) -> str:
    name, current = escape(conversation.name), ' aria-current="true"' if conversation.id == opened else ""
    return (
        f'<li><button type="button" class="open" data-act="open" value="{escape(conversation.id)}"{current}>{name}'
        "</button>"
        f'<time datetime="{escape(conversation.changed)}">{escape(conversation.changed[:10])}</time>'
        f'<details><summary aria-label="Rename {name}">Rename</summary>'
        f"{_name_form('rename', conversation.id, conversation.name, 'Rename')}</details>"
        f'<button type="button" data-act="delete" value="{escape(conversation.id)}" aria-label="Delete {name}">Delete'
        "</button></li>"
    )


def collections_html(collections: Sequence[Collection], shown: int) -> str:
    """Return the choice of a collection, and the forms and buttons that change the one that is shown."""
    [current] = [each for each in collections if each.id == shown]
    options = "".join(
        f'<option value="{each.id}"{" selected" if each.id == shown else ""}>{escape(each.name)} '
        f"({counted(each.articles, 'article')})</option>"
        for each in collections
    )
    others = "".join(
        f'<option value="{each.id}">{escape(each.name)}</option>' for each in collections if each != current
    )
    move = (
        '<form data-act="move"><label for="move-to">Move the selected articles to</label>'
        f'<select id="move-to" name="id">{others}</select><button type="submit">Move</button></form>'
    )
    return (
        f'<label for="collection">Collection</label><select id="collection" data-act="choose">{options}</select>'
        "<details><summary>Manage collections</summary>"
        f"{_name_form('create', '', '', 'Create', 'New collection')}"
        f"{_name_form('rename collection', '', current.name, 'Rename', 'Name of this collection')}"
        f"{move if others else ''}"
        '<p class="acts"><button type="button" data-act="export">Export as one file</button>'
        '<label class="import button">Import a file<input type="file" accept=".zip"></label>'
        '<button type="button" data-act="delete collection">Delete this collection</button></p></details>'
    )


def _name_form(act: str, value: str, name: str, button: str, label: str = "") -> str:
    field = f"{act.replace(' ', '-')}-{escape(value)}"
    shown = f'<label for="{field}">{label}</label>' if label else f'<label class="hidden" for="{field}">Name</label>'
    return (
        f'<form data-act="{act}" data-id="{escape(value)}">{shown}<input id="{field}" name="name" required '
        f'maxlength="{MAX_NAME_CHARACTERS}" autocomplete="off" value="{escape(name)}">'
        f'<button type="submit">{button}</button></form>'
    )


def undo_html(what: str, act: str, value: object) -> str:
    """Return a notice with a button to restore what was deleted."""
    undo = f'<button type="button" data-act="{act}" value="{escape(str(value))}">Undo</button>'
    return f'<p class="undo">Deleted {escape(what)}. {undo}</p>'


def problem_html(message: str) -> str:
    """Return a message about what failed."""
    return f'<p class="failed">{escape(message)}</p>'


def download_html(ticket: str, name: str) -> str:
    """Return the link to download a collection, which the page's script follows."""
    return f'<p><a class="download" href="collection/{escape(ticket)}" download>Download {escape(name)}</a></p>'


def reopened(
    conversation: str,
    turns: Sequence[StoredTurn],
    documents: Mapping[str, Document],
    own: Container[str],
    cases_file: str,
) -> list[Exchange]:
    """Return a stored conversation as exchanges; `own` has the ids of the documents that only this user has."""
    exchanges = []
    for turn in turns:
        answer = readable_answer(turn)
        if answer is None:
            exchange = chat.failed(turn.question, notices.ANSWER_DAMAGED.text())
        elif answer.kind == "about":
            exchange = chat.replied(turn.question, answer.text or "")
        else:
            shown, there = with_missing(answer, documents)
            served = all(each.document in documents and each.document not in own for each in shown.citations)
            exchange = chat.answered(turn.question, answer, answer_html(shown, there, cases_file, served=served))
        exchanges.append(replace(exchange, saved=f"{conversation}:{turn.id}"))
    return exchanges
