"""Staging and marts: one step too, so that the marts are always of one load."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    BackfillPolicy,
    MaterializeResult,
    ResourceParam,
    multi_asset,
    multi_asset_check,
)
from duckdb import DuckDBPyConnection

from pipelines.built_days import tell
from pipelines.columns import rows
from pipelines.installation import Installation, Observer
from pipelines.keys import POOL, days_marts, key
from pipelines.specs import joined_models, sql_models
from warehouse import checks, store
from warehouse.build import Built, build, build_days
from warehouse.expectations import Judge
from warehouse.graph import Model, counted, models


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
    judge: ResourceParam[Judge],
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
    with store.opened(installation.warehouse) as connection:
        if context.selected_asset_keys <= set(days_marts()):
            judge.warm()  # days that were asked for are judged always, a refresh only on news
            days = context.partition_key_range
            first, last = date.fromisoformat(days.start), date.fromisoformat(days.end)
            results = build_days(connection, wanted, first, last, on_model=heard)
        else:
            results = build(connection, on_model=heard)
            tell(context, connection, installation.warehouse, results)
        done = {result.model.target: result for result in results}
        for model in wanted:
            yield _materialized(connection, model, done.get(model.target))


@multi_asset(specs=joined_models(), name="join", pool=POOL)
def joined(
    installation: ResourceParam[Installation], observer: ResourceParam[Observer]
) -> Iterator[MaterializeResult[None]]:
    """Views over marts and what the night wrote: built with the marts, true as soon as it is kept.

    They are a step of their own because the night's tables are made of marts.
    """
    with store.opened(installation.warehouse) as connection:
        for spec in joined_models():
            [model] = [model for model in models() if key(model.target) == spec.key]
            observer(model.target, "view")
            yield _materialized(connection, model, None)


def _materialized(
    connection: DuckDBPyConnection, model: Model, built: Built | None
) -> MaterializeResult[None]:
    metadata: dict[str, Any] = {"is_rebuilt": built is not None}
    metadata |= rows(connection, counted(model.target))
    if built and not model.is_view:
        metadata["seconds"] = built.seconds
    if built and built.parts is not None:
        metadata["parts_rebuilt"] = built.parts
    return MaterializeResult(asset_key=key(model.target), metadata=metadata)


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
                metadata={"detail": result.detail or "all hold"},
            )
