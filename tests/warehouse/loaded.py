"""What is in the warehouse, and what a load said that it brought."""

from typing import Any

import duckdb

from warehouse.load import LoadSummary
from warehouse.tables import TABLES

Warehouse = duckdb.DuckDBPyConnection


def rows(warehouse: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    return warehouse.sql(sql).fetchall()


def names(warehouse: Warehouse) -> set[str]:
    return {name for (name,) in rows(warehouse, "select name from source.vendors")}


def brought(summary: LoadSummary) -> dict[str, int]:
    return {table: rows for table, rows in summary.rows.items() if rows}


def contents(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table.name: rows(warehouse, f"from {table.target} order by {table.key}") for table in TABLES
    }
