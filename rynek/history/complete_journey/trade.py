"""Orders, vendor orders and lines of the Complete Journey set."""

import polars as pl


def orders(lines: pl.DataFrame) -> pl.DataFrame:
    """One per basket, paid at the till."""
    return (
        lines.group_by("basket")
        .agg(pl.col("household", "bought_at").first())
        .select(
            ref="basket",
            shopper_ref="household",
            status=pl.lit("paid"),
            placed_at="bought_at",
            paid_at="bought_at",
        )
        .sort("ref")
    )


def vendor_orders(lines: pl.DataFrame) -> pl.DataFrame:
    """One per basket and manufacturer, carried home at once."""
    return (
        lines.group_by("basket", "manufacturer")
        .agg(pl.col("bought_at").first())
        .select(
            order_ref="basket",
            vendor_ref="manufacturer",
            status=pl.lit("delivered"),
            shipping_cents=pl.lit(0, pl.Int64),
            ship_by_at="bought_at",
            shipped_at="bought_at",
            delivered_at="bought_at",
        )
        .sort("order_ref", "vendor_ref")
    )


def lines(bought: pl.DataFrame) -> pl.DataFrame:
    """One per line of the file."""
    return bought.select("quantity", "line_cents", order_ref="basket", offer_ref="product")
