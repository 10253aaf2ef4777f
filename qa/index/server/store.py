"""What a database server does for an index: the `Store` protocol that each engine implements.

An engine keeps plain data and finds candidates. What is in the bytes, scoring, caching and the numbering of rows are
the same for all: `qa.index.server.index.ServerIndex`. A chunk's row is made of its document's number and its position
in the document; sentences are numbered in the same way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from qa.index.base import Rows
from qa.types import JSONObject, StoredVectors, Vectors

MOST_ROWS = 1 << 62
"""More than any row."""
MOST_NUMBER = 1 << 38
"""More than any number of a document."""
_POSITIONS = 24


def row_of(number: int, position: int = 0) -> int:
    """Return the row of a position, counted from 0, in a document; a document has 2**24 of them."""
    return number << _POSITIONS | position


def number_of(row: int) -> int:
    """Return the number of the document that a row belongs to."""
    return row >> _POSITIONS


def numbers_of(rows: Rows) -> list[int]:
    """Return the numbers of the documents that rows belong to, each once, ascending."""
    numbers: list[int] = np.unique(rows >> _POSITIONS).tolist()
    return numbers


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk as it is written.

    Attributes
    ----------
    vector : float16 array, shape (dim,)
        Of unit length, up to rounding.
    terms : mapping of str to int
        Stemmed terms without spaces, with how often each counts: the text of keyword search.
    payload : bytes
        What is fetched of a candidate: its sentences' vectors, and in which of its parts the terms are.
    """

    vector: StoredVectors
    terms: Mapping[str, int]
    payload: bytes


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as it is written.

    Attributes
    ----------
    key : str
        64 hexadecimal digits made of its id, which may be any text.
    fingerprint : str
        At most 200 ASCII characters.
    about : bytes
        What a list of documents says of it, some 100 bytes to some 100,000.
    content : bytes
        The rest of it but its chunks: text and spans, compressed.
    chunks : tuple of StoredChunk
        In reading order.
    """

    key: str
    fingerprint: str
    about: bytes
    content: bytes
    chunks: tuple[StoredChunk, ...]


class Record(NamedTuple):
    """A document that is there, without content.

    Attributes
    ----------
    number : int
        Above 0, below `MOST_NUMBER`, greater than that of each document written before; never given again.
    key, fingerprint, about
        As written.
    chunks : int
        How many it has.
    """

    number: int
    key: str
    fingerprint: str
    about: bytes
    chunks: int


class Totals(NamedTuple):
    """Counts over all documents; an engine may estimate the last."""

    documents: int
    chunks: int
    terms: int
    """The terms of all chunks, each as often as it counts."""


class Store(Protocol):
    """The data of one index on a server; asked by several threads at once.

    Each method raises IndexServerError, which shows the address without any password, where the server does not answer
    within `Settings.index_timeout_seconds`, or one that writes within ten times as long; the next call connects again.
    A document is seen whole or not at all: by a search, a list, and whoever reads it, also while it is replaced.
    """

    @property
    def shown(self) -> str:
        """The address, for messages."""
        ...

    def metadata(self) -> JSONObject | None:
        """Return what `create` was given; None where no index was made to its end."""
        ...

    def create(self, metadata: JSONObject) -> None:
        """Make an empty index for vectors of ``metadata["dimension"]``; what an interrupted attempt left is replaced.

        Raises
        ------
        IndexServerError
            Also if the place contains something else.
        """
        ...

    def put(self, documents: Sequence[StoredDocument]) -> None:
        """Write documents, whose keys differ; one whose key is there replaces it and is the newest afterwards."""
        ...

    def delete(self, keys: Collection[str]) -> int:
        """Delete documents, and return how many were there."""
        ...

    def records(self, keys: Collection[str]) -> list[Record]:
        """Return the records of those of the documents that are there, at most 10,000 keys, by number."""
        ...

    def page(self, after: int, limit: int) -> list[Record]:
        """Return the first `limit` records of a number above `after`, by number."""
        ...

    def contents(self, numbers: Collection[int]) -> dict[int, tuple[Record, bytes]]:
        """Return the records and contents of those of the documents that are there, by number."""
        ...

    def chunks(self, rows: Sequence[int]) -> dict[int, tuple[StoredVectors, bytes]]:
        """Return the vectors and payloads of those of the chunks that are there, by row."""
        ...

    def nearest(self, vector: Vectors, k: int, documents: Sequence[int] | None = None) -> list[int]:
        """Return the rows of the `k` chunks nearest to a unit vector by inner product, as nearly as the engine can.

        Parameters
        ----------
        vector : float32 array, shape (dim,)
        k : int
        documents : sequence of int, optional
            The numbers of the documents to search within; few of many must not cost recall.
        """
        ...

    def matching(self, weights: Mapping[str, float], k: int, documents: Sequence[int] | None = None) -> list[int]:
        """Return the rows of the `k` chunks of the highest BM25 scores, as nearly as the engine can.

        More may be returned: the caller scores them again. All contain one of the terms.

        Parameters
        ----------
        weights : mapping of str to float
            The terms, with the IDF of each times how often it is asked for; an engine may take its own in their place.
        k : int
        documents : sequence of int, optional
            As of `nearest`.
        """
        ...

    def totals(self) -> Totals:
        """Return the counts over all documents; it must not take a scan."""
        ...

    def frequencies(self, terms: Collection[str]) -> dict[str, int]:
        """Return for each term the number of chunks that contain it, exact or estimated."""
        ...

    def close(self) -> None:
        """Let go of the server."""
        ...
