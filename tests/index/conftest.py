from __future__ import annotations

from collections.abc import Iterator

import pytest
from postgres_server import NEEDS, PostgresServer, is_installed


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Return a running PostgreSQL server; a test that stops it must start it again."""
    pytest.importorskip("psycopg")
    if not is_installed():
        pytest.skip(NEEDS)
    keyword = is_installed("pg_textsearch")
    server = PostgresServer(settings=["shared_preload_libraries=pg_textsearch"] if keyword else [])
    server.execute("CREATE EXTENSION vector")
    yield server
    server.close()
