"""The HTTP endpoints, which are also the MCP tools.

A program adds documents to a library of its own: `add_document` creates one and returns its key, which the other
endpoints take.
"""

# Gradio reads the annotations of the endpoints at run time, so they are not postponed here.
import base64
import binascii
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import dropwhile, islice
from typing import Any

import gradio as gr
from gradio.events import api

from qa.cancellation import Cancellation
from qa.documents.overview import word_count
from qa.errors import QAError
from qa.output.text import answer_to_json, passage_to_json
from qa.retrieval.request_limits import check_documents
from qa.types import Document
from qa.web.adding import Reading, adding
from qa.web.libraries import Added, Library
from qa.web.library_registry import LibraryRegistry
from qa.web.server.rate_limit import visitor_of

_DEFAULT_PASSAGES = 5  # that `search` returns
_MAX_PASSAGES = 100
_MAX_LISTED = 1000  # articles that `list_documents` returns at a time


def publish(registry: LibraryRegistry) -> None:
    """Add the endpoints to the current `gradio.Blocks`."""
    endpoints = _Endpoints(registry)
    for endpoint in (endpoints.ask, endpoints.search, endpoints.list_documents, endpoints.cancel_adding):
        api(endpoint, concurrency_id="ask")
    api(endpoints.add_document, concurrency_limit=1, concurrency_id="add")


class _Endpoints:
    """The endpoints. They validate their arguments; their docstrings are shown to those who call them."""

    def __init__(self, registry: LibraryRegistry) -> None:
        self._registry = registry

    def ask(
        self,
        question: str,
        asker: gr.Request,
        history: list[str] | None = None,
        documents: list[str] | None = None,
        library: str = "",
    ) -> dict[str, Any]:
        """Answer a question from the articles, with exact excerpts, or say that the articles do not answer it.

        Args:
            question: The question, in English.
            history: Earlier questions of the same conversation, oldest first.
            documents: Ids of the documents to ask; default: all.
            library: Key of your library, from add_document; default: only the shared articles are asked.
        """
        with _errors_for_gradio():
            self._registry.questions.take(visitor_of(asker))
            bot = self._library(library).bot
            earlier, within = _strings("history", history) or (), _strings("documents", documents)
            return answer_to_json(bot.ask(_string("question", question), history=earlier, documents=within))

    def search(
        self,
        question: str,
        asker: gr.Request,
        k: int = _DEFAULT_PASSAGES,
        documents: list[str] | None = None,
        library: str = "",
    ) -> list[dict[str, Any]]:
        """Find the passages of the articles that are nearest to a question, best first.

        Args:
            question: The question, in English.
            k: How many passages, from 1 to 100.
            documents: Ids of the documents to search; default: all.
            library: Key of your library, from add_document; default: only the shared articles are searched.
        """
        with _errors_for_gradio():
            k = _DEFAULT_PASSAGES if k is None else k
            if not isinstance(k, int) or not 1 <= k <= _MAX_PASSAGES:
                raise QAError(f"k is {k!r}; it must be an integer from 1 to {_MAX_PASSAGES}")
            self._registry.questions.take(visitor_of(asker))
            bot = self._library(library).bot
            found = bot.search(_string("question", question), k, documents=_strings("documents", documents))
            return [{**passage_to_json(passage), "text": passage.text} for passage in found]

    def add_document(
        self,
        asker: gr.Request,
        text: str = "",
        title: str = "",
        url: str = "",
        file: str = "",
        name: str = "",
        library: str = "",
    ) -> Iterator[dict[str, Any]]:
        """Add an article to your own library: text, a web address or a file. Nobody else can see it.

        A long article is returned several times: first without a document, then each time more of it can be asked.

        Args:
            text: The article as plain text or Markdown.
            title: Title of the text.
            url: Web address of the article, if the server allows it.
            file: Content of a file in base64: text, HTML, PDF, an office document, a table, an e-book or a mail.
            name: Name of that file, with its suffix.
            library: Key of your library; default: a new library is created, and its key returned.
        """
        with _errors_for_gradio():
            given = {key: _string(key, value) for key, value in {"text": text, "url": url, "file": file}.items()}
            if sum(map(bool, given.values())) != 1:
                raise QAError("give exactly one of text, url and file")
            title, name, key = _string("title", title), _string("name", name), _string("library", library)
            if file and not name:
                raise QAError("name is missing: give the name of the file, with its suffix")
            if text:
                add = partial(Library.add_text, text=text, title=title)
            elif url:
                add = partial(Library.add_url, url=url)
            else:
                add = partial(Library.add_file, data=_decoded(file), name=name)
            yield from self._added(visitor_of(asker), key, add)

    def list_documents(self, library: str = "", after: str = "") -> list[dict[str, Any]]:
        """List the articles that can be asked, at most 1,000 at a time.

        Args:
            library: Key of your library, as add_document returned it; without it the shared articles are listed.
            after: Id of the last article listed before, to list those after it.
        """
        with _errors_for_gradio():
            own, after = self._library(library), _string("after", after)
            check_documents([after] if after else None, own.documents)
            names = dropwhile(lambda name: name != after, own.documents) if after else iter(own.documents)
            page = islice(names, bool(after), _MAX_LISTED + bool(after))
            return [_described(own.documents[name], own.added.get(name)) for name in page]

    def cancel_adding(self, library: str) -> list[dict[str, Any]]:
        """Cancel the article that is being added to your library, and list the other articles.

        Args:
            library: Key of your library, as add_document returned it.
        """
        with _errors_for_gradio():
            own = self._library(library)
            own.cancellation.cancel()
            return [_described(each.document, each) for each in own.added.values() if each.read == 1]

    def _library(self, key: object) -> Library:
        return self._registry.library(_string("library", key))

    def _added(self, visitor: str, key: str, add: Callable[..., Added]) -> Iterator[dict[str, Any]]:
        """Yield the progress of an addition to the library of a key; without a key, to a new library."""
        used = key or self._registry.new_key()
        own = self._registry.open(used, visitor)
        own.cancellation = Cancellation()
        try:
            with closing(adding(own, lambda part_added: add(own, part_added=part_added))) as steps:
                for reading in steps:
                    # A library that is being added to is in use.
                    self._registry.library_or_shared(used)
                    yield _progress(used, reading)
        finally:
            # A new library without an article would count towards the visitor's limit.
            if not key and not own.added:
                self._registry.discard(used)


