"""The `Store` protocol: what an engine implements so that an index can be kept on its server.

An engine keeps opaque data and finds candidates. Encoding, scoring, caching and row numbers are common to all engines:
see `qa.index.server.index.ServerIndex`. A chunk's row number consists of its document's number and its position in the
document; so does a sentence's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from qa.errors import IndexServerError
from qa.index.base import Rows
from qa.text.lines import one_line
from qa.types import JSONObject, StoredVectors, Vectors

MAX_ROWS = 1 << 62
WRITE_FACTOR = 10
"""How many times `Settings.index_timeout_seconds` a call that writes may take."""
_POSITION_BITS = 24
_TIMEOUT = re.compile(r"time-?out|timed out|deadline", re.IGNORECASE)


def row_of(number: int, position: int = 0) -> int:
    """Return the row number of a position, from 0 to 2**24 - 1, in a document."""
    return number << _POSITION_BITS | position


def number_of(row: int) -> int:
    """Return the document number of a row."""
    return row >> _POSITION_BITS


def numbers_of(rows: Rows) -> list[int]:
    """Return the distinct document numbers of rows, ascending."""
    numbers: list[int] = np.unique(rows >> _POSITION_BITS).tolist()
    return numbers


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk to be written."""

    vector: StoredVectors  # float16, shape (dim,), of unit length up to rounding
    terms: Mapping[str, int]  # for keyword search: stemmed terms without spaces, and how often each counts
    payload: bytes  # fetched with a candidate: its sentence vectors, and the parts that contain each term


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document to be written."""

    key: str  # a hash of its id, as 64 hexadecimal digits
    fingerprint: str  # at most 200 ASCII characters
    about: bytes  # its metadata: about 100 to 100,000 bytes, compressed
    content: bytes  # its text and spans, compressed
    chunks: tuple[StoredChunk, ...]  # in reading order


StoredChunks = dict[int, tuple[StoredVectors, bytes]]
"""The vectors and payloads of chunks, by row."""


class Record(NamedTuple):
    """A stored document, without its content."""

    number: int  # from 1 to 2**38 - 1, greater than any number assigned before; never reused
    key: str
    fingerprint: str
    about: bytes
    chunks: int  # their number


class Totals(NamedTuple):
    """Counts over all documents; an engine may estimate the number of terms."""

    documents: int
    chunks: int
    terms: int
    """The terms of all chunks, repeated as often as each counts."""


class Store(Protocol):
    """The data of one index on a server. Thread-safe.

    Every method raises IndexServerError, with the address but no password, if the server does not answer within
    `Settings.index_timeout_seconds`, or `WRITE_FACTOR` times that if it writes; the next call connects again.
    Searches, lists and reads see a document whole or not at all, even while it is being replaced.
    """

    @property
    def shown(self) -> str:
        """The address, for messages."""

    def metadata(self) -> JSONObject | None:
        """Return what was passed to `create`; None if there is no complete index."""

    def create(self, metadata: JSONObject) -> None:
        """Create an empty index for vectors of ``metadata["dimension"]``, in place of what an interrupted call left.

        If another process has created one meanwhile, that one may stay.

        Raises
        ------
        IndexServerError
            Also if the address contains something else.
        """

    def put(self, documents: Sequence[StoredDocument]) -> None:
        """Write one or more documents with distinct keys, replacing those with the same; all become the newest."""

    def delete(self, keys: Collection[str]) -> int:
        """Delete documents, and return how many existed."""

    def records(self, keys: Collection[str]) -> list[Record]:
        """Return the records of the documents that exist, ordered by number; at most 10,000 keys."""

    def page(self, after: int, limit: int) -> list[Record]:
        """Return the first `limit` records with a number above `after`, ordered by number."""

    def contents(self, numbers: Collection[int]) -> dict[int, tuple[Record, bytes]]:
        """Return the records and contents of the documents that exist, by number."""

    def chunks(self, rows: Sequence[int]) -> StoredChunks:
        """Return the chunks that exist."""

    def nearest(self, vector: Vectors, k: int, documents: Sequence[int] | None = None) -> StoredChunks:
        """Return the `k` chunks nearest to a unit vector by inner product; may be approximate.

        Parameters
        ----------
        vector : float32 array, shape (dim,)
        documents : sequence of int, optional
            Search only the documents with these numbers. A narrow filter must not lower recall.
        """

    def matching(self, weights: Mapping[str, float], k: int, documents: Sequence[int] | None = None) -> StoredChunks:
        """Return the `k` chunks with the highest BM25 scores, or more; may be approximate.

        The caller scores them again.

        Parameters
        ----------
        weights : mapping of str to float
            Each term's IDF, multiplied by how often the question contains it; an engine may use its own.
        documents : sequence of int, optional
            As in `nearest`.
        """

    def totals(self) -> Totals:
        """Return the counts over all documents, without a scan."""

    def frequencies(self, terms: Collection[str]) -> dict[str, int]:
        """Return the number of chunks that contain each term; may be estimated."""

    def close(self) -> None:
        """Close the connection."""


@contextmanager
def server_errors(shown: str, action: str, extra: str, reason: Callable[[Exception], str] = str) -> Iterator[None]:
    """Raise an `IndexServerError` for any error in the block.

    Parameters
    ----------
    shown : str
        The address, for messages.
    action : str
        What failed, after "could not": "be reached".
    extra : str
        The extra of this package that installs the client.
    reason : callable, optional
        Returns the message of an error; `str` by default.
    """
    try:
        yield
    except IndexServerError:
        raise
    except ImportError as error:
        raise IndexServerError(
            f"{shown}: needs a package that is not installed ({error.name}); pip install 'cited-qa[{extra}]'"
        ) from error
    except Exception as error:  # every client has its own base class
        message = one_line(reason(error))[:300] or type(error).__name__
        if "://" not in shown:
            advice = "check that it is not open elsewhere"
        elif _TIMEOUT.search(message):
            advice = "check the server, or set QA_INDEX_TIMEOUT_SECONDS higher"
        else:
            advice = "check the address, QA_INDEX_TOKEN, the rights of its user, and the server"
        raise IndexServerError(f"{shown}: could not {action} ({message}); {advice}") from error
