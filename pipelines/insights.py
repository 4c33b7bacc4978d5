"""Nightly: what each vendor might do next, as cards."""

import polars as pl
from dagster import MaterializeResult, ResourceParam, asset

from models.insights.advise import advise
from pipelines.columns import of_written, rows
from pipelines.installation import Installation, Observer
from pipelines.keys import EACH_DAY, INSIGHTS, OWNERS, POOL, keys
from warehouse import store
from warehouse.advice.inputs import Inputs
from warehouse.advice.keeping import keep
from warehouse.metrics import METRICS
from warehouse.written import reads

LATE_SHIPMENT = "late_shipment_30d"


@asset(
    key=INSIGHTS,
    deps=keys(reads("marts.insights")),
    group_name="advice",
    kinds={"duckdb", "python", "table"},
    owners=OWNERS,
    pool=POOL,
    freshness_policy=EACH_DAY,
    metadata=of_written("marts.insights"),
)
def vendor_insights(
    installation: ResourceParam[Installation],
    observer: ResourceParam[Observer],
    turn: ResourceParam[object],
) -> MaterializeResult[None]:
    """One card per vendor and rank: what, why with numbers, expected effect, one action.

    Kept only if every card is whole and its effect lies inside its interval.
    """
    with store.opened(installation.warehouse) as connection:
        inputs = Inputs.of(connection)
        cards = advise(
            inputs.listings,
            pl.DataFrame(connection.sql("from marts.forecasts").to_arrow_table()),
            inputs.panel,
            inputs.service,
            inputs.pairs,
            norm_of_late_shipment(),
        ).with_columns(advised_date=pl.lit(inputs.last))
        keep(connection, "marts.insights", cards)
        kept = rows(connection, "marts.insights")
    observer("marts.insights", f"{cards.height:,} rows")
    kinds = dict(cards.group_by("kind").len().sort("kind").iter_rows())
    return MaterializeResult(metadata=kept | {"kinds": kinds})


def norm_of_late_shipment() -> float:
    """The share of late shipments that the metric registry allows."""
    norm = METRICS[LATE_SHIPMENT].norm
    assert norm is not None, f"{LATE_SHIPMENT} has a norm"
    return norm.value
