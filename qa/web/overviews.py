"""Overviews of visitors' articles, computed in the sandbox and cached as long as the article exists."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary, WeakValueDictionary

from qa.documents.overview import Overview, Section, overview, sections
from qa.types import Document


@dataclass(frozen=True, slots=True, weakref_slot=True)
class CachedOverview:
    """An overview, cached while this object is referenced."""

    overview: Overview


_cache: WeakValueDictionary[Document, CachedOverview] = WeakValueDictionary()
_sections: WeakKeyDictionary[Document, tuple[Section, ...]] = WeakKeyDictionary()


def cache_overview(document: Document, computed: Overview) -> CachedOverview:
    """Cache an overview while the returned object, one for equal documents, is referenced."""
    return _cache.setdefault(document, CachedOverview(computed))


def overview_of(document: Document) -> Overview:
    """Return the overview of a document, from the cache if it is there."""
    cached = _cache.get(document)
    return cached.overview if cached else overview(document)


def sections_of(document: Document) -> tuple[Section, ...]:
    """Return the headings of a document without its title, as in its overview; computed once per document."""
    if cached := _cache.get(document):
        return cached.overview.sections
    # An equal document may be the key, and its entry goes with it.
    found = _sections.get(document)
    if found is None:
        title = document.title.casefold()
        found = tuple(one for one in sections(document) if one.heading.casefold() != title)
        _sections[document] = found
    return found
