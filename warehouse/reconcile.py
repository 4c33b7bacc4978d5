"""Compare what arrived with what the source counted in the load's own transaction, by UTC day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from warehouse.days import COUNTED, count_by_day
from warehouse.snapshot import Snapshot

# The published twins of source tables: relation, day and cents.
PUBLISHED = {
    "orders": ("orders", "placed_at", "total_cents"),
    "vendor_orders": ("vendor_orders", "placed_at", "items_cents"),
    "order_lines": ("order_lines", "placed_at", "line_cents"),
    "behaviour_events": ("interactions where type <> 'purchase'", "occurred_at", "0"),
}


@dataclass(frozen=True)
class Difference:
    """A day on which a table's rows or cents differ from what the source counted."""

    table: str
    day: date | None
    source_rows: int
    warehouse_rows: int
    source_cents: int
    warehouse_cents: int


def by_day(connection: duckdb.DuckDBPyConnection) -> list[Difference]:
    """Compare the loaded tables with the newest load's counts; empty when all agree."""
    counted = " union all ".join(count_by_day(table, table.target) for table in COUNTED)
    return _differences(lambda sql: connection.sql(sql).fetchall(), "ledger.source_days", counted)


def published(snapshot: Snapshot) -> list[Difference]:
    """Compare a published snapshot with what its load counted in the source: it needs no writer."""
    counted = " union all ".join(
        f"""select '{table}' as table_name, cast({day} at time zone 'UTC' as date) as day,
                   count(*) as rows, cast(sum({cents}) as bigint) as cents
            from {relation} group by 2"""
        for table, (relation, day, cents) in PUBLISHED.items()
    )
    names = ", ".join(f"'{table}'" for table in PUBLISHED)
    wanted = f"(select * from source_days where table_name in ({names}))"
    return _differences(snapshot.rows, wanted, counted)


def _differences(
    ask: Callable[[str], list[tuple[Any, ...]]], wanted: str, counted: str
) -> list[Difference]:
    rows = ask(f"""
        with counted as ({counted})
        select coalesce(wanted.table_name, counted.table_name) as table_name,
               coalesce(wanted.day, counted.day) as day,
               coalesce(wanted.rows, 0), coalesce(counted.rows, 0),
               coalesce(wanted.cents, 0), coalesce(counted.cents, 0)
        from {wanted} as wanted
        full outer join counted
            on wanted.table_name = counted.table_name
            and wanted.day is not distinct from counted.day -- a held transfer has no day yet
        where wanted.rows is distinct from counted.rows
           or wanted.cents is distinct from counted.cents
        order by table_name, day
    """)
    return [Difference(*row) for row in rows]
