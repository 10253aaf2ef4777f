"""HTTP transport with a deadline for the whole exchange and a limit on the size of the reply."""

from __future__ import annotations

from collections.abc import Iterator

import httpcore
import httpx

from qa.errors import LanguageModelError
from qa.network import Deadline, Network


class DeadlineTransport(httpx.BaseTransport):
    """Ends each exchange at a deadline, however slowly the server sends; raises httpcore's errors and FetchError.

    `httpx.HTTPTransport` limits only the wait for each read, so a server could send a byte now and then for ever. We
    use it without `httpx.Client`, which logs URLs: a query may contain a key.

    Parameters
    ----------
    deadline : Deadline
        May be moved during the exchange.
    max_bytes : int
        Maximum size of a reply's body; reading more raises a LanguageModelError.
    """

    def __init__(self, deadline: Deadline, max_bytes: int) -> None:
        # The operator names the server, which may be on the same machine.
        network = Network(allowed=lambda _: True)
        self._timeout = {"connect": network.connect_seconds}
        self._pool = network.pool(deadline)
        self._max_bytes = max_bytes

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the reply, its body unread."""
        response = self._pool.handle_request(
            httpcore.Request(
                request.method,
                str(request.url),
                headers=request.headers.raw,
                content=request.read(),
                extensions={"timeout": self._timeout},
            )
        )
        return httpx.Response(
            response.status, headers=response.headers, stream=_LimitedStream(response, self._max_bytes)
        )

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()


class _LimitedStream(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response, max_bytes: int) -> None:
        self._response = response
        self._max_bytes = max_bytes

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        for chunk in self._response.iter_stream():
            received += len(chunk)
            if received > self._max_bytes:
                raise LanguageModelError(
                    f"the language model's reply exceeded {self._max_bytes:,} bytes and was truncated"
                )
            yield chunk

    def close(self) -> None:
        self._response.close()
