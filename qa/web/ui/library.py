"""The library panel as HTML: the list of articles, the forms to add some, and the progress of adding them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING

from qa.cancellation import Cancellation
from qa.documents.archives import ARCHIVE
from qa.documents.formats import ACCEPTED, MAIN_SUFFIXES
from qa.documents.overview import word_count
from qa.errors import CancelledError, QAError
from qa.output.text import counted, percent
from qa.text.printable import printable
from qa.web import notices
from qa.web.adding import Reading, adding
from qa.web.ui.markup import TITLES_SHOWN, article_href, escape, notes_html, some_of
from qa.web.ui.welcome import model_and_host

if TYPE_CHECKING:
    from qa.documents.discovery import Skipped
    from qa.settings import Settings
    from qa.types import Document
    from qa.web.libraries import Added, Library, PartAdded

_WORDS_PER_TOKEN = 0.75  # of English prose
TITLE = "Cited QA"
_DOT = " \u00b7 "
_MAX_LISTED = 5000  # articles; the browser filters and sorts them
_LEFT_OUT_SHOWN = 100
_SECONDS_SHOWN = 90  # before minutes are


@dataclass(frozen=True, slots=True)
class Addition:
    """An article that a visitor wants to add.

    Attributes
    ----------
    name : str
        Its file name, title or address, shown until it is loaded.
    add : callable
        Adds it to a library.
    unpack : callable, optional
        Returns what to add in its place, of an archive.
    upload : str
        Path of the file that was uploaded for it, if one was.
    form : str
        The form that it was entered in, "text" or "url", which is emptied once it is added.
    """

    name: str
    add: Callable[[Library, PartAdded], Added]
    unpack: Callable[[Library], list[Addition]] | None = None
    upload: str = ""
    form: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state of an addition: its name, the message to show, its state, and the share that can be searched, 0 to 1.

    The state is "waiting", "working", "added", "cancelled" or "failed". An article that was added has an id, and may
    have notes; one that was entered in a form has its name.
    """

    name: str
    message: str
    state: str
    read: float | None = None
    notes: Sequence[str] = ()
    document: str = ""
    form: str = ""


def masthead_html(library: Library) -> str:
    """Return the head of the page, with the titles of some articles, a visitor's own first."""
    count = len(library.documents)
    titles = [f"<em>{escape(document.title)}</em>" for document in islice(own_first(library), TITLES_SHOWN)]
    more = [f"{count - TITLES_SHOWN:,} more"] if count > TITLES_SHOWN else []
    listed = f"{counted(count, 'article')}: {_DOT.join([*titles, *more])}" if count else "no articles yet"
    # From data-own the page knows whether it has articles to lose.
    return (
        f'<header data-own="{len(library.added)}"><h1>{TITLE}</h1>'
        f"<p>Get answers as exact excerpts from {listed}</p></header>"
    )


def asking_html(library: Library, chosen: Sequence[str]) -> str:
    """Return which articles alone are asked; empty if all are."""
    titles = [library.documents[name].title for name in chosen if name in library.documents]
    if not titles or len(titles) == len(library.documents):
        return ""
    link = '<a class="all" href="#ask-all" role="button">Ask all articles</a>'
    return f"<p><span>Asking only: {escape(some_of(titles))}</span>{link}</p>"


def own_first(library: Library) -> Iterator[Document]:
    """Yield the documents, those that the visitor added last first."""
    own = [each.document for each in library.added.values()]
    yield from reversed(own)
    yield from (document for name, document in library.documents.items() if name not in library.added)


def panel_label(library: Library, chosen: Sequence[str] = ()) -> str:
    """Return the heading of the panel: the number of articles, and of those chosen."""
    count, own, asked = len(library.documents), len(library.added), sum(name in library.documents for name in chosen)
    if asked:
        return f"Articles: {asked:,} of {count:,} selected"
    return f"Articles: {count:,}, including {own:,} of yours" if own else f"Articles: {count:,} \u2013 add your own"


