"""Marts that hold one number in every table: published without a source or models, in a moment."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from warehouse import ledger
from warehouse.ledger import Build, Load
from warehouse.manifest import CheckResult, Manifest
from warehouse.moment import Moment
from warehouse.publish import MONTHLY, PUBLISHED, order_of, publish

Publish = Callable[..., Manifest]
# Of an ORDER BY as it is told, with everything but columns in capitals.
COLUMN = re.compile(r"\b[a-z_]+\b")
MONTH_COLUMNS = {
    "order_lines": "date '2026-03-10' as order_date",
    "interactions": "now() as occurred_at",
}


def publisher(warehouse: duckdb.DuckDBPyConnection, published: Path) -> Publish:
    """A function that publishes such marts; it takes P and the newest erasure, too."""

    def publish_now(number: int, position: int = 0, erased_through: int = 0) -> Manifest:
        moment = Moment("1:1:1", f"{number}:{number}:", position, datetime.now(UTC), erased_through)
        _set_marts(warehouse, number)
        load = Load(number, moment, "USD", "UTC")
        ledger.record(warehouse, load, [], is_full=True, is_counted=True, seconds=0)
        build = Build(f"build {number}", number, "models", datetime.now(UTC).date())
        ledger.record_build(warehouse, build, 0)
        ledger.record_checks(warehouse, build.build, [CheckResult("all", True)])
        return publish(warehouse, published, "test")

    return publish_now


def _set_marts(warehouse: duckdb.DuckDBPyConnection, number: int) -> None:
    warehouse.sql("create schema if not exists marts")
    for table in PUBLISHED:
        if table.startswith("marts."):
            ordering = COLUMN.findall(", ".join(order_of(table)))
            names = dict.fromkeys(["number", *ordering])
            columns = ", ".join(f"{number} as {name}" for name in names)
            warehouse.sql(f"create or replace table {table} as select {columns}")
    for table in MONTHLY:
        columns = f"{number} as number, {MONTH_COLUMNS[table]}"
        warehouse.sql(f"create or replace table marts.{table} as select {columns}")
