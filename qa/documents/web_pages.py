"""URL -> bytes. Only public hosts are contacted; see `qa.network`."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from dataclasses import dataclass
from email.message import Message
from pathlib import PurePosixPath
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from qa.documents.content import Content, file_content
from qa.documents.formats import ACCEPTED, ACCEPTED_SHOWN
from qa.documents.formats.charsets import charset
from qa.errors import FetchError
from qa.files import MEGABYTE

if TYPE_CHECKING:
    import httpcore

    from qa.network import Network

MAX_REDIRECTS = 5
_SCHEMES = ("http", "https")
_REDIRECTS = {301, 302, 303, 307, 308}
_HEADERS = {
    "User-Agent": "cited-qa",
    "Accept": "text/html, application/xhtml+xml, application/pdf, text/plain, text/markdown, */*;q=0.5",
    "Accept-Encoding": "gzip",
    "Connection": "close",
}
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPENDOCUMENT = "application/vnd.oasis.opendocument"
_SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "application/pdf": ".pdf",
    f"{_OFFICE}.wordprocessingml.document": ".docx",
    f"{_OFFICE}.presentationml.presentation": ".pptx",
    f"{_OFFICE}.spreadsheetml.sheet": ".xlsx",
    "application/vnd.ms-excel.sheet.macroenabled.12": ".xlsm",
    f"{_OPENDOCUMENT}.text": ".odt",
    f"{_OPENDOCUMENT}.spreadsheet": ".ods",
    f"{_OPENDOCUMENT}.presentation": ".odp",
    **dict.fromkeys(("application/rtf", "text/rtf"), ".rtf"),
    "application/x-ipynb+json": ".ipynb",
    "application/x-subrip": ".srt",
    "text/vtt": ".vtt",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/epub+zip": ".epub",
    "message/rfc822": ".eml",
    **{f"image/{kind}": f".{kind}" for kind in ("png", "jpeg", "tiff", "webp")},
}
# For these types, a known suffix in the URL decides on the format.
_VAGUE = {"", "text/plain", "binary/octet-stream", *(f"application/{it}" for it in ("octet-stream", "zip", "download"))}


@dataclass(frozen=True, slots=True)
class Fetched:
    """The response for a URL."""

    url: str  # after redirects
    name: str  # a file name; its suffix determines the format
    data: bytes  # decompressed; text with a declared charset is converted to UTF-8 with a byte order mark


def fetched_content(fetched: Fetched, *, max_file_mb: float = 50.0) -> Content:
    """Return a response as content with its address as id; errors: `qa.documents.loader.load_file`."""
    parts = urlsplit(fetched.url)
    address = f"{parts.hostname}{unquote(parts.path)}".rstrip("/") + (f"?{parts.query}" if parts.query else "")
    return file_content(fetched.data, fetched.name, document_id=address, source=fetched.url, max_file_mb=max_file_mb)


def fetch(url: str, *, max_file_mb: float = 50.0, network: Network | None = None) -> Fetched:
    """Fetch the page or file at a URL, following up to `MAX_REDIRECTS` redirects.

    Parameters
    ----------
    url : str
        Starts with http:// or https://.
    max_file_mb : float
        Maximum size, in megabytes of 1,000,000 bytes.
    network : Network, optional
        Makes the connections; by default only to public hosts.

    Raises
    ------
    FetchError
        If the URL is malformed or not public, or the response fails, is too large, too slow, or of unknown type.
    """
    import httpcore

    from qa.network import Deadline, Network

    network = network or Network()
    deadline = Deadline(monotonic() + network.total_seconds)
    limit = int(max_file_mb * MEGABYTE)
    at = url.strip()
    try:
        with network.pool(deadline) as pool:
            for _ in range(MAX_REDIRECTS + 1):
                parts = _parse_url(at)
                reply = _request(pool, parts, network, limit)
                if isinstance(reply, Fetched):
                    return reply
                at = urljoin(at, reply)
        raise FetchError(f"redirects more than {MAX_REDIRECTS} times")
    except FetchError as error:
        where = _display_url(url) if at == url.strip() else f"{_display_url(url)} (redirected to {_display_url(at)})"
        raise FetchError(f"{where}: {error}") from error
    except httpcore.ConnectTimeout as error:
        raise FetchError(f"{_display_url(at)}: no connection within {network.connect_seconds:g} seconds") from error
    except httpcore.TimeoutException as error:
        waits = f"{network.read_seconds:g} seconds without data and {network.total_seconds:g} in total"
        raise FetchError(f"{_display_url(at)}: the response is too slow: the limits are {waits}") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        raise FetchError(f"{_display_url(at)}: the connection failed ({error})") from error


def _parse_url(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise FetchError(f"is not a web address ({error})") from error
    if parts.scheme not in _SCHEMES:
        raise FetchError("is not a web address; it must start with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise FetchError("contains a user name or password; remove it from the address")
    if not parts.hostname or port == 0:
        raise FetchError("has no host name")
    return parts


def _request(pool: httpcore.ConnectionPool, parts: SplitResult, network: Network, limit: int) -> Fetched | str:
    """Send one request; return the response, or the URL it redirects to."""
    import httpx

    try:
        request = httpx.Request("GET", parts.geturl(), headers=_HEADERS)
    except httpx.InvalidURL as error:
        raise FetchError(f"is not a web address ({error})") from error
    wait = network.read_seconds
    extensions = {"timeout": {"connect": network.connect_seconds, "read": wait, "write": wait, "pool": wait}}
    with pool.stream("GET", str(request.url), headers=request.headers.raw, extensions=extensions) as response:
        headers = httpx.Headers(response.headers)
        if response.status in _REDIRECTS and headers.get("location"):
            return headers["location"]
        if response.status != httpx.codes.OK:
            phrase = httpx.codes.get_reason_phrase(response.status)
            raise FetchError(f"the server answered {response.status} {phrase}".rstrip())
        kind = Message()
        kind["Content-Type"] = headers.get("content-type", "")
        kind["Content-Disposition"] = headers.get("content-disposition", "")
        content_type = kind.get_content_type() if headers.get("content-type") else ""
        # Check the type before reading the content, so as not to download a film.
        name = _name(parts, content_type, kind.get_filename())
        announced = headers.get("content-length", "")
        if announced.isdigit() and int(announced) > limit:
            raise FetchError(f"has {int(announced):,} bytes, over the limit of {limit:,}")
        data = _content(response, headers.get("content-encoding", "identity").lower(), limit)
    return Fetched(parts.geturl(), name, _to_utf_8(data, content_type, kind.get_param("charset")))


def _name(parts: SplitResult, content_type: str, offered: str | None) -> str:
    for candidate in (offered, unquote(parts.path)):
        name = PurePosixPath(candidate or "").name
        suffix = PurePosixPath(name).suffix.lower()
        if suffix in ACCEPTED and (content_type in _VAGUE or _SUFFIXES.get(content_type) == suffix):
            return name
    if content_type not in _SUFFIXES:
        kind = content_type or "unknown"
        raise FetchError(f"is of type {kind}, which is not supported; supported files: {ACCEPTED_SHOWN}")
    stem = PurePosixPath(unquote(parts.path)).name or parts.hostname or "page"
    return f"{stem}{_SUFFIXES[content_type]}"


def _content(response: httpcore.Response, encoding: str, limit: int) -> bytes:
    """Return the decompressed content; neither it nor the transferred bytes may exceed the limit."""
    from qa.network import limit_bytes

    too_large = FetchError(f"has more bytes than the limit of {limit:,}")
    data = b"".join(limit_bytes(response.iter_stream(), limit, too_large))
    if encoding == "identity":
        return data
    if encoding not in {"gzip", "x-gzip"}:
        raise FetchError(f"has the content encoding {encoding!r}, which was not requested")
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            content = file.read(limit + 1)
    except EOFError as error:
        raise FetchError("is incomplete") from error
    except (OSError, zlib.error) as error:
        raise FetchError(f"is damaged ({error})") from error
    if len(content) > limit:
        raise too_large
    return content


def _to_utf_8(data: bytes, content_type: str, declared: object) -> bytes:
    """Convert text from the server's charset, which precedes the page's own, as in browsers."""
    is_text = content_type.startswith("text/") or content_type == "application/xhtml+xml"
    if not (isinstance(declared, str) and is_text) or data.startswith(codecs.BOM_UTF8):
        return data
    try:
        text = data.decode(charset(declared))
    except (LookupError, UnicodeError):
        # Leave the choice of a charset to the reader.
        return data
    return codecs.BOM_UTF8 + text.encode("utf-8", "surrogatepass")


def _display_url(url: str) -> str:
    """Return a URL for a message: without credentials, and shortened."""
    bare = re.sub(r"(?<=//)[^/?#]*@", "", "".join(c if c.isprintable() else " " for c in url.strip()))
    return bare if len(bare) <= 200 else f"{bare[:200]}\u2026"