def article_list_html(library: Library, chosen: Sequence[str] = (), origin: Callable[[str], str] = lambda _: "") -> str:
    """Return the list of articles: title, words, time added, notes, a box to choose each, buttons to remove own ones.

    Parameters
    ----------
    library : Library
    chosen : sequence of str
        Ids of the documents chosen.
    origin : callable
        Returns what to say of where a document that is nobody's own comes from.
    """
    ticked = frozenset(chosen)
    rows = "".join(
        _row(document, library.added.get(document.id), origin(document.id), document.id in ticked)
        for document in islice(own_first(library), _MAX_LISTED)
    )
    hint = (
        '<p class="hint">Select articles to ask only those.</p>'
        if rows
        else f'<p class="hint">{escape(notices.NO_ARTICLES.sentence())}</p>'
    )
    others = len(library.documents) - _MAX_LISTED
    more = f'<p class="hint">{others:,} more can be asked too, but are not listed.</p>' if others > 0 else ""
    return f'{hint}<ul class="article-list">{rows}</ul>{more}'


def left_out_html(skipped: Sequence[Skipped], watched: Sequence[str]) -> str:
    """Return which paths are watched, and which files were left out and why."""
    paths = escape(", ".join(watched))
    watching = f'<p class="hint">Watching {paths}: reload the page after a change.</p>' if watched else ""
    items = "".join(f"<li><b>{escape(each.path)}</b> {escape(each.reason)}</li>" for each in skipped[:_LEFT_OUT_SHOWN])
    if len(skipped) > _LEFT_OUT_SHOWN:
        items += f"<li>and {len(skipped) - _LEFT_OUT_SHOWN:,} more: see what qa serve printed</li>"
    summary = f"{counted(len(skipped), 'file')} left out"
    report = f"<details><summary>{summary}</summary><ul>{items}</ul></details>" if skipped else ""
    return watching + report


def _row(document: Document, added: Added | None, origin: str, ticked: bool) -> str:
    name, title = escape(document.id), escape(document.title)
    box = f'<input type="checkbox" name="only" value="{name}"{" checked" if ticked else ""} aria-label="Ask {title}">'
    remove, sorted_by = "", ""
    if added is not None:
        when = added.when.isoformat(timespec="seconds")
        origin = f'added <time datetime="{when}">{added.when:%H:%M} UTC</time>'
        sorted_by, state = when, "remove" if added.read == 1 else "remove reading"
        remove = f'<button type="button" class="{state}" value="{name}" aria-label="Remove {title}">Remove</button>'
    words = counted(word_count(document), "word")
    if added is not None and added.read < 1:
        words += ", being read"
    link = f'<a href="{article_href(document.id)}">{title}</a>'
    about = f'<span class="about">{" &#183; ".join(filter(None, [words, origin]))}</span>{notes_html(document.notes)}'
    data = f'data-words="{word_count(document)}" data-added="{sorted_by}"'
    return f"<li {data}>{box}<div>{link}{about}</div>{remove}</li>"


def forms_html(settings: Settings, *, restarts: bool, lasting: bool = False) -> str:
    """Return the forms to add articles with, and the limits.

    Parameters
    ----------
    settings : Settings
    restarts : bool
        Whether the server restarts now and then, and loses all articles then.
    lasting : bool
        Whether articles are kept in a library that lasts.
    """
    address = (
        '<form class="url"><label for="add-url">Web address</label>'
        '<input id="add-url" name="url" type="url" required placeholder="https://" autocomplete="off">'
        '<button type="submit">Fetch</button></form>'
    )
    limits = _lasting_limits(settings) if lasting else _limits(settings, restarts)
    return (
        '<div class="adder"><label class="drop" for="add-files"><strong>Drop files here, or click to choose</strong>'
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
        f"Up to {articles}, {settings.per_visitor_mb:g} MB and "
        f"{settings.per_visitor_tokens:,} tokens (about {words:,.0f} words) in total. Only you can see and ask them."
        f"{_sent_to(settings)} They are deleted when you close this page{restart}, or after {minutes} without use."
    )


