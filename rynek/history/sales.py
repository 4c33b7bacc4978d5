"""Priced sales: lines with frozen fees, summed to vendor orders and to orders. Pure."""

from dataclasses import dataclass

import polars as pl

from rynek.history.errors import HistoryInconsistentError
from rynek.history.fees import shared, with_fees

_VENDOR_ORDER = ["order_id", "vendor_id"]

# A line's sums; an order's and a vendor order's are the sums of these.
_SUMMED = ["items_cents", "shipping_cents", "commission_cents", "processing_cents", "units"]


@dataclass(frozen=True)
class Sales:
    """One history's trade, ready to be written."""

    orders: pl.DataFrame
    """order_id, …, items_cents, shipping_cents, total_cents, commission_cents, processing_cents"""
    vendor_orders: pl.DataFrame
    """order_id, vendor_id, …, sums of their lines, net_cents, units"""
    lines: pl.DataFrame
    """order_id, vendor_id, offer_id, product_id, quantity, …, fees"""


def priced(orders: pl.DataFrame, vendor_orders: pl.DataFrame, lines: pl.DataFrame) -> Sales:
    """Share the vendor orders' shipping over their lines, freeze today's rates, and sum up.

    orders: order_id, status, placed_at, …; vendor_orders: order_id, vendor_id, shipping_cents, …;
    lines: order_id, vendor_id, offer_id, product_id, quantity, line_cents, in the order's order.
    Raises HistoryInconsistentError where a line has no vendor order, or a vendor order no line.
    """
    _refuse_mismatch(vendor_orders, lines)
    costed = with_fees(_shipped(lines, vendor_orders))
    parts = costed.with_columns(items_cents="line_cents", units="quantity")
    by_vendor = parts.group_by(_VENDOR_ORDER).agg(pl.col(_SUMMED).sum())
    summed = vendor_orders.drop("shipping_cents").join(
        by_vendor, on=_VENDOR_ORDER, maintain_order="left"
    )
    return Sales(_orders(orders, summed), summed.with_columns(net_cents=_net()), costed)


def _shipped(lines: pl.DataFrame, vendor_orders: pl.DataFrame) -> pl.DataFrame:
    totals = vendor_orders.select(*_VENDOR_ORDER, "shipping_cents")
    placed = lines.join(totals, on=_VENDOR_ORDER, maintain_order="left")
    parts = shared(placed, "shipping_cents", "line_cents", _VENDOR_ORDER)
    return placed.with_columns(shipping_cents=parts)


def _orders(orders: pl.DataFrame, vendor_orders: pl.DataFrame) -> pl.DataFrame:
    sums = vendor_orders.group_by("order_id").agg(pl.col(_SUMMED).sum())
    return (
        orders.join(sums, on="order_id", how="left", maintain_order="left")
        .with_columns(pl.col(_SUMMED).fill_null(0))  # an order whose items are not known
        .with_columns(total_cents=pl.col("items_cents") + pl.col("shipping_cents"))
    )


def _net() -> pl.Expr:
    taken = pl.col("commission_cents") + pl.col("processing_cents")
    return pl.col("items_cents") + pl.col("shipping_cents") - taken


def _refuse_mismatch(vendor_orders: pl.DataFrame, lines: pl.DataFrame) -> None:
    empty = vendor_orders.join(lines, on=_VENDOR_ORDER, how="anti").height
    homeless = lines.join(vendor_orders, on=_VENDOR_ORDER, how="anti").height
    if empty or homeless:
        raise HistoryInconsistentError(
            f"{empty:,} vendor orders have no line, {homeless:,} lines have no vendor order"
        )


def sold_units(sales: Sales) -> pl.DataFrame:
    """offer_id, sold_units: what paid orders took; a cancelled order's units never left."""
    paid = sales.orders.filter(pl.col("status") == "paid").select("order_id")
    return (
        sales.lines.join(paid, on="order_id", how="semi")
        .group_by("offer_id")
        .agg(sold_units=pl.col("quantity").sum())
    )
