"""The functions that the page's scripts call on the server, outside Gradio's queue.

Each takes an unchecked mapping that the browser sent, and returns HTML or text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from itertools import islice
from threading import Lock
from typing import Any

from qa.errors import QAError
from qa.insights.suggestions import follow_ups
from qa.output.export import FORMATS, exchanges, export
from qa.pipeline import QA
from qa.types import Document, Turn
from qa.web.libraries import Library
from qa.web.library_registry import LibraryRegistry
from qa.web.ui.chat_handlers import asked_documents
from qa.web.ui.markup import ARTICLES, LinkTarget, parse_href, span_href
from qa.web.ui.pdf_page import file_of, pdf_page_html
from qa.web.ui.source_pane import source_html
from qa.web.ui.welcome import Suggestions, suggestions_html

_MAX_MATCHES = 1000  # the same as in find.js
_MAX_WAIT_SECONDS = 10  # while follow-ups of another visitor are computed


class ServerFunctions:
    """The functions, bound to the libraries of visitors."""

    def __init__(self, registry: LibraryRegistry) -> None:
        self._registry = registry
        self._suggestions = Suggestions()
        self._one_at_a_time = Lock()

    def by_name(self) -> list[Callable[[Any], str]]:
        """Return the functions, which the scripts call by name."""
        of_articles = (self.load_source, self.load_pdf_page, self.suggest, self.find)
        return [_function(method) for method in (*of_articles, self.follow_ups, self.save, self.has_lost)]

    @property
    def _shared(self) -> QA:
        return self._registry.shared

    def load_source(self, sent: object) -> str:
        """Return the source pane for ``links``: the link to follow, then the links to all excerpts of its answer."""
        return source_html(self._library(sent).documents, _get(sent, "links"))

    def load_pdf_page(self, sent: object) -> str:
        """Return the PDF page that the first of ``links`` points to; empty if there is none."""
        library, document, target = self._target(sent)
        if document is None or target is None:
            return ""
        # The name of a visitor's file must not select a file of this machine.
        own = document.id in library.added
        file = (
            library.file(document.id)
            if own
            else file_of(document, self._shared.files, self._shared.settings.max_file_mb)
        )
        return pdf_page_html(document, file, target, library.sandbox)

    def suggest(self, sent: object) -> str:
        """Return suggested questions for the article of the first of ``links``, or for the first few articles."""
        library, document, _ = self._target(sent)
        if _first_link(sent) == ARTICLES:
            own = [name for name, added in library.added.items() if added.read == 1]
            return suggestions_html(self._suggestions.first(library.bot if own else self._shared, own[::-1]))
        if document is None:
            return ""
        # Computed once for all visitors if the article is shared
        bot = library.bot if document.id in library.added else self._shared
        return suggestions_html(self._suggestions.for_article(bot, document.id))

    def find(self, sent: object) -> str:
        """Return links to the matches of ``text`` in the article of the first of ``links``, separated by spaces."""
        _, document, _ = self._target(sent)
        words = str(_get(sent, "text") or "").split()
        if document is None or not words:
            return ""
        pattern = re.compile(r"\s+".join(map(re.escape, words)), re.IGNORECASE)
        matches = islice(pattern.finditer(document.text), _MAX_MATCHES)
        return " ".join(span_href("passage", document.id, *match.span()) for match in matches)

    def follow_ups(self, sent: object) -> str:
        """Return questions to ask next in ``conversation``, about the text near the first of ``links``."""
        library, document, target = self._target(sent)
        if document is None or target is None or not self._one_at_a_time.acquire(timeout=_MAX_WAIT_SECONDS):
            return ""
        try:
            turns = [
                Turn(one.question, one.answer, tuple((each.document, each.start, each.end) for each in one.excerpts))
                for one in exchanges(_get(sent, "conversation"), library.documents)
            ]
            within = asked_documents(library.documents, _get(sent, "chosen"))
            excerpt = (target.start, target.end)
            return suggestions_html(follow_ups(library.bot, document.id, excerpt, turns, within), "Ask next")
        except QAError:
            return ""
        finally:
            self._one_at_a_time.release()

    def save(self, sent: object) -> str:
        """Return the ``conversation`` in the ``format`` asked for; empty if either is invalid."""
        wanted: Any = _get(sent, "format")
        if wanted not in FORMATS:
            return ""
        try:
            return export(exchanges(_get(sent, "conversation"), self._library(sent).documents), wanted)
        except QAError:
            return ""

    def has_lost(self, sent: object) -> str:
        """Return "yes" if the articles added to a library are gone; a page asks this now and then."""
        return "yes" if self._registry.has_lost(str(_get(sent, "library") or "")) else "no"

    def _library(self, sent: object) -> Library:
        return self._registry.library_or_shared(_get(sent, "library"))

    def _target(self, sent: object) -> tuple[Library, Document | None, LinkTarget | None]:
        library = self._library(sent)
        link = _first_link(sent)
        target = parse_href(link) if link else None
        document = library.documents.get(target.document) if target else None
        if target is None or document is None or target.end > len(document.text) or target.start > target.end:
            return library, None, None
        return library, document, target


def _function(method: Callable[[object], str]) -> Callable[[Any], str]:
    # Gradio sets an attribute of it, which a method cannot have.
    @wraps(method)
    def call(sent: object) -> str:
        return method(sent)

    return call


def _get(sent: object, key: str) -> Any:  # noqa: ANN401 -- whatever the browser sent
    return sent.get(key) if isinstance(sent, dict) else None


def _first_link(sent: object) -> str | None:
    links = _get(sent, "links")
    return links[0] if isinstance(links, list) and links and isinstance(links[0], str) else None