def _lasting_limits(settings: Settings) -> str:
    return (
        f"Up to {settings.max_file_mb:g} MB a file, and {settings.library_mb:g} MB in total. They are kept in this "
        f"collection until you remove them.{_sent_to(settings)}"
    )


def _sent_to(settings: Settings) -> str:
    if not settings.llm_model:
        return ""
    return f" To answer a question, they or parts of them are sent to {model_and_host(settings)}."


def removed_html(added: Added) -> str:
    """Return a notice that an article was removed, with a button to restore it; empty where it cannot be."""
    if not added.stored_id:
        return ""
    undo = f'<button type="button" class="undo" value="{added.stored_id}">Undo</button>'
    return f'<p class="removed">Removed {escape(added.document.title)}. {undo}</p>'


def outcomes_html(outcomes: Sequence[Outcome]) -> str:
    """Return the progress of each addition, and of all if there are several."""
    items = []
    done = sum(outcome.state not in {"waiting", "working"} for outcome in outcomes)
    several, waiting = len(outcomes) > 1, any(outcome.state == "waiting" for outcome in outcomes)
    cancel = "Cancel all" if waiting else "Cancel"
    total = f"<p>{done} of {len(outcomes)} read</p>" if several and done < len(outcomes) else ""
    for outcome in outcomes:
        name, message = escape(outcome.name), escape(outcome.message)
        shown = notes_html(outcome.notes)
        if outcome.state == "working":
            # Not read out at each change.
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


def additions(sent: object) -> list[Addition]:
    """Return what a browser asks to add; malformed parts are ignored.

    Parameters
    ----------
    sent : object
        A mapping with "files" (each with its "name", within the folder it is from, and the "path" that it was uploaded
        to, or the "problem" with its upload), "text" and "title", or "url".
    """
    if not isinstance(sent, Mapping):
        return []
    files = sent.get("files")
    found = [_file(file) for file in (files if isinstance(files, list) else []) if isinstance(file, Mapping)]
    text, title, url = (value if isinstance(value := sent.get(name), str) else "" for name in ("text", "title", "url"))
    if text:
        name = title.strip() or "Pasted text"
        found.append(Addition(name, lambda library, part_added: library.add_text(text, title, part_added), form="text"))
    if url:
        found.append(Addition(url, lambda library, part_added: library.add_url(url, part_added), form="url"))
    return found


def _file(sent: Mapping[object, object]) -> Addition:
    path, name, problem = (
        value if isinstance(value := sent.get(key), str) else "" for key in ("path", "name", "problem")
    )

    parts = [part for part in PurePosixPath(printable(name)).parts if part not in {"/", ".."}]
    folder, base = "/".join(parts[:-1]), parts[-1] if parts else "file"

    def add(library: Library, part_added: PartAdded) -> Added:
        if problem:
            raise QAError(f"{name}: {problem}")
        return library.add_file(take_upload(path, name), base, part_added, archive=folder)

    def unpack(library: Library) -> list[Addition]:
        if problem:
            raise QAError(f"{name}: {problem}")
        files, left_out = library.unpack(take_upload(path, name), name)
        found = [_in_archive(name, inner, data) for inner, data in files.items()]
        found += [_left_out(printable(f"{name}/{inner}"), reason) for inner, reason in left_out]
        if not found:
            raise notices.EMPTY_ARCHIVE.error(name)
        return found

    is_archive = PurePath(name).suffix.lower() == ARCHIVE
    return Addition(name or "file", add, unpack if is_archive else None, path)


def _unpacked(library: Library, addition: Addition) -> list[Addition]:
    """Return what is in an archive, to add; any other addition is returned as it is."""
    if addition.unpack is None:
        return [addition]
    try:
        return addition.unpack(library)
    except QAError as error:
        return [_left_out(addition.name, str(error).removeprefix(f"{addition.name}: "))]


