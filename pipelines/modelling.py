"""Staging and marts: one step too, so that the marts are always of one load."""

from collections.abc import Iterator

from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    MaterializeResult,
    ResourceParam,
    TableColumn,
    TableSchema,
    multi_asset,
    multi_asset_check,
)
from duckdb import DuckDBPyConnection

from pipelines.installation import Installation, Observer
from pipelines.keys import POOL, key, sql_models
from warehouse import checks, store
from warehouse.build import Built, build
from warehouse.expectations import Judge
from warehouse.graph import Model, models


@multi_asset(specs=sql_models(), name="build", pool=POOL)
def built(
    installation: ResourceParam[Installation], observer: ResourceParam[Observer]
) -> Iterator[MaterializeResult[None]]:
    """Build every SQL model anew, unless nothing changed since the last time."""

    def heard(done: Built) -> None:
        observer(done.model.target, "view" if done.rows is None else f"{done.rows:,} rows")

    with store.opened(installation.warehouse) as connection:
        done = {result.model.target: result for result in build(connection, on_model=heard)}
        for model in models():
            yield _materialized(connection, model, done.get(model.target))


def _materialized(
    connection: DuckDBPyConnection, model: Model, built: Built | None
) -> MaterializeResult[None]:
    metadata: dict[str, TableSchema | bool | int | float] = {
        "dagster/column_schema": _schema(connection, model),
        "is_rebuilt": built is not None,
    }
    if built and built.rows is not None:
        metadata |= {"dagster/row_count": built.rows, "seconds": built.seconds}
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
)
def checked(
    installation: ResourceParam[Installation],
    observer: ResourceParam[Observer],
    judge: ResourceParam[Judge],
) -> Iterator[AssetCheckResult]:
    """Judge the marts; one failed check and nothing is published."""
    with store.opened(installation.warehouse) as connection:
        results = checks.run(connection, judge)
    rules = checks.rules()
    for result in results:
        observer(result.name, "passed" if result.passed else "failed")
        yield AssetCheckResult(
            check_name=result.name,
            asset_key=key(rules[result.name][0]),
            passed=result.passed,
            metadata={"detail": result.detail},
        )
