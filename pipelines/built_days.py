"""Tell Dagster which days a build made, so that no day looks as if it was missing."""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

from dagster import AssetExecutionContext, AssetKey, AssetMaterialization, DagsterEvent
from dagster._core.events import DagsterEventBatchMetadata
from duckdb import DuckDBPyConnection

from pipelines.days import note_first, today
from pipelines.keys import key
from warehouse.build import Built
from warehouse.graph import models


def tell(
    context: AssetExecutionContext,
    connection: DuckDBPyConnection,
    warehouse: Path,
    done: Iterable[Built],
) -> None:
    """Tell of each mart of days which of them were built: of one that was made whole all.

    The run's own day is left to the results of its step; a run of marts that are not of days has
    none. A day that Dagster never heard of, because nothing ran on it, is told of with the others.
    """
    last = date.fromisoformat(today())
    first = _first(connection) or last
    note_first(warehouse, first)
    every = {first + timedelta(days) for days in range((last - first).days + 1)}
    if context.has_partition_key:
        every.discard(date.fromisoformat(context.partition_key))
    for built in done:
        if built.model.is_of_days:
            asset = key(built.model.target)
            made = every if built.days is None else every.intersection(built.days)
            _tell(context, asset, sorted(made | _unheard(context, asset, every)))


def _first(connection: DuckDBPyConnection) -> date | None:
    firsts = " union all ".join(
        f"select min({model.window.column}) as day from {model.target}"
        for model in models()
        if model.window and model.is_of_days
    )
    found: list[tuple[date | None]] = connection.sql(f"select min(day) from ({firsts})").fetchall()
    return found[0][0]


def _unheard(context: AssetExecutionContext, asset: AssetKey, days: set[date]) -> set[date]:
    heard = context.instance.get_materialized_partitions(asset)
    return {day for day in days if day.isoformat() not in heard}


def _tell(context: AssetExecutionContext, asset: AssetKey, days: list[date]) -> None:
    step, batch = context.get_step_execution_context(), uuid4().hex
    for day in days:
        DagsterEvent.asset_materialization(
            step,
            AssetMaterialization(asset, partition=day.isoformat()),
            DagsterEventBatchMetadata(batch, is_end=day == days[-1]),
        )
