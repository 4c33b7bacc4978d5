"""Cards about service: a vendor about to miss a norm of the market, while it can still be kept."""

import numpy as np
import polars as pl
from scipy.stats import beta, betabinom

from models.insights.cards import SHARE, percent, some, tenth

LEAST_CHANCE = 0.25
"""Of a pace above the norm: who keeps it by a hair is warned, a newcomer's first orders are not."""
FEWEST_ORDERS = 10
PRIOR_LATE, PRIOR_DUE = 0.5, 20.0


def late_shipment(vendors: pl.DataFrame, norm: float) -> pl.DataFrame:
    """Vendors that miss the norm for late shipments at their pace, or may well do so.

    vendors: vendor_id, due_orders, late_orders (of 30 days), waiting_orders (paid, to be shipped),
    order_cents (a typical order). The effect is the worth of those of the waiting orders that would
    be late at this pace.
    """
    at_risk = vendors.with_columns(**_outlook(vendors, norm)).filter(
        (pl.col("above") >= LEAST_CHANCE)
        & (pl.col("due_orders") >= FEWEST_ORDERS)
        & (pl.col("waiting_orders") > 0)
    )
    return at_risk.with_columns(_texts(norm))


def _outlook(vendors: pl.DataFrame, norm: float) -> dict[str, pl.Series]:
    """The chance that a vendor is above the norm, and how many waiting orders will be late."""
    late = vendors["late_orders"].to_numpy() + PRIOR_LATE
    in_time = vendors["due_orders"].to_numpy() + PRIOR_DUE - late
    waiting = vendors["waiting_orders"].to_numpy()
    low, high = (
        betabinom.ppf(share, waiting, late, in_time) for share in ((1 - SHARE) / 2, (1 + SHARE) / 2)
    )
    expected = waiting * late / (late + in_time)
    found = {"above": beta.sf(norm, late, in_time), "late": expected, "low": low, "high": high}
    return {name: pl.Series(np.asarray(values, np.float64)) for name, values in found.items()}


def _texts(norm: float) -> list[pl.Expr]:
    allowed = f") were shipped late; the norm is at most {100 * norm:g} %"
    share = pl.col("late_orders") / pl.col("due_orders")
    return [
        pl.lit("service").alias("kind"),
        pl.lit(None, pl.Int64).alias("offer_id"),
        pl.lit(None, pl.Int64).alias("product_id"),
        pl.when(share > norm)
        .then(pl.lit("Late shipments are above the market's norm"))
        .otherwise(pl.lit("Late shipments are close to the market's norm"))
        .alias("what"),
        (
            pl.col("late_orders").cast(pl.String) + " of "
            + some(pl.col("due_orders"), "order", "orders") + " in 30 days ("
            + percent(share) + allowed + "; at this pace " + tenth(pl.col("late")) + " of the "
            + some(pl.col("waiting_orders"), "order that waits", "orders that wait")
            + " will be too"
        ).alias("why"),
        (
            "Ship the "
            + some(pl.col("waiting_orders"), "order that waits", "orders that wait") + ", in time"
        ).alias("action"),
        _worth("late").alias("effect_cents"),
        _worth("low").alias("effect_low_cents"),
        _worth("high").alias("effect_high_cents"),
    ]  # fmt: skip


def _worth(orders: str) -> pl.Expr:
    return (pl.col(orders) * pl.col("order_cents")).round().cast(pl.Int64)
