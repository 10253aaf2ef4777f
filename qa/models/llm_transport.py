"""One HTTP request, with a deadline for the whole exchange and a limit on the size of the reply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

import httpcore
import httpx

from qa.errors import LanguageModelError
from qa.network import Deadline, Network, limit_bytes


@contextmanager
def exchange(
    url: str, headers: Mapping[str, str], body: bytes | None, deadline: Deadline, max_bytes: int
) -> Iterator[httpx.Response]:
    """POST a body, or GET if there is none, and yield the reply, its own body unread.

    The exchange ends at the deadline, which may be moved meanwhile, however slowly the server sends. An `httpx.Client`
    limits only the wait for each read; it also logs URLs, and a query may contain a key.

    Raises
    ------
    httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, httpx.InvalidURL, FetchError
    LanguageModelError
        On reading more than `max_bytes` of the reply.
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
        too_long = LanguageModelError(f"the language model's reply exceeded {max_bytes:,} bytes and was truncated")
        content = limit_bytes(response.iter_stream(), max_bytes, too_long)
        yield httpx.Response(response.status, headers=response.headers, content=content)
