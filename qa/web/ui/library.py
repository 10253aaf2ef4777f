"""The panel of articles as HTML: the list, the forms to add some, and the progress of adding them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from qa.documents.archives import ARCHIVE
from qa.documents.formats import ACCEPTED, MAIN_SUFFIXES
from qa.documents.overview import word_count
from qa.files import MEGABYTE
from qa.output.text import counted
from qa.text.lines import shortened
from qa.web import notices
from qa.web.ui.markup import MAX_TITLE_CHARACTERS, TITLES_SHOWN, article_href, escape, first_titles, notes_html
from qa.web.ui.welcome import model_and_host

if TYPE_CHECKING:
    from qa.documents.discovery import Skipped
    from qa.settings import Settings
    from qa.types import Document
    from qa.web.libraries import Added, Library
    from qa.web.ui.additions import Outcome

_WORDS_PER_TOKEN = 0.75  # in English prose
TITLE = "Cited QA"
_DOT = " \u00b7 "
_MAX_LISTED = 5000  # articles; the browser filters and sorts them, the server finds others
_MAX_SKIPPED = 100  # files that are listed as left out


def masthead_html(library: Library) -> str:
    """Return the head of the page, with the titles of a few articles, the visitor's own first."""
    count = len(library.documents)
    shown = [shortened(document.title, MAX_TITLE_CHARACTERS) for document in islice(own_first(library), TITLES_SHOWN)]
    titles = [f"<em>{escape(title)}</em>" for title in shown]
    more = [f"{count - TITLES_SHOWN:,} more"] if count > TITLES_SHOWN else []
    listed = f"{counted(count, 'article')}: {_DOT.join([*titles, *more])}" if count else "your articles"
    # The page's scripts read from data-own whether the visitor would lose articles.
    return (
        f'<header data-own="{len(library.added)}"><h1>{TITLE}</h1>'
        f"<p>Get answers as exact excerpts from {listed}</p></header>"
    )


def asking_html(library: Library, chosen: Sequence[str]) -> str:
    """Return a line that names the chosen articles; empty if all are asked."""
    titles = [library.documents[name].title for name in chosen if name in library.documents]
    if not titles or len(titles) == len(library.documents):
        return ""
    link = '<a class="all" href="#ask-all" role="button">Ask all articles</a>'
    return f"<p><span>Asking only: {escape(first_titles(titles))}</span>{link}</p>"


def own_first(library: Library) -> Iterator[Document]:
    """Yield the documents: the visitor's own, newest first, then the shared ones."""
    own = [each.document for each in library.added.values()]
    yield from reversed(own)
    yield from (document for name, document in library.documents.items() if name not in library.added)


def panel_label(library: Library, chosen: Sequence[str] = ()) -> str:
    """Return the heading of the panel: the number of articles, chosen or own."""
    count, own, asked = len(library.documents), len(library.added), sum(name in library.documents for name in chosen)
    if asked:
        return f"Articles: {asked:,} of {count:,} selected"
    return f"Articles: {count:,}, including {own:,} of yours" if own else f"Articles: {count:,} \u2013 add your own"


