"""Checked marts to the published snapshot."""

from dagster import AssetExecutionContext, MaterializeResult, ResourceParam, asset

from pipelines.installation import Installation, Observer
from pipelines.keys import (
    BENCHMARKS,
    EACH_MINUTE,
    INSIGHTS,
    LOST_SALES,
    OWNERS,
    PLACEMENTS,
    POOL,
    SNAPSHOT,
    marts,
)
from warehouse import store
from warehouse.publish import publish


@asset(
    key=SNAPSHOT,
    deps=[*marts(), BENCHMARKS, PLACEMENTS, LOST_SALES, INSIGHTS],
    group_name="published",
    kinds={"duckdb", "parquet"},
    owners=OWNERS,
    pool=POOL,
    freshness_policy=EACH_MINUTE,
)
def published_snapshot(
    context: AssetExecutionContext,
    installation: ResourceParam[Installation],
    observer: ResourceParam[Observer],
) -> MaterializeResult[None]:
    """One immutable marts file, monthly Parquet files, and the pointer to them."""
    with store.opened(installation.warehouse) as connection:
        manifest = publish(connection, installation.published, context.run.run_id)
    observer("published.snapshot", manifest.snapshot_id)
    return MaterializeResult(
        metadata={
            "snapshot_id": manifest.snapshot_id,
            "data_through": manifest.data_through.isoformat(),
            "marts": manifest.marts.path,
            "bytes": manifest.marts.bytes,
            "months": {table: len(months) for table, months in manifest.parquet.items()},
            "relay_position": manifest.postgres.relay_position,
        }
    )
