"""Load the core's tables into the warehouse by row version (contract 1).

A row is brought when the transaction that wrote it last was not visible to the load before: late
commits cannot be missed, and a repeated load brings nothing.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from warehouse import days, ledger, source
from warehouse.columns import honoured
from warehouse.days import Span
from warehouse.errors import RowVersionInFuture
from warehouse.ledger import Load, TableLoad
from warehouse.moment import Moment
from warehouse.source import FoundTable, Source
from warehouse.store import transaction
from warehouse.tables import TABLES, TOMBSTONES, SourceTable

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadSummary:
    """What one load did; `rows` and `deleted` are per table, `warnings` are about new columns."""

    load: Load
    is_full: bool
    rows: dict[str, int]
    deleted: dict[str, int]
    warnings: tuple[str, ...]
    seconds: float

    @property
    def rows_loaded(self) -> int:
        return sum(self.rows.values())

    @property
    def changed(self) -> int:
        return self.rows_loaded + sum(self.deleted.values())


def load(
    connection: duckdb.DuckDBPyConnection,
    database_url: str,
    *,
    full: bool = False,
    recount: bool = False,
    on_table: Callable[[str, int], None] = lambda name, rows: None,
) -> LoadSummary:
    """Bring the warehouse to the source's present, in one transaction on each side.

    `full` reads every row again; `recount` has the source count every day, as each first load of
    a day does anyhow. `on_table` hears each table's name and rows as they arrive.
    Raises SourceUnreachable, SourceNotReady, ColumnContractBroken and RowVersionInFuture, each
    before anything is kept.
    """
    with source.reading(database_url) as opened:
        return load_from(connection, opened, full=full, recount=recount, on_table=on_table)


def load_from(
    connection: duckdb.DuckDBPyConnection,
    opened: Source,
    *,
    full: bool = False,
    recount: bool = False,
    on_table: Callable[[str, int], None] = lambda name, rows: None,
) -> LoadSummary:
    """`load` as of the moment at which the source was opened."""
    started = time.perf_counter()
    found = opened.tables()
    warnings = honoured(TABLES, found)
    for warning in warnings:
        log.warning(warning)
    with transaction(connection):
        previous = ledger.last(connection)
        since = _start(previous, opened.moment, full=full)
        is_whole = recount or since is None or ledger.is_count_due(connection, opened.moment)
        tables = _bring_all(connection, opened, found, since, on_table)
        days.count(connection, opened, {} if is_whole else _touched(tables))
        opened.flush_barrier()
        this = Load(_next_id(previous), opened.moment, opened.currency, opened.time_zone)
        seconds = time.perf_counter() - started
        ledger.record(
            connection, this, tables, is_full=since is None, is_counted=is_whole, seconds=seconds
        )
    return LoadSummary(
        load=this,
        is_full=since is None,
        rows={done.table.name: done.rows_loaded for done in tables},
        deleted={done.table.name: done.rows_deleted for done in tables},
        warnings=warnings,
        seconds=seconds,
    )


def _next_id(previous: Load | None) -> int:
    return previous.load_id + 1 if previous else 1


def _start(previous: Load | None, moment: Moment, *, full: bool) -> str | None:
    """Return the snapshot to load from, or None to read everything."""
    if full or previous is None:
        return None
    if not moment.continues(previous.moment):
        log.warning("the source's history is not the one loaded before: everything is read anew")
        return None
    return previous.moment.snapshot


def _touched(tables: list[TableLoad]) -> dict[str, list[Span]]:
    """The days to be counted, by table; one that is not named is counted whole."""
    return {done.table.name: done.touched for done in tables if done.touched is not None}


def _bring_all(
    connection: duckdb.DuckDBPyConnection,
    opened: Source,
    found: dict[str, FoundTable],
    since: str | None,
    on_table: Callable[[str, int], None],
) -> list[TableLoad]:
    """Bring every table; one that was created anew, or whose contract changed, is read whole."""
    buried = _receive(connection, opened, TOMBSTONES, "temp table buried", since) if since else 0
    shapes = ledger.loaded_shapes(connection)
    done = []
    for table in TABLES:
        oid = found[table.name].oid
        is_same = shapes.get(table.name) == (oid, table.signature)
        from_here = since if is_same else None
        done.append(_bring(connection, opened, table, oid, from_here, has_buried=buried > 0))
        on_table(table.name, done[-1].rows_loaded)
    return done


def _bring(
    connection: duckdb.DuckDBPyConnection,
    opened: Source,
    table: SourceTable,
    oid: int,
    since: str | None,
    *,
    has_buried: bool,
) -> TableLoad:
    started = time.perf_counter()
    target = f"table {table.target}" if since is None else "temp table incoming"
    rows = _receive(connection, opened, table, target, since)
    checksum = _checked(connection, target.split()[-1], opened.moment) if rows else "0"
    deleted = 0
    touched: list[Span] | None = None if since is None else []
    if since and (rows or has_buried):
        touched = days.touched(connection, table)
        deleted = _remove_buried(connection, table)
        _replace(connection, table)
    return TableLoad(table, oid, rows, deleted, checksum, touched, time.perf_counter() - started)


def _receive(
    connection: duckdb.DuckDBPyConnection,
    opened: Source,
    table: SourceTable,
    target: str,
    since: str | None,
) -> int:
    """Create the target ("table x", "temp table x") from the rows unseen `since`; count them."""
    connection.sql(f"create or replace {target} ({table.definition()})")
    with opened.stream(table.select(since)) as batches:  # noqa: F841 — DuckDB finds it by name
        inserted = connection.sql(f"insert into {target.split()[-1]} from batches").fetchall()
    return int(inserted[0][0])


def _checked(connection: duckdb.DuckDBPyConnection, relation: str, moment: Moment) -> str:
    """Return a checksum of the rows in any order; none may come from after the moment."""
    [(checksum, newest)] = connection.sql(f"""
        select coalesce(sum(hash(loaded)), 0)::varchar, coalesce(max(row_version), 0)
        from {relation} as loaded
    """).fetchall()
    if newest >= moment.seen.xmax:
        raise RowVersionInFuture(f"{relation} holds {newest}, the snapshot is {moment.snapshot}")
    return str(checksum)


def _remove_buried(connection: duckdb.DuckDBPyConnection, table: SourceTable) -> int:
    """Delete what was deleted in the source; a row that came back since is among the incoming."""
    [(deleted,)] = connection.sql(f"delete from {table.target} where {table.buried()}").fetchall()
    return int(deleted)


def _replace(connection: duckdb.DuckDBPyConnection, table: SourceTable) -> None:
    connection.sql(f"""
        delete from {table.target} where {table.key} in (select {table.key} from incoming)
    """)
    connection.sql(f"insert into {table.target} from incoming")
