"""How often something may be done in a minute: by one visitor, and by all together."""

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
    """Counts what was done in the last minute. What is refused does not count.

    Parameters
    ----------
    what : str
        What is counted, as its limit is told: "questions".
    each : int
        Most in a minute of one visitor.
    together : int
        Most in a minute of all.
    clock : callable, optional
        Seconds that only grow; for tests.
    """

    def __init__(self, what: str, each: int, together: int, clock: Callable[[], float] = monotonic) -> None:
        self._what = what
        self._each = each
        self._together = together
        self._clock = clock
        self._lock = Lock()
        self._taken: deque[tuple[float, str]] = deque()
        self._counts: Counter[str] = Counter()

    def check(self, visitor: str) -> None:
        """Refuse what is one too many.

        Raises
        ------
        RateLimitError
        """
        with self._lock:
            self._refuse(visitor)

    def take(self, visitor: str) -> None:
        """Count one, or refuse it as `check` does."""
        with self._lock:
            self._refuse(visitor)
            self._taken.append((self._clock(), visitor))
            self._counts[visitor] += 1

    def _refuse(self, visitor: str) -> None:
        now = self._clock()
        while self._taken and now - self._taken[0][0] >= _MINUTE:
            _, gone = self._taken.popleft()
            self._counts[gone] -= 1
            if not self._counts[gone]:
                del self._counts[gone]
        if self._counts[visitor] >= self._each:
            since = next(when for when, who in self._taken if who == visitor)
            limit = f"{self._each:,} per minute per visitor"
        elif len(self._taken) >= self._together:
            since = self._taken[0][0]
            limit = f"{self._together:,} per minute for all visitors"
        else:
            return
        raise RateLimitError(f"Too many {self._what}: the limit is {limit}", max(1, ceil(since + _MINUTE - now)))


def visitor_of(request: gr.Request) -> str:
    """Return what tells the visitor from others whom a request to Gradio comes from."""
    return visitor_at(str(getattr(request.client, "host", "")))


def visitor_at(host: str) -> str:
    """Return what tells a visitor from others by an address on the network: of IPv6, its first 64 bits."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)
