"""What the page's script asks for beside the source itself: printed pages, suggestions, a conversation to save.

Each takes what a browser sent, a mapping, and nothing about that is taken for granted. None goes through the queue.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qa.errors import QAError
from qa.output.export import FORMATS, exchanges, export
from qa.pipeline import QA
from qa.types import Document
from qa.web.libraries import Library
from qa.web.ui.markup import ARTICLES, Place, parse_href
from qa.web.ui.pdf_page import file_of, sheet_html
from qa.web.ui.welcome import Suggestions, suggestions_html


class Pane:
    """Answers the page's script.

    Parameters
    ----------
    shared : QA
        The bot of the shared articles.
    library_of : callable
        Gives the library of the key that a browser sent, or the shared one for any other value.
    """

    def __init__(self, shared: QA, library_of: Callable[[object], Library]) -> None:
        self._shared = shared
        self._library_of = library_of
        self._suggestions = Suggestions()

    def sheet(self, sent: object) -> str:
        """Return the printed page of the first of ``links``; empty where there is none."""
        library, document, place = self._place(sent)
        if document is None or place is None:
            return ""
        # What a visitor calls a file says nothing about this machine's files.
        added = library.added.get(document.id)
        file = added.file if added else file_of(document, self._shared.files, self._shared.settings.max_file_mb)
        return sheet_html(document, file, place, library.sandbox)

    def suggestions(self, sent: object) -> str:
        """Return questions for the article of the first of ``links``, or for the first few articles."""
        library, document, _ = self._place(sent)
        if _first_link(sent) == ARTICLES:
            return suggestions_html(self._suggestions.first(library.bot if library.added else self._shared))
        if document is None:
            return ""
        # The shared articles are asked for everyone at once.
        bot = library.bot if document.id in library.added else self._shared
        return suggestions_html(self._suggestions.of(bot, document.id))

    def saved(self, sent: object) -> str:
        """Return the ``conversation`` in the ``format`` asked for; empty where it is not one."""
        wanted: Any = sent.get("format") if isinstance(sent, dict) else None
        if not isinstance(sent, dict) or wanted not in FORMATS:
            return ""
        try:
            return export(exchanges(sent.get("conversation"), self._library(sent).documents), wanted)
        except QAError:
            return ""

    def _library(self, sent: object) -> Library:
        return self._library_of(sent.get("library") if isinstance(sent, dict) else None)

    def _place(self, sent: object) -> tuple[Library, Document | None, Place | None]:
        library = self._library(sent)
        link = _first_link(sent)
        place = parse_href(link) if link else None
        document = library.documents.get(place.document) if place else None
        if place is None or document is None or place.end > len(document.text) or place.start > place.end:
            return library, None, None
        return library, document, place


def _first_link(sent: object) -> str | None:
    links = sent.get("links") if isinstance(sent, dict) else None
    return links[0] if isinstance(links, list) and links and isinstance(links[0], str) else None
