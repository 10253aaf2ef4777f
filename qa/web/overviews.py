"""Overviews of visitors' articles, made in the sandbox and kept for as long as a library has the article."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakValueDictionary

from qa.documents.overview import Overview, overview
from qa.types import Document


@dataclass(frozen=True, slots=True, weakref_slot=True)
class KeptOverview:
    """What a library holds on to, so that the overview of its article is kept."""

    overview: Overview


_kept: WeakValueDictionary[Document, KeptOverview] = WeakValueDictionary()


def keep(document: Document, made: Overview) -> KeptOverview:
    """Keep an overview until nobody has what this returns, which is the same for equal documents."""
    return _kept.setdefault(document, KeptOverview(made))


def overview_of(document: Document) -> Overview:
    """Return the overview that is kept, or make one."""
    kept = _kept.get(document)
    return kept.overview if kept else overview(document)
