"""Writing a history's orders and what hangs on them: vendor orders, lines, payments, transfers."""

from dataclasses import dataclass

import polars as pl

from rynek.history.catalogue import Register
from rynek.history.copying import Copier
from rynek.history.errors import HistoryInconsistentError
from rynek.history.frames import History
from rynek.history.identifiers import enrol, reserve, resolve
from rynek.history.sales import Sales, priced
from rynek.history.uuids import random_uuids

# What an order's vendor orders and lines repeat of it.
_REPEATED = ["order_id", "shopper_pseudonym", "placed_at", "paid_at", "cancelled_at"]
_LINE = [
    "order_id", "vendor_order_id", "vendor_id", "offer_id", "product_id", "quantity", "line_cents",
    "shipping_cents", "commission_rate", "processing_rate", "commission_cents", "processing_cents",
    "placed_at",
]  # fmt: skip


@dataclass(frozen=True)
class Trade:
    """What was written, for the stock and the ledger."""

    sales: Sales
    payments: pl.DataFrame
    """order_id, amount_cents, succeeded_at"""
    transfers: pl.DataFrame
    """transfer_id, order_id, vendor_id, amount_cents, occurred_at"""


def write_trade(copier: Copier, history: History, register: Register) -> Trade:
    """Write the orders that are not there yet, whole: each with all that belongs to it."""
    sales, payments = _new_sales(copier, history, register)
    copier.append("orders", sales.orders.drop("commission_cents", "processing_cents", "units"))
    copier.append("vendor_orders", sales.vendor_orders)
    copier.append("order_lines", _lines(sales))
    copier.append("payments", _payments(payments, history))
    return Trade(sales, payments, _write_transfers(copier, sales.vendor_orders))


def _new_sales(copier: Copier, history: History, register: Register) -> tuple[Sales, pl.DataFrame]:
    in_time = history.orders.sort("placed_at", "ref")
    enrolled = enrol(copier.connection, "orders", "order_id", history.source, in_time)
    orders = resolve(enrolled.new, register.shoppers, "shopper_ref").with_columns(
        source=pl.lit(history.source)
    )
    ids = orders.select("order_id", order_ref="ref")
    vendor_orders = _of(ids, history.vendor_orders)
    vendor_orders = resolve(vendor_orders, register.vendors, "vendor_ref")
    lines = resolve(_of(ids, history.lines), register.offers, "offer_ref")
    sales = priced(orders.rename({"ref": "source_ref"}), vendor_orders, lines)
    return _identified(copier, sales), _of(ids, history.payments)


def _of(ids: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of the orders `ids` (order_id, order_ref), by order, else as they stood."""
    own = rows.join(ids, on="order_ref", maintain_order="left")
    return own.drop("order_ref").sort("order_id", maintain_order=True)


def _identified(copier: Copier, sales: Sales) -> Sales:
    """`sales` with ids on the vendor orders, and what they repeat of their order."""
    vendor_orders = sales.vendor_orders.with_columns(
        reserve(copier.connection, "vendor_orders", "vendor_order_id", sales.vendor_orders.height)
    ).join(sales.orders.select(_REPEATED), on="order_id", maintain_order="left")
    _refuse_half_cancelled(vendor_orders)
    return Sales(sales.orders, vendor_orders, sales.lines)


def _refuse_half_cancelled(vendor_orders: pl.DataFrame) -> None:
    is_cancelled = pl.col("status") == "cancelled"
    half = vendor_orders.filter(is_cancelled == pl.col("cancelled_at").is_null())
    if half.height:
        raise HistoryInconsistentError(
            f"{half.height:,} vendor orders are not cancelled with their order"
        )


def _lines(sales: Sales) -> pl.DataFrame:
    parents = sales.vendor_orders.select("order_id", "vendor_id", "vendor_order_id", "placed_at")
    return sales.lines.join(
        parents, on=["order_id", "vendor_id"], maintain_order="left"
    ).select(_LINE)  # fmt: skip


def _payments(payments: pl.DataFrame, history: History) -> pl.DataFrame:
    return payments.with_columns(
        status=pl.lit("succeeded"), source=pl.lit(history.source), created_at="succeeded_at"
    )


def _write_transfers(copier: Copier, vendor_orders: pl.DataFrame) -> pl.DataFrame:
    """The payouts that must have happened before Rynek; a net of nothing needed none."""
    paid = vendor_orders.filter((pl.col("status") != "cancelled") & (pl.col("net_cents") > 0))
    transfers = paid.select(
        "order_id", "vendor_order_id", "vendor_id",
        reserve(copier.connection, "transfers", "transfer_id", paid.height),
        status=pl.lit("imported"),
        amount_cents="net_cents",
        idempotency_key=random_uuids(paid.height),
        transfer_group=pl.lit("ord_") + pl.col("order_id").cast(pl.String),
        due_at=pl.coalesce("delivered_at", "paid_at"),
        sent_at=pl.coalesce("delivered_at", "paid_at"),
    )  # fmt: skip
    copier.append("transfers", transfers)
    return transfers.select(
        "transfer_id", "order_id", "vendor_id", "amount_cents", occurred_at="sent_at"
    )


def write_adjustments(copier: Copier, history: History, register: Register) -> pl.DataFrame:
    """Write what was neither a sale nor a payment; returns what the ledger needs of it."""
    enrolled = enrol(
        copier.connection, "adjustments", "adjustment_id", history.source,
        history.adjustments.sort("occurred_at", "ref"),
    )  # fmt: skip
    new = resolve(enrolled.new, register.vendors, "vendor_ref")
    new = resolve(new, register.products, "product_ref")
    new = resolve(new, register.shoppers.drop("shopper_id"), "shopper_ref")
    copier.append(
        "adjustments",
        new.rename({"ref": "source_ref"}).with_columns(source=pl.lit(history.source)),
    )
    return new.select("adjustment_id", "vendor_id", "amount_cents", "occurred_at")