def article_list_html(
    library: Library,
    chosen: Sequence[str] = (),
    origin: Callable[[str], str] = lambda _: "",
    words: str = "",
    *,
    keeps_ticks: bool = False,
) -> str:
    """Return the list of articles, with boxes to choose them and buttons to remove the visitor's own.

    A list that is too long has the chosen ones first, and those whose titles contain `words`, what is in its filter.
    `origin` returns where a shared document comes from. With `keeps_ticks`, the page's script keeps the boxes as they
    are: they may have been ticked since the visitor did what changes the list.
    """
    attributes = f' data-changes="{library.changes}"' + (" data-keep" if keeps_ticks else "")
    ticked, documents = frozenset(chosen), list(own_first(library))
    if len(documents) > _MAX_LISTED:
        attributes += f' data-of="{len(documents)}" data-words="{escape(words)}"'
        sought = words.strip().lower()
        documents = [each for each in documents if each.id in ticked or sought in each.title.lower()]
        documents.sort(key=lambda document: document.id not in ticked)
    rows = "".join(
        _row(document, library.added.get(document.id), origin(document.id), document.id in ticked)
        for document in documents[:_MAX_LISTED]
    )
    hint = (
        '<p class="hint">Select articles to ask only those.</p>'
        if library.documents
        else f'<p class="hint">{escape(notices.NO_ARTICLES.sentence())}</p>'
    )
    others = len(documents) - _MAX_LISTED
    more = f'<p class="hint">{counted(others, "other article")} can be found with the filter of the list.</p>'
    damaged = "".join(_damaged_html(name, title) for name, title in library.damaged.items())
    return f'{damaged}{hint}<ul class="article-list"{attributes}>{rows}</ul>{more if others > 0 else ""}'


def _damaged_html(name: str, title: str) -> str:
    title = escape(title)
    remove = f'<button type="button" class="remove" value="{name}" aria-label="Remove {title}">Remove</button>'
    return f'<p class="damaged"><span><b>{title}</b> {escape(notices.ARTICLE_DAMAGED.sentence())}</span>{remove}</p>'


def left_out_html(skipped: Sequence[Skipped], watched: Sequence[str]) -> str:
    """Return the paths that are watched, and the files that were left out with the reasons."""
    paths = escape(", ".join(watched))
    watching = f'<p class="hint">Watching {paths}: reload the page after a change.</p>' if watched else ""
    items = "".join(f"<li><b>{escape(each.path)}</b> {escape(each.reason)}</li>" for each in skipped[:_MAX_SKIPPED])
    if len(skipped) > _MAX_SKIPPED:
        items += f"<li>and {len(skipped) - _MAX_SKIPPED:,} more: see what qa serve printed</li>"
    summary = f"{counted(len(skipped), 'file')} left out"
    report = f"<details><summary>{summary}</summary><ul>{items}</ul></details>" if skipped else ""
    return watching + report


def _row(document: Document, added: Added | None, origin: str, ticked: bool) -> str:
    name, title = escape(document.id), escape(document.title)
    checked = " checked" if ticked else ""
    box = f'<input type="checkbox" name="only" value="{name}"{checked} aria-label="Ask {title}">'
    remove = ""
    if added is not None:
        when = added.when.isoformat(timespec="seconds")
        origin = f'added <time datetime="{when}">{added.when:%H:%M} UTC</time>'
        state = "remove" if added.read == 1 else "remove reading"
        remove = f'<button type="button" class="{state}" value="{name}" aria-label="Remove {title}">Remove</button>'
    words = counted(word_count(document), "word")
    if added is not None and added.read < 1:
        words += ", being read"
    link = f'<a href="{article_href(document.id)}">{title}</a>'
    about = f'<span class="about">{" &#183; ".join(filter(None, [words, origin]))}</span>{notes_html(document.notes)}'
    data = f'data-words="{word_count(document)}"'
    return f'<li {data}><label class="tick">{box}</label><div>{link}{about}</div>{remove}</li>'


