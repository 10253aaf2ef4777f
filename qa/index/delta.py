"""A large library on disk, and beside it in memory what was added since it was written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from qa.index.base import EmbeddedDocument, MutableIndex
from qa.index.composite import CompositeIndex
from qa.index.memory import PassageIndex
from qa.index.mmap import MappedIndex
from qa.types import Document


class DeltaIndex(CompositeIndex):
    """A large library on disk, and beside it in memory what was added since it was written.

    Parameters
    ----------
    base : MappedIndex
    added : PassageIndex
        Holds none of its documents.
    """

    def __init__(self, base: MappedIndex, added: PassageIndex) -> None:
        super().__init__(base, added)
        self.base = base
        self.added = added

    def add(self, entry: EmbeddedDocument) -> None:
        """Add a document after all others, or replace the one of the same id.

        Raises
        ------
        ValueError
            If the vectors' shapes do not fit.
        """
        self.added.add(entry)
        if entry.document.id in self.base.documents:
            self.base.remove(entry.document.id)

    def remove(self, document_id: str) -> None:
        """Remove a document.

        Raises
        ------
        KeyError
            If there is none of that id.
        """
        (self.added if document_id in self.added.documents else self.base).remove(document_id)


def rebuild_changed(
    index: MutableIndex, documents: Sequence[Document], entries: Mapping[str, EmbeddedDocument]
) -> MutableIndex:
    """Return an index of some documents alone.

    Parameters
    ----------
    index : PassageIndex or CompositeIndex
        Holds those without an entry, whose source alone may be another. One that grows beside a base is changed and
        returned, so that documents that stay cost nothing; another is left as it is.
    documents : sequence of Document
    entries : mapping
        What was made of the others, by id.
    """
    if isinstance(index, DeltaIndex):
        for name in index.documents.keys() - {document.id for document in documents}:
            index.remove(name)
        changed = [document for document in documents if not _same(index.documents.get(document.id), document)]
        new: MutableIndex = index
    else:
        changed, new = list(documents), PassageIndex(index.dimension)
    for document in changed:
        entry = entries.get(document.id)
        new.add(entry or replace(index.entry(document.id), document=document))
    return new


def _same(known: Document | None, document: Document) -> bool:
    # That of a base of an earlier version has no SHA-256 of its file; that alone is no reason to move it out.
    return known == document and (known is None or known.file_sha256 in {"", document.file_sha256})
