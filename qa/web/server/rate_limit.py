"""Rate limits per minute: per visitor, and for all visitors together."""

from __future__ import annotations

import ipaddress
from collections import Counter, deque
from collections.abc import Callable
from math import ceil
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from qa.errors import RateLimitError

if TYPE_CHECKING:
    import gradio as gr

_MINUTE = 60.0


class RateLimiter:
    """Counts events in a sliding window of a minute, of each visitor and in total. Refused events do not count."""

    def __init__(self, what: str, per_visitor: int, total: int, clock: Callable[[], float] = monotonic) -> None:
        self._what = what
        self._per_visitor = per_visitor
        self._total = total
        self._clock = clock
        self._lock = Lock()
        self._events: deque[tuple[float, str]] = deque()
        self._counts: Counter[str] = Counter()

    def check(self, visitor: str) -> None:
        """Check that an event of a visitor would be allowed, without counting it.

        Raises
        ------
        RateLimitError
            If it would not.
        """
        with self._lock:
            self._refuse(visitor)

    def take(self, visitor: str) -> None:
        """Count an event of a visitor, or refuse it as `check` does."""
        with self._lock:
            self._refuse(visitor)
            self._events.append((self._clock(), visitor))
            self._counts[visitor] += 1

    def _refuse(self, visitor: str) -> None:
        now = self._clock()
        while self._events and now - self._events[0][0] >= _MINUTE:
            _, expired = self._events.popleft()
            self._counts[expired] -= 1
            if not self._counts[expired]:
                del self._counts[expired]
        if self._counts[visitor] >= self._per_visitor:
            since = next(when for when, who in self._events if who == visitor)
            limit = f"{self._per_visitor:,} per minute per visitor"
        elif len(self._events) >= self._total:
            since = self._events[0][0]
            limit = f"{self._total:,} per minute for all visitors"
        else:
            return
        raise RateLimitError(f"Too many {self._what}: the limit is {limit}", max(1, ceil(since + _MINUTE - now)))


def visitor_of(request: gr.Request) -> str:
    """Return the visitor that a request to Gradio comes from; see `visitor_at`."""
    return visitor_at(str(getattr(request.client, "host", "")))


def visitor_at(host: str) -> str:
    """Return the identity of a visitor at a network address: of IPv6, the first 64 bits."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)
