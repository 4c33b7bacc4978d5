"""Writing forecasts and insights: judged first, kept whole or not at all."""

import duckdb
import polars as pl

from warehouse import ledger
from warehouse.advice.storage import RULES
from warehouse.errors import CheckFailed
from warehouse.store import transaction


def keep(connection: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame) -> None:
    """Put `rows` in the place of what `table` held. Raises CheckFailed and keeps the old rows."""
    with transaction(connection):
        connection.sql(f"delete from {table}")
        connection.register("advised", rows.to_arrow())
        connection.sql(f"insert into {table} by name select * from advised")
        connection.unregister("advised")
        for about, rule, offenders in RULES:
            if about == table:
                _judge(connection, about, rule, offenders)
        ledger.rename_build(connection)


def _judge(connection: duckdb.DuckDBPyConnection, about: str, rule: str, offenders: str) -> None:
    found = connection.sql(f"select * from ({offenders}) limit 3").fetchall()
    if found:
        raise CheckFailed(f"{about}: rows break “{rule}”, such as {found[0]}")
