"""Nightly: what every listing will sell and when to order it again, and what empty shelves cost."""

from collections.abc import Iterator

from dagster import (
    AssetExecutionContext,
    AssetSpec,
    Config,
    MaterializeResult,
    ResourceParam,
    multi_asset,
)
from pydantic import Field

from models.demand.listings import outlook
from models.demand.reorder import Policy
from pipelines.columns import of_written, rows
from pipelines.installation import Installation, Observer
from pipelines.keys import EACH_DAY, FORECASTS, LOST_SALES, OWNERS, POOL, keys
from warehouse import store
from warehouse.advice.inputs import DAYS, Inputs
from warehouse.advice.keeping import keep
from warehouse.written import reads


class ForecastConfig(Config):
    lead_days: int = Field(default=7, ge=1, le=180, description="Days from order to delivery.")
    review_days: int = Field(default=28, ge=1, le=365, description="Days an order should last.")
    service_level: float = Field(
        default=0.95, gt=0.5, lt=1, description="How often stock has to last until the delivery."
    )


ABOUT = {
    FORECASTS: "one listing on sale: units by weekday, quantiles of 28 days, what to order",
    LOST_SALES: "one vendor and day on which an empty shelf cost sales: what would have sold",
}


@multi_asset(
    specs=[
        AssetSpec(
            target,
            deps=keys(reads(".".join(target.path))),
            group_name="advice",
            kinds={"duckdb", "python", "table"},
            owners=OWNERS,
            freshness_policy=EACH_DAY,
            metadata=of_written(".".join(target.path)),
            description=f"Grain: {grain}.",
        )
        for target, grain in ABOUT.items()
    ],
    name="listing_forecasts",
    pool=POOL,
)
def listing_forecasts(
    context: AssetExecutionContext,
    config: ForecastConfig,
    installation: ResourceParam[Installation],
    observer: ResourceParam[Observer],
    turn: ResourceParam[object],
) -> Iterator[MaterializeResult[None]]:
    """A year of sales, days without stock left out. Kept only if the tables' rules hold."""
    with store.opened(installation.warehouse) as connection:
        inputs = Inputs.of(connection)
        ahead, lost = outlook(
            inputs.listings,
            inputs.sales,
            inputs.spells,
            inputs.first,
            DAYS,
            Policy(config.lead_days, config.review_days, config.service_level),
            on_part=lambda done: context.log.info(f"{done:,} listings forecast"),
        )
        keep(connection, "marts.forecasts", ahead)
        keep(connection, "marts.lost_sales", lost)
        kept = {target: rows(connection, ".".join(target.path)) for target in ABOUT}
    observer("marts.forecasts", f"{ahead.height:,} rows")
    classes = dict(ahead.group_by("demand_class").len().sort("demand_class").iter_rows())
    through = inputs.last.isoformat()
    yield MaterializeResult(
        asset_key=FORECASTS,
        metadata=kept[FORECASTS] | {"classes": classes, "data_through": through},
    )
    yield MaterializeResult(
        asset_key=LOST_SALES,
        metadata=kept[LOST_SALES]
        | {"lost_cents": int(lost["lost_cents"].sum()), "data_through": through},
    )