def forms_html(settings: Settings, *, restarts: bool, stored: bool = False) -> str:
    """Return the forms to add articles with, and the limits.

    Articles are `stored` permanently, or lost when the server `restarts`, if it does so from time to time.
    """
    address = (
        '<form class="url"><label for="add-url">Web address</label>'
        '<input id="add-url" name="url" type="url" required placeholder="https://" autocomplete="off">'
        '<button type="submit">Fetch</button></form>'
    )
    limits = _stored_limits(settings) if stored else _limits(settings, restarts)
    max_bytes = round((settings.library_mb if stored else settings.per_visitor_mb) * MEGABYTE)
    return (
        f'<div class="adder"><label class="drop" for="add-files" data-max-bytes="{max_bytes}">'
        "<strong>Drop files here, or click to choose</strong>"
        f"<span>{', '.join(suffix.lstrip('.') for suffix in (*MAIN_SUFFIXES, ARCHIVE))}</span>"
        f'<input id="add-files" type="file" multiple accept="{",".join((*ACCEPTED, ARCHIVE))}"></label>'
        '<label class="folder" for="add-folder">Choose a folder'
        '<input id="add-folder" type="file" webkitdirectory multiple></label>'
        '<details><summary>Paste text</summary><form class="text">'
        '<label for="add-title">Title</label><input id="add-title" name="title" type="text" autocomplete="off">'
        '<label for="add-text">Text</label><textarea id="add-text" name="text" rows="5" required></textarea>'
        '<button type="submit">Add text</button></form></details>'
        f"{address if settings.allow_urls else ''}"
        f'<p class="hint">{limits}</p></div>'
    )


def _limits(settings: Settings, restarts: bool) -> str:
    words = round(settings.per_visitor_tokens * _WORDS_PER_TOKEN, -3)
    articles = counted(settings.per_visitor_documents, "article")
    minutes = f"{settings.visitor_idle_minutes:g} minute{'' if settings.visitor_idle_minutes == 1 else 's'}"
    restart = " or when this Space restarts" if restarts else ""
    return (
        f"Up to {articles}, {settings.per_visitor_mb:,g} MB and "
        f"{settings.per_visitor_tokens:,} tokens (about {words:,.0f} words) in total. Only you can see and ask them."
        f"{_sent_to(settings)} They are deleted when you close this page{restart}, or after {minutes} without use."
    )


def _stored_limits(settings: Settings) -> str:
    return (
        f"Up to {settings.max_file_mb:g} MB a file, and {settings.library_mb:,g} MB in total. They are kept in this "
        f"collection until you remove them.{_sent_to(settings)}"
    )


def _sent_to(settings: Settings) -> str:
    if not settings.llm_model:
        return ""
    return f" To answer a question, they or parts of them are sent to {model_and_host(settings)}."


def removed_html(added: Added) -> str:
    """Return a notice with a button to restore a removed article; empty if it is not stored."""
    if not added.stored_id:
        return ""
    undo = f'<button type="button" class="undo" value="{added.stored_id}">Undo</button>'
    return f'<p class="removed">Removed {escape(added.document.title)}. {undo}</p>'


def outcomes_html(outcomes: Sequence[Outcome]) -> str:
    """Return the progress of each addition, and the total if there are several."""
    items = []
    done = sum(outcome.state not in {"waiting", "working"} for outcome in outcomes)
    several, waiting = len(outcomes) > 1, any(outcome.state == "waiting" for outcome in outcomes)
    cancel = "Cancel all" if waiting else "Cancel"
    total = f"<p>{done} of {len(outcomes)} read</p>" if several and done < len(outcomes) else ""
    for outcome in outcomes:
        name, message = escape(outcome.name), escape(outcome.message)
        shown = notes_html(outcome.notes)
        if outcome.state == "working":
            # Screen readers should not announce every change.
            message = f'<span aria-live="off">{message}</span>'
            value = "" if outcome.read is None else f' value="{100 * outcome.read:.0f}"'
            shown = (
                f'<span class="work"><progress max="100"{value} aria-label="{name}"></progress>'
                f'<button type="button" class="cancel" aria-label="{cancel}: {name}">{cancel}</button></span>'
            )
        form = f' data-form="{outcome.form}"' if outcome.form else ""
        if outcome.document:
            name = f'<a href="{article_href(outcome.document)}">{name}</a>'
        items.append(f'<li class="{outcome.state}"{form}><b>{name}</b> {message}{shown}</li>')
    return f'{total}<ul class="outcomes">{"".join(items)}</ul>' if items else ""
