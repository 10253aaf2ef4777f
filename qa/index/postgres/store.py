"""The store of an index in PostgreSQL with pgvector, in a schema of its own.

Vectors are float16 in an HNSW index; a search within few documents compares them exactly. Keyword search uses the BM25
of pg_textsearch if the database had that extension when the index was made. Otherwise a GIN index finds the chunks that
contain a rare term of the question or two common ones, and SQL scores some thousands of them: a question of common
terms alone sees only a part of its chunks. A term is stored as 31 bits of its hash, repeated as often as it counts.
Documents and the counts of terms are written in one transaction.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from itertools import accumulate, chain, combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.errors import IndexServerError
from qa.index.bm25 import K1, B
from qa.index.postgres.address import parse_address
from qa.index.postgres.connection import Connections
from qa.index.server.codec import term_hash
from qa.index.server.store import Record, StoredChunks, StoredDocument, Totals, number_of, row_of
from qa.settings import Settings
from qa.types import JSONObject, StoredVectors, Vectors

if TYPE_CHECKING:
    from psycopg import Connection

_MIN_PGVECTOR = (0, 8)  # the first version with iterative scans, which search on until a filter leaves enough results
_MAX_EXACT = 20_000  # up to this many chunks, a search within documents compares all vectors
_FEW_DOCUMENTS = 200  # up to this many documents are assumed to have at most `_MAX_EXACT` chunks
_MAX_COUNTED = 25_000
"""Without pg_textsearch, this many chunks, divided by the number of the terms, are scored for each condition."""
_MAX_COMMON_TERMS = 5
_COLUMNS = "document, position, halfvec_send(vector), payload"
_DOCUMENTS, _CHUNKS, _TERMS = -1, -2, -3  # rows of the table of counts for totals; a term's number is never negative
_TABLES = """
CREATE TABLE documents (
    number bigint PRIMARY KEY, key text UNIQUE NOT NULL, fingerprint text NOT NULL,
    chunks int NOT NULL, about bytea NOT NULL, content bytea NOT NULL);
CREATE TABLE chunks (
    document bigint, position int, vector halfvec({dimension}) STORAGE PLAIN, terms int[] STORAGE MAIN,
    payload bytea STORAGE EXTERNAL, PRIMARY KEY (document, position));
