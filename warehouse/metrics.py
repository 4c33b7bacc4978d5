"""The metric registry: what each figure means, once, for the API, the pages, notebooks and docs.

A metric is a measure, or a numerator over a denominator, of rows of the ``vendor_orders`` mart
(grain: one vendor order). Only rows with ``is_counted`` enter: paid, shipped or delivered. A
measure yields the same figure as SQL over the published file and as a Polars expression in memory.
"""

from dataclasses import dataclass
from typing import Literal, assert_never

import polars as pl

Unit = Literal["cents", "count", "ratio"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A sum, a count or a distinct count over the counted rows of ``vendor_orders``."""

    aggregate: Literal["sum", "count", "count_distinct"]
    column: str

    def sql(self) -> str:
        """The measure as a DuckDB aggregate expression."""
        match self.aggregate:
            case "sum":
                return f"coalesce(sum({self.column}) filter (where is_counted), 0)::bigint"
            case "count":
                return f"count({self.column}) filter (where is_counted)"
            case "count_distinct":
                return f"count(distinct {self.column}) filter (where is_counted)"
        assert_never(self.aggregate)

    def expression(self) -> pl.Expr:
        """The measure as a Polars aggregate expression (int64)."""
        counted = pl.col(self.column).filter(pl.col("is_counted"))
        match self.aggregate:
            case "sum":
                return counted.sum().cast(pl.Int64)
            case "count":
                return counted.count().cast(pl.Int64)
            case "count_distinct":
                return counted.n_unique().cast(pl.Int64)
        assert_never(self.aggregate)


@dataclass(frozen=True, slots=True)
class Metric:
    """A named figure with its definition; ``denominator`` is None where the figure is no ratio."""

    metric_id: str
    title: str
    meaning: str
    unit: Unit
    numerator: Measure
    denominator: Measure | None = None

    def value(self, numerator: int, denominator: int | None) -> float | int | None:
        """The figure from its parts; None where the denominator is zero. Cents round half up."""
        if self.denominator is None:
            return numerator
        if not denominator:
            return None
        if self.unit == "cents":
            return (2 * numerator + denominator) // (2 * denominator)
        return numerator / denominator


SALES_CENTS = Measure("sum", "items_cents")
ORDERS = Measure("count", "vendor_order_id")
CUSTOMERS = Measure("count_distinct", "shopper_pseudonym")
UNITS = Measure("sum", "units")

METRICS: dict[str, Metric] = {
    metric.metric_id: metric
    for metric in (
        Metric(
            "revenue",
            "Revenue",
            "Items sold at the price of sale, before fees and without shipping.",
            "cents",
            SALES_CENTS,
        ),
        Metric(
            "orders", "Orders", "Paid orders that hold at least one of your items.", "count", ORDERS
        ),
        Metric(
            "customers", "Customers", "Different shoppers among these orders.", "count", CUSTOMERS
        ),
        Metric(
            "average_order_value",
            "Average order value",
            "Revenue divided by orders.",
            "cents",
            SALES_CENTS,
            ORDERS,
        ),
        Metric("units", "Units sold", "Pieces in these orders.", "count", UNITS),
        Metric(
            "units_per_order", "Units per order", "Units divided by orders.", "ratio", UNITS, ORDERS
        ),
        Metric(
            "shipping",
            "Shipping charged",
            "Shipping that shoppers paid on these orders.",
            "cents",
            Measure("sum", "shipping_cents"),
        ),
        Metric(
            "commission",
            "Commission",
            "Commission frozen on the lines at sale.",
            "cents",
            Measure("sum", "commission_cents"),
        ),
        Metric(
            "net_earnings",
            "Net earnings",
            "Revenue and shipping less commission and processing.",
            "cents",
            Measure("sum", "net_cents"),
        ),
    )
}
