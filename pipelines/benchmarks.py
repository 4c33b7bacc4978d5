"""Months that are over to benchmarks among similar shops: once per month and metric, for good."""

from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetSpec,
    MaterializeResult,
    ResourceParam,
    multi_asset,
)

from pipelines.columns import of_written, rows
from pipelines.installation import Installation, Observer
from pipelines.keys import BENCHMARKS, EACH_MINUTE, OWNERS, PLACEMENTS, POOL, keys
from warehouse import store
from warehouse.benchmarks.closing import Closed, close
from warehouse.errors import CheckFailed
from warehouse.written import reads

SAFE = "benchmarks_are_safe"
ABOUT = {
    BENCHMARKS: "one cohort that may be shown, metric and closed month. Rounded, smoothed, at least"
    " ten owners; see `warehouse/benchmarks/disclosure.py`",
    PLACEMENTS: "one vendor, metric and closed month: its own figure and the cohort beside it",
}


@multi_asset(
    specs=[
        AssetSpec(
            target,
            deps=keys(reads(".".join(target.path))),
            group_name="marts",
            kinds={"duckdb", "python", "table"},
            owners=OWNERS,
            freshness_policy=EACH_MINUTE,
            metadata=of_written(".".join(target.path)),
            description=f"Grain: {grain}.",
        )
        for target, grain in ABOUT.items()
    ],
    check_specs=[
        AssetCheckSpec(
            SAFE,
            asset=BENCHMARKS,
            description="no shown cell breaks a rule of disclosure control, counted anew in SQL",
            blocking=True,
        )
    ],
    name="close_months",
    pool=POOL,
)
def benchmarks(
    installation: ResourceParam[Installation], observer: ResourceParam[Observer]
) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
    """Close the months that are over and mature; most runs find none.

    Where a cell would break a rule, nothing is closed and nothing is published.
    """
    fault = ""
    with store.opened(installation.warehouse) as connection:
        try:
            done = close(connection)
        except CheckFailed as error:
            done, fault = [], str(error)
        kept = {target: rows(connection, ".".join(target.path)) for target in ABOUT}
    observer("marts.benchmarks", f"{len({closed.month for closed in done})} months closed")
    for target in ABOUT:
        yield MaterializeResult(asset_key=target, metadata=kept[target] | _told(done))
    yield AssetCheckResult(
        check_name=SAFE,
        asset_key=BENCHMARKS,
        passed=not fault,
        metadata={"detail": fault or "all hold"},
    )


def _told(done: list[Closed]) -> dict[str, Any]:
    return {
        "months_closed": sorted({f"{closed.month:%Y-%m}" for closed in done}),
        "cells_shown": sum(closed.shown for closed in done),
    }