CREATE TABLE counts (term int PRIMARY KEY, chunks bigint NOT NULL) WITH (fillfactor = 50);
CREATE SEQUENCE numbers MAXVALUE 274877906943;
CREATE TABLE metadata (content text NOT NULL);
CREATE FUNCTION words(terms int[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT array_to_string(terms, ' ') $$;
"""
# Recall@10 of 20,000 chunks: 0.964 with pgvector's defaults and ef_search 200, 0.990 with these, 0.998 with 400.
# HNSW over bits, re-ranked by these vectors, is no faster. For a million chunks, the signs alone need more than 3,200
# candidates for 0.96, and three bits per dimension 400 for 0.97. With these, a search of 100,000 chunks took 8.9 ms of
# processor time for a recall of 0.977; one of the vectors takes 5.2 ms for 0.966 and 9.4 ms for 0.989.
VECTORS = "CREATE INDEX chunks_vector ON chunks USING hnsw (vector halfvec_ip_ops) WITH (m=24, ef_construction=128)"
BM25 = f"CREATE INDEX chunks_bm25 ON chunks USING bm25 (words(terms)) WITH (text_config='simple', k1={K1}, b={B})"
GIN = "CREATE INDEX chunks_terms ON chunks USING gin (terms) WITH (fastupdate = off)"


def connect(location: str, settings: Settings) -> PostgresStore:
    """Return the store at an address; see `qa.index.postgres.address.FORM`."""
    return PostgresStore(location, settings.index_timeout_seconds, settings.index_token.get_secret_value())


class PostgresStore:
    """See `qa.index.server.store.Store`.

    Parameters
    ----------
    seconds : float
        Time limit of a call; ten times as long for one that writes.
    token : str
        The password, or USER:PASSWORD; if empty, libpq uses its defaults and its password file.
    """

    def __init__(self, location: str, seconds: float, token: str = "") -> None:
        address = parse_address(location, token)
        self.shown = address.shown
        self._name = address.name
        self._connections = Connections(address, seconds)
        self._has_bm25 = False

    def metadata(self) -> JSONObject | None:
        def use(connection: Connection[Any]) -> JSONObject | None:
            import psycopg

            try:
                [(content, self._has_bm25)] = connection.execute(
                    f'SELECT content, to_regclass(%s) IS NOT NULL FROM "{self._name}".metadata',  # noqa: S608 -- ours
                    [f"{self._name}.chunks_bm25"],
                ).fetchall()
            except psycopg.errors.UndefinedTable:
                return None
            metadata: JSONObject = json.loads(content)
            return metadata

        return self._connections.run("be reached", use)

    def create(self, metadata: JSONObject) -> None:
        def use(connection: Connection[Any]) -> None:
            # For all names, since two transactions cannot create the extension at the same time.
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('cited_qa'))")
            [(schema, table)] = connection.execute(
                "SELECT to_regnamespace(%s), to_regclass(%s)", [self._name, f"{self._name}.metadata"]
            ).fetchall()
            if table:
                return  # made by another process just now
            if schema:
                raise IndexServerError(
                    f"{self.shown}: schema {self._name!r} already exists and was not created by qa; choose another name"
                )
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            versions = dict(connection.execute("SELECT extname, extversion FROM pg_extension").fetchall())
            if tuple(map(int, versions["vector"].split(".")[:2])) < _MIN_PGVECTOR:
                raise IndexServerError(f"{self.shown}: has pgvector {versions['vector']}; 0.8 or newer is needed")
            self._has_bm25 = "pg_textsearch" in versions
            connection.execute(f'CREATE SCHEMA "{self._name}"')  # the name may be a keyword
            for statement in _TABLES.format(dimension=int(metadata["dimension"])).split(";\n"):
                connection.execute(statement)
            connection.execute(VECTORS)
            connection.execute(BM25 if self._has_bm25 else GIN)
            connection.execute("INSERT INTO metadata VALUES (%s)", [json.dumps(metadata)])

        self._connections.run("be made", use, writes=True)

    def put(self, documents: Sequence[StoredDocument]) -> None:
        ids = [_ids(chunk.terms) for document in documents for chunk in document.chunks]
        added = _counted(ids)
        added[_DOCUMENTS] = len(documents)

        def use(connection: Connection[Any]) -> None:
            counts = self._removed(connection, [document.key for document in documents])
            for term, count in added.items():
                counts[term] += count
            drawn = connection.execute("SELECT nextval('numbers') FROM generate_series(1, %s)", [len(documents)])
            numbers = [number for (number,) in drawn]
            cursor = connection.cursor()
            with cursor.copy("COPY documents FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["int8", "text", "text", "int4", "bytea", "bytea"])
                for number, one in zip(numbers, documents, strict=True):
                    copy.write_row((number, one.key, one.fingerprint, len(one.chunks), one.about, one.content))
            with cursor.copy("COPY chunks FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["int8", "int4", "bytea", "bytea", "bytea"])
                terms = iter(ids)
                for number, one in zip(numbers, documents, strict=True):
                    for position, chunk in enumerate(one.chunks):
                        row = (number, position, _halfvec(chunk.vector), _int_array(next(terms)), chunk.payload)
                        copy.write_row(row)
            _count(connection, counts)

        self._connections.run("be written to", use, writes=True)

    def delete(self, keys: Collection[str]) -> int:
        def use(connection: Connection[Any]) -> int:
            counts = self._removed(connection, keys)
            _count(connection, counts)
            return -counts[_DOCUMENTS]

        return self._connections.run("be written to", use, writes=True)

    def records(self, keys: Collection[str]) -> list[Record]:
        return self._records("WHERE key = ANY(%s) ORDER BY number", [list(keys)])

    def page(self, after: int, limit: int) -> list[Record]:
        return self._records("WHERE number > %s ORDER BY number LIMIT %s", [after, limit])

    def contents(self, numbers: Collection[int]) -> dict[int, tuple[Record, bytes]]:
        found = self._read(
            "SELECT number, key, fingerprint, about, chunks, content FROM documents WHERE number = ANY(%s::bigint[])",
            [_literal(numbers)],
        )
        return {record[0]: (Record(*record), content) for *record, content in found}

    def chunks(self, rows: Sequence[int]) -> StoredChunks:
        numbers = [number_of(row) for row in rows]
        positions = [row - row_of(number) for row, number in zip(rows, numbers, strict=True)]
        wanted = "SELECT * FROM unnest(%s::bigint[], %s::int[]) AS rows (document, position)"
        return self._chunks(_joined(wanted), [_literal(numbers), _literal(positions)], "be read")

    def nearest(self, vector: Vectors, k: int, documents: Sequence[int] | None = None) -> StoredChunks:
        nearest_first = "ORDER BY vector <#> %s::halfvec LIMIT %s"
        values = ["[" + ",".join(map(str, vector.tolist())) + "]", k]
        if documents is None:
            statement = f"SELECT {_COLUMNS} FROM chunks {nearest_first}"  # noqa: S608 -- ours
            found = self._chunks(statement, values)
            # Some of those that one scan finds may have been deleted.
            return found if len(found) >= k else self._chunks(statement, values, scans_on=True)
        # Materialized, all their vectors are compared; otherwise the index is searched until enough are theirs.
        is_small = self._is_small(documents)
        how = "MATERIALIZED" if is_small else "NOT MATERIALIZED"
        columns = "SELECT document, position, vector FROM chunks WHERE document = ANY(%s::bigint[])"
        wanted = f"WITH allowed AS {how} ({columns}) SELECT document, position FROM allowed {nearest_first}"  # noqa: S608
        return self._chunks(_joined(wanted), [_literal(documents), *values], scans_on=not is_small)

    def matching(self, weights: Mapping[str, float], k: int, documents: Sequence[int] | None = None) -> StoredChunks:
        terms = {_id(term): weight for term, weight in weights.items()}
        if documents is None and self._has_bm25:
            return self._chunks(
                f"SELECT {_COLUMNS} FROM chunks ORDER BY words(terms) <@> to_bm25query(%s, %s) LIMIT %s",  # noqa: S608
                [" ".join(map(str, terms)), f"{self._name}.chunks_bm25", k],
            )
        if documents is not None:
            condition = "document = ANY(%s::bigint[]) AND terms && %s::int[] LIMIT ALL"
            sources = [(condition, [_literal(documents), _literal(terms)])]
        else:
            counts = self._counts(terms)
            # Terms that no chunk contains would take the place of those that find some.
            rarest_first = [term for term in sorted(counts, key=counts.__getitem__) if counts[term]]
            if not rarest_first:
                return {}
            terms = {term: terms[term] for term in rarest_first}
            sources = _rare({term: counts[term] for term in terms})
        chosen = "(SELECT document, position, terms FROM chunks WHERE {})"
        chunks = " UNION ALL ".join(chosen.format(condition) for condition, _ in sources)
        score = " + ".join(f"%s * tf{n} / (tf{n} + norm)" for n in range(len(terms)))
        counted = ", ".join(f"cardinality(array_positions(terms, %s::int))::float8 AS tf{n}" for n in range(len(terms)))
        wanted = (
            f"SELECT document, position FROM (SELECT document, position, {score} AS score"  # noqa: S608 -- ours
            f" FROM (SELECT document, position, {counted},"
            f" {K1} * ({1 - B} + {B} * cardinality(terms) * (SELECT chunks FROM counts WHERE term = {_CHUNKS})"
            f" / (SELECT chunks FROM counts WHERE term = {_TERMS})) AS norm"
            # The offset keeps the planner from counting each term again wherever the score has its count.
            f" FROM ({chunks}) AS found OFFSET 0) AS scored ORDER BY score DESC LIMIT %s) AS best"
            # The conditions can find a chunk twice.
            " GROUP BY document, position ORDER BY max(score) DESC LIMIT %s"
        )
        conditions = chain.from_iterable(values for _, values in sources)
        return self._chunks(_joined(wanted), [*terms.values(), *terms, *conditions, len(sources) * k, k])

    def totals(self) -> Totals:
        found = self._counts([_DOCUMENTS, _CHUNKS, _TERMS])
        return Totals(*(found.get(what, 0) for what in (_DOCUMENTS, _CHUNKS, _TERMS)))

    def frequencies(self, terms: Collection[str]) -> dict[str, int]:
        found = self._counts([_id(term) for term in terms])
        return {term: found.get(_id(term), 0) for term in terms}

    def close(self) -> None:
        self._connections.close()

    def _is_small(self, documents: Sequence[int]) -> bool:
        if len(documents) <= _FEW_DOCUMENTS:
            return True
        [[chunks]] = self._read(
            "SELECT sum(chunks) FROM documents WHERE number = ANY(%s::bigint[])", [_literal(documents)]
        )
        return bool((chunks or 0) <= _MAX_EXACT)

    def _records(self, where: str, values: Sequence[Any]) -> list[Record]:
        found = self._read(f"SELECT number, key, fingerprint, about, chunks FROM documents {where}", values)  # noqa: S608
        return [Record(*row) for row in found]

    def _counts(self, terms: Iterable[int]) -> dict[int, int]:
        return dict(self._read("SELECT term, chunks FROM counts WHERE term = ANY(%s::int[])", [_literal(terms)]))

    def _removed(self, connection: Connection[Any], keys: Collection[str]) -> Counter[int]:
        """Remove documents, and return how the counts change; other writers of the same documents wait."""
        connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s || key, 0))"
            " FROM (SELECT unnest(%s::text[]) AS key ORDER BY key) AS keys",
            [self._name, list(keys)],
        )
        gone = connection.execute("DELETE FROM documents WHERE key = ANY(%s) RETURNING number", [list(keys)]).fetchall()
        numbers = [number for (number,) in gone]
        deleted = connection.execute("DELETE FROM chunks WHERE document = ANY(%s) RETURNING terms", [numbers])
        counts = Counter({term: -count for term, count in _counted(terms for (terms,) in deleted).items()})
        counts[_DOCUMENTS] = -len(numbers)
        return counts

    def _chunks(
        self, statement: str, values: Sequence[Any], action: str = "be searched", *, scans_on: bool = False
    ) -> StoredChunks:
        """Return the chunks whose `_COLUMNS` a statement returns.

        With `scans_on`, its search of the vector index continues until it has found enough, which is slower.
        """

        def use(connection: Connection[Any]) -> list[Any]:
            with connection.transaction() if scans_on else nullcontext():
                if scans_on:
                    connection.execute("SET LOCAL hnsw.iterative_scan = relaxed_order")
                return connection.execute(statement, values, binary=True).fetchall()

        found = self._connections.run(action, use)
        if not found:
            return {}
        # Each vector has a header of 4 bytes.
        vectors = np.frombuffer(b"".join([row[2] for row in found]), ">f2").reshape(len(found), -1)[:, 2:]
        return {
            row_of(number, position): (vector, payload)
            for (number, position, _, payload), vector in zip(found, vectors.astype(np.float16), strict=True)
        }

    def _read(self, statement: str, values: Sequence[Any]) -> list[Any]:
        return self._connections.run("be read", lambda one: one.execute(statement, values, binary=True).fetchall())


def _joined(wanted: str) -> str:
    """Return a statement for the chunks whose documents and positions a query returns.

    Payloads are read after the search: a sort in it would read those of all chunks.
    """
    return f"SELECT {_COLUMNS} FROM chunks JOIN ({wanted}) AS wanted USING (document, position)"  # noqa: S608 -- ours


def _id(term: str) -> int:
    return term_hash(term) & 0x7FFFFFFF


def _ids(terms: Mapping[str, int]) -> list[int]:
    """Return the numbers of terms, repeated as often as each counts."""
    return list(chain.from_iterable([_id(term)] * count for term, count in terms.items()))


def _rare(counts: Mapping[int, int]) -> list[tuple[str, list[str]]]:
    """Return conditions for the chunks with a rare term, and for those with two common ones, each with a limit.

    The counts say how many chunks contain each term, the rarest first.
    """
    terms, limit = list(counts), _MAX_COUNTED // len(counts)
    # If no term is rare, some of the chunks with the rarest one.
    rare = max(1, sum(total <= limit for total in accumulate(counts.values())))
    pairs = [_literal(pair) for pair in combinations(terms[rare - 1 :][:_MAX_COMMON_TERMS], 2)]
    conditions = [("terms && %s::int[]", [_literal(terms[:rare])])]
    if rare < len(terms):
        conditions.append((" OR ".join(["terms @> %s::int[]"] * len(pairs)), pairs))
    return [(f"({condition}) LIMIT {limit}", values) for condition, values in conditions]


def _literal(numbers: Iterable[int]) -> str:
    """Return an array literal; psycopg converts a list ten times as slowly."""
    return f"{{{','.join(map(str, numbers))}}}"


def _counted(chunks: Iterable[Sequence[int]]) -> Counter[int]:
    counts: Counter[int] = Counter()
    for terms in chunks:
        counts.update(set(terms))
        counts[_CHUNKS] += 1
        counts[_TERMS] += len(terms)
    return counts


def _count(connection: Connection[Any], counts: Mapping[int, int]) -> None:
    """Add to the counts, in order of terms, so that two writers cannot deadlock."""
    changed = sorted((term, count) for term, count in counts.items() if count)
    connection.execute(
        "INSERT INTO counts AS c SELECT * FROM unnest(%s::int[], %s::bigint[])"
        " ON CONFLICT (term) DO UPDATE SET chunks = c.chunks + excluded.chunks",
        [[term for term, _ in changed], [count for _, count in changed]],
    )


def _halfvec(vector: StoredVectors) -> bytes:
    """Return a vector in PostgreSQL's binary format."""
    return np.array([len(vector), 0], ">i2").tobytes() + vector.astype(">f2").tobytes()


def _int_array(numbers: Sequence[int]) -> bytes:
    """Return an int[] in PostgreSQL's binary format."""
    if not numbers:
        return np.array([0, 0, 23], ">i4").tobytes()
    items = np.empty((len(numbers), 2), ">i4")
    items[:, 0], items[:, 1] = 4, numbers
    return np.array([1, 0, 23, len(numbers), 1], ">i4").tobytes() + items.tobytes()