@contextmanager
def _errors_for_gradio() -> Iterator[None]:
    try:
        yield
    except QAError as error:
        raise gr.Error(str(error), print_exception=False) from None


def _string(name: str, value: object) -> str:
    # Language models send null for what they leave out.
    if value is None or isinstance(value, str):
        return value or ""
    raise QAError(f"{name} must be a string")


def _strings(name: str, values: object) -> list[str] | None:
    if values is None or (isinstance(values, list) and all(isinstance(value, str) for value in values)):
        return values
    raise QAError(f"{name} must be a list of strings")


def _decoded(file: str) -> bytes:
    try:
        # Many programs break it into lines.
        return base64.b64decode("".join(file.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise QAError(f"file is not base64: {error}") from None


def _progress(key: str, reading: Reading | None) -> dict[str, Any]:
    if reading is None:
        return {"library": key, "document": None}
    left = reading.seconds_left
    return {
        "library": key,
        "document": _described(reading.added.document, reading.added),
        "characters_per_second": round(reading.characters_per_second),
        "seconds_left": left if left is None else round(left, 1),
    }


def _described(document: Document, added: Added | None) -> dict[str, Any]:
    return {
        "id": document.id,
        "title": document.title,
        "words": word_count(document),
        "characters": len(document.text),
        "language": document.language,
        "notes": list(document.notes),
        "added": added.when.isoformat(timespec="seconds") if added else None,
        "read": round(added.read, 4) if added else 1.0,
    }
