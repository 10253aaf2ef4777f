"""ASGI middleware that checks the host name, the origin and the login of requests."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from qa.errors import RateLimitError
from qa.web.server.auth import CHALLENGE, Login
from qa.web.server.csp import with_policy
from qa.web.server.rate_limit import RateLimiter, visitor_at

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

# Per minute, per visitor and in total. The total is for clients that forge their address through a proxy; an address
# that has logged in is exempt from it, so that others cannot lock it out.
_MAX_WRONG_LOGINS = (10, 100)
_MAX_KNOWN_ADDRESSES = 10_000


class RefusedError(Exception):
    """Raised to refuse a request; has the status and the headers of the reply."""

    def __init__(self, status: int, reason: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = headers


async def refuse(send: Send, refused: RefusedError) -> None:
    """Reply in the format of Gradio's own errors, which the page and clients show."""
    body = json.dumps({"detail": str(refused)}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *refused.headers]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def take(count: Callable[[str], None], visitor: str) -> None:
    """Count a visitor's request, and refuse it if it exceeds the limit."""
    try:
        count(visitor)
    except RateLimitError as error:
        raise RefusedError(429, f"{error}.", (b"retry-after", str(error.seconds).encode())) from None


class AccessControl:
    """ASGI middleware that refuses requests by other sites' scripts and requests without the login.

    It adds the content security policy to replies. Without `host_names`, requests may use any host name.
    """

    def __init__(self, app: ASGIApp, host_names: frozenset[str] | None, login: Login | None) -> None:
        self._app = app
        self._host_names = host_names
        self._login = login
        self._wrong_logins = RateLimiter("wrong logins", *_MAX_WRONG_LOGINS)
        self._known_wrong_logins = RateLimiter("wrong logins", _MAX_WRONG_LOGINS[0], 1_000_000)
        self._logged_in: dict[str, None] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        try:
            headers = {name.lower(): value for name, value in scope["headers"]}
            self._check_host(headers)
            self._check_login(headers, visitor_at((scope.get("client") or ("",))[0]))
        except RefusedError as refused:
            await refuse(send, refused)
        else:
            await self._app(scope, receive, with_policy(send, framed=self._login is None))

    def _check_host(self, headers: dict[bytes, bytes]) -> None:
        """Refuse requests by other sites' scripts if articles or a login need protection.

        A site can make its own name resolve to this computer's address (DNS rebinding), and a browser sends the login
        along with requests by any site.
        """
        names, login = self._host_names, self._login
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if names is not None and (_split(f"//{host}").hostname or "") not in names:
            raise RefusedError(403, "Unknown host name; QA_HOST_NAMES adds host names.")
        origin = headers.get(b"origin")
        if origin is None or (names is None and login is None):
            return
        own = {host, headers.get(b"x-forwarded-host", b"").decode("latin-1").lower()} - {""}
        site = _split(origin.decode("latin-1").lower())
        # Other servers on this computer have the same name, with another port.
        allowed = {name for name in names or () if not _is_this_computer(name)}
        if site.netloc not in own and (site.hostname or "") not in allowed:
            raise RefusedError(403, "Cross-origin requests are refused.")

    def _check_login(self, headers: dict[bytes, bytes], visitor: str) -> None:
        login = self._login
        if login is None:
            return
        given = headers.get(b"authorization")
        if given is not None:
            wrong = self._known_wrong_logins if visitor in self._logged_in else self._wrong_logins
            take(wrong.check, visitor)
            if login.admits(given):
                self._logged_in[visitor] = None
                if len(self._logged_in) > _MAX_KNOWN_ADDRESSES:
                    del self._logged_in[next(iter(self._logged_in))]
                return
            take(wrong.take, visitor)
        raise RefusedError(401, "Login required.", (b"www-authenticate", CHALLENGE))


def _is_this_computer(name: str) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _split(address: str) -> SplitResult:
    """Return the parts of a URL; all are empty if it is not valid."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")
