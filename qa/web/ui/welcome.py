"""What a visitor finds before asking: how this works, what an article holds, and questions to start with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock
from urllib.parse import quote, urlsplit
from weakref import WeakKeyDictionary

from qa.documents.overview import Mention, Overview
from qa.insights.suggestions import suggest
from qa.pipeline import QA
from qa.settings import Settings
from qa.types import Document, Request
from qa.web.ui.markup import escape, span_href

SAVING = (
    '<p>Save as <a href="#save:markdown" role="button">Markdown</a>'
    '<a href="#save:json" role="button">JSON</a><a href="#save:html" role="button">Printable page</a></p>'
)
"""The line under the question box; it is there once something was answered."""

_WELCOME = (
    "<h2>Ask, and check the answer</h2>"
    "<p>Answers are short and quote the sentences that they come from word for word. Each number links to the "
    "quotation in its article. If the articles do not answer the question, the bot says so.</p>"
)
_ARTICLES_SUGGESTED = 3
_QUESTIONS_AN_ARTICLE = 2
_SECTIONS_SHOWN = 30


def placeholder_html(settings: Settings) -> str:
    """Return what the empty conversation shows; the page's script fills in the suggestions."""
    phrased = (
        f"<p>Answers are written by {who_phrases(settings)}, which receives your question, the conversation before it "
        "and the passages found. Each sentence is checked against these, and struck out if they do not support it.</p>"
    )
    return f'{_WELCOME}{phrased if settings.llm_model else ""}<div class="suggestions"></div>'


def who_phrases(settings: Settings) -> str:
    """Return which language model phrases answers, and on whose server, as HTML."""
    return f"{escape(settings.llm_model)} at {escape(urlsplit(settings.llm_url).hostname or '')}"


class Suggestions:
    """Questions for each article, made once, when they are first asked for; one article at a time.

    They are kept as long as the bot that was asked, so that nothing of a visitor's articles outlives the visit.
    """

    def __init__(self) -> None:
        self._made: WeakKeyDictionary[QA, dict[str, tuple[Document, tuple[str, ...]]]] = WeakKeyDictionary()
        self._lock = Lock()

    def of(self, bot: QA, document_id: str) -> tuple[str, ...]:
        """Return questions that an article answers, also when all articles are asked; none for an unknown one."""
        document = bot.documents.get(document_id)
        if document is None:
            return ()
        with self._lock:
            made = self._made.setdefault(bot, {})
            if document_id not in made or made[document_id][0] is not document:
                kept = [question for question in suggest(bot, document_id) if _leads_to(bot, question, document_id)]
                made[document_id] = (document, tuple(kept))
            return made[document_id][1]

    def first(self, bot: QA) -> tuple[str, ...]:
        """Return a few questions over the first articles."""
        names = list(bot.documents)[:_ARTICLES_SUGGESTED]
        return tuple(question for name in names for question in self.of(bot, name)[:_QUESTIONS_AN_ARTICLE])


def suggestions_html(questions: Sequence[str]) -> str:
    """Return questions, each of which is asked with a click."""
    items = "".join(
        f'<li><a class="ask" role="button" href="{ask_href(question)}">{escape(question)}</a></li>'
        for question in questions
    )
    return f'<p class="name">Try asking</p><ul>{items}</ul>' if items else ""


def ask_href(question: str) -> str:
    """Return the link that asks a question."""
    return f"#ask:{quote(question, safe='')}"


def about_html(document: Document, overview: Overview) -> str:
    """Return the length of an article, and its sections, names and dates as links into it.

    Parameters
    ----------
    document : Document
    overview : Overview
        Of that document.
    """
    minutes = f"{overview.minutes} minute{'' if overview.minutes == 1 else 's'} to read"
    lists = [
        ("Sections", _links(document, ((each.heading, each.start) for each in overview.sections[:_SECTIONS_SHOWN]))),
        ("Names", _links(document, _places(overview.names))),
        ("Dates", _links(document, _places(overview.dates))),
    ]
    rows = "".join(f"<dt>{name}</dt><dd>{links}</dd>" for name, links in lists if links)
    inside = f"<details><summary>Contents</summary><dl>{rows}</dl></details>" if rows else ""
    return (
        f'<div class="about"><p class="length">{overview.words:,} words, {minutes}</p>{inside}'
        '<div class="suggestions"></div></div>'
    )


def _places(mentions: Iterable[Mention]) -> Iterable[tuple[str, int]]:
    return ((mention.text, mention.start) for mention in mentions)


def _links(document: Document, places: Iterable[tuple[str, int]]) -> str:
    return "".join(
        f'<a href="{span_href("passage", document.id, start, start + len(text))}">{escape(text)}</a>'
        for text, start in places
    )


def _leads_to(bot: QA, question: str, document_id: str) -> bool:
    [answer] = bot.ask_many([Request(question)])
    return bool(answer.citations) and answer.citations[0].document == document_id
