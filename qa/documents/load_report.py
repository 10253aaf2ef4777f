"""Report on a load: the documents, and the files that were skipped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qa.documents.discovery import PathLike, Skipped
from qa.documents.formats import ACCEPTED_SHOWN
from qa.errors import LoadError
from qa.text.printable import printable
from qa.types import Document


@dataclass(frozen=True, slots=True)
class LoadReport:
    """Result of `load_paths`: the documents ordered by id, and the files that it skipped, ordered by path.

    Hidden files and folders are not listed. `files` are the documents' paths by id; those from the web have none.
    """

    documents: tuple[Document, ...]
    skipped: tuple[Skipped, ...]
    files: Mapping[str, Path] = field(default_factory=dict, repr=False, compare=False)

    @property
    def notes(self) -> Mapping[str, tuple[str, ...]]:
        """Warnings about omissions and possible errors in documents, by document id."""
        return {document.id: document.notes for document in self.documents if document.notes}

    @property
    def complete(self) -> bool:
        """Whether nothing was skipped and no document has notes."""
        return not self.skipped and not self.notes

    def summary(self) -> str:
        """Return the number of documents, and a line for each skipped file and each document with notes."""
        return summary(len(self.documents), self.skipped, self.notes)


def all_fields(document: Document) -> tuple[object, ...]:
    """Return a document together with the fields that its equality ignores, to detect any change."""
    return document, document.file_sha256, document.notes, document.recognised


def summary(count: int, skipped: Sequence[Skipped], notes: Mapping[str, Sequence[str]]) -> str:
    """Return the number of documents, and a line for each skipped file and each document with notes."""
    counts = [f"{count} document{'' if count == 1 else 's'} loaded"]
    counts += [f"{len(skipped)} left out"] if skipped else []
    counts += [f"{len(notes)} with notes"] if notes else []
    lines = [*_lines(skipped), *(f"  {printable(f'{name}: ' + '; '.join(texts))}" for name, texts in notes.items())]
    return "\n".join([", ".join(counts) + (":" if lines else ""), *lines])


def nothing_loaded_error(given: Iterable[PathLike], skipped: Sequence[Skipped]) -> LoadError:
    """Return the error for paths at which no file could be loaded."""
    where = ", ".join(printable(str(path)) for path in given)
    reasons = "\n".join([":", *_lines(skipped)]) if skipped else f" (no files there); put some in it: {ACCEPTED_SHOWN}"
    return LoadError(f"{where}: nothing could be loaded{reasons}")


def _lines(skipped: Iterable[Skipped]) -> list[str]:
    return [f"  {printable(f'{entry.path}: {entry.reason}')}" for entry in skipped]
