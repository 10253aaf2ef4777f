"""Addresses of indexes in Milvus."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from qa.errors import IndexServerError

_SCHEME = "milvus://"
_LITE_SUFFIX = ".db"
_LITE_COLLECTION = "library"
_FORM = f"{_SCHEME}HOST:PORT/COLLECTION"
_COLLECTION = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_PORT = 19530
_MAY_BE_SECRET = re.compile(r"[@?#]")
_MANIFEST = "manifest.json"  # a file in every index folder, which distinguishes it from a milvus-lite file


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed address."""

    shown: str  # as given
    uri: str  # for pymilvus: an http address, or the path of a milvus-lite file
    collection: str  # prefix of the names of the collections

    @property
    def is_file(self) -> bool:
        """Whether it is the path of a milvus-lite file."""
        return not self.uri.startswith("http://")


def is_lite_file(location: str) -> bool:
    """Return whether a location is the path of an existing or new milvus-lite file."""
    return location.endswith(_LITE_SUFFIX) and "://" not in location and not (Path(location) / _MANIFEST).exists()


def milvus_address(location: str) -> Address:
    """Parse an address; raise an `IndexServerError` if it is not valid."""
    if is_lite_file(location):
        return Address(location, str(Path(location).absolute()), _LITE_COLLECTION)
    if _MAY_BE_SECRET.search(location):
        # The message does not repeat the address, which may contain a password.
        raise IndexServerError(
            f"an address of an index is {_FORM}, without user, password or key; set QA_INDEX_TOKEN=USER:PASSWORD"
        )
    try:
        parts = urlsplit(location)
        host, port = parts.hostname, _PORT if parts.port is None else parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, 0
    collection = parts.path.strip("/")
    if not host or not port or not _COLLECTION.fullmatch(collection):
        # An invalid port may be a password.
        shown = location if port else f"{_SCHEME}..."
        raise IndexServerError(
            f"{shown}: is not a valid index URI; expected {_FORM}, the port a number, the collection a name of letters,"
            " digits and _"
        )
    return Address(location, f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}", collection)
