"""What a load left in the warehouse, and what it said that it brought."""

from typing import Any

import duckdb

from warehouse.load import LoadSummary
from warehouse.tables import TABLES

Warehouse = duckdb.DuckDBPyConnection


def names(warehouse: Warehouse) -> set[str]:
    return {name for (name,) in warehouse.sql("select name from source.vendors").fetchall()}


def brought(summary: LoadSummary) -> dict[str, int]:
    return {table: rows for table, rows in summary.rows.items() if rows}


def contents(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table.name: warehouse.sql(f"from {table.target} order by {table.key}").fetchall()
        for table in TABLES
    }
