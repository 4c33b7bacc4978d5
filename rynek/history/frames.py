"""A history: what happened in a market before Rynek, as Polars frames in the source's own names.

Every frame names its rows by `ref`, the source's key, and points at others by `<row>_ref`; database
ids are given out by the bulk path. Amounts are integer cents, times are UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import polars as pl

from rynek.history.errors import HistoryInconsistentError

MOMENT = pl.Datetime("us", "UTC")

Columns = Mapping[str, pl.DataType | type[pl.DataType]]

VENDORS: Columns = {
    "ref": pl.String,
    "name": pl.String,
    "country": pl.String,
    "region": pl.String,
    "ships_within_days": pl.Int64,
    "created_at": MOMENT,
}
CATEGORIES: Columns = {"ref": pl.String, "parent_ref": pl.String, "name": pl.String}
PRODUCTS: Columns = {
    "ref": pl.String,
    "category_ref": pl.String,
    "title": pl.String,
    "brand": pl.String,
    "image_url": pl.String,
    "created_at": MOMENT,
}
# received_units null: what was sold is all that ever came in.
OFFERS: Columns = {
    "ref": pl.String,
    "vendor_ref": pl.String,
    "product_ref": pl.String,
    "sku": pl.String,
    "price_cents": pl.Int64,
    "status": pl.String,
    "received_units": pl.Int64,
    "low_stock_threshold": pl.Int64,
    "created_at": MOMENT,
}
# What an offer cost, from a moment on; without a row it has cost today's price all along.
PRICES: Columns = {"offer_ref": pl.String, "price_cents": pl.Int64, "from_at": MOMENT}
# The journal of an offer's stock; without a row its stock has lain there all along.
STOCK_MOVES: Columns = {
    "offer_ref": pl.String,
    "kind": pl.String,
    "available_units": pl.Int64,
    "held_units": pl.Int64,
    "sold_units": pl.Int64,
    "occurred_at": MOMENT,
}
SHOPPERS: Columns = {
    "ref": pl.String,
    "email": pl.String,
    "name": pl.String,
    "country": pl.String,
    "region": pl.String,
    "created_at": MOMENT,
}
# status: paid or cancelled.
ORDERS: Columns = {
    "ref": pl.String,
    "shopper_ref": pl.String,
    "status": pl.String,
    "placed_at": MOMENT,
    "is_placed_at_estimated": pl.Boolean,
    "paid_at": MOMENT,
    "cancelled_at": MOMENT,
}
# One row per vendor in an order; status: paid, shipped or delivered, and cancelled with its order.
# shipping_cents is shared over the lines as at checkout.
VENDOR_ORDERS: Columns = {
    "order_ref": pl.String,
    "vendor_ref": pl.String,
    "status": pl.String,
    "shipping_cents": pl.Int64,
    "ship_by_at": MOMENT,
    "shipped_at": MOMENT,
    "delivered_at": MOMENT,
}
LINES: Columns = {
    "order_ref": pl.String,
    "offer_ref": pl.String,
    "quantity": pl.Int64,
    "line_cents": pl.Int64,
}
# One row per order: what came in for it, whatever its total.
PAYMENTS: Columns = {"order_ref": pl.String, "amount_cents": pl.Int64, "succeeded_at": MOMENT}
ADJUSTMENTS: Columns = {
    "ref": pl.String,
    "vendor_ref": pl.String,
    "shopper_ref": pl.String,
    "product_ref": pl.String,
    "quantity": pl.Int64,
    "amount_cents": pl.Int64,
    "reason": pl.String,
    "occurred_at": MOMENT,
}
EVENTS: Columns = {
    "event_id": pl.String,
    "occurred_at": MOMENT,
    "type": pl.String,
    "shopper_ref": pl.String,
    "session_id": pl.String,
    "offer_ref": pl.String,
    "list_id": pl.String,
    "rank": pl.Int32,
    "query": pl.String,
}
COLUMNS: Mapping[str, Columns] = {
    "vendors": VENDORS,
    "categories": CATEGORIES,
    "products": PRODUCTS,
    "offers": OFFERS,
    "prices": PRICES,
    "stock_moves": STOCK_MOVES,
    "shoppers": SHOPPERS,
    "orders": ORDERS,
    "vendor_orders": VENDOR_ORDERS,
    "lines": LINES,
    "payments": PAYMENTS,
    "adjustments": ADJUSTMENTS,
    "events": EVENTS,
}
DEFAULTS: Mapping[str, Any] = {
    "ships_within_days": 2,
    "shipping_cents": 0,
    "low_stock_threshold": 5,
    "is_placed_at_estimated": False,
    "held_units": 0,
    "sold_units": 0,
}


def conform(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with exactly the columns of the history table `name`; those it lacks are defaults."""
    columns = COLUMNS[name]
    strange = set(frame.columns) - set(columns)
    if strange:
        raise HistoryInconsistentError(f"{name} has no column {', '.join(sorted(strange))}")
    return frame.select(
        (pl.col(column) if column in frame.columns else pl.lit(DEFAULTS.get(column)))
        .cast(dtype)
        .alias(column)
        for column, dtype in columns.items()
    )


@dataclass(frozen=True)
class History:
    """One source's past, complete in itself: every ref points at a row of the same history."""

    source: str
    currency: str
    time_zone: str
    vendors: pl.DataFrame
    categories: pl.DataFrame
    products: pl.DataFrame
    offers: pl.DataFrame
    prices: pl.DataFrame
    stock_moves: pl.DataFrame
    shoppers: pl.DataFrame
    orders: pl.DataFrame
    vendor_orders: pl.DataFrame
    lines: pl.DataFrame
    payments: pl.DataFrame
    adjustments: pl.DataFrame
    events: pl.DataFrame

    @classmethod
    def of(cls, source: str, currency: str, time_zone: str, **frames: pl.DataFrame) -> "History":
        """A history of the given frames; tables that are not given are empty."""
        conformed = {
            name: conform(name, frames.get(name, pl.DataFrame(schema=dict(columns))))
            for name, columns in COLUMNS.items()
        }
        return cls(source, currency, time_zone, **conformed)

    def frames(self) -> dict[str, pl.DataFrame]:
        """Table name → frame, in the order of the fields."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name in COLUMNS}
