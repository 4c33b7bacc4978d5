"""The load ledger: what each load saw, how much it brought, and what the source counted then."""

from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from warehouse.moment import Moment
from warehouse.tables import SourceTable

# A load a minute for a week; older rows are of no use to anyone.
LOADS_KEPT = 10_000

DEFINITIONS = """
    create schema if not exists source;
    create schema if not exists ledger;
    create table if not exists ledger.loads (
        load_id bigint primary key, loaded_at timestamptz, identity varchar, snapshot varchar,
        relay_position bigint, taken_at timestamptz, currency varchar, time_zone varchar,
        is_full boolean, rows_loaded bigint, rows_deleted bigint, seconds double);
    create table if not exists ledger.load_tables (
        load_id bigint, table_name varchar, table_oid bigint, columns varchar,
        rows_loaded bigint, rows_deleted bigint, checksum varchar, seconds double);
    create table if not exists ledger.source_days (
        table_name varchar, day date, rows bigint, cents bigint);
"""


@dataclass(frozen=True)
class Load:
    """One row of the ledger."""

    load_id: int
    moment: Moment
    currency: str
    time_zone: str


@dataclass(frozen=True)
class TableLoad:
    """What one load did to one table; `checksum` is over the loaded rows, whatever their order."""

    table: SourceTable
    table_oid: int
    rows_loaded: int
    rows_deleted: int
    checksum: str
    seconds: float


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    connection.sql(DEFINITIONS)


def last(connection: duckdb.DuckDBPyConnection) -> Load | None:
    """Return the newest load, or None before the first."""
    rows = connection.sql("""
        select load_id, identity, snapshot, relay_position, taken_at, currency, time_zone
        from ledger.loads order by load_id desc limit 1
    """).fetchall()
    return _load(*rows[0]) if rows else None


def loaded_shapes(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, str]]:
    """Return each table's (oid, column contract) as of the newest load that touched it."""
    rows = connection.sql("""
        select table_name, max_by(table_oid, load_id), max_by(columns, load_id)
        from ledger.load_tables group by table_name
    """).fetchall()
    return {name: (oid, columns) for name, oid, columns in rows}


def record(
    connection: duckdb.DuckDBPyConnection,
    load: Load,
    tables: list[TableLoad],
    source_days: pa.Table,
    *,
    is_full: bool,
    seconds: float,
) -> None:
    """Write one load, in the transaction that writes its rows."""
    moment = load.moment
    connection.sql(
        "insert into ledger.loads values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params=[
            load.load_id,
            datetime.now(UTC),
            moment.identity,
            moment.snapshot,
            moment.relay_position,
            moment.taken_at,
            load.currency,
            load.time_zone,
            is_full,
            sum(table.rows_loaded for table in tables),
            sum(table.rows_deleted for table in tables),
            seconds,
        ],
    )
    _record_tables(connection, load.load_id, tables)
    connection.sql("delete from ledger.source_days")
    connection.sql("insert into ledger.source_days from source_days")
    _forget(connection, load.load_id - LOADS_KEPT)


def _record_tables(
    connection: duckdb.DuckDBPyConnection, load_id: int, tables: list[TableLoad]
) -> None:
    for done in tables:
        connection.sql(
            "insert into ledger.load_tables values (?, ?, ?, ?, ?, ?, ?, ?)",
            params=[
                load_id,
                done.table.name,
                done.table_oid,
                done.table.signature,
                done.rows_loaded,
                done.rows_deleted,
                done.checksum,
                done.seconds,
            ],
        )


def _forget(connection: duckdb.DuckDBPyConnection, before: int) -> None:
    for table in ("loads", "load_tables"):
        connection.sql(f"delete from ledger.{table} where load_id <= ?", params=[before])


def _load(
    load_id: int,
    identity: str,
    snapshot: str,
    relay_position: int,
    taken_at: datetime,
    currency: str,
    time_zone: str,
) -> Load:
    return Load(load_id, Moment(identity, snapshot, relay_position, taken_at), currency, time_zone)
