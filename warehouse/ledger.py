"""The ledger: what each load saw and brought, what was built of it, and how it was judged."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb

from warehouse.days import WHOLE_COUNT_EVERY, Span
from warehouse.manifest import CheckResult
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
    alter table ledger.loads add column if not exists erased_through bigint default 0;
    alter table ledger.loads add column if not exists is_counted boolean default true;
    create table if not exists ledger.load_tables (
        load_id bigint, table_name varchar, table_oid bigint, columns varchar,
        rows_loaded bigint, rows_deleted bigint, checksum varchar, seconds double);
    create table if not exists ledger.source_days (
        table_name varchar, day date, rows bigint, cents bigint);
    create table if not exists ledger.build (
        build varchar, load_id bigint, models varchar, built_at timestamptz, seconds double);
    alter table ledger.build add column if not exists daily_date date default date '1970-01-01';
    create table if not exists ledger.checks (build varchar, name varchar, passed boolean,
        detail varchar);
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
    """What one load did to one table; `checksum` is over the loaded rows, whatever their order.

    `touched` are the days whose rows changed; None: the table was loaded whole.
    """

    table: SourceTable
    table_oid: int
    rows_loaded: int
    rows_deleted: int
    checksum: str
    touched: list[Span] | None
    seconds: float


@dataclass(frozen=True)
class Build:
    """The marts as they stand: their name, the load they show, and the models they were made by.

    Marts of daily cadence show what was there when `daily_date` had begun.
    """

    build: str
    load_id: int
    models: str
    daily_date: date


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    connection.sql(DEFINITIONS)


def last(connection: duckdb.DuckDBPyConnection) -> Load | None:
    """Return the newest load, or None before the first."""
    [(newest,)] = connection.sql("select max(load_id) from ledger.loads").fetchall()
    return load(connection, newest) if newest else None


def load(connection: duckdb.DuckDBPyConnection, load_id: int) -> Load:
    [row] = connection.sql(
        """select load_id, currency, time_zone,
                  identity, snapshot, relay_position, taken_at, erased_through
           from ledger.loads where load_id = ?""",
        params=[load_id],
    ).fetchall()
    return Load(row[0], Moment(*row[3:]), row[1], row[2])


def has_changes(connection: duckdb.DuckDBPyConnection, since: int) -> bool:
    """Whether a load after `since` brought or removed a row, or found another zone or currency."""
    [(changed,)] = connection.sql(
        """select
               count(*) filter (load_id > $since and rows_loaded + rows_deleted > 0) > 0
               or count(distinct (currency, time_zone)) > 1
           from ledger.loads where load_id >= $since""",
        params={"since": since},
    ).fetchall()
    return bool(changed)


def is_count_due(connection: duckdb.DuckDBPyConnection, moment: Moment) -> bool:
    """Whether the source has not counted every day for a day."""
    [(counted_at,)] = connection.sql(
        "select max(taken_at) from ledger.loads where is_counted"
    ).fetchall()
    return counted_at is None or moment.taken_at - counted_at >= WHOLE_COUNT_EVERY


def contracts(connection: duckdb.DuckDBPyConnection, load_id: int) -> dict[str, tuple[int, str]]:
    """Return each table's (oid, column contract) as one load found it."""
    rows = connection.sql(
        "select table_name, table_oid, columns from ledger.load_tables where load_id = ?",
        params=[load_id],
    ).fetchall()
    return {name: (oid, columns) for name, oid, columns in rows}


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
    *,
    is_full: bool,
    is_counted: bool,
    seconds: float,
) -> None:
    """Write one load, in the transaction that writes its rows; `is_counted`: every day of it."""
    moment = load.moment
    connection.sql(
        "insert into ledger.loads values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
            moment.erased_through,
            is_counted,
        ],
    )
    _record_tables(connection, load.load_id, tables)
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


def last_build(connection: duckdb.DuckDBPyConnection) -> Build | None:
    rows = connection.sql("select build, load_id, models, daily_date from ledger.build").fetchall()
    return Build(*rows[0]) if rows else None


def record_build(connection: duckdb.DuckDBPyConnection, build: Build, seconds: float) -> None:
    """Name the marts that the same transaction built; what was judged before is not about them."""
    connection.sql("delete from ledger.build; delete from ledger.checks")
    connection.sql(
        "insert into ledger.build values (?, ?, ?, ?, ?, ?)",
        params=[
            build.build,
            build.load_id,
            build.models,
            datetime.now(UTC),
            seconds,
            build.daily_date,
        ],
    )


def rename_build(connection: duckdb.DuckDBPyConnection) -> None:
    """Say that a mart beside the models was written: what was judged holds, the files do not."""
    for table in ("build", "checks"):
        connection.sql(f"update ledger.{table} set build = build || '+'")


def carry_build(connection: duckdb.DuckDBPyConnection, load_id: int) -> None:
    """Say that the marts show a later load too, because it brought nothing."""
    connection.sql("update ledger.build set load_id = ?", params=[load_id])


def checks(connection: duckdb.DuckDBPyConnection, build: str) -> list[CheckResult]:
    rows = connection.sql(
        "select name, passed, detail from ledger.checks where build = ? order by name",
        params=[build],
    ).fetchall()
    return [CheckResult(*row) for row in rows]


def record_checks(
    connection: duckdb.DuckDBPyConnection, build: str, results: list[CheckResult]
) -> None:
    """Keep how a build was judged; a check judged again replaces its earlier result."""
    for result in results:
        connection.sql("delete from ledger.checks where name = ?", params=[result.name])
        connection.sql(
            "insert into ledger.checks values (?, ?, ?, ?)",
            params=[build, result.name, result.passed, result.detail],
        )
