"""Columns and types of every table, found without a warehouse: models are made of empty tables."""

from functools import cache

import duckdb

from warehouse import ledger
from warehouse.advice import storage as advice
from warehouse.benchmarks import storage as benchmarks
from warehouse.graph import MARTS, STAGING, Model, models
from warehouse.tables import TABLES

SOURCE = "source"


@cache
def shapes() -> dict[str, dict[str, str]]:
    """Return, by target, the type of each column: it hangs on no row."""
    with duckdb.connect() as connection:
        for schema in (SOURCE, STAGING, MARTS):
            connection.sql(f"create schema {schema}")
        for part in (ledger, benchmarks, advice):
            part.prepare(connection)
        for table in TABLES:
            connection.sql(f"create table {table.target} ({table.definition()})")
        for model in models():
            connection.sql(_empty(model))
        found = connection.sql("""
            select schema_name || '.' || table_name as target, column_name, data_type
            from duckdb_columns() where not internal
            order by target, column_index
        """).fetchall()
    shown: dict[str, dict[str, str]] = {}
    for target, column, kind in found:
        shown.setdefault(target, {})[column] = kind
    return shown


def _empty(model: Model) -> str:
    kind = "view" if model.is_view else "table"
    return f"create {kind} {model.target} as from ({model.sql}\n) limit 0"
