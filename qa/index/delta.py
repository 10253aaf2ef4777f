"""A base on disk with a delta in memory, and the update of an index after some documents changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from qa.index.base import EmbeddedDocument, MutableIndex
from qa.index.composite import CompositeIndex
from qa.index.memory import PassageIndex
from qa.index.mmap import MappedIndex
from qa.types import Document


class DeltaIndex(CompositeIndex):
    """A base on disk, and a delta in memory with the documents added since the base was written.

    No document id is in both.
    """

    def __init__(self, base: MappedIndex, added: PassageIndex) -> None:
        super().__init__(base, added)
        self.base = base
        self.added = added

    def add(self, entry: EmbeddedDocument) -> None:
        self.added.add(entry)
        if entry.document.id in self.base.documents:
            self.base.remove(entry.document.id)

    def remove(self, document_id: str) -> None:
        (self.added if document_id in self.added.documents else self.base).remove(document_id)


def rebuild_changed(
    index: MutableIndex, documents: Sequence[Document], entries: Mapping[str, EmbeddedDocument]
) -> MutableIndex:
    """Return an index of exactly these documents.

    Parameters
    ----------
    index : MutableIndex
        Contains the unchanged documents, whose source may differ. A `DeltaIndex` is changed in place and returned, so
        that unchanged documents cost nothing; any other index is left unchanged.
    entries : mapping of str to EmbeddedDocument
        The new and changed documents, by id.
    """
    if isinstance(index, DeltaIndex):
        for name in index.documents.keys() - {document.id for document in documents}:
            index.remove(name)
        changed = [document for document in documents if index.documents.get(document.id) != document]
        new: MutableIndex = index
    else:
        changed, new = list(documents), PassageIndex(index.dimension)
    for document in changed:
        entry = entries.get(document.id)
        new.add(entry or replace(index.entry(document.id), document=document))
    return new
