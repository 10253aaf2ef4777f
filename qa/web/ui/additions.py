"""What a visitor asks to add: uploaded files, archives, pasted text, web addresses; and the progress of adding it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath, PurePosixPath

from qa.cancellation import Cancellation
from qa.documents.archives import ARCHIVE
from qa.documents.overview import word_count
from qa.errors import CancelledError, QAError
from qa.output.text import counted, percent
from qa.text.printable import printable
from qa.web import notices
from qa.web.adding import Reading, adding
from qa.web.libraries import Added, Library, PartAdded

_MAX_SECONDS = 90  # shown in seconds; longer times are shown in minutes


@dataclass(frozen=True, slots=True)
class Addition:
    """An article that a visitor wants to add."""

    name: str  # file name, title or address, shown until the article is loaded
    add: Callable[[Library, PartAdded], Added]
    unpack: Callable[[Library], list[Addition]] | None = None  # of an archive: returns the additions to make instead
    upload: str = ""  # path of the uploaded file, if there is one
    form: str = ""  # "text" or "url": the form to empty once the article is added


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far an addition has got."""

    name: str
    message: str
    state: str  # "waiting", "working", "added", "cancelled" or "failed"
    read: float | None = None  # share of the text that can be searched, 0 to 1; None if unknown
    notes: Sequence[str] = ()
    document: str = ""  # id of the article that was added
    form: str = ""  # see `Addition`


def additions(sent: object) -> list[Addition]:
    """Return what a browser asks to add, without malformed parts.

    Parameters
    ----------
    sent : object
        A mapping with "text" and "title", with "url", or with "files". Each file has a "name", which may include
        folders, and the "path" of its upload, or the "problem" with it.
    """
    if not isinstance(sent, Mapping):
        return []
    files = sent.get("files")
    found = [_file(file) for file in (files if isinstance(files, list) else []) if isinstance(file, Mapping)]
    text, title, url = (value if isinstance(value := sent.get(name), str) else "" for name in ("text", "title", "url"))
    if text:
        name = title.strip() or "pasted text"
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
    if problem:
        return _left_out(name or "file", problem)

    def add(library: Library, part_added: PartAdded) -> Added:
        return library.add_file(_take_upload(path, name), base, part_added, archive=folder)

    def unpack(library: Library) -> list[Addition]:
        files, left_out = library.unpack(_take_upload(path, name), name)
        found = [_in_archive(name, inner, data) for inner, data in files.items()]
        found += [_left_out(printable(f"{name}/{inner}"), reason) for inner, reason in left_out]
        if not found:
            raise notices.EMPTY_ARCHIVE.error(name)
        return found

    is_archive = PurePath(name).suffix.lower() == ARCHIVE
    return Addition(name or "file", add, unpack if is_archive else None, path)


def discard(wanted: Sequence[Addition]) -> None:
    """Delete the uploads that have not been read."""
    for addition in wanted:
        if file := _uploaded(addition.upload):
            _delete(file)


def _unpacked(library: Library, addition: Addition) -> list[Addition]:
    """Return an addition for each file of an archive; a list of the addition itself if it is not an archive."""
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


def add_all(library: Library, wanted: Sequence[Addition]) -> Iterator[list[Outcome]]:
    """Add articles one after the other, and yield the progress of all; one that fails does not stop the others.

    Cancelling `library.cancellation` stops the article that is being added, and those after it; removing the article
    stops that one.
    """
    library.cancellation = Cancellation()
    try:
        yield [Outcome(addition.name, "waiting", "waiting") for addition in wanted]
        for outcomes in _add_each(library, [each for addition in wanted for each in _unpacked(library, addition)]):
            library.unread = sum(one.state in {"waiting", "working"} and one.read is None for one in outcomes)
            yield outcomes
    finally:
        library.unread = 0
        discard(wanted)


def _add_each(library: Library, wanted: Sequence[Addition]) -> Iterator[list[Outcome]]:
    outcomes = [Outcome(addition.name, "waiting", "waiting") for addition in wanted]
    for position, addition in enumerate(wanted):
        try:
            library.cancellation.check()
            outcomes[position] = Outcome(addition.name, "extracting the text", "working")
            yield list(outcomes)
            with closing(adding(library, partial(addition.add, library))) as steps:
                for reading in steps:
                    if reading is not None:
                        outcomes[position] = _outcome(addition, reading)
                    yield list(outcomes)
        except CancelledError:
            outcomes[position] = Outcome(addition.name, "cancelled", "cancelled")
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
        time = counted(left, "second") if left < _MAX_SECONDS else counted(left / 60, "minute")
        message += f", {time} left, {counted(reading.characters_per_second, 'character')} a second"
    return Outcome(addition.name, message, "working", read)


def _take_upload(path: str, name: str) -> bytes:
    """Return the content of an uploaded file, and delete it; raises a `QAError` if it does not exist."""
    with take_upload_file(path, name) as file:
        return file.read_bytes()


@contextmanager
def take_upload_file(path: str, name: str) -> Iterator[Path]:
    """Yield the path of an uploaded file, and delete the file at the end; raises a `QAError` if it does not exist."""
    file = _uploaded(path)
    if file is None:
        raise notices.UPLOAD_GONE.error(name)
    try:
        yield file
    finally:
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
