"""One HTTP request, with a deadline for the whole exchange and a limit on the size of the reply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager

import httpcore
import httpx

from qa.errors import LanguageModelError
from qa.network import Deadline, Network


@contextmanager
def exchange(
    url: str, headers: Mapping[str, str], body: bytes | None, deadline: Deadline, max_bytes: int
) -> Iterator[httpx.Response]:
    """Send a request and yield the reply, its body unread.

    An `httpx.Client` limits only the wait for each read, so a server could send a byte now and then for ever. It also
    logs URLs, and a query may contain a key.

    Parameters
    ----------
    url : str
    headers : mapping of str to str
    body : bytes or None
        Sent with POST; None for GET.
    deadline : Deadline
        Ends the exchange, however slowly the server sends; may be moved meanwhile.
    max_bytes : int
        Maximum size of the reply's body; reading more raises a LanguageModelError.

    Raises
    ------
    httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, httpx.InvalidURL, FetchError
    """
    request = httpx.Request("GET" if body is None else "POST", url, headers=headers, content=body)
    # The operator names the server, which may be on the same machine.
    network = Network(allowed=lambda _: True)
    sent = httpcore.Request(
        request.method,
        str(request.url),
        headers=request.headers.raw,
        content=request.read(),
        extensions={"timeout": {"connect": network.connect_seconds}},
    )
    with network.pool(deadline) as pool, closing(pool.handle_request(sent)) as response:
        content = _limited(response.iter_stream(), max_bytes)
        yield httpx.Response(response.status, headers=response.headers, content=content)


def _limited(chunks: Iterable[bytes], max_bytes: int) -> Iterator[bytes]:
    received = 0
    for chunk in chunks:
        received += len(chunk)
        if received > max_bytes:
            raise LanguageModelError(f"the language model's reply exceeded {max_bytes:,} bytes and was truncated")
        yield chunk
