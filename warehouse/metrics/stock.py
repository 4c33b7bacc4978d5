"""What lay there to be sold, and what was missing."""

from typing import Literal

from warehouse.metrics.measure import Measure, Total
from warehouse.metrics.metric import Metric
from warehouse.metrics.sales import UNITS


def level(aggregate: Literal["closing", "over_days"], column: str) -> Measure:
    return Measure("stock_levels", "from_date", aggregate, column)


AVAILABLE = level("closing", "available_units")

STOCK_METRICS = (
    Metric(
        "stock_out_rate",
        "Stock-out rate",
        "Days on which an offer ended without a unit, of all days on which one was listed.",
        "ratio",
        Total.of(level("over_days", "out_offers")),
        Total.of(level("over_days", "listed_offers")),
        is_share=True,
        better="less",
    ),
    Metric(
        "sell_through",
        "Sell-through",
        "Units sold, of these and those that lay there at the end.",
        "ratio",
        Total.of(UNITS),
        Total.of(UNITS, AVAILABLE),
        is_share=True,
    ),
    Metric(
        "days_of_cover",
        "Days of cover",
        "How long the units at the end last at the pace of these days.",
        "days",
        Total.of(AVAILABLE),
        Total.of(UNITS),
        is_per_day=True,
        better="neither",
    ),
    Metric(
        "lost_sales",
        "Lost sales, estimated",
        "What would have sold while offers were sold out, going by the days around; at the prices"
        " of the night in which it was estimated.",
        "cents",
        Total.of(Measure("lost_sales", "sale_date", "sum", "lost_cents")),
        maturity_days=15,
        better="less",
    ),
)