def _in_archive(archive: str, name: str, data: bytes) -> Addition:
    def add(library: Library, part_added: PartAdded) -> Added:
        return library.add_file(data, name, part_added, archive=archive)

    return Addition(f"{archive}/{name}", add)


def _left_out(name: str, reason: str) -> Addition:
    def add(_: Library, __: PartAdded) -> Added:
        raise QAError(f"{name}: {reason}")

    return Addition(name, add)


def take_upload(path: str, name: str) -> bytes:
    """Return the content of an uploaded file, and delete it.

    Raises
    ------
    QAError
        If it does not exist.
    """
    file = _uploaded(path)
    if file is None:
        raise notices.UPLOAD_GONE.error(name)
    data = file.read_bytes()
    _delete(file)
    return data


@contextmanager
def take_upload_file(path: str, name: str) -> Iterator[Path]:
    """Yield the path of an uploaded file, which is deleted at the end; errors as of `take_upload`."""
    file = _uploaded(path)
    if file is None:
        raise notices.UPLOAD_GONE.error(name)
    try:
        yield file
    finally:
        _delete(file)


def discard_uploads(additions: Iterable[Addition]) -> None:
    """Delete what was uploaded for additions and has not been taken."""
    for addition in additions:
        if file := _uploaded(addition.upload):
            _delete(file)


def _uploaded(path: str) -> Path | None:
    folder, file = _upload_folder(), Path(path.replace("\0", "")).resolve()
    return file if folder in file.parents and file.is_file() else None


def _delete(file: Path) -> None:
    file.unlink(missing_ok=True)
    if file.parent != _upload_folder() and not any(file.parent.iterdir()):
        file.parent.rmdir()


def _upload_folder() -> Path:
    from gradio.utils import get_upload_folder

    return Path(get_upload_folder()).resolve()


def add_all(library: Library, wanted: Sequence[Addition]) -> Iterator[list[Outcome]]:
    """Add articles one after the other, and yield the progress of each; one that fails does not stop the others.

    To cancel `library.cancellation` stops the one that is being added, and those after it.
    """
    library.cancellation = Cancellation()
    try:
        yield [Outcome(addition.name, "waiting", "waiting") for addition in wanted]
        yield from _add_each(library, [each for addition in wanted for each in _unpacked(library, addition)])
    finally:
        discard_uploads(wanted)


def _add_each(library: Library, wanted: Sequence[Addition]) -> Iterator[list[Outcome]]:
    outcomes = [Outcome(addition.name, "waiting", "waiting") for addition in wanted]
    for position, addition in enumerate(wanted):
        outcomes[position] = Outcome(addition.name, "extracting the text", "working")
        yield list(outcomes)
        try:
            with closing(adding(library, partial(addition.add, library))) as steps:
                for reading in steps:
                    if reading is not None:
                        outcomes[position] = _outcome(addition, reading)
                    yield list(outcomes)
        except CancelledError:
            outcomes[position:] = [Outcome(each.name, "cancelled", "cancelled") for each in wanted[position:]]
            break
        except QAError as error:
            outcomes[position] = Outcome(addition.name, str(error).removeprefix(f"{addition.name}: "), "failed")
            yield list(outcomes)
    yield list(outcomes)


def _outcome(addition: Addition, reading: Reading) -> Outcome:
    document, read = reading.added.document, reading.added.read
    if read == 1:
        message = f"added, {counted(word_count(document), 'word')}"
        return Outcome(document.title, message, "added", None, document.notes, document.id, addition.form)
    message = f"{percent(read)} read"
    if (left := reading.seconds_left) is not None:
        time = counted(left, "second") if left < _SECONDS_SHOWN else counted(left / 60, "minute")
        message += f", {time} left, {counted(reading.characters_per_second, 'character')} a second"
    return Outcome(addition.name, message, "working", read)
