"""Postgres to the warehouse: one load is one asset step, because it is one transaction."""

from collections.abc import Iterator

from dagster import (
    AssetExecutionContext,
    Backoff,
    Config,
    Failure,
    MaterializeResult,
    ResourceParam,
    RetryPolicy,
    multi_asset,
)
from duckdb import DuckDBPyConnection
from pydantic import Field

from pipelines.columns import rows
from pipelines.installation import Installation, Observer
from pipelines.keys import POOL, key
from pipelines.specs import source_tables
from warehouse import ledger, store
from warehouse.errors import SourceUnreachable, WarehouseError
from warehouse.expectations import Judge
from warehouse.load import LoadSummary, load
from warehouse.tables import TABLES


class LoadConfig(Config):
    full: bool = Field(default=False, description="Read every row again, not only what changed.")


@multi_asset(
    specs=source_tables(),
    name="load",
    pool=POOL,
    retry_policy=RetryPolicy(max_retries=2, delay=5, backoff=Backoff.EXPONENTIAL),
)
def loaded(
    context: AssetExecutionContext,
    config: LoadConfig,
    installation: ResourceParam[Installation],
    observer: ResourceParam[Observer],
    judge: ResourceParam[Judge],
    turn: ResourceParam[object],
) -> Iterator[MaterializeResult[None]]:
    """Load every table of the core, all as of one moment.

    It asks for the warehouse's `turn`, which the run then holds until its end.
    """
    with store.opened(installation.warehouse) as connection:
        if config.full or ledger.last_build(connection) is None:
            judge.warm()
        summary = _load(connection, installation, observer, full=config.full)
        kept = {table.name: rows(connection, table.target) for table in TABLES}
    if summary.changed:
        judge.warm()
    for warning in summary.warnings:
        context.log.warning(warning)
    yield from _materialized(summary, kept)


def _load(
    connection: DuckDBPyConnection, installation: Installation, observer: Observer, *, full: bool
) -> LoadSummary:
    """`load`; only a server that does not answer may answer the next time."""
    try:
        return load(
            connection,
            installation.database_url,
            full=full,
            on_table=lambda name, rows: observer(f"source.{name}", f"{rows:,} rows"),
        )
    except SourceUnreachable:
        raise
    except WarehouseError as error:
        raise Failure(f"{error.code}: {error}", allow_retries=False) from error


def _materialized(
    summary: LoadSummary, kept: dict[str, dict[str, int]]
) -> Iterator[MaterializeResult[None]]:
    moment = summary.load.moment
    for table in TABLES:
        yield MaterializeResult(
            asset_key=key(table.target),
            metadata=kept[table.name]
            | {
                "rows_loaded": summary.rows[table.name],
                "rows_deleted": summary.deleted[table.name],
                "is_full": summary.is_full,
                "load_id": summary.load.load_id,
                "snapshot": moment.snapshot,
                "relay_position": moment.relay_position,
                "seconds": summary.seconds,
            },
        )
