"""Orders, vendor orders, lines and adjustments of the Online Retail set."""

import polars as pl

from rynek.history.online_retail.catalogue import VENDOR_REF
from rynek.history.online_retail.invoices import shopper_ref


def orders(sold: pl.DataFrame) -> pl.DataFrame:
    """One per invoice, paid when it was written."""
    return (
        sold.with_columns(shopper_ref=shopper_ref())
        .group_by("invoice")
        .agg(pl.col("shopper_ref").first(), placed_at=pl.col("occurred_at").min())
        .select(
            "shopper_ref",
            "placed_at",
            ref="invoice",
            status=pl.lit("paid"),
            paid_at="placed_at",
        )
        .sort("ref")
    )


def vendor_orders(sold: pl.DataFrame) -> pl.DataFrame:
    """One per invoice: all went to the one vendor, and was delivered at a time not known."""
    return (
        sold.select(order_ref="invoice")
        .unique()
        .sort("order_ref")
        .with_columns(
            vendor_ref=pl.lit(VENDOR_REF),
            status=pl.lit("delivered"),
            shipping_cents=pl.lit(0, pl.Int64),
        )
    )


def lines(sold: pl.DataFrame) -> pl.DataFrame:
    """One per line of the file; postage is a product of its own there."""
    return sold.select("quantity", order_ref="invoice", offer_ref="sku", line_cents="amount_cents")


def adjustments(rows: pl.DataFrame) -> pl.DataFrame:
    """What is no sale: amounts below zero take from the vendor."""
    return rows.select(
        "quantity",
        "amount_cents",
        "occurred_at",
        ref=pl.col("invoice") + ":" + pl.col("number").cast(pl.String),
        vendor_ref=pl.lit(VENDOR_REF),
        shopper_ref=shopper_ref(),
        product_ref="sku",
        reason="kind",
    )
