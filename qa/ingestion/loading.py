"""Documents that are loaded one after the other, so that only those at hand are in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from pathlib import Path

from qa.documents.archives import ArchiveReader
from qa.documents.discovery import FoundFile, Skipped, find_files
from qa.documents.loader import LoadReport, is_web_address, load_or_skip, load_paths, nothing_loaded_error, summary
from qa.settings import Settings
from qa.types import Document


def files_to_index(paths: Iterable[str], out: str) -> tuple[list[FoundFile], list[Skipped]]:
    """Return what `find_files` returns, without the files of the index itself, which may be in one of the folders."""
    index = Path(out).absolute()
    files, skipped = find_files(paths)
    return [file for file in files if not file.path.absolute().is_relative_to(index)], skipped


class FoundDocuments:
    """The documents at paths, each loaded when its turn comes, except web pages, which are loaded at once.

    `total` and `done` are the bytes of all files and of those before the one at hand, or characters of web pages.

    Raises
    ------
    LoadError
        If a path is missing, two files would have the same id, or a web address cannot be loaded.
    """

    def __init__(self, settings: Settings, paths: Sequence[str], out: str) -> None:
        self._settings = settings
        self._paths = paths
        urls = [path for path in paths if is_web_address(path)]
        self._pages = load_paths(urls, settings).documents if urls else ()
        self._files, self._skipped = files_to_index((path for path in paths if not is_web_address(path)), out)
        self._notes: dict[str, tuple[str, ...]] = {}
        self._count = 0
        self.total = sum(file.size for file in self._files) + sum(len(page.text) for page in self._pages)
        self.done = 0

    def __iter__(self) -> Iterator[Document]:
        """Yield the documents, ordered by id.

        Raises
        ------
        LoadError
            If a file that was given by itself cannot be loaded, or there are no documents.
        """
        for document in merge(self._each_page(), self._each_file(), key=lambda document: document.id):
            self._count += 1
            if document.notes:
                self._notes[document.id] = document.notes
            yield document
        if not self._count:
            raise nothing_loaded_error(self._paths, self._left_out)

    def summary(self) -> str:
        """Return how many documents were loaded, and what was left out; empty where nothing was."""
        return summary(self._count, self._left_out, self._notes) if self._skipped or self._notes else ""

    @property
    def _left_out(self) -> list[Skipped]:
        return sorted(self._skipped, key=lambda entry: entry.path)

    def _each_page(self) -> Iterator[Document]:
        for page in self._pages:
            yield page
            self.done += len(page.text)

    def _each_file(self) -> Iterator[Document]:
        with ArchiveReader() as archives:
            for file in self._files:
                loaded = load_or_skip(file, self._settings, archives=archives)
                if isinstance(loaded, Document):
                    yield loaded
                else:
                    self._skipped.append(loaded)
                self.done += file.size


class GivenDocuments:
    """Documents that are loaded already, as `FoundDocuments`."""

    def __init__(self, report: LoadReport) -> None:
        self._documents = report.documents
        self.total = sum(len(document.text) for document in report.documents)
        self.done = 0

    def __iter__(self) -> Iterator[Document]:
        """Yield the documents, in order."""
        for document in self._documents:
            yield document
            self.done += len(document.text)

    def summary(self) -> str:
        """Return nothing: what was left out was reported when the documents were loaded."""
        return ""
