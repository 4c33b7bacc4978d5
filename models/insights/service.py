"""Cards about service: a vendor about to miss a norm of the market, while it can still be kept."""

import numpy as np
import polars as pl
from scipy.stats import beta

from models.insights.cards import percent, some

LIKELY = 0.5
FEWEST_ORDERS = 10
PRIOR_LATE, PRIOR_DUE = 0.5, 20.0


def late_shipment(vendors: pl.DataFrame, norm: float) -> pl.DataFrame:
    """Vendors whose share of late shipments is likelier above the norm than below, or nearly so.

    vendors: vendor_id, due_orders, late_orders (of 30 days), waiting_orders (paid, to be shipped),
    order_cents (a typical order). The effect is the worth of the orders that wait.
    """
    if vendors.is_empty():
        return vendors.with_columns(_texts(norm))
    late = vendors["late_orders"].to_numpy() + PRIOR_LATE
    due = vendors["due_orders"].to_numpy() + PRIOR_DUE
    above = np.asarray(beta.sf(norm, late, due - late))
    at_risk = vendors.with_columns(above=pl.Series(above)).filter(
        (pl.col("above") >= LIKELY)
        & (pl.col("due_orders") >= FEWEST_ORDERS)
        & (pl.col("waiting_orders") > 0)
    )
    return at_risk.with_columns(_texts(norm))


def _texts(norm: float) -> list[pl.Expr]:
    allowed = f") were shipped late; the norm is at most {100 * norm:g} %"
    share = pl.col("late_orders") / pl.col("due_orders")
    worth = pl.col("waiting_orders") * pl.col("order_cents")
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
            + percent(share) + allowed
        ).alias("why"),
        (
            "Ship the " + some(pl.col("waiting_orders"), "order", "orders") + " that wait, in time"
        ).alias("action"),
        worth.alias("effect_cents"),
        worth.alias("effect_low_cents"),
        worth.alias("effect_high_cents"),
    ]  # fmt: skip
