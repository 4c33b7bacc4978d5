"""The source's side of a load: one read-only REPEATABLE READ transaction, read as Arrow."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import psycopg
import pyarrow as pa

from warehouse.errors import SourceNotReady, SourceUnreachable
from warehouse.moment import Moment
from warehouse.tables import PEOPLE, TABLES, TOMBSTONES

# The first statement of the transaction: it takes the snapshot that all others read.
MOMENT = f"""
    select market_identity() as identity, pg_current_snapshot()::text as snapshot,
           last_position as relay_position, now() as taken_at,
           (select coalesce(max(tombstone_id), 0) from tombstones
            where table_name in {PEOPLE}) as erased_through
    from relay
"""

INSTALLATION = "select currency::text as currency, time_zone from installation"

COLUMNS = """
    select relname::text as table_name, pg_class.oid::bigint as table_oid,
           attname::text as column_name, typname::text as type_name,
           has_column_privilege(pg_class.oid, attnum, 'select') as is_readable
    from pg_attribute
    join pg_class on pg_class.oid = attrelid
    join pg_type on pg_type.oid = atttypid
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
      and attnum > 0 and not attisdropped
"""

# A commit that is on disk: after a crash Postgres may hand out unflushed transaction ids again, and
# a new row under such an id would look already loaded (DESIGN, contract 1).
BARRIER = "select pg_logical_emit_message(true, 'load', '')::text"

# Postgres' I/O workers hide a slow disk; where pages are in memory, handing them over costs more
# than reading them.
READ_IN_PLACE = "set local effective_io_concurrency = 0"


@dataclass(frozen=True)
class FoundTable:
    """A table as the catalogue shows it: column name to (type name, whether we may read it)."""

    oid: int
    columns: dict[str, tuple[str, bool]]


class Source:
    """An open read of the source: every answer is from the same moment."""

    def __init__(self, connection: Any, database_url: str) -> None:
        self._connection = connection
        self._database_url = database_url
        self._set("set transaction isolation level repeatable read, read only")
        try:
            self.moment = Moment(**self._only_row(MOMENT))
        except adbc.ProgrammingError as error:
            raise SourceNotReady(" ".join(str(error).split())) from error
        self.currency, self.time_zone = self._only_row(INSTALLATION).values()

    def tables(self) -> dict[str, FoundTable]:
        found: dict[str, FoundTable] = {}
        for row in self.answer(COLUMNS).to_pylist():
            table = found.setdefault(row["table_name"], FoundTable(row["table_oid"], {}))
            table.columns[row["column_name"]] = (row["type_name"], row["is_readable"])
        return found

    def answer(self, sql: str) -> pa.Table:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            table: pa.Table = cursor.fetch_arrow_table()
            return table

    def count(self, sql: str) -> pa.Table:
        """`answer` for what passes over whole tables and comes last in a load."""
        self._set(READ_IN_PLACE)
        return self.answer(sql)

    @contextmanager
    def stream(self, sql: str) -> Iterator[pa.RecordBatchReader]:
        """Yield the rows batch by batch as Postgres sends them (binary COPY underneath)."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            yield cursor.fetch_record_batch()

    def flush_barrier(self) -> None:
        """Commit durably, so that no transaction id seen so far is ever given out again.

        By psycopg, which asks nothing when it connects; ADBC reads the catalogue of types.
        """
        try:
            with psycopg.connect(self._database_url, autocommit=True) as connection:
                connection.execute("set synchronous_commit = on")
                connection.execute(BARRIER)
        except psycopg.OperationalError as error:
            raise SourceUnreachable(" ".join(str(error).split())) from error

    def _only_row(self, sql: str) -> dict[str, Any]:
        rows: list[dict[str, Any]] = self.answer(sql).to_pylist()
        if not rows:
            raise SourceNotReady(f"no row from: {' '.join(sql.split())}")
        return rows[0]

    def _set(self, sql: str) -> None:
        """Run a statement that COPY cannot wrap."""
        with self._connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": False})
            cursor.execute(sql)


@contextmanager
def reading(database_url: str) -> Iterator[Source]:
    """Open one consistent read of the primary. Raises SourceUnreachable, SourceNotReady."""
    with closing(_connected(database_url)) as connection:
        try:
            yield Source(connection, database_url)
        finally:
            connection.rollback()


def is_open(database_url: str) -> bool:
    """Whether there is a market to load. Raises SourceUnreachable."""
    try:
        with reading(database_url):
            return True
    except SourceNotReady:
        return False


def has_news(database_url: str, previous: Moment) -> bool:
    """Whether a load would bring or remove a row that the one at `previous` could not see.

    Where the schema is not what the contract says, it would at least tell so. Raises
    SourceUnreachable, SourceNotReady.
    """
    with reading(database_url) as source:
        if not source.moment.continues(previous):
            return True
        unseen = (f"exists ({table.select(previous.snapshot)})" for table in (*TABLES, TOMBSTONES))
        try:
            [answer] = source.answer(f"select {' or '.join(unseen)} as found").to_pylist()
        except adbc.ProgrammingError:
            return True
        return bool(answer["found"])


def _connected(database_url: str) -> Any:
    try:
        return adbc.connect(database_url)
    except adbc.OperationalError as error:
        raise SourceUnreachable(" ".join(str(error).split())) from error
