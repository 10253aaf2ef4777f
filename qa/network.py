"""HTTP connections with a deadline, by default to public hosts only.

Every address is checked, and the connection is made to the checked address.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

import httpcore

from qa.errors import FetchError

Resolver = Callable[[str, int], Sequence[str]]
"""Host name and port -> addresses; raises OSError when there are none."""

# Blocks of the IANA special-purpose address registries (RFC 6890) that `ipaddress` calls global, in this version of
# Python or an earlier one. No public web page is served from any of them.
# https://www.iana.org/assignments/iana-ipv4-special-registry
# https://www.iana.org/assignments/iana-ipv6-special-registry
_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",  # IETF protocol assignments, with the dummy address 192.0.0.8
            "192.31.196.0/24",  # AS112-v4
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4 relay anycast, deprecated
            "192.175.48.0/24",  # AS112 service, direct delegation
            "198.18.0.0/15",  # benchmarking
            "64:ff9b:1::/48",  # IPv4-IPv6 translation, local use
            "100:0:0:1::/64",  # dummy prefix
            "2001::/23",  # IETF protocol assignments: Teredo, ORCHID, AMT, drone identifiers and others
            "2620:4f:8000::/48",  # AS112 service, direct delegation
            "3fff::/20",  # documentation
            "5f00::/16",  # segment routing identifiers
        ),
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")


def is_public(address: str) -> bool:
    """Return whether an address belongs to the public internet.

    Loopback, private, link-local, shared (carrier), multicast, reserved and unspecified addresses do not, nor does an
    IPv6 address that stands for such an IPv4 one: mapped, compatible, NAT64, 6to4 or Teredo.

    Parameters
    ----------
    address : str
        IPv4 or IPv6, as a resolver gives it.
    """
    ip = ipaddress.ip_address(address)
    inner: ipaddress.IPv4Address | None = None
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and (ip in _NAT64 or ip in _IPV4_COMPATIBLE):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if ip.is_site_local:
            return False
    if inner is not None:
        return is_public(str(inner))
    listed = any(ip in network for network in _NOT_PUBLIC if network.version == ip.version)
    return ip.is_global and not (listed or ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_link_local)


def limit_bytes(pieces: Iterable[bytes], limit: int, error: Exception) -> Iterator[bytes]:
    """Yield pieces of a body; raise the error once they have more bytes than the limit."""
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > limit:
            raise error
        yield piece


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host from the system's resolver, in its order. The host may be a name or an address."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(slots=True)
class Deadline:
    """Time by which a reply must be complete; may be extended while it arrives.

    Attributes
    ----------
    at : float
        In seconds of the monotonic clock.
    """

    at: float


@dataclass(frozen=True, slots=True)
class Network:
    """How web addresses are resolved and connected to.

    Attributes
    ----------
    resolve : callable
        Finds the addresses of a host.
    allowed : callable
        Tells whether an address may be connected to.
    connect_seconds, read_seconds, total_seconds : float
        Longest wait for a connection, for the next bytes, and for the whole reply with its redirects.
    tls : ssl.SSLContext, optional
        Default: the usual certificate authorities.
    """

    resolve: Resolver = resolve
    allowed: Callable[[str], bool] = is_public
    connect_seconds: float = 5.0
    read_seconds: float = 10.0
    total_seconds: float = 30.0
    tls: ssl.SSLContext | None = None

    def pool(self, deadline: Deadline) -> httpcore.ConnectionPool:
        """Return a connection pool whose requests all end by `deadline`."""
        return httpcore.ConnectionPool(
            ssl_context=self.tls,
            max_connections=1,
            network_backend=_CheckedBackend(self, deadline),
        )


class _CheckedBackend(httpcore.NetworkBackend):
    """Resolves a name once, checks all its addresses, and connects to one of these.

    The name is not resolved again between the check and the connection. It is still used for the Host header and for
    checking the certificate.
    """

    def __init__(self, network: Network, deadline: Deadline) -> None:
        self._network = network
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._addresses(host, port)
        for address in addresses:
            if not self._network.allowed(address):
                raise FetchError(f"{host} resolves to {address}, which is not a public address")
        for position, address in enumerate(addresses):
            try:
                stream = self._inner.connect_tcp(
                    address, port, _remaining(self._deadline, timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if position == len(addresses) - 1:
                    raise
            else:
                return _TimedStream(stream, self._deadline)
        raise FetchError(f"{host} has no address")

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        """Resolve in a thread, since the system's resolver has no timeout."""
        answer: queue.SimpleQueue[Sequence[str] | OSError] = queue.SimpleQueue()

        def look_up() -> None:
            try:
                answer.put(self._network.resolve(host, port))
            except OSError as error:
                answer.put(error)
            except UnicodeError:
                answer.put(OSError("not a host name"))

        threading.Thread(target=look_up, daemon=True).start()
        try:
            found = answer.get(timeout=_remaining(self._deadline, self._network.connect_seconds))
        except queue.Empty:
            raise FetchError(f"looking up {host} timed out") from None
        if isinstance(found, OSError):
            raise FetchError(f"{host} was not found; check the address") from found
        return found


class _TimedStream(httpcore.NetworkStream):
    """A connection with a deadline, however slowly bytes arrive."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _remaining(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _remaining(self._deadline, timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        # A handshake in many small pieces would outlast a timeout on each. The duplicate lets the timer shut the
        # connection down while this thread waits on it.
        remaining = _remaining(self._deadline, timeout)
        copy: socket.socket = self._inner.get_extra_info("socket").dup()
        timer = threading.Timer(remaining, _shutdown, [copy])
        timer.start()
        try:
            secured = self._inner.start_tls(ssl_context, server_hostname, remaining)
        finally:
            timer.cancel()
            copy.close()
        return _TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 -- as inherited
        return self._inner.get_extra_info(info)


def _shutdown(connection: socket.socket) -> None:
    # It may just have been closed.
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _remaining(deadline: Deadline, timeout: float | None) -> float:
    remaining = deadline.at - monotonic()
    if remaining <= 0:
        raise httpcore.ReadTimeout("the deadline has passed")
    return remaining if timeout is None else min(remaining, timeout)
