"""Pooled connections to PostgreSQL with one time limit per call."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from qa.index.postgres.address import Address
from qa.index.server.store import WRITE_FACTOR, server_errors

if TYPE_CHECKING:
    from psycopg import Connection

Result = TypeVar("Result")
_MAX_IDLE = 16
_SETTINGS = {"jit": "off", "hnsw.ef_search": "300", "hnsw.max_scan_tuples": "100000"}
# With 300 candidates, recall@10 is 0.998 for 100,000 chunks. For a million it is 0.911 with 300, 0.979 with 800, and
# 0.985 with 1000, the most that pgvector allows.
_EF_SEARCH = """
SELECT set_config('hnsw.ef_search', least(1000, 300 * sqrt(reltuples / 125000))::int::text, false)
FROM pg_class WHERE oid = to_regclass('chunks') AND reltuples > 125000
"""


class Connections:
    """A pool of connections to one database. Thread-safe.

    A call may take `seconds`, or ten times as long if it writes.
    """

    def __init__(self, address: Address, seconds: float) -> None:
        self._address = address
        self._seconds = seconds
        self._idle: list[Any] = []

    def run(self, action: str, use: Callable[[Connection[Any]], Result], *, writes: bool = False) -> Result:
        """Call `use` with a connection, in a transaction if it writes.

        If the server has closed idle connections, `use` is called again with another one.

        Parameters
        ----------
        action : str
            What the call does, for the error message; see `server_errors`.

        Raises
        ------
        IndexServerError
            If the call fails or exceeds the time limit.
        """
        seconds = self._seconds * (WRITE_FACTOR if writes else 1)
        with server_errors(self._address.shown, action, "postgres"):
            import psycopg

            end = monotonic() + seconds
            while connection := self._take_idle():
                try:
                    return self._used(connection, use, end, writes=writes)
                except psycopg.OperationalError:
                    # The server was restarted, so all idle connections are closed.
                    if not connection.closed or monotonic() >= end:
                        raise
            return self._used(self._connect(end), use, end, writes=writes)

    def close(self) -> None:
        """Close all idle connections."""
        while connection := self._take_idle():
            connection.close()

    def __del__(self) -> None:
        # Callers that only ask do not close the index.
        self.close()

    def _take_idle(self) -> Any | None:  # noqa: ANN401
        with suppress(IndexError):
            return self._idle.pop()
        return None

    def _used(self, connection: Any, use: Callable[[Connection[Any]], Result], end: float, *, writes: bool) -> Result:  # noqa: ANN401
        connection.end = end
        try:
            if not writes:
                return use(connection)
            with connection.transaction():
                connection.execute(f"SET LOCAL statement_timeout = {max(1, round(1000 * (end - monotonic())))}")
                return use(connection)
        finally:
            # A connection in the middle of a statement cannot be used again.
            if connection.pgconn.transaction_status or connection.closed or len(self._idle) >= _MAX_IDLE:
                connection.close()
            else:
                self._idle.append(connection)

    def _connect(self, end: float) -> Any:  # noqa: ANN401
        settings = {
            **_SETTINGS,
            # Some providers install extensions in a schema named "extensions".
            "search_path": f"{self._address.name},public,extensions",
            # The server stops too, even if the connection is lost.
            "statement_timeout": max(1, round(1000 * self._seconds)),
        }
        connection = _connection_class().connect(
            **self._address.parameters,
            connect_timeout=max(1, round(end - monotonic())),
            application_name="cited-qa",
            options=" ".join(f"-c {name}={value}" for name, value in settings.items()),
            autocommit=True,
            # A generic plan would not know how many rows a filter leaves. And in a prepared statement, pg_textsearch
            # 1.4 computes the score of each chunk found once more, which takes ten times as long.
            prepare_threshold=None,
        )
        connection.end = end
        try:
            connection.execute(_EF_SEARCH)
        except BaseException:
            connection.close()
            raise
        return connection


@cache
def _connection_class() -> Any:  # noqa: ANN401 -- psycopg is imported late
    import psycopg

    class TimedConnection(psycopg.Connection[Any]):
        """A connection that waits for the server until `end`, because a lost server sends nothing."""

        end = float("inf")

        def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:  # noqa: ANN401, ARG002
            return super().wait(gen, interval, max(0.0, self.end - monotonic()))

    return TimedConnection
