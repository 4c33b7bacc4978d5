"""The orders of the Olist set: what is known of each, and what stands where nothing is."""

import polars as pl

from rynek.history.olist.catalogue import offer_ref
from rynek.history.olist.tables import Tables

# The data set's median time from purchase to the seller's shipping limit.
MEDIAN_SHIPPING_LAG_DAYS = 6.0
_NEVER_FULFILLED = ["canceled", "unavailable"]


def read_orders(tables: Tables) -> pl.DataFrame:
    """One row per order that has items or a payment, with all that is known or filled in.

    A payment of whose order not even a time is known is left out.
    """
    items = tables["items"].group_by("order_id").agg(pl.col("ship_by_at").min(), items=pl.len())
    payments = tables["payments"].group_by("order_id").agg(pl.col("amount_cents").sum())
    people = tables["customers"].select("customer_id", "customer_unique_id", "customer_state")
    orders = (
        items.join(payments, on="order_id", how="full", coalesce=True)
        .join(tables["orders"], on="order_id", how="left")
        .join(people, on="customer_id", how="left")
    )
    known = orders.with_columns(_placed(), status=_status(), shopper_ref=_shopper())
    return _timed(known.filter(pl.col("placed_at").is_not_null()))


def _placed() -> pl.Expr:
    lag = pl.duration(hours=int(MEDIAN_SHIPPING_LAG_DAYS * 24))
    return pl.coalesce("purchased_at", pl.col("ship_by_at") - lag, "approved_at").alias("placed_at")


def _status() -> pl.Expr:
    """Without items there is nothing to fulfil: such an order is kept as cancelled."""
    is_unfulfilled = pl.col("order_status").is_in(_NEVER_FULFILLED).fill_null(False)
    return (
        pl.when(is_unfulfilled | pl.col("items").is_null())
        .then(pl.lit("cancelled"))
        .otherwise(pl.lit("paid"))
    )


def _shopper() -> pl.Expr:
    return pl.coalesce("customer_unique_id", pl.lit("order:") + pl.col("order_id"))


def _timed(orders: pl.DataFrame) -> pl.DataFrame:
    """Times in the order in which things happen: none before the one it depends on."""
    is_paid = pl.col("status") == "paid"
    paid = orders.with_columns(
        paid_at=pl.when(is_paid).then(pl.max_horizontal("placed_at", "approved_at"))
    )
    return paid.with_columns(
        cancelled_at=pl.when(~is_paid).then(pl.max_horizontal("placed_at", "approved_at")),
        shipped_at=pl.when(is_paid & pl.col("handed_over_at").is_not_null()).then(
            pl.max_horizontal("paid_at", "handed_over_at")
        ),
    ).with_columns(
        delivered_at=pl.when(is_paid & pl.col("received_at").is_not_null()).then(
            pl.max_horizontal("paid_at", "shipped_at", "received_at")
        )
    )


def orders(known: pl.DataFrame) -> pl.DataFrame:
    """The history's orders."""
    return known.select(
        "shopper_ref",
        "status",
        "placed_at",
        "paid_at",
        "cancelled_at",
        ref="order_id",
        is_placed_at_estimated=pl.col("purchased_at").is_null(),
    )


def vendor_orders(items: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """One per order and seller, with the freight of its items."""
    states = known.select("order_id", "shipped_at", "delivered_at", status=_fulfilment())
    return (
        items.group_by("order_id", "seller_id")
        .agg(pl.col("ship_by_at").min(), shipping_cents=pl.col("freight_cents").sum())
        .join(states, on="order_id")
        .rename({"order_id": "order_ref", "seller_id": "vendor_ref"})
        .sort("order_ref", "vendor_ref")
    )


def _fulfilment() -> pl.Expr:
    """The part of the orders given holds every status but delivered whole, so the rest is that."""
    status = pl.col("order_status")
    return (
        pl.when(pl.col("status") == "cancelled")
        .then("status")
        .when(status.is_null())
        .then(pl.lit("delivered"))
        .when(status.is_in(["shipped", "delivered"]))
        .then(status)
        .otherwise(pl.lit("paid"))
    )


def lines(items: pl.DataFrame) -> pl.DataFrame:
    """One per item, in the order of the items."""
    return items.select(
        order_ref="order_id",
        offer_ref=offer_ref(),
        quantity=pl.lit(1),
        line_cents="price_cents",
    )


def payments(known: pl.DataFrame) -> pl.DataFrame:
    """What was paid for each order, in one sum."""
    return known.filter(pl.col("amount_cents").is_not_null()).select(
        "amount_cents",
        order_ref="order_id",
        succeeded_at=pl.coalesce("paid_at", "cancelled_at"),
    )
