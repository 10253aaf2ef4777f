"""What a visitor sees before asking: how the chat works, the overview of an article, and suggested questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from threading import Lock
from urllib.parse import quote, urlsplit
from weakref import WeakKeyDictionary

from qa.documents.overview import Mention, Overview
from qa.insights.suggestions import suggest
from qa.output.text import counted
from qa.pipeline import QA
from qa.settings import Settings
from qa.types import Document, Request
from qa.web.ui.markup import escape, notes_html, span_href

EXPORT_LINKS = (
    '<p><span class="formats">Save as <a href="#save:markdown" role="button">Markdown</a>'
    '<a href="#save:json" role="button">JSON</a><a href="#save:html" role="button">Printable page</a></span>'
    '<a class="clear" href="#clear" role="button">Clear</a></p>'
)
"""The line under the question box: saving once there is an answer, and clearing."""

_WELCOME = (
    "<h2>Ask, and check the answer</h2>"
    "<p>Answers are short and quote the sentences that they come from word for word. Each number links to the "
    "quotation in its article. If the articles do not answer the question, the bot says so.</p>"
)
_ARTICLES_SUGGESTED = 3
_QUESTIONS_SUGGESTED = 6
_WORDS_FOR_SEVERAL = 400


def placeholder_html(settings: Settings) -> str:
    """Return what an empty conversation shows; a script adds the suggestions."""
    phrased = (
        f"<p>Answers are written by {model_and_host(settings)}, which receives your question, the conversation before "
        f"it and the articles or parts of them. {_checked(settings)}</p>"
    )
    return f'{_WELCOME}{phrased if settings.llm_model else ""}<div class="suggestions"></div>'


def _checked(settings: Settings) -> str:
    if settings.judge == "off":
        return "Each sentence is shown with the excerpts that it cites; none is checked."
    host = escape(host_of(settings.judge_url))
    judge = "" if settings.judge == "same" else f" by {escape(settings.judge)}{f' at {host}' if host else ''}"
    return f"Each sentence is then checked against its excerpts{judge}, and struck out if they do not support it."


def model_and_host(settings: Settings) -> str:
    """Return the name of the language model and its server, as HTML."""
    at = "on the same computer" if settings.llm_is_local else f"at {host_of(settings.llm_url)}"
    return f"{escape(settings.llm_name)} {escape(at)}"


def host_of(url: str) -> str:
    """Return the host that a URL names; empty if it is malformed, which is an error once a model there is used."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


class Suggestions:
    """Suggested questions for each article, computed at first use, one article at a time.

    The cache lives as long as the bot, so that nothing of a visitor's articles outlives the visit.
    """

    def __init__(self) -> None:
        self._cache: WeakKeyDictionary[QA, dict[str, tuple[Document, tuple[str, ...]]]] = WeakKeyDictionary()
        self._lock = Lock()

    def for_article(self, bot: QA, document_id: str) -> tuple[str, ...]:
        """Return questions that an article answers when all articles are asked; none for an unknown article."""
        document = bot.documents.get(document_id)
        if document is None:
            return ()
        with self._lock:
            cached = self._cache.setdefault(bot, {})
            if document_id not in cached or cached[document_id][0] is not document:
                questions = [each for each in suggest(bot, document_id) if _is_answered_by(bot, each, document_id)]
                cached[document_id] = (document, tuple(questions))
            return cached[document_id][1]

    def first(self, bot: QA, names: Iterable[str] = ()) -> tuple[str, ...]:
        """Return a few questions for the first of the named articles, or without any for the first of all."""
        for given in (names, bot.documents):
            some = list(islice(given, _ARTICLES_SUGGESTED))
            each = _QUESTIONS_SUGGESTED // max(1, len(some))
            if found := tuple(question for name in some for question in self.for_article(bot, name)[:each]):
                return found
        return ()


def suggestions_html(questions: Sequence[str], name: str = "Try asking") -> str:
    """Return questions as links that ask them, below a heading."""
    items = "".join(
        f'<li><a class="ask" role="button" href="#ask:{quote(question, safe="")}">{escape(question)}</a></li>'
        for question in questions
    )
    return f'<p class="name">{name}</p><ul>{items}</ul>' if items else ""


def about_html(document: Document, overview: Overview) -> str:
    """Return the length of an article, its notes, and its names and dates as links into it."""
    length = f"{counted(overview.words, 'word')}, {counted(overview.minutes, 'minute')} to read"
    lists = [("Names", _links(document, overview.names)), ("Dates", _links(document, overview.dates))]
    rows = "".join(f"<dt>{name}</dt><dd>{links}</dd>" for name, links in lists if links)
    inside = f"<details><summary>Names and dates</summary><dl>{rows}</dl></details>" if rows else ""
    # The suggestions for a long article are many enough to reserve space for them.
    several = " several" if overview.words >= _WORDS_FOR_SEVERAL else ""
    return (
        f'<div class="about"><p class="length">{length}</p>{notes_html(document.notes)}'
        f'{inside}<div class="suggestions{several}"></div></div>'
    )


def _links(document: Document, mentions: Iterable[Mention]) -> str:
    return "".join(
        f'<a href="{span_href("passage", document.id, one.start, one.start + len(one.text))}">{escape(one.text)}</a>'
        for one in mentions
    )


def _is_answered_by(bot: QA, question: str, document_id: str) -> bool:
    [answer] = bot.ask_many([Request(question)])
    return bool(answer.citations) and answer.citations[0].document == document_id
