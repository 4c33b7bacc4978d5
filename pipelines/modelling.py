"""Staging and marts: one step too, so that the marts are always of one load."""

from collections.abc import Iterator
from datetime import date

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    BackfillPolicy,
    MaterializeResult,
    ResourceParam,
    TableColumn,
    TableColumnLineage,
    TableSchema,
    multi_asset,
    multi_asset_check,
)
from duckdb import DuckDBPyConnection

from pipelines.columns import column_lineage
from pipelines.installation import Installation, Observer
from pipelines.keys import POOL, days_marts, key, sql_models
from warehouse import checks, store
from warehouse.build import Built, build, build_days
from warehouse.expectations import Judge
from warehouse.graph import Model, models


@multi_asset(
    specs=sql_models(),
    name="build",
    pool=POOL,
    can_subset=True,
    backfill_policy=BackfillPolicy.single_run(),
)
def built(
    context: AssetExecutionContext,
    installation: ResourceParam[Installation],
    observer: ResourceParam[Observer],
    turn: ResourceParam[object],
) -> Iterator[MaterializeResult[None]]:
    """Build what follows from the rows that loads brought, or the days that were asked for.

    A load that brings late data rebuilds the days it belongs to by itself, whatever the run's
    partition. A run of nothing but marts of days builds its days, also many at once: that is for
    when someone doubts them.
    """

    def heard(done: Built) -> None:
        observer(done.model.target, "view" if done.rows is None else f"{done.rows:,} rows")

    wanted = [model for model in models() if key(model.target) in context.selected_asset_keys]
    columns = column_lineage(installation.warehouse)
    with store.opened(installation.warehouse) as connection:
        if context.selected_asset_keys <= set(days_marts()):
            days = context.partition_key_range
            first, last = date.fromisoformat(days.start), date.fromisoformat(days.end)
            results = build_days(connection, wanted, first, last, on_model=heard)
        else:
            results = build(connection, on_model=heard)
        done = {result.model.target: result for result in results}
        for model in wanted:
            yield _materialized(connection, model, done.get(model.target), columns[model.target])


def _materialized(
    connection: DuckDBPyConnection,
    model: Model,
    built: Built | None,
    columns: TableColumnLineage,
) -> MaterializeResult[None]:
    metadata: dict[str, TableSchema | TableColumnLineage | bool | int | float] = {
        "dagster/column_schema": _schema(connection, model),
        "dagster/column_lineage": columns,
        "is_rebuilt": built is not None,
    }
    if built and built.rows is not None:
        metadata |= {"dagster/row_count": built.rows, "seconds": built.seconds}
    if built and built.parts is not None:
        metadata["parts_rebuilt"] = built.parts
    return MaterializeResult(asset_key=key(model.target), metadata=metadata)


def _schema(connection: DuckDBPyConnection, model: Model) -> TableSchema:
    columns = connection.sql(f"from {model.target} limit 0")
    return TableSchema(
        [
            TableColumn(name, str(kind))
            for name, kind in zip(columns.columns, columns.types, strict=True)
        ]
    )


@multi_asset_check(
    specs=[
        AssetCheckSpec(name, asset=key(about), description=rule, blocking=True)
        for name, (about, rule) in checks.rules().items()
    ],
    name="check",
    pool=POOL,
    can_subset=True,
)
def checked(
    context: AssetCheckExecutionContext,
    installation: ResourceParam[Installation],
    observer: ResourceParam[Observer],
    judge: ResourceParam[Judge],
) -> Iterator[AssetCheckResult]:
    """Judge the marts, always by every rule; one failed check and nothing is published."""
    with store.opened(installation.warehouse) as connection:
        results = checks.run(connection, judge)
    rules = checks.rules()
    for result in results:
        asked = AssetCheckKey(key(rules[result.name][0]), result.name)
        if asked in context.selected_asset_check_keys:
            observer(result.name, "passed" if result.passed else "failed")
            yield AssetCheckResult(
                check_name=result.name,
                asset_key=asked.asset_key,
                passed=result.passed,
                metadata={"detail": result.detail},
            )
