"""Nightly: what every listing will sell, with quantiles, and when to order it again."""

from dagster import AssetExecutionContext, Config, MaterializeResult, ResourceParam, asset
from pydantic import Field

from models.demand.listings import forecasts
from models.demand.reorder import Policy
from pipelines.installation import Installation, Observer
from pipelines.keys import EACH_DAY, FORECASTS, OWNERS, POOL, key
from warehouse import store
from warehouse.advice.inputs import DAYS, Inputs
from warehouse.advice.keeping import keep


class ForecastConfig(Config):
    lead_days: int = Field(default=7, ge=1, le=180, description="Days from order to delivery.")
    review_days: int = Field(default=28, ge=1, le=365, description="Days an order should last.")
    service_level: float = Field(
        default=0.95, gt=0.5, lt=1, description="How often stock has to last until the delivery."
    )


@asset(
    key=FORECASTS,
    deps=[key("marts.order_lines"), key("marts.offers"), key("marts.stock_outs")],
    group_name="advice",
    kinds={"python", "numpy", "duckdb"},
    owners=OWNERS,
    pool=POOL,
    freshness_policy=EACH_DAY,
)
def listing_forecasts(
    context: AssetExecutionContext,
    config: ForecastConfig,
    installation: ResourceParam[Installation],
    observer: ResourceParam[Observer],
    turn: ResourceParam[object],
) -> MaterializeResult[None]:
    """One row per listing on sale: expected units by weekday, quantiles of 28 days, what to order.

    A year of sales, days without stock left out. Kept only if the table's rules hold: unique
    offers, quantiles in order, units from 0.
    """
    with store.opened(installation.warehouse) as connection:
        inputs = Inputs.of(connection)
        table = forecasts(
            inputs.listings,
            inputs.sales,
            inputs.spells,
            inputs.first,
            DAYS,
            Policy(config.lead_days, config.review_days, config.service_level),
            on_part=lambda done: context.log.info(f"{done:,} listings forecast"),
        )
        keep(connection, "marts.forecasts", table)
    observer("marts.forecasts", f"{table.height:,} rows")
    classes = dict(table.group_by("demand_class").len().sort("demand_class").iter_rows())
    return MaterializeResult(
        metadata={
            "dagster/row_count": table.height,
            "classes": classes,
            "data_through": inputs.last.isoformat(),
        }
    )
